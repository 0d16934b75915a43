"""Recordings as a page: each a scene, or all in one room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mariel_gnn.mocap.formats.reading import ReadRecording
from mariel_gnn.mocap.loading import check_one_rate
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import shipped_by_size
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.page.build import framed, page, paragraph, section
from mariel_gnn.viz.page.scenes import Body, Clip, Scene

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
    told = [_summary(take) for take, _ in takes]
    if together:
        check_one_rate([take for take, _ in takes])
        return [Scene(recordings_title(takes), " and ".join(told), bodies)]
    return [Scene(body.name, title, [body]) for body, title in zip(bodies, told, strict=True)]


def recordings_title(takes: Sequence[Take]) -> str:
    """Return the names of recordings, of many only the first."""
    names = [take.name for take, _ in takes]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def describe_files(files: Sequence[ReadRecording]) -> str:
    """Return what was found in files, and taken as usual where they do not say, as a section of a page.

    Only their names are told: a page goes to others, whom folders of this machine do not concern.
    """
    notes = [
        note.replace(file.recording.source, Path(file.recording.source).name)
        for file in files
        for note in file.notes
    ]
    return section("Files", *map(paragraph, notes))


@dataclass(frozen=True)
class NotebookPage:
    """An HTML page that a notebook shows in a cell.

    Attributes:
        html: the page, framed.
    """

    html: str

    def _repr_html_(self) -> str:
        return self.html


def show(recording: Recording, skeleton: Skeleton | None = None) -> NotebookPage:
    """Show a recording in a notebook, to play and to turn.

    Args:
        recording: what to show.
        skeleton: its marker set; None takes the shipped one with as many markers, or points alone.
    """
    take = recording, skeleton or _skeleton_of(recording.positions.shape[1])
    return NotebookPage(framed(page(recording_scenes([take]), recording.name, autoplay=False)))


def _skeleton_of(markers: int) -> Skeleton:
    """The shipped marker set of so many markers, or one of points without lines."""
    for shipped in shipped_by_size():
        if len(shipped) == markers:
            return shipped
    names = tuple(f"marker {number}" for number in range(1, markers + 1))
    return Skeleton("points", names, names)


def _summary(recording: Recording) -> str:
    seconds, frames = len(recording) / recording.rate_hz, len(recording)
    return f"{recording.name}, {seconds:.1f} s ({frames} frames at {recording.rate_hz:g} Hz)"
