"""Dots with intervals in a panel for each quantity: how good samples are, model by model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from mariel_gnn.comparison.comparison import Comparison
from mariel_gnn.comparison.groups import RunGroup, families
from mariel_gnn.comparison.intervals import Estimate
from mariel_gnn.comparison.paired import pca_name
from mariel_gnn.comparison.rows import DATA, MPJPE, flow_name
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.table import SAMPLES, Column
from mariel_gnn.viz.band_lines import Line, LinePanel, save_line_panels
from mariel_gnn.viz.colors import FAINT_INK, GRID, INK
from mariel_gnn.viz.comparison_style import (
    BASELINE,
    Style,
    comparison_title,
    group_styles,
    make_log,
    on_test,
    shown_groups,
    style_of,
)
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, tidy, unit_rgb, wrapped

WIDTH_INCH, LINE_INCH = 9.6, 0.3
PANELS_A_ROW = 3
NAME_WIDTH_PX = 150
LOG_FROM_RATIO = 10.0
NOTE = "bars: 95 % over seeds; shaded: acceptable; upright line: the data itself"


@dataclass(frozen=True)
class DotPanel:
    """One quantity.

    Attributes:
        dots: row -> number with its interval.
        x: the quantity with its unit.
        acceptable: (low, high) of what counts as acceptable, shaded; infinite for no end.
        data: the data's own value, a thin line.
        percent: whether the values are shares to be named in percent.
    """

    dots: Mapping[str, Estimate]
    x: str
    acceptable: tuple[float, float] | None = None
    data: float | None = None
    percent: bool = False


def save_dot_panels(
    panels: Sequence[DotPanel], styles: Mapping[str, Style], path: Path, title: str
) -> None:
    """Draw panels that share their rows.

    An axis is logarithmic where all is positive and spans more than a factor of ten.

    Args:
        panels: in reading order.
        styles: row -> style, from top to bottom.
        path: the picture to write (png, pdf or svg).
        title: what is shown.

    Raises:
        UserError: there is no panel or no row.
    """
    if not panels or not styles:
        raise UserError("no dots to draw: one quantity and one row or more are wanted")
    across = min(len(panels), PANELS_A_ROW)
    down = -(-len(panels) // across)
    figure = new_figure(WIDTH_INCH, down * (LINE_INCH * len(styles) + 1.1), title)
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(down, across, number + 1)
        _draw_panel(axes, panel, styles, named=number % across == 0)
    figure.supxlabel(NOTE, fontsize=LABEL_PT - 1, color=unit_rgb(FAINT_INK))
    save_figure(figure, path)


def _draw_panel(axes: Axes, panel: DotPanel, styles: Mapping[str, Style], named: bool) -> None:
    tidy(axes)
    for line, (row, style) in enumerate(styles.items()):
        if row in panel.dots:
            _draw_dot(axes, panel.dots[row], style, line)
    values = [estimate.value for estimate in panel.dots.values()]
    if min(values) > 0 and max(values) / min(values) > LOG_FROM_RATIO:
        make_log(axes, "x")
    if panel.percent:
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    _draw_references(axes, panel)
    names = ["\n".join(wrapped(row, font(LABEL_PT - 1), NAME_WIDTH_PX)) for row in styles]
    axes.set_yticks(range(len(styles)), names if named else [""] * len(styles), color=unit_rgb(INK))
    axes.set_ylim(len(styles) - 0.4, -0.6)
    axes.set_xlabel(panel.x, fontsize=LABEL_PT, color=unit_rgb(INK))


def _draw_dot(axes: Axes, estimate: Estimate, style: Style, line: int) -> None:
    colour = unit_rgb(style.colour)
    if estimate.has_interval:
        axes.hlines(line, estimate.low, estimate.high, colour, linewidth=2.0)
    axes.plot([estimate.value], [line], style.marker, color=colour, markersize=7)


def _draw_references(axes: Axes, panel: DotPanel) -> None:
    """Shade what is acceptable and draw the data's own value; the axis begins or ends no tighter."""
    axes.margins(x=0.12)
    if panel.data is not None:
        axes.axvline(panel.data, color=unit_rgb(FAINT_INK), linewidth=1.2)
    low, high = axes.get_xlim()
    if panel.acceptable is not None:
        left, right = max(panel.acceptable[0], low), min(panel.acceptable[1], high)
        if left < right:
            axes.axvspan(left, right, color=unit_rgb(GRID), alpha=0.6, zorder=0)
    axes.set_xlim(low, high)


