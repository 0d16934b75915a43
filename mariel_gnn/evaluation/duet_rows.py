"""The table of a duet: partners of a given dancer, measured on test takes, or by leaving one take out.

A number of a pair that is not an error against the recorded partner must show the relation of the two: it
is printed only if it tells the recorded partner from the same partner at other moments of the take
(`shuffled_in_room`), with a 95 % interval of the difference over takes that excludes 0. Errors tell the two
by definition: they are 0 for the recorded partner.

With one couple, intervals over takes say how the numbers vary over that couple's takes, and nothing of
others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.duet_baselines import (
    DATA,
    FRAME_STEP,
    SHUFFLED_IN_ROOM,
    Answer,
    DuetBaselines,
    DuetTake,
    shuffled_partners,
)
from mariel_gnn.evaluation.take_intervals import TakeEstimate, join_takes, over_takes, sum_of_take
from mariel_gnn.metrics.beat_echo import measure_beat_echo
from mariel_gnn.metrics.duet import measure_draws, measure_partner, spread_of_data
from mariel_gnn.metrics.duet_parts import (
    PartDistanceKernel,
    fit_part_distance_kernel,
    measure_penetration,
)
from mariel_gnn.metrics.phrase_statistics import Ratio
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

MIN_TAKES = 3
KERNEL, KERNEL_RATIO = "part_kernel_distance", "part_kernel_distance_ratio"
RELATIONS = (KERNEL, KERNEL_RATIO, "echo_of_dancer", "echo_of_partner", "penetration_mm")
_MIN_WINDOWS = 3  # of the training takes, for the units of the kernel distance


@dataclass(frozen=True)
class DuetTable:
    """The rows of a duet.

    Attributes:
        rows: row -> number -> value; both ends of its 95 % interval stand as `NAME_low` and `NAME_high`.
        separation: number -> value of the recorded partner minus that of the shuffled one.
        left_out: numbers that do not separate the two, so they stand in no row, each with the reason.
    """

    rows: dict[str, dict[str, float]]
    separation: dict[str, TakeEstimate]
    left_out: dict[str, str]


class DuetTakes:
    """Test takes, and all that is measured on them.

    Args:
        takes: each of at least one window.
        skeleton: the markers.
        rate_hz: frames per second.
        window: frames of a window; the best of several draws and the kernel distance are those of windows.
        training: takes that baselines and the kernel distance are fitted on. Without them each take is a test
            take once, and all others are its training takes; then there must be three or more.

    Raises:
        UserError: there are too few takes, or one is too short or has no measured frame.
    """

    def __init__(
        self,
        takes: Sequence[DuetTake],
        skeleton: Skeleton,
        rate_hz: float,
        window: int = 128,
        training: Sequence[DuetTake] | None = None,
    ) -> None:
        self.takes, self.skeleton, self.rate_hz, self.window = takes, skeleton, rate_hz, window
        self.training = training
        if training is None and len(takes) < MIN_TAKES:
            raise UserError(
                f"{len(takes)} takes of pairs: leaving one take out needs {MIN_TAKES} or more"
            )
        for take in takes:
            if not take.measured(rate_hz).any() or not self._windows(take):
                raise UserError(
                    f"take {take.name} has {len(take)} frames, {int(take.valid.sum())} of them with a known "
                    f"relative place, and no window of {window}: leave it out, or shorten the window"
                )

    def baselines(self) -> dict[str, list[Answer]]:
        """Return the answers of all baselines, each take answered by baselines of its training takes."""
        answers: dict[str, list[Answer]] = {}
        for number, take in enumerate(self.takes):
            training = self._training_takes(number)
            fitted = DuetBaselines(training, self.skeleton, self.rate_hz, self.window)
            for name, answer in fitted.answers(take).items():
                answers.setdefault(name, []).append(answer)
        return answers

    def measure(self, answers: Sequence[Answer]) -> dict[str, Ratio]:
        """Measure partners, one answer `[S, F, J, C]` in the room for each take; averages are over draws."""
        return join_takes(
            [self._measure_take(number, answer) for number, answer in enumerate(answers)]
        )

    def measure_data(self) -> dict[str, Ratio]:
        """Measure the recorded partners.

        Their kernel distance is that of the recorded pairs of the other takes: the floor.
        """
        recorded = self.measure([take.partner[None] for take in self.takes])
        floors = torch.tensor(self._floors, dtype=torch.float64)
        recorded[KERNEL] = Ratio(floors, torch.ones_like(floors))
        recorded[KERNEL_RATIO] = Ratio(floors, floors)
        spread = [self._spread_of_take(take) for take in self.takes]
        return recorded | join_takes(spread)

    def recorded_and_shuffled(self) -> tuple[dict[str, Ratio], dict[str, Ratio]]:
        """Measure the recorded partners, and the same partners at other moments."""
        shuffled = [shuffled_partners(take, self.skeleton)[SHUFFLED_IN_ROOM] for take in self.takes]
        return self.measure_data(), self.measure(shuffled)

    def _measure_take(self, number: int, answer: Answer) -> dict[str, Ratio]:
        take = self.takes[number]
        statistics = _pooled([self._measure_draw(take, partner) for partner in answer])
        if len(answer) > 1:
            statistics |= self._draws_of_take(take, answer)
        distance = self._kernels[number].distance(self._embed(number, answer), self._data(number))
        floor = self._floors[number]
        return statistics | {
            KERNEL: Ratio(torch.tensor([distance]), torch.ones(1)),
            KERNEL_RATIO: Ratio(torch.tensor([distance]), torch.tensor([floor])),
        }

    def _measure_draw(self, take: DuetTake, partner: Float[Tensor, "F J 3"]) -> dict[str, Ratio]:
        frames = self._frames(take)
        pair = torch.stack([take.dancer, partner], dim=1)
        some, valid = pair[frames][None], torch.ones(1, len(frames), dtype=torch.bool)
        parts = (
            measure_partner(take.pair[frames][None], some, valid, self.skeleton),
            measure_penetration(some, valid, self.skeleton),
            *self._echoes(take, pair),
        )
        return _pooled(parts)

    def _echoes(self, take: DuetTake, pair: Float[Tensor, "F 2 J 3"]) -> list[dict[str, Ratio]]:
        """The beat echo of each stretch of valid frames: a window has too few accents."""
        steps = torch.nn.functional.pad(take.valid.int(), (1, 1)).diff()
        both = zip((steps == 1).nonzero(), (steps == -1).nonzero(), strict=True)
        stretches = [pair[int(start) : int(stop)] for start, stop in both]
        long = [stretch[None] for stretch in stretches if len(stretch) >= self.window]
        return [measure_beat_echo(stretch, self.rate_hz) for stretch in long]

    def _draws_of_take(self, take: DuetTake, answer: Answer) -> dict[str, Ratio]:
        """The best draw and the spread of windows, and the best draw of each frame alone."""
        starts = self._windows(take)
        cut = [torch.stack([draw[s : s + self.window] for s in starts]) for draw in answer]
        valid = torch.ones(len(starts), self.window, dtype=torch.bool)
        statistics = measure_draws(self._cut(take, take.pair), torch.stack(cut), valid)
        frames = self._frames(take)
        each = torch.ones(len(frames), 1, dtype=torch.bool)
        alone = measure_draws(take.pair[frames][:, None], answer[:, frames][:, :, None], each)
        best = f"partner_best_of_{len(answer)}_mm"
        return {**statistics, best.replace("_mm", "_by_frame_mm"): alone[best]}

    def _spread_of_take(self, take: DuetTake) -> dict[str, Ratio]:
        windows = self._cut(take, take.pair)
        if len(windows) < 2:
            return {}
        valid = torch.ones(windows.shape[:2], dtype=torch.bool)
        return spread_of_data(windows, valid, self.skeleton)

    def _frames(self, take: DuetTake) -> Int[Tensor, " M"]:
        """The measured frames: some of them, as neighbouring frames are alike."""
        return take.measured(self.rate_hz).nonzero().flatten()[::FRAME_STEP]

    def _windows(self, take: DuetTake) -> list[int]:
        """The first frames of windows that do not overlap and whose frames are all valid."""
        starts, start = [], 0
        while start + self.window <= len(take):
            if take.valid[start : start + self.window].all():
                starts.append(start)
                start += self.window
            else:
                start += 1
        return starts

    def _cut(self, take: DuetTake, pair: Float[Tensor, "F 2 J 3"]) -> Float[Tensor, "N T 2 J 3"]:
        return torch.stack([pair[start : start + self.window] for start in self._windows(take)])

    @cached_property
    def _kernels(self) -> list[PartDistanceKernel]:
        """The kernel distance of each test take, in the units of its training takes."""
        return [
            fit_part_distance_kernel(self._training_windows(number), self.skeleton, self.rate_hz)
            for number in range(len(self.takes))
        ]

    @cached_property
    def _floors(self) -> list[float]:
        return [
            kernel.distance(kernel.embed(self._training_windows(number)), self._data(number))
            for number, kernel in enumerate(self._kernels)
        ]

    def _training_takes(self, number: int) -> list[DuetTake]:
        if self.training is not None:
            return list(self.training)
        return [take for index, take in enumerate(self.takes) if index != number]

    def _training_windows(self, number: int) -> Float[Tensor, "N T 2 J 3"]:
        takes = self._training_takes(number)
        windows = torch.cat([self._cut(take, take.pair) for take in takes if self._windows(take)])
        if len(windows) < _MIN_WINDOWS:
            raise UserError(
                f"{len(windows)} windows of {self.window} frames in the training takes of "
                f"{self.takes[number].name}: give longer takes, or shorten the window"
            )
        return windows

    def _data(self, number: int) -> Float[Tensor, "N D"]:
        return self._embed(number, self.takes[number].partner[None])

    def _embed(self, number: int, answer: Answer) -> Float[Tensor, "N D"]:
        take, kernel = self.takes[number], self._kernels[number]
        pairs = [torch.stack([take.dancer, draw], dim=1) for draw in answer]
        return torch.cat([kernel.embed(self._cut(take, pair)) for pair in pairs])


def duet_table(
    takes: DuetTakes,
    answers: Mapping[str, Sequence[Answer]] | None = None,
    everything: DuetTakes | None = None,
) -> DuetTable:
    """Return the rows of the recorded partner, of all baselines and of further answers.

    Args:
        takes: the takes.
        answers: row -> answers of a model to the takes, in their order; each take answered by a model that
            was not trained on it.
        everything: takes on which it is decided which numbers tell the recorded partner from a shuffled one;
            `takes` if None.
    """
    measured = {DATA: takes.measure_data()}
    for name, answer in {**takes.baselines(), **(answers or {})}.items():
        measured[name] = takes.measure(answer)
    separation = separate(*(everything or takes).recorded_and_shuffled())
    left_out = {
        name: f"recorded minus shuffled partner: {estimate.value:.3g} "
        f"({estimate.low:.3g} to {estimate.high:.3g}), which may be 0"
        for name, estimate in separation.items()
        if name in RELATIONS and not estimate.excludes_zero
    }
    rows = {row: _numbers(statistics, left_out) for row, statistics in measured.items()}
    return DuetTable(rows, separation, left_out)


def separate(
    recorded: Mapping[str, Ratio], shuffled: Mapping[str, Ratio]
) -> dict[str, TakeEstimate]:
    """Return how the recorded partner differs from the shuffled one in each number that both have.

    Numbers of the recorded takes alone (`always_touching_f1`) and of several draws are not compared.
    """
    skipped = ("always_touching_f1", "spread_mm")
    names = [name for name in recorded if name in shuffled and name not in skipped]
    return {name: over_takes(recorded[name], shuffled[name]) for name in names}


def _pooled(parts: Sequence[Mapping[str, Ratio]]) -> dict[str, Ratio]:
    """Each number over all parts that have it, as one contribution."""
    names = dict.fromkeys(name for part in parts for name in part)
    joined = {name: [sum_of_take(part[name]) for part in parts if name in part] for name in names}
    return {
        name: sum_of_take(
            Ratio(
                torch.cat([ratio.numerator for ratio in ratios]),
                torch.cat([ratio.denominator for ratio in ratios]),
            )
        )
        for name, ratios in joined.items()
    }


def _numbers(statistics: Mapping[str, Ratio], left_out: Mapping[str, str]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for name, statistic in statistics.items():
        estimate = over_takes(statistic)
        values = {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        if name not in left_out:
            numbers |= {key: value for key, value in values.items() if value == value}  # no NaN
    return numbers
