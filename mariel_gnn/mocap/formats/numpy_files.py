"""`.npy` and `.npz`: arrays of positions, bare or with rate and marker set."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import shipped_by_size, skeleton_from_dict
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

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
    for skeleton in shipped_by_size():  # a set and a part of it may have the same rows in a file
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


def read_npz(path: Path, skeleton: Skeleton | None, layout: Layout = "auto") -> MarkerFile:
    """Read an archive.

    Raises:
        UserError: it is no archive of plain arrays, or not ours and with more than one.
    """
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path}: is no .npz archive, or a cut one: save it again with numpy.savez")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        content = {name: _plain(archive, name, path) for name in archive.files}
    if "positions_m" not in content:
        if len(content) != 1:
            raise UserError(
                f"{path}: holds {', '.join(content) or 'nothing'}; needed is positions_m with markers "
                "and rate_hz, or one array alone"
            )
        return from_array(next(iter(content.values())), path, skeleton, layout)
    if "markers" not in content:
        named = from_array(content["positions_m"], path, skeleton, "plain").labels
    else:
        named = tuple(map(str, content["markers"]))
    rate_hz = float(content["rate_hz"]) if "rate_hz" in content else None
    brought = _skeleton(str(content["skeleton"]), path) if "skeleton" in content else None
    positions = content["positions_m"].astype(np.float64)
    part_of = (
        (str(content["take"]), int(content["start_frame"]))
        if str(content.get("take", "")) and "start_frame" in content
        else None
    )
    return MarkerFile(positions, named, rate_hz=rate_hz, skeleton=brought, part_of=part_of)


def _skeleton(text: str, path: Path) -> Skeleton:
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        raise UserError(
            f"{path}: its marker set is no JSON: it is damaged, make it again"
        ) from None
    return skeleton_from_dict(content, str(path))


def _plain(archive: Any, name: str, path: Path) -> NDArray[Any]:
    """One of an archive's arrays."""
    try:
        array = archive[name]
    except ValueError as error:
        if "pickle" not in str(error):
            raise
        raise UserError(
            f"{path}: {name} holds Python objects, which are not read because they may run code: save "
            "plain arrays with numpy.savez"
        ) from None
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path}: {name} is no array: save plain arrays with numpy.savez")
    return array


def write_npz(path: Path, recording: Recording, skeleton: Skeleton) -> list[str]:
    """Write a recording in metres, z up, with its marker set, its rate and the take it is a part of."""
    with written_aside(path) as aside:
        np.savez_compressed(
            aside,
            positions_m=recording.positions.astype(np.float32),
            rate_hz=np.float64(recording.rate_hz),
            markers=np.array(skeleton.markers),
            skeleton=np.array(json.dumps(skeleton.to_dict())),
            take=np.array(recording.source),
            start_frame=np.int64(recording.start_frame),
        )
    return []
