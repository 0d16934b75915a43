"""A run's `metrics.csv` as what is drawn of it: quantities over steps, with their units."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.viz.camera import Floats

LOG_FROM_RATIO = 100.0
UNITS = {"mm_per_s": "mm/s", "mm": "mm", "nats": "nats", "s": "s"}  # endings of names


@dataclass(frozen=True)
class MetricsTable:
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

    def splits(self) -> list[str]:
        """Return what stands before the slashes, training and validation first."""
        named = dict.fromkeys(name.partition("/")[0] for name in self.columns if "/" in name)
        return list(dict.fromkeys(["train", "validation", *named]))


def read_metrics(path: Path) -> MetricsTable:
    """Return the content of a metrics file.

    Raises:
        UserError: it has no row of names, or a cell is no number.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            names, *rows = [row for row in csv.reader(file) if row]
    except ValueError as error:
        raise UserError(f"{path}: wanted a row of column names") from error
    columns = {
        name: np.array([_number(row, at, name, path) for row in rows])
        for at, name in enumerate(names)
    }
    return MetricsTable(columns)


def name_and_unit(quantity: str) -> tuple[str, str]:
    """Return a quantity in words, and the unit that its name ends with (empty if it has none)."""
    for ending, unit in UNITS.items():
        if quantity.endswith(f"_{ending}"):
            return quantity.removesuffix(f"_{ending}").replace("_", " "), unit
    return quantity.replace("_", " "), ""


def spans_decades(values: Floats) -> bool:
    """Return whether all finite `values` are positive and span more than two decades."""
    finite = values[np.isfinite(values)]
    return bool(finite.min() > 0 and finite.max() / finite.min() > LOG_FROM_RATIO)


def _number(row: list[str], at: int, name: str, path: Path) -> float:
    """Return one cell as a number, NaN where it is empty or its row is cut short."""
    cell = row[at].strip() if at < len(row) else ""
    try:
        return float(cell) if cell else np.nan
    except ValueError as error:
        raise UserError(f"{path}: '{cell}' in column '{name}' is not a number") from error
