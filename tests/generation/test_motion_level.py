"""How much a phrase moves does not depend on where it is, and moving as much as the clip costs nothing."""

import pytest
import torch

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.continuation import motion_level, motion_level_cost
from mariel_gnn.generation.fitting import Target, fit_latents

RATE_HZ, T, J = 35.0, 24, 5


@pytest.fixture(scope="module")
def phrase():
    generator = torch.Generator().manual_seed(0)
    return 0.02 * torch.randn(1, T, J, 3, generator=generator, dtype=torch.float64).cumsum(dim=1)


def test_turned_and_moved_it_moves_as_much(phrase):
    there = Alignment(torch.tensor([1.0]), torch.tensor([[2.0, -1.0]])).of(phrase)
    torch.testing.assert_close(motion_level(there, RATE_HZ), motion_level(phrase, RATE_HZ))


def test_twice_as_far_is_twice_as_much(phrase):
    torch.testing.assert_close(motion_level(2 * phrase, RATE_HZ), 2 * motion_level(phrase, RATE_HZ))


def test_a_body_carried_along_moves_by_its_path_only(phrase):
    still = phrase[:, :1].expand(-1, T, -1, -1).clone()
    still[..., 0] += torch.arange(T)[:, None] * 0.7 / RATE_HZ
    torch.testing.assert_close(motion_level(still, RATE_HZ)[0], torch.tensor([0.0, 0.7]).double())


@pytest.mark.parametrize("travels", [True, False])
def test_as_much_as_the_piece_costs_nothing_and_more_or_less_does(phrase, travels):
    cost = motion_level_cost(phrase[0], RATE_HZ, 0, travels)
    assert cost(phrase).item() == pytest.approx(0, abs=1e-9)
    assert cost(0.9 * phrase) > 10
    assert cost(1.1 * phrase) > 10


def test_without_travel_the_path_costs_nothing(phrase):
    carried = phrase.clone()
    carried[..., 0] += torch.arange(T)[:, None] * 0.05
    assert motion_level_cost(phrase[0], RATE_HZ, 0, travels=False)(carried).item() == pytest.approx(
        0, abs=1e-9
    )
    assert motion_level_cost(phrase[0], RATE_HZ, 0)(carried) > 10


def test_a_piece_that_stands_still_can_be_gone_on_from(phrase):
    still = phrase[0, :1].expand(T, -1, -1)
    moving = phrase.clone().requires_grad_()
    cost = motion_level_cost(still, RATE_HZ, 0)(torch.cat([still[None], moving]))
    cost.sum().backward()
    assert torch.isfinite(moving.grad).all()
    assert cost[0].item() == pytest.approx(0, abs=1e-9)
    assert cost[1] > 10


def test_a_calm_start_does_not_calm_the_rest(phrase):
    """Of phrases that agree with a calm start, the fit takes one that moves as the clip does."""
    shape = torch.linspace(0, 1, T, dtype=torch.float64)[None, :, None, None] ** 2
    known = Target(0.1 * phrase[0, :6] * shape[0, :6], torch.arange(6), torch.ones(6).double())

    def decode(z):
        return z[:, :1, None, None] * phrase * shape

    lively = motion_level_cost((phrase * shape)[0, 6:], RATE_HZ, 6)
    calm, wanted = (
        fit_latents(0.5 * torch.ones(1, 1).double(), decode, known, besides, steps=300)[0]
        for besides in (None, lively)
    )
    amounts = [
        motion_level(one[:, 6:], RATE_HZ) / motion_level((phrase * shape)[:, 6:], RATE_HZ)
        for one in (calm, wanted)
    ]
    assert amounts[0].max() < 0.5
    torch.testing.assert_close(amounts[1], torch.ones(1, 2).double(), rtol=0.05, atol=0)
