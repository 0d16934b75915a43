"""Synthetic runs on disk, and their comparison."""

import pytest

from mariel_gnn.comparison.comparison import compare, load_runs
from tests.comparison.synthetic_runs import write_run

EASY_AND_HARD = {"take_0": -20.0, "take_5": 30.0}


@pytest.fixture
def folders(tmp_path):
    """Two models with two seeds each; the second is better by about 60 mm in every take."""
    return [
        write_run(tmp_path / "runs" / f"{model}{seed}", model, seed, error + seed, options=sizes,
                  by_take_mm=EASY_AND_HARD)
        for model, error, sizes in (("lstm_vae", 100.0, {}), ("gnn_vae", 40.0, {"network.heads": 2}))
        for seed in (0, 1)
    ]  # fmt: skip


@pytest.fixture
def comparison(folders):
    return compare(load_runs(folders))
