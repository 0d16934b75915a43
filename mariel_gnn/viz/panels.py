"""Charts in panels: lines with intervals over a quantity, and dots with intervals by model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter, PercentFormatter, ScalarFormatter

from mariel_gnn.comparison.intervals import Array, Estimate
from mariel_gnn.errors import UserError
from mariel_gnn.viz.colors import FAINT_INK, GRID, INK
from mariel_gnn.viz.comparison_style import Style, make_log
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, tidy, unit_rgb, wrapped

ONE_PANEL_INCH, PANEL_INCH = (7.4, 4.0), (3.7, 2.6)
DOTS_WIDTH_INCH, ROW_INCH = 9.6, 0.3
PANELS_A_ROW = 3
NAME_WIDTH_PX = 150
LOG_FROM_RATIO, LOG_DOTS_FROM_RATIO = 4.0, 10.0
MOST_MARKERS = 12  # on a line
DOTS_NOTE = "bars: 95 % over seeds; shaded: acceptable; vertical line: the data itself"


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        x: `[N]`.
        y: `[N]`.
        style: colour, marker, stroke.
        low: `[N]` lower end of the interval, or None.
        high: `[N]` upper end, or None.
        seeds: (x, y) of each seed, drawn faintly.
    """

    x: Array
    y: Array
    style: Style
    low: Array | None = None
    high: Array | None = None
    seeds: Sequence[tuple[Array, Array]] = ()


@dataclass(frozen=True)
class LinePanel:
    """Lines in one panel.

    Attributes:
        lines: label -> line.
        x: label of the horizontal axis, with its unit.
        y: label of the vertical axis, with its unit.
        ticks: the only ticks of a horizontal axis to base 2; None for a linear axis.
        acceptable: (low, high) of acceptable values, shaded; infinite for an open end.
        data: value of the data itself, a thin line.
        percent: whether the values are written in percent.
    """

    lines: Mapping[str, Line]
    x: str
    y: str
    ticks: Sequence[int] | None = None
    acceptable: tuple[float, float] | None = None
    data: float | None = None
    percent: bool = False


@dataclass(frozen=True)
class DotPanel:
    """Dots of one quantity in one panel.

    Attributes:
        dots: row -> estimate with its interval.
        x: label of the horizontal axis, with its unit.
        acceptable: (low, high) of acceptable values, shaded; infinite for an open end.
        data: value of the data itself, a thin line.
        percent: whether the values are written in percent.
    """

    dots: Mapping[str, Estimate]
    x: str
    acceptable: tuple[float, float] | None = None
    data: float | None = None
    percent: bool = False


