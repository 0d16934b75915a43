"""Keyframe curves, smooth noise and rotations for the synthetic dancer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass
class Track:
    """One quantity over time: keyframes joined by minimum-jerk quintics.

    A quintic is the curve of minimum jerk for given ends (Flash and Hogan, J. Neurosci. 5, 1985). It
    represents a ballistic arc exactly: keyframes with acceleration -g give a parabola.

    Attributes:
        rest_value: value of a track without keyframes.
        flowing: a flowing track has a velocity at keyframes where its direction does not change; any
            other track is at rest at each keyframe (feet on the floor).
    """

    rest_value: float
    flowing: bool
    _keys: dict[float, tuple[float, float, float]] = field(default_factory=dict)

    def key(
        self,
        time_s: float,
        value: float,
        velocity_per_s: float = np.nan,
        acceleration_per_s2: float = 0.0,
    ) -> None:
        """Set a keyframe; for a NaN velocity the track chooses one that does not overshoot."""
        self._keys[round(time_s, 6)] = (value, velocity_per_s, acceleration_per_s2)

    def latest(self, time_s: float) -> float:
        """The value of the last keyframe at or before a time."""
        before = [time for time in self._keys if time <= time_s + 1e-6]
        return self._keys[max(before)][0] if before else self.rest_value

    def sample(self, times_s: FloatArray) -> FloatArray:
        """Values `[T]` at times `[T]` in seconds, constant outside the keyframes."""
        if len(self._keys) < 2:
            only = next(iter(self._keys.values()), (self.rest_value,))[0]
            return np.full(len(times_s), float(only))
        knots_s = np.array(sorted(self._keys))
        keys = np.array([self._keys[time] for time in sorted(self._keys)])
        value, velocity, acceleration = keys.T
        free = np.isnan(velocity)
        velocity[free] = self._free_velocities(knots_s, value)[free]
        return _quintic(knots_s, value, velocity, acceleration, times_s)

    def _free_velocities(self, knots_s: FloatArray, value: FloatArray) -> FloatArray:
        """Velocities `[K]`: harmonic mean of the slopes on both sides, zero at extrema: no overshoot."""
        velocity = np.zeros_like(value)
        if self.flowing:
            slope = np.diff(value) / np.diff(knots_s)
            product = np.maximum(slope[:-1] * slope[1:], 0.0)
            total = slope[:-1] + slope[1:]
            velocity[1:-1] = np.divide(2 * product, total, out=velocity[1:-1], where=product > 0)
        return velocity


def _quintic(
    knots_s: FloatArray,
    value: FloatArray,
    velocity: FloatArray,
    acceleration: FloatArray,
    times_s: FloatArray,
) -> FloatArray:
    """Evaluate quintic Hermite segments at `times_s`."""
    clipped = np.clip(times_s, knots_s[0], knots_s[-1])
    i = np.clip(np.searchsorted(knots_s, clipped, side="right") - 1, 0, len(knots_s) - 2)
    span = knots_s[i + 1] - knots_s[i]
    u = (clipped - knots_s[i]) / span
    rise = value[i + 1] - value[i]
    v0, v1 = velocity[i] * span, velocity[i + 1] * span
    a0, a1 = acceleration[i] * span**2, acceleration[i + 1] * span**2
    cubic = 10 * rise - 6 * v0 - 4 * v1 - 1.5 * a0 + 0.5 * a1
    quartic = -15 * rise + 8 * v0 + 7 * v1 + 1.5 * a0 - a1
    fifth = 6 * rise - 3 * (v0 + v1) - 0.5 * a0 + 0.5 * a1
    result: FloatArray = value[i] + u * (
        v0 + u * (a0 / 2 + u * (cubic + u * (quartic + u * fifth)))
    )
    return result


def smooth_noise(
    rng: np.random.Generator, shape: Sequence[int], cutoff_hz: float, rate_hz: float
) -> FloatArray:
    """White noise after a Gaussian low-pass filter, with unit variance.

    Args:
        rng: random generator.
        shape: `[T, ...]`, frames first.
        cutoff_hz: frequency at which the power is one half.
        rate_hz: frames per second.

    Returns:
        Array of `shape`; the series are independent, with expected variance one.
    """
    spectrum = np.fft.rfft(rng.standard_normal(tuple(shape)), axis=0)
    frequency_hz = np.fft.rfftfreq(shape[0], 1 / rate_hz)
    gain = np.exp(-0.5 * np.log(2) * (frequency_hz / cutoff_hz) ** 2)
    # Each interior frequency of a real transform represents two of the full transform.
    twice = np.where((frequency_hz == 0) | (2 * frequency_hz >= rate_hz), 1.0, 2.0)
    power = float(np.sum(twice * gain**2) / shape[0])
    shaped = spectrum * gain.reshape(-1, *[1] * (len(shape) - 1)) / np.sqrt(power)
    return np.fft.irfft(shaped, n=shape[0], axis=0)


def unit(vectors: FloatArray) -> FloatArray:
    """Unit vectors `[..., C]` with the directions of the given vectors."""
    result: FloatArray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return result


def stack(x: FloatArray | float, y: FloatArray | float, z: FloatArray | float) -> FloatArray:
    """Vectors `[T, C]` from coordinates, each a number or `[T]`."""
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1).astype(np.float64)


def rotation_about(axis: int, angle_deg: FloatArray) -> FloatArray:
    """Rotations `[T, C, C]` about coordinate axis 0 (x), 1 (y) or 2 (z) by degrees `[T]`."""
    angle = np.deg2rad(angle_deg)
    j, k = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.zeros((len(angle), 3, 3))
    rotation[:, axis, axis] = 1
    rotation[:, j, j] = rotation[:, k, k] = np.cos(angle)
    rotation[:, k, j] = np.sin(angle)
    rotation[:, j, k] = -rotation[:, k, j]
    return rotation


def frame(up: FloatArray, forward_hint: FloatArray) -> FloatArray:
    """Rotation `[T, C, C]` with z along `up` and x as near to the hint as possible."""
    z = unit(up)
    y = unit(np.cross(z, forward_hint))
    return np.stack([np.cross(y, z), y, z], axis=-1)


def rotate(rotation: FloatArray, vector: FloatArray | tuple[float, float, float]) -> FloatArray:
    """Vectors `[T, C]`: a constant `[C]` or varying `[T, C]` vector after rotations `[T, C, C]`."""
    rotated: FloatArray = np.einsum(
        "tij,tj->ti", rotation, np.broadcast_to(vector, rotation.shape[:2])
    )
    return rotated


def limb_direction(elevation_deg: FloatArray, azimuth_deg: FloatArray, side: int) -> FloatArray:
    """Unit vectors `[T, C]` of a limb: elevation 0 is hanging, 90 horizontal.

    Azimuth 0 is the front, 90 the limb's own side, 180 the back. A negative elevation is on the other
    side of the vertical.

    Args:
        elevation_deg: `[T]`.
        azimuth_deg: `[T]`.
        side: 1 for left, -1 for right.
    """
    elevation, azimuth = np.deg2rad(elevation_deg), np.deg2rad(azimuth_deg)
    horizontal = np.sin(elevation)
    return stack(
        horizontal * np.cos(azimuth), side * horizontal * np.sin(azimuth), -np.cos(elevation)
    )


def rotate_perpendicular(vector: FloatArray, axis: FloatArray, angle_deg: FloatArray) -> FloatArray:
    """Rotate vectors `[T, C]` about unit axes perpendicular to them by degrees `[T]`."""
    angle = np.deg2rad(angle_deg)[:, None]
    result: FloatArray = vector * np.cos(angle) + np.cross(axis, vector) * np.sin(angle)
    return result


def smooth_minimum(first: FloatArray, second: FloatArray, width: float) -> FloatArray:
    """Smooth minimum of two curves; `width` is the range of values over which it is rounded."""
    result: FloatArray = -width * np.logaddexp(-first / width, -second / width)
    return result
