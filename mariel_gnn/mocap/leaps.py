"""Positions that no dancer reaches: far from the body, or reached by an impossible leap.

A marker's path is divided at its leaps into segments. The segments that are kept cost least: a dropped frame
costs one, a leap that remains costs more than the longest gap that is filled, since it cuts the take. So a
marker that leaps away and back loses the frames between, and one that stays at its new place cuts the take.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.recording import frame_blocks, step_lengths

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]

MAX_REACH_M = 10.0  # of a marker from the middle of the body; a prop may lie far from the dancer
MIN_LEAP_M = 0.05  # at a high rate, noise is fast but short
BODY_JUMP_M_PER_S = 8.0  # if half of all markers are faster, the take was cut or tracking was lost
MIN_MARKERS = 5  # fewer do not show where the body is
# After a leap a marker is misplaced if its distances to its nearest markers are off by this much.
MISPLACED_M, NEIGHBOURS = 0.25, 3
# This share of a take's frames must show the usual distances; of a misplaced segment, less than the second.
MIN_PLACED, MAX_PLACED = 0.6, 0.2
_SOFT_COST = 0.6  # of a step that is possible alone, but not out and back: two of them cost more than a frame
_LOOK_BACK = 40  # segments


class Leaps(NamedTuple):
    """What must not be used of a recording.

    Attributes:
        removed: positions that are faulty, `[T, J]`.
        cuts: frames before which the recording must be cut, in order.
    """

    removed: Mask
    cuts: list[int]


class _Path(NamedTuple):
    """The visible frames of one marker; a segment is a range of them without a leap.

    Attributes:
        positions: `[n, C]` metres.
        frames: their frame numbers `[n]`.
        starts: the first of each segment, and n.
        hard: whether the step to each segment is too fast for any dancer.
    """

    positions: Floats
    frames: NDArray[np.int64]
    starts: list[int]
    hard: list[bool]


def find_leaps(positions: Floats, rate_hz: float, max_m_per_s: float, longest: int) -> Leaps:
    """Find faulty positions, and where the recording must be cut.

    Args:
        positions: `[T, J, C]` metres, NaN for gaps.
        rate_hz: frames per second.
        max_m_per_s: the speed above which an abrupt step is a leap. A fast step in a continuous motion is
            none, up to twice this speed.
        longest: the longest gap that is filled, frames.
    """
    removed = far_from_body(positions)
    left = _without(positions, removed)
    cuts: set[int] = set()
    for marker in _suspects(left, rate_hz, max_m_per_s):
        frames, marker_cuts = _faulty_frames(left, marker, rate_hz, max_m_per_s, longest)
        removed[frames, marker] = True
        cuts.update(marker_cuts)
    left = _without(positions, removed)
    return Leaps(removed, sorted(cuts | set(body_jumps(left, rate_hz))))


def _without(positions: Floats, removed: Mask) -> Floats:
    """The positions `[T, J, C]` with NaN where `removed` `[T, J]`; not copied if nothing is."""
    if not removed.any():
        return positions
    left: Floats = np.where(removed[..., None], np.nan, positions)
    return left


def _blocks(positions: Floats) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """The first frame of each block, and its positions with the first frame of the next block."""
    for rows in frame_blocks(len(positions), further=1):
        yield rows.start, positions[rows].astype(np.float64)


def far_from_body(positions: Floats) -> Mask:
    """Return which positions `[T, J, C]` are farther from the middle of the body than a dancer reaches."""
    far = np.zeros(positions.shape[:2], dtype=np.bool_)
    if positions.shape[1] < MIN_MARKERS:
        return far
    for start, block in _blocks(positions):
        # One axis at a time is 20 times as fast. The middle of the body is within the same box.
        reach = block.max(axis=0).max(axis=0) - block.min(axis=0).min(axis=0)
        if not np.linalg.norm(reach) < MAX_REACH_M:  # true for NaN
            far[start : start + len(block)] = _far_in_block(block)
    return far


def _far_in_block(positions: Floats) -> Mask:
    visible = np.isfinite(positions).all(axis=(1, 2))
    middle = np.full((len(positions), 1, 3), np.nan)
    middle[visible] = np.median(positions[visible], axis=1, keepdims=True)
    for frame in np.flatnonzero(~visible):  # np.nanmedian is slow, and warns of an empty frame
        seen = positions[frame][np.isfinite(positions[frame]).all(axis=1)]
        if len(seen) >= MIN_MARKERS:
            middle[frame] = np.median(seen, axis=0)
    far: Mask = np.linalg.norm(positions - middle, axis=2) > MAX_REACH_M  # false for NaN
    return far


def body_jumps(positions: Floats, rate_hz: float) -> list[int]:
    """The first frames after a jump of most of the body; the recording must be cut before each.

    Args:
        positions: `[T, J, C]` metres, NaN for gaps.
        rate_hz: frames per second.
    """
    jumps, least = [], max(BODY_JUMP_M_PER_S / rate_hz, MIN_LEAP_M)
    for start, block in _blocks(positions):
        step = step_lengths(block)
        seen = np.isfinite(step)
        fast = np.where(seen, step, 0.0) > least
        most = fast.sum(axis=1) > np.maximum(seen.sum(axis=1), 1) / 2
        jumps += [start + int(frame) + 1 for frame in np.flatnonzero(most)]
    return jumps


def _suspects(positions: Floats, rate_hz: float, max_m_per_s: float) -> list[int]:
    """The markers with a fast step: usually none. A step over a gap is measured by frame numbers."""
    min_step = max(max_m_per_s / 2 / rate_hz, MIN_LEAP_M)
    fast = np.zeros(positions.shape[1], dtype=np.bool_)
    for _, block in _blocks(positions):
        fast |= (step_lengths(block) > min_step).any(axis=0) | ~np.isfinite(block.sum(axis=0)).all(
            axis=1
        )
    return [int(marker) for marker in np.flatnonzero(fast)]


def _faulty_frames(
    positions: Floats, marker: int, rate_hz: float, max_m_per_s: float, longest: int
) -> tuple[list[int], list[int]]:
    """The frames to remove of one marker, and the frames before which its leaps cut the take."""
    path = _divide(positions[:, marker].astype(np.float64), rate_hz, max_m_per_s)
    if len(path.starts) == 2:
        return [], []
    placed = _at_its_place(positions, marker, path.frames)
    misplaced = [placed[start:stop].mean() < MAX_PLACED for start, stop in pairwise(path.starts)]
    step_m = max_m_per_s / rate_hz
    kept = _cheapest(path, misplaced, step_m, longest)
    dropped = [number for number in range(len(misplaced)) if number not in set(kept)]
    frames = [
        int(path.frames[index])
        for number in dropped
        for index in range(path.starts[number], path.starts[number + 1])
    ]
    cuts = [
        int(path.frames[path.starts[after]])
        for before, after in pairwise(kept)
        if _link_cost(path, before, after, step_m, longest) > 1
    ]
    return frames, cuts


def _divide(path: Floats, rate_hz: float, max_m_per_s: float) -> _Path:
    """Divide a marker's path `[T, C]` at its leaps.

    A leap is a step faster than twice the maximum, or one that starts or ends abruptly: there the velocity
    changes by more than the maximum from one frame to the next. Of the second kind, a step slower than the
    maximum is possible alone.
    """
    frames = np.flatnonzero(np.isfinite(path).all(axis=1))
    positions = path[frames]
    step = np.diff(positions, axis=0)
    velocity = step * (rate_hz / np.diff(frames)[:, None])
    change = np.linalg.norm(np.diff(velocity, axis=0), axis=1)
    alone = [np.inf] if len(step) == 1 else [0.0]
    abrupt = np.maximum(np.concatenate([alone, change]), np.concatenate([change, alone]))
    speed = np.linalg.norm(velocity, axis=1)
    long = np.linalg.norm(step, axis=1) > MIN_LEAP_M
    sudden = (speed > max_m_per_s / 2) & (abrupt > max_m_per_s)
    leaps = np.flatnonzero(long & (sudden | (speed > 2 * max_m_per_s)))
    starts = [0, *(int(leap) + 1 for leap in leaps), len(frames)]
    return _Path(positions, frames, starts, [False, *(speed[leaps] > max_m_per_s).tolist()])


def _cheapest(path: _Path, misplaced: Sequence[bool], step_m: float, longest: int) -> list[int]:
    """The segments to keep, at the least cost: the shortest path over segments."""
    starts = path.starts
    count, total = len(starts) - 1, starts[-1]
    cost = np.zeros(count)
    previous = [-1] * count
    for after in range(count):
        cost[after] = starts[after]  # all before are dropped
        for before in range(max(0, after - _LOOK_BACK), after):
            link = _link_cost(path, before, after, step_m, longest)
            dropped = starts[after] - starts[before + 1]
            if cost[before] + dropped + link < cost[after]:
                cost[after], previous[after] = cost[before] + dropped + link, before
        cost[after] += 2 * (starts[after + 1] - starts[after]) * misplaced[after]
    last = min(range(count), key=lambda number: cost[number] + total - starts[number + 1])
    kept = [last]
    while previous[kept[0]] >= 0:
        kept.insert(0, previous[kept[0]])
    return kept


def _link_cost(path: _Path, before: int, after: int, step_m: float, longest: int) -> float:
    """The cost of keeping two segments with none between."""
    last, first = path.starts[before + 1] - 1, path.starts[after]
    frames = int(path.frames[first] - path.frames[last])
    if frames > longest + 1:  # a long gap cuts the take anyway
        return 0.0
    distance = float(np.linalg.norm(path.positions[first] - path.positions[last]))
    if distance > max(step_m * frames, MIN_LEAP_M):
        return longest + 1.5
    return _SOFT_COST if after == before + 1 and not path.hard[after] else 0.0


def _at_its_place(positions: Floats, marker: int, frames: NDArray[np.int64]) -> Mask:
    """Whether a marker is at its usual distances from its nearest markers.

    Args:
        positions: of all markers, `[T, J, C]`.
        marker: the marker.
        frames: its visible frames.

    Returns:
        One value for each of these frames `[n]`; all true if most of the take does not show its place.
    """
    unknown = np.ones(len(frames), dtype=np.bool_)
    if positions.shape[1] < MIN_MARKERS:
        return unknown
    seen = positions[frames].astype(np.float64)
    distance = np.linalg.norm(np.delete(seen, marker, axis=1) - seen[:, marker, None], axis=2)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # a marker that is never seen together with it
        usual = np.nanmedian(distance, axis=0)
        nearest = np.argsort(usual)[:NEIGHBOURS]  # NaN last
        off = np.nanmedian(np.abs(distance[:, nearest] - usual[nearest]), axis=1)
    placed: Mask = ~(off > MISPLACED_M)
    return placed if placed.mean() >= MIN_PLACED else unknown
