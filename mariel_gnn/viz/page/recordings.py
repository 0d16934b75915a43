"""Recordings as a page: each a scene, or all in one room."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mariel_gnn.data.bringing.reading import Read
from mariel_gnn.data.loading import one_rate
from mariel_gnn.data.recording import Recording
from mariel_gnn.skeletons import Skeleton, largest_first
from mariel_gnn.viz.page.build import framed, page
from mariel_gnn.viz.page.scenes import Body, Clip, Scene
from mariel_gnn.viz.page.sections import paragraph, section

Take = tuple[Recording, Skeleton]
MOST_NAMES = 3


def recording_scenes(takes: Sequence[Take], together: bool = False) -> list[Scene]:
    """Return a scene for each recording, or one scene with all of them.

    Args:
        takes: what to play, each with its marker set.
        together: all in one room and in step, such as the partners of a duet.

    Raises:
        UserError: recordings that are to move together have different rates.
    """
    bodies = [
        Body(take.name, Clip(take.positions, skeleton, take.rate_hz)) for take, skeleton in takes
    ]
    told = [_told(take) for take, _ in takes]
    if together:
        one_rate([take for take, _ in takes])
        return [Scene(recordings_title(takes), " and ".join(told), bodies)]
    return [Scene(body.name, title, [body]) for body, title in zip(bodies, told, strict=True)]


def recordings_title(takes: Sequence[Take]) -> str:
    """Return the names of recordings, of many only the first."""
    names = [take.name for take, _ in takes]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def files_told(files: Sequence[Read]) -> str:
    """Return what was found in files, and taken as usual where they do not say, as a section of a page.

    Only their names are told: a page goes to others, whom folders of this machine do not concern.
    """
    notes = [
        note.replace(file.recording.source, Path(file.recording.source).name)
        for file in files
        for note in file.notes
    ]
    return section("Files", *map(paragraph, notes))


def recording_html(recording: Recording) -> str:
    """Return a recording as a notebook shows it: with the lines of a shipped marker set that fits."""
    take = recording, _skeleton_of(recording.positions.shape[1])
    return framed(page(recording_scenes([take]), recording.name, autoplay=False))


def _skeleton_of(markers: int) -> Skeleton:
    """The shipped marker set of so many markers, or one of points without lines."""
    for shipped in largest_first():
        if len(shipped) == markers:
            return shipped
    names = tuple(f"marker {number}" for number in range(1, markers + 1))
    return Skeleton("points", names, names)


def _told(recording: Recording) -> str:
    seconds, frames = len(recording) / recording.rate_hz, len(recording)
    return f"{recording.name}, {seconds:.1f} s ({frames} frames at {recording.rate_hz:g} Hz)"
