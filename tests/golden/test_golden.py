"""Checkpoints of every released version load, and compute what they did."""

import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mariel_gnn.generation.phrase_model import load
from mariel_gnn.models.table import MODELS
from mariel_gnn.models.weights import BEST, PRIOR
from tests.golden.make import EXPECTED, WITH_PRIOR, outputs

ARCHIVES = {
    path.name.removesuffix(".tar.xz"): path for path in Path(__file__).parent.glob("*.tar.xz")
}


def models_in(archive):
    with tarfile.open(archive) as opened:
        names = map(Path, opened.getnames())
    return sorted(name.parent.name for name in names if name.name == BEST)


CHECKPOINTS = [
    (release, model) for release in sorted(ARCHIVES) for model in models_in(ARCHIVES[release])
]
TOLERANCE_M = 1e-4
LARGEST_BYTES = 1e6


@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    """The folders of all versions."""
    place = tmp_path_factory.mktemp("golden")
    for release, archive in ARCHIVES.items():
        with tarfile.open(archive) as opened:
            opened.extractall(place / release, filter="data")
    return place


def test_this_version_has_a_checkpoint_of_each_model():
    now = version("mariel_gnn")
    assert {model for release, model in CHECKPOINTS if release == now} == {*MODELS}
    assert sum(archive.stat().st_size for archive in ARCHIVES.values()) < LARGEST_BYTES


@pytest.mark.parametrize(("release", "model"), CHECKPOINTS)
def test_a_checkpoint_loads_and_computes_what_it_did(opened, release, model):
    folder = opened / release / model
    expected = load_file(folder / EXPECTED)
    given, loaded = expected.pop("given"), load(folder)
    assert (folder / PRIOR).exists() == (loaded.prior is not None) == (model == WITH_PRIOR)
    found = outputs(loaded, given)
    assert found.keys() == expected.keys()
    for name, positions in found.items():
        assert positions.shape == given.shape
        assert positions.isfinite().all()
        assert positions.std() > 0.1  # metres: a body, and not one point
        assert torch.allclose(positions, expected[name], rtol=0, atol=TOLERANCE_M)
