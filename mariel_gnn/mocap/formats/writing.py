"""All formats are written through this interface."""

from __future__ import annotations

from pathlib import Path

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.numpy_files import Layout
from mariel_gnn.mocap.formats.reading import ReadingOptions, read_with_skeleton
from mariel_gnn.mocap.formats.table import format_of
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


def write_recording(
    path: str | Path, recording: Recording, skeleton: Skeleton, layout: Layout = "auto"
) -> list[str]:
    """Write one recording in the format of the path's suffix, aside and renamed.

    Args:
        path: where; its folder is made if it is missing.
        recording: in metres, z up; NaN where a marker was not seen.
        skeleton: its marker set.
        layout: of bare arrays; ``"field"`` for the field's own, else plain.

    Returns:
        What there is to tell: what the format cannot hold, how well a joint tree fits.

    Raises:
        UserError: no such format, or one that cannot hold this.
    """
    path = Path(path)
    return format_of(path).write(path, recording, skeleton, layout)


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
