"""The pictures of a comparison of samples: by model and by latent size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mariel_gnn.comparison.comparison import MPJPE, TRAINING, Comparison, values_of
from mariel_gnn.comparison.groups import RunGroup, families
from mariel_gnn.comparison.intervals import Estimate
from mariel_gnn.comparison.paired import pca_name
from mariel_gnn.evaluation.rows import DATA, prior_row
from mariel_gnn.evaluation.table import SAMPLES, Column
from mariel_gnn.evaluation.targets import TARGETS
from mariel_gnn.models.options import PRIORS
from mariel_gnn.viz.comparison_style import (
    BASELINE,
    Style,
    comparison_title,
    group_styles,
    on_test,
    shown_groups,
    style_of,
)
from mariel_gnn.viz.panels import DotPanel, Line, LinePanel, save_dot_panels, save_line_panels

INF = float("inf")
_Column = tuple[Column, float | None]  # with the value of the data itself, if there is one
TWICE = 2.0
SHIFT = 1.05  # factor in x between the intervals of two models
# The acceptable values of numbers without a target (see docs/metrics.md).
_ACCEPTABLE = {
    "samples/bone_length_error_ratio": (0.0, 2.0),
    "samples/first_frames_ratio": (0.0, 1.2),
    "samples/kernel_distance_ratio": (-INF, 2.0),
}
_SHOWN_AS_RATIO = ("samples/kernel_distance",)
_HEADS = {  # where the head of the table is too short without its neighbour
    "samples/kernel_distance_ratio": "kernel distance, reference",
    "samples/kernel_distance_to_reconstructions": "kernel distance, to reconstructions",
    "samples/nearest_training_mm": "nearest training phrase",
    "samples/nearest_training_second_mm": "nearest training second",
    "samples/speed_variation_within": "speed within a phrase",
    "samples/speed_variation_between": "speed between phrases",
    "samples/power_3_to_5hz_rate": "power, 3 to 5 Hz",
    "samples/power_over_5hz_rate": "power over 5 Hz",
    "samples/left_right_log_std": "left/right arm",
    "samples/lowest_marker_q01_m": "lowest marker, 1 %",
    "samples/lowest_marker_q99_m": "lowest marker, 99 %",
}
_AT_MOST_TWICE_THE_DATA = ("samples/out_of_range_rate",)
_TARGETS = {target.name: target for target in TARGETS}


def draw_samples(comparison: Comparison, path: Path) -> bool:
    """Draw each metric of the samples by model; return whether there was one."""
    groups = shown_groups(comparison.groups)
    styles = _row_styles(groups, comparison)
    panels = [
        DotPanel(
            dots,
            _axis_label(column),
            _acceptable(column.name, comparison),
            data,
            "%" in column.form,
        )
        for column, data in _columns(comparison)
        if (dots := _dots(comparison, column.name, styles))
    ]
    if panels:
        title = comparison_title(
            "Samples at temperature 1", groups, f"trained on {comparison.data}"
        )
        save_dot_panels(panels, styles, path, title)
    return bool(panels)


def draw_error_by_size(comparison: Comparison, path: Path) -> bool:
    """Draw the error by latent size; return whether there are several sizes."""
    error = Column(MPJPE, "MPJPE", "mm; bars: 95 % over seeds")
    return _draw_by_size(comparison, [(error, None)], path, "Error", on_test(comparison))


def draw_samples_by_size(comparison: Comparison, path: Path) -> bool:
    """Draw each metric of the samples by latent size; return whether there are several sizes."""
    on = f"trained on {comparison.data}"
    return _draw_by_size(comparison, _columns(comparison), path, "Samples at temperature 1", on)


def _draw_by_size(
    comparison: Comparison, columns: Sequence[_Column], path: Path, what: str, on: str
) -> bool:
    grouped = [members for members in families(comparison.groups) if len(members) > 1]
    sizes = sorted({group.latent_size for members in grouped for group in members})
    panels = [
        LinePanel(
            _against_size(comparison, column.name, grouped), "latent size", _axis_label(column),
            sizes, _acceptable(column.name, comparison), data, "%" in column.form,
        )
        for column, data in columns
    ]  # fmt: skip
    panels = [panel for panel in panels if panel.lines]
    if panels:
        groups = [group for members in grouped for group in members]
        save_line_panels(panels, path, comparison_title(f"{what} by latent size", groups, on))
    return bool(panels)


def _columns(comparison: Comparison) -> list[_Column]:
    """Return the metrics of samples, each with the value of the data itself if there is one."""
    data = values_of(comparison, DATA)
    return [
        (column, data.get(column.name))
        for column in SAMPLES
        if column.name.startswith("samples/") and column.name not in _SHOWN_AS_RATIO
    ]


def _row_styles(groups: Sequence[RunGroup], comparison: Comparison) -> dict[str, Style]:
    """Return row -> style: each group and its other priors, then PCA."""
    styles, rows = group_styles(comparison.groups), {}
    for group in groups:
        rows[group.name] = styles[group.name]
        others = [prior_row(group.name, prior) for prior in PRIORS]
        rows |= {row: styles[group.name] for row in others if row in comparison.rows}
    return rows | {pca_name(group.latent_size): BASELINE for group in groups}


def _dots(comparison: Comparison, name: str, rows: Mapping[str, Style]) -> dict[str, Estimate]:
    return {row: comparison.rows[row][name] for row in rows if name in comparison.rows[row]}


def _against_size(
    comparison: Comparison, name: str, grouped: Sequence[Sequence[RunGroup]]
) -> dict[str, Line]:
    """Return the lines of a metric over the latent size, for each model and for PCA, slightly shifted."""
    lines = {}
    for number, members in enumerate(grouped):
        rows = {group.latent_size: group.name for group in members}
        shift = SHIFT ** (number - (len(grouped) - 1) / 2)
        lines[members[0].model] = _line(comparison, name, rows, style_of(number), shift)
    sizes = sorted({group.latent_size for members in grouped for group in members})
    lines["PCA"] = _line(comparison, name, {size: pca_name(size) for size in sizes}, BASELINE)
    return {label: line for label, line in lines.items() if len(line.x)}


def _line(
    comparison: Comparison, name: str, rows: Mapping[int, str], style: Style, shift: float = 1.0
) -> Line:
    """Return the line of a metric over the latent size, from size -> row."""
    found = [(size, comparison.rows[row].get(name)) for size, row in rows.items()]
    estimates = [(size, estimate) for size, estimate in found if estimate is not None]
    low = np.array([estimate.low for _, estimate in estimates])
    high = np.array([estimate.high for _, estimate in estimates])
    x = shift * np.array([size for size, _ in estimates], dtype=np.float64)
    return Line(x, np.array([estimate.value for _, estimate in estimates]), style, low, high)


def _axis_label(column: Column) -> str:
    head = _HEADS.get(column.name, column.head)
    unit = "" if column.unit == "95 %" else column.unit  # 95 % is the interval of one run
    return f"{head} [{unit}]" if unit else head


def _acceptable(name: str, comparison: Comparison) -> tuple[float, float] | None:
    """Return the range of acceptable values of a metric, or None if none is defined."""
    data, training = (values_of(comparison, row) for row in (DATA, TRAINING))
    if name in _TARGETS:
        return _TARGETS[name].range(data, training)
    if name in _AT_MOST_TWICE_THE_DATA and name in data:
        return 0.0, TWICE * data[name]
    return _ACCEPTABLE.get(name)
