"""What a verb has made, as scenes of a page."""

from __future__ import annotations

from mariel_gnn.data.recording import Recording
from mariel_gnn.generation.made import Made, Seam
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.viz.page.scenes import Body, Clip, Scene


def made_scenes(made: Made, skeleton: Skeleton, title: str) -> list[Scene]:
    """Return a scene for each recording; one phrase that was given stands beside what was made of it.

    Args:
        made: recordings, and what they were made from.
        skeleton: their markers.
        title: run, verb and phrases in words.
    """
    beside = made.given if len(made.given) == 1 and not made.seams else []
    told = f"{title}{_seams(made.seams)}"
    return [_scene(recording, beside, skeleton, told) for recording in made.recordings]


def _seams(seams: list[Seam]) -> str:
    """Where what was given ends and what was made begins."""
    where = ", ".join(f"{seam.start_s:.1f} to {seam.stop_s:.1f}" for seam in seams)
    return f", {'seams' if len(seams) > 1 else 'seam'} at {where} s" if seams else ""


def _scene(recording: Recording, beside: list[Recording], skeleton: Skeleton, title: str) -> Scene:
    frames, name = len(recording), recording.name.replace("_", " ")
    bodies = [Body("given", _clip(piece, skeleton), stop=frames) for piece in beside]
    bodies.append(Body(name, _clip(recording, skeleton)))
    return Scene(name, f"{title}: {name}", bodies, apart=len(bodies) > 1)


def _clip(recording: Recording, skeleton: Skeleton) -> Clip:
    return Clip(recording.positions, skeleton, recording.rate_hz)
