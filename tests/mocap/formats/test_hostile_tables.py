"""Text tables that are made to take long: refused by their size, or read in a time that grows with it.

What takes the square of its length does not end in the time of a test.
"""

import re

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.bvh_file import MAX_STATEMENTS, _is_number, _stated
from mariel_gnn.mocap.formats.reading import read_marker_file
from mariel_gnn.mocap.formats.text_tables import head, text_table
from mariel_gnn.mocap.formats.text_tables.bounds import MAX_HEAD_LINES, MIN_SHARE
from mariel_gnn.mocap.formats.text_tables.cells import is_number, parse_number
from mariel_gnn.mocap.formats.text_tables.clock_columns import _LIKE_TIME
from mariel_gnn.mocap.formats.text_tables.columns import parse_names, split_unit
from mariel_gnn.mocap.formats.text_tables.facts import all_facts, stated_rate

HEAD = "time_s,A_x_m,A_y_m,A_z_m\n"
ROWS = "".join(f"{frame / 100},0.1,0.2,{frame / 100}\n" for frame in range(9))
LONG = 100_000  # characters


def refused(tmp_path, text, suffix=".csv"):
    path = tmp_path / f"take{suffix}"
    path.write_text(text)
    with pytest.raises(UserError) as told:
        read_marker_file(path)
    return str(told.value)


def test_a_long_text_without_numbers_is_refused_before_it_is_split(tmp_path, monkeypatch):
    monkeypatch.setattr(text_table, "splitter", None)
    assert "0 of 1,000 lines" in refused(tmp_path, '""\n' * 20_000)


def test_a_take_of_many_gaps_is_a_table(tmp_path):
    """A quarter of the lines has positions, far more than the bound."""
    assert MIN_SHARE < 0.1
    lines = [
        f"{frame / 100},0.1,0.2,{frame % 7 / 10}" if frame % 400 > 300 else f"{frame / 100},,,"
        for frame in range(12_000)
    ]
    path = tmp_path / "take.csv"
    path.write_text(HEAD + "\n".join(lines) + "\n")
    assert np.isfinite(read_marker_file(path).positions).any(axis=2).sum() == 12_000 // 400 * 99


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "0," + "9" * LONG + "x,1,2\n" + ROWS,
        HEAD + ROWS + "1," + "9" * LONG + ",1,2\n",
        "t," + "_" * LONG + "_x,A_y,A_z\n" + ROWS,
        "t," + "a_x" * LONG + ",A_y,A_z\n" + ROWS,
    ],
)
def test_a_cell_longer_than_a_name_or_a_number_is_refused(tmp_path, text):
    assert re.search(r"line \d+ has a cell of [13]00,\d\d\d characters", refused(tmp_path, text))


@pytest.mark.parametrize("name", ["a_x", "word"])
def test_a_head_of_too_many_cells_is_refused_unparsed(tmp_path, name, monkeypatch):
    monkeypatch.setattr(head, "_share", None)
    line = ",".join([name] * 1000) + "\n"
    assert "60,000 filled of 60,000 cells" in refused(tmp_path, line * 60 + "1,2,3,4\n" * 4)


def test_a_head_of_too_many_lines_is_refused(tmp_path):
    said = refused(tmp_path, "a_x,a_y,a_z\n" * 2 * MAX_HEAD_LINES + "1,2,3\n" * 4 * MAX_HEAD_LINES)
    assert "no lines of numbers below its head" in said


def test_the_empty_lines_of_a_trc_file_are_passed_over_once(tmp_path):
    """A fortieth of the lines has numbers, so the text is not refused for having none."""
    text = "PathFileType\t4\n" + "\t\n" * 100_000 + "1\t2\t3\n" * 5_000
    assert "no number for NumFrames" in refused(tmp_path, text, ".trc")


@pytest.mark.parametrize(
    "text",
    ["9" * LONG + "x", "9" * LONG + ".x", "_" * LONG + "!", " " * LONG + "!", "a [" * LONG, "a" * LONG + "!",
     "time" + "_a" * LONG + "!", "time" + "_" * LONG + "!", "a " * LONG + "!", "a:" * LONG + "!",
     "a: " + " " * LONG + ":", "(" * LONG + "x"],
)  # fmt: skip
def test_patterns_look_at_each_letter_a_few_times_only(text):
    assert not is_number(text)
    assert parse_number(text, ".") is None
    assert not _is_number(text)
    assert not _LIKE_TIME.fullmatch(text)
    split_unit(text)
    parse_names([text])
    assert stated_rate(all_facts([], [text])) is None


def test_statements_of_a_bvh_file_are_few_and_short():
    assert _stated(["a" + " " * LONG + "!?"], 0) == ({}, 0)
    assert _stated(["a b"] * 2 * MAX_STATEMENTS, 0)[1] == MAX_STATEMENTS
    assert _stated(["Frames: 7", "Frame Time: 0.1", "1 2 3"], 0) == (
        {"frames": "7", "frame time": "0.1"}, 2,
    )  # fmt: skip
