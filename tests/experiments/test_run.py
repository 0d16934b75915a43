"""The command itself: small runs from files to pictures; `test_run_options.py` has its options."""

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

import mariel_gnn
from experiments import export
from experiments import run as command
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings
from mariel_gnn.tracking.dashboard import SECTIONS
from tests.tracking import offline_run

SMALL = [
    "--network.pose_size=16", "--network.latent_size=6", "--data.reduced_joints=true",
    "--data.seq_len=32", "--trainer.max_epochs=2", "--trainer.epoch_windows=64",
    "--evaluation.samples=6", "--trainer.accelerator=cpu",
]  # fmt: skip
KEYS = [
    "test/mpjpe_mm",
    "test/root_mpjpe_mm",
    "test/rms3d_mm",
    "test/notebook_loss",
    "test/first_frames_ratio",
    "test/mpjve_mm_per_s",
    "test/accel_mm_per_frame2",
    "test/kl_nats",
    "test/active_units",
    "test/elbo_nats",
    "samples/speed_ratio",
    "samples/bone_length_error_ratio",
    "samples/out_of_range_rate",
    "samples/first_frames_ratio",
    "samples/kernel_distance",
    "samples/kernel_distance_ratio",
    "samples/frechet_distance",
    "samples/diversity_ratio",
    "samples/nearest_training_mm",
    "samples/foot_contact_rate",
    "data/kernel_distance",
    "data/nearest_training_mm",
    "baseline/mean_pose/samples/kernel_distance",
    "baseline/pca/mpjpe_mm",
    "baseline/mean_pose/mpjpe_mm",
    "parameters",
    "windows_per_s",
    "peak_memory_mb",
]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    return write_synthetic_recordings(folder, count=5, seconds=8)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def finished(recordings, out):
    """A finished run."""
    command.main(["--data.recordings", str(recordings[0].parent / "*.npy"), f"--out={out}",
                  "--name=small", *SMALL])  # fmt: skip
    return out / "small"


def test_a_run_folder_is_complete(finished):
    names = {path.name for path in finished.iterdir()}
    assert names >= {"config.yaml", "split.json", "versions.json", "metrics.csv", "summary.json",
                     "best.safetensors", "last.safetensors", "training_state.pt", "table.md",
                     "table.csv", "errors.safetensors", "motion_range.json", "pictures",
                     "report.html"}  # fmt: skip
    assert not list(finished.rglob("*.partial*"))
    versions = json.loads((finished / "versions.json").read_text())
    assert versions["torch"] == torch.__version__


def test_the_summary_names_its_numbers_with_units(finished):
    summary = json.loads((finished / "summary.json").read_text())
    assert [key for key in KEYS if key not in summary] == []
    assert all(isinstance(value, int | float) for value in summary.values())
    assert summary["parameters"] == sum(
        p.numel() for p in mariel_gnn.load(finished).network.parameters()
    )


def test_the_pictures_are_there_and_move(finished):
    names = {path.name for path in (finished / "pictures").iterdir()}
    assert names == {"curves.png", "error_by_body_part.png", "reconstruction_stills.png",
                     "samples_stills.png", "reconstruction.gif", "reconstruction.mp4",
                     "samples.gif", "samples.mp4"}  # fmt: skip


def test_metrics_have_a_row_an_epoch(finished):
    with (finished / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["epoch"]) for row in rows] == [1, 2]
    assert all(float(row["validation/mpjpe_mm"]) > 0 for row in rows)


