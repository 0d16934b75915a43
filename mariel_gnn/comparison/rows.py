"""The rows of the table: groups, what is trivial beside them, and the data itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from mariel_gnn.comparison.groups import RunGroup
from mariel_gnn.comparison.intervals import Estimate, RecordingBootstrap, over_seeds
from mariel_gnn.comparison.paired import PCA, pca_name

Numbers = dict[str, Estimate]

MPJPE = "test/mpjpe_mm"
OVER_RECORDINGS = "test/mpjpe_mm_over_recordings"
FLOW = "samples_flow/"
DATA = "data"
_BASELINE = "baseline/"
# The greatest of the whole process: of runs made one after another in one it says nothing of each.
_OF_THE_PROCESS = ("peak_memory_mb", "peak_gpu_memory_mb")


def all_rows(groups: Sequence[RunGroup], bootstrap: RecordingBootstrap) -> dict[str, Numbers]:
    """Row -> number -> estimate: the groups, samples of a learned prior, trivial rows, the data.

    Numbers are named as those of a model in `summary.json`; the interval is over seeds, but that of
    `OVER_RECORDINGS`.
    """
    rows: dict[str, Numbers] = {}
    for group in groups:
        rows[group.name] = _own(group) | {OVER_RECORDINGS: bootstrap.mean(group.window_mm())}
    for group in groups:
        if flow := _renamed(group, FLOW, "samples/"):
            rows[flow_name(group)] = flow
    for group in groups:
        for row in _baselines(group):
            name = pca_name(group.latent_size) if row == PCA else row.replace("_", " ")
            if name not in rows:
                rows[name] = _baseline(group, row, bootstrap)
    rows[DATA] = _renamed(groups[0], "data/", "samples/", exact=True)
    return rows


def flow_name(group: RunGroup) -> str:
    """The row of an group's samples when z is drawn from its learned prior."""
    return f"{group.name} (flow)"


def _own(group: RunGroup) -> Numbers:
    """The numbers of the group's own model."""
    others = (FLOW, "data/", _BASELINE)
    return {
        name: _estimate(group, name)
        for name in _names(group)
        if not name.startswith(others) and name not in _OF_THE_PROCESS
    }


def _baselines(group: RunGroup) -> Iterator[str]:
    """The trivial rows that an group's runs have, each once."""
    baselines = (name.split("/")[1] for name in _names(group) if name.startswith(_BASELINE))
    yield from dict.fromkeys(baselines)


def _baseline(group: RunGroup, row: str, bootstrap: RecordingBootstrap) -> Numbers:
    prefix = f"{_BASELINE}{row}/"
    numbers = _renamed(group, f"{prefix}samples/", "samples/", exact=True)
    errors = _renamed(group, prefix, "test/", exact=True)
    numbers |= {name: value for name, value in errors.items() if "/samples/" not in name}
    if row in group.runs[0].errors.rows:
        numbers[OVER_RECORDINGS] = bootstrap.mean(group.window_mm(row))
    return numbers


def _renamed(group: RunGroup, prefix: str, to: str, exact: bool = False) -> Numbers:
    """The numbers whose name begins with `prefix`, under names that begin with `to`."""
    return {
        to + name.removeprefix(prefix): _estimate(group, name, exact)
        for name in _names(group)
        if name.startswith(prefix)
    }


def _names(group: RunGroup) -> list[str]:
    """All names of the group's summaries that hold a number."""
    return list(dict.fromkeys(name for run in group.runs for name in _finite(run.summary)))


def _estimate(group: RunGroup, name: str, exact: bool = False) -> Estimate:
    """A number of the summaries over the seeds that have it.

    If it may be `exact` and is the same for all seeds, it does not depend on them: no interval.
    """
    values = [run.summary[name] for run in group.runs if name in _finite(run.summary)]
    if exact and math.isclose(min(values), max(values), rel_tol=1e-6):
        return Estimate(values[0])
    return over_seeds(values)


def _finite(summary: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in summary.items() if math.isfinite(value)}
