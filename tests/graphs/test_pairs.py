"""Laws of pair distances: they depend on the body, not on its position."""

import math

import networkx as nx
import numpy as np
import pytest
import torch

from mariel_gnn.graphs.pairs import PairStatistics, measure_pairs


@pytest.fixture(scope="module")
def pairs(smooth) -> PairStatistics:
    return measure_pairs([smooth(90, 1, 9), smooth(60, 2, 9)])


def statistics(std: list[list[float]]) -> PairStatistics:
    std_m = torch.tensor(std)
    return PairStatistics(torch.ones_like(std_m), std_m, torch.ones_like(std_m))


def test_the_statistics_are_over_every_frame(smooth, pairs):
    frames = np.concatenate([smooth(90, 1, 9), smooth(60, 2, 9)]).astype(float)
    distances = np.linalg.norm(frames[:, :, None] - frames[:, None], axis=-1)
    np.testing.assert_allclose(pairs.mean_m, distances.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(pairs.std_m, distances.std(axis=0), atol=1e-6)
    np.testing.assert_allclose(pairs.min_m, distances.min(axis=0), atol=1e-6)


def test_they_are_symmetric_with_a_zero_diagonal(pairs):
    for matrix in (pairs.mean_m, pairs.std_m, pairs.min_m, pairs.relative_std):
        torch.testing.assert_close(matrix, matrix.T, rtol=0, atol=1e-6)
        assert matrix.diagonal().abs().max() < 1e-6


def test_moving_and_rotating_the_body_changes_nothing(smooth):
    frames = smooth(60, 3, 9)
    angle = np.linspace(0, 7, 60)
    turn = np.zeros((60, 3, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
    turn[:, 1, 0] = np.sin(angle)
    turn[:, 0, 1] = -turn[:, 1, 0]
    turn[:, 2, 2] = 1
    moved = np.einsum("tdc,tjc->tjd", turn, frames) + np.array([4.0, -3.0, 1.0])
    before, after = measure_pairs([frames]), measure_pairs([moved.astype(np.float32)])
    for name in ("mean_m", "std_m", "min_m"):
        torch.testing.assert_close(getattr(before, name), getattr(after, name), rtol=0, atol=1e-5)


def test_the_tree_connects_two_rigid_halves_by_one_edge(smooth):
    still = smooth(1, 4, 8)
    moved = np.repeat(still, 50, axis=0)
    moved[:, 4:] += np.linspace(0, 1, 50)[:, None, None].astype(
        np.float32
    )  # the second half departs
    pairs = measure_pairs([moved])
    halves = {(i, j) for i in range(8) for j in range(i + 1, 8) if (i < 4) == (j < 4)}
    assert {tuple(pair) for pair in pairs.rigid_pairs().tolist()} == halves
    tree = pairs.spanning_tree()
    assert len(tree) == 7
    assert sum((i < 4) != (j < 4) for i, j in tree) == 1


def test_no_tree_has_less_variation_than_the_spanning_tree(pairs):
    tree = pairs.spanning_tree()
    assert tree == sorted(tree)
    assert all(i < j for i, j in tree)
    graph = nx.Graph(tree)
    assert nx.is_tree(graph)
    assert len(graph) == 9
    # The law of cuts: what a line of the tree joins, no other pair joins more steadily.
    for i, j in tree:
        cut = nx.Graph(tree)
        cut.remove_edge(i, j)
        side = nx.node_connected_component(cut, i)
        across = [float(pairs.std_m[a, b]) for a in side for b in set(range(9)) - side]
        assert math.isclose(float(pairs.std_m[i, j]), min(across))


def test_free_pairs_are_taken_first():
    std = [[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]]
    assert statistics(std).spanning_tree() == [(0, 1), (0, 2)]
    assert statistics(std).spanning_tree(free=[(2, 1)]) == [(0, 1), (1, 2)]


def test_the_means_of_a_long_recording_are_right_on_a_subset_of_frames(dance):
    every, some = measure_pairs([dance], 10**9), measure_pairs([dance], 300)
    assert (every.mean_m - some.mean_m).abs().max() < 0.02  # metres


def test_the_least_distance_is_the_least_of_all_frames(dance):
    close = dance.copy()
    close[701, 0] = close[701, 1] + 0.001
    long = [close, *[dance] * 2]  # 4,200 frames: more than the means are measured on
    assert measure_pairs(long).min_m[0, 1] < 0.01
