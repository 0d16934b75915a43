"""A tree of joints at fixed distances, fitted to markers: what animation programs call a rig.

The tree is the skeleton's own where its lines are one, else it joins markers that are near and whose
distance is steady. From the root outwards each joint turns so that its children come as near to
their markers as fixed lengths allow: a rotation fitted by singular values (Kabsch 1976), drawn a
little towards the parent's, so that a joint with a single child does not spin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import interpolate_gaps
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.skeletons.spanning_tree import limb_tree

Floats = NDArray[np.float64]

LOOKED_AT = 500  # frames: distances change slowly
TOWARDS_PARENT = 1e-6  # of the size of what is fitted
ROUNDS = 3


@dataclass(frozen=True)
class JointTree:
    """Joints, one a marker.

    Attributes:
        parents: the parent of each joint, -1 of the root, `[J]`.
        offsets: each joint seen from its parent in the parent's own axes, metres, `[J, C]`.
        order: joints from the root outwards, parents first.
    """

    parents: tuple[int, ...]
    offsets: Floats
    order: tuple[int, ...]

    @cached_property
    def _children(self) -> tuple[tuple[int, ...], ...]:
        joints = range(len(self.parents))
        return tuple(tuple(j for j in self.order if self.parents[j] == parent) for parent in joints)

    def children(self, joint: int) -> tuple[int, ...]:
        """The joints that hang on this one."""
        return self._children[joint]


@dataclass(frozen=True)
class Pose:
    """A tree's movement.

    Attributes:
        positions: of the joints, `[T, J, C]` metres.
        local_turns: rotation matrices against the parent, joints in the tree's order, `[T, J, 3, 3]`.
        offsets: the tree's offsets as they would fit best, `[J, C]`.
    """

    positions: Floats
    local_turns: Floats
    offsets: Floats


def fill_gaps(
    positions: NDArray[np.floating], markers: Sequence[str], path: str
) -> tuple[Floats, list[str]]:
    """Positions `[T, J, C]` with straight lines over all gaps, and what was filled in words.

    Raises:
        UserError: a marker was never seen.
    """
    missing = np.isnan(positions).any(axis=2)
    never = [markers[index] for index in np.flatnonzero(missing.all(axis=0)).tolist()]
    if never:
        raise UserError(f"{path}: {never[0]} was never seen, and this format cannot leave it out")
    whole = interpolate_gaps(positions.astype(np.float64), missing)
    count = int(missing.sum())
    return whole, [f"it cannot hold gaps: {count} positions lie on straight lines"] if count else []


def build_tree(positions: Floats, skeleton: Skeleton) -> JointTree:
    """The tree over markers `[T, J, C]`: the skeleton's own where its lines are one, else a new one."""
    tree, root = _tree(positions, skeleton)
    parents = nx.dfs_predecessors(tree, root)
    order = tuple(nx.dfs_preorder_nodes(tree, root))
    found = tuple(parents.get(joint, -1) for joint in range(len(skeleton)))
    standing = positions[_most_ordinary(positions)]
    offsets = np.array(
        [standing[j] - standing[p] if p >= 0 else np.zeros(3) for j, p in enumerate(found)]
    )
    return _with_best_lengths(JointTree(found, offsets, order), positions)


def _tree(positions: Floats, skeleton: Skeleton) -> tuple[nx.Graph[int], int]:
    """The lines to take, and the joint that the others hang on.

    Lines that lead outwards from one joint, as those of a `.bvh` file do, are kept with that joint:
    what hangs on one joint is rigid only as long as it does.
    """
    own: nx.DiGraph[int] = nx.DiGraph(skeleton.edges)
    if len(own) == len(skeleton) and nx.is_arborescence(own):
        return own.to_undirected(), next(iter(nx.topological_sort(own)))
    tree = own.to_undirected()
    if len(own) < len(skeleton) or not nx.is_tree(tree):
        tree = nx.Graph(limb_tree(positions, LOOKED_AT))
    return tree, _nearest_to_root(positions, skeleton)


def fit_tree(positions: Floats, tree: JointTree) -> Pose:
    """Turn the joints so that they come as near to the markers `[T, J, C]` as can be."""
    frames, joints = positions.shape[:2]
    places = np.empty((frames, joints, 3))
    turns = np.empty((frames, joints, 3, 3))
    local = np.empty((frames, joints, 3, 3))
    offsets = tree.offsets.copy()
    places[:, tree.order[0]] = positions[:, tree.order[0]]
    for number, joint in enumerate(tree.order):
        parent, children = tree.parents[joint], list(tree.children(joint))
        above = turns[:, parent] if parent >= 0 else np.broadcast_to(np.eye(3), (frames, 3, 3))
        towards = positions[:, children] - places[:, [joint]]
        turns[:, joint] = _rotations(tree.offsets[children], towards, above)
        local[:, number] = above.swapaxes(1, 2) @ turns[:, joint]
        reach = np.einsum("tab,kb->tka", turns[:, joint], tree.offsets[children])
        places[:, children] = places[:, [joint]] + reach
        offsets[children] = np.einsum("tab,tka->kb", turns[:, joint], towards) / frames
    return Pose(places, local, offsets)


def _rotations(offsets: Floats, towards: Floats, above: Floats) -> Floats:
    """The rotations `[T, 3, 3]` that bring offsets `[K, C]` nearest to directions `[T, K, C]`."""
    wanted = np.einsum("tka,kb->tab", towards, offsets)
    size = np.linalg.norm(wanted, axis=(1, 2), keepdims=True)
    u, _, vt = np.linalg.svd(wanted + (TOWARDS_PARENT * size + 1e-12) * above)
    u[:, :, 2] *= np.linalg.det(u @ vt)[:, None]  # a rotation, not a mirror
    turned: Floats = u @ vt
    return turned


def _with_best_lengths(tree: JointTree, positions: Floats) -> JointTree:
    """The tree with offsets that fit all frames, found by turns with the rotations."""
    for _ in range(ROUNDS):
        tree = JointTree(tree.parents, fit_tree(positions, tree).offsets, tree.order)
    return tree


def _nearest_to_root(positions: Floats, skeleton: Skeleton) -> int:
    root = positions[:, list(skeleton.root)].mean(axis=1, keepdims=True)
    return int(np.linalg.norm(positions - root, axis=2).mean(axis=0).argmin())


def _most_ordinary(positions: Floats) -> int:
    """The frame whose pose, seen from its own middle, is nearest to the mean pose."""
    still = positions - positions.mean(axis=1, keepdims=True)
    return int(np.square(still - still.mean(axis=0)).sum(axis=(1, 2)).argmin())
