"""How far the motion of phrases, as a set, is from that of the held-out windows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.metrics.distribution import frechet_distances, kernel_distances, with_interval
from mariel_gnn.metrics.errors_by_window import whereabouts
from mariel_gnn.metrics.kinetics import kinetic_features
from mariel_gnn.skeletons import Skeleton

_LEAST_STD = 1e-3  # a feature that training windows never vary must not decide alone


@dataclass(frozen=True)
class HeldOutMotion:
    """The kinetic features of held-out windows, standardised by those of training windows.

    Attributes:
        skeleton: the markers.
        rate_hz: frames per second.
        mean: `[D]` of the training windows' features.
        std: `[D]` likewise.
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
        """Kernel and Fréchet distance of phrases to the held-out windows, with 95 % intervals.

        Args:
            positions: `[N, T, J, C]` metres.
            groups: `[N]` phrases that are not independent have one number, from 0; each has its own
                if None.

        Returns:
            The numbers by name; none where a phrase is not finite, or has fewer than three frames.
        """
        groups = torch.arange(len(positions)) if groups is None else groups
        features = _features(positions, self.skeleton, self.rate_hz)
        both = (features - self.mean) / self.std, self.features
        found: dict[str, float] = {}
        if not all(features.isfinite().all() for features in both):
            return found
        for name, distance in (
            ("kernel_distance", partial(kernel_distances, *both, self.bandwidth)),
            ("frechet_distance", partial(frechet_distances, *both)),
        ):
            value, low, high = with_interval(distance, groups, self.recording)
            found |= {name: value, f"{name}_low": low, f"{name}_high": high}
        return found


def measure_motion(known: Float[Tensor, "N T J 3"], test: MarielDataset) -> HeldOutMotion:
    """Take the features of the held-out windows.

    Args:
        known: `[N, T, J, C]` training windows in metres.
        test: held-out windows.
    """
    training = _features(known, test.skeleton, test.rate_hz)
    mean, std = training.mean(dim=0), training.std(dim=0).clamp(min=_LEAST_STD)
    held_out = _features(test.positions_m(torch.arange(len(test))), test.skeleton, test.rate_hz)
    _, recording = whereabouts(test)[0].unique(return_inverse=True)
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
