"""From the columns and the lines of a table to the content of a motion file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.gaps import mask_sentinels
from mariel_gnn.mocap.formats.labels import distinct_labels
from mariel_gnn.mocap.formats.marker_file import (
    METRES,
    Floats,
    MarkerFile,
    parse_unit,
    refuse_truncated,
)
from mariel_gnn.mocap.formats.text_tables.clock_columns import read_clock
from mariel_gnn.mocap.formats.text_tables.columns import Column, MarkerColumns, group_markers
from mariel_gnn.mocap.formats.text_tables.facts import stated_rate, stated_unit, stated_up
from mariel_gnn.mocap.formats.text_tables.head import FRAME, RATE, TIME
from mariel_gnn.mocap.formats.text_tables.text_table import Line, TextTable, check_cells, to_numbers
from mariel_gnn.mocap.formats.times import place_rows, timing
from mariel_gnn.mocap.plausibility import upright_axis

MIN_LANDMARKS = 10  # of a body in a picture


@dataclass(frozen=True)
class MarkerTable:
    """A table of markers: one line for each frame.

    Attributes:
        table: the file.
        rows: the lines of the data.
        columns: what each column holds.
        facts: the statements of the head, see `head.facts_of`.
        usual_unit: the unit of such files, if they do not state it.
        usual_up: the vertical axis of such files.
        notes: what was guessed or left out before.
        has_convention: whether the program has a vertical axis by convention.
    """

    table: TextTable
    rows: Sequence[Line]
    columns: Sequence[Column]
    facts: dict[str, str] = field(default_factory=dict)
    usual_unit: str = "m"
    usual_up: str = "z"
    notes: tuple[str, ...] = ()
    has_convention: bool = True


def to_marker_file(content: MarkerTable) -> MarkerFile:
    """Parse the positions and the times of a table.

    Raises:
        UserError: it has no markers, or a line or a cell is damaged.
    """
    table, rows = content.table, content.rows
    content = dataclasses.replace(content, columns=_without_empty(content))
    kinds = {TIME, FRAME, RATE}
    markers = group_markers([column for column in content.columns if column.quantity not in kinds])
    if not markers.labels:
        raise UserError(no_markers(content, markers))
    notes = check_cells(table, rows, len(content.columns), markers.places)
    last_cells = [line.cells[-1] for line in rows]
    refuse_truncated("\n" if table.complete else "", last_cells, table.path)
    places = [place for three in markers.places for place in three]
    names = [f"{label or 'no name'} {axis}" for label in markers.labels for axis in "xyz"]
    positions = to_numbers(table, rows, places, names).reshape(len(rows), -1, 3)
    return finish(content, markers, positions, notes)


def _without_empty(content: MarkerTable) -> list[Column]:
    """Remove columns at the end that have no name and no content: lines that end with a delimiter."""
    columns = list(content.columns)
    while columns and not (columns[-1].label or columns[-1].axis or columns[-1].quantity):
        place = columns[-1].place
        if any(place < len(line.cells) and line.cells[place] for line in content.rows):
            break
        columns.pop()
    return columns


def no_markers(content: MarkerTable, markers: MarkerColumns) -> str:
    """Say that a table has no markers, and what it has."""
    holds = f" ({'; '.join(markers.notes)})" if markers.notes else ""
    return (
        f"{content.table.path}: has no markers: no name has three columns for x, y and z{holds}: use columns "
        "such as LANK_x_m, LANK_y_m, LANK_z_m"
    )


def finish(
    content: MarkerTable, markers: MarkerColumns, positions: Floats, notes: Sequence[str] = ()
) -> MarkerFile:
    """Put positions `[rows, J, C]` at their times, and mask what was not seen.

    Raises:
        UserError: the lines are not in one order of time.
    """
    table, rows = content.table, content.rows
    positions, unit, unit_notes = _one_unit(content, markers, positions)
    read = read_clock(table, rows, content.columns, stated_rate(content.facts))
    lines = [line.number for line in rows]
    clock = timing(table.path, lines, read.times, read.numbers, read.rate_hz)
    labels, label_notes = distinct_labels(markers.labels)
    seen, gap_notes = mask_sentinels(place_rows(positions, clock), labels)
    up, up_notes = _vertical(content, seen, labels)
    return MarkerFile(
        seen,
        labels,
        unit or content.usual_unit,
        up,
        clock.rate_hz,
        unit_stated=unit is not None,
        up_stated=stated_up(content.facts) is not None,
        notes=(*table.notes, *content.notes, *notes, *_image_note(seen, unit), *markers.notes,
               *unit_notes, *label_notes, *up_notes, *read.notes, *clock.notes, *gap_notes),
        rate_doubt=clock.doubt,
    )  # fmt: skip


def _vertical(
    content: MarkerTable, positions: Floats, labels: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """Return the vertical axis: as stated, or along which the head is above the feet, or the usual one.

    The body decides only for tables of no known program; the convention of a program is kept, and a
    body that contradicts it is reported.
    """
    stated, usual = stated_up(content.facts), content.usual_up
    seen = None if stated else upright_axis(positions, labels)
    if seen in (None, usual):
        return stated or usual, ()
    assert seen is not None
    if content.has_convention:
        return usual, (
            f"the head is above the feet along {seen}, but {usual} is the vertical axis of such files: if "
            f"the dancer stands, state the axis (--up {seen})",
        )
    return seen, (f"{seen} is read as the vertical axis: the head is above the feet along it",)


def _image_note(positions: Floats, unit: str | None) -> tuple[str, ...]:
    """Return a note if positions may be those in a picture, as pose estimation gives them too."""
    flat = positions[..., :2]
    if unit or positions.shape[1] < MIN_LANDMARKS or np.nanmin(flat) < 0 or np.nanmax(flat) > 1:
        return ()
    return (
        "all x and y are between 0 and 1: places in a picture? The positions in metres are needed",
    )


def _one_unit(
    content: MarkerTable, markers: MarkerColumns, positions: Floats
) -> tuple[Floats, str | None, tuple[str, ...]]:
    """Return positions in one unit, the unit if it is stated, and a note if units differ."""
    fact = stated_unit(content.facts)
    units = [parse_unit(unit) or fact for unit in markers.units]
    different = sorted({unit for unit in units if unit})
    if len(different) <= 1 and None not in units:
        return positions, units[0], ()
    if None in units:
        without = markers.labels[units.index(None)]
        note = f"the columns of {without} state no unit, others state {', '.join(different)}"
        return positions, None, (note,) if different else ()
    metres = np.array([METRES[unit or "m"] for unit in units])
    note = f"its markers are in {' and '.join(different)}: converted to metres"
    return positions * metres[:, None], "m", (note,)
