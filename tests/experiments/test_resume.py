"""A resumed run has the files, the split and the options that it began with; what differs is named."""

import copy
import functools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from experiments import run as command
from experiments.command_line import parse_run
from experiments.resume import MAY_CHANGE, check_options
from mariel_gnn.config import flat
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings

SMALL = [
    "--network.pose_size=8", "--network.latent_size=6", "--data.seq_len=32",
    "--trainer.max_epochs=1", "--trainer.epoch_windows=32", "--trainer.accelerator=cpu",
    "--evaluation.samples=4", "--evaluation.pictures=none", "--tracking.wandb=disabled",
]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with eight takes in `takes`, one more beside them, and a run in `runs/run`."""
    folder = tmp_path_factory.mktemp("home")
    takes = write_synthetic_recordings(folder / "takes", count=9, seconds=5)
    takes[-1].rename(folder / "another.npy")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        command.main(["--data.recordings", "takes/*.npy", "--out=runs", "--name=run", *SMALL])
    return folder


@pytest.fixture
def home(finished, tmp_path, monkeypatch):
    """The same folder, which a test may change; its files keep their places in `split.json`."""
    kept = tmp_path / "kept"
    shutil.copytree(finished, kept)
    monkeypatch.chdir(finished)
    yield finished
    shutil.rmtree(finished)
    shutil.copytree(kept, finished)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(run_command, folder: Path, *arguments) -> str:
    """The line with which a resume is refused; it changes nothing."""
    before = content(folder)
    error, code = run_command(command, "--trainer.resume", folder, *arguments)
    assert code == 2
    assert "\n" not in error
    assert content(folder) == before
    return error


def test_the_split_is_that_of_the_start_from_any_folder(home, tmp_path, monkeypatch, run_command):
    split = (home / "runs/run/split.json").read_bytes()
    monkeypatch.chdir(tmp_path)
    shown, code = run_command(
        command, "--trainer.resume", home / "runs/run", "--trainer.max_epochs=2"
    )
    assert code == 0
    assert "split of split.json" in shown
    assert (home / "runs/run/split.json").read_bytes() == split
    assert json.loads((home / "runs/run/summary.json").read_text())["epochs"] == 2


@pytest.mark.parametrize("role", ["train", "validation", "test"])
@pytest.mark.parametrize("change", ["removed", "changed"])
def test_a_file_that_differs_is_named(home, run_command, role, change):
    file = Path(json.loads((home / "runs/run/split.json").read_text())[role][0]["file"])
    if change == "removed":
        file.unlink()
    else:
        np.save(file, 1.001 * np.load(file))
    error = refused(run_command, home / "runs/run")
    assert str(file) in error
    assert {"removed": "is missing", "changed": "has changed"}[change] in error
    assert role in error


def test_a_file_that_was_added_is_named(home, run_command):
    shutil.copy("another.npy", "takes/another.npy")
    assert "takes/another.npy" in refused(run_command, home / "runs/run")


def test_a_split_of_an_earlier_version_is_named(home, run_command):
    path = home / "runs/run/split.json"
    path.write_text(path.read_text().replace("sha256", "md5"))
    assert "earlier version" in refused(run_command, home / "runs/run")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("seed", 1), ("data.recordings", "takes/synthetic_[1-7].npy"), ("data.seq_len", 16),
        ("data.split_seed", 3), ("data.test", "takes/synthetic_1.npy"), ("trainer.learning_rate", 0.1),
        ("network.pose_size", 16), ("model", "gnn_vae"), ("name", "other"),
        ("trainer.precision", "64-true"),
        ("trainer.augmentation.turn", "false"),
    ],
)  # fmt: skip
def test_an_option_that_differs_is_named(home, run_command, option, value):
    error = refused(run_command, home / "runs/run", f"--{option}={value}")
    assert option.rpartition(".")[2] in error


def test_every_option_is_either_refused_or_listed(home):
    """The law behind the table of what may change."""
    run = Path("runs/run")
    options = parse_run(["--trainer.resume", str(run)])
    before = yaml.safe_load((run / "config.yaml").read_text())
    for name in flat(options):
        changed = copy.deepcopy(before)
        *groups, own = name.split(".")
        inner = functools.reduce(dict.__getitem__, groups, changed)
        inner[own] = "something else"
        (run / "config.yaml").write_text(yaml.safe_dump(changed))
        if name.startswith(tuple(MAY_CHANGE)) or name in ("out", "name"):  # it is in its place
            check_options(options, run)
        else:
            with pytest.raises(UserError, match=f"{name} was something else"):
                check_options(options, run)


def test_the_whole_command_again_resumes(home, run_command):
    again = ["--data.recordings", "takes/*.npy", "--out=runs", "--name=run", *SMALL]
    _, code = run_command(command, "--trainer.resume", "runs/run", *again)
    assert code == 0


def test_a_folder_that_is_no_run_is_not_called_one(home, run_command):
    Path("runs/empty").mkdir()
    error, code = run_command(
        command, "--out=runs", "--name=empty", "--data.recordings", "takes/*.npy"
    )
    assert code == 2
    assert "exists already: take another --name" in error
    assert "resume" not in error
