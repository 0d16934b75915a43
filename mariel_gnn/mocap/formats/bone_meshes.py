"""The mesh of a joint tree: a tapered bone from each joint to each of its children."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.formats.joint_tree import Floats, JointTree
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

DOT_M = 0.012  # radius of a joint
# The widest place of a bone, as shares of its length; and its largest radius.
BONE_WIDTH, BONE_SHOULDER, MAX_RADIUS_M = 0.1, 0.15, 0.03
# Colours for every kind of colour vision (Okabe and Ito), linear RGB.
COLORS = {
    "left": (0.0, 0.168, 0.445),
    "right": (0.791, 0.223, 0.0),
    "middle": (0.114, 0.127, 0.156),
}
# Corners: the two ends on the first axis, and a square across.
_CORNERS = np.array(
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]], np.float64
)
_TRIANGLES = np.array(
    [[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]]
)


@dataclass(frozen=True)
class Mesh:
    """Triangles of one colour.

    Attributes:
        name: the side of the body.
        color: linear RGB, 0 to 1.
        points: vertices `[P, 3]` in metres.
        joints: the place in the tree's order of the joint that each vertex moves with, `[P]`.
        triangles: vertex indices `[K, 3]`.
    """

    name: str
    color: tuple[float, float, float]
    points: Floats
    joints: NDArray[np.int64]
    triangles: NDArray[np.int64]


def bone_meshes(tree: JointTree, rest: Floats, skeleton: Skeleton) -> list[Mesh]:
    """Return the meshes of left, right and middle, for joints at `rest` `[J, C]`.

    A bone moves with the joint that it starts from.
    """
    meshes = []
    for side, color in COLORS.items():
        solids = []
        for number, joint in enumerate(tree.order):
            if skeleton.side[joint] == side:
                solids.append((number, rest[joint] + DOT_M * _CORNERS))
            for child in tree.children(joint):
                if _side(skeleton, joint, child) == side:
                    solids.append((number, _bone(rest[joint], rest[child])))
        if solids:
            numbers, corners = zip(*solids, strict=True)
            joints = np.repeat(np.array(numbers), len(_CORNERS))
            starts = len(_CORNERS) * np.arange(len(solids))[:, None, None]
            triangles = (_TRIANGLES + starts).reshape(-1, 3)
            meshes.append(Mesh(side, color, np.concatenate(corners), joints, triangles))
    return meshes


def _side(skeleton: Skeleton, joint: int, child: int) -> str:
    """Return the side of a bone; one between two sides belongs to the middle."""
    sides = {skeleton.side[joint], skeleton.side[child]}
    return sides.pop() if len(sides) == 1 else "middle"


def _bone(start: Floats, end: Floats) -> Floats:
    """Return the corners `[6, C]` of an octahedron from `start` to `end`, widest near the start."""
    along = end - start
    length = float(np.linalg.norm(along))
    direction = along / length if length > 0 else np.array([1.0, 0.0, 0.0])
    # Across the bone and the axis that it is least parallel to.
    across = np.cross(direction, np.eye(3)[int(np.abs(direction).argmin())])
    across *= min(BONE_WIDTH * length, MAX_RADIUS_M) / np.linalg.norm(across)
    square = np.stack([across, np.cross(direction, across)])
    middle = start + BONE_SHOULDER * along
    corners: Floats = middle + _CORNERS[:, 1:] @ square
    corners[0], corners[3] = end, start
    return corners
