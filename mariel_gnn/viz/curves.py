"""Charts of a run: the learning curves of its `metrics.csv`, and bars."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter, MaxNLocator, StrMethodFormatter

from mariel_gnn.errors import UserError
from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.colors import BODY_COLOURS, INK, Colour
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, tidy, unit_rgb, wrapped

LOG_FROM_RATIO = 100.0
UNITS = {"mm_per_s": "mm/s", "mm": "mm", "nats": "nats", "s": "s"}  # suffix of a name -> unit
PANELS_A_ROW = 3
PANEL_INCH = (3.7, 2.7)
MOST_MARKERS = 20  # on a curve
WIDTH_INCH, LINE_INCH = 8.0, 0.2  # of bars
NAME_WIDTH_PX = 190
# Colour, marker and stroke differ, so the curves are also distinguishable in black and white.
STYLES: tuple[tuple[Colour, str, str], ...] = (
    (BODY_COLOURS[0].left, "o", "-"),
    (BODY_COLOURS[0].right, "s", "--"),
    (BODY_COLOURS[0].middle, "^", ":"),
    ((204, 121, 167), "D", "-."),
)


@dataclass(frozen=True)
class MetricsTable:
    """The columns of a metrics file; an empty cell is NaN."""

    columns: dict[str, Floats]

    def steps(self) -> tuple[str, Floats]:
        """Return name and values of the horizontal axis: `epoch`, or the first column without a slash."""
        plain = [name for name in self.columns if "/" not in name]
        name = "epoch" if "epoch" in plain else next(iter(plain), "row")
        rows = len(next(iter(self.columns.values())))
        return name, self.columns.get(name, np.arange(rows, dtype=np.float64))

    def quantities(self) -> dict[str, list[str]]:
        """Return quantity -> its columns (`split/quantity`) with one number or more."""
        found: dict[str, list[str]] = {}
        for column, values in self.columns.items():
            _, slash, quantity = column.partition("/")
            if slash and np.isfinite(values).any():
                found.setdefault(quantity, []).append(column)
        return found

    def splits(self) -> list[str]:
        """Return the splits, which are the names before the slash; training and validation first."""
        named = dict.fromkeys(name.partition("/")[0] for name in self.columns if "/" in name)
        return list(dict.fromkeys(["train", "validation", *named]))


def read_metrics(path: Path) -> MetricsTable:
    """Read a metrics file.

    Raises:
        UserError: the file has no row of column names, or a cell is not a number.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            names, *rows = [row for row in csv.reader(file) if row]
    except (ValueError, csv.Error) as error:
        raise UserError(f"{path} is empty: give a file with a row of column names") from error
    columns = {
        name: np.array([_number(row, at, name, path) for row in rows])
        for at, name in enumerate(names)
    }
    return MetricsTable(columns)


def name_and_unit(quantity: str) -> tuple[str, str]:
    """Return a quantity in words and the unit at the end of its name, "" without one."""
    for ending, unit in UNITS.items():
        if quantity.endswith(f"_{ending}"):
            return quantity.removesuffix(f"_{ending}").replace("_", " "), unit
    return quantity.replace("_", " "), ""


def spans_decades(values: Floats) -> bool:
    """Return whether all finite `values` are positive and span more than two decades."""
    finite = values[np.isfinite(values)]
    return bool(finite.min() > 0 and finite.max() > LOG_FROM_RATIO * finite.min())


def _number(row: list[str], at: int, name: str, path: Path) -> float:
    """Return one cell as a number; NaN for an empty cell or a row that is too short."""
    cell = row[at].strip() if at < len(row) else ""
    try:
        return float(cell) if cell else np.nan
    except ValueError as error:
        raise UserError(
            f"{path}: '{cell}' in column '{name}' is not a number: give a number or an empty cell"
        ) from error


def save_curves(metrics_csv: Path, path: Path, title: str) -> None:
    """Draw a run's metrics over its epochs: one panel for each quantity, with all splits in it.

    The first row of the file has the column names (`epoch,train/loss_nats,validation/loss_nats,...`);
    cells can be empty. The name after the slash is the quantity, which ends with its unit. Columns
    without a slash are not drawn. The axis is logarithmic where all values are positive and span more
    than two decades.

    Args:
        metrics_csv: the metrics file.
        path: the picture to write (png, pdf or svg).
        title: the title.

    Raises:
        UserError: the file has no columns `split/quantity` with numbers, or a cell is not a number.
    """
    table = read_metrics(Path(metrics_csv))
    quantities = table.quantities()
    if not quantities:
        raise UserError(
            f"{metrics_csv}: nothing to draw: give columns such as 'train/loss_nats' with one number "
            "or more"
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
    """Draw the columns of one quantity over the steps."""
    step_name, steps = table.steps()
    splits = table.splits()
    tidy(axes)
    for column in columns:
        split = column.partition("/")[0]
        colour, marker, stroke = STYLES[splits.index(split) % len(STYLES)]
        finite = np.isfinite(table.columns[column]) & np.isfinite(steps)
        axes.plot(
            steps[finite], table.columns[column][finite], stroke, color=unit_rgb(colour),
            marker=marker, markersize=4, linewidth=1.6, label=split,
            markevery=max(1, int(finite.sum()) // MOST_MARKERS),
        )  # fmt: skip
    if spans_decades(np.concatenate([table.columns[column] for column in columns])):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(
            StrMethodFormatter("{x:g}")
        )  # the default writes mathematics
        axes.yaxis.set_minor_formatter(LogFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    axes.set_xlabel(step_name, fontsize=LABEL_PT, color=unit_rgb(INK))
    name, unit = name_and_unit(quantity)
    axes.set_ylabel(f"{name} [{unit}]" if unit else name, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.legend(fontsize=LABEL_PT - 1, frameon=False)


def save_bar(values: Mapping[str, float], path: Path, title: str, unit: str) -> None:
    """Draw horizontal bars with their numbers, from top to bottom.

    A value that is not finite has a number and no bar.

    Args:
        values: name -> value in `unit`.
        path: the picture to write (png, pdf or svg).
        title: the title.
        unit: unit of the values; "" for a number without a unit.

    Raises:
        UserError: there are no values.
    """
    if not values:
        raise UserError("no values to draw: bars need one value or more")
    names = ["\n".join(wrapped(name, font(LABEL_PT), NAME_WIDTH_PX)) for name in values]
    numbers = np.array(list(values.values()), dtype=np.float64)
    lines = sum(name.count("\n") + 1 for name in names)
    height = LINE_INCH * lines + 0.14 * len(names) + 0.6
    figure = new_figure(WIDTH_INCH, height, title)
    axes = figure.add_subplot()
    tidy(axes)
    axes.grid(visible=False, axis="y")
    lengths = np.where(np.isfinite(numbers), numbers, 0.0)
    # By position, because two long names can be wrapped into equal lines.
    bars = axes.barh(range(len(names)), lengths, height=0.62, color=unit_rgb(BODY_COLOURS[0].left))
    labels = [f"{number:.4g}" for number in numbers]
    axes.bar_label(bars, labels, padding=4, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.set_yticks(range(len(names)), names, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.invert_yaxis()
    axes.margins(x=0.12)  # for the numbers
    axes.set_xlabel(unit, fontsize=LABEL_PT, color=unit_rgb(INK))
    save_figure(figure, path)
