"""A model that does not reconstruct is compared by its samples; its error cells stay empty."""

import json
from dataclasses import replace

import pytest
import yaml

from mariel_gnn.comparison.comparison import compare, load_runs
from mariel_gnn.comparison.tables import main_tables, paired_table
from mariel_gnn.evaluation.window_errors import load_errors, save_errors
from mariel_gnn.viz.comparison_pictures import draw_comparison
from tests.comparison.synthetic_runs import write_run


def write_run_without_errors(folder, seed):
    """A run of mdn_rnn, which has no reconstruction and no latents."""
    write_run(folder, "mdn_rnn", seed)
    errors = load_errors(folder)
    rows = {name: row for name, row in errors.rows.items() if name != "mdn_rnn"}
    save_errors(folder, replace(errors, rows=rows))
    summary = json.loads((folder / "summary.json").read_text())
    without = {name: value for name, value in summary.items() if not name.startswith("test/")}
    (folder / "summary.json").write_text(json.dumps(without))
    options = yaml.safe_load((folder / "config.yaml").read_text())
    del options["network"]["latent_size"]
    (folder / "config.yaml").write_text(yaml.safe_dump(options))
    return folder


@pytest.fixture(params=[True, False], ids=["beside a VAE", "alone"])
def comparison(request, tmp_path):
    runs = [write_run_without_errors(tmp_path / f"mdn{seed}", seed) for seed in (0, 1)]
    if request.param:
        runs += [write_run(tmp_path / f"lstm{seed}", "lstm_vae", seed) for seed in (0, 1)]
    return compare(load_runs(runs))


def test_its_row_has_samples_and_no_errors(comparison):
    numbers = comparison.rows["mdn_rnn"]
    assert "samples/speed_ratio" in numbers
    assert not [name for name in numbers if name.startswith("test/")]
    assert any(row[0] == "mdn_rnn" for table in main_tables(comparison) for row in table.rows)


def test_pairs_are_of_models_that_reconstruct(comparison):
    assert {pair.group for pair in comparison.pairs} <= {"lstm_vae"}
    assert len(paired_table(comparison).rows) == len(comparison.pairs)


def test_the_pictures_can_be_drawn(comparison, tmp_path):
    assert any(path.name == "samples.png" for path in draw_comparison(comparison, tmp_path / "out"))
