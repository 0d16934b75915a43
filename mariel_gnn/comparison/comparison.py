"""All numbers of a comparison, computed from finished runs, and the rows of its table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mariel_gnn.comparison.compatibility import notes, refuse_incompatible
from mariel_gnn.comparison.groups import RunGroup, group_runs
from mariel_gnn.comparison.intervals import Estimate, RecordingBootstrap, over_seeds
from mariel_gnn.comparison.paired import Paired, baseline_name, pair_all
from mariel_gnn.comparison.runs import Run, load_run
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.recording_groups import file_of
from mariel_gnn.evaluation.rows import (
    BASELINE_PREFIX,
    DATA,
    DATA_PREFIX,
    GROUPS_PREFIX,
    RECONSTRUCTIONS,
    RECONSTRUCTIONS_PREFIX,
    TRAINING_DATA,
    TRAINING_PREFIX,
    group_row,
    prior_prefix,
    prior_row,
)
from mariel_gnn.models.options import PRIORS

Numbers = dict[str, Estimate]

MPJPE = "test/mpjpe_mm"
OVER_RECORDINGS = "test/mpjpe_mm_over_recordings"
TRAINING = TRAINING_DATA.replace("_", " ")  # the row of the training windows
# Peaks of the whole process: runs trained one after another in one process share them.
_OF_THE_PROCESS = ("peak_memory_mb", "peak_gpu_memory_mb")


@dataclass(frozen=True)
class Comparison:
    """All numbers of a comparison.

    Attributes:
        groups: the compared groups of runs.
        rows: row -> number -> estimate; numbers have the names of `summary.json`.
        pairs: every group against the one before, then every group against both PCA.
        recordings: the test recordings, in the order of `Paired.by_recording_mm`.
        data: description of the data, for titles.
        notes: limits of the comparison, a sentence each.
        bootstrap: resamples of the test recordings.
    """

    groups: list[RunGroup]
    rows: Mapping[str, Mapping[str, Estimate]]
    pairs: list[Paired]
    recordings: list[str]
    data: str
    notes: list[str]
    bootstrap: RecordingBootstrap = field(repr=False)

    @property
    def runs(self) -> list[Run]:
        """All runs, by group and seed."""
        return [run for group in self.groups for run in group.runs]


def load_runs(folders: Iterable[str | Path]) -> list[Run]:
    """Read run folders that can be compared.

    Raises:
        UserError: no folder, a folder given twice, an unfinished run, or runs on different data.
    """
    folders = [Path(folder) for folder in folders]
    repeated = {folder for folder in folders if folders.count(folder) > 1}
    if repeated:
        raise UserError(f"{min(repeated)} is given twice: give each run once")
    if not folders:
        raise UserError("no runs to compare: give run folders, or --models to train new runs")
    runs = [load_run(folder) for folder in folders]
    refuse_incompatible(runs)
    return runs


def compare(runs: Sequence[Run]) -> Comparison:
    """Compare runs of the same data and split.

    Args:
        runs: from `load_runs`.

    Raises:
        UserError: two runs have the same model, options and seed.
    """
    groups = group_runs(runs)
    errors = runs[0].errors
    files = [file_of(errors.recordings[index]) for index in errors.recording.tolist()]
    names, recording = np.unique(files, return_inverse=True)
    bootstrap = RecordingBootstrap(recording)
    return Comparison(
        groups=groups,
        rows=all_rows(groups, bootstrap),
        pairs=pair_all(groups, bootstrap),
        recordings=names.tolist(),
        data=_description(runs[0]),
        notes=list(notes(groups, len(names))),
        bootstrap=bootstrap,
    )


def _description(run: Run) -> str:
    patterns = run.options.get("data.recordings")
    if not patterns:
        return "the synthetic dancer"
    names = [Path(p).name for p in ([patterns] if isinstance(patterns, str) else patterns)]
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def all_rows(groups: Sequence[RunGroup], bootstrap: RecordingBootstrap) -> dict[str, Numbers]:
    """Return row -> number -> estimate: groups, samples of a learned prior, baselines, the data.

    Numbers have the names that `summary.json` uses for the model. Intervals are over seeds, except for
    `OVER_RECORDINGS`.
    """
    rows: dict[str, Numbers] = {}
    for group in groups:
        rows[group.name] = _model_numbers(group)
        if group.reconstructs:
            rows[group.name][OVER_RECORDINGS] = bootstrap.mean(group.window_mm())
    for group in groups:
        for prior in PRIORS:
            if found := _renamed(group, prior_prefix(prior), "samples/"):
                rows[prior_row(group.name, prior)] = found
    for group in groups:
        if again := _renamed(group, RECONSTRUCTIONS_PREFIX, "samples/"):
            rows[f"{group.name} ({RECONSTRUCTIONS})"] = again
    for group in groups:
        for row in _baselines(group):
            name = baseline_name(row, group.latent_size)
            if name not in rows:
                rows[name] = _baseline(group, row, bootstrap)
    return rows | _recorded(groups[0])


def _recorded(group: RunGroup) -> dict[str, Numbers]:
    """The rows of recorded motion, with their intervals over recordings; equal in all runs."""
    summary = _finite(group.runs[0].summary)
    rows: dict[str, Numbers] = {}
    for name in _names(group):
        if name.startswith((DATA_PREFIX, TRAINING_PREFIX)):
            row, number = _recorded_name(name)
            estimate = _estimate(group, name, exact=True)
            ends = [summary.get(f"{name}_{end}", math.nan) for end in ("low", "high")]
            rows.setdefault(row, {})[f"samples/{number}"] = replace(
                estimate, low=ends[0], high=ends[1]
            )
    return rows


def _recorded_name(name: str) -> tuple[str, str]:
    """The row and the number of a name of recorded motion."""
    if name.startswith(GROUPS_PREFIX):
        of, number = name.removeprefix(GROUPS_PREFIX).split("/")
        return group_row(of.replace("_", " ")), number
    row, number = name.split("/")
    return (DATA if row == DATA else TRAINING), number


def values_of(comparison: Comparison, row: str) -> dict[str, float]:
    """The numbers of a row without their intervals; none if there is no such row."""
    return {name: estimate.value for name, estimate in comparison.rows.get(row, {}).items()}


def _model_numbers(group: RunGroup) -> Numbers:
    """The numbers of the group's model, without baselines and data."""
    others = (
        *map(prior_prefix, PRIORS), RECONSTRUCTIONS_PREFIX, DATA_PREFIX, TRAINING_PREFIX, BASELINE_PREFIX,
    )  # fmt: skip
    return {
        name: _estimate(group, name)
        for name in _names(group)
        if not name.startswith(others) and name not in _OF_THE_PROCESS
    }


