"""Sampling: prior, seed, temperature; and loading the prior of a run."""

import shutil

import pytest
import torch

from mariel_gnn.errors import UserError
from mariel_gnn.generation.phrase_model import PhraseModel, load
from tests.generation.small_run import write_small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with weights and a prior far from N(0, I)."""
    folder = tmp_path_factory.mktemp("run")
    write_small_run(folder)
    return folder


@pytest.fixture(scope="module")
def model(run):
    return load(run)


def test_the_flow_is_the_default_if_there_is_one(model):
    assert torch.equal(model.sample(3), model.sample(3, prior="flow"))
    assert not torch.allclose(model.sample(3), model.sample(3, prior="normal"))


def test_the_normal_prior_is_the_default_without_a_flow(model):
    without = PhraseModel(model.network, model.skeleton)
    assert without.prior is None
    assert torch.equal(without.sample(3), model.sample(3, prior="normal"))


@pytest.mark.parametrize("prior", ["normal", "flow"])
class TestOfEachPrior:
    def test_the_result_depends_on_the_seed(self, model, prior):
        before = torch.get_rng_state()
        first = model.sample(3, seed=4, prior=prior)
        assert torch.equal(first, model.sample(3, seed=4, prior=prior))
        assert not torch.equal(first, model.sample(3, seed=5, prior=prior))
        assert torch.equal(torch.get_rng_state(), before)

    def test_temperature_zero_is_one_phrase(self, model, prior):
        phrases = model.sample(4, temperature=0.0, prior=prior)
        torch.testing.assert_close(phrases, phrases[:1].expand_as(phrases), rtol=0, atol=1e-5)

    def test_a_higher_temperature_is_more_diverse(self, model, prior):
        diversity = [model.sample(32, t, prior=prior).std(dim=0).mean() for t in (0.5, 1.0, 2.0)]
        assert diversity[0] < diversity[1] < diversity[2]


def test_a_missing_prior_is_refused(model):
    without = PhraseModel(model.network, model.skeleton)
    with pytest.raises(UserError, match=r"no prior 'flow'.*--prior flow"):
        without.sample(1, prior="flow")
    with pytest.raises(UserError, match=r"no prior 'flaw'.*Did you mean 'flow'"):
        model.sample(1, prior="flaw")


@pytest.mark.parametrize(("count", "temperature"), [(0, 1.0), (1, -1.0), (1, float("nan"))])
def test_numbers_out_of_range_are_refused(model, count, temperature):
    with pytest.raises(UserError, match=r"sample: \w+ is .*; it must be . or more"):
        model.sample(count, temperature)


def test_a_prior_belongs_to_the_best_weights_in_its_folder(run, tmp_path):
    assert load(run / "best.safetensors").prior is not None
    assert load(run / "last.safetensors").prior is None
    shutil.copy(run / "best.safetensors", tmp_path)
    assert load(tmp_path).prior is None
