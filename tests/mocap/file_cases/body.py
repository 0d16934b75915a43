"""The dancer of the cases: 17 joints that move, so that exchanged or shifted columns are detected."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Body = Mapping[str, Floats]  # name -> positions [T, C], metres, z up; NaN for gaps

FRAMES, RATE_HZ = 300, 100.0
_STANDING: dict[str, tuple[float, float, float]] = {
    "Head": (0.0, 0.0, 1.70),
    "Neck": (0.0, 0.0, 1.45),
    "LShoulder": (0.0, 0.18, 1.42),
    "LElbow": (0.0, 0.28, 1.16),
    "LWrist": (0.08, 0.32, 0.92),
    "RShoulder": (0.0, -0.18, 1.42),
    "RElbow": (0.0, -0.28, 1.16),
    "RWrist": (0.08, -0.32, 0.92),
    "Pelvis": (0.0, 0.0, 0.95),
    "LHip": (0.0, 0.10, 0.92),
    "LKnee": (0.03, 0.11, 0.50),
    "LAnkle": (0.0, 0.12, 0.09),
    "LToe": (0.16, 0.13, 0.03),
    "RHip": (0.0, -0.10, 0.92),
    "RKnee": (0.03, -0.11, 0.50),
    "RAnkle": (0.0, -0.12, 0.09),
    "RToe": (0.16, -0.13, 0.03),
}
NAMES = tuple(_STANDING)


def dancer(frames: int = FRAMES, rate_hz: float = RATE_HZ, seed: int = 0) -> dict[str, Floats]:
    """A body that sways, travels in a circle and swings its arms; every joint moves in its own way."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(frames)[:, None] / rate_hz
    turn = 0.5 * np.concatenate([np.cos(time_s), np.sin(time_s), np.zeros_like(time_s)], axis=1)
    body = {}
    for name, place in _STANDING.items():
        reach = 0.08 if "Wrist" in name else 0.03 if "Elbow" in name else 0.01
        phase, speed = rng.uniform(0, 6, 3), rng.uniform(3, 6, 3)
        own = reach * np.sin(speed * time_s + phase)
        body[name] = np.round(np.array(place) + turn + own + (seed, 0.0, 0.0), 4)
    return body


def y_up(positions: Floats) -> Floats:
    """Positions `[..., C]` of a file whose y axis points up."""
    return np.stack([positions[..., 0], positions[..., 2], -positions[..., 1]], axis=-1)


def with_gap(body: Body, name: str, start: int, stop: int) -> dict[str, Floats]:
    """The body with one joint missing in some frames."""
    changed = {each: positions.copy() for each, positions in body.items()}
    changed[name][start:stop] = np.nan
    return changed


def renamed(body: Body, prefix: str) -> dict[str, Floats]:
    """The body with a prefix before every name."""
    return {prefix + name: positions for name, positions in body.items()}


def array(body: Body) -> Floats:
    """The body as one array `[T, J, C]`."""
    return np.stack(list(body.values()), axis=1)
