"""The table of formats: one row a suffix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from numpy import floating
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.formats.bvh import read_bvh, write_bvh
from mariel_gnn.mocap.formats.c3d import read_c3d, write_c3d
from mariel_gnn.mocap.formats.csv_table import read_csv, write_csv
from mariel_gnn.mocap.formats.glb import write_glb
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.numpy_files import Layout, read_npy, read_npz, write_npy, write_npz
from mariel_gnn.mocap.formats.trc import read_trc, write_trc
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Read = Callable[[Path, Skeleton | None, Layout], MarkerFile]
Write = Callable[[Path, Recording, Skeleton, Layout], list[str]]


@dataclass(frozen=True)
class Format:
    """How files of one suffix are read and written.

    Attributes:
        read: from a path, the skeleton of bare arrays and their layout; None if it is only written.
        write: a recording to a path; what there is to tell of it.
    """

    read: Read | None
    write: Write


def _named(read: Callable[[Path], MarkerFile]) -> Read:
    """A reader of files that name their markers."""
    return lambda path, _skeleton, _layout: read(path)


def _timed(write: Callable[[Path, NDArray[floating], Skeleton, float], list[str]]) -> Write:
    """A writer of files that have one layout."""
    return lambda path, recording, skeleton, _layout: write(
        path, recording.positions, skeleton, recording.rate_hz
    )


FORMATS: dict[str, Format] = {
    ".npy": Format(
        read_npy,
        lambda path, recording, skeleton, layout: write_npy(
            path, recording.positions, skeleton, layout
        ),
    ),
    ".npz": Format(
        read_npz, lambda path, recording, skeleton, _layout: write_npz(path, recording, skeleton)
    ),
    ".csv": Format(_named(read_csv), _timed(write_csv)),
    ".trc": Format(_named(read_trc), _timed(write_trc)),
    ".c3d": Format(_named(read_c3d), _timed(write_c3d)),
    ".bvh": Format(_named(read_bvh), _timed(write_bvh)),
    ".glb": Format(None, _timed(write_glb)),
}


def format_of(path: Path) -> Format:
    """The format of a file, by its suffix.

    Raises:
        UserError: there is no such format (the text names the nearest), or it is a folder.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder: name a file, such as {path / 'take.npz'}")
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise UserError(
            f"{path}: files end in {', '.join(FORMATS)}; not in '{suffix}'."
            f"{nearest_match(suffix, FORMATS)}"
        )
    return FORMATS[suffix]


def reader_of(path: Path) -> Read:
    """What reads a file.

    Raises:
        UserError: no such format, or one that is only written.
    """
    read = format_of(path).read
    if read is None:
        readable = ", ".join(suffix for suffix, row in FORMATS.items() if row.read)
        raise UserError(f"{path}: {path.suffix} files are written, not read; read are {readable}")
    return read
