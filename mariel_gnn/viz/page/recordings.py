"""Recordings as a page: each a scene, or all in one room."""

from __future__ import annotations

from collections.abc import Sequence

from mariel_gnn.data.recording import Recording
from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton, load_skeleton, shipped_skeletons
from mariel_gnn.viz.page.build import framed, page
from mariel_gnn.viz.page.scenes import Body, Clip, Scene


def recording_scenes(
    recordings: Sequence[Recording], skeleton: Skeleton | None = None, together: bool = False
) -> list[Scene]:
    """Return a scene for each recording, or one scene with all of them.

    Args:
        recordings: what to play.
        skeleton: their marker set; None takes a shipped one of as many markers, or draws only points.
        together: all in one room and in step, such as the partners of a duet.

    Raises:
        UserError: recordings that are to move together have different rates.
    """
    bodies = [_body(recording, skeleton) for recording in recordings]
    rates = sorted({recording.rate_hz for recording in recordings})
    if together and len(rates) > 1:
        raise UserError(
            f"recordings of {rates[0]:g} and {rates[-1]:g} frames a second cannot move in step: "
            "resample one of them"
        )
    if together:
        title = " and ".join(_told(recording) for recording in recordings)
        return [Scene("together", title, bodies)]
    return [
        Scene(recording.name, _told(recording), [body])
        for recording, body in zip(recordings, bodies, strict=True)
    ]


def recording_html(recording: Recording) -> str:
    """Return a recording as a notebook shows it."""
    return framed(page(recording_scenes([recording]), recording.name, autoplay=False))


def _body(recording: Recording, skeleton: Skeleton | None) -> Body:
    markers = recording.positions.shape[1]
    known = skeleton or _skeleton_of(markers)
    return Body(recording.name, Clip(recording.positions, known, recording.rate_hz))


def _skeleton_of(markers: int) -> Skeleton:
    for name in shipped_skeletons():
        if len(found := load_skeleton(name)) == markers:
            return found
    names = tuple(f"marker {number}" for number in range(1, markers + 1))
    return Skeleton("points", names, names)


def _told(recording: Recording) -> str:
    seconds, frames = len(recording) / recording.rate_hz, len(recording)
    return f"{recording.name}, {seconds:.1f} s ({frames} frames at {recording.rate_hz:g} Hz)"
