"""Mean speeds are invariant to place and heading; a phrase as fast as the clip has no cost."""

import pytest
import torch

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.continuation import mean_speeds, speed_cost
from mariel_gnn.generation.latents import Target, fit_latents

RATE_HZ, T, J = 35.0, 24, 5


@pytest.fixture(scope="module")
def phrase():
    generator = torch.Generator().manual_seed(0)
    return 0.02 * torch.randn(1, T, J, 3, generator=generator, dtype=torch.float64).cumsum(dim=1)


def test_place_and_heading_have_no_effect(phrase):
    moved = Alignment(torch.tensor([1.0]), torch.tensor([[2.0, -1.0]])).apply(phrase)
    torch.testing.assert_close(mean_speeds(moved, RATE_HZ), mean_speeds(phrase, RATE_HZ))


def test_speeds_are_proportional_to_the_motion(phrase):
    torch.testing.assert_close(mean_speeds(2 * phrase, RATE_HZ), 2 * mean_speeds(phrase, RATE_HZ))


def test_a_translated_body_has_only_path_speed(phrase):
    still = phrase[:, :1].expand(-1, T, -1, -1).clone()
    still[..., 0] += torch.arange(T)[:, None] * 0.7 / RATE_HZ
    torch.testing.assert_close(mean_speeds(still, RATE_HZ)[0], torch.tensor([0.0, 0.7]).double())


@pytest.mark.parametrize("travels", [True, False])
def test_the_speed_of_the_clip_costs_nothing_and_other_speeds_do(phrase, travels):
    cost = speed_cost(phrase[0], RATE_HZ, 0, travels)
    assert cost(phrase).item() == pytest.approx(0, abs=1e-9)
    assert cost(0.9 * phrase) > 10
    assert cost(1.1 * phrase) > 10


def test_without_the_trajectory_the_path_costs_nothing(phrase):
    translated = phrase.clone()
    translated[..., 0] += torch.arange(T)[:, None] * 0.05
    assert speed_cost(phrase[0], RATE_HZ, 0, travels=False)(translated).item() == pytest.approx(
        0, abs=1e-9
    )
    assert speed_cost(phrase[0], RATE_HZ, 0)(translated) > 10


def test_a_still_clip_has_finite_gradients(phrase):
    still = phrase[0, :1].expand(T, -1, -1)
    moving = phrase.clone().requires_grad_()
    cost = speed_cost(still, RATE_HZ, 0)(torch.cat([still[None], moving]))
    cost.sum().backward()
    assert torch.isfinite(moving.grad).all()
    assert cost[0].item() == pytest.approx(0, abs=1e-9)
    assert cost[1] > 10


def test_a_slow_start_does_not_slow_the_rest(phrase):
    """Of the phrases with a slow start, the fit finds one as fast as the clip."""
    shape = torch.linspace(0, 1, T, dtype=torch.float64)[None, :, None, None] ** 2
    target = Target(0.1 * phrase[0, :6] * shape[0, :6], torch.arange(6), torch.ones(6).double())

    def decode(z):
        return z[:, :1, None, None] * phrase * shape

    cost = speed_cost((phrase * shape)[0, 6:], RATE_HZ, 6)
    slow, fast = (
        fit_latents(0.5 * torch.ones(1, 1).double(), decode, target, extra, steps=300)[0]
        for extra in (None, cost)
    )
    ratios = [
        mean_speeds(one[:, 6:], RATE_HZ) / mean_speeds((phrase * shape)[:, 6:], RATE_HZ)
        for one in (slow, fast)
    ]
    assert ratios[0].max() < 0.5
    torch.testing.assert_close(ratios[1], torch.ones(1, 2).double(), rtol=0.05, atol=0)
