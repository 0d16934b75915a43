"""Writes recordings to files of any format, and converts files."""

from __future__ import annotations

from pathlib import Path

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.numpy_files import Layout
from mariel_gnn.mocap.formats.reading import ReadingOptions, read_with_skeleton
from mariel_gnn.mocap.formats.table import writer_of
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


def write_recording(
    path: str | Path, recording: Recording, skeleton: Skeleton, layout: Layout = "auto"
) -> list[str]:
    """Write a recording in the format of the path's suffix; the file appears when it is complete.

    Args:
        path: of the file; a missing folder is created.
        recording: in metres, z up; NaN for gaps.
        skeleton: its marker set.
        layout: of an `.npy` file: ``"field"``, or else ``"plain"``.

    Returns:
        Notes for the user: on what the format cannot hold, and the fit error of a joint tree.

    Raises:
        UserError: the suffix is unknown, or the format cannot hold the recording.
    """
    path = Path(path)
    return writer_of(path)(path, recording, skeleton, layout)


def convert(
    source: Path, target: Path, options: ReadingOptions, out_layout: Layout = "auto"
) -> list[str]:
    """Read a file and write it in the format of the target's suffix.

    Args:
        source: any readable file.
        target: the file to write; an existing one is replaced when the new one is complete.
        options: what the user states about the source.
        out_layout: of an `.npy` target; auto is plain.

    Returns:
        Notes on what was read and written.

    Raises:
        UserError: the source cannot be read, or the target's format cannot hold it.
    """
    writer_of(target)
    if source.resolve() == target.resolve():
        raise UserError(
            f"{source}: is both the source and the target: give the target another name"
        )
    recording, skeleton, notes = read_with_skeleton(source, options)
    written = write_recording(target, recording, skeleton, out_layout)
    size_kb = target.stat().st_size / 1000
    return [*notes, f"{target}: {size_kb:,.0f} kB", *(f"{target}: {note}" for note in written)]
