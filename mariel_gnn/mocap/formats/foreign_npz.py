"""`.npz` archives of other programs: positions, names, rate, unit and axis under the usual keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.bodies_in_array import from_bodies, holds_dancers
from mariel_gnn.mocap.formats.gaps import mask_sentinels
from mariel_gnn.mocap.formats.labels import distinct_labels, shorten_list
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile, Up, parse_unit
from mariel_gnn.mocap.formats.unnamed_arrays import (
    NO_RATE,
    Layout,
    tallest_axis,
)
from mariel_gnn.mocap.plausibility import upright_axis
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Arrays = Mapping[str, NDArray[Any]]

# The first that is present is taken; lower case.
_POSITIONS = (
    "positions_m", "positions", "joint_positions", "global_positions", "marker_positions", "joints",
    "joints3d", "joints_3d", "keypoints3d", "keypoints_3d", "keypoints3d_optim", "kp3d", "keypoints",
    "landmarks", "markers", "points", "coords", "xyz", "poses", "motion", "data",
)  # fmt: skip
_NAMES = ("names", "joint_names", "marker_names", "keypoint_names", "landmark_names", "labels",
          "markers", "joints", "keypoints", "columns")  # fmt: skip
_RATES = ("rate_hz", "fps", "rate", "framerate", "frame_rate", "mocap_framerate", "mocap_frame_rate",
          "frequency", "freq", "hz", "sampling_rate", "sample_rate")  # fmt: skip
_UNITS = ("unit", "units", "length_unit")
_UPS = ("up", "up_axis", "vertical_axis")
# What AMASS and SMPL files hold: rotations of a body model, which is licensed and not part of this package.
_BODY_MODEL = {"poses", "trans", "pose_body", "root_orient", "smpl_poses", "smpl_trans", "body_pose",
               "global_orient", "transl", "betas"}  # fmt: skip


def read_foreign_npz(
    content: Arrays, path: Path, skeleton: Skeleton | None, layout: Layout
) -> MarkerFile:
    """Interpret the arrays of another program.

    Args:
        content: name -> array.
        path: the file's name in errors.
        skeleton: the marker set of positions without names.
        layout: of positions without names.

    Raises:
        UserError: there are no positions; the message says what the archive holds.
    """
    by_key = {key.lower(): key for key in content}
    key = _positions_key(content, by_key, path)
    names_key = next(
        (by_key[k] for k in _NAMES if k in by_key and _are_names(content[by_key[k]])), ""
    )
    numbers = {
        kind: next((by_key[k] for k in keys if k in by_key and content[by_key[k]].size == 1), "")
        for kind, keys in (("rate", _RATES), ("unit", _UNITS), ("up", _UPS))
    }
    used = {key, names_key, *numbers.values()}
    others = [name for name in content if name not in used]
    found = from_bodies(content[key], path, skeleton, layout)
    notes = [f"positions are those under '{key}'"]
    bodies, names = content[key], [_text(name) for name in content[names_key]] if names_key else []
    if holds_dancers(bodies) and len(names) == bodies.shape[2]:
        frames, dancers = bodies.shape[:2]
        every = [f"{number}:{name}" for number in range(1, dancers + 1) for name in names]
        found = _with_names(bodies.reshape(frames, -1, bodies.shape[3]), every)
        notes.append(f"{dancers} dancers of {len(names)} joints each, named 1, 2, …")
    elif names_key and bodies.ndim == 3 and len(names) in bodies.shape[:2]:
        found = _with_names(bodies, names)
    elif names_key:
        notes.append(
            f"the {len(content[names_key])} names under '{names_key}' fit no axis: left out"
        )
    found = _with_statements(found, {kind: content[k] for kind, k in numbers.items() if k}, path)
    notes += [f"left out: {shorten_list(others)}"] if others else []
    return dataclasses.replace(found, notes=(*notes, *found.notes))


def _positions_key(content: Arrays, by_key: Mapping[str, str], path: Path) -> str:
    named = [by_key[key] for key in _POSITIONS if key in by_key]
    others = [key for key in content if key not in named]
    for key in [*named, *others]:
        array = content[key]
        is_one = array.ndim == 3 or holds_dancers(array)
        if array.dtype.kind in "fiu" and is_one and array.shape[-1] in (3, 4, 5):
            return key
    if len(content) == 1:
        return next(iter(content))
    if len(_BODY_MODEL & by_key.keys()) >= 2:
        raise UserError(
            f"{path}: holds rotations of the SMPL body model (AMASS: {shorten_list(list(content))}), no "
            "positions: compute the joints with the licensed body model (pip install smplx: "
            "smplx.create(...)(...).joints), save them with names and fps by numpy.savez, and give that file"
        )
    raise UserError(
        f"{path}: holds {shorten_list(list(content)) or 'nothing'}, no array (frames, joints, 3) or "
        "(frames, dancers, joints, 3): save positions, names and fps with numpy.savez"
    )


def _are_names(array: NDArray[Any]) -> bool:
    return array.dtype.kind in "US" and array.ndim == 1 and len(array) > 1


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _with_names(array: NDArray[Any], names: list[str]) -> MarkerFile:
    """Positions `[T, J, C]`, or `[J, T, C]` if only that fits, with names."""
    labels, notes = distinct_labels(names)
    positions: Floats = array[..., :3].astype(np.float64)
    if positions.shape[1] != len(labels):
        positions = positions.transpose(1, 0, 2)
    positions, lost = mask_sentinels(positions, labels)
    seen = upright_axis(positions, labels)
    up = seen if seen in ("y", "z") else tallest_axis(positions)
    return MarkerFile(
        positions, labels, up=up, unit_stated=False, up_stated=False, notes=(*notes, *lost)
    )


def _with_statements(found: MarkerFile, stated: Arrays, path: Path) -> MarkerFile:
    """The content with the rate, the unit and the axis that the archive states."""
    if "rate" in stated and stated["rate"].dtype.kind in "fiu":
        notes = tuple(note for note in found.notes if not note.startswith(NO_RATE))
        found = dataclasses.replace(found, rate_hz=float(stated["rate"].item()), notes=notes)
    if "unit" in stated:
        unit = parse_unit(_text(stated["unit"].item()))
        if unit is None:
            raise UserError(
                f"{path}: its unit '{_text(stated['unit'].item())}' is unknown: state it (--unit)"
            )
        found = dataclasses.replace(found, unit=unit, unit_stated=True)
    if "up" in stated and (up := _text(stated["up"].item()).lower()) in get_args(Up)[1:]:
        found = dataclasses.replace(found, up=up, up_stated=True)
    return found
