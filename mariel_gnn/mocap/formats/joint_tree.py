"""A joint tree with constant bone lengths, fitted to markers: a rig in animation software.

The tree has the skeleton's edges if they form a tree; otherwise it connects markers with a short and
constant distance (`limb_tree`). From the root outwards, each joint gets the rotation that best maps
its children's offsets onto their markers (Kabsch 1976). A small weight on the parent's rotation
determines the rotation about the bone of a joint with one child.

The rest pose is upright and faces one direction in every file: -y with z up, which is +z with y up, the
left side at +x. The root's rotation holds the heading. So animation software shows the same rest pose for
every take of a dancer, and a motion can be copied from one rig to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import interpolate_gaps
from mariel_gnn.mocap.formats.marker_file import from_z_up
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.skeletons.spanning_tree import limb_tree

Floats = NDArray[np.float64]
Edges = Sequence[tuple[int, int]]

TREE_FRAMES = 500  # distances change slowly
PARENT_WEIGHT = 1e-6  # of the norm of the matrix that is decomposed
OFFSET_ITERATIONS, OFFSET_FRAMES = 3, 5000  # a long take is fitted to evenly spaced frames
UPRIGHT_SHARE = 0.7  # of the body's usual height: the rest pose is not taken from the floor


@dataclass(frozen=True)
class JointTree:
    """Joints, one for each marker.

    Attributes:
        parents: the parent of each joint, -1 for the root, `[J]`.
        offsets: each joint relative to its parent in the parent's axes, metres, `[J, C]`.
        order: joints in depth-first order from the root.
        left, right: partners that define the heading; empty if the skeleton has no pairs.
    """

    parents: tuple[int, ...]
    offsets: Floats
    order: tuple[int, ...]
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()

    @cached_property
    def _children(self) -> tuple[tuple[int, ...], ...]:
        joints = range(len(self.parents))
        return tuple(tuple(j for j in self.order if self.parents[j] == parent) for parent in joints)

    def children(self, joint: int) -> tuple[int, ...]:
        """Return the children of a joint."""
        return self._children[joint]


@dataclass(frozen=True)
class TreeMotion:
    """The motion of a joint tree.

    Attributes:
        positions: positions of the joints, `[T, J, C]` metres.
        local_rotations: rotation matrices relative to the parent, joints in the tree's order,
            `[T, J, 3, 3]`.
        offsets: the least-squares offsets for these rotations, `[J, C]`.
    """

    positions: Floats
    local_rotations: Floats
    offsets: Floats


def fill_gaps(
    positions: NDArray[np.floating], markers: Sequence[str], path: str
) -> tuple[Floats, NDArray[np.bool_]]:
    """Interpolate all gaps of positions `[T, J, C]` linearly.

    Returns:
        The positions without gaps, and which of them are interpolated, `[T, J]`.

    Raises:
        UserError: a marker is missing in every frame.
    """
    missing: NDArray[np.bool_] = np.asarray(np.isnan(positions).any(axis=2))
    never = [markers[index] for index in np.flatnonzero(missing.all(axis=0)).tolist()]
    if never:
        raise UserError(
            f"{path}: {never[0]} is missing in every frame, and this format cannot hold gaps: "
            "use a skeleton without it (--skeleton)"
        )
    return interpolate_gaps(positions.astype(np.float64), missing), missing


@dataclass(frozen=True)
class FittedBody:
    """A joint tree fitted to the markers of one body.

    Attributes:
        tree: one joint for each marker.
        motion: of the tree.
        markers: the positions that it is fitted to, gaps interpolated, `[T, J, C]`.
        interpolated: the number of interpolated positions.
    """

    tree: JointTree
    motion: TreeMotion
    markers: Floats
    interpolated: int


def fit_body(positions: NDArray[np.floating], skeleton: Skeleton, path: str) -> FittedBody:
    """Fit a joint tree to markers `[T, J, C]`, z up; `path` is the file's name in errors.

    Raises:
        UserError: a marker is missing in every frame.
    """
    filled, missing = fill_gaps(positions, skeleton.markers, path)
    tree = build_tree(filled, skeleton)
    return FittedBody(tree, fit_tree(filled, tree), filled, int(missing.sum()))


def fit_notes(bodies: Sequence[FittedBody]) -> list[str]:
    """Return notes for the user on interpolated gaps and on the fit error of all bodies."""
    distances = [np.linalg.norm(body.markers - body.motion.positions, axis=2) for body in bodies]
    error_mm = 1000 * np.concatenate(distances, axis=1)
    interpolated = sum(body.interpolated for body in bodies)
    gaps = f"the format cannot hold gaps: {interpolated} positions are interpolated"
    return [
        *([gaps] if interpolated else []),
        f"distance between joints and markers: mean {error_mm.mean():.1f} mm, 95th percentile "
        f"{np.quantile(error_mm, 0.95):.1f} mm",
    ]


def rotations_y_up(rotations: Floats) -> Floats:
    """Change the basis of rotation matrices `[..., 3, 3]` from z up to y up."""
    change = from_z_up(np.eye(3), "y")
    changed: Floats = change.T @ rotations @ change
    return changed


def build_tree(positions: Floats, skeleton: Skeleton) -> JointTree:
    """Build the joint tree of markers `[T, J, C]`, z up, with offsets fitted to the frames."""
    edges, root = _tree_edges(positions, skeleton)
    parent_of = _depth_first(edges, root)
    parents = tuple(parent_of[joint] for joint in range(len(skeleton)))
    left, right = _heading_pairs(skeleton)
    rest = _rest_pose(positions, _headings(positions, left, right))
    offsets = np.array(
        [rest[j] - rest[p] if p >= 0 else np.zeros(3) for j, p in enumerate(parents)]
    )
    return _with_fitted_offsets(
        JointTree(parents, offsets, tuple(parent_of), left, right), positions
    )


def _heading_pairs(skeleton: Skeleton) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the left and right markers of the root, or else all left and right markers."""
    pairs = [pair for pair in skeleton.pairs if {*pair} <= {*skeleton.root}] or skeleton.pairs
    return tuple(left for left, _ in pairs), tuple(right for _, right in pairs)


