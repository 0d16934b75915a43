"""Text files of cells: encoding, delimiter, lines, and cells as numbers.

A cell that is no number and no word for "not seen" is an error that names its line and column.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import Floats, check_count
from mariel_gnn.mocap.formats.text_tables.bounds import (
    MAX_CELL,
    MAX_HEAD_LINES,
    check_lengths,
    refuse_without_numbers,
)
from mariel_gnn.mocap.formats.text_tables.cells import NOT_SEEN, is_number, parse_number

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # starts with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
COLUMNS_OF_MARKER = 10  # position, rotation, confidence; only then are there too many columns
_DELIMITERS = ("\t", ";", "|", ",")
_NOT_TEXT = {
    b"PK\x03\x04": "a ZIP archive, such as a spreadsheet (.xlsx)",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (.xls)",
    b"{": "JSON",
    b"<": "XML or HTML",
    b"%PDF": "a PDF",
}


class Line(NamedTuple):
    """One line: its number in the file, from 1, and its cells without surrounding spaces."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class TextTable:
    """The lines of a text file.

    Attributes:
        path: the file.
        lines: all lines that are neither empty nor comments; the cells of one may all be empty.
        comments: the lines that start with `#`, `%` or `//`, without these signs.
        complete: whether the file ends with a line end.
        decimal: the decimal sign of its numbers.
        notes: what was guessed.
    """

    path: Path
    lines: list[Line]
    comments: list[str]
    complete: bool
    decimal: str
    notes: tuple[str, ...]


def read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    """Read a text file in UTF-8, UTF-16, UTF-32 or Latin-1, and say if the encoding was guessed.

    Raises:
        UserError: the file is empty or not text.
    """
    content = path.read_bytes()
    text, notes = _decoded(content, path)
    if not text.strip():
        raise UserError(f"{path}: is empty: export it again")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _decoded(content: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), ()
    for start, what in _NOT_TEXT.items():
        if content.lstrip()[: len(start)] == start:
            raise UserError(f"{path}: is {what}, not a text table: export it again")
    if b"\0" in content[:1000]:
        return _without_mark(content, path)
    try:
        return content.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        if error.end >= len(content) and error.reason == "unexpected end of data":
            raise UserError(f"{path}: is truncated inside a letter: export it again") from None
    # cp1252 has five undefined bytes, which Latin-1 has as control characters.
    text = content.decode("cp1252", errors="replace")
    return text, ("is not UTF-8: names are read as Latin-1 (Western European)",)


