"""Qualisys Track Manager TSV exports: a head of keys, then one line for each frame; millimetres, z up."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.text_tables.cells import parse_number
from mariel_gnn.mocap.formats.text_tables.columns import POSITION, Column
from mariel_gnn.mocap.formats.text_tables.facts import stated_rate
from mariel_gnn.mocap.formats.text_tables.head import FRAME, TIME, parse_head
from mariel_gnn.mocap.formats.text_tables.marker_table import MarkerTable, to_marker_file
from mariel_gnn.mocap.formats.text_tables.text_table import (
    Line,
    TextTable,
    is_data,
    without_empty_end,
)

_KEYS = frozenset(
    ("NO_OF_FRAMES", "NO_OF_CAMERAS", "NO_OF_MARKERS", "NO_OF_BODIES", "FREQUENCY", "NO_OF_ANALOG",
     "ANALOG_FREQUENCY", "DESCRIPTION", "TIME_STAMP", "DATA_INCLUDED", "MARKER_NAMES", "BODY_NAMES",
     "TRAJECTORY_TYPES", "EVENT", "REFERENCE", "SCALE", "SOLVER")
)  # fmt: skip


def is_qualisys(table: TextTable) -> bool:
    """Return whether a table has the keys of Qualisys Track Manager."""
    keys = {line.cells[0] for line in table.lines[:20]}
    return len(keys & _KEYS) >= 3


def read_qualisys(table: TextTable) -> MarkerFile:
    """Read the marker positions.

    Raises:
        UserError: the file holds no markers, or fewer frames than it states.
    """
    keys = {line.cells[0]: line for line in table.lines if line.cells[0] in _KEYS}
    lines = [line for line in table.lines if line.cells[0] not in _KEYS]
    names = _values(keys.get("MARKER_NAMES"))
    included = " ".join(_values(keys.get("DATA_INCLUDED")))
    if not any(names):
        raise UserError(
            f"{table.path}: is an export of Qualisys with {included or 'no'} data and without marker names: "
            "export 3D data (TSV) with MARKER_NAMES"
        )
    first = next((at for at, line in enumerate(lines) if is_data(line)), len(lines))
    head, rows = lines[:first], without_empty_end(lines[first:])
    stated = _number(keys.get("NO_OF_FRAMES"))
    if not rows or (stated is not None and len(rows) < stated):
        raise UserError(
            f"{table.path}: states {stated or 0} frames and has {len(rows)}: it is truncated, export it again"
        )
    facts = {key.lower(): line.cells[1] for key, line in keys.items() if len(line.cells) > 1}
    columns, notes = _columns(names, head, rows, stated_rate(facts), table)
    if stated is not None and len(rows) > stated:
        notes = (*notes, f"states {stated} frames and has {len(rows)}: all are read")
    return to_marker_file(MarkerTable(table, rows, columns, facts, "mm", "z", notes))


def _values(line: Line | None) -> list[str]:
    cells = list(line.cells[1:]) if line else []
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _number(line: Line | None) -> int | None:
    values = _values(line)
    return int(values[0]) if values and values[0].isdigit() else None


def _columns(
    names: Sequence[str],
    head: Sequence[Line],
    rows: Sequence[Line],
    rate_hz: float | None,
    table: TextTable,
) -> tuple[list[Column], tuple[str, ...]]:
    """Name the columns by the line above the data, or else in the order of MARKER_NAMES."""
    width = len(rows[0].cells) - (not rows[0].cells[-1])  # lines may end with a tab
    if head and head[-1].cells[0].lower() in ("frame", "time", names[0].lower() + " x"):
        titles = head[-1].cells
        if len([title for title in titles if title]) == len(titles) >= width:
            parsed = parse_head(head[-1:], len(titles), (), table.path)
            return parsed.columns, parsed.notes
    before = width - 3 * len(names)
    if not 0 <= before <= 2 or _is_clock([line.cells[before] for line in rows], rate_hz):
        raise UserError(
            f"{table.path}: line {rows[0].number} has {width} cells for the {len(names)} names of "
            "MARKER_NAMES, which is not three for each: export it again with column titles"
        )
    kinds = {0: (), 1: (_kind_of_first(rows),), 2: (FRAME, TIME)}[before]
    columns = [Column(place, kind, kind) for place, kind in enumerate(kinds)]
    for number, name in enumerate(names):
        columns += [
            Column(before + 3 * number + at, name, POSITION, axis) for at, axis in enumerate("xyz")
        ]
    return columns, ()


def _is_clock(cells: Sequence[str], rate_hz: float | None) -> bool:
    """Return whether a column has the times or the numbers of the frames, and no coordinate."""
    if all(cell.isdigit() for cell in cells):
        return {int(b) - int(a) for a, b in itertools.pairwise(cells)} == {1}
    numbers = [parse_number(cell, ".") or 0.0 for cell in cells]
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    return bool(rate_hz and steps) and all(abs(step * (rate_hz or 0) - 1) < 0.01 for step in steps)


def _kind_of_first(rows: Sequence[Line]) -> str:
    """Return whether a single column before the markers holds frame numbers or times."""
    return FRAME if all(line.cells[0].isdigit() for line in rows) else TIME
