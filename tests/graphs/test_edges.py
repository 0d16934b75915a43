"""Laws of THE edge builder: undirected, no loops, in order, features as named."""

import dataclasses

import networkx as nx
import numpy as np
import pytest
import torch

from mariel_gnn.errors import UserError
from mariel_gnn.graphs.edges import EDGE_FEATURES, build_edges
from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.mocap.skeletons.loading import load_skeleton

KINDS = ("complete", "skeleton", "skeleton_completed")


@pytest.fixture(scope="module", params=["mariel53", "mariel18"])
def body(request, dance):
    """A skeleton and the pair distances of its markers."""
    skeleton, whole = load_skeleton(request.param), load_skeleton("mariel53")
    kept = [whole.markers.index(name) for name in skeleton.markers]
    return skeleton, measure_pairs([dance[:, kept]])


def as_set(edges) -> set[tuple[int, int]]:
    return {(i, j) for i, j in edges.edge_index.T.tolist()}


@pytest.mark.parametrize("kind", KINDS)
def test_edges_are_undirected_unique_without_self_loops_and_row_major(body, kind):
    edges = build_edges(*body[:1], kind, pairs=body[1])
    listed = edges.edge_index.T.tolist()
    assert listed == sorted(listed)
    assert len(as_set(edges)) == len(edges) == len(listed)
    assert all(i != j for i, j in listed)
    assert as_set(edges) == {(j, i) for i, j in listed}
    assert edges.edge_index.dtype == torch.int64
    assert edges.edge_index.is_contiguous()
    assert edges.edge_index.max() < len(body[0])


def test_the_number_of_edges(mariel53, mariel18):
    assert len(build_edges(mariel53)) == 53 * 52 == 2756
    assert len(build_edges(mariel53, "skeleton")) == 2 * 58 == 116
    assert len(build_edges(mariel18)) == 18 * 17
    assert len(build_edges(mariel18, "skeleton")) == 2 * 24


@pytest.mark.parametrize("kind", ["complete", "skeleton_completed"])
def test_the_graph_is_connected(body, kind):
    skeleton, pairs = body
    graph = nx.Graph(as_set(build_edges(skeleton, kind, pairs=pairs)))
    assert len(graph) == len(skeleton)
    assert nx.is_connected(graph)


def test_completion_keeps_the_skeleton_edges_and_adds_the_fewest(body):
    skeleton, pairs = body
    listed = as_set(build_edges(skeleton, "skeleton"))
    completed = as_set(build_edges(skeleton, "skeleton_completed", pairs=pairs))
    assert listed <= completed
    graph = nx.Graph(listed)
    graph.add_nodes_from(range(len(skeleton)))
    islands = nx.number_connected_components(graph)
    assert len(completed) - len(listed) == 2 * (islands - 1)


def test_features_are_between_0_and_1_and_symmetric(body):
    skeleton, pairs = body
    edges = build_edges(skeleton, "complete", EDGE_FEATURES, pairs)
    assert edges.names == EDGE_FEATURES
    assert edges.features.shape == (len(edges), len(EDGE_FEATURES))
    assert edges.features.dtype == torch.float32
    for name in EDGE_FEATURES:
        dense = torch.zeros(len(skeleton), len(skeleton))
        dense[tuple(edges.edge_index)] = edges.feature(name)
        torch.testing.assert_close(dense, dense.T)
        assert 0 <= edges.feature(name).min() < edges.feature(name).max() <= 1


def test_features_are_in_the_given_order_for_every_kind(body):
    skeleton, pairs = body
    names = ("rigidity", "skeleton", "tree_hops")
    edges = build_edges(skeleton, "skeleton_completed", names, pairs)
    everything = build_edges(skeleton, "complete", EDGE_FEATURES, pairs)
    place = {edge: row for row, edge in enumerate(map(tuple, everything.edge_index.T.tolist()))}
    rows = [place[edge] for edge in map(tuple, edges.edge_index.T.tolist())]
    for column, name in enumerate(names):
        torch.testing.assert_close(edges.features[:, column], everything.feature(name)[rows])


def test_features_match_their_names(body):
    skeleton, pairs = body
    edges = build_edges(skeleton, "complete", EDGE_FEATURES, pairs)
    tree = nx.Graph(pairs.spanning_tree())
    hops = dict(nx.all_pairs_shortest_path_length(tree))
    most = max(max(lengths.values()) for lengths in hops.values())
    lines = {frozenset(line) for line in skeleton.edges}
    columns = {name: edges.feature(name).tolist() for name in EDGE_FEATURES}
    for row, (i, j) in enumerate(edges.edge_index.T.tolist()):
        assert columns["skeleton"][row] == (frozenset((i, j)) in lines)
        assert columns["partner"][row] == (skeleton.mirror[i] == j)
        assert columns["same_part"][row] == (skeleton.part_of[i] == skeleton.part_of[j])
        assert columns["tree_hops"][row] == pytest.approx(hops[i][j] / most)


def test_rigidity_is_1_at_constant_distance_and_falls_with_variation(mariel53, smooth):
    frames = np.repeat(smooth(1, 5), 80, axis=0)
    rng = np.random.default_rng(0)
    frames[:, 2] += rng.normal(0, 0.01, (80, 3)).astype(np.float32)
    frames[:, 3] += rng.normal(0, 0.1, (80, 3)).astype(np.float32)
    edges = build_edges(mariel53, "complete", ["rigidity"], measure_pairs([frames]))
    rigidity = dict(
        zip(map(tuple, edges.edge_index.T.tolist()), edges.features[:, 0].tolist(), strict=True)
    )
    assert rigidity[0, 1] == pytest.approx(1, abs=1e-4)
    assert 1 - 1e-4 > rigidity[0, 2] > rigidity[0, 3]


def test_the_notebook_flag_has_the_listed_direction_only(body):
    skeleton, _ = body
    edges = build_edges(skeleton, directed=True)
    listed = edges.edge_index[:, edges.feature("skeleton") == 1]
    flagged = {(i, j) for i, j in listed.T.tolist()}
    assert flagged == set(skeleton.field_edges)
    assert as_set(build_edges(skeleton, "skeleton", directed=True)) == set(skeleton.field_edges)


def test_no_features_give_no_columns(mariel53):
    assert build_edges(mariel53, features=()).features.shape == (2756, 0)


def test_a_skeleton_without_edges_and_parts_has_a_complete_graph(mariel53):
    bare = dataclasses.replace(mariel53, edges=(), pairs=(), parts={}, extra_edges=0)
    edges = build_edges(bare, features=("skeleton", "partner", "same_part"))
    assert len(edges) == 2756
    assert not edges.features.any()
    assert len(build_edges(bare, "skeleton")) == 0


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"kind": "compleet"}, "Did you mean 'complete'"),
        ({"features": ["rigidty"]}, "Did you mean 'rigidity'"),
        ({"kind": "skeleton_completed"}, "measure_pairs"),
        ({"features": ["tree_hops"]}, "measure_pairs"),
        ({"features": ["rigidity"]}, "measure_pairs"),
    ],
)
def test_an_invalid_kind_or_feature_is_one_line(mariel53, wrong, expected):
    with pytest.raises(UserError, match=expected) as caught:
        build_edges(mariel53, **wrong)
    assert "\n" not in str(caught.value)
