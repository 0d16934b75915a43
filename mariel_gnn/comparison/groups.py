"""Groups of a comparison: runs that differ only in their seed."""

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
LONGEST_NAME = 40  # characters
# Options that do not change the trained model: seed, folders, evaluation, tracking. The prior is fitted
# afterwards and has its own row. Equal data is checked in compatibility.py; only the data options that
# may differ between models belong to the group.
_NOT_OF_THE_GROUP = ("seed", "out", "name", "data.", "evaluation.", "tracking.", "trainer.resume",
                     "prior")  # fmt: skip
_OF_THE_GROUP = ("data.normalization", "data.noisy_quarter")


@dataclass(frozen=True)
class RunGroup:
    """Runs of one model and one set of options, each with its own seed.

    Attributes:
        name: the model, and the options that differ from other groups of the same model.
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
    def reconstructs(self) -> bool:
        """Whether the model reconstructs; only then it has errors on test windows."""
        return self.has_row(self.runs[0].errors.model)

    def has_row(self, row: str) -> bool:
        """Whether all its runs have errors of a row of the table."""
        return all(row in run.errors.rows for run in self.runs)

    @property
    def seeds(self) -> frozenset[int]:
        """The seeds of its runs."""
        return frozenset(run.seed for run in self.runs)

    def with_seeds(self, seeds: frozenset[int]) -> RunGroup:
        """Return the group with only its runs of the given seeds."""
        return replace(self, runs=tuple(run for run in self.runs if run.seed in seeds))

    @property
    def family(self) -> str:
        """A key that groups share if they differ only in their latent size."""
        return repr(sorted((k, v) for k, v in group_options(self.runs[0]).items() if k != LATENT))

    def window_mm(self, row: str | None = None) -> Array:
        """Return the error `[N]` of each test window, mean over seeds, millimetres.

        Args:
            row: a row of the table such as `pca`; None for the model.
        """
        mean: Array = self.frame_mm(row).mean(axis=1)
        return mean

    def frame_mm(self, row: str | None = None) -> Array:
        """Return the error `[N, T]` of each frame of each test window, mean over seeds, millimetres."""
        return self._mean_over_seeds(row, lambda errors: errors.frame_mm)

    def part_mm(self, part: str, row: str | None = None) -> Array:
        """Return the error `[N]` of a body part in each test window, mean over seeds, millimetres."""
        members = list(self.runs[0].errors.parts[part])
        markers = self._mean_over_seeds(row, lambda errors: errors.marker_mm)
        mean: Array = markers[:, members].mean(axis=1)
        return mean

    def seeds_mm(self, row: str | None = None) -> list[float]:
        """Return the error of each seed, mean over all test windows, millimetres."""
        return [float(run.errors.window_mm(row or run.errors.model).mean()) for run in self.runs]

    def _mean_over_seeds(self, row: str | None, pick: Callable[[RowErrors], Tensor]) -> Array:
        picked = [pick(run.errors.rows[row or run.errors.model]).double() for run in self.runs]
        mean: Array = torch.stack(picked).mean(dim=0).numpy()
        return mean


def group_runs(runs: Sequence[Run]) -> list[RunGroup]:
    """Group runs, in the given order; groups of one model are adjacent, smallest latent size first.

    Raises:
        UserError: two runs of one group have the same seed.
    """
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        grouped.setdefault(repr(sorted(group_options(run).items(), key=str)), []).append(run)
    for members in grouped.values():
        _check_seeds_differ(members)
    names = _names([members[0] for members in grouped.values()])
    groups = [
        RunGroup(name, tuple(sorted(members, key=lambda run: run.seed)))
        for name, members in zip(names, grouped.values(), strict=True)
    ]
    return [group for members in families(groups) for group in members]


def group_options(run: Run) -> dict[str, Any]:
    """Return the options that all runs of a group share."""
    return {
        name: value
        for name, value in run.options.items()
        if name in _OF_THE_GROUP or not name.startswith(_NOT_OF_THE_GROUP)
    }


def families(groups: Sequence[RunGroup]) -> list[list[RunGroup]]:
    """Collect groups that differ only in their latent size, smallest first."""
    by_family: dict[str, list[RunGroup]] = {}
    for group in groups:
        by_family.setdefault(group.family, []).append(group)
    return [sorted(members, key=lambda group: group.latent_size) for members in by_family.values()]


def _check_seeds_differ(members: Sequence[Run]) -> None:
    seen: dict[int, Run] = {}
    for run in members:
        if run.seed in seen:
            raise UserError(
                f"{seen[run.seed].folder} and {run.folder} have the same model, options and seed: "
                "give one of them"
            )
        seen[run.seed] = run


def _names(firsts: Sequence[Run]) -> list[str]:
    """A unique name for each group, from the first run of each."""
    names = [_name(run, [other for other in firsts if other.model == run.model]) for run in firsts]
    return [
        name if names.count(name) == 1 else f"{name} {number}"
        for number, name in enumerate(names, start=1)
    ]


def _name(run: Run, same_model: Sequence[Run]) -> str:
    """The model and its options that differ from the first group of this model.

    The name includes the latent size if sizes differ. The run's folder replaces a list of options that is
    too long.
    """
    options = [group_options(other) for other in same_model]
    own, first = group_options(run), options[0]
    size = f" z{run.latent_size}" if LATENT in own and _differs(LATENT, options) else ""
    differences = [
        f"{name.rpartition('.')[2]} {_short(own.get(name))}"
        for name in _all_names(options)
        if name != LATENT and own.get(name) != first.get(name)
    ]
    full = ", ".join([run.model + size, *differences])
    return full if len(full) <= LONGEST_NAME else f"{run.model} ({run.folder.name})"


def _all_names(options: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for each in options for name in each))


def _differs(name: str, options: Sequence[Mapping[str, Any]]) -> bool:
    return any(each.get(name) != options[0].get(name) for each in options)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
