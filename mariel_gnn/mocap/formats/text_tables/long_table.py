"""Tables with one line for each marker of each frame (long form), or for each dancer of each frame."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile, check_count
from mariel_gnn.mocap.formats.text_tables.cells import is_number
from mariel_gnn.mocap.formats.text_tables.columns import (
    POSITION,
    Column,
    MarkerColumns,
    group_markers,
)
from mariel_gnn.mocap.formats.text_tables.head import FRAME, RATE, TIME
from mariel_gnn.mocap.formats.text_tables.marker_table import MarkerTable, finish, no_markers
from mariel_gnn.mocap.formats.text_tables.text_table import Line, check_cells, to_numbers

_NAME = re.compile(
    r"((land)?marks?|joints?|markers?|key ?points?|body ?parts?|points?|nodes?|labels?|names?|segments?|"
    r"trajector(y|ies)|bones?)([ _]?(names?|labels?|ids?|idx|index|no|num(ber)?|type))?",
    re.I,
)
_DANCER = re.compile(
    r"(persons?|subjects?|individuals?|actors?|performers?|dancers?|tracks?|models?|components?|instances?|"
    r"players?|users?|skeletons?|poses?|bod(y|ies))([ _]?(names?|labels?|ids?|idx|index|no|num(ber)?))?",
    re.I,
)
# The places of a whole table, all names in all frames, for each line that there is.
MAX_EMPTY = 100


def is_long(content: MarkerTable) -> bool:
    """Return whether a table has one x, y and z for all markers, and a column of their names."""
    return _axes(content) is not None and _names(content) is not None


def _axes(content: MarkerTable) -> list[Column] | None:
    columns = [
        column for column in content.columns if not column.label and column.quantity == POSITION
    ]
    by_axis = {column.axis: column for column in columns}
    if len(columns) != len(by_axis) or not {"x", "y", "z"} <= by_axis.keys():
        return None
    return [by_axis[axis] for axis in "xyz"]


def _names(content: MarkerTable) -> Column | None:
    others = [column for column in content.columns if not column.axis and not column.quantity]
    for column in others:
        if _NAME.fullmatch(column.label):
            return column
    text = [column for column in others if not _DANCER.fullmatch(column.label)
            and not is_number(content.rows[0].cells[column.place])]  # fmt: skip
    return text[0] if len(text) == 1 else None


def read_long(content: MarkerTable) -> MarkerFile:
    """Turn a table in long form to one line for each frame.

    Raises:
        UserError: a marker occurs twice in a frame, or no column distinguishes the frames.
    """
    table, rows = content.table, content.rows
    axes, name = _axes(content), _names(content)
    assert axes is not None
    assert name is not None
    dancer = _dancer(content, name)
    check_cells(table, rows, len(content.columns), [])
    names = [_label(line, name, dancer) for line in rows]
    numbers = to_numbers(table, rows, [column.place for column in axes], ["x", "y", "z"])
    labels, positions, firsts = _by_frame(content, names, numbers[:, None])
    used = (*axes, name, dancer)
    notes = _left_out([c for c in content.columns if c not in used])
    if not {FRAME, TIME} & {column.quantity for column in content.columns}:
        notes = (*notes, f"has no column of frames: each {labels[0]} begins a frame")
    unit = axes[0].unit
    markers = MarkerColumns(labels, [(0, 0, 0)] * len(labels), [unit] * len(labels), notes)
    return finish(dataclasses.replace(content, rows=firsts), markers, positions[:, :, 0])


def has_dancers(content: MarkerTable) -> bool:
    """Return whether a table has one line for each dancer of each frame, with a column of dancers."""
    dancer = _dancer(content, None)
    clock = {FRAME, TIME} & {column.quantity for column in content.columns}
    return (
        bool(clock)
        and dancer is not None
        and len({line.cells[dancer.place] for line in content.rows}) > 1
    )


def read_dancers(content: MarkerTable) -> MarkerFile:
    """Turn a table with one line for each dancer of each frame to one line for each frame.

    Raises:
        UserError: a dancer occurs twice in a frame, or there are no markers.
    """
    table, rows, dancer = content.table, content.rows, _dancer(content, None)
    assert dancer is not None
    others = [
        c for c in content.columns if c is not dancer and c.quantity not in (TIME, FRAME, RATE)
    ]
    markers = group_markers(others)
    if not markers.labels:
        raise UserError(no_markers(content, markers))
    notes = check_cells(table, rows, len(content.columns), markers.places)
    places = [place for three in markers.places for place in three]
    names = [f"{label} {axis}" for label in markers.labels for axis in "xyz"]
    numbers = to_numbers(table, rows, places, names).reshape(len(rows), -1, 3)
    dancers = [line.cells[dancer.place] for line in rows]
    order, positions, firsts = _by_frame(content, dancers, numbers)
    labels = [f"{name}:{label}" for name in order for label in markers.labels]
    found = MarkerColumns(labels, [], markers.units * len(order), markers.notes)
    flat = positions.reshape(len(firsts), -1, 3)
    return finish(dataclasses.replace(content, rows=firsts), found, flat, notes)


def _dancer(content: MarkerTable, name: Column | None) -> Column | None:
    for column in content.columns:
        if column is not name and not column.axis and _DANCER.fullmatch(column.label):
            return column
    return None


def _left_out(columns: Sequence[Column]) -> tuple[str, ...]:
    others = [column.label for column in columns if column.quantity not in (TIME, FRAME)]
    return (f"columns of other content left out: {', '.join(others)}",) if others else ()


def _by_frame(
    content: MarkerTable, names: Sequence[str], numbers: Floats
) -> tuple[list[str], Floats, list[Line]]:
    """Put the positions of lines `[rows, J, C]` into frames `[T, names, J, C]`; NaN where there is no line.

    Args:
        content: the table, with a column of frames.
        names: of each line: its marker, or its dancer.
        numbers: the positions.

    Returns:
        The names, each once; the positions; the first line of each frame.
    """
    order = list(dict.fromkeys(names))
    column_of = {name: column for column, name in enumerate(order)}
    frames, firsts = _frames(content, names)
    check_count(len(order) * numbers.shape[1], content.table.path)
    if len(firsts) * len(order) > MAX_EMPTY * len(names):
        raise UserError(
            f"{content.table.path}: has {len(names):,} lines for {len(order):,} names in {len(firsts):,} "
            "frames, so nearly all would be gaps: check its columns of names and frames"
        )
    positions = np.full((len(firsts), len(order), *numbers.shape[1:]), np.nan)
    filled: set[tuple[int, int]] = set()
    for line, frame, name, position in zip(content.rows, frames, names, numbers, strict=True):
        at = (frame, column_of[name])
        if at in filled:
            raise UserError(
                f"{content.table.path}: line {line.number} has {name} a second time in one frame: keep one "
                "line for each in a frame, and name dancers in a column 'subject'"
            )
        filled.add(at)
        positions[at] = position
    return order, positions, firsts


def _label(line: Line, name: Column, dancer: Column | None) -> str:
    label = line.cells[name.place]
    return f"{line.cells[dancer.place]}:{label}" if dancer and line.cells[dancer.place] else label


def _frames(content: MarkerTable, names: Sequence[str]) -> tuple[list[int], list[Line]]:
    """Return the frame of each line, counted from 0 by first occurrence, and the first line of each."""
    clocks = [
        column for kind in (FRAME, TIME) for column in content.columns if column.quantity == kind
    ]
    if clocks:
        keys: list[str | int] = [line.cells[clocks[0].place] for line in content.rows]
    else:
        # Without frame numbers, a frame begins where the first name comes again.
        keys = list(np.cumsum([name == names[0] for name in names]).tolist())
        if len(set(Counter(keys).values())) > 1:
            raise UserError(
                f"{content.table.path}: has no column of frames or times, and not the same markers in each "
                "frame: add a column 'frame'"
            )
    order = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    firsts: dict[int, Line] = {}
    frames = [order[key] for key in keys]
    for frame, line in zip(frames, content.rows, strict=True):
        firsts.setdefault(frame, line)
    return frames, [firsts[frame] for frame in range(len(order))]