def test_the_summary_is_reproduced_from_the_weights(finished, mariel53, mariel18):
    """An independent measure of the test error: from files and weights alone."""
    kept = [mariel53.markers.index(name) for name in mariel18.markers]
    split = json.loads((finished / "split.json").read_text())
    model = mariel_gnn.load(finished)
    errors = []
    for part in split["test"]:
        rows = np.load(part["source"])[:, part["start"] : part["end"]]
        positions = np.delete(rows, [26, 53], axis=0).transpose(1, 0, 2) * [1, -1, -1]
        positions = positions[:, kept]
        windows = np.stack([positions[s : s + 32] for s in range(0, len(positions) - 31, 8)])
        out = model.reconstruct(windows).numpy()
        for phrases in (windows, out):
            phrases[..., :2] -= phrases[..., :2].mean(axis=2, keepdims=True)
        errors.append(1000 * np.linalg.norm(windows - out, axis=-1).mean((1, 2)))
    summary = json.loads((finished / "summary.json").read_text())
    assert summary["test/mpjpe_mm"] == pytest.approx(np.concatenate(errors).mean(), rel=1e-4)


def test_an_offline_wandb_run_holds_everything(finished):
    history = {name for row in offline_run.history(finished) for name in row}
    with (finished / "metrics.csv").open() as file:
        assert set(next(csv.reader(file))) <= history
    stems = {path.stem for path in (finished / "pictures").iterdir()}
    assert stems | {"report"} <= {
        name.split("/")[1] for name in history if name.startswith("pictures/")
    }
    summary = json.loads((finished / "summary.json").read_text())
    logged = offline_run.summary(finished)
    assert {name: logged.get(name) for name in summary} == pytest.approx(summary)
    assert offline_run.config(finished)["network.latent_size"] == 6
    assert offline_run.artifacts(finished) == {"model": ["best.safetensors"]}


def test_the_same_command_gives_the_same_numbers(finished, recordings, out):
    command.main(["--config", str(finished / "config.yaml"), "--name=again",
                  "--tracking.wandb=disabled", "--evaluation.pictures=none"])  # fmt: skip
    first, again = (
        json.loads((out / name / "summary.json").read_text()) for name in ("small", "again")
    )
    same = [name for name in first if name.startswith(("test/", "samples/", "baseline/"))]
    assert {name: first[name] for name in same} == {name: again[name] for name in same}
    names = {path.name for path in (out / "again").iterdir()}
    assert not names & {"wandb", "pictures", "report.html"}


def test_a_finished_run_resumes(recordings, out):
    pattern = ["--data.recordings", *map(str, recordings)]
    common = [*pattern, f"--out={out}", "--tracking.wandb=disabled", *SMALL]
    command.main([*common, "--name=whole", "--trainer.max_epochs=3", "--evaluation.pictures=none"])
    command.main([*common, "--name=parts", "--trainer.max_epochs=1"])
    command.main(["--trainer.resume", str(out / "parts"), "--trainer.max_epochs=3"])
    for name in ("best.safetensors", "last.safetensors"):
        assert (out / "whole" / name).read_bytes() == (out / "parts" / name).read_bytes()
    assert ", 3 epochs" in (out / "parts" / "report.html").read_text(encoding="utf-8")


def test_given_roles_leave_the_training_recordings(recordings, out):
    folder = recordings[0].parent
    command.main(["--data.recordings", f"{folder}/*.npy", "--data.validation", str(recordings[0]),
                  "--data.test", str(recordings[1]), str(recordings[2]), f"--out={out}",
                  "--name=roles", "--tracking.wandb=disabled", *SMALL])  # fmt: skip
    split = json.loads((out / "roles" / "split.json").read_text())
    names = {role: [Path(part["source"]).stem for part in parts] for role, parts in split.items()}
    assert names == {"train": ["synthetic_4", "synthetic_5"], "validation": ["synthetic_1"],
                     "test": ["synthetic_2", "synthetic_3"]}  # fmt: skip


def test_the_notebook_model_has_a_row(finished, recordings, out):
    command.main(["--config", str(finished / "config.yaml"), "--name=beside",
                  f"--evaluation.notebook_run={finished}", "--tracking.wandb=disabled"])  # fmt: skip
    summary = json.loads((out / "beside" / "summary.json").read_text())
    assert summary["baseline/notebook/mpjpe_mm"] == summary["test/mpjpe_mm"]


