"""The minimum spanning tree over markers, weighted by how much the distance of a pair varies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating]
MAX_FRAMES = 2000  # distances change slowly
MAX_DISTANCES = 30_000_000  # that are computed: fewer frames for more than 120 markers
DISTANCE_WEIGHT = 0.15  # tried on real dancers: with it the tree follows the limbs


def distances(first: Floats, second: Floats) -> Floats:
    """Compute the distances of positions `[..., 3]`, which broadcast; faster than a norm over an axis."""
    x, y, z = (first[..., axis] - second[..., axis] for axis in range(3))
    return np.asarray(np.sqrt(x * x + y * y + z * z))


def spanning_tree(
    weights: ArrayLike, free: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int]]:
    """Compute the minimum spanning tree of the complete graph (Kruskal 1956).

    Of pairs with equal weights, the first in row-major order is taken.

    Args:
        weights: `[J, J]` the cost of each pair; only the part above the diagonal is read.
        free: pairs of cost zero.

    Returns:
        J - 1 pairs i < j, sorted.

    Raises:
        ValueError: a weight is NaN.
    """
    cost = np.array(weights, dtype=np.float64)
    for i, j in free:
        cost[min(i, j), max(i, j)] = 0.0
    rows, columns = np.triu_indices(len(cost), k=1)
    if np.isnan(cost[rows, columns]).any():
        raise ValueError("a weight of the spanning tree is NaN")
    component = np.arange(len(cost))
    tree = []
    for pair in np.argsort(cost[rows, columns], kind="stable"):
        i, j = int(rows[pair]), int(columns[pair])
        if component[i] != component[j]:
            component[component == component[j]] = component[i]
            tree.append((i, j))
            if len(tree) == len(cost) - 1:
                break
    return sorted(tree)


def limb_tree(
    positions: NDArray[np.floating], max_frames: int = MAX_FRAMES
) -> list[tuple[int, int]]:
    """Compute the tree that connects markers with a short and constant distance.

    The cost of a pair is the standard deviation of its distance plus `DISTANCE_WEIGHT` times the mean.

    Args:
        positions: `[T, J, C]`, in any unit.
        max_frames: approximate number of evenly spaced frames that are used.

    Returns:
        J - 1 pairs i < j, sorted.
    """
    markers = positions.shape[1]
    max_frames = min(max_frames, max(1, MAX_DISTANCES // markers**2))
    frames = positions[:: max(1, len(positions) // max_frames)].astype(np.float64)
    costs = []
    for marker in range(markers):
        away = distances(frames, frames[:, [marker]])  # [T, J]
        costs.append(away.std(axis=0) + DISTANCE_WEIGHT * away.mean(axis=0))
    return spanning_tree(np.stack(costs))
