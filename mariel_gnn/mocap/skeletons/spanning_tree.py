"""Which markers move together: the minimum spanning tree on the variation of their distances."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

MAX_FRAMES = 2000  # distances change slowly
NEAR = 0.15  # tried on real dancers: with it the tree follows the limbs


def spanning_tree(
    weights: Sequence[Sequence[float]], free: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int]]:
    """The minimum spanning tree of the complete graph.

    Args:
        weights: `[J, J]` the cost of each pair.
        free: pairs that cost nothing, so that they are taken first.

    Returns:
        J - 1 pairs i < j, sorted.
    """
    graph: nx.Graph[int] = nx.Graph()
    size = range(len(weights))
    graph.add_weighted_edges_from((i, j, weights[i][j]) for i in size for j in size if i < j)
    graph.add_weighted_edges_from((i, j, 0.0) for i, j in free)
    tree = nx.minimum_spanning_tree(graph)
    return sorted((min(i, j), max(i, j)) for i, j in tree.edges)


def limb_tree(
    positions: NDArray[np.floating], max_frames: int = MAX_FRAMES
) -> list[tuple[int, int]]:
    """The tree that joins markers which are near and whose distance is steady.

    A pair costs the standard deviation of its distance and `NEAR` times its mean.

    Args:
        positions: `[T, J, C]`, in any unit.
        max_frames: about how many frames to look at, evenly spaced.

    Returns:
        J - 1 pairs i < j, sorted.
    """
    frames = positions[:: max(1, len(positions) // max_frames)].astype(np.float64)
    rows = [
        np.linalg.norm(frames - frames[:, [marker]], axis=2) for marker in range(frames.shape[1])
    ]
    distances = np.stack(rows)  # [J, T, J]
    weights = distances.std(axis=1) + NEAR * distances.mean(axis=1)
    return spanning_tree(weights.tolist())
