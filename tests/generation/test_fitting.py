"""The fit of a linear decoder has a closed form."""

import pytest
import torch

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.latents import FIT_SCALE_M, FIT_WEIGHT, Target, fit_latents

T, J, Z = 10, 7, 4


@pytest.fixture(scope="module")
def decode():
    generator = torch.Generator().manual_seed(0)
    axes = 0.02 * torch.randn(Z, T * J * 3, generator=generator, dtype=torch.float64)
    mean = torch.randn(T * J * 3, generator=generator, dtype=torch.float64)
    return lambda z: (mean + z @ axes).view(-1, T, J, 3)


def target_of(phrase, frames=6):
    return Target(phrase[:frames], torch.arange(frames), torch.ones(frames).double())


def test_latents_that_fit_are_unchanged(decode):
    z = torch.randn(3, Z, generator=torch.Generator().manual_seed(1)).double()
    aligned, cost = fit_latents(z[:1], decode, target_of(decode(z)[0]))
    torch.testing.assert_close(aligned, decode(z[:1]), rtol=0, atol=1e-6)
    assert cost.item() < 1e-6


def test_place_and_heading_of_the_target_have_no_effect(decode):
    truth = torch.ones(1, Z).double()
    moved = Alignment(torch.tensor([1.0]), torch.tensor([[2.0, -1.0]])).apply(decode(truth))
    aligned, _ = fit_latents(torch.zeros(1, Z).double(), decode, target_of(moved[0]), steps=200)
    assert (aligned - moved).norm(dim=-1).max() < 0.02
    assert (decode(torch.zeros(1, Z).double()) - decode(truth)).norm(dim=-1).mean() > 0.02


def test_no_other_latents_cost_less(decode):
    truth, start = torch.ones(1, Z).double(), torch.zeros(1, Z).double()
    target = target_of(decode(truth)[0])
    _, cost = fit_latents(start, decode, target, steps=400)
    for z in truth + torch.linspace(-1, 0.2, 7).double()[:, None, None]:
        other = FIT_WEIGHT / FIT_SCALE_M**2 * target.mismatch_m2(target.align(decode(z)))
        assert cost.item() <= (other + 0.5 * (z - start).square().sum()).item() + 0.05


def test_each_is_fitted_by_itself(decode):
    z = torch.randn(3, Z, generator=torch.Generator().manual_seed(2)).double()
    target = target_of(decode(torch.ones(1, Z).double())[0])
    batch, _ = fit_latents(z, decode, target)
    alone, _ = fit_latents(z[1:2], decode, target)
    torch.testing.assert_close(batch[1:2], alone)
