"""From a file of one format to a file of another, any marker set."""

from __future__ import annotations

from pathlib import Path

from mariel_gnn.data.bringing.reading import ReadingOptions, read_with_skeleton
from mariel_gnn.data.files.door import write_recording
from mariel_gnn.data.files.numpy_array import Layout
from mariel_gnn.data.files.table import format_of
from mariel_gnn.errors import UserError


def convert(
    source: Path, target: Path, options: ReadingOptions, out_layout: Layout = "auto"
) -> list[str]:
    """Read one file and write it in the format of another's suffix.

    Args:
        source: any readable file.
        target: where to; an existing file is replaced once the new one is whole.
        options: what is known of the file.
        out_layout: of an .npy file that is written; auto is plain.

    Returns:
        What was read and what was written, in lines.

    Raises:
        UserError: a file that cannot be read, or a format that cannot hold it.
    """
    format_of(target)
    if source.resolve() == target.resolve():
        raise UserError(f"{source}: is both what is read and what is written: give another name")
    recording, skeleton, notes = read_with_skeleton(source, options)
    written = write_recording(target, recording, skeleton, out_layout)
    size_kb = target.stat().st_size / 1000
    return [*notes, f"{target}: {size_kb:,.0f} kB", *(f"{target}: {note}" for note in written)]
