"""Small vector geometry over frames: vectors `[T, C]`, rotations `[T, C, C]`.

Everywhere x is forward, y is left and z is up (right-handed); a rotation's columns are the
axes of the turned frame.
"""

import numpy as np

from mariel_gnn.data.made_up.curves import FloatArray


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors `[..., C]` of length one with the directions given."""
    result: FloatArray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return result


def stack(x: FloatArray | float, y: FloatArray | float, z: FloatArray | float) -> FloatArray:
    """Vectors `[T, C]` from their coordinates, numbers or `[T]`."""
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1).astype(np.float64)


def about(axis: int, angle_deg: FloatArray) -> FloatArray:
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
    """Rotation `[T, C, C]` whose z is along `up` and whose x is as near the hint as can be."""
    z = unit(up)
    y = unit(np.cross(z, forward_hint))
    return np.stack([np.cross(y, z), y, z], axis=-1)


def turn(rotation: FloatArray, vector: FloatArray | tuple[float, float, float]) -> FloatArray:
    """Vectors `[T, C]` of one fixed `[C]` or changing `[T, C]` vector in turned frames."""
    turned: FloatArray = np.einsum(
        "tij,tj->ti", rotation, np.broadcast_to(vector, rotation.shape[:2])
    )
    return turned


def direction(elevation_deg: FloatArray, azimuth_deg: FloatArray, side: int) -> FloatArray:
    """Unit vectors `[T, C]` of a limb that hangs at elevation 0 and is level at 90.

    Azimuth 0 is to the front, 90 to the limb's own side, 180 to the back; a negative elevation
    swings through the hanging line to the other side. `side` is +1 for left and -1 for right.
    """
    elevation, azimuth = np.deg2rad(elevation_deg), np.deg2rad(azimuth_deg)
    level = np.sin(elevation)
    return stack(level * np.cos(azimuth), side * level * np.sin(azimuth), -np.cos(elevation))


def spin(vector: FloatArray, axis: FloatArray, angle_deg: FloatArray) -> FloatArray:
    """Turn vectors `[T, C]` about unit axes at right angles to them by degrees `[T]`."""
    angle = np.deg2rad(angle_deg)[:, None]
    result: FloatArray = vector * np.cos(angle) + np.cross(axis, vector) * np.sin(angle)
    return result


def soft_minimum(first: FloatArray, second: FloatArray, width: float) -> FloatArray:
    """Smooth lower envelope of two curves; `width` is the scale over which it rounds the corner."""
    result: FloatArray = -width * np.logaddexp(-first / width, -second / width)
    return result
