"""The camera: from metres in the room to pixels on the screen.

The projection is orthographic: a metre has the same number of pixels near and far, so bodies can be
compared by eye. Overlap, shade and the floor grid show depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Outliers do not count for the view: a lost marker or a diverged prediction would shrink all bodies.
REACH_M = 2.0  # of a marker from the middle of its body
ROOM_M = 15.0  # of a body from its median position
FLOOR_M = 5.0  # of a body's lowest point from height 0; beyond, the picture would be mostly air
FAR_PX = 1e5  # pixels are clamped to it, because drawing libraries overflow


@dataclass(frozen=True)
class Camera:
    """A fixed orthographic view of the room.

    Attributes:
        azimuth_rad: direction of the viewer, from +x towards +y.
        elevation_rad: elevation of the viewer above the horizon, 0 to pi/2.
        pixels_per_m: the scale, the same on every axis.
        target_px: pixel `(x, y)` of the target point.
    """

    azimuth_rad: float
    elevation_rad: float
    pixels_per_m: float = 1.0
    target_px: tuple[float, float] = (0.0, 0.0)

    def axes(self) -> Floats:
        """Return right-handed unit vectors `[3, C]`: right, up and towards the viewer."""
        sin_a, cos_a = np.sin(self.azimuth_rad), np.cos(self.azimuth_rad)
        sin_e, cos_e = np.sin(self.elevation_rad), np.cos(self.elevation_rad)
        right = [-sin_a, cos_a, 0.0]
        up = [-cos_a * sin_e, -sin_a * sin_e, cos_e]
        viewer = [cos_a * cos_e, sin_a * cos_e, sin_e]
        return np.array([right, up, viewer])


def project(positions: Floats, camera: Camera, target: Floats) -> tuple[Floats, Floats]:
    """Project `positions` `[..., C]` (metres) to pixels `[..., 2]` and nearness `[...]`.

    Pixel x grows to the right and pixel y downwards; nearness grows towards the viewer, in metres.
    The point `target` `[C]` is projected to `camera.target_px`. NaN stays NaN; infinite coordinates
    are clamped far outside the picture.
    """
    view = (positions - target) @ camera.axes().T
    offset = view[..., :2] * camera.pixels_per_m * [1.0, -1.0]
    pixels = np.clip(offset + camera.target_px, -FAR_PX, FAR_PX)
    return pixels, np.clip(view[..., 2], -FAR_PX, FAR_PX)


def facing_azimuth(positions: Floats, side: Sequence[str]) -> float:
    """Return the mean facing direction of a body `[T, J, C]` as an azimuth in radians.

    Forward is the horizontal direction with the left markers on the left and the right markers on
    the right. The result is 0 for a body without sides and for one that turns uniformly.
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
    """Return the points `[N, C]` of a body `[T, J, C]` without outliers, for the camera's view.

    Outliers are markers that are not finite or more than `REACH_M` from the middle of their body,
    and frames in which the body is more than `ROOM_M` from its median position.
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
    """Return each panel's target point `[P, C]` and the bounds `[2, 2]` that contain all panels.

    A panel's target is the middle of its floor area, so the floors of all panels are at one height of the
    picture. The floor is at height 0, or below a body that is more than `FLOOR_M` away from it. The bounds
    are `[[left, top], [right, bottom]]` in metres around the target on the screen, y downwards.

    Args:
        panels: points `[N, C]` of each of P panels, metres.
        azimuth_rad: direction of the viewer.
        elevation_rad: elevation of the viewer.
    """
    camera = Camera(azimuth_rad, elevation_rad)
    targets = np.stack([_floor_middle(points, azimuth_rad) for points in panels])
    pixels = [project(p, camera, at)[0] for p, at in zip(panels, targets, strict=True)]
    every = np.concatenate([*pixels, [[-0.5, -1.0], [0.5, 0.0]]])  # at least a square metre
    return targets, np.stack([every.min(axis=0), every.max(axis=0)])


def _floor_middle(points: Floats, azimuth_rad: float) -> Floats:
    """Return the floor point `[C]` in the middle of `points` `[N, C]`, along the camera's axes."""
    if len(points) == 0:
        return np.zeros(3)
    axes = Camera(azimuth_rad, 0.0).axes()
    view = points @ axes.T
    middle = (view.min(axis=0) + view.max(axis=0)) / 2
    on_floor: Floats = middle[[0, 2]] @ axes[[0, 2]]
    lowest = points[:, 2].min()
    on_floor[2] = lowest if abs(lowest) > FLOOR_M else 0.0
    return on_floor


def _mean(positions: Floats) -> Floats:
    """Return the mean `[T, C]` of the finite markers of each frame; NaN if there are none."""
    finite = np.isfinite(positions)
    count = finite.sum(axis=1)
    mean = np.where(finite, positions, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan)


def _median(positions: Floats) -> Floats:
    """Return the median `[T, C]` of the finite markers of each frame; NaN if there are none."""
    finite = np.where(np.isfinite(positions), positions, np.nan)
    count = np.sum(np.isfinite(finite), axis=1, keepdims=True)
    # `nanmedian` warns about frames without a marker; they get zeros here and NaN below.
    median = np.nanmedian(np.where(count > 0, finite, 0.0), axis=1)
    return np.where(count[:, 0] > 0, median, np.nan)
