"""Distances of sets of phrases to the held-out windows, by kinetic features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.window_errors import window_sources
from mariel_gnn.metrics.distribution import (
    frechet_distances,
    kernel_distances,
    with_interval,
)
from mariel_gnn.metrics.kinetics import kinetic_features
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_LEAST = 1e-4  # kernel distance; that of two sets of windows of one distribution is a hundred times larger
_MIN_STD = 1e-3  # a feature that is constant in training would dominate the distances


@dataclass(frozen=True)
class HeldOutMotion:
    """Kinetic features of the held-out windows, standardized with those of training windows.

    Attributes:
        skeleton: the markers.
        rate_hz: frames per second.
        mean: `[D]` mean of the training windows' features.
        std: `[D]` standard deviation of the training windows' features.
        bandwidth: of the kernel: the median distance between two training windows.
        features: `[M, D]` of the held-out windows.
        recording: `[M]` the recording of each.
    """

    skeleton: Skeleton
    rate_hz: float
    mean: Float[Tensor, " D"]
    std: Float[Tensor, " D"]
    bandwidth: float
    features: Float[Tensor, "M D"]
    recording: Int[Tensor, " M"]

    def measure(
        self, positions: Float[Tensor, "N T J 3"], groups: Int[Tensor, " N"] | None = None
    ) -> dict[str, float]:
        """Return kernel and Fréchet distance of phrases to the held-out windows, with 95 % intervals.

        Args:
            positions: `[N, T, J, C]` metres.
            groups: `[N]` group of each phrase, from 0; phrases of one group are not independent. None
                takes all phrases as independent.

        Returns:
            The distances by name; empty if a phrase is not finite or has fewer than three frames.
        """
        groups = torch.arange(len(positions)) if groups is None else groups
        both = self._standardized(positions), self.features
        if not all(features.isfinite().all() for features in both):
            return {}
        measures: dict[str, float] = {}
        for name, distance in (
            ("kernel_distance", partial(kernel_distances, *both, self.bandwidth)),
            ("frechet_distance", partial(frechet_distances, *both)),
        ):
            value, low, high = with_interval(distance, groups, self.recording)
            measures |= {name: value, f"{name}_low": low, f"{name}_high": high}
        return measures

    def kernel_ratio(
        self, positions: Float[Tensor, "N T J 3"], reference: Float[Tensor, "M T J 3"]
    ) -> dict[str, float]:
        """Return the kernel distance of phrases over that of reference phrases, with its 95 % interval.

        Args:
            positions: `[N, T, J, C]` metres.
            reference: `[M, T, J, C]` metres, the same in all resamples.

        Returns:
            The ratio; empty if a phrase is not finite or has fewer than three frames.
        """
        phrases, fixed = (self._standardized(each) for each in (positions, reference))
        if not all(features.isfinite().all() for features in (phrases, fixed, self.features)):
            return {}
        equal = torch.full((1, len(fixed)), 1 / len(fixed))
        distance = partial(kernel_distances, data=self.features, bandwidth=self.bandwidth)

        def log_ratio(weights: Tensor, held_out: Tensor) -> Tensor:
            reference_weights = equal.expand(len(held_out), -1)
            above = distance(phrases, sample_weights=weights, data_weights=held_out)
            below = distance(fixed, sample_weights=reference_weights, data_weights=held_out)
            return above.clamp(min=_LEAST).log() - below.clamp(min=_LEAST).log()

        # In logarithms, so that resamples with a small divisor do not decide the interval.
        found = with_interval(log_ratio, torch.arange(len(phrases)), self.recording, -math.inf)
        name = "kernel_distance_to_reconstructions"
        ends = ("", "_low", "_high")
        return {name + end: math.exp(value) for end, value in zip(ends, found, strict=True)}

    def _standardized(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N D"]:
        return (_features(positions, self.skeleton, self.rate_hz) - self.mean) / self.std


def measure_motion(train_m: Float[Tensor, "N T J 3"], test: MarielDataset) -> HeldOutMotion:
    """Compute the features of the held-out windows.

    Args:
        train_m: `[N, T, J, C]` training windows in metres.
        test: held-out windows.
    """
    training = _features(train_m, test.skeleton, test.rate_hz)
    mean, std = training.mean(dim=0), training.std(dim=0).clamp(min=_MIN_STD)
    held_out = _features(test.positions_m(torch.arange(len(test))), test.skeleton, test.rate_hz)
    _, recording = window_sources(test)[0].unique(return_inverse=True)
    return HeldOutMotion(
        skeleton=test.skeleton,
        rate_hz=test.rate_hz,
        mean=mean,
        std=std,
        bandwidth=float(torch.pdist((training - mean) / std).median()),
        features=(held_out - mean) / std,
        recording=recording,
    )


def _features(
    positions: Float[Tensor, "N T J 3"], skeleton: Skeleton, rate_hz: float
) -> Float[Tensor, "N D"]:
    return torch.stack(list(kinetic_features(positions, skeleton, rate_hz).values()), dim=1)
