"""How far apart two phrases are, wherever they are danced and whichever way they face.

Travel is taken from both, and the second is turned about the vertical to where it is nearest to the
first. With x + iy as one complex number h and the height z, that nearest turn has a closed form:
    min over a of |h - e^{ia} g|² = |h|² + |g|² - 2 |<g, h>|,    a = arg <g, h>,
so that all pairs of two sets are two matrix products, for any skeleton.
"""

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
    diversity_mm,
    frechet_distances,
    kernel_distances,
    to_complex,
    turned_mpjpe_mm,
    with_interval,
)
from mariel_gnn.metrics.kinetics import kinetic_features
from mariel_gnn.metrics.samples import find_feet, measure_body
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

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


_CANDIDATES = 2


class TrainingPhrases:
    """Finds the training window nearest to a phrase.

    All phrases are held against the same windows, spread over the training data; then the windows
    between those are looked at around the nearest, so that a copy is found wherever it was taken.

    Args:
        train: training windows.
        places: `[N]` indices of the spread ones, at even steps.
        known: `[N, T, J, C]` those windows in metres.
    """

    def __init__(
        self, train: MarielDataset, places: Int[Tensor, " N"], known: Float[Tensor, "N T J 3"]
    ) -> None:
        self.train, self.places = train, places
        half_way = int(places[1] - places[0]) // 2 if len(places) > 1 else 0
        self.between = torch.arange(-half_way, half_way + 1)
        self.known = to_complex(known)

    def nearest_mm(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, " N"]:
        """MPJPE to the nearest training window, `[N]`, millimetres, for `[N, T, J, C]` in metres."""
        far = to_complex(positions).rms_mm(self.known)
        near = far.topk(min(_CANDIDATES, len(self.places)), largest=False).indices
        return torch.stack(
            [
                turned_mpjpe_mm(phrase, self.train.positions_m(self._around(found))).min()
                for phrase, found in zip(positions, near, strict=True)
            ]
        )

    def _around(self, found: Int[Tensor, " K"]) -> Int[Tensor, " L"]:
        around = self.places[found][:, None] + self.between
        indices: Tensor = around.clamp(0, len(self.train) - 1).unique()
        return indices


_SOUGHT = 256  # held-out windows whose nearest training window is looked for: a second


class SampleQuality:
    """What samples are held against: the training data's body, the held-out data's motion.

    Args:
        train: training windows.
        test: held-out windows.
        places: `[N]` indices of training windows, spread evenly.
        known: `[N, T, J, C]` those windows in metres.
        pairs: distances between markers in the training data.
    """

    def __init__(
        self,
        train: MarielDataset,
        test: MarielDataset,
        places: Int[Tensor, " N"],
        known: Float[Tensor, "N T J 3"],
        pairs: PairStatistics,
    ) -> None:
        self.test, self.rate_hz = test, train.rate_hz
        self.body = measure_body(known, train.skeleton, train.rate_hz, pairs)
        self.feet = find_feet(known)
        self.training = TrainingPhrases(train, places, known)
        self.diversity_mm = diversity_mm(train.positions_m(non_overlapping(train)))
        self.motion = measure_motion(known, test)
        recording = window_sources(train)[0][places].unique(return_inverse=True)[1]
        self.floor = self.motion.measure(known, recording)

    def measure(self, positions: Float[Tensor, "N T J 3"]) -> dict[str, float]:
        """The numbers of samples `[N, T, J, C]` in metres, under the names of the summary."""
        return (
            self._phrase_numbers(positions)
            | self._nearest(positions)
            | self._diversity(positions)
            | self.measure_motion(positions)
        )

    def measure_motion(self, positions: Float[Tensor, "N T J 3"]) -> dict[str, float]:
        """Only how far phrases, as a set, move from the held-out windows; beside the floor."""
        found = self.motion.measure(positions)
        if found:
            over = found["kernel_distance"] / self.floor["kernel_distance"]
            found["kernel_distance_over_floor"] = over
        return _named(found)

    def measure_data(self) -> dict[str, float]:
        """The numbers of the held-out windows; as their distances, the floor: training windows'."""
        return (
            self._phrase_numbers(self.test.positions_m(torch.arange(len(self.test))))
            | self._nearest(self.test.positions_m(evenly_spaced(len(self.test), _SOUGHT)))
            | self._diversity(self.test.positions_m(non_overlapping(self.test)))
            | _named(self.floor)
        )

    def _phrase_numbers(self, positions: Tensor) -> dict[str, float]:
        return _named(self.body.measure(positions) | self.feet.measure(positions, self.rate_hz))

    def _nearest(self, positions: Tensor) -> dict[str, float]:
        return _named({"nearest_training_mm": float(self.training.nearest_mm(positions).median())})

    def _diversity(self, positions: Tensor) -> dict[str, float]:
        if len(positions) < 2 or not self.diversity_mm > 0:  # one window is no variety
            return {}
        own = diversity_mm(positions)
        return _named({"diversity_mm": own, "diversity_ratio": own / self.diversity_mm})


def non_overlapping(windows: MarielDataset) -> Int[Tensor, " N"]:
    """Indices of windows of which no two share a frame, taken as early as can be."""
    taken: list[int] = []
    free = 0  # the first frame that no window has taken
    for index, start in enumerate(windows.starts.tolist()):
        if start >= free or not taken:
            taken.append(index)
            free = start + windows.seq_len
    return torch.tensor(taken)


def _named(numbers: dict[str, float]) -> dict[str, float]:
    return {f"samples/{name}": value for name, value in numbers.items()}
