"""`.npy` and `.npz`: arrays of positions, without names or with rate and skeleton."""

from __future__ import annotations

import json
import math
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.bodies_in_array import from_bodies
from mariel_gnn.mocap.formats.foreign_npz import read_foreign_npz
from mariel_gnn.mocap.formats.gaps import mask_sentinels
from mariel_gnn.mocap.formats.labels import distinct_labels
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.unnamed_arrays import HALF_TURN_ABOUT_X, Layout, from_array
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import skeleton_from_dict
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.parsing import ParseError, load_json

# An archive may unpack to a hundred megabytes, or to forty times its size. Dance shrinks 1.1 times, 3.4 times
# if it is rounded to millimetres, 22 times if 95 % are gaps; zeros shrink 1,030 times.
# Each value counts as one of float64, which it becomes.
SMALL_BYTES, MAX_RATIO, VALUE_BYTES = 100_000_000, 40, 8
MAX_ARRAYS = 1_000  # in an archive


def read_npy(path: Path, skeleton: Skeleton | None, layout: Layout = "auto") -> MarkerFile:
    """Read one array; its markers are those of the skeleton.

    Args:
        path: the file.
        skeleton: the marker set of one dancer; None takes one that fits, see `from_bodies`.
        layout: ``"field"``, ``"plain"``, or ``"auto"`` to decide by shape and motion.

    Raises:
        UserError: the array does not fit.
    """
    array = _mapped(path)
    if isinstance(array, np.lib.npyio.NpzFile):
        array.close()
    return from_bodies(array, path, skeleton, layout)


def _mapped(path: Path) -> Any:
    """The array of a file, of which only what is used is read: a skeleton is found without the whole."""
    try:
        return np.load(path, mmap_mode="c", allow_pickle=False)  # changes do not reach the file
    except ValueError:  # an array without values, or of objects
        return np.load(path, allow_pickle=False)


def to_field_rows(positions: NDArray[np.floating], skeleton: Skeleton) -> NDArray[np.float32]:
    """Convert positions `[T, J, C]`, z up, to the field layout `[rows, T, 3]`, float32, z down.

    The rows LabelingHips and SolvingHips, which are not markers, hold the root. Rows of markers that a
    reduced skeleton does not have are NaN.
    """
    rows = np.full((len(skeleton.file_rows), len(positions), 3), np.nan)
    for row, name in enumerate(skeleton.file_rows):
        if name in skeleton.markers:
            rows[row] = positions[:, skeleton.markers.index(name)]
        elif name in skeleton.not_markers:
            rows[row] = positions[:, list(skeleton.root)].mean(axis=1)
    return (rows * HALF_TURN_ABOUT_X).astype(np.float32)


