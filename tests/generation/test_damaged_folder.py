"""A damaged run folder or shared folder is a model and its card, or one line that names the file."""

import json
import shutil

import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.generation.motion_range import MotionRange, save_motion_range
from mariel_gnn.generation.phrase_model import load
from mariel_gnn.models.prior import FlowPrior, save_prior
from mariel_gnn.models.weights import PRIOR
from tests.damage import damaged
from tests.generation.small_run import write_small_run

SUMMARY = {"test/mpjpe_mm": 31.25, "training_minutes": 2.5, "epochs": 7}
CONTENT = {
    "summary.json": SUMMARY,
    "split.json": {"train": [{"source": "a.npy", "start": 0, "end": 4200}]},
    "versions.json": {"mariel_gnn": "0.1.0", "git_commit": "abc", "torch": "2", "numpy": "2"},
    "config.yaml": {"data": {"recordings": None}},
}
SHARED = (
    "README.md",
    "config.json",
    "model.safetensors",
    "summary.json",
    "motion_range.json",
    PRIOR,
)
ODD = ["", "{", "[]", "null", "7", '"text"', "{}", '{"data": 1, "train": 1, "epochs": "x"}', "\x00"]
EDITS = [*map(str.encode, ODD), b"\xff\xfe\0"]
SEEDS = range(6)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A measured run folder."""
    folder = tmp_path_factory.mktemp("run")
    write_small_run(folder)
    for name, content in CONTENT.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "table.md").write_text("| row | MPJPE mm |\n|---|--:|\n")
    limits = dict.fromkeys(load(folder).skeleton.markers, 1.0)
    save_motion_range(folder, MotionRange(limits, limits))
    return folder


@pytest.fixture(scope="module")
def shared(run, tmp_path_factory):
    return load(run).save_pretrained(tmp_path_factory.mktemp("shared") / "dancer")


def use(folder, out):
    """Load, sample and share; what a mistake says."""
    said = ""
    try:
        model = load(folder)
        model.sample(1)
        model.save_pretrained(out)
    except UserError as error:
        said = str(error)
    assert "\n" not in said
    assert out.exists() == (not said)
    return said


@pytest.mark.parametrize("name", SHARED)
def test_a_damaged_file_of_a_shared_folder(shared, tmp_path, name):
    whole = (shared / name).read_bytes()
    for at, content in enumerate([*EDITS, *(damaged(whole, seed) for seed in SEEDS), None]):
        folder = shutil.copytree(shared, tmp_path / f"shared_{at}")
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
        use(folder, tmp_path / f"again_{at}")


@pytest.mark.parametrize("name", ["model.safetensors", "summary.json", "motion_range.json", PRIOR])
def test_half_a_file_is_named(shared, tmp_path, name):
    folder = shutil.copytree(shared, tmp_path / "shared")
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    assert str(folder / name) in use(folder, tmp_path / "again")


@pytest.mark.parametrize("name", [*CONTENT, "table.md"])
@pytest.mark.parametrize("content", EDITS)
def test_an_edited_file_of_a_run(run, tmp_path, name, content):
    folder = shutil.copytree(run, tmp_path / "run")
    (folder / name).write_bytes(content)
    said = use(folder, tmp_path / "shared")
    assert not said or str(folder / name) in said


def test_a_prior_of_another_model_is_refused(shared, tmp_path):
    folder = shutil.copytree(shared, tmp_path / "shared")
    prior = load(shared).prior
    save_prior(folder / PRIOR, FlowPrior(prior.active[:-1]))
    said = use(folder, tmp_path / "again")
    assert str(folder / PRIOR) in said
    assert "5 latents" in said


def test_a_card_without_its_table_says_so(shared, tmp_path):
    folder = shutil.copytree(shared, tmp_path / "shared")
    (folder / "README.md").unlink()
    assert use(folder, tmp_path / "again") == ""
    assert (
        "The table of the run is not in its folder"
        in (tmp_path / "again" / "README.md").read_text()
    )
