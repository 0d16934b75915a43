"""A shared folder is complete, has the numbers of its run, and gives the same model."""

import json
import re
import sys
from types import SimpleNamespace

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from mariel_gnn.errors import UserError
from mariel_gnn.generation.phrase_model import PhraseModel, load
from mariel_gnn.models.weights import PRIOR
from tests.generation.small_run import write_small_run

SUMMARY = {
    "test/mpjpe_mm": 31.25,
    "test/odd_mm": float("nan"),
    "test/groups/salsa/mpjpe_mm": 30.0,
    "samples/speed_ratio": 0.5,
    "training_minutes": 2.5,
    "epochs": 7,
}
VERSIONS = {"mariel_gnn": "0.1.0", "git_commit": "abc", "torch": "2.13.0", "numpy": "2.4.6"}
FILES = {"README.md", "config.json", "model.safetensors", "summary.json", PRIOR}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with weights, a prior far from N(0, I) and results."""
    folder = tmp_path_factory.mktemp("run")
    write_small_run(folder)
    part = {"file": "/home/her/secret.npy", "start": 0, "end": 4200}
    write = {"summary.json": SUMMARY, "split.json": {"train": [part]}, "versions.json": VERSIONS}
    for name, content in write.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "table.md").write_text("| row | MPJPE mm |\n|---|--:|\n| mean_pose | 220.8 |\n")
    (folder / "config.yaml").write_text("data:\n  recordings: /home/her/*.npy\n")
    return folder


@pytest.fixture
def shared(run, tmp_path):
    return load(run).save_pretrained(tmp_path / "dancer", licence="cc-by-4.0", data="Her salsa.")


def front_matter(folder):
    return yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])


def test_the_folder_has_the_layout_of_the_hub_and_samples_the_same(run, shared):
    assert {path.name for path in shared.iterdir()} == FILES
    assert torch.equal(load(shared).sample(3), load(run).sample(3))
    assert torch.equal(PhraseModel.from_pretrained(shared).sample(3), load(run).sample(3))


def test_weights_that_another_program_wrote_are_built_from_the_configuration(shared):
    expected = load(shared).sample(2)
    save_file(load_file(shared / "model.safetensors"), shared / "model.safetensors")
    assert torch.equal(load(shared).sample(2), expected)
    (shared / "config.json").unlink()
    with pytest.raises(UserError, match="is not a weights file"):
        load(shared)


def test_the_card_has_the_numbers_of_the_run(shared):
    head, card = front_matter(shared), (shared / "README.md").read_text()
    [result] = head["model-index"][0]["results"]
    assert [(m["name"], m["value"]) for m in result["metrics"]] == [("test/mpjpe_mm", 31.25)]
    assert (head["license"], head["model-index"][0]["name"]) == ("cc-by-4.0", "dancer")
    for text in ("2.5 minutes, epochs: 7", "| mean_pose | 220.8 |", "Her salsa.", "commit abc",
                 "training: 2.0 minutes, recordings: 1", '[8, 16, 18, 3]'):  # fmt: skip
        assert text in card
    assert "$" not in card


def test_the_code_of_the_card_runs_beside_the_folder(shared, monkeypatch):
    monkeypatch.chdir(shared.parent)
    [code] = re.findall(r"```python\n(.*?)```", (shared / "README.md").read_text(), re.DOTALL)
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["phrases"].shape == (8, 16, 18, 3)


def test_nothing_in_the_folder_names_files_or_places_of_the_author(run, shared):
    for path in shared.iterdir():
        assert b"/home/her" not in path.read_bytes()
        assert str(run).encode() not in path.read_bytes()


def test_a_folder_that_is_shared_again_keeps_its_card(shared, tmp_path):
    again = load(shared).save_pretrained(tmp_path / "again")
    assert {path.name for path in again.iterdir()} == FILES
    assert (again / "README.md").read_text() == (shared / "README.md").read_text()
    with pytest.raises(UserError, match="is the card of this model"):
        load(shared).save_pretrained(tmp_path / "other", licence="mit")
    assert not (tmp_path / "other").exists()


def test_weights_alone_have_a_card_without_numbers(run, tmp_path):
    (tmp_path / "alone").mkdir()
    weights = (run / "best.safetensors").read_bytes()
    (tmp_path / "alone" / "best.safetensors").write_bytes(weights)
    shared = load(tmp_path / "alone" / "best.safetensors").save_pretrained(tmp_path / "shared")
    assert "has not been measured" in (shared / "README.md").read_text()
    assert front_matter(shared)["license"] == "unknown"
    assert "model-index" not in front_matter(shared)


def test_only_a_new_folder_is_written_and_only_a_loaded_model_is_shared(run, tmp_path):
    (tmp_path / "mine").write_text("kept")
    for taken in (tmp_path, tmp_path / "mine"):
        with pytest.raises(UserError, match="exists already"):
            load(run).save_pretrained(taken)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    built = PhraseModel(load(run).network, load(run).skeleton)
    with pytest.raises(UserError, match=r"mariel_gnn\.load"):
        built.save_pretrained(tmp_path / "new")


def test_without_huggingface_hub_one_line_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"mariel_gnn\[hub\]") as raised:
        load(run).push_to_hub("her/dancer")
    assert "\n" not in str(raised.value)


class FakeHub:
    """The calls of `HfApi`, without a network."""

    def __init__(self, error=None):
        self.error, self.made, self.files = error, None, set()

    def create_repo(self, repository, private, exist_ok):
        if self.error:
            raise self.error
        self.made = (repository, private)
        return SimpleNamespace(repo_id=repository)

    def upload_folder(self, repo_id, folder_path):
        self.files = {path.name for path in folder_path.iterdir()}
        return f"https://hub/{repo_id}/commit/1"


def test_the_uploaded_folder_is_that_of_save_pretrained(run, monkeypatch):
    hub = FakeHub()
    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(HfApi=lambda: hub))
    assert load(run).push_to_hub("her/dancer") == "https://hub/her/dancer/commit/1"
    assert hub.made == ("her/dancer", True)
    assert hub.files == FILES


class ConnectError(Exception):
    """An error of an HTTP client, which need not be an OSError."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("401 Client Error\nRequest ID: 1"), "401 Client Error"),
        (ValueError("Repo id must use alphanumeric chars"), "Repo id"),
        (ConnectError("[Errno 111] Connection refused"), "[Errno 111] Connection"),
        (ConnectError(), "ConnectError"),
    ],
)
def test_a_refusal_of_the_hub_is_one_line(run, monkeypatch, error, words):
    hub = FakeHub(error)
    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(HfApi=lambda: hub))
    with pytest.raises(UserError) as raised:
        load(run).push_to_hub("her/dancer")
    told = str(raised.value)
    assert told.startswith(f"her/dancer: the hub refuses ({words}")
    assert "hf upload her/dancer" in told
    assert "\n" not in told
