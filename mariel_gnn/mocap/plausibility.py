"""Plausible values of a recording: body height, vertical axis, frame rate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.anatomy import foot_markers, head_markers

Floats = NDArray[np.float64]

RATES_HZ = (5.0, 2000.0)  # of video at its slowest and of the fastest capture systems
MAX_DISTANCE_M = 1e5  # a position farther away is a damaged number
# From the lowest to the highest marker, with raised arms too.
BODY_EXTENT_M = (0.6, 3.2)
# From the soles to the top of the head. At most one of the guessed units fits: the smallest ratio of two
# of them, 2.54, is larger than the ratio of the bounds.
STANDING_HEIGHT_M = (1.1, 2.4)
MIN_ALIGNMENT = 0.8  # of the vector from the feet to the head with one axis, over the whole take
_AXES = ("x", "y", "z")


def check_range(name: str, value: float | None, least: float, most: float) -> None:
    """Check a number that a user gives.

    Raises:
        UserError: it is NaN or out of range; None is accepted.
    """
    if value is not None and not least <= value <= most:
        raise UserError(f"{name} is {value:g}; it must be {least:g} to {most:g}")


def body_extent(positions: NDArray[np.floating]) -> float:
    """Compute the largest extent of the body, in the unit of the positions `[T, J, C]`.

    It is the 95th percentile over frames of the distance from the lowest to the highest marker, on the
    axis with the largest one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a frame without any marker
        extent = np.nanmax(positions, axis=1) - np.nanmin(positions, axis=1)
    extent = extent[np.isfinite(extent).all(axis=1)]
    return float(np.quantile(extent, 0.95, axis=0).max()) if len(extent) else float("nan")


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
