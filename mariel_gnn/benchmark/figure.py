"""The figure of the benchmark: a panel for each section, a bar for each row, with its extremes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes

from mariel_gnn.benchmark.machine import Machine
from mariel_gnn.benchmark.rows import Row, Rows
from mariel_gnn.viz.colors import FAINT_INK, GRID, INK
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb

WIDTH_INCH, ROW_INCH, PANEL_INCH = 9.0, 0.22, 1.1
NAME_LETTERS = 48
DRAWN = (
    ("ceiling", "fp32_gflop_per_s", "GFLOP/s, fp32"),
    ("models", "training_windows_per_s", "windows a second in training"),
    ("models", "ceiling_ratio", "share of the best matrix product"),
    ("data", "seconds", "seconds"),
    ("data", "ms", "milliseconds"),
    ("startup", "seconds", "seconds"),
)
"""Section, number and the axis' label of each panel."""


def save_benchmark_figure(path: Path, rows: Rows, machine: Machine) -> None:
    """Draw the numbers of all rows, on logarithmic axes.

    Args:
        path: the picture (png, pdf or svg).
        rows: with one that is measured at least; without, nothing is written.
        machine: for the title.
    """
    panels = [
        (drawn, name, label)
        for section, name, label in DRAWN
        if (drawn := [row for row in rows if row.section == section and name in row.samples])
    ]
    if not panels:
        return
    counts = [len(drawn) for drawn, _, _ in panels]
    height = ROW_INCH * sum(counts) + PANEL_INCH * len(panels)
    title = (
        f"Benchmark on {machine['device']}: {machine['processor']}, {machine['threads']} threads"
    )
    figure = new_figure(WIDTH_INCH, height, title)
    heights = [ROW_INCH * count + 0.5 * PANEL_INCH for count in counts]
    every = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (drawn, name, label) in zip(every, panels, strict=True):
        _draw(axes, drawn, name, label)
    save_figure(figure, path)


def _draw(axes: Axes, rows: Sequence[Row], name: str, label: str) -> None:
    tidy(axes)
    axes.grid(visible=False, axis="y")
    axes.set_xscale("log")
    numbers = [row.numbers() for row in rows]
    values = [found[name] for found in numbers]
    below = [found[name] - found[f"{name}_low"] for found in numbers]
    above = [found[f"{name}_high"] - found[name] for found in numbers]
    ink, faint = unit_rgb(INK), unit_rgb(FAINT_INK)
    places = range(len(rows))
    axes.hlines(places, min(values) / 2, values, color=unit_rgb(GRID), linewidth=5)
    axes.errorbar(values, places, xerr=[below, above], fmt="o", color=ink, ecolor=faint, capsize=2)
    axes.set_yticks(places, [row.name[:NAME_LETTERS] for row in rows], fontsize=LABEL_PT - 1)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(left=min(values) / 2)
    axes.set_xlabel(label, fontsize=LABEL_PT, color=ink)
