"""All numbers of a comparison, computed from finished runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mariel_gnn.comparison.compatibility import file_of, notes, refuse_incompatible
from mariel_gnn.comparison.groups import RunGroup, group_runs
from mariel_gnn.comparison.intervals import Estimate, RecordingBootstrap
from mariel_gnn.comparison.paired import Paired, pair_all
from mariel_gnn.comparison.rows import all_rows
from mariel_gnn.comparison.runs import Run, load_run
from mariel_gnn.errors import UserError


@dataclass(frozen=True)
class Comparison:
    """All numbers of a comparison.

    Attributes:
        groups: the compared groups of runs.
        rows: row -> number -> estimate; numbers have the names of `summary.json`.
        pairs: every group against the first, then every group against PCA.
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
