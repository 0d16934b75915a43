"""Training for a comparison: all missing runs, in order, none twice."""

import json
from dataclasses import replace

import pytest

from experiments.command_line import dump_run, parse_run
from mariel_gnn.comparison.training import folder_of, is_complete, train_missing
from mariel_gnn.errors import UserError


@pytest.fixture
def planned(tmp_path):
    arguments = ["--trainer.max_minutes=5", "--trainer.max_epochs=1000", f"--out={tmp_path}"]
    return [parse_run([*arguments, f"--seed={seed}", f"--name=seed{seed}"]) for seed in (0, 1)]


class Fake:
    """Replaces training: writes a run folder with the given training time."""

    def __init__(self, minutes=5.0, epochs=10):
        self.trained = []
        self.summary = {"epochs": epochs, "best_epoch": 10, "training_minutes": minutes}

    def __call__(self, options):
        self.trained.append(options)
        folder = folder_of(options)
        folder.mkdir(exist_ok=True)
        (folder / "config.yaml").write_text(dump_run(options))
        (folder / "training_state.pt").touch()
        (folder / "summary.json").write_text(json.dumps(self.summary))
        return folder


def test_all_runs_are_trained_once(planned):
    train, lines = Fake(), []
    folders = train_missing(planned, train, lines.append)
    assert [folder.name for folder in folders] == ["seed0", "seed1"]
    assert train.trained == planned
    assert "at most 10 minutes" in lines[0]
    assert train_missing(planned, Fake(), lines.append) == folders
    assert lines[-1].endswith("is complete")


def test_an_interrupted_run_is_resumed(planned):
    folders = train_missing(planned, Fake(), print)
    (folders[1] / "summary.json").unlink()
    again = Fake()
    train_missing(planned, again, print)
    assert [options.trainer.resume for options in again.trained] == [str(folders[1])]


def test_ctrl_c_in_one_run_stops_all_and_the_run_is_not_complete(planned):
    stopped = Fake(minutes=2.0)
    with pytest.raises(KeyboardInterrupt):
        train_missing(planned, stopped, print)
    assert len(stopped.trained) == 1
    assert not is_complete(planned[0])


@pytest.mark.parametrize(
    ("minutes", "epochs", "complete"),
    [(5.0, 10, True), (4.9, 10, False), (4.9, 1000, True), (1.0, 31, True), (1.0, 30, False)],
)
def test_minutes_epochs_or_patience_end_a_run(planned, minutes, epochs, complete):
    """With a patience of 20 epochs and the best epoch 10, training ends after epoch 31."""
    Fake(minutes, epochs)(planned[0])
    assert is_complete(planned[0]) is complete


def test_other_options_in_the_same_folder_are_refused_before_training(planned):
    Fake()(replace(planned[1], seed=5))
    train = Fake()
    with pytest.raises(UserError, match=r"seed1 exists with seed 5, not 1"):
        train_missing(planned, train, print)
    assert train.trained == []


def test_tracking_options_can_differ(planned):
    other = replace(planned[0], tracking=replace(planned[0].tracking, wandb="disabled"))
    Fake()(other)
    train = Fake()
    train_missing(planned[:1], train, print)
    assert train.trained == []


def test_a_folder_without_a_run_is_refused(planned, tmp_path):
    (tmp_path / "seed0").mkdir()
    with pytest.raises(UserError, match="has no run to resume"):
        train_missing(planned, Fake(), print)
