"""Bars with intervals, and paired differences by recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mariel_gnn.comparison.intervals import Estimate
from mariel_gnn.comparison.paired import Paired
from mariel_gnn.errors import UserError
from mariel_gnn.viz.colors import FAINT_INK, GRID, INK, WHITE
from mariel_gnn.viz.comparison_style import Style
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, tidy, unit_rgb, wrapped

WIDTH_INCH = 8.0
BAR_INCH, GAP_INCH = 0.24, 0.16
NAME_WIDTH_PX = 190
DIFFERENCE_ROW_INCH, DOT_INCH = 0.26, 0.1
ALL_WINDOWS = "all test windows"
DOT_JITTER = 0.6  # of a row: the vertical range of the dots of several pairs


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        estimate: length and interval.
        style: the colour.
        label: label in the legend; "" for none.
        seeds: values of single seeds, drawn as circles.
    """

    estimate: Estimate
    style: Style
    label: str = ""
    seeds: Sequence[float] = ()


def save_interval_bars(
    groups: Mapping[str, Sequence[Bar]], path: Path, title: str, axis: str
) -> None:
    """Draw groups of horizontal bars from top to bottom, each with its interval and its number.

    Args:
        groups: name at the vertical axis -> bars.
        path: the picture to write (png, pdf or svg).
        title: the title.
        axis: label of the horizontal axis, with its unit.

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
    """Draw one bar at height `y`, with its number after its interval."""
    estimate, end = bar.estimate, bar.estimate.value
    axes.barh(y, estimate.value, height=0.86 * BAR_INCH, color=unit_rgb(bar.style.colour))
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
    """Draw a legend of the labels of the bars, if there are any."""
    labels = {bar.label: bar.style for bars in groups.values() for bar in bars if bar.label}
    handles = [Patch(color=unit_rgb(style.colour), label=label) for label, style in labels.items()]
    if handles:
        figure.legend(
            handles=handles, fontsize=LABEL_PT - 1, frameon=False, loc="outside lower left", ncols=3
        )


def save_differences(
    pairs: Sequence[Paired],
    recordings: Sequence[str],
    styles: Mapping[str, Style],
    path: Path,
    title: str,
) -> None:
    """Draw the difference in error of each pair: on all windows with its interval, then by recording.

    Args:
        pairs: the pairs, each in the style of its group.
        recordings: names of the recordings of `Paired.by_recording_mm`.
        styles: group name -> style.
        path: the picture to write (png, pdf or svg).
        title: the title.

    Raises:
        UserError: there are no pairs.
    """
    if not pairs:
        raise UserError("no pairs to draw: a difference needs two models")
    row_inch = DIFFERENCE_ROW_INCH + DOT_INCH * (len(pairs) - 1)
    height = row_inch * (len(recordings) + 2) + 0.22 * len(pairs) + 0.6
    figure = new_figure(WIDTH_INCH, height, title)
    axes = figure.add_subplot()
    tidy(axes)
    axes.axvline(0, color=unit_rgb(INK), linewidth=1.0)
    axes.axhline(0.75, color=unit_rgb(GRID), linewidth=1.0)
    for number, pair in enumerate(pairs):
        shift = DOT_JITTER * ((number + 0.5) / len(pairs) - 0.5)
        _draw_pair(axes, pair, styles[pair.group], shift)
    names = [ALL_WINDOWS, *recordings]
    axes.set_yticks(
        [0, *(row + 1.5 for row in range(len(recordings)))], names,
        fontsize=LABEL_PT - 1, color=unit_rgb(INK),
    )  # fmt: skip
    axes.set_ylim(len(recordings) + 1.1, -0.7)
    axes.margins(x=0.1)
    axes.set_xlabel(
        "difference in MPJPE [mm]; left of zero: the first model is better; "
        "bar: 95 % over recordings",
        fontsize=LABEL_PT, color=unit_rgb(INK),
    )  # fmt: skip
    figure.legend(loc="outside lower left", fontsize=LABEL_PT - 1, frameon=False, ncols=2)
    save_figure(figure, path)


def _draw_pair(axes: Axes, pair: Paired, style: Style, shift: float) -> None:
    """Draw one pair, shifted down in each row by `shift`."""
    colour, mean = unit_rgb(style.colour), pair.difference_mm
    if mean.has_interval:
        axes.plot([mean.low, mean.high], [shift, shift], color=colour, linewidth=2.4)
    axes.plot(
        [mean.value], [shift], style.marker, color=colour, markersize=8,
        label=f"{pair.group} − {pair.reference}",
    )  # fmt: skip
    rows = [row + 1.5 + shift for row in range(len(pair.by_recording_mm))]
    axes.hlines(rows, 0, pair.by_recording_mm, color=unit_rgb(FAINT_INK), linewidth=0.6)
    axes.plot(pair.by_recording_mm, rows, style.marker, color=colour, markersize=5)
