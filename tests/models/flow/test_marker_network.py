"""Networks of the flow in which markers are nodes: lengths, order of markers, edges, buffers."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.models.flow.marker_network import KERNEL, _overlapping, _summed
from mariel_gnn.models.flow.state_flow import StateFlow
from mariel_gnn.models.motion_model import WindowShape
from tests.models.flow.conftest import FRAMES, SMALL, small_flow

SIZE = 15  # of a state


@pytest.fixture(scope="module")
def flow_of(dance, mariel53):
    """A maker of flows; new networks are nearly zero, which would test nothing: they are randomized."""

    def make(denoiser="markers", **options):
        flow = small_flow(mariel53, dance, pose_axes=SIZE - 3, denoiser=denoiser, **options)
        for parameter in flow.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
        return flow

    return make


def tokens_of(states=24, count=2):
    generator = torch.Generator().manual_seed(states)
    tokens = torch.randn(count, states, 3 * SIZE + 3, generator=generator)
    return tokens, torch.rand(count, generator=generator)


@given(states=st.integers(1, 70), numbers=st.integers(1, 4))
def test_each_state_is_in_two_tokens(states, numbers):
    values = torch.randn(2, states, numbers)
    tokens = _overlapping(values).unflatten(-1, (numbers, KERNEL)).transpose(-1, -2)
    assert torch.equal(_summed(tokens, states), 2 * values)


@pytest.mark.parametrize("denoiser", ["markers", "both"])
@pytest.mark.parametrize("states", [1, 7, 24, 33, 64])
def test_sequences_of_any_length(flow_of, denoiser, states):
    tokens, time = tokens_of(states)
    found = flow_of(denoiser=denoiser).network(tokens, time)
    assert found.shape == (2, states, SIZE)
    assert found.isfinite().all()


def test_sequences_of_a_batch_do_not_see_each_other(flow_of):
    tokens, time = tokens_of(count=3)
    network = flow_of().network
    torch.testing.assert_close(network(tokens, time)[1:], network(tokens[1:], time[1:]))


def test_order_of_markers_does_not_matter(flow_of):
    """With their axes, edges and own features in another order, the same states come out."""
    network, tokens = flow_of().network, tokens_of()
    expected = network(*tokens)
    order = torch.randperm(53, generator=torch.Generator().manual_seed(1))
    graph = network.graph
    with torch.no_grad():
        network.axes.copy_(network.axes.unflatten(0, (53, 3))[order].flatten(0, 1))
        graph.marker.copy_(graph.marker[order])
    assert not torch.allclose(network(*tokens), expected, atol=1e-3)  # their edges are not theirs
    graph.joined.copy_(graph.joined[order][:, order])
    graph.edge_features.copy_(graph.edge_features[order][:, order])
    torch.testing.assert_close(network(*tokens), expected, atol=1e-4, rtol=1e-4)


def test_order_of_time_matters(flow_of):
    tokens, time = tokens_of(64)
    network = flow_of().network
    backwards = network(tokens.flip(1), time).flip(1)
    assert not torch.allclose(backwards, network(tokens, time), atol=1e-2)


@pytest.mark.parametrize("place", [0, 63])
def test_each_state_sees_the_whole_sequence(flow_of, place):
    tokens, time = tokens_of(64)
    tokens.requires_grad_()
    flow_of().network(tokens, time)[:, place].sum().backward()
    assert (tokens.grad.abs().sum((0, 2)) > 0).all()


@pytest.mark.parametrize("denoiser", ["markers", "both"])
def test_gradients_reach_all_parameters(flow_of, clips, denoiser):
    flow = flow_of(denoiser=denoiser).train()
    flow.loss(clips, clips).mean().backward()
    without = [
        name
        for name, parameter in flow.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert not without


@pytest.mark.parametrize("changes", [{"edges": "skeleton"}, {"denoiser": "markers_without_edges"}])
def test_edges_have_an_effect(flow_of, changes):
    """The same parameters under other edges give other states."""
    complete, other = flow_of().network, flow_of(**changes).network
    parameters = dict(complete.named_parameters())
    with torch.no_grad():
        for name, parameter in other.named_parameters():
            parameter.copy_(parameters[name])
    tokens = tokens_of()
    assert not torch.allclose(complete(*tokens), other(*tokens), atol=1e-3)


def test_features_of_edges_have_an_effect(flow_of):
    network, tokens = flow_of().network, tokens_of()
    before = network(*tokens)
    network.graph.edge_features.zero_()
    assert not torch.allclose(network(*tokens), before, atol=1e-3)


def test_fit_takes_over_axes_and_edges(flow_of):
    flow = flow_of()
    assert torch.equal(flow.network.axes, flow.states.pose_axes)
    ratio = flow.network.scale / flow.states.pose_scale
    torch.testing.assert_close(ratio, ratio[:1].expand(12))
    assert not flow.network.graph.joined.diagonal().any()


@pytest.mark.parametrize("denoiser", ["markers", "markers_without_edges", "both"])
def test_weights_alone_are_enough(flow_of, mariel53, denoiser):
    flow, tokens = flow_of(denoiser), tokens_of()
    options = replace(SMALL, pose_axes=SIZE - 3, denoiser=denoiser)
    new = StateFlow(options, WindowShape(FRAMES, 53), mariel53)
    new.load_state_dict(flow.state_dict())
    assert torch.equal(new.network(*tokens), flow.network(*tokens))


@pytest.mark.parametrize("denoiser", ["markers", "both"])
def test_a_new_network_is_nearly_zero(mariel53, dance, denoiser):
    network = small_flow(mariel53, dance, pose_axes=SIZE - 3, denoiser=denoiser).network
    assert network(*tokens_of()).abs().max() < 0.1
