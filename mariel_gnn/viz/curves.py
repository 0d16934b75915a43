"""Learning curves: a run's numbers over its epochs, one panel a quantity."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mariel_gnn.errors import UserError
from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb
from mariel_gnn.viz.palette import INK, TONES, Colour

PANELS_A_ROW = 3
PANEL_INCH = (3.7, 2.7)
LOG_FROM_RATIO = 100.0
# Told apart by colour, marker and stroke, so also in black and white.
LOOKS: tuple[tuple[Colour, str, str], ...] = (
    (TONES[0].left, "o", "-"),
    (TONES[0].right, "s", "--"),
    (TONES[0].middle, "^", ":"),
    ((204, 121, 167), "D", "-."),
)
MOST_MARKERS = 20
UNITS = {"mm_per_s": "mm/s", "mm": "mm", "nats": "nats", "s": "s"}  # endings of names


@dataclass(frozen=True)
class _Table:
    """A metrics file: columns of numbers, NaN where a cell is empty."""

    columns: dict[str, Floats]

    def steps(self) -> tuple[str, Floats]:
        """Return name and values of the horizontal axis: `epoch`, else the first plain column."""
        plain = [name for name in self.columns if "/" not in name]
        name = "epoch" if "epoch" in plain else next(iter(plain), "row")
        rows = len(next(iter(self.columns.values())))
        return name, self.columns.get(name, np.arange(rows, dtype=np.float64))

    def quantities(self) -> dict[str, list[str]]:
        """Return quantity -> columns (`split/quantity`) that hold any number at all."""
        found: dict[str, list[str]] = {}
        for column, values in self.columns.items():
            _, slash, quantity = column.partition("/")
            if slash and np.isfinite(values).any():
                found.setdefault(quantity, []).append(column)
        return found


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
    table = _read(Path(metrics_csv))
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


def _draw_quantity(axes: Axes, table: _Table, quantity: str, columns: list[str]) -> None:
    """Draw one quantity's columns over the steps, with units at both axes."""
    step_name, steps = table.steps()
    splits = _splits(table)
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
    if _spans_decades(np.concatenate([table.columns[column] for column in columns])):
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    axes.set_xlabel(step_name, fontsize=LABEL_PT, color=unit_rgb(INK))
    name, unit = _name_and_unit(quantity)
    axes.set_ylabel(f"{name} [{unit}]" if unit else name, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.legend(fontsize=LABEL_PT - 1, frameon=False)


def _splits(table: _Table) -> list[str]:
    """Return what stands before the slashes, training and validation first."""
    named = dict.fromkeys(name.partition("/")[0] for name in table.columns if "/" in name)
    return list(dict.fromkeys(["train", "validation", *named]))


def _name_and_unit(quantity: str) -> tuple[str, str]:
    """Return a quantity in words, and the unit that its name ends with (empty if it has none)."""
    for ending, unit in UNITS.items():
        if quantity.endswith(f"_{ending}"):
            return quantity.removesuffix(f"_{ending}").replace("_", " "), unit
    return quantity.replace("_", " "), ""


def _spans_decades(values: Floats) -> bool:
    """Return whether all finite `values` are positive and span more than two decades."""
    finite = values[np.isfinite(values)]
    return bool(finite.min() > 0 and finite.max() / finite.min() > LOG_FROM_RATIO)


def _read(path: Path) -> _Table:
    """Return the content of a metrics file."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            names, *rows = [row for row in csv.reader(file) if row]
    except ValueError as error:
        raise UserError(f"{path}: wanted a row of column names") from error
    columns = {
        name: np.array([_number(row, at, name, path) for row in rows])
        for at, name in enumerate(names)
    }
    return _Table(columns)


def _number(row: list[str], at: int, name: str, path: Path) -> float:
    """Return one cell as a number, NaN where it is empty or its row is cut short."""
    cell = row[at].strip() if at < len(row) else ""
    try:
        return float(cell) if cell else np.nan
    except ValueError as error:
        raise UserError(f"{path}: '{cell}' in column '{name}' is not a number") from error
