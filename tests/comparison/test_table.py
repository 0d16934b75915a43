"""The tables: each number with its unit and interval, as text, Markdown and CSV."""

import csv
import io
import math

import pytest

from mariel_gnn.comparison.comparison import compare, load_runs
from mariel_gnn.comparison.intervals import over_seeds
from mariel_gnn.comparison.report import write_report
from mariel_gnn.comparison.tables import (
    GAP,
    main_records,
    main_tables,
    paired_records,
    paired_table,
    unit_of,
)
from mariel_gnn.tracking.tracker import rows_as_csv
from tests.comparison.synthetic_runs import write_run


def test_the_rows_include_the_baselines(comparison):
    rows = {row[0] for table in main_tables(comparison) for row in table.rows}
    assert rows == {"lstm_vae", "gnn_vae", "mean pose", "PCA z8", "data"}


def test_recorded_motion_and_reconstructions_have_rows(tmp_path):
    jerk = "jerk_m_per_s3"
    numbers = {
        f"data/{jerk}": 250.0, f"data/{jerk}_low": 240.0, f"data/{jerk}_high": 270.0,
        f"data/groups/ballroom_dance/{jerk}": 200.0, f"training_data/{jerk}": 220.0,
        f"reconstructions/{jerk}": 50.0, f"samples/{jerk}": 900.0, "samples/targets_met": 0.0,
    }  # fmt: skip
    comparison = compare(load_runs([write_run(tmp_path / "a", summary=numbers)]))
    name = f"samples/{jerk}"
    values = {row: found[name].value for row, found in comparison.rows.items() if name in found}
    assert values == {
        "lstm_vae": 900, "lstm_vae (reconstructions)": 50, "data": 250,
        "data (ballroom dance)": 200, "training data": 220,
    }  # fmt: skip
    data = comparison.rows["data"][name]
    assert (data.low, data.high) == (240, 270)
    cells = {
        row[0]: row for table in main_tables(comparison) for row in table.rows if "900*" in row
    }
    assert list(cells) == ["lstm_vae"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("samples/jerk_m_per_s3", "m/s³"),
        ("samples/accents_per_s", "1/s"),
        ("samples/pauses_s_per_min", "s/min"),
        ("samples/lowest_marker_q01_m", "m"),
        ("samples/nearest_training_second_mm", "mm"),
        ("samples/below_floor_rate", "fraction"),
        ("test/mpjpe_mm_group_mean", "mm"),
        ("windows_per_s", "windows/s"),
        ("samples/kernel_distance_to_reconstructions", "ratio"),
        ("samples/speed_variation_within", ""),
    ],
)
def test_the_unit_is_in_the_name(name, unit):
    assert unit_of(name) == unit


def test_a_number_is_the_mean_over_seeds(comparison):
    numbers = comparison.rows["lstm_vae"]
    values = [run.summary["test/mpjpe_mm"] for run in comparison.groups[0].runs]
    assert numbers["test/mpjpe_mm"] == over_seeds(values)
    assert comparison.rows["PCA z8"]["test/mpjpe_mm"].value == pytest.approx(50, abs=1e-3)
    assert comparison.rows["data"]["samples/bone_length_error_ratio"].value == 0.98
    assert "peak_memory_mb" not in numbers, "the peak is of the whole process"


def test_numbers_equal_for_all_seeds_have_no_interval(comparison):
    assert not comparison.rows["PCA z8"]["test/mpjpe_mm"].has_interval
    assert not comparison.rows["data"]["samples/speed_ratio"].has_interval
    assert comparison.rows["lstm_vae"]["test/mpjpe_mm"].has_interval


def test_a_learned_prior_has_its_own_row(tmp_path):
    flow = {"samples_flow/speed_ratio": 0.97}
    rows = compare(load_runs([write_run(tmp_path / "a", summary=flow)])).rows
    assert rows["lstm_vae (flow)"]["samples/speed_ratio"].value == 0.97
    assert rows["lstm_vae"]["samples/speed_ratio"].value == 0.8


def test_missing_numbers_leave_cells_empty(tmp_path):
    """Without a rigid pair the bone-length ratio is NaN."""
    nothing = {"samples/bone_length_error_ratio": math.nan}
    comparison = compare(load_runs([write_run(tmp_path / "a", summary=nothing)]))
    assert "samples/bone_length_error_ratio" not in comparison.rows["lstm_vae"]
    assert all("nan" not in cell for table in main_tables(comparison) for row in table.rows
               for cell in row)  # fmt: skip


@pytest.mark.parametrize("width", [40, 60, 100])
def test_parts_have_the_given_width_and_every_cell(comparison, width):
    for table in [*main_tables(comparison), paired_table(comparison)]:
        parts = list(table.split(width))
        for part in parts:
            widths = [max(len(cell) for cell in [*head, *column]) + GAP
                      for head, *column in zip(part.head, *part.rows, strict=True)]  # fmt: skip
            assert sum(widths) <= width or len(part.head) == 2
        heads = [part.head[0] for part in parts] + [h for part in parts for h in part.head[1:]]
        assert heads[len(parts) :] == table.head[1:]
        names = {row[0] for part in parts for row in part.rows}
        assert names == {row[0] for row in table.rows}


def test_markdown_has_as_many_cells_in_every_line(comparison):
    for table in [*main_tables(comparison), paired_table(comparison)]:
        bars = {line.count("|") for line in table.markdown().splitlines()}
        assert bars == {len(table.head) + 1}


def test_csv_has_the_exact_numbers(comparison):
    read = list(csv.DictReader(io.StringIO(rows_as_csv(main_records(comparison)))))
    [row] = [r for r in read if (r["row"], r["number"]) == ("gnn_vae", "test/mpjpe_mm")]
    estimate = comparison.rows["gnn_vae"]["test/mpjpe_mm"]
    assert [float(row[name]) for name in ("value", "low_95", "high_95")] == [
        estimate.value, estimate.low, estimate.high]  # fmt: skip
    assert (row["unit"], row["interval_over"], row["count"]) == ("mm", "seeds", "2")
    pairs = list(csv.DictReader(io.StringIO(rows_as_csv(paired_records(comparison)))))
    assert [pair["reference"] for pair in pairs] == ["lstm_vae", "PCA z8", "PCA z8"]
    assert float(pairs[0]["difference_mm"]) == pytest.approx(-60, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("test/mpjpe_mm", "mm"), ("test/mpjve_mm_per_s", "mm/s"),
        ("test/accel_mm_per_frame2", "mm/frame²"), ("samples/foot_skating_m_per_s", "m/s"),
        ("test/kl_nats", "nats"), ("samples/out_of_range_rate", "fraction"),
        ("training_minutes", "min"), ("windows_per_s", "windows/s"), ("parameters", ""),
    ],
)  # fmt: skip
def test_units_follow_from_names(name, unit):
    assert unit_of(name) == unit


def test_the_report_has_command_verdicts_runs_and_pictures(comparison, tmp_path):
    folder = tmp_path / "out"
    picture = folder / "pictures" / "error.png"
    write_report(comparison, folder, [picture], "python -m experiments.compare a b")
    page = (folder / "comparison.md").read_text()
    assert "    python -m experiments.compare a b" in page
    assert "](pictures/error.png)" in page
    for pair in comparison.pairs:
        assert pair.verdict() in page
    assert "../runs/gnn_vae1, commit abc" in page
    assert {path.name for path in folder.iterdir()} == {
        "comparison.md", "comparison.csv", "paired.csv"}  # fmt: skip
