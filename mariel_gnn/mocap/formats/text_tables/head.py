"""The head of a table: names, axes, quantities and units in one line or in several, and its facts.

Names stand over their own columns: a column without a name does not take that of its neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import parse_unit
from mariel_gnn.mocap.formats.text_tables.bounds import check_head
from mariel_gnn.mocap.formats.text_tables.columns import (
    Column,
    axis_cell,
    group_markers,
    parse_names,
    quantity_of,
)
from mariel_gnn.mocap.formats.text_tables.facts import RATE_NAME, all_facts
from mariel_gnn.mocap.formats.text_tables.text_table import Line

TIME, FRAME, RATE = "time", "frame numbers", "frame rate"
_TIME_UNIT = (
    r"(s|secs?|seconds?|ms|msecs?|millis\w*|[uµ]s|usecs?|micros\w*|ns|nanos\w*|ticks?|min\w*"
    r"|utc|unix|iso)"
)
_TIME = re.compile(
    r"((elapsed|relative|video|capture|system|unix|real|world|media|camera)[ _]?)?"
    r"(times?|zeit|temps|tiempo|tempo|t|seconds?|secs?|timestamps?|time ?stamps?|msecs?|ms|milliseconds?"
    r"|clock|date ?time)"
    rf"([ _.\-]*[\[(] *{_TIME_UNIT} *[\])]|[ _.\-]+{_TIME_UNIT})?",
    re.I,
)
_FRAME = re.compile(
    r"(video|camera|mocap|sync)?[ _]?(frames?|fnum|field)[ _#]*(no|nr|num(ber)?|id|idx|index|count)?\.?"
    r"|index|idx|item|sample([ _]?(no|num(ber)?|id|index))?",
    re.I,
)
_UNIT_CELLS = re.compile(
    r"s|ms|sec\w*|frames?|#|%|-|px|pixels?|deg\w*|°|rad\w*|hz|nm+|kg|[mk]?n|v|mv|w"
    r"|\[.*\]|\(.*\)|(m|cm|mm|deg|rad)/s(\^?2|²)?|n\.mm?|n/kg",
    re.I,
)
# Lines that are no names, by their first filled cell: of OptiTrack and of DeepLabCut.
_NO_NAMES = frozenset(("type", "id", "parent", "parent id", "scorer", "coords"))
_NAMES = frozenset(("name", "bodyparts", "markers", "joints", "labels"))


class Head(NamedTuple):
    """What the head of a table says.

    Attributes:
        columns: one for each column of the table.
        facts: other statements of the head: the value of each key, in lower case.
        notes: what was not used.
    """

    columns: list[Column]
    facts: dict[str, str]
    notes: tuple[str, ...] = ()


def parse_head(head: Sequence[Line], width: int, comments: Sequence[str], path: Path) -> Head:
    """Parse the lines above the numbers.

    Args:
        head: these lines.
        width: the number of cells in most lines of the data.
        comments: the file's comments, for its facts.
        path: the file's name in errors.

    Raises:
        UserError: no line names the columns, or its names do not stand over their columns.
    """
    check_head([line.cells for line in head], path)
    axes = [line for line in head if _share(line, lambda cell: axis_cell(cell) is not None, 3)]
    units = [line for line in head if line not in axes and _share(line, _is_unit, 2)]
    others = [line for line in head if line not in axes and line not in units]
    notes: tuple[str, ...] = ()
    if axes and _names_over(axes[-1], others):
        width = max(width, _filled_width(axes[-1]))
        columns, used, notes = _stacked(axes[-1], others, width, path)
    else:
        columns, used = _flat([*others, *axes])
    columns = _with_units(columns, units[-1].cells if units else [])
    unused = [line for line in others if line not in used]
    return Head(columns, all_facts(unused, comments), notes)


def _share(line: Line, fits: Callable[[str], bool], least: int) -> bool:
    """Return whether most filled cells fit, apart from those over times and frames."""
    cells = [cell for cell in line.cells if cell and not column_kind(cell)]
    fitting = sum(map(fits, cells))
    return fitting >= least and fitting > len(cells) / 2


def _is_unit(cell: str) -> bool:
    return parse_unit(cell) is not None or _UNIT_CELLS.fullmatch(cell) is not None


def column_kind(name: str) -> str:
    """Return whether a column with this name holds times, frame numbers or a rate; else empty."""
    if re.fullmatch("sub ?frame", name, re.I):
        return ""
    for kind, pattern in ((TIME, _TIME), (FRAME, _FRAME), (RATE, RATE_NAME)):
        if pattern.fullmatch(name):
            return kind
    return ""


def _flat(lines: Sequence[Line]) -> tuple[list[Column], list[Line]]:
    """Parse names with their axes, such as `LANK_x`: the line in which most markers are.

    A table has no columns beyond its names: it would be unclear which of them has no name.
    """
    best: tuple[int, list[Column], list[Line]] = (0, [], [])
    for line in lines:
        columns = [
            _with_kind(column, line.cells[column.place]) for column in parse_names(line.cells)
        ]
        markers = len(group_markers(columns).labels)
        if markers and markers >= best[0]:
            best = markers, columns, [line]
    if not best[2] and lines:  # for the message, and for tables in long form
        best = (
            0,
            [_with_kind(column, column.name) for column in parse_names(lines[-1].cells)],
            [lines[-1]],
        )
    return best[1], best[2]


def _with_kind(column: Column, name: str) -> Column:
    kind = "" if column.quantity else column_kind(name)
    return Column(column.place, name, kind, unit=column.unit) if kind else column


def _filled_width(line: Line) -> int:
    return max((place + 1 for place, cell in enumerate(line.cells) if cell), default=0)


def _padded(line: Line, width: int) -> list[str]:
    return [*line.cells, *[""] * (width - len(line.cells))]


def _stacked(
    axes: Line, others: Sequence[Line], width: int, path: Path
) -> tuple[list[Column], list[Line], tuple[str, ...]]:
    """Parse names over a line of axes."""
    quantities = [line for line in others if _share(line, lambda cell: bool(quantity_of(cell)), 1)]
    cells = {place: found for place, cell in enumerate(_padded(axes, width))
             if (found := axis_cell(cell))}  # fmt: skip
    names, dancers, notes = _name_lines(
        [line for line in others if line not in quantities], axes.number, set(cells)
    )
    words = _padded(quantities[-1], width) if quantities else [""] * width
    labels, shifted = _spread(names, cells, words, path) if names else ({}, ())
    groups = _forward(dancers.cells, max(cells)) if dancers else []
    columns = []
    for place in range(width):
        texts = [line.cells[place] for line in (axes, *others) if place < len(line.cells)]
        if place not in cells:
            kind = next((kind for text in texts if (kind := column_kind(text))), "")
            # The text that says most of a column without an axis.
            text = next((text for text in texts if kind and column_kind(text)), words[place])
            text = text or next((text for text in texts if text), "")
            columns.append(Column(place, text, kind or quantity_of(text)))
            continue
        quantity, axis = cells[place]
        label = labels.get(place, "")
        if label and place < len(groups) and groups[place]:
            label = f"{groups[place]}:{label}"
        columns.append(Column(place, label, quantity_of(words[place]) or quantity, axis))
    bare = [
        c.place for c in columns if c.place > min(cells) and not (c.axis or c.label or c.quantity)
    ]
    if bare:
        raise UserError(
            f"{path}: line {axes.number} has no axis for column {bare[0] + 1}, so names and axes may not "
            "stand over their columns: write an axis for each column"
        )
    used = [*quantities, *([names] if names else []), *([dancers] if dancers else [])]
    return columns, used, (*notes, *shifted)


def _names_over(axes: Line, lines: Sequence[Line]) -> bool:
    """Return whether names may stand over a line of axes; `x0, y0, z0` alone is a line of names."""
    places = {place for place, cell in enumerate(axes.cells) if axis_cell(cell)}
    return any(_over(line, places) and line.number <= axes.number for line in lines) or not any(
        any(digit.isdigit() for digit in cell) for cell in axes.cells
    )


def _name_lines(
    lines: Sequence[Line], axes: int, places: set[int]
) -> tuple[Line | None, Line | None, tuple[str, ...]]:
    """Return the line of names, a line of dancers above it, and a note on a second line of names."""
    lines = [line for line in lines if line.number <= axes and _over(line, places)]
    lines = [line for line in lines if _caption(line) not in _NO_NAMES]
    captioned = [line for line in lines if _caption(line) in _NAMES]
    if not lines:
        return None, None, ()
    names = captioned[-1] if captioned else max(lines, key=lambda line: _rank(line, places))
    above = [line for line in lines if line is not names and _caption(line) not in _NAMES
             and _over(line, places) and line.cells[2:] != names.cells[2:]]  # fmt: skip
    dancers = next((line for line in above if _caption(line) in ("individuals", "subject")), None)
    if dancers is None and above and abs(above[-1].number - names.number) <= 1:
        fewer = _over(above[-1], places) < _over(names, places)
        if fewer and _all_over(above[-1], names, places) and not above[-1].cells[0]:
            dancers = above[-1]
        elif not fewer and _rank(above[-1], places)[0] > 1:
            text = ", ".join([cell for cell in above[-1].cells[2:] if cell][:3])
            return (
                names,
                None,
                (f"line {above[-1].number} is a second line of names ({text}, …): not used",),
            )
    return names, dancers, ()


def _rank(line: Line, places: set[int]) -> tuple[int, int, int]:
    """Return how likely a line has the names: by distinct names, names, and nearness to the axes."""
    cells = [cell for place, cell in enumerate(line.cells) if place in places and cell]
    return len(set(cells)), len(cells), line.number


def _all_over(above: Line, names: Line, places: set[int]) -> bool:
    """Return whether each filled cell of a line stands over a name."""
    both = zip(above.cells, names.cells, strict=False)
    return all(name for place, (cell, name) in enumerate(both) if cell and place in places)


def _caption(line: Line) -> str:
    return next((cell for cell in line.cells[:2] if cell), "").lower().rstrip(":")


def _over(line: Line, places: set[int]) -> int:
    """Count the filled cells over columns with an axis."""
    return sum(bool(cell) for place, cell in enumerate(line.cells) if place in places)


def _forward(cells: Sequence[str], last: int) -> list[str]:
    filled: list[str] = []
    for place in range(last + 1):
        cell = cells[place] if place < len(cells) else ""
        filled.append(cell or (filled[-1] if filled else ""))
    return filled


def _spread(
    names: Line, cells: dict[int, tuple[str, str]], words: Sequence[str], path: Path
) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return the name of each column, and a note if names were moved. A name stands over the first of its
    columns, or over all of them. It ends where its axes would repeat: columns behind that have no name.

    Raises:
        UserError: a name stands over another column than its x.
    """
    at = {place: names.cells[place] for place in cells if place < len(names.cells)}
    starts = _first_places(at)
    notes: tuple[str, ...] = ()
    wrong = [place for place in starts if cells[place][1] not in "xw"]
    once = len(starts) == sum(map(bool, at.values()))
    if wrong == starts and once and {cells[place][1] for place in wrong} == {"y"}:
        at = {place - 1: name for place, name in at.items() if name}
        notes = ("all names stand over y columns: taken as the names of three columns each",)
    elif wrong:
        raise UserError(
            f"{path}: line {names.number}: the name {names.cells[wrong[0]]} stands over column "
            f"{wrong[0] + 1}, which is {cells[wrong[0]][1]} and not x, so it is unclear whose columns these "
            "are: write each name over its x column"
        )
    labels, label, seen = {}, "", set[tuple[str, str, str]]()
    for place in sorted(cells):
        key = (words[place], *cells[place])
        if name := at.get(place, ""):
            if name != label or key in seen:
                seen = set()
            label = name
        elif key in seen:
            label, seen = "", set()
        seen.add(key)
        labels[place] = label
    return labels, notes


def _first_places(at: dict[int, str]) -> list[int]:
    """Return the places where a name begins that does not stand over the column before too."""
    return [place for place, name in at.items() if name and at.get(place - 1) != name]


def _with_units(columns: Sequence[Column], cells: Sequence[str]) -> list[Column]:
    """Add the units of a line of units."""
    units = [cell.strip("[]() ") for cell in cells]
    return [
        Column(c.place, c.label, c.quantity, c.axis, units[c.place])
        if c.place < len(units) and units[c.place] and not c.unit
        else c
        for c in columns
    ]