INF = float("inf")
_Column = tuple[Column, float | None]  # and the data's own value, if it has one
TWICE = 2.0
BESIDE = 1.05  # how far apart the intervals of two models stand
# What counts as acceptable: fixed, or told from the data's own value (see docs/metrics.md).
_ACCEPTABLE = {
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
    groups = shown_groups(comparison.groups)
    styles = _row_styles(groups, comparison)
    panels = [
        DotPanel(dots, _named(column), _acceptable(column.name, data), data, "%" in column.form)
        for column, data in _columns(comparison)
        if (dots := _dots(comparison, column.name, styles))
    ]
    if panels:
        title = comparison_title(
            "Samples at temperature 1", groups, f"learned from {comparison.data}"
        )
        save_dot_panels(panels, styles, path, title)
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
    grouped = [members for members in families(comparison.groups) if len(members) > 1]
    sizes = sorted({group.latent_size for members in grouped for group in members})
    panels = [
        LinePanel(
            _against_size(comparison, column.name, grouped), "latent size", _named(column),
            sizes, _acceptable(column.name, data), data, "%" in column.form,
        )
        for column, data in columns
    ]  # fmt: skip
    panels = [panel for panel in panels if panel.lines]
    if panels:
        groups = [group for members in grouped for group in members]
        save_line_panels(panels, path, comparison_title(f"{what} by latent size", groups, on))
    return bool(panels)


def _columns(comparison: Comparison) -> list[_Column]:
    """The measures of samples, each with the data's own value if it has one."""
    data = comparison.rows.get(DATA, {})
    return [
        (column, data[column.name].value if column.name in data else None)
        for column in SAMPLES
        if column.name.startswith("samples/") and column.name not in _TOLD_BY_A_RATIO
    ]


def _row_styles(groups: Sequence[RunGroup], comparison: Comparison) -> dict[str, Style]:
    """The rows to draw with their styles: each group and its learned prior, then PCA."""
    styles, rows = group_styles(comparison.groups), {}
    for group in groups:
        rows[group.name] = styles[group.name]
        if flow_name(group) in comparison.rows:
            rows[flow_name(group)] = styles[group.name]
    return rows | {pca_name(group.latent_size): BASELINE for group in groups}


def _dots(comparison: Comparison, name: str, rows: Mapping[str, Style]) -> dict[str, Estimate]:
    return {row: comparison.rows[row][name] for row in rows if name in comparison.rows[row]}


def _against_size(
    comparison: Comparison, name: str, grouped: Sequence[Sequence[RunGroup]]
) -> dict[str, Line]:
    """A line of a number for each family of groups and for PCA, a little beside each other."""
    lines = {}
    for number, members in enumerate(grouped):
        rows = {group.latent_size: group.name for group in members}
        apart = BESIDE ** (number - (len(grouped) - 1) / 2)
        lines[members[0].model] = _line(comparison, name, rows, style_of(number), apart)
    sizes = sorted({group.latent_size for members in grouped for group in members})
    lines["PCA"] = _line(comparison, name, {size: pca_name(size) for size in sizes}, BASELINE)
    return {label: line for label, line in lines.items() if len(line.x)}


def _line(
    comparison: Comparison, name: str, rows: Mapping[int, str], style: Style, apart: float = 1.0
) -> Line:
    """A number against the latent size, from size -> row, where the row has it."""
    found = [(size, comparison.rows[row].get(name)) for size, row in rows.items()]
    known = [(size, estimate) for size, estimate in found if estimate is not None]
    low = np.array([estimate.low for _, estimate in known])
    high = np.array([estimate.high for _, estimate in known])
    x = apart * np.array([size for size, _ in known], dtype=np.float64)
    return Line(x, np.array([estimate.value for _, estimate in known]), style, low, high)


def _named(column: Column) -> str:
    head = _HEADS.get(column.name, column.head)
    unit = "" if column.unit == "95 %" else column.unit  # of one run's own interval
    return f"{head} [{unit}]" if unit else head


def _acceptable(name: str, data: float | None) -> tuple[float, float] | None:
    """Where a measure is acceptable; None where that is not known."""
    if data is not None and name in _AT_MOST_TWICE_THE_DATA:
        return 0.0, TWICE * data
    if data is not None and name in _AT_LEAST_THE_DATA:
        return data, INF
    return _ACCEPTABLE.get(name)
