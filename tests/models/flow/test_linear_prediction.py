"""The Wiener filter that the network of the flow reads."""

import pytest
import torch

from mariel_gnn.models.flow.conditions import described_by, nothing
from mariel_gnn.models.flow.linear_prediction import LinearPredictor
from mariel_gnn.models.flow.matching import mix

COUNT, STATES, D = 4000, 16, 5


@pytest.fixture(scope="module")
def data():
    """Smooth Gaussian sequences; each number has its own variance."""
    torch.manual_seed(0)
    white = torch.randn(COUNT, STATES + 4, D)
    return white.unfold(1, 5, 1).mean(-1) * torch.tensor([2.0, 1.0, 0.5, 0.2, 0.1])


@pytest.fixture(scope="module")
def predictor(data):
    found = LinearPredictor(STATES, D)
    found.fit(data, 0.9 * data)
    return found


def error(found, data):
    return (found - data).square().mean((0, 1))


@pytest.mark.parametrize("time", [0.05, 0.3, 0.6, 0.9])
def test_it_is_better_than_nothing_and_than_the_noisy_sequence(predictor, data, time):
    t = torch.full((COUNT,), time)
    noisy = mix(data, torch.randn_like(data), t)
    found = predictor(noisy, t, nothing(noisy))
    assert (error(found, data) < error(0 * data, data)).all()
    assert (error(found, data) < error(noisy / time, data)).all()


def test_a_filter_over_time_beats_one_for_each_state(predictor, data):
    """The data is smooth: a state tells of its neighbours, if noise does not hide it."""
    t = torch.full((COUNT,), 0.5)
    noisy = mix(data, torch.randn_like(data), t)
    variance = data.var((0, 1))
    alone = 0.5 * variance / (0.25 * variance + 0.25) * noisy
    found = predictor(noisy, t, nothing(noisy))
    assert (error(found, data) < 1.01 * error(alone, data)).all()
    assert (error(found, data) < 0.8 * error(alone, data))[:2].all()


def test_noise_tells_nothing_and_data_tells_all(predictor, data):
    noise = torch.randn_like(data)
    first, last = torch.zeros(COUNT), torch.ones(COUNT)
    assert predictor(noise, first, nothing(data)).abs().max() == 0
    torch.testing.assert_close(predictor(data, last, nothing(data)), data, atol=1e-4, rtol=1e-4)


def test_latents_make_it_better(predictor, data):
    t = torch.full((COUNT,), 0.3)
    noisy = mix(data, torch.randn_like(data), t)
    without = predictor(noisy, t, nothing(noisy))
    found = predictor(noisy, t, described_by(0.9 * data))
    assert (error(found, data) < 0.2 * error(without, data)).all()


@pytest.mark.parametrize("states", [1, 7, 16, 40])
def test_sequences_have_any_length(predictor, states):
    noisy = torch.randn(3, states, D)
    found = predictor(noisy, torch.rand(3), nothing(noisy))
    assert found.shape == noisy.shape
    assert found.isfinite().all()
