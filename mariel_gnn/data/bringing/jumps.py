"""Jumps that no body makes: a marker that leaps away and back, and a whole body that leaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.cleaning import speed_m_per_s
from mariel_gnn.data.files.marker_file import Floats

BODY_M_PER_S = 8.0  # half of all markers at once are faster: the take was cut, or tracking lost


def leaps(
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
