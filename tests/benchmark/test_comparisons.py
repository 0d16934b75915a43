"""Ratios between rows, tables and files, on rows with known numbers."""

import json

import pytest
import torch

from mariel_gnn.benchmark.derived import add_comparisons
from mariel_gnn.benchmark.report import (
    COLUMNS,
    FIGURE,
    RESULTS,
    TABLE,
    Result,
    load_result,
    markdown,
    save_result,
    tables,
)
from mariel_gnn.benchmark.rows import Row

CPU = torch.device("cpu")
MACHINE = {
    "processor": "a processor",
    "cores": "2",
    "threads": "1",
    "load before": "0.1",
    "device": "CPU",
}


def known_rows():
    """Two rounds; in the second the machine is twice as slow."""
    return [
        Row("ceiling", "CPU: square", {}, {"fp32_gflop_per_s": [80, 50], "bf16_gflop_per_s": [400, 160]}),
        Row("ceiling", "CPU: small", {}, {"fp32_gflop_per_s": [100, 40], "bf16_gflop_per_s": [9, 9]}),
        Row("ceiling", "CPU: broken", {}, {"fp32_gflop_per_s": [900]}, "RuntimeError: no"),
        Row("models", "gnn_vae, batch 64", {"mflop_per_window": 100, "bf16_share": 0},
            {"training_windows_per_s": [200, 100], "products_windows_per_s": [400, 200]}),
        Row("models", "gnn_vae by scatter, batch 64", {}, {"training_windows_per_s": [50, 25]}),
        Row("models", "gnn_vae by the trainer, batch 64", {}, {"training_windows_per_s": [160, 80]}),
        Row("models", "the notebook's loop, batch 64", {}, {"training_windows_per_s": [20, 10]}),
        Row("models", "the notebook's loop, batch 256", {}, {"training_windows_per_s": [40, 20]}),
        Row("data", "item, 1 thread", {}, {"ms": [0.1, 0.2]}),
        Row("startup", "run --help", {}, {}, "RuntimeError: exit status 1 in place of 0: oh"),
    ]  # fmt: skip


@pytest.fixture
def result():
    rows = known_rows()
    add_comparisons(rows, CPU)
    return Result(dict(MACHINE), {"rounds": 2}, rows)


def samples(result, name):
    return next(row.samples for row in result.rows if row.name == name)


def test_load_on_the_machine_cancels_in_ratios(result):
    found = samples(result, "gnn_vae, batch 64")
    assert found["ceiling_ratio"] == [0.2, 0.2]  # 20 of 100 GFLOP/s, then 10 of 50
    assert found["products_ratio"] == [0.5, 0.5]
    assert found["notebook_ratio"] == [10, 10]
    assert "slowdown_ratio" not in found
    assert samples(result, "gnn_vae by scatter, batch 64")["slowdown_ratio"] == [4, 4]
    assert samples(result, "gnn_vae by the trainer, batch 64")["slowdown_ratio"] == [1.25, 1.25]
    assert samples(result, "the notebook's loop, batch 256")["notebook_ratio"] == [2, 2]


def test_without_a_ceiling_or_the_notebook_there_are_no_such_ratios():
    rows = [row for row in known_rows() if row.name == "gnn_vae, batch 64"]
    add_comparisons(rows, CPU)
    assert {"ceiling_ratio", "notebook_ratio"}.isdisjoint(rows[0].samples)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(1, [20 / 400, 10 / 160]), (0.5, [10 / 100 + 10 / 400, 5 / 50 + 5 / 160])],
)
def test_the_ceiling_is_that_of_the_products(share, expected):
    rows = known_rows()
    row = next(row for row in rows if row.name == "gnn_vae, batch 64")
    row.facts["bf16_share"] = share
    add_comparisons(rows, CPU)
    assert row.samples["ceiling_ratio"] == pytest.approx(expected)


def test_every_row_stands_in_the_table_and_a_failed_one_says_so(result):
    text = markdown(result, "python -m experiments.benchmark")
    for row in result.rows:
        assert f"| {row.name} |" in text
    assert "| run --help | failed |" not in text  # a table of one failed row has no columns
    assert "failed: startup, run --help: RuntimeError: exit status 1 in place of 0: oh" in text
    assert "150 (100–200)" in text  # median, least and greatest


def test_a_busy_machine_is_named_and_a_quiet_one_is_not(result):
    assert not any("busy" in note for note in result.notes)
    result.machine["load before"] = "3.5"
    assert any("busy: load 3.5 on 2 cores" in note for note in result.notes)


def test_json_holds_all_and_is_read_again(result, tmp_path):
    save_result(result, tmp_path, "python -m experiments.benchmark")
    again = load_result(tmp_path)
    assert again == result
    content = json.loads((tmp_path / RESULTS).read_text())
    row = next(row for row in content["rows"] if row["name"] == "gnn_vae, batch 64")
    assert row["numbers"]["training_windows_per_s"] == 150
    assert {path.name for path in tmp_path.iterdir()} == {RESULTS, TABLE, FIGURE}


def test_every_number_has_a_column_or_belongs_to_one(result):
    """Products alone are shown as a ratio only."""
    shown = {column.name for columns in COLUMNS.values() for column in columns}
    found = {name for row in result.rows for name in [*row.facts, *row.samples]}
    assert found - shown == {"products_windows_per_s"}


def test_the_machine_is_the_first_table(result):
    first = next(iter(tables(result)))
    assert [row[0] for row in first.rows] == list(MACHINE)
