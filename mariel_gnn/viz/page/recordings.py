"""Pages of recordings: a file with one scene for each or all in one scene, and a notebook cell."""

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


def recording_scenes(takes: Sequence[Take], combined: bool = False) -> list[Scene]:
    """Return one scene for each recording, or one scene with all of them.

    Args:
        takes: recordings, each with its skeleton.
        combined: whether all recordings are bodies of one scene, for example a duet. They play on
            one clock, in the positions in which they were recorded.

    Raises:
        UserError: recordings of one scene have different rates.
    """
    bodies = [
        Body(take.name, Clip(take.positions, skeleton, take.rate_hz)) for take, skeleton in takes
    ]
    titles = [_summary(take) for take, _ in takes]
    if combined:
        check_one_rate([take for take, _ in takes])
        return [Scene(recordings_title(takes), " and ".join(titles), bodies)]
    return [Scene(body.name, title, [body]) for body, title in zip(bodies, titles, strict=True)]


def recordings_title(takes: Sequence[Take]) -> str:
    """Return the names of recordings; of many recordings only the first names and a count."""
    names = [take.name for take, _ in takes]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def describe_files(files: Sequence[ReadRecording]) -> str:
    """Return the notes of the file reader as a section of a page: contents and assumed values.

    A page may be sent to other people, so paths are shortened to file names.
    """
    notes = [
        note.replace(file.recording.source, Path(file.recording.source).name)
        for file in files
        for note in file.notes
    ]
    return section("Files", *map(paragraph, notes))


@dataclass(frozen=True)
class NotebookPage:
    """An HTML page that a notebook displays in a cell.

    Attributes:
        html: the page in an iframe.
    """

    html: str

    def __repr__(self) -> str:
        return f"NotebookPage of {len(self.html) / 1e6:.1f} MB: the last line of a notebook cell shows it"

    def _repr_html_(self) -> str:
        return self.html


def show(recording: Recording, skeleton: Skeleton | None = None) -> NotebookPage:
    """Show a recording in a notebook cell, to play, scrub, turn and zoom.

    The page contains the positions and needs no network. It does not load torch or matplotlib.
    Outside a notebook, ``python -m experiments.view FILE`` writes the same page to a file.

    Example::

        import mariel_gnn
        from mariel_gnn.mocap import load_skeleton, read_recording

        mariel_gnn.show(read_recording("take.npy", load_skeleton("mariel53")))

    Args:
        recording: positions `[T, J, C]` in metres, z up; a missing marker is NaN.
        skeleton: the marker set. None selects the shipped skeleton with J markers; without one, the
            markers are drawn as points without edges.

    Returns:
        A page that the notebook displays.

    Raises:
        UserError: the recording does not fit the skeleton.
    """
    take = recording, skeleton or _skeleton_of(recording.positions.shape[1])
    return NotebookPage(framed(page(recording_scenes([take]), recording.name, autoplay=False)))


def _skeleton_of(markers: int) -> Skeleton:
    """Return the shipped skeleton with this number of markers, or one without edges."""
    for shipped in shipped_by_size():
        if len(shipped) == markers:
            return shipped
    names = tuple(f"marker {number}" for number in range(1, markers + 1))
    return Skeleton("points", names, names)


def _summary(recording: Recording) -> str:
    seconds, frames = len(recording) / recording.rate_hz, len(recording)
    return f"{recording.name}, {seconds:.1f} s ({frames} frames at {recording.rate_hz:g} Hz)"