def _without_mark(content: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """Decode UTF-16 without a byte order mark: every second byte of Latin text is zero."""
    for encoding, zeros in (("utf-16-le", content[1:1000:2]), ("utf-16-be", content[:1000:2])):
        if zeros.count(0) > 0.9 * len(zeros):
            return content[: len(content) // 2 * 2].decode(encoding, errors="replace"), ()
    raise UserError(f"{path}: is not text but binary data: export it as text")


Split = Callable[[str], list[str]]


def read_table(
    path: Path, splitter_of: Callable[[Sequence[str]], Split] | None = None
) -> TextTable:
    """Read a text file into lines of cells.

    Args:
        path: the file.
        splitter_of: returns how lines are split into cells; None takes `splitter`.

    Raises:
        UserError: the file is empty or not text.
    """
    text, notes = read_text(path)
    every = text.split("\n")
    refuse_without_numbers(every, path)
    comments: list[tuple[int, str]] = []
    usable: list[tuple[int, str]] = []
    for number, line in enumerate(every, 1):
        if line.strip(" "):
            (comments if _is_comment(line) else usable).append((number, line))
    if not usable:
        raise UserError(f"{path}: holds comments only: export it again")
    split = (splitter_of or splitter)([line for _, line in usable])
    lines = _cells(usable, split, path)
    columns = max(len(line.cells) for line in lines)
    check_count(columns // COLUMNS_OF_MARKER, path, "markers or more, by its columns")
    if is_data(lines[0]) and comments and comments[-1][0] < lines[0].number:
        number, names = comments.pop()  # NumPy writes the names of the columns as a comment
        lines = [*_cells([(number, names.lstrip(" #%/"))], split, path), *lines]
    decimal, guess = _decimal_sign(lines)
    stated = [line[:MAX_CELL].strip(" \t#%/,;") for _, line in comments]
    return TextTable(path, lines, stated, text.endswith("\n"), decimal, (*notes, *guess))


def _cells(numbered: Iterable[tuple[int, str]], split: Split, path: Path) -> list[Line]:
    lines = []
    for number, line in numbered:
        lines.append(Line(number, [cell.strip() for cell in split(line)]))
        if len(line) > MAX_CELL:
            check_lengths(lines[-1].cells, number, path)
    return lines


def _is_comment(line: str) -> bool:
    return line.lstrip().strip('"').startswith(("#", "%", "//"))


def splitter(lines: Sequence[str]) -> Split:
    """Return the function that splits the lines of a table: by its delimiter, or at spaces.

    The delimiter is the first that most of the last lines have, equally often: the lines of the data.
    A comma is tried last, as it may also be the decimal sign.
    """
    data = lines[-200:]
    for delimiter in _DELIMITERS:
        counts = Counter(len(split_at(line, delimiter)) for line in data)
        (cells, often), *_ = counts.most_common(1)
        if cells > 2 and often > len(data) / 2:
            return lambda line, delimiter=delimiter: split_at(line, delimiter)  # type: ignore[misc]
    singles = {len(line.rstrip().split(" ")) for line in data}
    if len(singles) == 1 and all("  " not in line.strip() for line in data):
        # One space for each tab, so that two spaces are an empty cell (in the header).
        return lambda line: line.rstrip("\n").split("\t" if "\t" in line else " ")
    return str.split


def split_at(line: str, delimiter: str) -> list[str]:
    """Split a line at a delimiter, except inside quotes."""
    if '"' not in line:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [])


def _decimal_sign(lines: Sequence[Line]) -> tuple[str, tuple[str, ...]]:
    """Return the decimal sign of the numbers, and a note if commas had to be interpreted.

    Only lines with the usual number of cells count, so not the head of a file. With points in other
    cells, a comma separates thousands.
    """
    (usual, _), *_ = Counter(len(line.cells) for line in lines).most_common(1)
    rows = [line.cells for line in lines if len(line.cells) == usual]
    commas = [
        cell for row in rows for cell in row if "," in cell and is_number(cell.replace(".", ""))
    ]
    if not commas:
        return ".", ()
    both = next((cell for cell in commas if "." in cell), None)
    if both is not None:
        sign = "," if both.rindex(",") > both.rindex(".") else "."
        return sign, (f"numbers such as {both} have separators of thousands",)
    points = any("." in cell and is_number(cell) for row in rows for cell in row)
    if points or any(cell.count(",") > 1 for cell in commas):
        return ".", (f"the comma in {commas[0]} is read as a separator of thousands",)
    return ",", (f"the comma in {commas[0]} is read as the decimal sign",)


def is_data(line: Line) -> bool:
    """Return whether a line holds three numbers or more, as at least half of its filled cells."""
    filled = [cell for cell in line.cells if cell]
    numbers = sum(map(is_number, filled))
    unseen = sum(cell.lower() in NOT_SEEN for cell in filled)
    return numbers + unseen >= 3 and 2 * (numbers + unseen) >= len(filled)


def split_head(table: TextTable) -> tuple[list[Line], list[Line]]:
    """Return the lines of the head and those of the data, which begin where all lines hold numbers.

    Raises:
        UserError: there is no line of numbers.
    """
    for first, line in enumerate(table.lines[: MAX_HEAD_LINES + 1]):
        below = table.lines[first + 1 : first + 4]
        if is_data(line) and all(is_data(other) or not any(other.cells) for other in below):
            head = [line for line in table.lines[:first] if any(line.cells)]
            return head, without_empty_end(table.lines[first:])
    raise UserError(f"{table.path}: has no lines of numbers below its head: export it again")


def without_empty_end(lines: Sequence[Line]) -> list[Line]:
    """Remove the lines at the end that have empty cells only."""
    lines = list(lines)
    while lines and not any(lines[-1].cells):
        lines.pop()
    return lines


def usual_width(rows: Sequence[Line]) -> int:
    """Return the number of cells that most lines have, without an empty one at their end."""
    counts = Counter(len(line.cells) - (not line.cells[-1]) for line in rows)
    return max(len(rows[0].cells) - (not rows[0].cells[-1]), counts.most_common(1)[0][0])


def to_numbers(
    table: TextTable, rows: Sequence[Line], columns: Sequence[int], names: Sequence[str]
) -> Floats:
    """Parse columns of lines to `[rows, columns]`; a cell that is missing or not seen is NaN.

    Args:
        table: the file, for its decimal sign and its name in errors.
        rows: the lines.
        columns: the places of the columns.
        names: the columns' names in errors.

    Raises:
        UserError: a cell is no number; the message has its line and column.
    """
    values = np.full((len(rows), len(columns)), np.nan)
    for at, line in enumerate(rows):
        cells = [line.cells[place] if place < len(line.cells) else "" for place in columns]
        try:  # most lines hold plain numbers
            values[at] = [_plain_number(cell) for cell in cells]
            continue
        except ValueError:
            pass
        for column, cell in enumerate(cells):
            number = parse_number(cell, table.decimal)
            if number is None:
                raise UserError(
                    f"{table.path}: line {line.number}, column {columns[column] + 1} ({names[column]}) is "
                    f"'{cell}', not a number: correct it, or leave it empty if nothing was seen"
                )
            values[at, column] = number
    return values


def _plain_number(cell: str) -> float:
    """Parse a number quickly; fail for what Python accepts beyond numbers, such as `1_0`."""
    if not cell:
        return float("nan")
    if "_" in cell:
        raise ValueError
    return float(cell)


def check_cells(
    table: TextTable, rows: Sequence[Line], width: int, groups: Sequence[Sequence[int]]
) -> tuple[str, ...]:
    """Check that each line has one cell for each column.

    Empty cells behind the last column are ignored. Programs that omit empty cells at the end of a line
    leave out whole markers, and usually in adjacent lines too; such lines are accepted and reported.

    Args:
        table: the file, for its name in errors.
        rows: the lines of the data.
        width: the number of columns.
        groups: the places of each marker's columns.

    Raises:
        UserError: a line has cells for which there is no column, or too few cells.
    """
    short = []
    for at, line in enumerate(rows):
        if any(line.cells[width:]):
            raise UserError(f"{table.path}: {_too_many_cells(line, width)}")
        if len(line.cells) >= width:
            continue
        if at == len(rows) - 1 and not table.complete:
            raise UserError(f"{table.path}: is truncated in its last frame: export it again")
        if not _omits_whole_markers(rows, at, width, groups):
            raise UserError(
                f"{table.path}: line {line.number} has {len(line.cells)} cells instead of {width}, so it is "
                "unclear which are missing: correct or delete this line, or export the file again"
            )
        short.append(line.number)
    if not short:
        return ()
    return (
        f"{len(short)} lines (the first is line {short[0]}) lack cells at their end: read as gaps",
    )


def _too_many_cells(line: Line, width: int) -> str:
    found = len(line.cells)
    advice = (
        "if commas are its decimal signs, export it with semicolons"
        if found > 1.5 * width
        else "correct this line, or export the file again"
    )
    return (
        f"line {line.number} has {found} cells for {width} columns, so it is unclear which belong to which: "
        f"{advice}"
    )


def _omits_whole_markers(
    rows: Sequence[Line], at: int, width: int, groups: Sequence[Sequence[int]]
) -> bool:
    """Return whether a short line lacks the cells of whole markers, as a line beside it does."""
    found = len(rows[at].cells)
    omitted = {place for group in groups if min(group) >= found for place in group}
    beside = [rows[near] for near in (at - 1, at + 1) if 0 <= near < len(rows)]
    usual = any(len(near.cells) < width or not near.cells[width - 1] for near in beside)
    return usual and omitted == {*range(found, width)}
