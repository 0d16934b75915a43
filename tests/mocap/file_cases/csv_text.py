"""Writers of CSV tables of the dancer, and the changes that cases make to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.mocap.file_cases.body import (
    FRAMES,
    NAMES,
    RATE_HZ,
    Body,
    Floats,
    array,
    dancer,
    renamed,
    with_gap,
)

Write = Callable[[Path], object]
TIMES_S = np.arange(FRAMES) / RATE_HZ


def number(value: float, decimals: int = 5) -> str:
    """A cell; empty for NaN."""
    return "" if np.isnan(value) else f"{value:.{decimals}f}"


def rows_of(positions: Floats, scale: float = 1.0, decimals: int = 5) -> list[list[str]]:
    """Cells of positions `[T, J, C]`, one row a frame."""
    flat = scale * positions.reshape(len(positions), -1)
    return [[number(value, decimals) for value in row] for row in flat.tolist()]


def headings(names: Sequence[str], unit: str = "_m") -> list[str]:
    """Column names of CSV files, `Head_x_m`."""
    return [f"{name}_{axis}{unit}" for name in names for axis in "xyz"]


def csv(
    names: Sequence[str] | None = None,
    rows: Sequence[Sequence[str]] | None = None,
    times: Sequence[object] | None = None,
    time: str = "time_s",
    unit: str = "_m",
    separator: str = ",",
    encoding: str = "utf-8",
    edit: Callable[[str], str] = lambda text: text,
) -> Write:
    """A writer of a CSV table; `edit` changes its text."""
    body = dancer()
    head = ([time] if time else []) + headings(names or NAMES, unit)
    cells = rows or rows_of(array(body))
    stamps = [f"{value:.3f}" for value in TIMES_S] if times is None else list(map(str, times))
    lines = [head]
    for frame, row in enumerate(cells):
        lines.append(([stamps[frame]] if time else []) + list(row))
    text = "\n".join(separator.join(line) for line in lines) + "\n"
    return lambda path: path.write_bytes(edit(text).encode(encoding))


def edited_cells(
    changes: Mapping[tuple[int, str], str], body: Body | None = None
) -> list[list[str]]:
    """The cells of the dancer with the three of some (frame, name) replaced."""
    body = body or dancer()
    cells = rows_of(array(body))
    names = list(body)
    for (frame, name), text in changes.items():
        at = 3 * names.index(name)
        cells[frame][at : at + 3] = [text] * 3
    return cells


def lost_frames(text: str) -> list[list[str]]:
    """Cells in which the left wrist is lost in frames 100 to 110, written as `text`."""
    return edited_cells({(frame, "LWrist"): text for frame in range(100, 110)})


LOST = with_gap(dancer(), "LWrist", 100, 110)


def missing_rows(start: int, stop: int) -> Body:
    """The dancer with all joints lost in some frames."""
    body = dancer()
    for name in NAMES:
        body = with_gap(body, name, start, stop)
    return body


def take_rows(kept: Sequence[int]) -> dict[str, list]:
    """Rows and times of some frames."""
    cells = rows_of(array(dancer()))
    return {
        "rows": [cells[frame] for frame in kept],
        "times": [f"{frame / RATE_HZ:.3f}" for frame in kept],
    }


KEPT = [frame for frame in range(FRAMES) if not 120 <= frame < 220]
SHUFFLED = np.random.default_rng(1).permutation(FRAMES).tolist()
TWO = {**renamed(dancer(), "Anna:"), **renamed(dancer(seed=1), "Ben:")}


def lines(edit: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    return lambda text: "\n".join(edit(text.splitlines())) + "\n"


def with_unit_row(lines: list[str]) -> list[str]:
    return [lines[0], ",".join(["s"] + ["mm"] * (3 * len(NAMES))), *lines[1:]]


def extra(columns: Mapping[str, float]) -> Callable[[str], str]:
    """Insert columns of other quantities after the first marker."""

    def edit(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines]
        for row, line in enumerate(cells):
            added = [
                name if row == 0 else f"{value + 0.01 * row:.3f}" for name, value in columns.items()
            ]
            line[4:4] = added
        return [",".join(line) for line in cells]

    return lines(edit)


def unnamed_column(name: str) -> Callable[[str], str]:
    """Replace the names over one marker by nothing."""

    def edit(lines: list[str]) -> list[str]:
        head = ["" if cell.startswith(f"{name}_") else cell for cell in lines[0].split(",")]
        return [",".join(head), *lines[1:]]

    return lines(edit)


def without(body: Body, *names: str) -> Body:
    """The body without some joints."""
    return {name: positions for name, positions in body.items() if name not in names}
