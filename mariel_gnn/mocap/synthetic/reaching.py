"""Reaching: arm angles that put a hand at a given place, by Gauss-Newton steps for all frames at once."""

from collections.abc import Callable

import numpy as np

from mariel_gnn.mocap.synthetic.body import Body
from mariel_gnn.mocap.synthetic.curves import FloatArray, rotate
from mariel_gnn.mocap.synthetic.kinematics import Bones, Curves, arm_bones, pelvis_bone, torso_bones

_PALM = (0.0, 0.0, -0.085)  # in the frame of the hand
_CHANNELS = ("arm_elevation_deg", "arm_azimuth_deg", "elbow_deg", "arm_twist_deg")
_START_DEG = (45.0, 30.0, 70.0, 0.0)
_RANGE_DEG = ((-10.0, -60.0, 3.0, -60.0), (150.0, 120.0, 145.0, 60.0))
_ROUNDS, _STEPS, _STEP_DEG, _DAMPING_M2 = 3, 12, 0.5, 1e-6
# Of the squared angle from the wanted position, in the sum with the squared distance: 30 degrees count as
# 9 mm. Without it the arm would jump where several positions, or none, reach the target.
_WEIGHT_M2 = 1e-7
_SMOOTH_S = 0.5  # duration over which the wanted arm position changes
_REACH_M = (0.3, 0.53)  # of the palm from the shoulder, of the reference body


def reach_curves(
    curves: Curves, body: Body, side: str, target: FloatArray, rate_hz: float
) -> dict[str, FloatArray]:
    """Curves in which one arm reaches for a target; all other channels stay.

    The angles stay near a wanted arm position: first a constant one, then the smoothed angles of the round
    before. So a smooth target gives a smooth arm. A target too far from the shoulder, or too near for the
    elbow, is approached.

    Args:
        curves: all channels of a `Choreography` at T frames.
        body: segment lengths.
        side: ``"L"`` or ``"R"``.
        target: the place of the palm `[T, C]` in metres.
        rate_hz: frames per second.
    """
    chest = torso_bones(curves, body, pelvis_bone(curves, body))["chest"]

    def palm(angles_deg: FloatArray) -> FloatArray:
        return _palm(arm_bones(_with_arm(curves, side, angles_deg), body, chest, side), body, side)

    angles_deg = np.tile(_START_DEG, (len(target), 1))
    start = arm_bones(_with_arm(curves, side, angles_deg), body, chest, side)
    shoulder, _ = start[side + "shoulder"]
    away = target - shoulder
    distance_m = np.linalg.norm(away, axis=1, keepdims=True)
    target = shoulder + away * np.clip(distance_m, *body.scale * np.array(_REACH_M)) / distance_m
    for _ in range(_ROUNDS):
        angles_deg = _solve(palm, target, wanted_deg=angles_deg)
        angles_deg = _smoothed(angles_deg, round(_SMOOTH_S * rate_hz))
    angles_deg = _solve(palm, target, wanted_deg=angles_deg)
    return _with_arm(curves, side, angles_deg)


def _solve(
    palm: Callable[[FloatArray], FloatArray], target: FloatArray, wanted_deg: FloatArray
) -> FloatArray:
    """The angles `[T, A]` near the wanted ones at which the palm is at the target `[T, C]`."""
    angles_deg = wanted_deg
    axes = np.eye(len(_CHANNELS))
    for _ in range(_STEPS):
        here = palm(angles_deg)
        slopes = [palm(angles_deg + _STEP_DEG * axis) - here for axis in axes]
        slope = np.stack(slopes, axis=-1) / _STEP_DEG  # metres a degree
        transposed = slope.transpose(0, 2, 1)
        normal = transposed @ slope + (_WEIGHT_M2 + _DAMPING_M2) * axes
        pull = (transposed @ (target - here)[..., None])[..., 0]
        pull -= _WEIGHT_M2 * (angles_deg - wanted_deg)
        step_deg = np.linalg.solve(normal, pull[..., None])[..., 0]
        angles_deg = np.clip(angles_deg + np.clip(step_deg, -20, 20), *_RANGE_DEG)
    return angles_deg


def _smoothed(angles_deg: FloatArray, frames: int) -> FloatArray:
    """Angles `[T, A]` averaged over about `frames` frames."""
    weights = np.hanning(2 * frames + 1)
    padded = np.pad(angles_deg, ((frames, frames), (0, 0)), mode="edge")
    return np.stack(
        [np.convolve(column, weights / weights.sum(), "valid") for column in padded.T], axis=1
    )


def palm_position(curves: Curves, body: Body, side: str) -> FloatArray:
    """The place of a palm `[T, C]` in metres."""
    chest = torso_bones(curves, body, pelvis_bone(curves, body))["chest"]
    return _palm(arm_bones(curves, body, chest, side), body, side)


def _palm(bones: Bones, body: Body, side: str) -> FloatArray:
    joint, rotation = bones[side + "hand"]
    return joint + rotate(rotation, body.offset(_PALM))


def _with_arm(curves: Curves, side: str, angles_deg: FloatArray) -> dict[str, FloatArray]:
    names = [side + channel for channel in _CHANNELS]
    return {**curves, **dict(zip(names, angles_deg.T, strict=True))}
