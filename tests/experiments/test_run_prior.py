"""`--prior flow`: fitted after training, saved in the run, used by samples, fitted again on resume."""

import json

import pytest
import torch
import yaml

import mariel_gnn
from experiments import pipeline
from experiments import run as command
from experiments.command_line import parse_run
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings

SMALL = [
    "--network.pose_size=16", "--network.latent_size=6", "--data.seq_len=32",
    "--data.reduced_joints=true",
    "--trainer.epoch_windows=64", "--evaluation.samples=6", "--trainer.accelerator=cpu",
    "--tracking.wandb=disabled",
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prior")
    recordings = write_synthetic_recordings(folder / "recordings", count=5, seconds=10)
    command.main(["--data.recordings", *map(str, recordings), f"--out={folder}", "--name=run",
                  "--prior=flow", "--trainer.max_epochs=1", *SMALL])  # fmt: skip
    return folder / "run"


def test_the_run_saves_its_prior_and_its_scores(run):
    assert (run / "prior.safetensors").exists()
    summary = json.loads((run / "summary.json").read_text())
    scores = [summary[f"prior/validation_{name}_nats"] for name in ("normal", "gaussian", "flow")]
    assert scores[2] >= scores[1]
    assert yaml.safe_load((run / "config.yaml").read_text())["prior"] == "flow"


def test_its_samples_come_from_the_prior(run):
    model = mariel_gnn.load(run)
    assert torch.equal(model.sample(2), model.sample(2, prior="flow"))
    assert not torch.equal(model.sample(2), model.sample(2, prior="normal"))


def test_resuming_fits_a_prior_to_the_new_weights(run):
    before = mariel_gnn.load(run)
    command.main(["--trainer.resume", str(run), "--trainer.max_epochs=2"])
    after = mariel_gnn.load(run)
    assert not torch.equal(before.encode(before.sample(1)), after.encode(before.sample(1)))
    assert not torch.equal(before.prior.mean, after.prior.mean)
    command.main(["--trainer.resume", str(run), "--prior=normal"])
    assert mariel_gnn.load(run).prior is None


def test_a_prior_of_older_weights_is_removed(run, monkeypatch):
    command.main(["--trainer.resume", str(run), "--prior=flow"])
    monkeypatch.setattr(pipeline, "fit_prior", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        command.main(["--trainer.resume", str(run), "--trainer.max_epochs=3"])
    assert mariel_gnn.load(run).prior is None


def test_an_unknown_prior_is_refused():
    with pytest.raises(UserError, match=r"'flaw' is none of normal, flow. Did you mean 'flow'"):
        parse_run(["--prior=flaw"])
    assert parse_run([]).prior == "normal"
