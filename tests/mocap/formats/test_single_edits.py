"""No single slip in a table is read as another marker's data: it is refused, or only that cell is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.reading import read_marker_file
from tests.mocap.formats.table_files import FRAMES, NAMES, body, cells, columns, over, timed, trc

Cells = list[list[str]]
EACH = [name for name in NAMES for _ in range(3)]
FRAME_NUMBERS = [[str(n), *row] for n, row in enumerate(cells(body()))]


class Table(NamedTuple):
    """A whole table; the first `head` lines have no positions."""

    lines: Cells
    head: int
    suffix: str = ".csv"
    scale: float = 1.0
    axes: tuple[int, ...] = (0, 1, 2)


TABLES = {
    "written": Table([["time_s", *columns()], *timed(cells(body()))], 1),
    "names with axes": Table([["time", *columns("{label} {axis}")], *timed(cells(body()))], 1),
    "names over axes": Table([["time", *over(NAMES)], ["", *"XYZ" * 4], *timed(cells(body()))], 2),
    "repeated names": Table([["time", *EACH], ["", *"XYZ" * 4], *timed(cells(body()))], 2),
    "deeplabcut": Table(
        [["scorer", *["m"] * 12], ["bodyparts", *EACH], ["coords", *"xyz" * 4], *FRAME_NUMBERS], 3
    ),
    "nexus": Table(
        [["Trajectories"], ["100"], ["", "", *over(NAMES)], ["Frame", "Sub Frame", *"XYZ" * 4],
         ["", "", *["mm"] * 12],
         *[[str(n), "0", *row] for n, row in enumerate(cells(body(), 1000, 3))]],
        5, scale=1000,
    ),
    "qualisys": Table(
        [["NO_OF_FRAMES", str(FRAMES)], ["NO_OF_MARKERS", "4"], ["FREQUENCY", "100"],
         ["MARKER_NAMES", *NAMES],
         *[[str(n), f"{n / 100:.5f}", *row] for n, row in enumerate(cells(body(), 1000, 3))]],
        4, ".tsv", 1000,
    ),
    "trc": Table([line.split("\t") for line in trc().splitlines()], 6, ".trc", 1000, (1, 2, 0)),
}  # fmt: skip


def remove(row: list[str], at: int) -> None:
    del row[at]


def double(row: list[str], at: int) -> None:
    row.insert(at, row[at])


def empty(row: list[str], at: int) -> None:
    row[at] = ""


def word(row: list[str], at: int) -> None:
    row[at] = "abc"


def misplaced(found: MarkerFile, table: Table) -> list[str]:
    """The markers whose positions are those of another one."""
    truth = table.scale * body()[..., list(table.axes)]
    wrong = []
    for label, track in zip(found.labels or (), found.positions.transpose(1, 0, 2), strict=True):
        name = label.rpartition(":")[2].partition("#")[0]
        seen = track[np.isfinite(track).all(axis=1)]
        if name in NAMES and len(seen):
            own = truth[:, NAMES.index(name)]
            far = np.abs(seen[:, None] - own[None]).max(axis=2).min(axis=1)
            wrong += [label] * bool(far.max() > 2e-3 * table.scale)
    return wrong


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_slip_in_one_cell(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    table = TABLES[name]
    edit = data.draw(st.sampled_from([remove, double, empty, word]), "edit")
    lines = [list(line) for line in table.lines]
    number = data.draw(st.integers(0, table.head + 2).filter(lambda at: any(lines[at])), "line")
    edit(lines[number], data.draw(st.integers(0, len(lines[number]) - 1), "cell"))
    check(tmp_path_factory.mktemp("edit") / f"t{table.suffix}", lines, table)


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=20)
@given(data=st.data())
def test_a_column_without_its_cells(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """One column is missing from the data, or from the head."""
    table = TABLES[name]
    width = len(table.lines[-1])
    at = data.draw(st.integers(0, width - 1), "column")
    in_head = data.draw(st.booleans(), "in the head")
    lines = [list(line) for line in table.lines]
    for number, line in enumerate(lines):
        if (number < table.head) == in_head and len(line) > max(at, 2):
            del line[at]
    check(tmp_path_factory.mktemp("edit") / f"t{table.suffix}", lines, table)


def check(path: Path, lines: Sequence[Sequence[str]], table: Table) -> None:
    delimiter = "," if table.suffix == ".csv" else "\t"
    path.write_text("\n".join(delimiter.join(line) for line in lines) + "\n")
    try:
        found = read_marker_file(path)
    except UserError as error:
        reason = str(error)
    else:
        reason = ""
        assert misplaced(found, table) == []
    assert "cannot be read" not in reason
