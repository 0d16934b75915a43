"""The columns of a table that tell when its lines were recorded: times, frame numbers, a rate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import Floats
from mariel_gnn.mocap.formats.text_tables.cells import NOT_SEEN, is_number, parse_number
from mariel_gnn.mocap.formats.text_tables.columns import Column
from mariel_gnn.mocap.formats.text_tables.head import FRAME, RATE, TIME
from mariel_gnn.mocap.formats.text_tables.text_table import Line, TextTable
from mariel_gnn.mocap.formats.text_tables.time_cells import (
    Times,
    counts_frames,
    is_time,
    parse_times,
)

# Names of a first column that counts the lines: of pandas, and of DeepLabCut.
_INDEX = frozenset(("", "unnamed: 0", "coords", "bodyparts", "#", "no", "no.", "nr", "id"))
_LIKE_TIME = re.compile(
    r".*(time|timestamp|zeit|temps|tiempo|tempo)(?![\])])([ _.\-\[(\])]++[^\W_]\w*+)*+[ \])]*+",
    re.I,
)
MAX_PLACE = 3  # columns at the start of a line that may be times without the usual name


class Clock(NamedTuple):
    """What a table says about time.

    Attributes:
        times: of its lines, if it has a column of times.
        numbers: of its frames `[rows]`, if it has a column of them.
        rate_hz: frames per second, if it is stated.
        notes: on columns that are not used.
    """

    times: Times | None
    numbers: Floats | None
    rate_hz: float | None
    notes: tuple[str, ...]


def with_clock(columns: Sequence[Column], rows: Sequence[Line]) -> list[Column]:
    """Find a clock without the usual name, if no column has it.

    That is a column at the start whose name contains a word for time, or a first column without a name
    whose numbers rise: whole ones are frame numbers, others are times.
    """
    known = any(column.quantity in (TIME, FRAME) for column in columns)
    free = [column for column in columns[:MAX_PLACE] if not column.axis and not column.quantity]
    if known or not columns:
        return list(columns)
    named = next((column for column in free if _LIKE_TIME.fullmatch(column.name)), None)
    if named:
        return _replaced(columns, Column(named.place, named.name, TIME, unit=named.unit))
    first = columns[0]
    cells = [line.cells[0] for line in rows]
    if first.axis or first.label.lower() not in _INDEX or not all(map(is_number, cells)):
        return list(columns)
    if all(cell.isdigit() for cell in cells):
        return _replaced(columns, Column(0, first.label, FRAME))
    numbers = [float(cell.replace(",", ".")) for cell in cells if cell.count(",") < 2]
    rising = len(numbers) == len(cells) and sorted(set(numbers)) == numbers
    return _replaced(columns, Column(0, first.label or "1", TIME)) if rising else list(columns)


def _replaced(columns: Sequence[Column], clock: Column) -> list[Column]:
    return [clock if column.place == clock.place else column for column in columns]


def read_clock(
    table: TextTable, rows: Sequence[Line], columns: Sequence[Column], stated_hz: float | None
) -> Clock:
    """Read the columns of times, frame numbers and rates.

    Raises:
        UserError: a few of the times are no times; the message has the line and the column.
    """
    times: list[Times] = []
    numbers: list[Floats] = []
    notes = []
    for column in columns:
        if column.quantity not in (TIME, FRAME, RATE):
            continue
        name = column.label or column.quantity
        cells = [
            line.cells[column.place] if column.place < len(line.cells) else "" for line in rows
        ]
        if reason := _not_readable(table, rows, cells, column, name):
            notes.append(reason)
            continue
        parsed = [parse_number(cell, table.decimal) for cell in cells]
        values = np.array([np.nan if number is None else number for number in parsed])
        if column.quantity == TIME:
            unit_name = f"{name} ({column.unit})" if column.unit else name
            times.append(parse_times(cells, unit_name, values))
        elif column.quantity == FRAME:
            numbers.append(values)
        elif stated_hz is None and np.nanmin(values) == np.nanmax(values):
            stated_hz = float(np.nanmin(values))
        else:
            notes.append(f"its column {name} is not used")
    # A clock that stands still is of no use if another one goes.
    times.sort(key=lambda one: not (np.nanmax(one.values) > np.nanmin(one.values)))
    notes += [f"its column {other.name} is not used" for other in times[1:]]
    return Clock(
        times[0] if times else None, numbers[0] if numbers else None, stated_hz, tuple(notes)
    )


def _not_readable(
    table: TextTable, rows: Sequence[Line], cells: Sequence[str], column: Column, name: str
) -> str:
    """Return why a column is not used; empty if all its cells are times or numbers."""
    texts = [
        at
        for at, cell in enumerate(cells)
        if cell.lower() not in NOT_SEEN
        and not is_time(cell)
        and parse_number(cell, table.decimal) is None
    ]
    if not texts:
        return ""
    if counts_frames(cells[texts[0]]):
        return f"its column {name} counts frames in timecodes: not used"
    if 2 * len(texts) < len(cells):
        raise UserError(
            f"{table.path}: line {rows[texts[0]].number}, column {column.place + 1} ({name}) is "
            f"'{cells[texts[0]]}', no time or number: correct it, or delete the line"
        )
    return f"its column {name} holds '{cells[texts[0]]}', no time or number: not used"
