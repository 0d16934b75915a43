"""The options of a run: from the command line and files, their help, and mistakes of a new user."""

import subprocess
import sys

import pytest
import yaml

from experiments import run as command
from experiments.command_line import CONFIGS, dump_run, parse_run


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_configuration_parses_and_dumps_to_itself(path, tmp_path):
    options = parse_run(["--config", str(path)])
    (tmp_path / "again.yaml").write_text(dump_run(options))
    assert parse_run(["--config", str(tmp_path / "again.yaml")]) == options


def test_later_sources_override_earlier_ones(tmp_path):
    (tmp_path / "my.yaml").write_text(
        yaml.safe_dump({"model": "lstm_vae", "trainer": {"batch_size": 5}})
    )
    options = parse_run(["--config", str(tmp_path / "my.yaml"), "--seed", "4"])
    assert (options.trainer.batch_size, options.seed) == (5, 4)
    options = parse_run(["--config", str(tmp_path / "my.yaml"), "--trainer.batch_size", "6"])
    assert options.trainer.batch_size == 6


def test_a_configuration_of_data_combines_with_that_of_a_model():
    own = parse_run(["--model", "gnn_vae"])
    both = parse_run(["--model", "gnn_vae", "--config", "mariel"])
    assert both.trainer.epoch_windows == own.trainer.epoch_windows
    assert both.network == own.network
    assert (both.data.trim, both.trainer.max_minutes) == (500, 30)
    assert both.data.test == "data/mariel/mariel_penelope.npy"


def test_help_lists_options_with_their_usual_ranges():
    text = subprocess.run([sys.executable, "-m", "experiments.run", "--help"], capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    for words in ("--trainer.learning_rate", "usually", "seconds", "millimetres", "--data.test"):
        assert words in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "lstm_va"], ["no model 'lstm_va'", "Did you mean 'lstm_vae'"]),
        (["--trainer.max_epoch", "3"], ["--trainer.max_epoch", "Did you mean 'max_epochs'"]),
        (["--treiner.max_epochs", "3"], ["--treiner.max_epochs", "Did you mean '--trainer.max_epochs'"]),
        (["--trainer.max_epochs", "many"], ["trainer.max_epochs", "whole number", "'many'"]),
        (["--trainer.batch_size", "0"], ["trainer.batch_size is 0", "1 or more"]),
        (["--model", "notebook_lstm_vae", "--network.dropout", "1"], ["network.dropout", "below 1"]),
        (["--data.normalization", "sead"], ["none of train, notebook"]),
        (["--data.normalization", "notebook"], ["model notebook_lstm_vae"]),
        (["--model", "notebook_lstm_vae", "--trainer.augmentation.turn", "true"], ["turn and mirror"]),
        (["--data.recordings", "."], ["is a folder", "'*.npy'"]),
        (["--data.recordings", "nowhere/*.npy"], ["no file matches 'nowhere/*.npy'"]),
        (["--data.recordings"], ["--data.recordings needs"]),
        (["--data.skeleton", "mariel35"], ["no skeleton 'mariel35'", "Did you mean 'mariel53'"]),
        (["--config", "nowhere.yaml"], ["nowhere.yaml", "cannot be read"]),
        (["--config", "mariell"], ["mariell: cannot be read", "Did you mean 'mariel'"]),
        (["--trainer.resume", "runs/nowhere"], ["runs/nowhere"]),
        (["--trainer.accelerator", "abacus"], ["accelerator", "abacus"]),
        (["--trainer.precision", "33"], ["precision"]),
        (["--tracking.wandb", "ofline"], ["Did you mean 'offline'"]),
        (["--evaluation.notebook_run", "runs/nowhere"], ["runs/nowhere"]),
        (["--seed", "-1"], ["seed is -1"]),
        (["--model", "gnn_vae", "--network.heads", "3"], ["network.heads 3", "take 1, 2 or 4"]),
        (["--model", "gnn_vae", "--network.latent_size", "4"], ["latent_size is 4", "5 or more"]),
        (["--model", "gnn_vae", "--network.edges", "skeletn"], ["Did you mean 'skeleton'"]),
        (["--model", "gnn_vae", "--network.edges", "none"], ["none of complete, skeleton"]),
        (["--model", "gnn_vae", "--data.normalization", "notebook"], ["keeps the heading separate"]),
        (["--prior", "flwo"], ["none of normal, flow"]),
        (["--model", "flow_motion", "--network.widths", "16"], ["expected a list such as [64,128]"]),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(arguments, words, tmp_path, monkeypatch, run_command):
    monkeypatch.chdir(tmp_path)
    error, code = run_command(command, *arguments, "--out", tmp_path / "runs")
    assert code == 2
    assert "\n" not in error
    assert error.startswith("error: ")
    assert [word for word in words if word not in error] == []
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("trainer:\n  learnin_rate: 3\n", ["learnin_rate", "Did you mean 'learning_rate'"]),
        ("trainer: [1, 2\n", ["is not YAML"]),
        ("model: gru_vae\n", ["no model 'gru_vae'"]),
        ("data:\n  seq_len: long\n", ["data.seq_len", "whole number"]),
        ("- 1\n", ["has no options"]),
        ("", ["has no options"]),
        ("trainer: 3\n", ["'trainer' is 3", "must hold options"]),
        ("trainer:\n  augmentation: no\n", ["'trainer.augmentation' is False"]),
        ("network:\n  pose_sise: 3\n", ["Did you mean 'pose_size'"]),
    ],
)
def test_a_mistake_in_a_config_file_is_one_clear_line(content, words, tmp_path, run_command):
    (tmp_path / "my.yaml").write_text(content)
    error, code = run_command(command, "--config", tmp_path / "my.yaml")
    assert code == 2
    assert "\n" not in error
    assert [word for word in words if word not in error] == []
