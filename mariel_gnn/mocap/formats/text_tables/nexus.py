"""Vicon Nexus ASCII exports: sections with a title, a rate, names over their axes, and units."""

from __future__ import annotations

import dataclasses
import itertools

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.text_tables.cells import is_number
from mariel_gnn.mocap.formats.text_tables.head import parse_head
from mariel_gnn.mocap.formats.text_tables.marker_table import MarkerTable, to_marker_file
from mariel_gnn.mocap.formats.text_tables.text_table import Line, TextTable, split_head, usual_width

# The sections with positions, the first that a file has is read.
_POSITIONS = ("trajectories", "objects", "segments", "joints")


def is_nexus(table: TextTable) -> bool:
    """Return whether a table begins with a section: a title alone in its line, and a number below."""
    return 0 in _starts(table.lines[:3])


def _starts(lines: list[Line]) -> list[int]:
    """Return where sections begin."""
    filled = [[cell for cell in line.cells if cell] for line in lines]
    return [
        at
        for at, cells in enumerate(filled[:-1])
        if len(cells) == 1 and not is_number(cells[0]) and lines[at].cells[0]
        and len(filled[at + 1]) == 1 and is_number(filled[at + 1][0])
    ]  # fmt: skip


def read_nexus(table: TextTable) -> MarkerFile:
    """Read the section of trajectories; other sections are left out.

    Raises:
        UserError: no section holds positions.
    """
    starts = [*_starts(table.lines), len(table.lines)]
    sections = {
        table.lines[start].cells[0]: table.lines[start:stop]
        for start, stop in itertools.pairwise(starts)
    }
    title = next((name for kind in _POSITIONS for name in sections if name.lower() == kind), None)
    if title is None:
        raise UserError(
            f"{table.path}: holds {', '.join(sections)}, and no Trajectories: export the trajectories too"
        )
    _, rate, *lines = sections[title]
    head, rows = split_head(dataclasses.replace(table, lines=lines))
    described = parse_head(head, usual_width(rows), (), table.path)
    others = [name for name in sections if name != title]
    notes = (f"the sections {', '.join(others)} are left out",) if others else ()
    facts = {"rate": rate.cells[0]}
    is_last = title == list(sections)[-1]
    part = table if is_last else dataclasses.replace(table, complete=True)
    return to_marker_file(
        MarkerTable(part, rows, described.columns, facts, "mm", "z", (*notes, *described.notes))
    )