def write_npy(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, layout: Layout = "auto"
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up, in the layout ``"field"`` or else ``"plain"``."""
    array = to_field_rows(positions, skeleton) if layout == "field" else positions
    np.save(path, array.astype(np.float32))
    notes = ["without rate and marker names: .npz keeps them"]
    empty = len(skeleton.file_rows) - len(skeleton) - len(skeleton.not_markers)
    if layout == "field" and empty:
        notes.append(
            f"{empty} of {len(array)} rows are empty (NaN): {skeleton.name} does not have them"
        )
    return notes


def read_npz(path: Path, skeleton: Skeleton | None, layout: Layout = "auto") -> MarkerFile:
    """Read an archive: one written by `write_npz`, or one of another program.

    Raises:
        UserError: it holds no positions, or is damaged.
    """
    content = _arrays(path)
    if "positions_m" not in content:
        return read_foreign_npz(content, path, skeleton, layout)
    notes: tuple[str, ...] = ()
    if "markers" in content:
        labels = tuple(map(str, content["markers"].ravel()))
        if len({*labels}) < len(labels):
            labels, notes = distinct_labels(labels)
    else:
        labels = from_array(content["positions_m"], path, skeleton, "plain").labels or ()
    positions = content["positions_m"].astype(np.float64)
    if "skeleton" not in content:  # of another program; our own files have NaN for gaps
        positions, lost = mask_sentinels(positions, labels)
        notes += lost
    return MarkerFile(
        positions,
        labels,
        rate_hz=float(content["rate_hz"]) if "rate_hz" in content else None,
        skeleton=_skeleton(str(content["skeleton"]), path) if "skeleton" in content else None,
        part_of=_part_of(content),
        notes=notes,
    )


def _check_size(path: Path) -> None:
    """Check what an archive declares, before an array is read.

    Raises:
        UserError: it would unpack to much more than recordings do, or an array is declared larger than it is.
    """
    held = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ARRAYS:
            raise UserError(
                f"{path}: holds {len(entries):,} arrays, over {MAX_ARRAYS:,}: save positions, names and fps "
                "with numpy.savez"
            )
        _refuse_larger(sum(entry.file_size for entry in entries), held, path)
        values = 0
        for entry in entries:
            with archive.open(entry) as file:
                count, itemsize = _declared(file)
            values += count
            if (declared := count * itemsize) > entry.file_size:
                raise UserError(
                    f"{path}: {entry.filename} declares {declared:,} bytes and has {entry.file_size:,}: "
                    "the file is damaged, save it again with numpy.savez"
                )
        _refuse_larger(values * VALUE_BYTES, 2 * held, path)


def _refuse_larger(unpacked: int, held: int, path: Path) -> None:
    if unpacked > max(SMALL_BYTES, MAX_RATIO * held):
        raise UserError(
            f"{path}: has {path.stat().st_size / 1e6:.1f} MB and would unpack to {unpacked / 1e6:,.0f} MB, "
            f"over {MAX_RATIO} times as much, which no recording does: save it again with numpy.savez"
        )


def _declared(file: Any) -> tuple[int, int]:
    """The number of values of an array by its header, and the bytes of one; zeros for no plain values."""
    try:
        version = np.lib.format.read_magic(file)
    except ValueError:
        return 0, 0
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    return (0, 0) if dtype.hasobject else (math.prod(shape), dtype.itemsize)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    if not zipfile.is_zipfile(path):
        raise UserError(
            f"{path}: is not an .npz archive, or is truncated: save it again with numpy.savez"
        )
    _check_size(path)
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: _array(archive, name, path) for name in archive.files}


def _array(archive: Any, name: str, path: Path) -> NDArray[Any]:
    try:
        array = archive[name]
    except ValueError as error:
        if "pickle" not in str(error):
            raise
        raise UserError(
            f"{path}: {name} holds Python objects, which may run code and are not read: save plain "
            "arrays with numpy.savez"
        ) from None
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path}: {name} is not an array: save plain arrays with numpy.savez")
    if array.dtype.kind == "U" and array.size:
        letters = np.frombuffer(array.astype(array.dtype.newbyteorder("=")).tobytes(), np.uint32)
        if letters.max(initial=0) > sys.maxunicode:  # Python crashes on such a text
            raise UserError(f"{path}: {name} has letters that are none: the file is damaged")
    return array


def _skeleton(text: str, path: Path) -> Skeleton:
    try:
        content = load_json(text)
    except ParseError:
        raise UserError(
            f"{path}: its skeleton is not JSON: the file is damaged, create it again"
        ) from None
    return skeleton_from_dict(content, str(path))


def _part_of(content: dict[str, NDArray[Any]]) -> tuple[str, int] | None:
    """Return the source of the take and the start frame in it."""
    source = str(content.get("take", ""))
    return (source, int(content["start_frame"])) if source and "start_frame" in content else None


def write_npz(path: Path, recording: Recording, skeleton: Skeleton) -> list[str]:
    """Write a recording in metres, z up, with rate, skeleton, source and start frame."""
    np.savez_compressed(
        path,
        positions_m=recording.positions.astype(np.float32),
        rate_hz=np.float64(recording.rate_hz),
        markers=np.array(skeleton.markers),
        skeleton=np.array(json.dumps(skeleton.to_dict())),
        take=np.array(recording.source),
        start_frame=np.int64(recording.start_frame),
    )
    return []