def test_a_notebook_model_trained_on_the_test_recordings_is_refused(
    finished, recordings, out, run_command
):
    source = json.loads((finished / "split.json").read_text())["train"][0]["source"]
    pattern = str(recordings[0].parent / "*.npy")
    arguments = ["--data.recordings", pattern, "--data.test", source, f"--out={out}", "--name=no"]
    notebook = f"--evaluation.notebook_run={finished}"
    error, code = run_command(command, *arguments, notebook, *SMALL)
    assert code == 2
    assert "has seen" in error
    assert not (out / "no").exists()


def test_a_finished_run_is_exported_with_its_numbers_and_its_split(finished, tmp_path, run_command):
    said, code = run_command(export, finished, "--out", tmp_path / "dancer", "--data", "Made up.")
    card = (tmp_path / "dancer" / "README.md").read_text()
    assert (code, said.splitlines()[0]) == (0, f"model: {tmp_path / 'dancer'}")
    summary = json.loads((finished / "summary.json").read_text())
    head = yaml.safe_load(card.split("---\n")[1])
    [result] = head["model-index"][0]["results"]
    assert {m["name"]: m["value"] for m in result["metrics"]}.items() <= summary.items()
    for text in ((finished / "table.md").read_text().strip(), "* test: 0.1 minutes, recordings: 1",
                 json.loads((finished / "versions.json").read_text())["git_commit"]):  # fmt: skip
        assert text in card


def test_every_panel_of_the_dashboard_shows_something_that_a_run_logs(finished):
    with (finished / "metrics.csv").open() as file:
        rows = next(csv.reader(file))
    shown = {key for panels in SECTIONS.values() for panel in panels for key in panel.keys}
    media = {f"pictures/{path.stem}" for path in (finished / "pictures").iterdir()}
    logged = {
        *rows,
        *json.loads((finished / "summary.json").read_text()),
        *media,
        "pictures/report",
    }
    assert (finished / "report.html").exists()
    assert shown <= logged, shown - logged


def test_an_existing_run_is_not_overwritten(finished, run_command, recordings):
    error, code = run_command(command, "--data.recordings", recordings[0].parent / "*.npy",
                       "--out", finished.parent, "--name", finished.name, *SMALL)  # fmt: skip
    assert code == 2
    assert "exists already" in error


def unignored():
    """The process handles Ctrl-C even if the tests run in the background, where it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_after_ctrl_c_a_run_is_measured_and_drawn(recordings, out):
    arguments = ["--data.recordings", str(recordings[0].parent / "*.npy"), f"--out={out}", *SMALL,
                 "--name=stopped", "--tracking.wandb=disabled", "--trainer.max_epochs=100000",
                 "--trainer.patience_epochs=100000"]  # fmt: skip
    printed, pressed = [], False
    with subprocess.Popen([sys.executable, "-u", "-m", "experiments.run", *arguments], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          preexec_fn=unignored) as process:  # fmt: skip
        for line in process.stdout:
            printed.append(line)
            if line.startswith("epoch   3") and not pressed:  # the line may come twice then
                process.send_signal(signal.SIGINT)
                pressed = True
    assert process.returncode == 0, "".join(printed)
    assert "stopped by you in epoch" in "".join(printed)
    assert "Traceback" not in "".join(printed)
    assert json.loads((out / "stopped" / "summary.json").read_text())["epochs"] >= 3
    assert (out / "stopped" / "pictures" / "reconstruction.mp4").exists()


def test_a_gnn_vae_stopped_at_once_is_as_good_as_pca(recordings, out, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mariel_gnn.training.fit.Trainer._epoch", stopped)
    command.main(["--data.recordings", str(recordings[0].parent / "*.npy"), f"--out={out}",
                  "--model=gnn_vae", "--name=at_once", "--tracking.wandb=disabled",
                  "--network.hidden_size=16", "--data.seq_len=32", "--evaluation.samples=6",
                  "--evaluation.pictures=none", "--data.reduced_joints=true"])  # fmt: skip
    summary = json.loads((out / "at_once" / "summary.json").read_text())
    assert summary["test/mpjpe_mm"] < 1.2 * summary["baseline/pca/mpjpe_mm"]