def _baselines(group: RunGroup) -> Iterator[str]:
    """The baselines in the summaries of a group's runs, each once."""
    baselines = (name.split("/")[1] for name in _names(group) if name.startswith(BASELINE_PREFIX))
    yield from dict.fromkeys(baselines)


def _baseline(group: RunGroup, row: str, bootstrap: RecordingBootstrap) -> Numbers:
    prefix = f"{BASELINE_PREFIX}{row}/"
    numbers = _renamed(group, f"{prefix}samples/", "samples/", exact=True)
    errors = _renamed(group, prefix, "test/", exact=True)
    numbers |= {name: value for name, value in errors.items() if "/samples/" not in name}
    if row in group.runs[0].errors.rows:
        numbers[OVER_RECORDINGS] = bootstrap.mean(group.window_mm(row))
    return numbers


def _renamed(group: RunGroup, prefix: str, to: str, exact: bool = False) -> Numbers:
    """The numbers with a name that starts with `prefix`, renamed to start with `to`."""
    return {
        to + name.removeprefix(prefix): _estimate(group, name, exact)
        for name in _names(group)
        if name.startswith(prefix)
    }


def _names(group: RunGroup) -> list[str]:
    """The names of all finite numbers in the group's summaries."""
    return list(dict.fromkeys(name for run in group.runs for name in _finite(run.summary)))


def _estimate(group: RunGroup, name: str, exact: bool = False) -> Estimate:
    """The estimate of a number over the seeds that have it.

    With `exact`, a number that is equal for all seeds does not depend on the seed and gets no interval.
    """
    values = [run.summary[name] for run in group.runs if name in _finite(run.summary)]
    if exact and math.isclose(min(values), max(values), rel_tol=1e-6):
        return Estimate(values[0])
    return over_seeds(values)


def _finite(summary: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in summary.items() if math.isfinite(value)}
