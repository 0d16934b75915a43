"""The final table: it shows all numbers with their intervals and fits a terminal."""

import io

import pytest
from rich.console import Console

from experiments.console import print_table
from mariel_gnn.evaluation.table import (
    RECONSTRUCTION,
    SAMPLES,
    TABLES,
    Column,
    as_markdown,
    cells,
)
from mariel_gnn.evaluation.targets import TARGETS

ROWS = {
    "gnn_vae": {column.name: 1234.5678 for _, columns in TABLES for column in columns}
    | {"samples/out_of_range_rate": 1.0}
    | {"samples/kernel_distance_low": 0.5, "samples/kernel_distance_high": 1.25}
    | {"samples/frechet_distance_low": 1000.25, "samples/frechet_distance_high": 2000.25},
    "gnn_vae (flow)": {column.name: 0.5 for column in SAMPLES},
    "mean_pose": {"test/mpjpe_mm": 220.0},
}


def test_every_number_has_one_column():
    names = [column.name for _, columns in TABLES for column in columns]
    assert len(set(names)) == len(names)
    assert {column.name for column in (*RECONSTRUCTION, *SAMPLES)} < set(names)


def test_every_target_has_a_column():
    assert {target.name for target in TARGETS} < {column.name for column in SAMPLES}


def test_the_tables_fit_100_columns():
    printed = io.StringIO()
    print_table(Console(file=printed, width=100), ROWS, "run on recordings")
    lines = printed.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert "…" not in printed.getvalue()
    shown = [line for line in lines if line.startswith("  gnn_vae")]
    assert len(shown) == len(TABLES) + sum(columns[0] in SAMPLES for _, columns in TABLES)
    assert sum(line.startswith("  mean_pose") for line in lines) == 1


def test_markdown_shows_the_same_cells():
    text = as_markdown(ROWS)
    assert sum(line.startswith("| gnn_vae |") for line in text.splitlines()) == len(TABLES)
    assert "1234.568 (0.500–1.250)" in text
    assert "| mean_pose | 220.0 |" in text


def test_a_number_that_misses_its_target_is_marked_and_listed():
    number = "samples/jerk_m_per_s3"
    rows = {
        "bad": {number: 1000.0, "samples/targets_met": 0.0},
        "good": {number: 200.0, "samples/targets_met": 1.0},
        "data": {number: 240.0},
    }
    column = next(column for column in SAMPLES if column.name == number)
    assert cells(rows, [column]) == [["bad", "1000*"], ["good", "200"], ["data", "240"]]
    text = as_markdown(rows)
    assert "* bad misses" in text
    assert "jerk 1e+03, not 144 to 360" in text


@pytest.mark.parametrize(
    ("numbers", "cell"),
    [
        ({"a": 1.25}, "1.2"),
        ({"a": 1.25, "a_low": 1.0, "a_high": 3.0}, "1.2 (1.0–3.0)"),
        ({"b": 1.0}, ""),
    ],
)
def test_a_cell_has_its_interval_if_there_is_one(numbers, cell):
    assert Column("a", "A", form=".1f").cell(numbers) == cell
