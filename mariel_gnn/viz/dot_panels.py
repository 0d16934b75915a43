"""Dots with intervals in a panel for each quantity: how good samples are, model by model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from mariel_gnn.comparing.intervals import Estimate
from mariel_gnn.errors import UserError
from mariel_gnn.viz.arm_looks import Look
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb
from mariel_gnn.viz.lettering import font, wrapped
from mariel_gnn.viz.log_axis import make_log
from mariel_gnn.viz.palette import FAINT_INK, GRID, INK

WIDTH_INCH, LINE_INCH = 9.6, 0.3
PANELS_A_ROW = 3
NAME_WIDTH_PX = 150
LOG_FROM_RATIO = 10.0
NOTE = "bars: 95 % over seeds; shaded: sound; upright line: the data itself"


@dataclass(frozen=True)
class DotPanel:
    """One quantity.

    Attributes:
        dots: row -> number with its interval.
        x: the quantity with its unit.
        sound: (low, high) of what counts as sound, shaded; infinite for no end.
        data: the data's own value, a thin line.
        percent: whether the values are shares to be named in percent.
    """

    dots: Mapping[str, Estimate]
    x: str
    sound: tuple[float, float] | None = None
    data: float | None = None
    percent: bool = False


def save_dot_panels(
    panels: Sequence[DotPanel], looks: Mapping[str, Look], path: Path, title: str
) -> None:
    """Draw panels that share their rows.

    An axis is logarithmic where all is positive and spans more than a factor of ten.

    Args:
        panels: in reading order.
        looks: row -> look, from top to bottom.
        path: the picture to write (png, pdf or svg).
        title: what is shown.

    Raises:
        UserError: there is no panel or no row.
    """
    if not panels or not looks:
        raise UserError("no dots to draw: one quantity and one row or more are wanted")
    across = min(len(panels), PANELS_A_ROW)
    down = -(-len(panels) // across)
    figure = new_figure(WIDTH_INCH, down * (LINE_INCH * len(looks) + 1.1), title)
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(down, across, number + 1)
        _draw_panel(axes, panel, looks, named=number % across == 0)
    figure.supxlabel(NOTE, fontsize=LABEL_PT - 1, color=unit_rgb(FAINT_INK))
    save_figure(figure, path)


def _draw_panel(axes: Axes, panel: DotPanel, looks: Mapping[str, Look], named: bool) -> None:
    tidy(axes)
    for line, (row, look) in enumerate(looks.items()):
        if row in panel.dots:
            _draw_dot(axes, panel.dots[row], look, line)
    values = [estimate.value for estimate in panel.dots.values()]
    if min(values) > 0 and max(values) / min(values) > LOG_FROM_RATIO:
        make_log(axes, "x")
    if panel.percent:
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    _draw_references(axes, panel)
    names = ["\n".join(wrapped(row, font(LABEL_PT - 1), NAME_WIDTH_PX)) for row in looks]
    axes.set_yticks(range(len(looks)), names if named else [""] * len(looks), color=unit_rgb(INK))
    axes.set_ylim(len(looks) - 0.4, -0.6)
    axes.set_xlabel(panel.x, fontsize=LABEL_PT, color=unit_rgb(INK))


def _draw_dot(axes: Axes, estimate: Estimate, look: Look, line: int) -> None:
    colour = unit_rgb(look.colour)
    if estimate.has_interval:
        axes.hlines(line, estimate.low, estimate.high, colour, linewidth=2.0)
    axes.plot([estimate.value], [line], look.marker, color=colour, markersize=7)


def _draw_references(axes: Axes, panel: DotPanel) -> None:
    """Shade what is sound and draw the data's own value; the axis begins or ends no tighter."""
    axes.margins(x=0.12)
    if panel.data is not None:
        axes.axvline(panel.data, color=unit_rgb(FAINT_INK), linewidth=1.2)
    low, high = axes.get_xlim()
    if panel.sound is not None:
        left, right = max(panel.sound[0], low), min(panel.sound[1], high)
        if left < right:
            axes.axvspan(left, right, color=unit_rgb(GRID), alpha=0.6, zorder=0)
    axes.set_xlim(low, high)
