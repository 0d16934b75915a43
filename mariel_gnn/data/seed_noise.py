"""The seed notebook's augmentation: a quarter as many windows again, with noise, as data.

Unlike the project's own augmentation (in the training step, on the input only) the noise here is
part of the window: the model is asked to reconstruct it.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset, WindowBatch
from mariel_gnn.errors import UserError

NOISE_SCALE = 0.01  # times each element's own standard deviation, drawn from U(0, 1)


class NoisyQuarter:
    """All windows of a dataset, then a quarter as many drawn with replacement, with noise added.

    The noise of a window is drawn from its own seed, so it is the same in every epoch, as in the
    seed, where the noisy windows were made once.

    Args:
        dataset: windows without noise.
        seed: of the draw and the noise.
    """

    def __init__(self, dataset: MarielDataset, seed: int = 0) -> None:
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
        """Only the windows at `indices`, each with the noise it has."""
        part = copy.copy(self)
        part.numbers = self.numbers[indices]
        return part

    def to(self, device: torch.device) -> NoisyQuarter:
        """The same windows, gathered on `device`."""
        moved = copy.copy(self)
        moved.dataset = self.dataset.to(device)
        return moved

    def batch(self, indices: Tensor | Sequence[int], speed: Tensor | None = None) -> WindowBatch:
        """The windows at `indices` `[B]`, densely, at the speed they were recorded at."""
        if speed is not None:
            raise UserError("data.noisy_quarter knows no trainer.augmentation.speed: leave it at 1")
        numbers = self.numbers[torch.as_tensor(indices, device="cpu")]
        batch = self.dataset.batch(self.windows[numbers])
        for row, number in enumerate(numbers.tolist()):
            if number >= len(self.dataset):
                batch.nodes[row] += self._noise(number, batch.nodes[row])
        return batch

    def _noise(self, number: int, window: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        std = torch.rand(window.shape, generator=generator) * NOISE_SCALE
        return (torch.randn(window.shape, generator=generator) * std).to(window.device)
