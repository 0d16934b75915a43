"""All that samples are measured by, and the same numbers of the held-out data."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.windows import spread
from mariel_gnn.graphs import PairStatistics
from mariel_gnn.metrics.errors_by_window import whereabouts
from mariel_gnn.metrics.feet import find_feet
from mariel_gnn.metrics.held_out_motion import measure_motion
from mariel_gnn.metrics.phrase_distance import TrainingPhrases, diversity_mm
from mariel_gnn.metrics.samples import measure_body

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
        self.diversity_mm = diversity_mm(train.positions_m(side_by_side(train)))
        self.motion = measure_motion(known, test)
        recording = whereabouts(train)[0][places].unique(return_inverse=True)[1]
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
            | self._nearest(self.test.positions_m(spread(len(self.test), _SOUGHT)))
            | self._diversity(self.test.positions_m(side_by_side(self.test)))
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


def side_by_side(windows: MarielDataset) -> Int[Tensor, " N"]:
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
