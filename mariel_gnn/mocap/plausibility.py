"""Plausible values of a recording: body size, vertical axis, frame rate, duration, room.

Every file passes these checks before it is used. What no dancer and no capture system can be is refused, with
what would fit; what is unusual is used and reported.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.labels import shorten_list
from mariel_gnn.mocap.formats.marker_file import METRES, unit_in_words
from mariel_gnn.mocap.recording import frame_blocks, missing_positions, step_lengths
from mariel_gnn.mocap.skeletons.anatomy import foot_markers, head_markers

Floats = NDArray[np.floating]
Source = Literal["given", "stated", "assumed"]

RATES_HZ = (5.0, 2000.0)  # of video at its slowest and of the fastest capture systems
MAX_DURATION_S = 12 * 3600.0
MAX_DISTANCE_M = 1000.0  # a position farther from the origin is a damaged number
MAX_BODY_SPEED_M_PER_S = 8.0  # of half the markers, in a tenth of the frames: faster than a sprint
# From the lowest to the highest marker: of a set with head and feet, lying or with raised arms too; and of
# any other set, such as two hands. Horizontally a set may be wider: two dancers, a prop.
WHOLE_BODY_M = (0.8, 3.2)
PART_OF_BODY_M = (0.1, 3.2)
UNUSUAL_M = (0.9, 10.0)  # smaller or wider is reported
MIN_WHOLE, MIN_JUDGED = 8, 5  # markers of a whole body; of any set whose size is judged
STATED_FACTOR = 1.4  # a stated unit is believed, and reported, up to this factor beyond the bounds
# From the soles to the top of the head. At most one of the guessed units fits: the smallest ratio of two
# of them, 2.54, is larger than the ratio of the bounds.
STANDING_HEIGHT_M = (1.1, 2.4)
MIN_ALIGNMENT = 0.8  # of the vector from the feet to the head with one axis, over the whole take
STRAY_RATIO = 8.0  # of the distances of a stray marker and of the next nearer one to the body
_AXES = ("x", "y", "z")


def check_range(name: str, value: float | None, least: float, most: float) -> None:
    """Check a number that a user gives.

    Raises:
        UserError: it is NaN or out of range; None is accepted.
    """
    if value is not None and not least <= value <= most:
        raise UserError(f"{name} is {value:g}; it must be {least:g} to {most:g}")


def check_stated_rate(rate_hz: float | None, path: object, option: str) -> None:
    """Check the rate that a file states; `option` overrides it.

    Raises:
        UserError: no capture system has it; None is accepted.
    """
    if rate_hz is not None and not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise UserError(
            f"{path}: states {rate_hz:g} frames a second; captures have {RATES_HZ[0]:g} to "
            f"{RATES_HZ[1]:g}: state the right rate ({option})"
        )


def motion_notes(positions: NDArray[np.floating], rate_hz: float) -> list[str]:
    """Return what is unusual about the duration and the speed of a recording `[T, J, C]`, metres."""
    notes = []
    duration_s = len(positions) / rate_hz
    if len(positions) < 2:
        notes.append("has one frame: no motion")
    if duration_s > MAX_DURATION_S:
        notes.append(f"lasts {duration_s / 3600:.0f} hours at {rate_hz:g} Hz: check the rate")
    steps = [_median_steps(positions[rows]) for rows in frame_blocks(len(positions), further=1)]
    step = np.concatenate(steps)
    step = step[np.isfinite(step)]
    speed = float(np.quantile(step, 0.9)) * rate_hz if len(step) else 0.0
    if speed > MAX_BODY_SPEED_M_PER_S:
        notes.append(
            f"the whole body moves at {speed:.0f} m/s in a tenth of the frames: check the rate "
            f"({rate_hz:g} Hz), the unit and the order of the frames"
        )
    return notes


def _median_steps(positions: NDArray[np.floating]) -> NDArray[np.floating]:
    """The step of each frame `[T-1]` of positions `[T, J, C]`: the median over markers; NaN without any."""
    steps = step_lengths(positions)
    median: NDArray[np.floating] = np.median(steps, axis=1)
    gappy = np.isnan(median)
    if not gappy.any():
        return median
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a frame without any marker
        median[gappy] = np.nanmedian(steps[gappy], axis=1)  # slow
    return median


def check_size(
    positions: Floats, labels: Sequence[str], unit: str, source: Source, path: object
) -> list[str]:
    """Check the size of a body; returns notes on what is unusual.

    Args:
        positions: `[T, J, C]` in metres, z up.
        labels: the J names.
        unit: the unit of the file in which the positions were understood.
        source: whether the user gives that unit (it is believed), the file states it, or it is the usual one.
        path: the file's name in errors.

    Raises:
        UserError: the unit is not given and no dancer has this size; the message has the unit that fits.
    """
    extent = body_extents(positions)
    if not np.isfinite(extent).all():
        return []
    never = set(np.flatnonzero(missing_positions(positions).all(axis=0)).tolist())
    labels = [label for marker, label in enumerate(labels) if marker not in never]
    if not extent.any() and positions.shape[1] >= MIN_JUDGED:
        raise UserError(f"{path}: has no body: all markers have one position: export it again")
    size = _size(extent)
    described = f"in {unit_in_words(unit)} the dancer would be {size} tall"
    if not is_plausible_size(extent, labels):
        factor = STATED_FACTOR if source == "stated" else 1.0
        if source != "given" and not is_plausible_size(extent, labels, factor):
            states = f"states {unit}" if source == "stated" else "states no unit"
            raise UserError(
                f"{path}: {states}, and {described}: state the unit (--unit "
                f"{_fitting_units(extent / METRES[unit], labels)}; for training, in experiments.prepare)"
            )
        return [f"{described}, which is implausible: check the unit ({unit}, {source})"]
    if extent.max() < UNUSUAL_M[0]:
        return [
            f"the markers extend over {size} only: a part of a body, or check the unit ({unit})"
        ]
    if extent.max() > UNUSUAL_M[1]:
        return [f"the markers extend over {extent.max():.0f} m: several bodies, or check the unit"]
    return []


def is_plausible_size(extent: Floats, labels: Sequence[str], factor: float = 1.0) -> bool:
    """Return whether a dancer, several, or a part of one may have an extent `[C]` in metres, z up.

    Args:
        extent: see `body_extents`.
        labels: the markers' names; with head and feet the body is whole.
        factor: tolerance on both bounds.
    """
    whole = len(labels) >= MIN_WHOLE and head_markers(labels) and foot_markers(labels)
    least, most = WHOLE_BODY_M if whole else PART_OF_BODY_M
    least = least if len(labels) >= MIN_JUDGED else 0.0
    return bool(extent.max() * factor >= least and extent[2] <= most * factor)


def _fitting_units(extent: Floats, labels: Sequence[str]) -> str:
    """The units in which an extent in the file's unit is plausible, with the size in each."""
    units = [unit for unit in METRES if is_plausible_size(METRES[unit] * extent, labels)]
    whole = [unit for unit in units if METRES[unit] * extent.max() >= WHOLE_BODY_M[0]]
    sizes = [f"{unit}: {_size(METRES[unit] * extent)}" for unit in whole or units]
    return ", ".join(sizes) or f"{', '.join(METRES)}: none gives a plausible body, check the file"


