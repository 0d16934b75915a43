"""The rows of the table: arms, what is trivial beside them, and the data itself."""

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


def all_rows(arms: Sequence[RunGroup], bootstrap: RecordingBootstrap) -> dict[str, Numbers]:
    """Row -> number -> estimate: the arms, samples of a learned prior, trivial rows, the data.

    Numbers are named as those of a model in `summary.json`; the interval is over seeds, but that of
    `OVER_RECORDINGS`.
    """
    rows: dict[str, Numbers] = {}
    for arm in arms:
        rows[arm.name] = _own(arm) | {OVER_RECORDINGS: bootstrap.mean(arm.window_mm())}
    for arm in arms:
        if flow := _renamed(arm, FLOW, "samples/"):
            rows[flow_name(arm)] = flow
    for arm in arms:
        for row in _baselines(arm):
            name = pca_name(arm.latent_size) if row == PCA else row.replace("_", " ")
            if name not in rows:
                rows[name] = _baseline(arm, row, bootstrap)
    rows[DATA] = _renamed(arms[0], "data/", "samples/", exact=True)
    return rows


def flow_name(arm: RunGroup) -> str:
    """The row of an arm's samples when z is drawn from its learned prior."""
    return f"{arm.name} (flow)"


def _own(arm: RunGroup) -> Numbers:
    """The numbers of the arm's own model."""
    others = (FLOW, "data/", _BASELINE)
    return {
        name: _estimate(arm, name)
        for name in _names(arm)
        if not name.startswith(others) and name not in _OF_THE_PROCESS
    }


def _baselines(arm: RunGroup) -> Iterator[str]:
    """The trivial rows that an arm's runs have, each once."""
    baselines = (name.split("/")[1] for name in _names(arm) if name.startswith(_BASELINE))
    yield from dict.fromkeys(baselines)


def _baseline(arm: RunGroup, row: str, bootstrap: RecordingBootstrap) -> Numbers:
    prefix = f"{_BASELINE}{row}/"
    numbers = _renamed(arm, f"{prefix}samples/", "samples/", exact=True)
    errors = _renamed(arm, prefix, "test/", exact=True)
    numbers |= {name: value for name, value in errors.items() if "/samples/" not in name}
    if row in arm.runs[0].errors.rows:
        numbers[OVER_RECORDINGS] = bootstrap.mean(arm.window_mm(row))
    return numbers


def _renamed(arm: RunGroup, prefix: str, to: str, exact: bool = False) -> Numbers:
    """The numbers whose name begins with `prefix`, under names that begin with `to`."""
    return {
        to + name.removeprefix(prefix): _estimate(arm, name, exact)
        for name in _names(arm)
        if name.startswith(prefix)
    }


def _names(arm: RunGroup) -> list[str]:
    """All names of the arm's summaries that hold a number."""
    return list(dict.fromkeys(name for run in arm.runs for name in _finite(run.summary)))


def _estimate(arm: RunGroup, name: str, exact: bool = False) -> Estimate:
    """A number of the summaries over the seeds that have it.

    If it may be `exact` and is the same for all seeds, it does not depend on them: no interval.
    """
    values = [run.summary[name] for run in arm.runs if name in _finite(run.summary)]
    if exact and math.isclose(min(values), max(values), rel_tol=1e-6):
        return Estimate(values[0])
    return over_seeds(values)


def _finite(summary: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in summary.items() if math.isfinite(value)}
