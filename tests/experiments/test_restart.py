"""A killed run is resumed from whatever its folder holds, and ends as if nothing had happened.

A process killed at a moment leaves what is on the disk then. One run is therefore enough for all moments: its
folder is copied before each rename, and each copy is resumed. The steps from rename to rename are the same
for every model, so one model takes the tests of many resumes, and another the kills.
"""

import csv
import functools
import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from experiments import pipeline
from experiments import run as command
from mariel_gnn import files
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings

KILLS = int(os.environ.get("MARIEL_KILLS", "3"))  # of one run by SIGKILL
CLOCK = {"minutes", "windows_per_s", "training_minutes", "peak_memory_mb"}  # differ in each run
SMALL = [
    "--data.seq_len=16", "--data.reduced_joints=true", "--trainer.max_epochs=2", "--trainer.epoch_windows=32",
    "--trainer.accelerator=cpu", "--evaluation.samples=4", "--evaluation.pictures=none",
    "--tracking.wandb=disabled", "--network.hidden_size=8", "--network.latent_size=6", "--prior=flow",
]  # fmt: skip
MODELS = {
    "lstm_vae": [],
    "gnn_vae": ["--network.layers=1", "--network.heads=1"],
}


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("takes")
    write_synthetic_recordings(folder, count=5, seconds=2)
    return str(folder / "*.npy")


@pytest.fixture(autouse=True)
def quick_parts(monkeypatch):
    """Fits the prior in a few steps, and does not ask git: its answer changes while somebody edits."""
    monkeypatch.setattr(pipeline, "fit_prior", functools.partial(pipeline.fit_prior, steps=2))
    monkeypatch.setattr(pipeline, "_git_commit", lambda: "unknown")


@pytest.fixture
def start(request, takes, tmp_path):
    """The arguments of a new run `runs/NAME` of a model."""
    return ["--model", request.param, "--data.recordings", takes, f"--out={tmp_path / 'runs'}",
            *SMALL, *MODELS[request.param]]  # fmt: skip


@pytest.fixture
def measured_once(monkeypatch):
    """Measures equal weights once, to save time."""
    measure, known = pipeline.evaluate, {}

    def evaluate(name, model, *rest):
        weights = [*model.network.state_dict().values(), *model.prior.state_dict().values()]
        key = tuple(tensor.numpy().tobytes() for tensor in weights)
        if key not in known:
            known[key] = measure(name, model, *rest)
        return known[key]

    monkeypatch.setattr(pipeline, "evaluate", evaluate)


def result(folder: Path) -> dict:
    """Everything in a run folder but what a clock has counted."""
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    found["config.yaml"] = [  # but for the run's place
        line
        for line in found["config.yaml"].splitlines()
        if not line.startswith((b"out:", b"name:"))
    ]
    found["errors.safetensors"] = load_file(
        folder / "errors.safetensors"
    )  # its header has no order
    rows = csv.DictReader(found["metrics.csv"].decode().splitlines())
    found["metrics.csv"] = [
        {name: cell for name, cell in row.items() if name not in CLOCK} for row in rows
    ]
    summary = json.loads(found["summary.json"])
    found["summary.json"] = {name: summary[name] for name in summary.keys() - CLOCK}
    state = torch.load(folder / "training_state.pt", weights_only=True)
    state["progress"].pop("seconds")
    del state["rows"]
    found["training_state.pt"] = {
        name: list(part.values()) if name != "optimizer" else []
        for name, part in state.items()
        if isinstance(part, dict)
    }
    return found


def same(one, other) -> bool:
    """Whether two results are equal to the bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def different(one: dict, other: dict) -> list[str]:
    """The files that are not equal."""
    return [name for name in one.keys() | other.keys() if not same(one.get(name), other.get(name))]


@pytest.mark.parametrize("start", ["lstm_vae"], indirect=True)
def test_after_a_kill_at_any_rename_a_run_resumes_to_the_same_bits(
    start, tmp_path, monkeypatch, measured_once
):
    runs, copies = tmp_path / "runs", []
    rename = os.replace

    def renamed(source, target):
        copies.append(tmp_path / "copies" / str(len(copies)))
        shutil.copytree(runs, copies[-1])
        rename(source, target)

    monkeypatch.setattr(files.os, "replace", renamed)
    command.main([*start, "--name=run"])
    monkeypatch.setattr(files.os, "replace", rename)
    expected = result(runs / "run")
    assert len(copies) > 20
    for copy in copies:
        if (copy / "run").exists():
            command.main(["--trainer.resume", str(copy / "run")])
        else:  # killed before it began: the command itself can be repeated
            command.main([*start, f"--out={copy}", "--name=run"])
        assert different(expected, result(copy / "run")) == [], copy


@pytest.mark.parametrize("start", MODELS, indirect=True)
def test_a_finished_run_resumes_twice_to_the_same_bits(start, tmp_path):
    folder = tmp_path / "runs" / "run"
    command.main([*start, "--name=run"])
    expected = result(folder)
    for _ in range(2):
        command.main(["--trainer.resume", str(folder)])
        assert different(expected, result(folder)) == []


def run_in_child(arguments, kill_after_s=None) -> int:
    """The exit status of a command in a process of its own, which SIGKILL ends after some seconds."""
    if (child := os.fork()) == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            command.main(arguments)
            os._exit(0)
        except BaseException:
            os._exit(1)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.slow
@pytest.mark.parametrize("start", ["gnn_vae"], indirect=True)
def test_a_run_killed_again_and_again_ends_with_the_same_bits(start, tmp_path):
    """`MARIEL_KILLS` sets how often."""
    runs, moments = tmp_path / "runs", random.Random(0)
    started = time.perf_counter()
    assert run_in_child([*start, "--name=whole"]) == 0
    whole_s = time.perf_counter() - started
    for _ in range(KILLS):
        begun = (runs / "run").exists()
        arguments = ["--trainer.resume", str(runs / "run")] if begun else [*start, "--name=run"]
        after_s = 0.6 * whole_s * moments.random()  # while it trains or fits; measuring follows
        assert run_in_child(arguments, after_s) in (0, -signal.SIGKILL)
    assert run_in_child(["--trainer.resume", str(runs / "run")]) == 0
    assert different(result(runs / "whole"), result(runs / "run")) == []
