"""The command in several processes: started by Fabric, by torchrun and by SLURM."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings
from mariel_gnn.training.options import TrainerOptions
from mariel_gnn.training.ranks import _devices_and_nodes, launch
from tests.training.forked import on_two_ranks

ROOT = Path(__file__).parents[2]
SMALL = [
    "--model=notebook_lstm_vae", "--network.hidden_size=8", "--network.latent_size=4", "--network.layers=1",
    "--data.seq_len=16", "--data.reduced_joints=true", "--trainer.max_epochs=1", "--trainer.epoch_windows=20",
    "--trainer.batch_size=16", "--trainer.accelerator=cpu", "--evaluation.samples=4",
    "--evaluation.pictures=none", "--tracking.wandb=disabled",
]  # fmt: skip
TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("takes")
    write_synthetic_recordings(folder, count=5, seconds=3)
    return str(folder / "*.npy")


def run(*arguments):
    """The end of a command in processes of its own."""
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, text=True, capture_output=True, timeout=300,
        check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "start",
    [["experiments.run", "--trainer.devices=2"], [*TORCHRUN, "experiments.run"]],
    ids=["fabric", "torchrun"],
)
def test_two_processes_write_one_run_and_print_once(start, takes, tmp_path):
    ended = run(*start, *SMALL, "--data.recordings", takes, f"--out={tmp_path}", "--name=run")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("2 processes share the windows of each step") == 1
    assert ended.stdout.count("epoch   1") == ended.stdout.count("run folder:") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["epochs"] == 1


def test_a_mistake_is_one_line_of_all_processes():
    ended = run("experiments.run", "--trainer.devices=2", "--trainer.accelerator=cpu",
                "--data.recordings", "/no/such/*.npy")  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == ended.stderr.count("error: ") == 1
    assert "/no/such/*.npy" in ended.stderr


TORCHELASTIC = {"TORCHELASTIC_RUN_ID": "1", "LOCAL_WORLD_SIZE": "4", "WORLD_SIZE": "8"}
SLURM = {"SLURM_JOB_NAME": "train", "SLURM_NTASKS": "8", "SLURM_NTASKS_PER_NODE": "4",
         "SLURM_NNODES": "2"}  # fmt: skip
SRUN = SLURM | {"SLURM_STEP_ID": "0"}


def counts(monkeypatch, environment, **options):
    for name in [*os.environ]:
        if name.startswith("SLURM"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return _devices_and_nodes(TrainerOptions(**options))


@pytest.mark.parametrize("environment", [TORCHELASTIC, SRUN])
@pytest.mark.parametrize("options", [{}, {"devices": 4}, {"devices": 4, "nodes": 2}])
def test_processes_that_are_started_already_are_counted(monkeypatch, environment, options):
    assert counts(monkeypatch, environment, **options) == (4, 2)


@pytest.mark.parametrize("environment", [TORCHELASTIC, SRUN])
@pytest.mark.parametrize("options", [{"devices": 3}, {"nodes": 1}])
def test_another_number_than_started_is_named(monkeypatch, environment, options):
    with pytest.raises(UserError, match="has started 4 processes on each of 2 nodes"):
        counts(monkeypatch, environment, **options)


def test_without_a_starter_there_is_one_process_or_what_is_asked_for(monkeypatch):
    assert counts(monkeypatch, {}) == (1, 1)
    assert counts(monkeypatch, {}, devices=3) == (3, 1)
    assert counts(monkeypatch, SLURM) == (1, 1)  # a batch script without srun


@pytest.mark.parametrize(("environment", "options"), [({}, {"nodes": 2}), (SLURM, {"devices": 4})])
def test_processes_that_nothing_would_start_are_refused(monkeypatch, environment, options):
    with pytest.raises(UserError, match="srun"):
        counts(monkeypatch, environment, **options)


def test_fabric_takes_the_ranks_of_slurm():
    def slurm_environment(rank):
        return SRUN | {
            "SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_NNODES": "1", "SLURM_JOB_ID": "7",
            "SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank), "SLURM_NODEID": "0",
        }  # fmt: skip

    def ranks():
        found = launch(TrainerOptions(accelerator="cpu"))
        return found.rank, found.count, found.gather(found.rank)

    answers = on_two_ranks(ranks, environment=slurm_environment)
    assert answers == [(0, 2, [0, 1]), (1, 2, [0, 1])]
