"""What makes markers read as a person beside their lines: a head.

All of it is found by marker name and left out where a skeleton lacks the names; it is drawing
only and no model sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import radians

import numpy as np

from mariel_gnn.skeletons import Skeleton
from mariel_gnn.viz.camera import Floats

HEADBAND = ("LFHD", "RFHD", "LBHD", "RBHD")
# The four markers sit on a band that rises from the neck to the forehead (37 degrees, the
# median of a real dancer); the head's middle is below it, and the nose reaches out of the head.
BAND_RISE = radians(37)
HEAD_RADIUS_M, BELOW_BAND_M, NOSE_M = 0.11, 0.04, 0.15


@dataclass(frozen=True)
class Head:
    """A head's middle `[T, C]` and the tip of its nose `[T, C]`, in metres."""

    middle: Floats
    nose: Floats


def head_of(positions: Floats, skeleton: Skeleton) -> Head | None:
    """Return the head of a body `[T, J, C]`, or None where the skeleton lacks its four markers.

    The nose points where the headband does, back to front, less the band's rise. A head that
    misses a marker is NaN.
    """
    if not set(HEADBAND) <= set(skeleton.markers):
        return None
    band = positions[:, [skeleton.markers.index(name) for name in HEADBAND]]
    left_front, right_front, left_back, right_back = np.moveaxis(band, 1, 0)
    along = _unit(left_front + right_front - left_back - right_back)
    across = _unit(np.cross(along, left_front + left_back - right_front - right_back))
    ahead = np.cos(BAND_RISE) * along - np.sin(BAND_RISE) * across
    up = np.sin(BAND_RISE) * along + np.cos(BAND_RISE) * across
    middle = band.mean(axis=1) - BELOW_BAND_M * up
    return Head(middle, middle + NOSE_M * ahead)


def _unit(vectors: Floats) -> Floats:
    """Return `vectors` `[T, C]` at length 1; what has no length stays 0."""
    length: Floats = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-9)
