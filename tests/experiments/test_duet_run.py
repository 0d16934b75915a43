"""The run command for two dancers: from files to a table, resumed, and on codes of a solo run."""

import json

import pytest
import torch

import mariel_gnn
from experiments import pipeline
from experiments import run as command
from mariel_gnn.evaluation.evaluate import evaluate
from mariel_gnn.mocap.synthetic.couple import write_synthetic_couples

SMALL = [
    "--data.seq_len=32", "--data.reduced_joints=true", "--trainer.epoch_windows=16",
    "--trainer.accelerator=cpu", "--trainer.batch_size=8", "--evaluation.samples=4",
    "--evaluation.pictures=none", "--tracking.wandb=disabled",
    "--network.pose_size=8", "--network.latent_size=12", "--network.frequencies=8", "--network.pose_axes=8",
    "--network.widths=[8,16]", "--network.solver_steps=2",
]  # fmt: skip
PAIR = [
    "--model=duet_lstm_vae",
    "--network.between_size=8",
    "--network.hidden_size=8",
    "--network.knots=4",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Couples of three takes, the third held out for the test."""
    folder = tmp_path_factory.mktemp("home")
    write_synthetic_couples(folder, 3, seconds=2.5)
    return folder


@pytest.fixture(scope="module")
def pair(home):
    """The arguments of a run of two dancers."""
    return ["--data.recordings", f"{home}/first_*.npy", "--data.partners", f"{home}/second_*.npy",
            "--data.validation", f"{home}/first_02.npy", "--data.test", f"{home}/first_03.npy",
            f"--out={home}/runs", *PAIR, *SMALL]  # fmt: skip


@pytest.fixture(scope="module")
def measured():
    """The measurement of the first run; see `measured_once`."""
    return []


@pytest.fixture(autouse=True)
def measured_once(monkeypatch, measured):
    """Measures the first run and takes its numbers for the others, to save time."""
    measure = pipeline.evaluate

    def evaluate(*given):
        if not measured:
            measured.append(measure(*given))
        return measured[0]

    monkeypatch.setattr(pipeline, "evaluate", evaluate)


def solo(home, name, *recordings):
    """A run of flow_motion on single dancers, which validates and tests on the last two of them."""
    files = [f"{home}/{each}.npy" for each in recordings]
    command.main(["--model=flow_motion", "--data.recordings", *files, "--data.validation", files[-2],
                  "--data.test", files[-1], f"--out={home}/runs", f"--name={name}", "--trainer.max_epochs=1",
                  *SMALL])  # fmt: skip
    return home / "runs" / name


def weights(run):
    return [(run / name).read_bytes() for name in ("best.safetensors", "last.safetensors")]


def test_a_run_ends_with_a_table_and_a_resumed_one_with_the_same_weights(home, pair):
    command.main([*pair, "--name=whole", "--trainer.max_epochs=2"])
    command.main([*pair, "--name=parts", "--trainer.max_epochs=1"])
    command.main(["--trainer.resume", f"{home}/runs/parts", "--trainer.max_epochs=2"])
    whole, parts = home / "runs" / "whole", home / "runs" / "parts"
    assert weights(whole) == weights(parts)
    assert (whole / "table.md").exists()
    summary = json.loads((whole / "summary.json").read_text())
    assert all(isinstance(value, int | float) for value in summary.values())
    model = mariel_gnn.load(whole)
    assert model.sample(2).shape == (2, 32, 36, 3)


def test_on_codes_of_a_solo_run_these_stay_and_a_resumed_run_is_the_same(home, pair, monkeypatch):
    # It has seen the training take only: first_02 is its test.
    folder = solo(home, "solo", "first_01", "second_01", "first_02")
    monkeypatch.chdir(home)  # the folder is given from here, and resumed from anywhere
    common = [*pair, f"--network.solo={folder.relative_to(home)}"]
    command.main([*common, "--name=on_solo", "--trainer.max_epochs=2"])
    command.main([*common, "--name=on_solo_parts", "--trainer.max_epochs=1"])
    monkeypatch.chdir(home / "runs")
    command.main(["--trainer.resume", f"{home}/runs/on_solo_parts", "--trainer.max_epochs=2"])
    runs = [home / "runs" / name for name in ("on_solo", "on_solo_parts")]
    assert weights(runs[0]) == weights(runs[1])
    taken = mariel_gnn.load(runs[0]).network.solo.state_dict()
    given = mariel_gnn.load(folder).network.state_dict()
    assert all(torch.equal(taken[name], given[name]) for name in taken)


def test_a_solo_run_that_has_seen_a_held_out_take_is_refused(home, pair, run_command):
    folder = solo(home, "leaky", "second_03", "first_01", "second_01")
    error, code = run_command(command, *pair, "--name=no", f"--network.solo={folder}")
    assert code == 2
    assert "network.solo" in error
    assert "second_03.npy, which this run holds out" in error
    assert "\n" not in error
    assert not (home / "runs" / "no").exists()


def test_a_folder_that_is_no_run_is_refused(home, pair, run_command):
    error, code = run_command(command, *pair, "--name=no", f"--network.solo={home}")
    assert code == 2
    assert "has no split.json" in error
    assert "\n" not in error


def test_a_model_of_codes_alone_is_measured_without_partners(pair, home, monkeypatch, capsys):
    monkeypatch.setattr(pipeline, "evaluate", evaluate)
    command.main([*pair, "--name=codes", "--network.partner=false", "--trainer.max_epochs=1"])
    assert "the model draws no partners" in capsys.readouterr().out
    summary = json.loads((home / "runs" / "codes" / "summary.json").read_text())
    assert "test/pair_place_mm" in summary
    assert not [name for name in summary if name.startswith("partner/")]
