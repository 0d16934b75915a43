"""Learning curves: a run's numbers over its epochs, one panel a quantity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mariel_gnn.errors import UserError
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb
from mariel_gnn.viz.metrics_table import (
    MetricsTable,
    name_and_unit,
    read_metrics,
    spans_decades,
)
from mariel_gnn.viz.palette import INK, TONES, Colour

PANELS_A_ROW = 3
PANEL_INCH = (3.7, 2.7)
# Told apart by colour, marker and stroke, so also in black and white.
LOOKS: tuple[tuple[Colour, str, str], ...] = (
    (TONES[0].left, "o", "-"),
    (TONES[0].right, "s", "--"),
    (TONES[0].middle, "^", ":"),
    ((204, 121, 167), "D", "-."),
)
MOST_MARKERS = 20


def save_curves(metrics_csv: Path, path: Path, title: str) -> None:
    """Draw a run's metrics over its epochs: one panel a quantity, training and validation in it.

    The file's first row names the columns (`epoch,train/loss_nats,validation/loss_nats,...`); cells
    may be empty. What stands after the slash is the quantity and its unit; columns without a slash
    are not drawn. The axis is logarithmic where all values are positive and span more than two
    decades.

    Args:
        metrics_csv: the file to read.
        path: the picture to write (png, pdf or svg).
        title: what the curves show.

    Raises:
        UserError: the file has no columns `split/quantity` with numbers, or a cell is no number.
    """
    table = read_metrics(Path(metrics_csv))
    quantities = table.quantities()
    if not quantities:
        raise UserError(
            f"{metrics_csv}: nothing to draw; wanted columns named like 'train/loss_nats' with "
            "one number or more below the row of names"
        )
    across = min(len(quantities), PANELS_A_ROW)
    down = -(-len(quantities) // across)
    width = max(across * PANEL_INCH[0], 5.0)
    figure = new_figure(width, down * PANEL_INCH[1] + 0.4, title)
    for number, (quantity, columns) in enumerate(quantities.items(), start=1):
        axes = figure.add_subplot(down, across, number)
        _draw_quantity(axes, table, quantity, columns)
    save_figure(figure, path)


def _draw_quantity(axes: Axes, table: MetricsTable, quantity: str, columns: list[str]) -> None:
    """Draw one quantity's columns over the steps, with units at both axes."""
    step_name, steps = table.steps()
    splits = table.splits()
    tidy(axes)
    for column in columns:
        split = column.partition("/")[0]
        colour, marker, stroke = LOOKS[splits.index(split) % len(LOOKS)]
        known = np.isfinite(table.columns[column]) & np.isfinite(steps)
        axes.plot(
            steps[known], table.columns[column][known], stroke, color=unit_rgb(colour),
            marker=marker, markersize=4, linewidth=1.6, label=split,
            markevery=max(1, int(known.sum()) // MOST_MARKERS),
        )  # fmt: skip
    if spans_decades(np.concatenate([table.columns[column] for column in columns])):
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    axes.set_xlabel(step_name, fontsize=LABEL_PT, color=unit_rgb(INK))
    name, unit = name_and_unit(quantity)
    axes.set_ylabel(f"{name} [{unit}]" if unit else name, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.legend(fontsize=LABEL_PT - 1, frameon=False)
