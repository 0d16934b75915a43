"""Arrays of positions without names: which axis is time, which joints they hold, unit and vertical axis.

The shape alone does not decide: 55 frames of 22 joints have the shape of the field's 55 rows of 22 frames.
A reading counts only if it gives a body: frames that follow each other, and a skeleton whose edges are short
and alike on both sides. If no known skeleton gives one, the joints get numbers for names; what cannot be
decided is asked for.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.gaps import mask_sentinels
from mariel_gnn.mocap.formats.marker_file import METRES, AnyFloats, MarkerFile, to_z_up
from mariel_gnn.mocap.plausibility import body_extents, is_plausible_size, upright_axis
from mariel_gnn.mocap.skeletons.loading import ARRAY_SETS, load_skeleton, shipped_by_size
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Layout = Literal["auto", "field", "plain"]

HALF_TURN_ABOUT_X = (1, -1, -1)  # z down becomes z up; negating z alone would mirror the dancer
# The step between frames is smaller than that between neighbouring joints by this factor, if it is clear.
MAX_STEP_RATIO = 0.7
# In a wrong order of joints, the longest edge exceeds this share of the body's size and the median of
# log(left / right) over edges exceeds the other. Real bodies: 0.33 and 0.08; wrong orders: 0.54 and 0.22.
MAX_EDGE_SHARE, MAX_ASYMMETRY = 0.45, 0.2
JUDGED_FRAMES = 300
NUMBERED = "joint_"  # begins the labels of joints of an unknown set
NO_RATE = "no rate stated"  # begins the note of a usual rate


class Convention(NamedTuple):
    """What is usual for arrays of a joint set.

    Attributes:
        origin: where they come from.
        ups: vertical axes, the usual one first.
        units: of length, the usual one first.
        rate_hz: frames per second; None if there is no usual one.
        lengths: joint counts of arrays that begin with this set.
    """

    origin: str
    ups: tuple[str, ...]
    units: tuple[str, ...]
    rate_hz: float | None
    lengths: tuple[int, ...]


CONVENTIONS = {
    "smpl22": Convention("HumanML3D, SMPL", ("y", "z"), ("m",), 20.0, (22,)),
    "coco17": Convention("AIST++, COCO", ("y", "z", "-y"), ("cm", "m", "mm"), 60.0, (17,)),
    "mediapipe33": Convention(
        "MediaPipe, FreeMoCap", ("z", "-y", "y"), ("mm", "m", "cm"), None, (33, 75, 543, 553)
    ),
}


class _Reading(NamedTuple):
    """One way to read an array: positions `[T, J, C]` as a skeleton (None: numbered joints)."""

    positions: AnyFloats
    skeleton: Skeleton | None
    words: str
    left_out: int = 0


def from_array(
    array: Any, path: Path, skeleton: Skeleton | None, layout: Layout = "auto"
) -> MarkerFile:
    """Interpret an array without names.

    Args:
        array: the content of a file.
        path: the file's name in errors.
        skeleton: the marker set; None takes a shipped one that fits shape and motion, else numbered joints.
        layout: ``"field"`` is `(rows, T, 3)` with z down, ``"plain"`` is `(T, J, 3)`, ``"auto"`` decides by
            shape and motion.

    Raises:
        UserError: the array holds no positions, or how to read it is not clear.
    """
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise UserError(
            f"{path}: holds {getattr(array, 'dtype', 'several arrays')}, not numbers: "
            "save one array of positions in metres with numpy.save"
        )
    positions, notes = _three_coordinates(array, path, skeleton)
    reading, more = _choose(positions, path, skeleton, layout)
    labels = reading.skeleton.markers if reading.skeleton else None
    visible, lost = mask_sentinels(reading.positions, labels)
    reading = reading._replace(positions=visible)
    content = _numbered(reading.positions) if reading.skeleton is None else _named(reading)
    if reading.left_out:
        notes.append(f"{reading.left_out} further points (hands, face) are left out")
    return dataclasses.replace(content, notes=(*notes, *more, *lost, *content.notes))


def _three_coordinates(
    array: Any, path: Path, skeleton: Skeleton | None
) -> tuple[AnyFloats, list[str]]:
    """The array with three axes and three coordinates, and notes on what was left out."""
    notes: list[str] = []
    shape, allowed = array.shape, _allowed(skeleton)
    if array.ndim == 4 and shape[0] == 1:
        array = array[0]
        notes.append(f"shape {shape}: the first axis, of length 1, is left out")
    if array.ndim == 2 and shape[1] == 263:
        raise UserError(
            f"{path}: holds HumanML3D features of shape {shape}, not positions: give the joints of the "
            "same take (its folder new_joints)"
        )
    if array.ndim == 3 and array.shape[2] in (4, 5) and _are_confidences(array[..., 3:]):
        notes.append(
            f"column {'4' if array.shape[2] == 4 else '4 and 5'} is a confidence: left out"
        )
        array = array[..., :3]
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise UserError(f"{path}: has shape {shape}; allowed is {allowed}: {_how_to_mend(shape)}")
    is_float32 = array.dtype == np.float32  # as most files: half the memory, and nothing is rounded
    positions: AnyFloats = array if is_float32 else array.astype(np.float64)
    return positions, notes


def _how_to_mend(shape: tuple[int, ...]) -> str:
    if len(shape) == 3 and shape[2] == 2:
        return "two coordinates are places in a picture, give three"
    if len(shape) == 4 and shape[3] == 3:
        return (
            "save one file for each take; (frames, dancers, joints, 3) holds several dancers of one"
        )
    if len(shape) == 2 and shape[1] % 3 == 0 and shape[1] > 3:
        return f"if a row has x, y, z of one joint after another, reshape it to (frames, {shape[1] // 3}, 3)"
    return "reorder its axes"


def _allowed(skeleton: Skeleton | None) -> str:
    if skeleton is None:
        return "(frames, joints, 3), or (rows, frames, 3) with z down for the field's files"
    rows, markers = len(skeleton.file_rows), len(skeleton)
    return f"({rows}, frames, 3) with z down, or (frames, {markers}, 3) with z up"


def _are_confidences(columns: AnyFloats) -> bool:
    finite = columns[np.isfinite(columns)]
    return bool(len(finite) and finite.min() >= 0 and finite.max() <= 1)


def _choose(
    array: AnyFloats, path: Path, skeleton: Skeleton | None, layout: Layout
) -> tuple[_Reading, list[str]]:
    """The reading that gives a body, and notes on what was decided."""
    readings = _readings(array, skeleton, layout)
    if skeleton and not readings:
        raise UserError(
            f"{path}: has shape {array.shape}; skeleton {skeleton.name} allows {_allowed(skeleton)}: "
            "check the number of markers, or state another skeleton (skeleton)"
        )
    doubts = [_doubt(reading) for reading in readings]
    bodies = [reading for reading, doubt in zip(readings, doubts, strict=True) if not doubt]
    if len(bodies) == 1:
        others = "" if len(readings) == 1 else f"shape {array.shape} read as {bodies[0].words}"
        return bodies[0], [others] if others else []
    if (
        len(readings) == 1
        and skeleton
        and (layout != "auto" or not _frames_are_shuffled(readings[0]))
    ):
        return readings[0], [f"as {readings[0].words}, {doubts[0]}: check skeleton and layout"]
    frames = None if bodies or skeleton else _frame_axis(array)
    if frames == 1:
        reading, more = _choose(array.transpose(1, 0, 2), path, None, layout)
        return reading, [
            f"shape {array.shape} read as (joints, frames, 3): motion along axis 2",
            *more,
        ]
    if frames == 0:
        known = [f"not {r.words}: {d}" for r, d in zip(readings, doubts, strict=True)]
        return _Reading(array, None, f"{array.shape[1]} joints"), known
    raise UserError(_question(array.shape, path, bodies or readings, skeleton))


def _question(
    shape: tuple[int, ...], path: Path, readings: Sequence[_Reading], skeleton: Skeleton | None
) -> str:
    words = " and ".join(reading.words for reading in readings)
    if len(readings) > 1:
        return (
            f"{path}: shape {shape} fits both {words}, and the motion does not decide: choose one (layout "
            "field or plain, skeleton)"
        )
    which = f" as {words} its frames do not follow each other" if readings else ""
    ask = "another skeleton" if skeleton else "the skeleton"
    return (
        f"{path}: has shape {shape} and no marker names;{which or ' which axis is time is not clear'}: state "
        f"{ask} (--skeleton) and the layout (--layout field or plain), or save (frames, joints, 3)"
    )


def _readings(array: AnyFloats, skeleton: Skeleton | None, layout: Layout) -> list[_Reading]:
    """All readings that fit the shape."""
    if skeleton is not None:
        return _fitting(array, skeleton, layout)
    found: list[_Reading] = []
    for (
        shipped
    ) in shipped_by_size():  # a reduced set has the file rows of the full set, which comes first
        one_layout = layout if not found else "plain"
        found += _fitting(array, shipped, one_layout)
    for name in ARRAY_SETS:
        if layout != "field" and array.shape[1] in CONVENTIONS[name].lengths:
            found += _fitting(array, load_skeleton(name), "plain")
    return found


def _fitting(array: AnyFloats, skeleton: Skeleton, layout: Layout) -> list[_Reading]:
    found = []
    rows, name = len(skeleton.file_rows), skeleton.name
    if array.shape[0] == rows and layout != "plain":
        positions = array.transpose(1, 0, 2)[:, list(skeleton.rows)]
        positions *= np.array(HALF_TURN_ABOUT_X, positions.dtype)
        found.append(_Reading(positions, skeleton, f"{array.shape[1]} frames of {name} (field)"))
    lengths = CONVENTIONS[name].lengths if name in CONVENTIONS else (len(skeleton),)
    if array.shape[1] in lengths and layout != "field":
        positions = array[:, : len(skeleton)]
        left_out = array.shape[1] - len(skeleton)
        words = f"{array.shape[0]} frames of {name} (plain)"
        found.append(_Reading(positions, skeleton, words, left_out))
    return found


def _doubt(reading: _Reading) -> str:
    """Why a reading gives no body; empty if it may give one."""
    if _frames_are_shuffled(reading):
        return "its frames do not follow each other"
    return _doubt_of_edges(reading.positions, reading.skeleton) if reading.skeleton else ""


def _frames_are_shuffled(reading: _Reading) -> bool:
    along, across = _steps(reading.positions)
    return bool(along * MAX_STEP_RATIO > across)


def _frame_axis(array: AnyFloats) -> int | None:
    """The axis along which the positions change least; None if it is not clear."""
    first, second = _steps(array)
    if first < MAX_STEP_RATIO * second:
        return 0
    return 1 if second < MAX_STEP_RATIO * first else None


def _steps(array: AnyFloats) -> tuple[float, float]:
    """The median step along the first and the second axis of `[A, B, C]`; NaN for a single entry."""
    part = array[:JUDGED_FRAMES, :JUDGED_FRAMES].astype(np.float64)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        first, second = (
            float(np.nanmedian(np.linalg.norm(np.diff(part, axis=axis), axis=2))) for axis in (0, 1)
        )
    return first, second


def _doubt_of_edges(positions: AnyFloats, skeleton: Skeleton) -> str:
    """Why the edges of a skeleton are none of a body; empty if they may be."""
    frames = positions[:: max(1, len(positions) // JUDGED_FRAMES)].astype(np.float64)
    size = float(body_extents(frames).max())
    if not skeleton.edges or not np.isfinite(size) or size == 0:
        return ""
    ends = np.array(skeleton.edges)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        length = np.nanmedian(
            np.linalg.norm(frames[:, ends[:, 0]] - frames[:, ends[:, 1]], axis=2), axis=0
        )
        asymmetry = float(np.nanmedian(_side_ratios(length, skeleton)))
    longest = int(np.nanargmax(length)) if np.isfinite(length).any() else 0
    share = length[longest] / size
    if not (share > MAX_EDGE_SHARE and asymmetry > MAX_ASYMMETRY):  # false for NaN
        return ""
    a, b = (skeleton.markers[end] for end in skeleton.edges[longest])
    return f"{a}-{b} would be {share:.0%} of the body and left unlike right"


def _side_ratios(length: AnyFloats, skeleton: Skeleton) -> AnyFloats:
    """`abs(log(left / right))` of the lengths of edges that have a partner."""
    by_edge = {frozenset(edge): n for n, edge in enumerate(skeleton.edges)}
    partners = [
        (n, by_edge[other])
        for edge, n in by_edge.items()
        if (other := frozenset(skeleton.mirror[end] for end in edge)) in by_edge and other != edge
    ]
    ours, theirs = (list(side) for side in zip(*partners, strict=True)) if partners else ([], [])
    ratios: AnyFloats = np.abs(np.log(length[ours] / length[theirs]))
    return ratios


def _named(reading: _Reading) -> MarkerFile:
    """The content of a file whose joints are those of a skeleton."""
    skeleton = reading.skeleton
    assert skeleton is not None
    content = MarkerFile(reading.positions, skeleton.markers, unit_stated=False)
    usual = CONVENTIONS.get(skeleton.name)
    if usual is None:
        return content
    seen = upright_axis(reading.positions, skeleton.markers)
    up = seen if seen in usual.ups else usual.ups[0]
    extent = body_extents(to_z_up(reading.positions, up))
    plausible = [u for u in usual.units if is_plausible_size(METRES[u] * extent, skeleton.markers)]
    unit = plausible[0] if plausible else usual.units[0]
    notes = [
        f"no names, unit or axis stated; the body is one of {skeleton.name} ({usual.origin}): {unit}, {up} up"
    ]
    notes += [f"{NO_RATE}: {usual.rate_hz:g} Hz, usual for {usual.origin}"] if usual.rate_hz else []
    return dataclasses.replace(
        content,
        unit=unit,
        up=up,
        up_stated=False,
        rate_hz=usual.rate_hz,
        skeleton=skeleton,
        notes=tuple(notes),
    )


def _numbered(positions: AnyFloats) -> MarkerFile:
    """The content of a file with joints of unknown names."""
    labels = tuple(f"{NUMBERED}{number}" for number in range(positions.shape[1]))
    up = tallest_axis(positions)
    note = (
        f"its {len(labels)} joints have no names: joint_0 to {labels[-1]}, connected by their motion; "
        f"{up} up, the tallest axis (--up overrides)"
    )
    return MarkerFile(positions, labels, up=up, unit_stated=False, up_stated=False, notes=(note,))


def tallest_axis(positions: AnyFloats) -> str:
    """Return ``"y"`` if the body is clearly taller along y than along z in most frames, else ``"z"``."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        extent = np.nanmax(positions, axis=1) - np.nanmin(positions, axis=1)
    return "y" if (extent[:, 1] > 1.25 * extent[:, 2]).mean() > 0.5 else "z"
