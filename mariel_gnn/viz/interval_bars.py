"""Bars with intervals: the error of each model, or of each body part for several models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mariel_gnn.comparing.intervals import Estimate
from mariel_gnn.errors import UserError
from mariel_gnn.viz.arm_looks import Look
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb
from mariel_gnn.viz.lettering import font, wrapped
from mariel_gnn.viz.palette import INK, WHITE

WIDTH_INCH = 8.0
BAR_INCH, GAP_INCH = 0.24, 0.16
NAME_WIDTH_PX = 190


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        estimate: its length and its interval.
        look: its colour.
        label: for the legend; "" for none.
        seeds: single values, drawn as dots.
    """

    estimate: Estimate
    look: Look
    label: str = ""
    seeds: Sequence[float] = ()


def save_interval_bars(
    groups: Mapping[str, Sequence[Bar]], path: Path, title: str, axis: str
) -> None:
    """Draw groups of horizontal bars from top to bottom, each with its interval and its number.

    Args:
        groups: name at the axis -> its bars.
        path: the picture to write (png, pdf or svg).
        title: what the bars show.
        axis: what is at the horizontal axis, with its unit.

    Raises:
        UserError: there are no bars.
    """
    if not any(groups.values()):
        raise UserError("no values to draw: bars need one value or more")
    count = sum(map(len, groups.values()))
    figure = new_figure(WIDTH_INCH, BAR_INCH * count + GAP_INCH * len(groups) + 1.0, title)
    axes = figure.add_subplot()
    tidy(axes)
    axes.grid(visible=False, axis="y")
    middles, top = [], 0.0
    for bars in groups.values():
        middles.append(top + BAR_INCH * (len(bars) - 1) / 2)
        for number, bar in enumerate(bars):
            _draw_bar(axes, bar, top + BAR_INCH * number)
        top += BAR_INCH * len(bars) + GAP_INCH
    names = ["\n".join(wrapped(name, font(LABEL_PT), NAME_WIDTH_PX)) for name in groups]
    axes.set_yticks(middles, names, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.set_ylim(top - BAR_INCH / 2 - GAP_INCH / 2, -BAR_INCH / 2 - GAP_INCH / 2)
    axes.margins(x=0.1)  # room for the numbers
    axes.set_xlim(left=0)
    axes.set_xlabel(axis, fontsize=LABEL_PT, color=unit_rgb(INK))
    _legend(figure, groups)
    save_figure(figure, path)


def _draw_bar(axes: Axes, bar: Bar, y: float) -> None:
    """Draw one bar about height `y`, its number beyond its interval."""
    estimate, end = bar.estimate, bar.estimate.value
    axes.barh(y, estimate.value, height=0.86 * BAR_INCH, color=unit_rgb(bar.look.colour))
    if estimate.has_interval:
        end = max(estimate.high, *bar.seeds, end)
        axes.plot([estimate.low, estimate.high], [y, y], color=unit_rgb(INK), linewidth=1.4)
        axes.plot([estimate.low, estimate.high], [y, y], "|", color=unit_rgb(INK), markersize=5)
    axes.plot(
        bar.seeds, [y] * len(bar.seeds), "o", markersize=4, markerfacecolor=unit_rgb(WHITE),
        markeredgecolor=unit_rgb(INK), markeredgewidth=0.8,
    )  # fmt: skip
    axes.annotate(
        f"{estimate.value:.1f}", (end, y), (6, 0), textcoords="offset points", va="center",
        fontsize=LABEL_PT - 1, color=unit_rgb(INK),
    )  # fmt: skip


def _legend(figure: Figure, groups: Mapping[str, Sequence[Bar]]) -> None:
    """Name the colours, if the bars say what they are."""
    labels = {bar.label: bar.look for bars in groups.values() for bar in bars if bar.label}
    handles = [Patch(color=unit_rgb(look.colour), label=label) for label, look in labels.items()]
    if handles:
        figure.legend(
            handles=handles, fontsize=LABEL_PT - 1, frameon=False, loc="outside lower left", ncols=3
        )
