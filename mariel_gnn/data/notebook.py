"""The data handling of the original notebook, quirks included: windows, normalization, noise, split."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.data.normalizing import FloatArray, Normalizer, center_horizontally
from mariel_gnn.data.windows import WindowBatch, Windows
from mariel_gnn.errors import UserError

NOTEBOOK_MIRROR = np.array([1.0, -1.0, 1.0])  # from our unmirrored axes to the notebook's


def fit_notebook_normalizer(
    recordings: Sequence[FloatArray], rate_hz: float = 35.0, xy_centering: bool = True
) -> Normalizer:
    """The normalization of the original notebook, quirks included (choreo-graph, `load_data`).

    The notebook concatenates all recordings and mirrors them (it negates z alone, which negates our
    y). The 1 % and 99 % quantiles per axis give `lo = min(x, y low)` and `hi = max(x, y high)`. All
    axes are scaled by `2 / (hi - lo)`; x and y are shifted to start at -1. Each frame's mean x and y
    is subtracted. Positions and velocities (differences across the joins of recordings) are each
    min-max scaled to [-1, 1] over all values.

    Args:
        recordings: `[T, J, C]` metres, z up, not mirrored.
        rate_hz: frames per second; 35 in the notebook.
        xy_centering: subtract each frame's mean x and y.
    """
    low, high = _horizontal_range(recordings)
    unit = 2 / (high - low)
    scale = unit * NOTEBOOK_MIRROR
    shift = np.zeros(3) if xy_centering else np.array([-low * unit - 1, -low * unit - 1, 0.0])
    seen = [
        center_horizontally(recording)[0] if xy_centering else recording for recording in recordings
    ]
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


def velocities_over_joins(recordings: Sequence[FloatArray], rate_hz: float) -> list[FloatArray]:
    """The notebook's velocities: backward differences of the concatenation; the first row is zero."""
    found, before = [], recordings[0][:1]
    for recording in recordings:
        found.append(np.diff(recording, axis=0, prepend=before) * np.float32(rate_hz))
        before = recording[-1:]
    return found


def _horizontal_range(recordings: Sequence[FloatArray]) -> tuple[float, float]:
    """`lo` and `hi` of the notebook: the widest 1 % and 99 % quantiles of x and of mirrored y."""
    ends = []
    for axis in (0, 1):
        values = np.concatenate([recording[..., axis].ravel() for recording in recordings])
        ends.append(np.quantile(values * NOTEBOOK_MIRROR[axis], [0.01, 0.99], overwrite_input=True))
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def _extremes(
    arrays: Sequence[FloatArray], scale: NDArray[np.float64], shift: NDArray[np.float64] | float
) -> tuple[float, float]:
    """The least and greatest of all values, after `scale` and `shift` per axis."""
    ends = [array.reshape(-1, 3) for array in arrays]
    corners = np.array([[array.min(axis=0), array.max(axis=0)] for array in ends]) * scale + shift
    return float(corners.min()), float(corners.max())


def notebook_window_starts(
    frames: int, seq_len: int, no_overlap: bool = False
) -> Int[Tensor, " N"]:
    """The notebook's windows, quirks included: they cross recordings; there are `frames - seq_len`.

    Args:
        frames: length of the concatenation of all recordings.
        seq_len: T, frames of a window.
        no_overlap: `frames // seq_len` consecutive windows instead.

    Returns:
        `[N]` int64 indices into the concatenation.
    """
    if no_overlap:
        return torch.arange(frames // seq_len, dtype=torch.int64) * seq_len
    return torch.arange(max(frames - seq_len, 0), dtype=torch.int64)


def random_window_split(count: int, held_out: float = 0.1, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The notebook's split: windows at random, neighbours in both roles. It leaks; see `window_leak`.

    Args:
        count: number of windows.
        held_out: fraction that goes to validation.
        seed: of the permutation.

    Returns:
        Indices of training and of validation windows.
    """
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    kept = count - int(held_out * count)
    return order[:kept].sort().values, order[kept:].sort().values


def window_leak(train_starts: Tensor, validation_starts: Tensor, seq_len: int) -> str:
    """A line that states how much a split of windows leaks.

    Args:
        train_starts: `[N]` first frames of training windows.
        validation_starts: `[M]` first frames of validation windows.
        seq_len: T, frames of a window.
    """
    ordered = train_starts.sort().values
    place = torch.searchsorted(ordered, validation_starts).clamp(max=len(ordered) - 1)
    nearest = torch.minimum(
        (ordered[place] - validation_starts).abs(),
        (ordered[(place - 1).clamp(min=0)] - validation_starts).abs(),
    )
    twins = (nearest <= 1).float().mean().item()
    overlapping = (nearest < seq_len).float().mean().item()
    return (
        f"THIS SPLIT LEAKS: {overlapping:.1%} of the validation windows share frames with a "
        f"training window, {twins:.1%} have a twin at most one frame away"
    )


NOISE_SCALE = 0.01  # times each element's own standard deviation, drawn from U(0, 1)


class NoisyQuarter:
    """All windows of a dataset, and a quarter as many again, drawn with replacement, with noise.

    Unlike the project's augmentation, the noise is part of the target. Each window has a random seed
    of its own, so its noise is the same in every epoch, as in the notebook.

    Args:
        dataset: windows without noise.
        seed: random seed of the draw and of the noise.
    """

    def __init__(self, dataset: Windows, seed: int = 0) -> None:
        self.dataset, self.seed = dataset, seed
        count = len(dataset)
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randint(count, (count // 4,), generator=generator)
        self.windows = torch.cat([torch.arange(count), drawn])
        self.numbers = torch.arange(len(self.windows))

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def starts(self) -> Tensor:
        """`[N]` first frame of each window, noisy ones included."""
        return self.dataset.starts.cpu()[self.windows[self.numbers]]

    def subset(self, indices: Tensor) -> NoisyQuarter:
        """The windows at `indices` only, each with its noise."""
        part = copy.copy(self)
        part.numbers = self.numbers[indices]
        return part

    def to(self, device: torch.device) -> NoisyQuarter:
        """The same windows on `device`."""
        moved = copy.copy(self)
        moved.dataset = self.dataset.to(device)
        return moved

    def batch(self, indices: Tensor | Sequence[int], speed: Tensor | None = None) -> WindowBatch:
        """The windows at `indices` `[B]` as a dense batch.

        Raises:
            UserError: a speed is given; noisy windows keep the recorded speed.
        """
        if speed is not None:
            raise UserError(
                "data.noisy_quarter does not support trainer.augmentation.speed: set it to 1"
            )
        numbers = self.numbers[torch.as_tensor(indices, device="cpu")]
        batch: WindowBatch = self.dataset.batch(self.windows[numbers])
        for row, number in enumerate(numbers.tolist()):
            if number >= len(self.dataset):
                batch.nodes[row] += self._noise(number, batch.nodes[row])
        return batch

    def _noise(self, number: int, window: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        std = torch.rand(window.shape, generator=generator) * NOISE_SCALE
        return (torch.randn(window.shape, generator=generator) * std).to(window.device)
