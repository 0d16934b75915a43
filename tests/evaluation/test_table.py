"""The final table: it shows all numbers with their intervals and fits a terminal."""

import io

import pytest
from rich.console import Console

from experiments.console import print_table
from mariel_gnn.evaluation.table import RECONSTRUCTION, SAMPLES, TABLES, Column, as_markdown

ROWS = {
    "gnn_vae": {column.name: 1234.5678 for column in (*RECONSTRUCTION, *SAMPLES)}
    | {"samples/out_of_range_rate": 1.0}
    | {"samples/kernel_distance_low": 0.5, "samples/kernel_distance_high": 1.25}
    | {"samples/frechet_distance_low": 1000.25, "samples/frechet_distance_high": 2000.25},
    "gnn_vae (flow)": {column.name: 0.5 for column in SAMPLES},
    "mean_pose": {"test/mpjpe_mm": 220.0},
}


def test_every_column_is_in_one_table():
    shown = [column for _, columns in TABLES for column in columns]
    assert shown == [*RECONSTRUCTION, *SAMPLES]
    assert len({column.name for column in shown}) == len(shown)


def test_the_tables_fit_100_columns():
    printed = io.StringIO()
    print_table(Console(file=printed, width=100), ROWS, "run on recordings")
    lines = printed.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert "…" not in printed.getvalue()
    assert [line.split()[0] for line in lines if line.startswith("  gnn_vae")] == ["gnn_vae"] * 5
    assert sum(line.startswith("  mean_pose") for line in lines) == 1


def test_markdown_shows_the_same_cells():
    text = as_markdown(ROWS)
    assert text.count("| gnn_vae |") == len(TABLES)
    assert "1234.568 (0.500–1.250)" in text
    assert "| mean_pose | 220.0 |" in text


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
