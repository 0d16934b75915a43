"""Arrays without names that hold several dancers: `(frames, dancers, joints, 3)` or `(frames, 2J, 3)`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.unnamed_arrays import NUMBERED, Layout, from_array
from mariel_gnn.mocap.skeletons.loading import shipped_by_size
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

MAX_DANCERS = 8  # in the second of four axes; a body has more joints
# Without a stated skeleton, an array of twice a known set's joints holds two dancers only if no single rig
# has as many joints.
MIN_UNSTATED = 40
# Rows of two dancers in turn: duets from video have 0.04, one dancer about 2, joints as rows about 1.
MIN_ROWS, MAX_STEP_SHARE = 20, 0.2
JUDGED_ROWS = 10_000


def from_bodies(
    array: Any, path: Path, skeleton: Skeleton | None, layout: Layout = "auto"
) -> MarkerFile:
    """Interpret an array without names, of one dancer or several; several have labels like `1:LANK`.

    Args:
        array: the content of a file: `(frames, dancers, joints, 3)`; `(frames, 2J, 3)` with the J joints of
            the first dancer first; `(2 frames, J, 3)`, the dancers in turn; or one body, see `from_array`.
        path: the file's name in errors.
        skeleton: the marker set of one dancer; None takes a shipped one that fits.
        layout: see `from_array`.

    Raises:
        UserError: the array holds no positions, or how to read it is not clear.
    """
    if not isinstance(array, np.ndarray) or layout == "field":
        return from_array(array, path, skeleton, layout)
    if holds_dancers(array):
        return _joined(array, path, skeleton)
    if layout == "auto" and _is_interleaved(array):
        return _joined(array.reshape(-1, 2, *array.shape[1:]), path, skeleton)
    if array.ndim == 3 and _is_twice(array.shape, skeleton, layout):
        two = _joined(array.reshape(len(array), 2, -1, array.shape[2]), path, skeleton)
        if skeleton or not any(label.startswith(f"1:{NUMBERED}") for label in two.labels or ()):
            return two
    return from_array(array, path, skeleton, layout)


def holds_dancers(array: np.ndarray) -> bool:
    """Whether an array has the shape `(frames, dancers, joints, coordinates)` of several dancers."""
    return array.ndim == 4 and 1 < array.shape[1] <= MAX_DANCERS < array.shape[2]


def _is_interleaved(array: np.ndarray) -> bool:
    """Whether rows are frames of two dancers in turn: the next row is far, the one after it is near."""
    if array.ndim != 3 or array.shape[2] != 3 or len(array) % 2 or len(array) < MIN_ROWS:
        return False
    if array.dtype.kind != "f":
        return False
    rows = np.linspace(0, len(array) - 3, min(len(array) - 2, JUDGED_ROWS)).astype(np.int64)
    next_row, after = (
        np.nanmean(np.linalg.norm(array[rows + step] - array[rows], axis=2)) for step in (1, 2)
    )
    return bool(after < MAX_STEP_SHARE * next_row)


def _is_twice(shape: tuple[int, ...], skeleton: Skeleton | None, layout: Layout) -> bool:
    """Whether the second axis has twice the joints of a skeleton, and the first is not that of rows."""
    if skeleton is None:
        known = {2 * len(one) for one in shipped_by_size()}
        return shape[1] in known and shape[1] >= 2 * MIN_UNSTATED
    rows = len(skeleton.file_rows) if layout == "auto" else None
    return shape[1] == 2 * len(skeleton) and shape[0] != rows


def _joined(bodies: np.ndarray, path: Path, skeleton: Skeleton | None) -> MarkerFile:
    """The content of a file of several dancers `[T, dancers, J, C]`."""
    read = [
        from_array(bodies[:, dancer], path, skeleton, "plain") for dancer in range(bodies.shape[1])
    ]
    first = read[0]
    for number, other in enumerate(read[1:], start=2):
        if (other.unit, other.up) != (first.unit, first.up):
            raise UserError(
                f"{path}: dancer 1 seems to be in {first.unit} with {first.up} up, dancer {number} in "
                f"{other.unit} with {other.up} up: state unit and axis (--unit, --up), or save one file each"
            )
    labels = [
        f"{number}:{label}"
        for number, one in enumerate(read, start=1)
        for label in one.labels or ()
    ]
    notes = dict.fromkeys(note for one in read for note in one.notes)
    return dataclasses.replace(
        first,
        positions=np.concatenate([one.positions for one in read], axis=1),
        labels=tuple(labels),
        skeleton=None,
        notes=(
            f"{len(read)} dancers of {len(labels) // len(read)} joints each, named 1, 2, …",
            *notes,
        ),
    )
