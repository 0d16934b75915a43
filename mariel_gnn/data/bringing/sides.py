"""Left and right: a body mirrored by its export, and partners that trade places for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.bringing.anatomy import fronts_and_backs
from mariel_gnn.data.files.marker_file import Floats

MIRRORED = 0.7  # share of frames in which left is on the right
LEAST_TRADE = 4.0  # how much nearer partners must be to each other's last places than to their own
LEAST_STEP_M_PER_S = 4.0


@dataclass(frozen=True)
class Trade:
    """Partners that trade places.

    Attributes:
        pair: left and right marker.
        start: the first frame in which they do.
        stop: one past the last.
    """

    pair: tuple[int, int]
    start: int
    stop: int


def left_on_the_left(
    positions: Floats, labels: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> float | None:
    """The share of frames in which the left markers are on the dancer's left.

    Seen from what lies in front (toes, chest, forehead) and what behind; None if names tell neither.

    Args:
        positions: `[T, J, C]`, z up.
        labels: the J names.
        pairs: left and right partners.
    """
    places = fronts_and_backs(labels)
    if not places or not pairs:
        return None
    left, right = (list(side) for side in zip(*pairs, strict=True))
    directions = [_unit(_mean(positions, front) - _mean(positions, back)) for front, back in places]
    ahead = np.sum(directions, axis=0)
    across = _mean(positions, left) - _mean(positions, right)
    # Up x forward is to the left.
    share = (ahead[:, 0] * across[:, 1] - ahead[:, 1] * across[:, 0])[..., None]
    known = np.isfinite(share)
    return float((share[known] > 0).mean()) if known.any() else None


def mirrored(positions: Floats) -> Floats:
    """The mirror image of positions `[..., C]`, z up."""
    return positions * (1, -1, 1)


def trades(positions: Floats, pairs: Sequence[tuple[int, int]], rate_hz: float) -> list[Trade]:
    """When partners trade places: both step to where the other was, and later back.

    Args:
        positions: `[T, J, C]` metres.
        pairs: left and right partners.
        rate_hz: frames per second.
    """
    found = []
    for left, right in pairs:
        steps = _trading_steps(positions[:, left], positions[:, right], rate_hz)
        ends = [*steps, len(positions)]
        spans = [(ends[n], ends[n + 1]) for n in range(0, len(ends) - 1, 2)]
        if sum(stop - start for start, stop in spans) > len(positions) / 2:
            starts = [0, *(stop for _, stop in spans)]
            spans = list(zip(starts, [start for start, _ in spans] + [len(positions)], strict=True))
        found += [Trade((left, right), start, stop) for start, stop in spans if stop > start]
    return found


def traded_back(positions: Floats, found: Sequence[Trade]) -> Floats:
    """Positions `[T, J, C]` with the partners in their own places."""
    mended = positions.copy()
    for trade in found:
        left, right = trade.pair
        rows = slice(trade.start, trade.stop)
        mended[rows, [left]], mended[rows, [right]] = (
            positions[rows, [right]],
            positions[rows, [left]],
        )
    return mended


def _trading_steps(left: Floats, right: Floats, rate_hz: float) -> list[int]:
    """The frames at which two markers `[T, C]` trade places."""
    kept = _distance(left[1:], left[:-1]) + _distance(right[1:], right[:-1])
    traded = _distance(left[1:], right[:-1]) + _distance(right[1:], left[:-1])
    least_m = 2 * LEAST_STEP_M_PER_S / rate_hz
    steps = (kept > LEAST_TRADE * traded) & (kept > least_m)  # a NaN is not over anything
    return [int(frame) + 1 for frame in np.flatnonzero(steps)]


def _distance(a: Floats, b: Floats) -> Floats:
    distance: Floats = np.linalg.norm(a - b, axis=1)
    return distance


def _mean(positions: Floats, which: Sequence[int]) -> Floats:
    mean: Floats = positions[:, which].mean(axis=1)
    return mean


def _unit(vectors: Floats) -> NDArray[np.float64]:
    """Horizontal directions `[T, 2]` of vectors `[T, C]`."""
    flat = vectors[:, :2]
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    unit: Floats = flat / np.maximum(length, 1e-9)
    return unit
