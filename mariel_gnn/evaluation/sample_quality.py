"""The quality of samples: single phrases against the training data, sets against the held-out data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.windows import evenly_spaced
from mariel_gnn.evaluation.window_errors import window_sources
from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.metrics.distribution import (
    aligned_mpjpe_mm,
    diversity_mm,
    frechet_distances,
    kernel_distances,
    to_complex,
    with_interval,
)
from mariel_gnn.metrics.kinetics import kinetic_features
from mariel_gnn.metrics.samples import find_feet, measure_body
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_MIN_STD = 1e-3  # a feature that is constant in training would dominate the distances
_CANDIDATES = 2  # nearest sampled training windows around which the search is exact
_MAX_NEAREST = 256  # held-out windows with a nearest-window search, which takes about a second


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
        features = _features(positions, self.skeleton, self.rate_hz)
        both = (features - self.mean) / self.std, self.features
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


class TrainingPhrases:
    """Finds the training window nearest to a phrase.

    A coarse search compares all phrases with training windows at even steps. A fine search then compares
    every window around the nearest of those, so it finds a copy of any training window.

    Args:
        train: training windows.
        indices: `[N]` indices of the windows of the coarse search, at even steps.
        train_m: `[N, T, J, C]` those windows in metres.
    """

    def __init__(
        self, train: MarielDataset, indices: Int[Tensor, " N"], train_m: Float[Tensor, "N T J 3"]
    ) -> None:
        self.train, self.indices = train, indices
        half_step = int(indices[1] - indices[0]) // 2 if len(indices) > 1 else 0
        self.offsets = torch.arange(-half_step, half_step + 1)
        self.coarse = to_complex(train_m)

    def nearest_mm(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, " N"]:
        """MPJPE to the nearest training window, `[N]`, millimetres, for `[N, T, J, C]` in metres."""
        distances = to_complex(positions).rms_mm(self.coarse)
        nearest = distances.topk(min(_CANDIDATES, len(self.indices)), largest=False).indices
        return torch.stack(
            [
                aligned_mpjpe_mm(phrase, self.train.positions_m(self._around(candidates))).min()
                for phrase, candidates in zip(positions, nearest, strict=True)
            ]
        )

    def _around(self, candidates: Int[Tensor, " K"]) -> Int[Tensor, " L"]:
        around = self.indices[candidates][:, None] + self.offsets
        indices: Tensor = around.clamp(0, len(self.train) - 1).unique()
        return indices


class SampleQuality:
    """Measures samples against the training data (bodies, copies) and the held-out data (motion).

    Args:
        train: training windows.
        test: held-out windows.
        indices: `[N]` indices of training windows, at even steps.
        train_m: `[N, T, J, C]` those windows in metres.
        pairs: distances between markers in the training data.
    """

    def __init__(
        self,
        train: MarielDataset,
        test: MarielDataset,
        indices: Int[Tensor, " N"],
        train_m: Float[Tensor, "N T J 3"],
        pairs: PairStatistics,
    ) -> None:
        self.test, self.rate_hz = test, train.rate_hz
        self.body = measure_body(train_m, train.skeleton, train.rate_hz, pairs)
        self.feet = find_feet(train_m)
        self.training = TrainingPhrases(train, indices, train_m)
        self.diversity_mm = diversity_mm(train.positions_m(non_overlapping(train)))
        self.motion = measure_motion(train_m, test)
        recording = window_sources(train)[0][indices].unique(return_inverse=True)[1]
        self.reference = self.motion.measure(train_m, recording)

    def measure(self, positions: Float[Tensor, "N T J 3"]) -> dict[str, float]:
        """The measures of samples `[N, T, J, C]` in metres, named as in the summary."""
        return (
            self._phrase_measures(positions)
            | self._nearest(positions)
            | self._diversity(positions)
            | self.measure_motion(positions)
        )

    def measure_motion(self, positions: Float[Tensor, "N T J 3"]) -> dict[str, float]:
        """Only the distances of a set of phrases to the held-out windows, and their reference ratio."""
        measures = self.motion.measure(positions)
        if measures:
            ratio = measures["kernel_distance"] / self.reference["kernel_distance"]
            measures["kernel_distance_ratio"] = ratio
        return _named(measures)

    def measure_data(self) -> dict[str, float]:
        """The measures of the held-out windows; the distances are those of the training windows.

        These distances are the reference: the distance between two sets of recorded motion.
        """
        return (
            self._phrase_measures(self.test.positions_m(torch.arange(len(self.test))))
            | self._nearest(self.test.positions_m(evenly_spaced(len(self.test), _MAX_NEAREST)))
            | self._diversity(self.test.positions_m(non_overlapping(self.test)))
            | _named(self.reference)
        )

    def _phrase_measures(self, positions: Tensor) -> dict[str, float]:
        return _named(self.body.measure(positions) | self.feet.measure(positions, self.rate_hz))

    def _nearest(self, positions: Tensor) -> dict[str, float]:
        return _named({"nearest_training_mm": float(self.training.nearest_mm(positions).median())})

    def _diversity(self, positions: Tensor) -> dict[str, float]:
        if len(positions) < 2 or not self.diversity_mm > 0:  # one window has no diversity
            return {}
        diversity = diversity_mm(positions)
        return _named({"diversity_mm": diversity, "diversity_ratio": diversity / self.diversity_mm})


def non_overlapping(windows: MarielDataset) -> Int[Tensor, " N"]:
    """Indices of windows that share no frame, chosen greedily from the first."""
    chosen: list[int] = []
    next_start = 0  # the first frame after the chosen windows
    for index, start in enumerate(windows.starts.tolist()):
        if start >= next_start or not chosen:
            chosen.append(index)
            next_start = start + windows.seq_len
    return torch.tensor(chosen)


def _named(measures: dict[str, float]) -> dict[str, float]:
    return {f"samples/{name}": value for name, value in measures.items()}