def _headings(positions: Floats, left: Sequence[int], right: Sequence[int]) -> Floats:
    """Return rotations about the vertical `[T, 3, 3]` from a body with its left at +x to each frame.

    Without pairs the heading is unknown, and the rotations are the identity.
    """
    rotations: Floats = np.tile(np.eye(3), (len(positions), 1, 1))
    if left:
        across = (positions[:, list(left), :2] - positions[:, list(right), :2]).mean(axis=1)
        angle = np.arctan2(across[:, 1], across[:, 0])
        rotations[:, 0, 0] = rotations[:, 1, 1] = np.cos(angle)
        rotations[:, 1, 0] = np.sin(angle)
        rotations[:, 0, 1] = -rotations[:, 1, 0]
    return rotations


def _rest_pose(positions: Floats, headings: Floats) -> Floats:
    """Return the pose `[J, C]` nearest to the mean of the upright poses, without its heading."""
    centred = positions - positions.mean(axis=1, keepdims=True)
    height = np.ptp(positions[..., 2], axis=1)
    upright = height >= UPRIGHT_SHARE * np.quantile(height, 0.95)
    poses: Floats = centred[upright] @ headings[upright]  # row vectors: the inverse rotation
    typical = int(np.square(poses - poses.mean(axis=0)).sum(axis=(1, 2)).argmin())
    pose: Floats = poses[typical]
    return pose


def _tree_edges(positions: Floats, skeleton: Skeleton) -> tuple[Edges, int]:
    """Return the edges of the tree and its root.

    If all edges point away from one joint, as in a `.bvh` file, that joint stays the root: distances
    between its children are constant only under it.
    """
    edges = _grouped_by_first(skeleton.edges)
    if not _is_tree(edges, len(skeleton)):
        return limb_tree(positions, TREE_FRAMES), _nearest_to_root(positions, skeleton)
    ends = {end for _, end in edges}
    sources = [joint for joint in range(len(skeleton)) if joint not in ends]
    return edges, sources[0] if len(sources) == 1 else _nearest_to_root(positions, skeleton)


