"""The quality of samples: single phrases against the training data, sets against the held-out data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.windows import evenly_spaced
from mariel_gnn.evaluation.held_out_motion import measure_motion
from mariel_gnn.evaluation.recording_groups import by_group
from mariel_gnn.evaluation.rows import DATA, MEAN_OF_GROUPS, TRAINING_DATA, group_row
from mariel_gnn.evaluation.window_errors import window_sources
from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.metrics.distribution import (
    ComplexPhrases,
    aligned_mpjpe_mm,
    diversity_mm,
    to_complex,
)
from mariel_gnn.metrics.movement import measure_movement
from mariel_gnn.metrics.phrase_statistics import (
    Quantile,
    Statistics,
    summarize,
    summarize_recordings,
)
from mariel_gnn.metrics.samples import find_feet, measure_body

_CANDIDATES = 2  # nearest sampled training windows around which the search is exact
_MAX_RECORDED = 256  # windows of recorded motion that are measured as samples are
_MAX_PHRASES = 2500  # training windows of the coarse search
_MAX_SECONDS = 5_000  # the same for windows of a second: 30 MB for 53 markers at 35 Hz
_SEARCHED = 500  # training windows read at a time


class TrainingPhrases:
    """Finds the training window nearest to a phrase of the same length.

    A coarse search compares all phrases with training windows at even steps. A fine search then compares
    every window around the nearest of those, so it finds a copy of any training window.

    Args:
        train: training windows.
        most: greatest number of windows of the coarse search.
    """

    def __init__(self, train: MarielDataset, most: int) -> None:
        self.train, self.indices = train, evenly_spaced(len(train), most)
        steps = self.indices.diff()
        half_step = int(steps.max()) // 2 if len(steps) else 0
        self.offsets = torch.arange(-half_step, half_step + 1)
        parts = [to_complex(train.positions_m(part)) for part in self.indices.split(_SEARCHED)]
        self.coarse = ComplexPhrases(
            torch.cat([part.horizontal for part in parts]),
            torch.cat([part.height for part in parts]),
        )

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
        self.train, self.test, self.rate_hz = train, test, train.rate_hz
        self.body = measure_body(train_m, train.skeleton, train.rate_hz, pairs)
        self.feet = find_feet(train_m)
        self.phrases = TrainingPhrases(train, _MAX_PHRASES)
        self.second = min(round(train.rate_hz), train.seq_len)  # frames
        self.seconds = TrainingPhrases(train.recut(self.second), _MAX_SECONDS)
        self.diversity_mm = diversity_mm(train.positions_m(non_overlapping(train)))
        self.motion = measure_motion(train_m, test)
        recording = window_sources(train)[0][indices].unique(return_inverse=True)[1]
        self.reference = self.motion.measure(train_m, recording)

    def measure(self, positions: Float[Tensor, "N T J 3"]) -> dict[str, float]:
        """The measures of samples `[N, T, J, C]` in metres, named as in the summary."""
        return (
            _named(summarize(self._body_and_movement(positions)))
            | _named(summarize(self._nearest(positions)))
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

    def measure_movement(self, positions: Float[Tensor, "N T J 3"]) -> dict[str, float]:
        """Only the movement and the feet of phrases `[N, T, J, C]` in metres."""
        return _named(summarize(self._movement(positions)))

    def to_reconstructions(
        self, positions: Float[Tensor, "N T J 3"], reconstructions: Float[Tensor, "M T J 3"]
    ) -> dict[str, float]:
        """The kernel distance of samples relative to that of reconstructions of training phrases."""
        return _named(self.motion.kernel_ratio(positions, reconstructions))

    def measure_data(self) -> dict[str, dict[str, float]]:
        """The rows of recorded motion: the held-out windows, their groups, the training windows.

        Numbers of the held-out and of the training windows have a 95 % interval over recordings. The
        distances in the row of the held-out windows are those of the training windows. These distances
        are the reference: the distance between two sets of recorded motion. Groups of recordings have
        rows, with their mean, if there are several of them and fewer than recordings.
        """
        test, groups = self._recorded(self.test, self._nearest)
        training, _ = self._recorded(self.train)
        test |= self._diversity(self.test.positions_m(non_overlapping(self.test)))
        return {DATA: test | _named(self.reference), **groups, TRAINING_DATA: training}

    def _recorded(
        self, windows: MarielDataset, nearest: Callable[[Tensor], Statistics] | None = None
    ) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """The measures of recorded windows: of all, and of each group with the mean of groups."""
        names = [name for name, _ in windows.recordings]
        groups, recording, group = by_group(names, window_sources(windows)[0])
        places = _places_of_groups(group, _MAX_RECORDED // len(groups))
        positions = windows.positions_m(places)
        statistics = dict(self._body_and_movement(positions))
        if nearest is not None:
            statistics |= nearest(positions)
        chosen = [group[places] == number for number in range(len(groups))]
        shares = [(group == number).double().mean() for number in range(len(groups))]
        weights = torch.stack([w * _equal(c) for w, c in zip(shares, chosen, strict=True)]).sum(0)
        measures = _named(summarize_recordings(statistics, recording[places], weights))
        if not 1 < len(groups) < int(recording.max()) + 1:
            return measures, {}
        of_groups = [_named(summarize(statistics, _equal(members))) for members in chosen]
        rows = dict(zip(map(group_row, groups), of_groups, strict=True))
        return measures, rows | {group_row(MEAN_OF_GROUPS): _mean(of_groups)}

    def _body_and_movement(self, positions: Tensor) -> Statistics:
        return {**self.body.measure(positions), **self._movement(positions)}

    def _movement(self, positions: Tensor) -> Statistics:
        return {
            **self.feet.measure(positions, self.rate_hz),
            **measure_movement(positions, self.train.skeleton, self.rate_hz),
        }

    def _nearest(self, positions: Tensor) -> Statistics:
        """Distances to training phrases, and of one second of each phrase to training seconds."""
        phrase = torch.arange(len(positions))
        second = phrase % (positions.shape[1] // self.second)
        frames = second[:, None] * self.second + torch.arange(self.second)
        seconds = positions[phrase[:, None], frames]
        return {
            "nearest_training_mm": _median(self.phrases.nearest_mm(positions)),
            "nearest_training_second_mm": _median(self.seconds.nearest_mm(seconds)),
        }

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


def _places_of_groups(group: Int[Tensor, " N"], most: int) -> Int[Tensor, " M"]:
    """Evenly spaced places of each group, at most `most` or eight of each, in order."""
    members = [(group == number).nonzero()[:, 0] for number in range(int(group.max()) + 1)]
    chosen = [one[evenly_spaced(len(one), max(most, 8))] for one in members]
    return torch.cat(chosen).sort().values


def _median(values: Float[Tensor, " N"]) -> Quantile:
    return Quantile(values[:, None], 0.5)


def _equal(chosen: Bool[Tensor, " N"]) -> Float[Tensor, " N"]:
    """Equal weights of the chosen phrases."""
    return chosen.double() / chosen.sum()


def _mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each number that all rows have."""
    return {
        name: fmean(row[name] for row in rows)
        for name in rows[0]
        if all(name in row for row in rows)
    }


def _named(measures: dict[str, float]) -> dict[str, float]:
    return {f"samples/{name}": value for name, value in measures.items()}
