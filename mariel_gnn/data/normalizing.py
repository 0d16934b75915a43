"""From metres to what a model hears, and back.

A `Normalizer` is an `nn.Module` without parameters: its statistics are buffers, so they travel with
the model's weights, and a checkpoint alone is enough to use a model.

    node = [a_p * position + b_p,  a_v * velocity + b_v]          per axis, C = 3 each
    path = (horizontal mean of the markers - that of the window's first frame) / path_scale_m

Both normalisations are of this form and differ in what they fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FloatArray = NDArray[np.floating]

SEED_MIRROR = np.array([1.0, -1.0, 1.0])  # our unmirrored frame to the seed's
_SMALLEST_STD = 1e-3  # metres: what stands still is not blown up to noise


class Normalizer(nn.Module):
    """An affine map per axis for positions and for velocities, and a scale for the root's path.

    Args:
        position_scale: a_p `[C]`, per metre. A negative entry turns the axis round.
        position_offset: b_p `[C]`.
        velocity_scale: a_v `[C]`, per metre a second.
        velocity_offset: b_v `[C]`.
        path_scale_m: metres of travel that count as one.
        xy_centering: whether positions are taken relative to each frame's mean x and y.
    """

    position_scale: Tensor
    position_offset: Tensor
    velocity_scale: Tensor
    velocity_offset: Tensor
    path_scale_m: Tensor
    xy_centering: Tensor

    def __init__(
        self,
        position_scale: Sequence[float] | NDArray[np.float64] = (1.0, 1.0, 1.0),
        position_offset: Sequence[float] | NDArray[np.float64] = (0.0, 0.0, 0.0),
        velocity_scale: Sequence[float] | NDArray[np.float64] = (1.0, 1.0, 1.0),
        velocity_offset: Sequence[float] | NDArray[np.float64] = (0.0, 0.0, 0.0),
        path_scale_m: float = 1.0,
        xy_centering: bool = True,
    ) -> None:
        super().__init__()
        for name, values in (
            ("position_scale", position_scale),
            ("position_offset", position_offset),
            ("velocity_scale", velocity_scale),
            ("velocity_offset", velocity_offset),
            ("path_scale_m", path_scale_m),
        ):
            self.register_buffer(name, torch.as_tensor(values, dtype=torch.float32))
        self.register_buffer("xy_centering", torch.tensor(xy_centering))

    def extra_repr(self) -> str:
        """The statistics, for `print(model)`."""
        metres = [round(1 / abs(a), 4) for a in self.position_scale.tolist()]
        return f"metres_per_unit={metres}, xy_centering={bool(self.xy_centering)}"

    def positions_from_metres(self, positions: Tensor) -> Tensor:
        """Positions `[..., T, J, C]` in metres, centred or not as they are, to model units."""
        return positions * self.position_scale + self.position_offset

    def positions_to_metres(self, positions: Tensor) -> Tensor:
        """Model units `[..., T, J, C]` to metres; centred where the model hears them centred."""
        return (positions - self.position_offset) / self.position_scale

    def velocities_from_metres(self, velocities: Tensor) -> Tensor:
        """Velocities `[..., T, J, C]` in metres a second to model units."""
        return velocities * self.velocity_scale + self.velocity_offset

    def velocities_to_metres(self, velocities: Tensor) -> Tensor:
        """Velocities `[..., T, J, C]` in model units to metres a second."""
        return (velocities - self.velocity_offset) / self.velocity_scale


def fit_train_normalizer(
    recordings: Sequence[FloatArray], rate_hz: float, xy_centering: bool = True
) -> Normalizer:
    """The project's own normalisation: one scale for all axes, so turning and mirroring stay exact.

    Positions are divided by their standard deviation over all frames, markers and axes (z about its
    mean); velocities, taken after centring, by theirs. Horizontal offsets are zero: the mean of the
    markers is the origin, and every heading is alike.

    Args:
        recordings: `[T, J, C]` metres, z up: training recordings only.
        rate_hz: frames per second.
        xy_centering: take each frame's mean x and y away first.
    """
    values = steps = 0
    z_sum = position_squares = velocity_squares = 0.0
    for recording in recordings:
        positions = centred(recording)[0] if xy_centering else recording
        values, steps = values + positions.size, steps + positions[1:].size
        z_sum += float(positions[..., 2].sum(dtype=np.float64))
        position_squares += _sum_of_squares(positions)
        velocity_squares += _sum_of_squares(np.diff(positions, axis=0)) * rate_hz**2
    z_mean = 3 * z_sum / values
    position_std = max((position_squares / values - z_mean**2 / 3) ** 0.5, _SMALLEST_STD)
    velocity_std = max((velocity_squares / max(steps, 1)) ** 0.5, _SMALLEST_STD)
    return Normalizer(
        position_scale=[1 / position_std] * 3,
        position_offset=[0.0, 0.0, -z_mean / position_std],
        velocity_scale=[1 / velocity_std] * 3,
        path_scale_m=position_std,
        xy_centering=xy_centering,
    )


def fit_seed_normalizer(
    recordings: Sequence[FloatArray], rate_hz: float = 35.0, xy_centering: bool = True
) -> Normalizer:
    """The seed notebook's normalisation, quirks included (choreo-graph, `load_data`).

    All recordings are concatenated and seen in the seed's mirrored frame (it negates z alone, which
    is our y negated). The 1 % and 99 % quantiles per axis give `lo = min(x, y low)` and
    `hi = max(x, y high)`; all axes are scaled by `2 / (hi - lo)`, x and y shifted to start at -1;
    each frame's mean x and y is taken away; positions and velocities (differenced over the joins)
    are each min-max scaled to [-1, 1] over everything.

    Args:
        recordings: `[T, J, C]` metres, z up, not mirrored.
        rate_hz: frames per second; the seed has 35.
        xy_centering: take each frame's mean x and y away.
    """
    low, high = _seed_horizontal_range(recordings)
    unit = 2 / (high - low)
    scale = unit * SEED_MIRROR
    shift = np.zeros(3) if xy_centering else np.array([-low * unit - 1, -low * unit - 1, 0.0])
    seen = [centred(recording)[0] if xy_centering else recording for recording in recordings]
    position_low, position_high = _extremes(seen, scale, shift)
    velocity_low, velocity_high = _extremes(velocities_over_joins(recordings, rate_hz), scale, 0.0)
    a, b = 2 / (position_high - position_low), 2 / (velocity_high - velocity_low)
    return Normalizer(
        position_scale=a * scale,
        position_offset=a * (shift - position_low) - 1,
        velocity_scale=b * scale,
        velocity_offset=np.full(3, -b * velocity_low - 1),
        xy_centering=xy_centering,
    )


def velocities(positions: FloatArray, rate_hz: float) -> FloatArray:
    """Backward differences `[T, J, C]` in metres a second; the first frame has the second's."""
    differences = np.diff(positions, axis=0) * np.float32(rate_hz)
    return np.concatenate([differences[:1], differences])


