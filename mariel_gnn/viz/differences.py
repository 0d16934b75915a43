"""Differences between models, recording by recording, with the whole and its interval on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes

from mariel_gnn.comparing.paired import Paired
from mariel_gnn.errors import UserError
from mariel_gnn.viz.arm_looks import Look
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb
from mariel_gnn.viz.palette import FAINT_INK, GRID, INK

WIDTH_INCH = 8.0
LINE_INCH, DOT_INCH = 0.26, 0.1
WHOLE = "all test windows"
SPREAD = 0.6  # of a line: where the dots of several pairs stand in it


def save_differences(
    pairs: Sequence[Paired],
    recordings: Sequence[str],
    looks: Mapping[str, Look],
    path: Path,
    title: str,
) -> None:
    """Draw the difference in error of each pair: the whole with its interval, then each recording.

    Args:
        pairs: what is drawn, each in the look of its arm.
        recordings: the names of `Paired.by_recording_mm`.
        looks: arm name -> look.
        path: the picture to write (png, pdf or svg).
        title: what is shown.

    Raises:
        UserError: there are no pairs.
    """
    if not pairs:
        raise UserError("no pairs to draw: a difference needs two models")
    line_inch = LINE_INCH + DOT_INCH * (len(pairs) - 1)
    height = line_inch * (len(recordings) + 2) + 0.22 * len(pairs) + 0.6
    figure = new_figure(WIDTH_INCH, height, title)
    axes = figure.add_subplot()
    tidy(axes)
    axes.axvline(0, color=unit_rgb(INK), linewidth=1.0)
    axes.axhline(0.75, color=unit_rgb(GRID), linewidth=1.0)
    for number, pair in enumerate(pairs):
        shift = SPREAD * ((number + 0.5) / len(pairs) - 0.5)
        _draw_pair(axes, pair, looks[pair.arm], shift)
    names = [WHOLE, *recordings]
    axes.set_yticks(
        [0, *(line + 1.5 for line in range(len(recordings)))], names,
        fontsize=LABEL_PT - 1, color=unit_rgb(INK),
    )  # fmt: skip
    axes.set_ylim(len(recordings) + 1.1, -0.7)
    axes.margins(x=0.1)
    axes.set_xlabel(
        "difference in MPJPE [mm]; left of zero: the first-named is better; "
        "bar: 95 % over recordings",
        fontsize=LABEL_PT, color=unit_rgb(INK),
    )  # fmt: skip
    figure.legend(loc="outside lower left", fontsize=LABEL_PT - 1, frameon=False, ncols=2)
    save_figure(figure, path)


def _draw_pair(axes: Axes, pair: Paired, look: Look, shift: float) -> None:
    """Draw one pair, `shift` of a line below the middle of each line."""
    colour, whole = unit_rgb(look.colour), pair.difference_mm
    if whole.has_interval:
        axes.plot([whole.low, whole.high], [shift, shift], color=colour, linewidth=2.4)
    axes.plot(
        [whole.value], [shift], look.marker, color=colour, markersize=8,
        label=f"{pair.arm} − {pair.reference}",
    )  # fmt: skip
    lines = [line + 1.5 + shift for line in range(len(pair.by_recording_mm))]
    axes.hlines(lines, 0, pair.by_recording_mm, color=unit_rgb(FAINT_INK), linewidth=0.6)
    axes.plot(pair.by_recording_mm, lines, look.marker, color=colour, markersize=5)
