"""The dense layer is the message-passing layer, in value and gradient, whatever the edges."""

import pytest
import torch
import torch_geometric.typing
from torch_geometric.testing import withPackage

from mariel_gnn.graphs.edges import EDGE_FEATURES, build_edges
from mariel_gnn.graphs.layers import (
    DenseEdges,
    EdgeAttention,
    GraphLayer,
    attend_densely,
    dense_edges,
    edge_list,
)
from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.graphs.scatter import scatter_attention

BODIES, SIZE, HEADS = 3, 16, 4
KINDS = ["complete", "skeleton", "skeleton_completed"]
FEATURES = [EDGE_FEATURES, ()]


@pytest.fixture(scope="module")
def edges_of(mariel53, dance):
    pairs = measure_pairs([dance])
    return lambda kind, names: dense_edges(build_edges(mariel53, kind, names, pairs), 53)


def attention(features):
    torch.manual_seed(0)
    return EdgeAttention(SIZE, features, HEADS).double()


def layer(features):
    torch.manual_seed(0)
    made = GraphLayer(SIZE, features, HEADS)
    for parameter in made.parameters():  # new ones pass everything through, which proves nothing
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def both_ways(made, nodes, edges):
    """Output, gradient of the nodes and of each weight, dense and by message passing."""
    found = []
    for attend in (attend_densely, scatter_attention):
        made.zero_grad()
        inputs = nodes.clone().requires_grad_()
        out = made(inputs, edges, attend)
        (out * torch.arange(out.numel()).view_as(out).sin()).sum().backward()
        found.append([out.detach(), inputs.grad, *(p.grad.clone() for p in made.parameters())])
    return found


@pytest.mark.parametrize("names", FEATURES, ids=["features", "none"])
@pytest.mark.parametrize("kind", KINDS)
def test_dense_equals_message_passing_in_value_and_gradient(edges_of, kind, names):
    edges = edges_of(kind, names)
    torch.manual_seed(1)
    dense, scattered = both_ways(layer(len(names)), torch.randn(BODIES, 53, SIZE), edges)
    for ours, reference in zip(dense, scattered, strict=True):
        torch.testing.assert_close(ours, reference, atol=1e-5, rtol=1e-5)


@withPackage("torch_scatter")
def test_torch_scatter_gives_the_same(edges_of, monkeypatch):
    edges = edges_of("skeleton_completed", EDGE_FEATURES)
    nodes = torch.randn(BODIES, 53, SIZE)
    found = []
    for with_it in (True, False):
        monkeypatch.setattr(torch_geometric.typing, "WITH_TORCH_SCATTER", with_it)
        found.append(both_ways(layer(len(EDGE_FEATURES)), nodes, edges)[1])
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-5)


def test_the_list_of_edges_and_the_matrices_hold_the_same(mariel53):
    edges = build_edges(mariel53, "skeleton", ("skeleton", "partner"))
    index, features = edge_list(dense_edges(edges, 53))
    found = {(s, t): tuple(f) for s, t, f in zip(*index.tolist(), features.tolist(), strict=True)}
    expected = {
        (s, t): tuple(f)
        for s, t, f in zip(*edges.edge_index.tolist(), edges.features.tolist(), strict=True)
    }
    assert found == expected


def test_attention_sums_to_1_over_neighbours_and_is_0_elsewhere(edges_of):
    edges = edges_of("skeleton", ("skeleton",))
    nodes = torch.randn(BODIES, 53, SIZE).double()
    weights = attention(1).weights(nodes, DenseEdges(edges.joined, edges.features.double()))
    assert weights[..., ~edges.joined].abs().max() == 0
    has_any = edges.joined.any(dim=1).double()
    torch.testing.assert_close(weights.sum(-1), has_any.expand(BODIES, HEADS, 53))


def test_a_marker_receives_messages_of_its_neighbours_only(edges_of):
    edges = edges_of("skeleton", ())
    nodes = torch.randn(1, 53, SIZE).double().requires_grad_()
    out = attention(0)(nodes, edges)
    reached = torch.autograd.grad(out[0, 7].sum(), nodes)[0][0].abs().sum(-1) > 0
    expected = edges.joined[7].clone()
    expected[7] = expected.sum() > 1  # its own features are the query
    assert torch.equal(reached, expected)


def test_edge_features_reach_both_the_attention_and_the_message(edges_of):
    edges = edges_of("complete", EDGE_FEATURES)
    edges = DenseEdges(edges.joined, edges.features.double())
    nodes = torch.randn(1, 53, SIZE).double()
    made = attention(len(EDGE_FEATURES))
    whole, weights = made(nodes, edges), made.weights(nodes, edges)
    with torch.no_grad():
        made.edge_value.weight.zero_()
    torch.testing.assert_close(made.weights(nodes, edges), weights)
    assert not torch.allclose(made(nodes, edges), whole)
    with torch.no_grad():
        made.edge_key.weight.zero_()
    assert not torch.allclose(made.weights(nodes, edges), weights)


def test_a_new_layer_passes_nearly_everything_through(edges_of):
    torch.manual_seed(0)
    nodes = torch.randn(BODIES, 53, SIZE)
    out = GraphLayer(SIZE, 1, HEADS)(nodes, edges_of("complete", ("skeleton",)))
    assert (out - nodes).abs().max() < 0.1


def test_markers_in_another_order_give_the_same_in_that_order(edges_of):
    edges = edges_of("skeleton_completed", EDGE_FEATURES)
    order = torch.randperm(53)
    there = DenseEdges(edges.joined[order][:, order], edges.features[order][:, order])
    made, nodes = layer(len(EDGE_FEATURES)), torch.randn(BODIES, 53, SIZE)
    torch.testing.assert_close(
        made(nodes[:, order], there), made(nodes, edges)[:, order], atol=1e-5, rtol=1e-5
    )
