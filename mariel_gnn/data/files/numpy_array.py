"""`.npy`: one array of positions in metres, in the field's layout or plain.

The field's files are `(rows, T, 3)` with z down; plain ones `(T, J, 3)` with z up. In both left is
the dancer's left: the field's frame is turned by 180 degrees about x, `(x, -y, -z)`. Negating z
alone would mirror the dancer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.skeletons import Skeleton, largest_first

Layout = Literal["auto", "field", "plain"]

_TURN_ABOUT_X = (1, -1, -1)


def read_npy(path: Path, skeleton: Skeleton | None, layout: Layout = "auto") -> MarkerFile:
    """Read an array; a bare array has no names, so they are the skeleton's.

    Args:
        path: the file.
        skeleton: says how many rows a file has and which are markers; None takes the shipped one
            whose counts fit.
        layout: ``"field"``, ``"plain"``, or ``"auto"`` to tell them apart by shape.

    Raises:
        UserError: not such a file.
    """
    array: Any = np.load(path, allow_pickle=False)
    if isinstance(array, np.lib.npyio.NpzFile):
        array.close()
    return from_array(array, path, skeleton, layout)


def from_array(
    array: Any, path: Path, skeleton: Skeleton | None, layout: Layout = "auto"
) -> MarkerFile:
    """The same of an array that is read already."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise UserError(
            f"{path}: holds {getattr(array, 'dtype', 'several arrays')}, not numbers: "
            "save one array of positions in metres with numpy.save"
        )
    skeleton = skeleton or _fitting(array.shape, path)
    positions = _to_z_up(array.astype(np.float64), skeleton, layout, str(path))
    return MarkerFile(positions, skeleton.markers)


def to_field_rows(positions: NDArray[np.floating], skeleton: Skeleton) -> NDArray[np.float32]:
    """Positions `[T, J, C]`, z up, as the field's file rows `[rows, T, 3]`, float32, z down.

    Rows that are no markers (LabelingHips, SolvingHips) hold the body's root; rows of markers that
    the skeleton, a reduced one, does not have are NaN.
    """
    rows = np.full((len(skeleton.file_rows), len(positions), 3), np.nan)
    for row, name in enumerate(skeleton.file_rows):
        if name in skeleton.markers:
            rows[row] = positions[:, skeleton.markers.index(name)]
        elif name in skeleton.not_markers:
            rows[row] = positions[:, list(skeleton.root)].mean(axis=1)
    return (rows * _TURN_ABOUT_X).astype(np.float32)


def write_npy(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, layout: Layout = "auto"
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up; plain unless the field's layout is asked for."""
    array = to_field_rows(positions, skeleton) if layout == "field" else positions
    with written_aside(path) as aside:
        np.save(aside, array.astype(np.float32))
    notes = ["the rate and the names of the markers are not in it: .npz keeps them"]
    empty = len(skeleton.file_rows) - len(skeleton) - len(skeleton.not_markers)
    if layout == "field" and empty:
        notes.append(
            f"{empty} of its {len(array)} rows are empty (NaN): {skeleton.name} lacks them"
        )
    return notes


def _fitting(shape: tuple[int, ...], path: Path) -> Skeleton:
    for skeleton in largest_first():  # a set and a part of it may have the same rows in a file
        if len(shape) == 3 and (shape[0] == len(skeleton.file_rows) or shape[1] == len(skeleton)):
            return skeleton
    raise UserError(f"{path}: has shape {shape} and no names: give its marker set (--skeleton)")


def _to_z_up(
    array: NDArray[np.float64], skeleton: Skeleton, layout: Layout, path: str
) -> NDArray[np.float64]:
    """`[T, J, C]`, z up, from either layout."""
    rows, markers = len(skeleton.file_rows), len(skeleton)
    wanted = f"({rows}, frames, 3) with z down, or (frames, {markers}, 3) with z up"
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise UserError(f"{path}: has shape {array.shape}; needed is {wanted}: rearrange its axes")
    is_field, is_plain = array.shape[0] == rows, array.shape[1] == markers
    if layout == "auto" and is_field and is_plain:
        raise UserError(
            f"{path}: shape {array.shape} fits both layouts: say which (layout field or plain)"
        )
    if is_field and layout != "plain":
        chosen: NDArray[np.float64] = array.transpose(1, 0, 2)[:, list(skeleton.rows)]
        return chosen * _TURN_ABOUT_X
    if is_plain and layout != "field":
        return array
    raise UserError(
        f"{path}: has shape {array.shape}; skeleton {skeleton.name} needs {wanted}: "
        "check the marker count and the marker set (skeleton)"
    )
