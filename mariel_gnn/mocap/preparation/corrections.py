"""Corrections of motion capture faults: left and right, floor, rate."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from mariel_gnn.mocap.formats.marker_file import Floats
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.anatomy import foot_markers, front_and_back_markers
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

# The lowest foot marker may be this far below or above z = 0: markers are on the foot, joints inside it.
BELOW_M, ABOVE_M = 0.03, 0.12
FLOOR_QUANTILE = 0.05  # of the heights over frames; the minimum may be a tracking error
NEAR_FLOOR_M = 0.05
MIN_STANDING = 0.5  # share of frames with a foot near the floor; with fewer, the floor is unknown

MIN_MIRRORED = 0.7  # share of frames in which left and right are reversed
# A swap is a step in which partners are this much nearer to each other's last position than to their own.
MIN_SWAP_RATIO = 4.0
MIN_SWAP_M_PER_S = 4.0

MAX_DENOMINATOR = 1000  # of the ratio of two rates


def place_on_floor(positions: Floats, markers: Sequence[str], move: bool) -> tuple[Floats, str]:
    """Move the floor to z = 0; returns positions and a sentence.

    The floor height is a low quantile of the lowest foot. The body moves only if it is clearly off the
    floor and stands there in most frames. Otherwise the height does not show where the floor is: the
    dancer swings, or tracking errors pull the body down.

    Args:
        positions: `[T, J, C]` metres, z up.
        markers: the J names; without foot markers the lowest marker counts.
        move: whether to move the body.
    """
    lowest = _lowest(positions, foot_markers(markers) or range(len(markers)))
    if not len(lowest):
        return positions, "not checked: no foot is visible"
    floor_m = float(np.quantile(lowest, FLOOR_QUANTILE))
    if -BELOW_M <= floor_m <= ABOVE_M:
        return positions, "the feet are on it"
    where = f"the lowest foot is {abs(floor_m):.2f} m {'below' if floor_m < 0 else 'above'} it"
    if (np.abs(lowest - floor_m) < NEAR_FLOOR_M).mean() < MIN_STANDING:
        return positions, f"{where} but rarely at rest there: kept, check the picture"
    if not move:
        return positions, f"{where}: kept"
    return positions - (0.0, 0.0, floor_m), f"{where}: {'raised' if floor_m < 0 else 'lowered'}"


def _lowest(positions: Floats, markers: Sequence[int]) -> Floats:
    """The height of the lowest of some markers, in each frame with a visible one."""
    height = positions[:, list(markers), 2]
    lowest: Floats = np.where(np.isfinite(height), height, np.inf).min(axis=1)
    return lowest[np.isfinite(lowest)]


@dataclass(frozen=True)
class LabelSwap:
    """A range of frames in which left and right partners have swapped labels.

    Attributes:
        pair: left and right marker.
        start: first frame.
        stop: one past the last frame.
    """

    pair: tuple[int, int]
    start: int
    stop: int


def correct_sides(
    positions: Floats, rate_hz: float, skeleton: Skeleton, mirror: bool
) -> tuple[Floats, str]:
    """Undo label swaps and mirror a reversed body; returns positions and a sentence.

    Args:
        positions: `[T, J, C]` metres, z up.
        rate_hz: frames per second.
        skeleton: the marker set.
        mirror: whether to mirror a reversed body.
    """
    sentences = []
    swaps = find_label_swaps(positions, skeleton.pairs, rate_hz)
    if swaps:
        names = sorted({skeleton.markers[swap.pair[0]] for swap in swaps})
        sentences.append(f"{len(swaps)} swaps of labels undone ({', '.join(names[:5])})")
        positions = undo_label_swaps(positions, swaps)
    share = share_left_on_left(positions, skeleton.markers, skeleton.pairs)
    if share is None:
        sentences.append("not checked: the marker names do not show front and back")
    elif share < 1 - MIN_MIRRORED:
        done = "mirrored" if mirror else "kept"
        sentences.append(f"reversed in {1 - share:.0%} of the frames: {done}")
        positions = mirror_positions(positions) if mirror else positions
    else:
        sentences.append(f"correct in {share:.0%} of the frames")
    return positions, "; ".join(sentences)


def share_left_on_left(
    positions: Floats, labels: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> float | None:
    """The share of frames in which the left markers are on the dancer's left; None if unknown.

    Markers at the front (toes, chest, forehead) and at the back give the facing direction.

    Args:
        positions: `[T, J, C]`, z up.
        labels: the J names.
        pairs: left and right partners.
    """
    regions = front_and_back_markers(labels)
    if not regions or not pairs:
        return None
    left, right = (list(side) for side in zip(*pairs, strict=True))
    directions = [
        _unit(_mean(positions, front) - _mean(positions, back)) for front, back in regions
    ]
    forward = np.sum(directions, axis=0)
    across = _mean(positions, left) - _mean(positions, right)
    # Up x forward points to the left.
    leftward = forward[:, 0] * across[:, 1] - forward[:, 1] * across[:, 0]
    known = np.isfinite(leftward)
    return float((leftward[known] > 0).mean()) if known.any() else None


def mirror_positions(positions: Floats) -> Floats:
    """The mirror image of positions `[..., C]`, z up."""
    return positions * (1, -1, 1)


def find_label_swaps(
    positions: Floats, pairs: Sequence[tuple[int, int]], rate_hz: float
) -> list[LabelSwap]:
    """The ranges in which partners have swapped labels.

    Args:
        positions: `[T, J, C]` metres.
        pairs: left and right partners.
        rate_hz: frames per second.
    """
    return [
        LabelSwap((left, right), start, stop)
        for left, right in pairs
        for start, stop in _swapped_ranges(positions[:, left], positions[:, right], rate_hz)
        if stop > start
    ]


def _swapped_ranges(left: Floats, right: Floats, rate_hz: float) -> list[tuple[int, int]]:
    """Every second range between swaps of two markers `[T, C]`: those that are shorter in total.

    Labels are assumed correct in most frames.
    """
    bounds = [0, *_swap_frames(left, right, rate_hz), len(left)]
    ranges = list(pairwise(bounds))
    odd = ranges[1::2]
    return ranges[::2] if sum(stop - start for start, stop in odd) > len(left) / 2 else odd


def undo_label_swaps(positions: Floats, swaps: Sequence[LabelSwap]) -> Floats:
    """Positions `[T, J, C]` with each swapped range exchanged between the partners."""
    corrected = positions.copy()
    for swap in swaps:
        left, right = swap.pair
        frames = slice(swap.start, swap.stop)
        corrected[frames, left] = positions[frames, right]
        corrected[frames, right] = positions[frames, left]
    return corrected


def _swap_frames(left: Floats, right: Floats, rate_hz: float) -> list[int]:
    """The frames in which the labels of two markers `[T, C]` swap."""
    kept = _distance(left[1:], left[:-1]) + _distance(right[1:], right[:-1])
    swapped = _distance(left[1:], right[:-1]) + _distance(right[1:], left[:-1])
    min_distance_m = 2 * MIN_SWAP_M_PER_S / rate_hz
    swaps = (kept > MIN_SWAP_RATIO * swapped) & (kept > min_distance_m)  # false for NaN
    return [int(frame) + 1 for frame in np.flatnonzero(swaps)]


def _distance(a: Floats, b: Floats) -> Floats:
    distance: Floats = np.linalg.norm(a - b, axis=1)
    return distance


def _mean(positions: Floats, markers: Sequence[int]) -> Floats:
    mean: Floats = positions[:, markers].mean(axis=1)
    return mean


def _unit(vectors: Floats) -> Floats:
    """Horizontal unit vectors `[T, 2]` of vectors `[T, C]`."""
    flat = vectors[:, :2]
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    unit: Floats = flat / np.maximum(length, 1e-9)
    return unit


def resample(recording: Recording, rate_hz: float) -> Recording:
    """The same motion at `rate_hz` frames a second.

    A linear-phase anti-aliasing filter (`scipy.signal.resample_poly`) removes frequencies above the new
    Nyquist frequency: without it, a 50 Hz tremor would become a slow sway. The signal is extended
    linearly at both ends to avoid edge effects.

    Args:
        recording: without gaps.
        rate_hz: the new rate.
    """
    ratio = Fraction(rate_hz / recording.rate_hz).limit_denominator(MAX_DENOMINATOR)
    if ratio == 1:
        return dataclasses.replace(recording, rate_hz=rate_hz)
    from scipy.signal import resample_poly  # takes more than a second to import

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
