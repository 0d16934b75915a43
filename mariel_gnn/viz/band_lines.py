"""Lines with what is around them: single seeds, and intervals as bands or as bars at the points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter, PercentFormatter, ScalarFormatter

from mariel_gnn.comparison.intervals import Array
from mariel_gnn.errors import UserError
from mariel_gnn.viz.colors import FAINT_INK, GRID, INK
from mariel_gnn.viz.comparison_style import Style, make_log
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb

ONE_PANEL_INCH, PANEL_INCH = (7.4, 4.0), (3.7, 2.6)
PANELS_A_ROW = 3
LOG_FROM_RATIO = 4.0
MOST_MARKERS = 12


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        x: `[N]`.
        y: `[N]`.
        style: colour, marker, stroke.
        low: `[N]` lower end of the interval, or None.
        high: `[N]` upper end, or None.
        seeds: (x, y) of single seeds, drawn faintly.
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
        x: what is at the horizontal axis, with its unit.
        y: what is at the vertical axis, with its unit.
        ticks: the only places named at a horizontal axis of doublings; None for a plain axis.
        acceptable: (low, high) of what counts as acceptable, shaded; infinite for no end.
        data: the data's own value, a thin line.
        percent: whether the values are shares to be named in percent.
    """

    lines: Mapping[str, Line]
    x: str
    y: str
    ticks: Sequence[int] | None = None
    acceptable: tuple[float, float] | None = None
    data: float | None = None
    percent: bool = False


def save_line_panels(panels: Sequence[LinePanel], path: Path, title: str) -> None:
    """Draw panels of lines, with one legend for all.

    A vertical axis is logarithmic where all is positive and spans more than a factor of four.

    Args:
        panels: in reading order.
        path: the picture to write (png, pdf or svg).
        title: what is shown.

    Raises:
        UserError: a panel has no lines, or there is none.
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
        draw_panel(axes, panel)
        handles, labels = axes.get_legend_handles_labels()
        labelled |= dict(zip(labels, handles, strict=True))
    figure.legend(
        list(labelled.values()), list(labelled), loc="outside lower left", frameon=False,
        ncols=max(1, int(across * width / 2.0)), fontsize=LABEL_PT - 1,
    )  # fmt: skip
    save_figure(figure, path)


def draw_panel(axes: Axes, panel: LinePanel) -> None:
    """Draw one panel of lines."""
    tidy(axes)
    for label, line in panel.lines.items():
        _draw_line(axes, label, line, bars=panel.ticks is not None)
    if _spans(panel.lines):
        make_log(axes, "y")
    if panel.percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if panel.ticks is not None:
        _make_doublings(axes, panel.ticks)
    _draw_references(axes, panel)
    axes.set_xlabel(panel.x, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.set_ylabel(panel.y, fontsize=LABEL_PT, color=unit_rgb(INK))


def _draw_line(axes: Axes, label: str, line: Line, bars: bool) -> None:
    colour = unit_rgb(line.style.colour)
    for x, y in line.seeds:
        axes.plot(x, y, color=colour, linewidth=0.8, alpha=0.45)
    if line.low is not None and line.high is not None:
        known = np.isfinite(line.low) & np.isfinite(line.high)
        if bars:
            axes.vlines(line.x[known], line.low[known], line.high[known], colour, linewidth=1.4)
        else:
            axes.fill_between(
                line.x, line.low, line.high, where=known, color=colour, alpha=0.15, linewidth=0
            )
    axes.plot(
        line.x, line.y, line.style.stroke, color=colour, marker=line.style.marker, markersize=5,
        markevery=max(1, len(line.x) // MOST_MARKERS), linewidth=1.8, label=label,
    )  # fmt: skip


def _draw_references(axes: Axes, panel: LinePanel) -> None:
    """Draw the data's own value, and shade what is acceptable as far as the axis goes."""
    if panel.data is not None:
        axes.axhline(panel.data, color=unit_rgb(FAINT_INK), linewidth=1.2, label="the data itself")
    low, high = axes.get_ylim()
    if panel.acceptable is not None:
        bottom, top = max(panel.acceptable[0], low), min(panel.acceptable[1], high)
        if bottom < top:
            axes.axhspan(bottom, top, color=unit_rgb(GRID), alpha=0.6, label="acceptable", zorder=0)
    axes.set_ylim(low, high)


def _spans(lines: Mapping[str, Line]) -> bool:
    values = np.concatenate([line.y for line in lines.values()])
    return bool(values.min() > 0 and values.max() / values.min() > LOG_FROM_RATIO)


def _make_doublings(axes: Axes, ticks: Sequence[int]) -> None:
    """A horizontal axis on which doubling is one step, named at `ticks` only."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