def _size(extent: Floats) -> str:
    size = float(extent.max())
    return f"{size:,.0f} m" if size >= 100 else f"{size:.3g} m"


def body_extents(positions: NDArray[np.floating]) -> Floats:
    """Compute the extent of the body on each axis `[C]`, in the unit of the positions `[T, J, C]`.

    It is the 95th percentile over frames of the distance from the lowest to the highest marker. A stray
    marker far away from all others does not count. NaN if no frame has a marker.
    """
    frames = _without_strays(np.asarray(positions[:: max(1, len(positions) // 2000)], np.float64))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a frame without any marker
        extent = np.nanmax(frames, axis=1) - np.nanmin(frames, axis=1)
    extent = extent[np.isfinite(extent).all(axis=1)]
    quantile: Floats = np.quantile(extent, 0.95, axis=0) if len(extent) else np.full(3, np.nan)
    return quantile


def body_extent(positions: NDArray[np.floating]) -> float:
    """Compute the largest of `body_extents`."""
    return float(body_extents(positions).max())


def _without_strays(positions: Floats) -> Floats:
    """The positions with NaN for markers that are far away from the rest of the body."""
    if positions.shape[1] < MIN_JUDGED:
        return positions
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.nanmedian(np.where(np.isfinite(positions), positions, np.nan), axis=1)
        distance = np.linalg.norm(positions - middle[:, None], axis=2)  # [T, J]
    ordered = np.sort(np.where(np.isfinite(distance), distance, np.inf), axis=1)
    inner = ordered[:, :-1]
    with np.errstate(all="ignore"):
        isolated = (ordered[:, 1:] > STRAY_RATIO * inner) & (inner > 0)
    isolated[:, : positions.shape[1] // 2] = False
    limit = np.where(
        isolated.any(axis=1),
        np.take_along_axis(inner, isolated.argmax(axis=1)[:, None], axis=1)[:, 0],
        np.inf,
    )
    stray = ~(distance <= limit[:, None])
    return np.where(stray[..., None] | ~np.isfinite(positions), np.nan, positions)


def standing_height(positions: Floats, labels: Sequence[str]) -> float:
    """Compute the standing height, z up, in the unit of the positions `[T, J, C]`.

    It is the 90th percentile over frames of the height of the head over the feet. Without labels of
    head and feet it is `body_extent`.
    """
    head, foot = head_markers(labels), foot_markers(labels)
    if not head or not foot:
        return body_extent(positions)
    up = positions[..., 2]
    visible = np.isfinite(up[:, head]).any(axis=1) & np.isfinite(up[:, foot]).any(axis=1)
    if not visible.any():
        return body_extent(positions)
    height = np.nanmax(up[visible][:, head], axis=1) - np.nanmin(up[visible][:, foot], axis=1)
    return float(np.quantile(height, 0.9))


def is_standing_height(height_m: float) -> bool:
    """Return whether a height is plausible for a dancer."""
    return STANDING_HEIGHT_M[0] <= height_m <= STANDING_HEIGHT_M[1]


def upright_axis(positions: Floats, labels: Sequence[str]) -> str | None:
    """Return the axis from the feet to the head on average, such as ``"-y"``; None if unclear.

    Args:
        positions: `[T, J, C]` in any unit and axes.
        labels: the J names; without head and feet the axis is unclear.
    """
    head, foot = head_markers(labels), foot_markers(labels)
    if not head or not foot:
        return None
    rising = _center(positions, head) - _center(positions, foot)  # [T, C]
    rising = rising[np.isfinite(rising).all(axis=1)]
    if not len(rising):
        return None
    mean = rising.mean(axis=0)
    axis = int(np.abs(mean).argmax())
    if np.abs(mean[axis]) < MIN_ALIGNMENT * np.linalg.norm(rising, axis=1).mean():
        return None
    return ("-" if mean[axis] < 0 else "") + _AXES[axis]


def _center(positions: Floats, markers: Sequence[int]) -> Floats:
    """Average the visible ones of some markers, `[T, C]`; NaN in a frame without any."""
    chosen = positions[:, markers]
    visible = np.isfinite(chosen).all(axis=2, keepdims=True)
    total = np.where(visible, chosen, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        center: Floats = total / visible.sum(axis=1)
    return center


def mask_out_of_range(positions: Floats) -> NDArray[np.float32]:
    """Convert to float32; a position that is infinite or out of range on any axis becomes NaN.

    Contiguous float32 positions that are all in range are returned as they are.
    """
    with np.errstate(all="ignore"):
        if (
            not -MAX_DISTANCE_M < positions.min() <= positions.max() < MAX_DISTANCE_M
        ):  # also for NaN
            x, y, z = np.moveaxis(positions, 2, 0)
            valid = _is_near(x) & _is_near(y) & _is_near(z)
            positions = np.where(valid[..., None], positions, np.nan)
    return np.ascontiguousarray(positions, dtype=np.float32)


def _is_near(coordinates: NDArray[np.floating]) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.abs(coordinates) < MAX_DISTANCE_M
    return near


def out_of_range_notes(
    before: Floats, after: NDArray[np.floating], labels: Sequence[str]
) -> list[str]:
    """Describe the positions that `mask_out_of_range` removed: finite before, NaN after."""
    missing = missing_positions(after)
    removed = missing & np.isfinite(before).all(axis=2) if missing.any() else missing
    if not removed.any():
        return []
    columns = np.flatnonzero(removed.any(axis=0)).tolist()
    of = f" of {shorten_list([labels[at] for at in columns])}" if labels else ""
    first = int(removed.any(axis=1).argmax())
    return [
        f"{int(removed.sum())} positions{of}, the first in frame {first}, are over {MAX_DISTANCE_M:,.0f} m "
        "from the origin: damaged numbers, now gaps"
    ]
