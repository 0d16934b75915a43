"""Distances of marker pairs and their variation, measured on training recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.mocap.skeletons.spanning_tree import spanning_tree


@dataclass(frozen=True)
class PairStatistics:
    """Distances between all pairs of markers over time.

    Attributes:
        mean_m: `[J, J]` mean distance, metres.
        std_m: `[J, J]` standard deviation of the distance, metres.
        min_m: `[J, J]` least distance, metres.
    """

    mean_m: Tensor
    std_m: Tensor
    min_m: Tensor

    @property
    def relative_std(self) -> Tensor:
        """`[J, J]` standard deviation over mean; zero on the diagonal."""
        return self.std_m / self.mean_m.clamp(min=1e-6)

    def rigid_pairs(self, tolerance: float = 0.03) -> Tensor:
        """`[R, 2]` pairs i < j whose distance varies by less than `tolerance` of its mean."""
        rigid = torch.triu(self.relative_std < tolerance, diagonal=1)
        return rigid.nonzero()

    def spanning_tree(
        self, free: Sequence[tuple[int, int]] = (), near: float = 0.0
    ) -> list[tuple[int, int]]:
        """The minimum spanning tree on `std_m`: it joins markers of nearly constant distance.

        Args:
            free: pairs of weight 0, which are taken first.
            near: weight of `mean_m` in the cost of a pair; above 0 the tree prefers short bones.

        Returns:
            J - 1 pairs i < j, sorted.
        """
        weights = (self.std_m + near * self.mean_m).tolist()
        return spanning_tree(weights, free)


def measure_pairs(
    recordings: Sequence[NDArray[np.floating]], max_frames: int = 2000
) -> PairStatistics:
    """Measure all pairs on evenly spaced frames of the recordings.

    Args:
        recordings: `[T, J, C]` metres: training recordings only.
        max_frames: approximate number of frames; distances change slowly.
    """
    total = sum(len(recording) for recording in recordings)
    step = max(1, total // max_frames)
    frames = torch.from_numpy(np.concatenate([recording[::step] for recording in recordings]))
    distances = torch.cdist(frames.double(), frames.double())
    return PairStatistics(
        mean_m=distances.mean(0).float(),
        std_m=distances.std(0, correction=0).float(),
        min_m=_least_distances(recordings),
    )


def _least_distances(recordings: Sequence[NDArray[np.floating]]) -> Tensor:
    """`[J, J]` the least distance of each pair over all frames, metres."""
    chunks = [chunk for array in recordings for chunk in torch.from_numpy(array).split(1000)]
    least = [torch.cdist(chunk.double(), chunk.double()).amin(0) for chunk in chunks]
    return torch.stack(least).amin(0).float()