def velocities_over_joins(recordings: Sequence[FloatArray], rate_hz: float) -> list[FloatArray]:
    """The seed's velocities: backward differences of the concatenation, its first row zero."""
    found, before = [], recordings[0][:1]
    for recording in recordings:
        found.append(np.diff(recording, axis=0, prepend=before) * np.float32(rate_hz))
        before = recording[-1:]
    return found


def centred(positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Positions `[T, J, C]` without each frame's mean x and y, and that path `[T, 2]`, metres."""
    path = positions[..., :2].mean(axis=1)
    without = positions.copy()
    without[..., :2] -= path[:, None]
    return without, path


def _sum_of_squares(array: FloatArray) -> float:
    return float(np.square(array).sum(dtype=np.float64))


def _seed_horizontal_range(recordings: Sequence[FloatArray]) -> tuple[float, float]:
    """`lo` and `hi` of the seed: 1 % and 99 % quantiles of x and of its mirrored y, the widest."""
    ends = []
    for axis in (0, 1):
        values = np.concatenate([recording[..., axis].ravel() for recording in recordings])
        ends.append(np.quantile(values * SEED_MIRROR[axis], [0.01, 0.99], overwrite_input=True))
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def _extremes(
    arrays: Sequence[FloatArray], scale: NDArray[np.float64], shift: NDArray[np.float64] | float
) -> tuple[float, float]:
    """The least and greatest value over everything, after `scale` and `shift` per axis."""
    ends = [array.reshape(-1, 3) for array in arrays]
    corners = np.array([[array.min(axis=0), array.max(axis=0)] for array in ends]) * scale + shift
    return float(corners.min()), float(corners.max())
