"""The network: any length, batch independence, and no prediction before it has learned."""

import pytest
import torch

from mariel_gnn.models.flow.network import TemporalUNet


@pytest.fixture(scope="module")
def network():
    """With weights as of a trained network: those of a new one predict almost nothing."""
    torch.manual_seed(0)
    found = TemporalUNet(13, 5, (16, 24, 32), 4).eval()
    for parameter in found.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return found


def tokens(count, batch=3):
    return torch.randn(batch, count, 13, generator=torch.Generator().manual_seed(count))


TIME = torch.tensor([0.1, 0.5, 0.9])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 16, 61])
def test_any_length_goes_in_and_comes_out(network, count):
    found = network(tokens(count), TIME)
    assert found.shape == (3, count, 5)
    assert found.isfinite().all()


@pytest.mark.parametrize("widths", [(16,), (8, 8), (16, 24, 32, 40)])
def test_any_number_of_scales_works(widths):
    assert TemporalUNet(13, 5, widths, 4)(tokens(11), TIME).shape == (3, 11, 5)


def test_each_sequence_is_processed_by_itself(network):
    many = network(tokens(9), TIME)
    for place in range(3):
        one = network(tokens(9)[place : place + 1], TIME[place : place + 1])
        torch.testing.assert_close(one[0], many[place], atol=1e-5, rtol=1e-4)


def test_the_prediction_depends_on_time_and_on_distant_states(network):
    base = network(tokens(32), TIME)
    assert (network(tokens(32), TIME.flip(0))[0] - base[0]).abs().max() > 1e-3
    changed = tokens(32)
    changed[:, -1] += 1
    assert (network(changed, TIME)[:, 0] - base[:, 0]).abs().max() > 1e-7


def test_what_is_given_about_a_sequence_matters_and_zeros_are_nothing(network):
    base = network(tokens(16), TIME)
    torch.testing.assert_close(network(tokens(16), TIME, torch.zeros(3, 4)), base)
    assert (network(tokens(16), TIME, torch.ones(3, 4)) - base).abs().amax((1, 2)).min() > 1e-3


def test_a_new_network_predicts_the_mean_pose():
    torch.manual_seed(0)
    assert TemporalUNet(13, 5, (16, 24), 4)(tokens(8), TIME).abs().max() < 0.1