def _grouped_by_first(edges: Edges) -> Edges:
    """Sort edges by their first joint, in the order in which joints appear in the list."""
    place = {joint: number for number, joint in enumerate(dict.fromkeys(_flatten(edges)))}
    return sorted(edges, key=lambda edge: place[edge[0]])


def _flatten(edges: Edges) -> Iterable[int]:
    return (joint for edge in edges for joint in edge)


def _is_tree(edges: Edges, joints: int) -> bool:
    return len(edges) == joints - 1 and len(_depth_first(edges, 0)) == joints


def _depth_first(edges: Edges, root: int) -> Mapping[int, int]:
    """Return the parent of each joint that is connected to the root, in depth-first order."""
    neighbours: dict[int, list[int]] = {}
    for a, b in edges:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    parent_of: dict[int, int] = {}
    stack = [(root, -1)]
    while stack:
        joint, parent = stack.pop()
        if joint not in parent_of:
            parent_of[joint] = parent
            stack += [(other, joint) for other in reversed(neighbours.get(joint, []))]
    return parent_of


def fit_tree(positions: Floats, tree: JointTree) -> TreeMotion:
    """Fit the rotations of the joints to markers `[T, J, C]`, from the root outwards."""
    frames, joints = positions.shape[:2]
    places = np.empty((frames, joints, 3))
    rotations = np.empty((frames, joints, 3, 3))
    local = np.empty((frames, joints, 3, 3))
    offsets = tree.offsets.copy()
    headings = _headings(positions, tree.left, tree.right)
    places[:, tree.order[0]] = positions[:, tree.order[0]]
    for number, joint in enumerate(tree.order):
        parent, children = tree.parents[joint], list(tree.children(joint))
        above = rotations[:, parent] if parent >= 0 else headings
        targets = positions[:, children] - places[:, [joint]]
        rotations[:, joint] = _fit_rotations(tree.offsets[children], targets, above)
        local[:, number] = rotations[:, joint]
        if parent >= 0:
            local[:, number] = above.swapaxes(1, 2) @ rotations[:, joint]
        rotated = np.einsum("tab,kb->tka", rotations[:, joint], tree.offsets[children])
        places[:, children] = places[:, [joint]] + rotated
        offsets[children] = np.einsum("tab,tka->kb", rotations[:, joint], targets) / frames
    return TreeMotion(places, local, offsets)


def _fit_rotations(offsets: Floats, targets: Floats, above: Floats) -> Floats:
    """Fit rotations `[T, 3, 3]` of offsets `[K, C]` onto targets `[T, K, C]` (Kabsch)."""
    covariance = np.einsum("tka,kb->tab", targets, offsets)
    norm = np.linalg.norm(covariance, axis=(1, 2), keepdims=True)
    u, _, vt = np.linalg.svd(covariance + (PARENT_WEIGHT * norm + 1e-12) * above)
    u[:, :, 2] *= np.linalg.det(u @ vt)[:, None]  # a rotation, not a reflection
    rotations: Floats = u @ vt
    return rotations


def _with_fitted_offsets(tree: JointTree, positions: Floats) -> JointTree:
    """Fit the offsets to the frames: rotations and offsets alternate."""
    frames = positions[:: -(-len(positions) // OFFSET_FRAMES)]
    for _ in range(OFFSET_ITERATIONS):
        tree = replace(tree, offsets=fit_tree(frames, tree).offsets)
    return tree


def _nearest_to_root(positions: Floats, skeleton: Skeleton) -> int:
    """Return the marker with the smallest mean distance to the skeleton's root."""
    root = positions[:, list(skeleton.root)].mean(axis=1, keepdims=True)
    return int(np.linalg.norm(positions - root, axis=2).mean(axis=0).argmin())
