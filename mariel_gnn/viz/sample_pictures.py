"""Pictures of how good samples are: model by model, and against the latent size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mariel_gnn.comparing.arms import Arm, families
from mariel_gnn.comparing.comparison import Comparison
from mariel_gnn.comparing.intervals import Estimate
from mariel_gnn.comparing.paired import pca_name
from mariel_gnn.comparing.rows import DATA, MPJPE, flow_name
from mariel_gnn.metrics.table import SAMPLES, Column
from mariel_gnn.viz.arm_looks import TRIVIAL, Look, arm_looks, look_of, shown_arms
from mariel_gnn.viz.band_lines import Line, LinePanel, save_line_panels
from mariel_gnn.viz.dot_panels import DotPanel, save_dot_panels
from mariel_gnn.viz.titles import comparison_title, on_test

INF = float("inf")
_Column = tuple[Column, float | None]  # and the data's own value, if it has one
TWICE = 2.0
BESIDE = 1.05  # how far apart the intervals of two models stand
# What counts as sound: fixed, or told from the data's own value (see docs/metrics.md).
_SOUND = {
    "samples/motion_amount_ratio": (0.9, 1.1),
    "samples/rigid_pair_ratio": (0.0, 2.0),
    "samples/first_frames_ratio": (0.0, 1.2),
    "samples/kernel_distance_over_floor": (-INF, 2.0),
}
_TOLD_BY_A_RATIO = ("samples/kernel_distance",)
_HEADS = {  # where a table's head needs its neighbour
    "samples/kernel_distance_over_floor": "kernel distance over floor",
    "samples/nearest_training_mm": "nearest training phrase",
}
_AT_MOST_TWICE_THE_DATA = ("samples/lost_marker_rate",)
_AT_LEAST_THE_DATA = ("samples/nearest_training_mm",)


def draw_samples(comparison: Comparison, path: Path) -> bool:
    """Draw each measure of the samples, model by model; whether there was any to draw."""
    arms = shown_arms(comparison.arms)
    looks = _row_looks(arms, comparison)
    panels = [
        DotPanel(dots, _named(column), _sound(column.name, data), data, "%" in column.form)
        for column, data in _columns(comparison)
        if (dots := _dots(comparison, column.name, looks))
    ]
    if panels:
        title = comparison_title(
            "Samples at temperature 1", arms, f"learned from {comparison.data}"
        )
        save_dot_panels(panels, looks, path, title)
    return bool(panels)


def draw_error_by_size(comparison: Comparison, path: Path) -> bool:
    """Draw the error against the latent size; whether there were several sizes."""
    error = Column(MPJPE, "MPJPE", "mm; bars: 95 % over seeds")
    return _draw_by_size(comparison, [(error, None)], path, "Error", on_test(comparison))


def draw_samples_by_size(comparison: Comparison, path: Path) -> bool:
    """Draw each measure of samples against the latent size; whether there were several sizes."""
    on = f"learned from {comparison.data}"
    return _draw_by_size(comparison, _columns(comparison), path, "Samples at temperature 1", on)


def _draw_by_size(
    comparison: Comparison, columns: Sequence[_Column], path: Path, what: str, on: str
) -> bool:
    grouped = [members for members in families(comparison.arms) if len(members) > 1]
    sizes = sorted({arm.latent_size for members in grouped for arm in members})
    panels = [
        LinePanel(
            _against_size(comparison, column.name, grouped), "latent size", _named(column),
            sizes, _sound(column.name, data), data, "%" in column.form,
        )
        for column, data in columns
    ]  # fmt: skip
    panels = [panel for panel in panels if panel.lines]
    if panels:
        arms = [arm for members in grouped for arm in members]
        save_line_panels(panels, path, comparison_title(f"{what} by latent size", arms, on))
    return bool(panels)


def _columns(comparison: Comparison) -> list[_Column]:
    """The measures of samples, each with the data's own value if it has one."""
    data = comparison.rows.get(DATA, {})
    return [
        (column, data[column.name].value if column.name in data else None)
        for column in SAMPLES
        if column.name.startswith("samples/") and column.name not in _TOLD_BY_A_RATIO
    ]


def _row_looks(arms: Sequence[Arm], comparison: Comparison) -> dict[str, Look]:
    """The rows to draw with their looks: each arm and its learned prior, then PCA."""
    looks, rows = arm_looks(comparison.arms), {}
    for arm in arms:
        rows[arm.name] = looks[arm.name]
        if flow_name(arm) in comparison.rows:
            rows[flow_name(arm)] = looks[arm.name]
    return rows | {pca_name(arm.latent_size): TRIVIAL for arm in arms}


def _dots(comparison: Comparison, name: str, rows: Mapping[str, Look]) -> dict[str, Estimate]:
    return {row: comparison.rows[row][name] for row in rows if name in comparison.rows[row]}


def _against_size(
    comparison: Comparison, name: str, grouped: Sequence[Sequence[Arm]]
) -> dict[str, Line]:
    """A line of a number for each family of arms and for PCA, a little beside each other."""
    lines = {}
    for number, members in enumerate(grouped):
        rows = {arm.latent_size: arm.name for arm in members}
        apart = BESIDE ** (number - (len(grouped) - 1) / 2)
        lines[members[0].model] = _line(comparison, name, rows, look_of(number), apart)
    sizes = sorted({arm.latent_size for members in grouped for arm in members})
    lines["PCA"] = _line(comparison, name, {size: pca_name(size) for size in sizes}, TRIVIAL)
    return {label: line for label, line in lines.items() if len(line.x)}


def _line(
    comparison: Comparison, name: str, rows: Mapping[int, str], look: Look, apart: float = 1.0
) -> Line:
    """A number against the latent size, from size -> row, where the row has it."""
    found = [(size, comparison.rows[row].get(name)) for size, row in rows.items()]
    known = [(size, estimate) for size, estimate in found if estimate is not None]
    low = np.array([estimate.low for _, estimate in known])
    high = np.array([estimate.high for _, estimate in known])
    x = apart * np.array([size for size, _ in known], dtype=np.float64)
    return Line(x, np.array([estimate.value for _, estimate in known]), look, low, high)


def _named(column: Column) -> str:
    head = _HEADS.get(column.name, column.head)
    unit = "" if column.unit == "95 %" else column.unit  # of one run's own interval
    return f"{head} [{unit}]" if unit else head


def _sound(name: str, data: float | None) -> tuple[float, float] | None:
    """Where a measure is sound; None where that is not known."""
    if data is not None and name in _AT_MOST_TWICE_THE_DATA:
        return 0.0, TWICE * data
    if data is not None and name in _AT_LEAST_THE_DATA:
        return data, INF
    return _SOUND.get(name)
