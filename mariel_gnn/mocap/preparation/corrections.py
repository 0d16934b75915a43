"""Corrections of a capture: floor, left and right, jumps, rate."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from mariel_gnn.mocap.cleaning import speed_m_per_s
from mariel_gnn.mocap.formats.marker_file import Floats
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.anatomy import foot_markers, front_and_back_markers

# Markers sit on a foot, joints in it: the lowest of a foot that stands is this far under or over z = 0.
UNDER_M, OVER_M = 0.03, 0.12
LOWEST = 0.05  # of the frames; the very lowest is a fault of the cameras
NEAR_FLOOR_M = 0.05
STANDING = 0.5  # share of the frames in which a foot is near the floor; less is no standing


def place_on_floor(positions: Floats, markers: Sequence[str], move: bool) -> tuple[Floats, str]:
    """Positions with the feet on the floor, z = 0, and what was found, in words.

    The floor is where the lowest foot is in its lowest frames. A body is moved only if it is clearly
    off the floor, and stands there in most frames: who swings, or sinks by a fault of the file, shows
    no floor.

    Args:
        positions: `[T, J, C]` metres, z up.
        markers: the J names; without feet among them the lowest marker counts.
        move: whether to move the body.
    """
    low = _lowest(positions, foot_markers(markers) or range(len(markers)))
    if not len(low):
        return positions, "not checked: no foot is ever seen"
    floor_m = float(np.quantile(low, LOWEST))
    if -UNDER_M <= floor_m <= OVER_M:
        return positions, "the feet are on it"
    where = f"the feet go down to {abs(floor_m):.2f} m {'under' if floor_m < 0 else 'over'} it"
    if (np.abs(low - floor_m) < NEAR_FLOOR_M).mean() < STANDING:
        return positions, f"{where} but seldom stand there: kept, look at the picture"
    if not move:
        return positions, f"{where}: kept"
    return positions - (0.0, 0.0, floor_m), f"{where}: {'lifted' if floor_m < 0 else 'set down'}"


def _lowest(positions: Floats, which: Sequence[int]) -> Floats:
    """The height of the lowest of some markers in each frame in which any is seen."""
    height = np.where(
        np.isfinite(positions[:, list(which), 2]), positions[:, list(which), 2], np.inf
    )
    low: Floats = height.min(axis=1)
    return low[np.isfinite(low)]


BODY_M_PER_S = 8.0  # half of all markers at once are faster: the take was cut, or tracking lost


def marker_jumps(
    positions: Floats, rate_hz: float, jump_m_per_s: float, longest_s: float
) -> NDArray[np.bool_]:
    """Where a marker has leapt away and comes back soon, `[T, J]`: it was not there.

    Args:
        positions: `[T, J, C]` metres.
        rate_hz: frames per second.
        jump_m_per_s: speed of a leap.
        longest_s: how long it may stay away, seconds.
    """
    leapt = np.zeros(positions.shape[:2], dtype=bool)
    fast = speed_m_per_s(positions, rate_hz) > jump_m_per_s  # [T - 1, J]; a NaN is over nothing
    longest = max(1, round(longest_s * rate_hz))
    for marker in np.flatnonzero(fast.any(axis=0)):
        steps = np.flatnonzero(fast[:, marker]) + 1
        for start in steps:
            back = _returns(positions[:, marker], int(start), longest, jump_m_per_s / rate_hz)
            leapt[start:back, marker] = True
    return leapt


def body_jumps(positions: Floats, rate_hz: float) -> list[int]:
    """The frames at which most of the body has leapt: the recording is cut before them."""
    speed = speed_m_per_s(positions, rate_hz)
    seen = np.isfinite(speed)
    fast = np.where(seen, speed, 0.0) > BODY_M_PER_S
    most = fast.sum(axis=1) > np.maximum(seen.sum(axis=1), 1) / 2
    return [int(frame) + 1 for frame in np.flatnonzero(most)]


def _returns(path: Floats, start: int, longest: int, step_m: float) -> int:
    """The frame at which a path `[T, C]` is back where it left at `start`; `start` if it is not."""
    later = path[start + 1 : start + 1 + longest]
    away = np.linalg.norm(path[start] - path[start - 1])
    distance = np.linalg.norm(later - path[start - 1], axis=1)
    allowed = np.minimum(step_m * (np.arange(len(later)) + 2) / 2, away / 2)
    back = np.flatnonzero(distance <= allowed)
    return start + 1 + int(back[0]) if len(back) else start


MIRRORED = 0.7  # share of frames in which left is on the right
LEAST_SWAP_RATIO = (
    4.0  # how much nearer partners must be to each other's last places than to their own
)
LEAST_SWAP_M_PER_S = 4.0


@dataclass(frozen=True)
class LabelSwap:
    """Partners that trade places.

    Attributes:
        pair: left and right marker.
        start: the first frame in which they do.
        stop: one past the last.
    """

    pair: tuple[int, int]
    start: int
    stop: int


def share_left_on_left(
    positions: Floats, labels: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> float | None:
    """The share of frames in which the left markers are on the dancer's left.

    Seen from what lies in front (toes, chest, forehead) and what behind; None if names tell neither.

    Args:
        positions: `[T, J, C]`, z up.
        labels: the J names.
        pairs: left and right partners.
    """
    places = front_and_back_markers(labels)
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


def mirror_positions(positions: Floats) -> Floats:
    """The mirror image of positions `[..., C]`, z up."""
    return positions * (1, -1, 1)


def find_label_swaps(
    positions: Floats, pairs: Sequence[tuple[int, int]], rate_hz: float
) -> list[LabelSwap]:
    """When partners trade places: both step to where the other was, and later back.

    Args:
        positions: `[T, J, C]` metres.
        pairs: left and right partners.
        rate_hz: frames per second.
    """
    found = []
    for left, right in pairs:
        steps = _swap_frames(positions[:, left], positions[:, right], rate_hz)
        ends = [*steps, len(positions)]
        spans = [(ends[n], ends[n + 1]) for n in range(0, len(ends) - 1, 2)]
        if sum(stop - start for start, stop in spans) > len(positions) / 2:
            starts = [0, *(stop for _, stop in spans)]
            spans = list(zip(starts, [start for start, _ in spans] + [len(positions)], strict=True))
        found += [LabelSwap((left, right), start, stop) for start, stop in spans if stop > start]
    return found


def undo_label_swaps(positions: Floats, found: Sequence[LabelSwap]) -> Floats:
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


def _swap_frames(left: Floats, right: Floats, rate_hz: float) -> list[int]:
    """The frames at which two markers `[T, C]` trade places."""
    kept = _distance(left[1:], left[:-1]) + _distance(right[1:], right[:-1])
    traded = _distance(left[1:], right[:-1]) + _distance(right[1:], left[:-1])
    least_m = 2 * LEAST_SWAP_M_PER_S / rate_hz
    steps = (kept > LEAST_SWAP_RATIO * traded) & (kept > least_m)  # a NaN is not over anything
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


FINEST = 1000  # rates as ratios of whole numbers up to this


def resample(recording: Recording, rate_hz: float) -> Recording:
    """The same movement at `rate_hz` frames a second.

    What is too fast for the new rate is filtered out first (anti-aliasing, `scipy.signal.resample_poly`
    with its linear-phase filter): otherwise trembling at 50 Hz would come back as swaying. The ends go on
    in a straight line, so that they do not bend.

    Args:
        recording: without gaps.
        rate_hz: the new rate.
    """
    ratio = Fraction(rate_hz / recording.rate_hz).limit_denominator(FINEST)
    if ratio == 1:
        return dataclasses.replace(recording, rate_hz=rate_hz)
    positions = resample_poly(
        recording.positions.astype(np.float64),
        ratio.numerator,
        ratio.denominator,
        axis=0,
        padtype="line",
    )
    return dataclasses.replace(
        recording,
        positions=np.asarray(positions, dtype=np.float32),
        rate_hz=rate_hz,
        start_frame=round(recording.start_frame * ratio),
    )
