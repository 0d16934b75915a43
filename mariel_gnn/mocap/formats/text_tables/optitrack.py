"""OptiTrack Motive CSV exports: markers, rigid bodies and skeletons; y up unless exported otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.text_tables.columns import POSITION, Column
from mariel_gnn.mocap.formats.text_tables.facts import facts_of
from mariel_gnn.mocap.formats.text_tables.head import parse_head
from mariel_gnn.mocap.formats.text_tables.marker_table import MarkerTable, to_marker_file
from mariel_gnn.mocap.formats.text_tables.text_table import Line, TextTable, split_head, usual_width

# What a column belongs to, the most direct measurement first.
_TYPES = ("marker", "bone marker", "rigid body marker", "bone", "rigid body")
_SOLVED = ("bone", "rigid body")


def is_optitrack(table: TextTable) -> bool:
    """Return whether a table begins like an export of Motive."""
    return table.lines[0].cells[0].lower() == "format version"


def read_optitrack(table: TextTable) -> MarkerFile:
    """Read the positions of markers, or of bones and rigid bodies that have no markers.

    Raises:
        UserError: the positions are relative to other bones, there are none, or frames are missing.
    """
    head, rows = split_head(table)
    facts = facts_of(head[:1])
    kinds, names = _lines_of_names(head[1:])
    described = parse_head(names, usual_width(rows), (), table.path)
    types = [*kinds, *[""] * (len(described.columns) - len(kinds))]
    if facts.get("coordinate space", "global").lower() == "local" and "marker" not in types:
        raise UserError(
            f"{table.path}: its positions are relative to the parent bone (Coordinate Space Local): export "
            "with Coordinate Space Global"
        )
    frames = facts.get("total exported frames", "")
    if frames.isdigit() and len(rows) < int(frames):
        raise UserError(
            f"{table.path}: states {frames} exported frames and has {len(rows)}: it is truncated, export it "
            "again"
        )
    columns = _measured(described.columns, types)
    content = MarkerTable(table, rows, columns, facts, "m", "y", described.notes)
    return to_marker_file(content)


def _lines_of_names(head: Sequence[Line]) -> tuple[list[str], list[Line]]:
    """Return the type of each column, and the lines of names, quantities and axes.

    The line of types has the names below it; identifiers and parents may follow, with captions or
    without. The last two lines are quantities and axes.
    """
    for at, line in enumerate(head[:-2]):
        types = [cell.lower() for cell in line.cells]
        filled = [cell for cell in types if cell and cell != "type"]
        if filled and {*filled} <= {*_TYPES}:
            return types, [
                head[at + 1],
                *(other for other in head[-2:] if other is not head[at + 1]),
            ]
    return [], list(head)


def _measured(columns: Sequence[Column], types: Sequence[str]) -> list[Column]:
    """Leave out the solved positions of what has measured ones: of one name, or of one dancer."""
    rank = {name: number for number, name in enumerate(_TYPES)}
    best: dict[str, int] = {}
    subjects = set()
    for column in columns:
        kind = types[column.place]
        if column.quantity != POSITION or kind not in rank:
            continue
        best[column.label] = min(rank[kind], best.get(column.label, len(rank)))
        if kind not in _SOLVED and ":" in column.label:
            subjects.add(column.label.rpartition(":")[0])
    kept = []
    for column in columns:
        kind = types[column.place]
        subject = column.label.rpartition(":")[0] or column.label
        solved = kind in _SOLVED and subject in subjects
        if column.quantity == POSITION and (
            rank.get(kind, 0) > best.get(column.label, 0) or solved
        ):
            column = dataclasses.replace(column, quantity="solved positions")
        kept.append(column)
    return kept
