"""From metres to the input of a model, and back.

A `Normalizer` is an `nn.Module` without parameters. Its statistics are buffers, so a checkpoint holds
them, and a checkpoint alone is enough to use a model.

    node = [a_p * position + b_p,  a_v * velocity + b_v]          per axis, C = 3 each
    path = (horizontal mean of the markers - the same of the window's first frame) / path_scale_m

Both normalizations have this form; they differ in the statistics.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mariel_gnn.mocap.recording import frame_blocks

FloatArray = NDArray[np.floating]
_SMALLEST_STD = 1e-3  # metres: a still body must not be scaled up to noise


class Normalizer(nn.Module):
    """An affine map per axis for positions and for velocities, and a scale for the root's path.

    Args:
        position_scale: a_p `[C]`, per metre. A negative entry reverses the axis.
        position_offset: b_p `[C]`.
        velocity_scale: a_v `[C]`, per metre a second.
        velocity_offset: b_v `[C]`.
        path_scale_m: metres of travel in one normalized unit.
        xy_centering: whether positions are relative to each frame's mean x and y.
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

    @property
    def node_map(self) -> Tensor:
        """Scale and offset `[2, 6]` of a node's six numbers: position, then velocity."""
        scale = torch.cat([self.position_scale, self.velocity_scale])
        return torch.stack([scale, torch.cat([self.position_offset, self.velocity_offset])])

    def positions_from_metres(self, positions: Tensor) -> Tensor:
        """Positions `[..., T, J, C]` in metres to model units."""
        return positions * self.position_scale + self.position_offset

    def positions_to_metres(self, positions: Tensor) -> Tensor:
        """Model units `[..., T, J, C]` to metres; centred positions stay centred."""
        return (positions - self.position_offset) / self.position_scale

    def velocities_from_metres(self, velocities: Tensor) -> Tensor:
        """Velocities `[..., T, J, C]` in metres a second to model units."""
        return velocities * self.velocity_scale + self.velocity_offset

    def nodes_from_metres(self, positions: Tensor, rate_hz: float) -> Tensor:
        """Nodes `[B, T, ..., 6]` of windows in metres: positions, then velocities, in model units.

        Velocities are differences within the window; the first frame repeats that of the second.

        Args:
            positions: `[B, T, ..., C]`, centred as the model's are.
            rate_hz: frames per second.
        """
        steps = positions.diff(dim=1) * rate_hz
        velocities = self.velocities_from_metres(torch.cat([steps[:, :1], steps], dim=1))
        return torch.cat([self.positions_from_metres(positions), velocities], dim=-1)

    def velocities_to_metres(self, velocities: Tensor) -> Tensor:
        """Velocities `[..., T, J, C]` in model units to metres a second."""
        return (velocities - self.velocity_offset) / self.velocity_scale


def fit_train_normalizer(
    recordings: Sequence[FloatArray], rate_hz: float, xy_centering: bool = True
) -> Normalizer:
    """The project's own normalization: one scale for all axes, so rotation and mirroring stay exact.

    Positions are divided by their standard deviation over all frames, markers and axes (z about its
    mean); velocities of centred positions by theirs. Horizontal offsets are zero: the mean of the
    markers is the origin, so all headings are equivalent.

    Args:
        recordings: `[T, J, C]` metres, z up: training recordings only.
        rate_hz: frames per second.
        xy_centering: subtract each frame's mean x and y first.
    """
    values = steps = 0
    z_sum = position_squares = velocity_squares = 0.0
    for recording in recordings:
        values, steps = values + recording.size, steps + recording[1:].size
        for rows in frame_blocks(len(recording)):
            block = recording[rows.start : rows.stop + 1]  # with the next frame, for velocities
            positions = center_horizontally(block)[0] if xy_centering else block
            velocity_squares += _sum_of_squares(np.diff(positions, axis=0)) * rate_hz**2
            own = positions[: rows.stop - rows.start]
            z_sum += float(own[..., 2].sum(dtype=np.float64))
            position_squares += _sum_of_squares(own)
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


def velocities(positions: FloatArray, rate_hz: float) -> FloatArray:
    """Backward differences `[T, J, C]` in metres a second; the first frame repeats the second's."""
    differences = np.diff(positions, axis=0) * np.float32(rate_hz)
    return np.concatenate([differences[:1], differences])


def center_horizontally(positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Positions `[T, J, C]` minus each frame's mean x and y, and this mean as path `[T, 2]`, metres."""
    markers_first = np.ascontiguousarray(positions[..., :2].swapaxes(0, 1))
    path = markers_first.mean(axis=0)  # several times as fast as over the second axis
    moved = np.zeros((len(path), 1, 3), positions.dtype)  # one pass over all three coordinates
    moved[:, 0, :2] = path
    return positions - moved, path


def _sum_of_squares(array: FloatArray) -> float:
    return float(np.square(array).sum(dtype=np.float64))
