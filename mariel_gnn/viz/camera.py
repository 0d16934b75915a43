"""The camera: from metres in the room to pixels on the screen.

The view is orthographic: a metre is as many pixels long near the viewer as far away, so bodies
can be compared by eye wherever they dance. Depth is shown by overlap, shade and the floor grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# What a lost marker or an exploded prediction may not do: shrink everybody else to a dot.
REACH_M = 2.0
ROOM_M = 15.0
# Pixels are clamped to this, far outside any picture, so that no drawing library overflows.
FAR_PX = 1e5


@dataclass(frozen=True)
class Camera:
    """A fixed orthographic view of the room.

    Attributes:
        azimuth_rad: where the viewer stands, counted from +x towards +y seen from above.
        elevation_rad: how far above the horizon the viewer stands, 0 (level) to pi/2.
        pixels_per_m: the scale, the same on every axis.
        target_px: pixel `(x, y)` at which the point that is looked at appears.
    """

    azimuth_rad: float
    elevation_rad: float
    pixels_per_m: float = 1.0
    target_px: tuple[float, float] = (0.0, 0.0)

    def axes(self) -> Floats:
        """Return the rows right, up and towards the viewer, right-handed unit vectors `[3, C]`."""
        sin_a, cos_a = np.sin(self.azimuth_rad), np.cos(self.azimuth_rad)
        sin_e, cos_e = np.sin(self.elevation_rad), np.cos(self.elevation_rad)
        right = [-sin_a, cos_a, 0.0]
        up = [-cos_a * sin_e, -sin_a * sin_e, cos_e]
        viewer = [cos_a * cos_e, sin_a * cos_e, sin_e]
        return np.array([right, up, viewer])


def project(positions: Floats, camera: Camera, look_at: Floats) -> tuple[Floats, Floats]:
    """Return where `positions` `[..., C]` (metres) appear: pixels `[..., 2]` and nearness `[...]`.

    Pixel x grows to the viewer's right and pixel y downwards, as in every picture file; nearness
    grows towards the viewer, in metres. `look_at` `[C]` is the point shown at the camera's target.
    NaN stays NaN; what is unbounded ends far outside the picture.
    """
    seen = (positions - look_at) @ camera.axes().T
    offset = seen[..., :2] * camera.pixels_per_m * [1.0, -1.0]
    pixels = np.clip(offset + camera.target_px, -FAR_PX, FAR_PX)
    return pixels, np.clip(seen[..., 2], -FAR_PX, FAR_PX)


def facing_azimuth(positions: Floats, side: Sequence[str]) -> float:
    """Return the azimuth in radians towards which a body `[T, J, C]` faces on average.

    Forward is the horizontal direction with the left markers on the left and the right ones on
    the right. A body without sides, or one that turns evenly all the way round, counts as 0.
    """
    sides = np.asarray(side)
    left, right = positions[:, sides == "left"], positions[:, sides == "right"]
    if left.size == 0 or right.size == 0:
        return 0.0
    leftwards = _mean(left)[:, :2] - _mean(right)[:, :2]
    leftwards = leftwards[np.isfinite(leftwards).all(axis=1)]
    length = np.linalg.norm(leftwards, axis=1, keepdims=True)
    mean = np.sum(leftwards / np.maximum(length, 1e-9), axis=0)
    return float(np.arctan2(-mean[0], mean[1])) if np.linalg.norm(mean) > 1e-6 else 0.0


def steady_points(positions: Floats) -> Floats:
    """Return the points `[N, C]` of a body `[T, J, C]` that a camera should keep in view.

    Left out: what is not finite, markers more than `REACH_M` from the middle of their own body,
    and moments at which the whole body is more than `ROOM_M` from where it usually is.
    """
    middle = _median(positions)
    home = _median(middle[None])[0]
    at_home = np.less(np.abs(middle - home).max(axis=-1), ROOM_M)
    in_reach = np.abs(positions - middle[:, None]).max(axis=-1) < REACH_M
    points: Floats = positions[np.logical_and(in_reach, at_home[:, None])]
    return points


def fit(
    panels: Sequence[Floats], azimuth_rad: float, elevation_rad: float
) -> tuple[Floats, Floats]:
    """Return where each panel's camera looks `[P, C]` and the room it needs `[2, 2]`, in metres.

    Each of the P panels brings its points `[N, C]` and is looked at in the middle of its own
    floor space, at height 0, so floors line up. The room is `[[left, top], [right, bottom]]`
    around that point on the screen (y downwards) and holds every panel at one scale.
    """
    camera = Camera(azimuth_rad, elevation_rad)
    look_at = np.stack([_floor_middle(points, azimuth_rad) for points in panels])
    seen = [project(p, camera, at)[0] for p, at in zip(panels, look_at, strict=True)]
    every = np.concatenate([*seen, [[-0.5, -1.0], [0.5, 0.0]]])
    return look_at, np.stack([every.min(axis=0), every.max(axis=0)])


def _floor_middle(points: Floats, azimuth_rad: float) -> Floats:
    """Return the point on the floor `[C]` in the middle of `points` `[N, C]` as the viewer sees."""
    if len(points) == 0:
        return np.zeros(3)
    axes = Camera(azimuth_rad, 0.0).axes()
    seen = points @ axes.T
    middle = (seen.min(axis=0) + seen.max(axis=0)) / 2
    across: Floats = middle[[0, 2]] @ axes[[0, 2]]
    return across


def _mean(positions: Floats) -> Floats:
    """Return the mean `[T, C]` of each frame's finite markers; NaN where there are none."""
    known = np.isfinite(positions)
    counted = known.sum(axis=1)
    mean = np.where(known, positions, 0.0).sum(axis=1) / np.maximum(counted, 1)
    return np.where(counted > 0, mean, np.nan)


def _median(positions: Floats) -> Floats:
    """Return the median point `[T, C]` of each frame's finite markers; NaN where there are none."""
    known = np.where(np.isfinite(positions), positions, np.nan)
    counted = np.sum(np.isfinite(known), axis=1, keepdims=True)
    # A stand-in for frames without any marker, which `nanmedian` would warn about.
    median = np.nanmedian(np.where(counted > 0, known, 0.0), axis=1)
    return np.where(counted[:, 0] > 0, median, np.nan)
