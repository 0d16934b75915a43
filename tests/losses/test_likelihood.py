import pytest
import torch
from torch.distributions import Normal

from mariel_gnn.losses.elbo import DecoderScale, MarkerLaplace


def test_the_density_of_a_marker_sums_to_1():
    side = torch.linspace(-4, 4, 81)
    places = torch.stack(torch.meshgrid(side, side, side, indexing="ij"), dim=-1).flatten(0, 2)
    density = MarkerLaplace(torch.tensor([0.1, 0, -0.2]), torch.tensor(0.3)).log_prob(places).exp()
    assert float(density.sum() * 0.1**3) == pytest.approx(1, abs=0.01)


def test_the_scale_that_explains_best_is_a_third_of_the_mean_distance():
    distance = torch.tensor([[0.3, 0, 0], [0, 0.9, 0]])
    scales = torch.linspace(0.05, 0.6, 111)
    scores = [MarkerLaplace(torch.zeros(3), s).log_prob(distance).sum() for s in scales]
    assert float(scales[int(torch.stack(scores).argmax())]) == pytest.approx(0.2, abs=0.006)


def test_twice_the_distance_costs_twice_as_many_nats():
    places = torch.tensor([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    none, one, two = MarkerLaplace(torch.zeros(3), torch.tensor(0.5)).log_prob(places)
    assert float(none - two) == pytest.approx(2 * float(none - one))


@pytest.mark.parametrize("gain", [1.0, 20.0])
def test_a_learned_scale_starts_where_it_is_told(gain):
    scale = DecoderScale(gain=gain)
    scale.start_at(0.37)
    assert scale.std.item() == pytest.approx(0.37)
    assert isinstance(scale(torch.zeros(2)), Normal)
    assert scale.raw.requires_grad
    assert not DecoderScale(0.7).raw.requires_grad
