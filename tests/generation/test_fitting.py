"""For a linear decoder the fit is known in closed form."""

import pytest
import torch

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.fitting import AGREE, AGREE_M, Target, fit_latents

T, J, Z = 10, 7, 4


@pytest.fixture(scope="module")
def decode():
    generator = torch.Generator().manual_seed(0)
    axes = 0.02 * torch.randn(Z, T * J * 3, generator=generator, dtype=torch.float64)
    mean = torch.randn(T * J * 3, generator=generator, dtype=torch.float64)
    return lambda z: (mean + z @ axes).view(-1, T, J, 3)


def known_of(phrase, frames=6):
    return Target(phrase[:frames], torch.arange(frames), torch.ones(frames).double())


def test_a_phrase_that_agrees_stays(decode):
    z = torch.randn(3, Z, generator=torch.Generator().manual_seed(1)).double()
    placed, cost = fit_latents(z[:1], decode, known_of(decode(z)[0]))
    torch.testing.assert_close(placed, decode(z[:1]), rtol=0, atol=1e-6)
    assert cost.item() < 1e-6


def test_it_finds_latents_wherever_the_body_stands(decode):
    truth = torch.ones(1, Z).double()
    there = Alignment(torch.tensor([1.0]), torch.tensor([[2.0, -1.0]])).of(decode(truth))
    placed, _ = fit_latents(torch.zeros(1, Z).double(), decode, known_of(there[0]), steps=200)
    assert (placed - there).norm(dim=-1).max() < 0.02
    assert (decode(torch.zeros(1, Z).double()) - decode(truth)).norm(dim=-1).mean() > 0.02


def test_no_other_latents_cost_less(decode):
    truth, start = torch.ones(1, Z).double(), torch.zeros(1, Z).double()
    known = known_of(decode(truth)[0])
    _, cost = fit_latents(start, decode, known, steps=400)
    for z in truth + torch.linspace(-1, 0.2, 7).double()[:, None, None]:
        other = AGREE / AGREE_M**2 * known.mismatch_m2(known.placed(decode(z)))
        assert cost.item() <= (other + 0.5 * (z - start).square().sum()).item() + 0.05


def test_each_is_fitted_by_itself(decode):
    z = torch.randn(3, Z, generator=torch.Generator().manual_seed(2)).double()
    known = known_of(decode(torch.ones(1, Z).double())[0])
    together, _ = fit_latents(z, decode, known)
    alone, _ = fit_latents(z[1:2], decode, known)
    torch.testing.assert_close(together[1:2], alone)
