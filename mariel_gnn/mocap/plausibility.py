"""What a plausible body is: its height, its upright axis, the rates of a capture."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import (
    Floats,
)
from mariel_gnn.mocap.skeletons.anatomy import foot_markers, head_markers

RATES_HZ = (1.0, 2000.0)


def check_range(name: str, value: float | None, least: float, most: float) -> None:
    """Check a number that a user gives.

    Raises:
        UserError: it is outside the bounds (None is not asked).
    """
    if value is not None and not least <= value <= most:  # NaN is between nothing
        raise UserError(f"{name} is {value:g}; it must be {least:g} to {most:g}")


FARTHEST_M = 1e5  # no dancer is a hundred kilometres away: damaged numbers are
# From the lowest to the highest marker, at the dancer's tallest; children and arms in the air too.
BODY_EXTENT_M = (0.6, 3.2)


def body_extent(positions: NDArray[np.floating]) -> float:
    """The tallest that the body stands: from its lowest to its highest marker, in the units given.

    The 95th percentile over frames, on the axis on which it is largest.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a frame without any marker
        size = np.nanmax(positions, axis=1) - np.nanmin(positions, axis=1)
    size = size[np.isfinite(size).all(axis=1)]
    return float(np.quantile(size, 0.95, axis=0).max()) if len(size) else float("nan")


# From the soles to the top of the head. No two of the guessed units can both fit: the least factor
# between two of them, 2.54, is more than that between the bounds.
STANDING_HEIGHT_M = (1.1, 2.4)


def standing_height(positions: Floats, labels: Sequence[str]) -> float:
    """How tall the body stands, z up, in the units of the positions `[T, J, C]`.

    From the feet to the head where names tell them, else from the lowest marker to the highest, in the
    frames in which the body is at its tallest (the 90th percentile).
    """
    head, foot = head_markers(labels), foot_markers(labels)
    if not head or not foot:
        return body_extent(positions)
    up = positions[..., 2]
    seen = np.isfinite(up[:, head]).any(axis=1) & np.isfinite(up[:, foot]).any(axis=1)
    if not seen.any():
        return body_extent(positions)
    height = np.nanmax(up[seen][:, head], axis=1) - np.nanmin(up[seen][:, foot], axis=1)
    return float(np.quantile(height, 0.9))


def is_standing_height(size_m: float) -> bool:
    """Whether a dancer can be so many metres tall."""
    return STANDING_HEIGHT_M[0] <= size_m <= STANDING_HEIGHT_M[1]


CLEAR = 0.8  # of the way from the feet to the head, on one axis, over the whole take
_AXES = ("x", "y", "z")


def upright_axis(positions: Floats, labels: Sequence[str]) -> str | None:
    """The axis along which the head is over the feet on average, such as ``"-y"``; None if unclear.

    Args:
        positions: `[T, J, C]` in any unit and axes.
        labels: the J names; without head and feet among them nothing is clear.
    """
    head, foot = head_markers(labels), foot_markers(labels)
    if not head or not foot:
        return None
    rising = _middle(positions, head) - _middle(positions, foot)  # [T, C]
    rising = rising[np.isfinite(rising).all(axis=1)]
    if not len(rising):
        return None
    mean = rising.mean(axis=0)
    axis = int(np.abs(mean).argmax())
    if np.abs(mean[axis]) < CLEAR * np.linalg.norm(rising, axis=1).mean():
        return None
    return ("-" if mean[axis] < 0 else "") + _AXES[axis]


def _middle(positions: Floats, which: Sequence[int]) -> Floats:
    chosen = positions[:, which]
    seen = np.isfinite(chosen).all(axis=2, keepdims=True)
    total = np.where(seen, chosen, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        middle: Floats = total / seen.sum(axis=1)
    return middle
