"""The table of file formats: one row for each suffix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from numpy import float64, floating
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.formats.bvh import read_bvh
from mariel_gnn.mocap.formats.bvh_writing import write_bvh
from mariel_gnn.mocap.formats.c3d import read_c3d, write_c3d
from mariel_gnn.mocap.formats.glb import write_glb
from mariel_gnn.mocap.formats.glb_reading import read_glb
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.mvnx import read_mvnx
from mariel_gnn.mocap.formats.numpy_files import read_npy, read_npz, write_npy, write_npz
from mariel_gnn.mocap.formats.read_back import Written
from mariel_gnn.mocap.formats.text_tables.csv_table import read_csv, write_csv
from mariel_gnn.mocap.formats.text_tables.trc import read_trc, write_trc
from mariel_gnn.mocap.formats.unnamed_arrays import Layout
from mariel_gnn.mocap.formats.unread import EXPORT_INSTEAD, WRITE_INSTEAD
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Read = Callable[[Path, Skeleton | None, Layout], MarkerFile]
Write = Callable[[Path, Recording, Skeleton, Layout], Written]


@dataclass(frozen=True)
class Format:
    """The functions that read and write files of one suffix.

    Attributes:
        read: takes a path, and for arrays without names the skeleton and the layout; None if the format
            is only written.
        write: takes a path, a recording, its skeleton and the layout; returns notes for the user, and what
            must be read back. None if the format is only read.
        read_back: reads files of this package only, to compare them with what was written; None if `read`
            does.
    """

    read: Read | None
    write: Write | None
    read_back: Callable[[Path], MarkerFile] | None = None


def _reader(read: Callable[[Path], MarkerFile]) -> Read:
    """Adapt the reader of a format that holds marker names."""
    return lambda path, _skeleton, _layout: read(path)


def _writer(write: Callable[[Path, NDArray[floating], Skeleton, float], list[str]]) -> Write:
    """Adapt the writer of a format with one layout that holds names, rate and gaps."""
    return lambda path, recording, skeleton, _layout: Written(
        write(path, recording.positions, skeleton, recording.rate_hz), _whole(recording, skeleton)
    )


def _whole(recording: Recording, skeleton: Skeleton) -> MarkerFile:
    """Return the content of a file that holds a recording whole."""
    positions = recording.positions.astype(float64)
    return MarkerFile(positions, skeleton.markers, rate_hz=recording.rate_hz)


FORMATS: dict[str, Format] = {
    ".npy": Format(
        read_npy,
        lambda path, recording, skeleton, layout: Written(
            write_npy(path, recording.positions, skeleton, layout),
            MarkerFile(recording.positions.astype(float64), None),
        ),
    ),
    ".npz": Format(
        read_npz,
        lambda path, recording, skeleton, _layout: Written(
            write_npz(path, recording, skeleton), _whole(recording, skeleton)
        ),
    ),
    ".csv": Format(_reader(read_csv), _writer(write_csv)),
    ".tsv": Format(_reader(read_csv), None),
    ".txt": Format(_reader(read_csv), None),
    ".trc": Format(_reader(read_trc), _writer(write_trc)),
    ".c3d": Format(_reader(read_c3d), _writer(write_c3d)),
    ".bvh": Format(
        _reader(read_bvh), lambda path, recording, skeleton, _: write_bvh(path, recording, skeleton)
    ),
    ".mvnx": Format(_reader(read_mvnx), None),
    ".glb": Format(
        None,
        lambda path, recording, skeleton, _: write_glb(path, recording, skeleton),
        read_back=read_glb,
    ),
}
READABLE = tuple(suffix for suffix, row in FORMATS.items() if row.read)
WRITABLE = tuple(suffix for suffix, row in FORMATS.items() if row.write)


def reader_of(path: Path) -> Read:
    """Return the function that reads a file.

    Raises:
        UserError: the path is a folder, or there is no reader; the message says what to export instead.
    """
    suffix = _suffix_of(path)
    row = FORMATS.get(suffix)
    if row and row.read:
        return row.read
    if suffix in EXPORT_INSTEAD:
        raise UserError(f"{path}: {suffix} files are not read: {EXPORT_INSTEAD[suffix]}")
    raise UserError(f"{path}: {_unknown(suffix, READABLE)}")


def writer_of(path: Path) -> Write:
    """Return the function that writes a file.

    Raises:
        UserError: the path is a folder, or there is no writer.
    """
    suffix = _suffix_of(path)
    row = FORMATS.get(suffix)
    if row and row.write:
        return row.write
    if row or suffix in EXPORT_INSTEAD:
        instead = WRITE_INSTEAD.get(suffix, f"choose one of {', '.join(WRITABLE)}")
        raise UserError(f"{path}: {suffix} files are not written: {instead}")
    raise UserError(f"{path}: {_unknown(suffix, WRITABLE)}")


def _suffix_of(path: Path) -> str:
    if path.is_dir():
        raise UserError(f"{path}: is a folder: name a file, such as {path / 'take.npz'}")
    return path.suffix.lower()


def _unknown(suffix: str, allowed: Sequence[str]) -> str:
    what = f"unknown suffix '{suffix}'" if suffix else "has no suffix"
    return f"{what}.{nearest_match(suffix, allowed)} There are {', '.join(allowed)}"
