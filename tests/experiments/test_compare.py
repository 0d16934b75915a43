"""The command: two tiny models are trained and compared; mistakes end in one line."""

import csv
import json
import re
import subprocess
import sys

import pytest

from experiments import compare as command
from experiments import pipeline
from experiments.compare import parse_compare
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings
from mariel_gnn.tracking.tracker import Tracker
from mariel_gnn.viz import comparison_pictures
from tests.comparison.synthetic_runs import write_run
from tests.tracking import offline_run

SMALL = [
    "--network.hidden_size=16", "--network.pose_size=16", "--data.seq_len=32",
    "--data.reduced_joints=true", "--network.pair_bounds=false", "--trainer.epoch_windows=64",
    "--trainer.accelerator=cpu", "--evaluation.samples=6", "--evaluation.pictures=none",
]  # fmt: skip
OFF = "--tracking.wandb=disabled"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A comparison of two latent sizes with two seeds each: its folder and its arguments."""
    recordings = tmp_path_factory.mktemp("recordings")
    write_synthetic_recordings(recordings, count=6, seconds=4)
    folder = tmp_path_factory.mktemp("runs") / "first"
    arguments = ["--models", "lstm_vae", "--seeds", "2", "--latent", "5,8", "--out", str(folder),
                 "--trainer.max_epochs", "2", "--data.recordings", str(recordings / "*.npy"),
                 *SMALL]  # fmt: skip
    command.main(arguments)
    return folder, arguments


@pytest.fixture
def drawn_before(monkeypatch):
    """A comparison takes the pictures that its folder has: to draw them takes most of the time."""
    monkeypatch.setattr(
        comparison_pictures, "draw_comparison", lambda _, folder: sorted(folder.iterdir())
    )


def test_the_comparison_has_all_files(trained):
    folder, _ = trained
    names = {path.name for path in folder.iterdir()}
    runs = {f"lstm_vae_z{size}_seed{seed}" for size in (5, 8) for seed in (0, 1)}
    assert names == {"comparison.html", "comparison.md", "comparison.csv", "paired.csv", "pictures",
                     "wandb", *runs}  # fmt: skip
    assert not list(folder.rglob("*.partial*"))
    page = (folder / "comparison.md").read_text()
    assert "python -m experiments.compare --models lstm_vae --seeds 2" in page
    links = re.findall(r"\]\((pictures/\S+)\)", page)
    assert {path.name for path in (folder / "pictures").iterdir()} == {
        link.removeprefix("pictures/") for link in links}  # fmt: skip
    assert "pictures/error_by_latent_size.png" in links


def test_the_numbers_equal_those_of_the_runs(trained):
    folder, _ = trained
    with (folder / "comparison.csv").open() as file:
        rows = {(row["row"], row["number"]): row for row in csv.DictReader(file)}
    errors = [json.loads((folder / f"lstm_vae_z8_seed{seed}" / "summary.json").read_text())
              ["test/mpjpe_mm"] for seed in (0, 1)]  # fmt: skip
    row = rows["lstm_vae z8", "test/mpjpe_mm"]
    assert float(row["value"]) == pytest.approx(sum(errors) / 2)
    over_recordings = rows["lstm_vae z8", "test/mpjpe_mm_over_recordings"]
    assert float(over_recordings["value"]) == pytest.approx(sum(errors) / 2, rel=1e-4)


def test_runs_share_a_wandb_group_and_the_tables_are_logged(trained):
    folder, _ = trained
    for place in (folder, folder / "lstm_vae_z5_seed0"):
        groups = {record.run.run_group for record in offline_run.records(place)
                  if record.WhichOneof("record_type") == "run"}  # fmt: skip
        assert groups == {"first"}
    logged = {name.split("/")[0] for row in offline_run.history(folder) for name in row}
    assert {"comparison", "paired", "pictures"} <= logged


def test_complete_runs_are_not_trained_again(trained, drawn_before, capsys, monkeypatch):
    folder, arguments = trained
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/summary.json")}
    monkeypatch.setattr(pipeline, "run", lambda *_: pytest.fail("trained again"))
    command.main([*arguments, OFF])
    printed = capsys.readouterr().out
    assert printed.count("is complete") == 4
    assert before == {path: path.stat().st_mtime_ns for path in folder.glob("*/summary.json")}


def test_a_run_with_other_options_in_its_folder_is_refused(trained, run_command):
    _, arguments = trained
    error, code = run_command(command, *arguments, "--trainer.learning_rate", "0.01")
    assert code == 2
    assert "exists with trainer.learning_rate 0.001, not 0.01" in error


def test_tables_fit_100_columns(trained, drawn_before, capsys):
    folder, _ = trained
    capsys.readouterr()
    command.main([*map(str, sorted(folder.glob("lstm_vae_z*"))), "--out", str(folder), OFF])
    tables = [line for line in capsys.readouterr().out.splitlines() if line[:1] == " "]
    assert len(tables) > 20
    assert max(map(len, tables)) <= 100


def test_a_wandb_error_stops_nothing(tmp_path, capsys, monkeypatch):
    class Broken:
        def __getattr__(self, name):
            raise RuntimeError("no room left")

    monkeypatch.setattr(Tracker, "__init__", lambda self, folder, options, warn: vars(self).update(
        folder=folder, warn=warn, _wandb=Broken(), _tensorboard=None, _finish_s=1.0))  # fmt: skip
    folder = write_run(tmp_path / "a")
    command.main([str(folder), "--out", str(tmp_path / "out")])
    assert "no room left" in capsys.readouterr().out
    assert (tmp_path / "out" / "comparison.md").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["nothing to compare", "--models"]),
        (["runs/nowhere"], ["runs/nowhere: no such run folder"]),
        (["--models", "lstm_vea"], ["no model 'lstm_vea'", "Did you mean 'lstm_vae'"]),
        (["--models", "lstm_vae", "--data.seqlen", "64"], ["Did you mean 'seq_len'"]),
        (["--models", "lstm_vae", "--seed", "3"], ["--seed is set by the comparison", "--seeds"]),
        (["--models", "lstm_vae", "--trainer.max_minutes", "3"], ["give --minutes"]),
        (["--models", "lstm_vae", "--trainer.devices", "2"], ["give it to experiments.run"]),
        (["--models", "lstm_vae", "--minuts", "3"], ["--minuts", "Did you mean '--minutes'"]),
        (["--models", "lstm_vae", "--minutes", "0"], ["--minutes is 0", "more than 0"]),
        (["--models", "lstm_vae", "--minutes", "nan"], ["minutes: expected a number"]),
        (["--models", "lstm_vae", "--minutes", "long"], ["minutes: expected a number"]),
        (["--models", "lstm_vae", "--seeds", "0"], ["--seeds is 0"]),
        (["--models", "lstm_vae", "--seeds", "two"], ["seeds: expected a whole number"]),
        (["--models", "lstm_vae", "--latent", "32;64"], ["--latent is '32;64'"]),
        (["--models", "lstm_vae", "--latent", "1"], ["latent_size is 1", "5 or more"]),
        (["--models", "lstm_vae", "gnn_vae"], ["not both", "with commas"]),
        (["--models", ","], ["nothing to compare"]),
        (["runs/a", "--minutes", "3"], ["--minutes is an option of training", "--models"]),
        (["runs/a", "--data.seq_len", "64"], ["--data.seq_len is an option of training"]),
        (["runs/a", "-x"], ["unknown option -x"]),
        (["--models", "lstm_vae", "--data.recordings", "nowhere/*.npy"], ["no file matches"]),
        (["--models", "lstm_vae", "--config", "nowhere.yaml"], ["nowhere.yaml", "cannot be read"]),
        (["--models"], ["--models"]),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(arguments, words, tmp_path, monkeypatch, run_command):
    monkeypatch.chdir(tmp_path)
    error, code = run_command(command, *arguments)
    assert code == 2
    assert "\n" not in error
    assert error.startswith("error: ")
    assert [word for word in words if word not in error] == []
    assert not list(tmp_path.iterdir())


def test_the_folder_of_a_run_is_refused(tmp_path, run_command):
    folder = write_run(tmp_path / "a")
    error, code = run_command(command, folder, "--out", folder)
    assert code == 2
    assert "is the folder of a run" in error


def test_options_have_any_order_and_several_values():
    options = parse_compare(
        ["--data.test", "x*.npy", "y*.npy", "--models=lstm_vae", "--data.recordings=z*.npy",
         "--seeds", "2", "--minutes", "7", "--prior", "flow"])  # fmt: skip
    assert [(o.seed, o.trainer.max_minutes) for o in options.planned] == [(0, 7.0), (1, 7.0)]
    assert options.planned[0].data.test == ["x*.npy", "y*.npy"]
    assert options.planned[0].prior == "flow"
    assert options.planned[0].name == "lstm_vae_z256_seed0"
    assert options.planned[0].tracking.group == options.folder.name


def test_help_loads_no_torch():
    heavy = {"torch", "matplotlib", "scipy"}
    code = (
        "import sys\nfrom experiments.compare import main\ntry: main(['--help'])\n"
        f"except SystemExit: assert not {heavy} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_help_names_all_options(capsys):
    with pytest.raises(SystemExit) as ended:
        parse_compare(["--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    for words in ("--models", "--seeds", "--minutes", "--latent", "--name", "--out", "--data"):
        assert words in printed
