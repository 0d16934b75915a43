"""Numbers are written even if W&B fails."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mariel_gnn.tracking.tracker import Tracker, TrackingOptions
from tests.tracking import offline_run

ROW = {"epoch": 1, "train/loss_nats": 2.5}


def kept(folder):
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file)), json.loads((folder / "summary.json").read_text())


def test_without_wandb_all_numbers_are_in_the_folder(tmp_path):
    tracker = Tracker(tmp_path, TrackingOptions(wandb="disabled"))
    tracker.log(ROW)
    tracker.log({"epoch": 2, "validation/loss_nats": 3.0})
    tracker.finish({"test/mpjpe_mm": 1.0})
    rows, summary = kept(tmp_path)
    assert rows == [{"epoch": "1", "train/loss_nats": "2.5", "validation/loss_nats": ""},
                    {"epoch": "2", "train/loss_nats": "", "validation/loss_nats": "3.0"}]  # fmt: skip
    assert summary == {"test/mpjpe_mm": 1.0}
    assert {path.name for path in tmp_path.iterdir()} == {"metrics.csv", "summary.json"}


def test_the_rows_of_the_training_state_replace_those_of_the_file(tmp_path):
    first = Tracker(tmp_path, TrackingOptions(wandb="disabled"))
    for epoch in (1, 2, 3):
        first.log(ROW | {"epoch": epoch})
    second = Tracker(tmp_path, TrackingOptions(wandb="disabled"))
    second.restore(first.rows[:2])
    assert (tmp_path / "metrics.csv").read_text().splitlines()[1:] == ["1,2.5", "2,2.5"]
    second.log(ROW | {"epoch": 3, "train/loss_nats": 9.0})
    second.finish({})
    assert [row["train/loss_nats"] for row in kept(tmp_path)[0]] == ["2.5", "2.5", "9.0"]
    second.restore([])
    assert not (tmp_path / "metrics.csv").exists()


def test_without_a_key_the_run_is_kept_offline_with_one_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # hides the API key of the user
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    warnings = []
    tracker = Tracker(
        tmp_path / "run", TrackingOptions(wandb="online"), {"seed": 4}, warnings.append
    )
    tracker.log(ROW)
    tracker.finish({"test/mpjpe_mm": 1.0})
    assert len(warnings) == 1
    assert "kept offline" in warnings[0]
    assert offline_run.config(tmp_path / "run")["seed"] == 4
    assert offline_run.summary(tmp_path / "run")["test/mpjpe_mm"] == 1.0


@pytest.mark.parametrize("method", ["log", "finish", "log_artifact"])
def test_a_failure_of_wandb_gives_one_warning_and_stops_nothing(tmp_path, method):
    class Broken:
        id, summary = "x", {}

        def __getattr__(self, name):
            def call(*args, **kwargs):
                if name == method:
                    raise RuntimeError("no room left\nand more")

            return call

    warnings = []
    tracker = Tracker(tmp_path, TrackingOptions(wandb="disabled"), warn=warnings.append)
    tracker._wandb = Broken()
    weights = tmp_path / "best.safetensors"
    weights.write_bytes(b"x")
    tracker.log(ROW)
    tracker.log(ROW | {"epoch": 2})
    tracker.finish({"a": 1.0}, weights=weights)
    assert len(warnings) == 1
    assert "no room left" in warnings[0]
    assert "and more" not in warnings[0]
    assert len(kept(tmp_path)[0]) == 2


def test_with_a_wrong_key_the_run_is_kept_offline_with_one_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "wrong")
    warnings = []
    tracker = Tracker(tmp_path, TrackingOptions(wandb="online"), {"seed": 4}, warnings.append)
    tracker.finish({"test/mpjpe_mm": 1.0})
    assert len(warnings) == 1
    assert "WANDB_API_KEY" in warnings[0]
    assert "kept offline" in warnings[0]
    assert offline_run.summary(tmp_path)["test/mpjpe_mm"] == 1.0


PROCESS_ENDS = """
import os, pathlib, signal, sys
from mariel_gnn.tracking import tracker
tracker.ANSWER_S = 1.0
run = tracker.Tracker(pathlib.Path(sys.argv[1]), warn=print)
import wandb
process = wandb.setup()._connection._proc._process
os.kill(process.pid, getattr(signal, sys.argv[2]))
run.log({"epoch": 1, "train/loss_nats": 2.5})
run.finish({"test/mpjpe_mm": 1.0})
assert process.wait() != 0
"""


@pytest.mark.parametrize("signal", ["SIGSTOP", "SIGKILL"])
def test_a_stopped_or_killed_process_of_wandb_is_one_warning(tmp_path, signal):
    own = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    ended = subprocess.run([sys.executable, "-c", PROCESS_ENDS, str(tmp_path), signal],
                           capture_output=True, text=True, check=False, env=own)  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("W&B failed and is disabled")
    assert len(ended.stdout.splitlines()) == 1
    assert kept(tmp_path)[1] == {"test/mpjpe_mm": 1.0}


WITHOUT_HOME = """
import pathlib, sys
from mariel_gnn.tracking import tracker
run = tracker.Tracker(pathlib.Path(sys.argv[1]))
run.log({"epoch": 1, "train/loss_nats": 2.5})
run.finish({"test/mpjpe_mm": 1.0})
"""


def test_without_a_home_nothing_is_printed_or_left_in_the_current_folder(tmp_path):
    hidden = ("WANDB", "XDG", "HOME")
    own = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    own["PYTHONPATH"] = str(Path(__file__).parents[2])
    ended = subprocess.run([sys.executable, "-c", WITHOUT_HOME, str(tmp_path / "run")], cwd=tmp_path,
                           capture_output=True, text=True, check=False, env=own)  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert offline_run.summary(tmp_path / "run")["test/mpjpe_mm"] == 1.0