def save_line_panels(panels: Sequence[LinePanel], path: Path, title: str) -> None:
    """Draw panels of lines, with one legend for all.

    A vertical axis is logarithmic if all values are positive and span more than a factor of four.

    Args:
        panels: panels in reading order.
        path: the picture to write (png, pdf or svg).
        title: the title.

    Raises:
        UserError: there is no panel, or one without lines.
    """
    if not panels or not all(panel.lines for panel in panels):
        raise UserError("no lines to draw: each panel needs one line or more")
    across = min(len(panels), PANELS_A_ROW)
    down = -(-len(panels) // across)
    width, height = ONE_PANEL_INCH if len(panels) == 1 else PANEL_INCH
    figure = new_figure(across * width, down * height + 0.4, title)
    labelled: dict[str, Artist] = {}
    for number, panel in enumerate(panels, start=1):
        axes = figure.add_subplot(down, across, number)
        _draw_lines(axes, panel)
        handles, labels = axes.get_legend_handles_labels()
        labelled |= dict(zip(labels, handles, strict=True))
    figure.legend(
        list(labelled.values()), list(labelled), loc="outside lower left", frameon=False,
        ncols=max(1, int(across * width / 2.0)), fontsize=LABEL_PT - 1,
    )  # fmt: skip
    save_figure(figure, path)


def save_dot_panels(
    panels: Sequence[DotPanel], styles: Mapping[str, Style], path: Path, title: str
) -> None:
    """Draw panels of dots that share their rows.

    A horizontal axis is logarithmic if all values are positive and span more than a factor of ten.

    Args:
        panels: panels in reading order.
        styles: row -> style, from top to bottom.
        path: the picture to write (png, pdf or svg).
        title: the title.

    Raises:
        UserError: there is no panel or no row.
    """
    if not panels or not styles:
        raise UserError("no dots to draw: give one quantity or more and one row or more")
    across = min(len(panels), PANELS_A_ROW)
    down = -(-len(panels) // across)
    figure = new_figure(DOTS_WIDTH_INCH, down * (ROW_INCH * len(styles) + 1.1), title)
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(down, across, number + 1)
        _draw_dots(axes, panel, styles, named=number % across == 0)
    figure.supxlabel(DOTS_NOTE, fontsize=LABEL_PT - 1, color=unit_rgb(FAINT_INK))
    save_figure(figure, path)


def _draw_lines(axes: Axes, panel: LinePanel) -> None:
    """Draw one panel of lines."""
    tidy(axes)
    for label, line in panel.lines.items():
        _draw_line(axes, label, line, bars=panel.ticks is not None)
    if _spans(np.concatenate([line.y for line in panel.lines.values()]), LOG_FROM_RATIO):
        make_log(axes, "y")
    if panel.percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if panel.ticks is not None:
        _make_log2(axes, panel.ticks)
    _draw_references(axes, panel, "y")
    axes.set_xlabel(panel.x, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.set_ylabel(panel.y, fontsize=LABEL_PT, color=unit_rgb(INK))


def _draw_line(axes: Axes, label: str, line: Line, bars: bool) -> None:
    """Draw one line with its seeds and its interval, as bars at the points or as a band."""
    colour = unit_rgb(line.style.colour)
    for x, y in line.seeds:
        axes.plot(x, y, color=colour, linewidth=0.8, alpha=0.45)
    if line.low is not None and line.high is not None:
        finite = np.isfinite(line.low) & np.isfinite(line.high)
        if bars:
            low, high = line.low[finite], line.high[finite]
            axes.vlines(line.x[finite], low, high, colour, linewidth=1.4)
        else:
            axes.fill_between(
                line.x, line.low, line.high, where=finite, color=colour, alpha=0.15, linewidth=0
            )
    axes.plot(
        line.x, line.y, line.style.stroke, color=colour, marker=line.style.marker, markersize=5,
        markevery=max(1, len(line.x) // MOST_MARKERS), linewidth=1.8, label=label,
    )  # fmt: skip


def _draw_dots(axes: Axes, panel: DotPanel, styles: Mapping[str, Style], named: bool) -> None:
    """Draw one panel of dots, with the names of the rows if `named`."""
    tidy(axes)
    for row, (name, style) in enumerate(styles.items()):
        if name in panel.dots:
            _draw_dot(axes, panel.dots[name], style, row)
    if _spans(np.array([dot.value for dot in panel.dots.values()]), LOG_DOTS_FROM_RATIO):
        make_log(axes, "x")
    if panel.percent:
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.margins(x=0.12)
    _draw_references(axes, panel, "x")
    names = ["\n".join(wrapped(name, font(LABEL_PT - 1), NAME_WIDTH_PX)) for name in styles]
    axes.set_yticks(range(len(styles)), names if named else [""] * len(styles), color=unit_rgb(INK))
    axes.set_ylim(len(styles) - 0.4, -0.6)
    axes.set_xlabel(panel.x, fontsize=LABEL_PT, color=unit_rgb(INK))


def _draw_dot(axes: Axes, estimate: Estimate, style: Style, row: int) -> None:
    colour = unit_rgb(style.colour)
    if estimate.has_interval:
        axes.hlines(row, estimate.low, estimate.high, colour, linewidth=2.0)
    axes.plot([estimate.value], [row], style.marker, color=colour, markersize=7)


def _draw_references(axes: Axes, panel: LinePanel | DotPanel, which: Literal["x", "y"]) -> None:
    """Draw the value of the data and shade the acceptable values, without changing the limits."""
    draw_line, shade, get_limits, set_limits = (
        (axes.axvline, axes.axvspan, axes.get_xlim, axes.set_xlim)
        if which == "x"
        else (axes.axhline, axes.axhspan, axes.get_ylim, axes.set_ylim)
    )
    if panel.data is not None:
        draw_line(panel.data, color=unit_rgb(FAINT_INK), linewidth=1.2, label="the data itself")
    low, high = get_limits()
    if panel.acceptable is not None:
        start, stop = max(panel.acceptable[0], low), min(panel.acceptable[1], high)
        if start < stop:
            shade(start, stop, color=unit_rgb(GRID), alpha=0.6, label="acceptable", zorder=0)
    set_limits(low, high)


def _spans(values: Array, ratio: float) -> bool:
    """Return whether all values are positive and span more than a factor of `ratio`."""
    return bool(values.min() > 0 and values.max() / values.min() > ratio)


def _make_log2(axes: Axes, ticks: Sequence[int]) -> None:
    """Make the horizontal axis logarithmic to base 2, with `ticks` only."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
