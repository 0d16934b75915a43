"""Runs that differ in their seed only are one group of the comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from mariel_gnn.comparison.intervals import Array
from mariel_gnn.comparison.runs import Run
from mariel_gnn.errors import UserError
from mariel_gnn.metrics.reconstruction import RowErrors

LATENT = "network.latent_size"
LONGEST_NAME = 40
# Not of the model: who it is, where it goes, what is drawn for the table, and the prior, which is fitted
# afterwards and has a row of its own. Of the data only what a model makes of them; that they are the
# same is checked apart.
_NOT_OF_THE_GROUP = ("seed", "out", "name", "data.", "evaluation.", "tracking.", "trainer.resume",
                   "prior")  # fmt: skip
_OF_THE_GROUP = ("data.normalization", "data.noisy_quarter")


@dataclass(frozen=True)
class RunGroup:
    """Runs of one model and one set of options, each of another seed.

    Attributes:
        name: the model, and what tells it from other groups of the same model.
        runs: in the order of their seeds.
    """

    name: str
    runs: tuple[Run, ...]

    @property
    def model(self) -> str:
        """The model's name."""
        return self.runs[0].model

    @property
    def latent_size(self) -> int:
        """Z."""
        return self.runs[0].latent_size

    @property
    def seeds(self) -> frozenset[int]:
        """The seeds of its runs."""
        return frozenset(run.seed for run in self.runs)

    def with_seeds(self, seeds: frozenset[int]) -> RunGroup:
        """The group with its runs of some seeds only."""
        return replace(self, runs=tuple(run for run in self.runs if run.seed in seeds))

    @property
    def family(self) -> str:
        """What groups share that differ in their latent size only."""
        return repr(sorted((k, v) for k, v in group_options(self.runs[0]).items() if k != LATENT))

    def window_mm(self, row: str | None = None) -> Array:
        """The error `[N]` of each test window, averaged over seeds, millimetres.

        Args:
            row: such as pca; None for the model's own.
        """
        mean: Array = self.frame_mm(row).mean(axis=1)
        return mean

    def frame_mm(self, row: str | None = None) -> Array:
        """The error `[N, T]` of each frame of each test window, averaged over seeds, millimetres."""
        return self._over_seeds(row, lambda errors: errors.frame_mm)

    def part_mm(self, part: str, row: str | None = None) -> Array:
        """The error `[N]` of a body part in each test window, averaged over seeds, millimetres."""
        members = list(self.runs[0].errors.parts[part])
        markers = self._over_seeds(row, lambda errors: errors.marker_mm)
        mean: Array = markers[:, members].mean(axis=1)
        return mean

    def seeds_mm(self, row: str | None = None) -> list[float]:
        """The error of each seed over all test windows, millimetres."""
        return [float(run.errors.window_mm(row or run.errors.model).mean()) for run in self.runs]

    def _over_seeds(self, row: str | None, pick: Callable[[RowErrors], Tensor]) -> Array:
        picked = [pick(run.errors.rows[row or run.errors.model]).double() for run in self.runs]
        mean: Array = torch.stack(picked).mean(dim=0).numpy()
        return mean


def group_runs(runs: Sequence[Run]) -> list[RunGroup]:
    """The groups in the order in which they were given, the latent sizes of one together, smallest first.

    Raises:
        UserError: two runs are of the same group and the same seed.
    """
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        grouped.setdefault(repr(sorted(group_options(run).items(), key=str)), []).append(run)
    for members in grouped.values():
        _refuse_twins(members)
    names = _names([members[0] for members in grouped.values()])
    groups = [
        RunGroup(name, tuple(sorted(members, key=lambda run: run.seed)))
        for name, members in zip(names, grouped.values(), strict=True)
    ]
    return [group for members in families(groups) for group in members]


def group_options(run: Run) -> dict[str, Any]:
    """The options that make an group."""
    return {
        name: value
        for name, value in run.options.items()
        if name in _OF_THE_GROUP or not name.startswith(_NOT_OF_THE_GROUP)
    }


def families(groups: Sequence[RunGroup]) -> list[list[RunGroup]]:
    """Groups that differ in their latent size only, together, the smallest first."""
    found: dict[str, list[RunGroup]] = {}
    for group in groups:
        found.setdefault(group.family, []).append(group)
    return [sorted(members, key=lambda group: group.latent_size) for members in found.values()]


def _refuse_twins(members: Sequence[Run]) -> None:
    seen: dict[int, Run] = {}
    for run in members:
        if run.seed in seen:
            raise UserError(
                f"{seen[run.seed].folder} and {run.folder} have the same model, options and seed: a "
                "run counts once, give one of them"
            )
        seen[run.seed] = run


def _names(firsts: Sequence[Run]) -> list[str]:
    """A name for each group, given one run of each; all differ."""
    names = [_name(run, [other for other in firsts if other.model == run.model]) for run in firsts]
    return [
        name if names.count(name) == 1 else f"{name} {number}"
        for number, name in enumerate(names, start=1)
    ]


def _name(run: Run, same_model: Sequence[Run]) -> str:
    """The model and how it differs from the first of its kind, or the run's folder where that is long.

    The latent size is told wherever sizes differ.
    """
    options = [group_options(other) for other in same_model]
    own, first = group_options(run), options[0]
    size = f" z{run.latent_size}" if _differs(LATENT, options) else ""
    told = [
        f"{name.rpartition('.')[2]} {_short(own.get(name))}"
        for name in _all_names(options)
        if name != LATENT and own.get(name) != first.get(name)
    ]
    full = ", ".join([run.model + size, *told])
    return full if len(full) <= LONGEST_NAME else f"{run.model} ({run.folder.name})"


def _all_names(options: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for each in options for name in each))


def _differs(name: str, options: Sequence[Mapping[str, Any]]) -> bool:
    return any(each.get(name) != options[0].get(name) for each in options)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
