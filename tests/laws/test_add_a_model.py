"""docs/add_a_model.md, followed word by word."""

import importlib
import inspect
import json
import re
import shlex
import sys

import pytest
import torch
import yaml

import mariel_gnn
from experiments import run as command
from experiments.command_line import parse_run
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings
from mariel_gnn.models.motion_model import MotionModel
from mariel_gnn.models.table import MODELS, Row, model_class, options_class
from tests.laws.conftest import ROOT, built, configurations, small_identity
from tests.laws.test_every_model import loss_of

PAGE = (ROOT / "docs" / "add_a_model.md").read_text(encoding="utf-8")
MODEL = "my_models.gaussian:Gaussian"


def block(language):
    """The only block of code of a language on the page, without its indentation."""
    [found] = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE, re.S | re.M)
    return "\n".join(line.removeprefix(found[0]) for line in found[1].splitlines())


@pytest.fixture(scope="module", autouse=True)
def my_models(tmp_path_factory):
    """The page's file, in a folder that modules are imported from."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "my_models").mkdir()
    (folder / "my_models" / "gaussian.py").write_text(block("python"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        importlib.invalidate_caches()
        yield folder
    sys.modules.pop("my_models.gaussian", None)


def test_the_command_of_the_page_trains_the_model(tmp_path):
    write_synthetic_recordings(tmp_path / "recordings", count=5, seconds=12)
    module, *arguments = shlex.split(block("bash"))[2:]
    assert module == "experiments.run"
    command.main([*arguments, "--data.recordings", str(tmp_path / "recordings" / "*.npy"),
                  "--out", str(tmp_path), "--data.seq_len=16", "--trainer.max_epochs=2",
                  "--trainer.epoch_windows=64", "--evaluation.samples=6", "--trainer.accelerator=cpu",
                  "--tracking.wandb=disabled", "--evaluation.pictures=stills"])  # fmt: skip
    run = tmp_path / "gaussian"
    summary = json.loads((run / "summary.json").read_text())
    assert "test/mpjpe_mm" not in summary
    assert summary["samples/kernel_distance"] > 0
    header = (run / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"train/loss_nats", "train/nll_nats"} < set(header)
    assert "train/kl_nats" not in header
    assert mariel_gnn.load(run).sample(2).shape == (2, 16, 53, 3)
    assert parse_run(["--config", str(run / "config.yaml")]).model == MODEL
    assert {path.name for path in (run / "pictures").iterdir()} == {
        "curves.png",
        "samples_stills.png",
    }
    assert (run / "report.html").exists()


def test_the_model_obeys_the_laws(dataset):
    model = built(small_identity(["--model", MODEL], dataset), dataset)
    loss_of(model, dataset.batch(range(4))).mean().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())
    [first, again] = [model.sample(2, 1.0, torch.Generator().manual_seed(0)) for _ in range(2)]
    assert torch.equal(first, again)


def test_with_a_row_and_its_configuration_it_is_a_model_of_the_repository(monkeypatch, my_models):
    [name, row] = re.search(r"`(\"\w+\": Row\(.*?\)),`", PAGE)[1].split(": ", 1)
    assert eval(row) == Row("mariel_gnn.models.gaussian:Gaussian",
                            "mariel_gnn.models.options:GaussianOptions")  # fmt: skip
    here = Row(MODEL, "my_models.gaussian:GaussianOptions")
    monkeypatch.setitem(MODELS, name.strip('"'), here)
    (my_models / "gaussian.yaml").write_text(block("yaml"))
    assert configurations(my_models) == {my_models / "gaussian.yaml": "gaussian"}
    options = parse_run(["--config", str(my_models / "gaussian.yaml")])
    assert (options.trainer.max_minutes, options.network.std) == (1, 0.5)
    assert model_class("gaussian").Options is options_class("gaussian")


def test_the_methods_and_files_of_the_page_exist():
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.M)
    methods = [call for row in rows for call in re.findall(r"`(\w+)\((.*?)\)`", row)]
    assert len(methods) == 8
    for method, arguments in methods:
        named = list(inspect.signature(getattr(MotionModel, method)).parameters)[1:]
        assert arguments.split(", ") == named
    for path in re.findall(r"`(mariel_gnn/models/\w+\.py)`", PAGE):
        assert path.endswith("gaussian.py") or (ROOT / path).exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("my_models.gauss:Gaussian", ["No module named 'my_models.gauss'", "importable"]),
        ("my_models.gaussian:Gausian", ["no class 'Gausian'", "Did you mean 'Gaussian'"]),
        ("my_models.gaussian:GaussianOptions", ["is not a MotionModel"]),
        ("gausian", ["no model 'gausian'", "package.module:Class"]),
        ("my_models.gaussian:Gaussian --network.sdt 1", ["Did you mean 'std'"]),
        ("my_models.gaussian:Gaussian --network.std 0", ["network.std is 0.0", "0.001 or more"]),
    ],
)
def test_a_mistake_in_the_name_is_one_line(given, words):
    with pytest.raises(UserError) as refused:
        parse_run(["--model", *given.split()])
    assert "\n" not in str(refused.value)
    assert [word for word in words if word not in str(refused.value)] == []


def test_the_page_names_yaml_options_that_exist():
    assert yaml.safe_load(block("yaml"))["model"] == "gaussian"
