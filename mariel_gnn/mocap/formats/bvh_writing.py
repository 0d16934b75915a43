"""Writes `.bvh` files: a joint tree fitted to the markers, written by pybvh (optional).

The angles of a joint are continuous from frame to frame: a dancer who turns three times reaches 1080
degrees. Programs interpolate between frames, and a step from 180 to -180 degrees would be a turn back.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.joint_tree import (
    FittedBody,
    Floats,
    JointTree,
    fit_body,
    fit_notes,
    rotations_y_up,
)
from mariel_gnn.mocap.formats.labels import dancer_columns
from mariel_gnn.mocap.formats.marker_file import MarkerFile, from_z_up, optional_module
from mariel_gnn.mocap.formats.read_back import Written
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

UP, UNITS_PER_METRE = "y", 100.0
USUAL_ORDER = "ZXY"  # of the rotation channels
# The order of a joint is another one if the second rotation comes this near to 90 degrees, where the first
# and the third are about one axis and change suddenly.
MAX_SECOND_ANGLE_DEG = 75.0
_AXES = "XYZ"


def write_bvh(path: Path, recording: Recording, skeleton: Skeleton) -> Written:
    """Write a joint tree that is fitted to the markers; the notes state the fit error.

    Raises:
        UserError: pybvh is not installed, a marker is missing in every frame, there are two dancers, or
            two names are equal without spaces.
    """
    library = optional_module("pybvh", "bvh")
    dancers = list(dancer_columns(skeleton.markers))
    if len(dancers) > 1:
        raise UserError(
            f"{path}: a .bvh file holds one dancer, not {' and '.join(dancers)}: choose one (--subject), "
            "or write .glb"
        )
    names = _joint_names(skeleton.markers, path)
    body = fit_body(recording.positions, skeleton, str(path))
    library.write_bvh_file(_content(library, body, names, recording.rate_hz), path)
    content = MarkerFile(body.motion.positions, names, rate_hz=recording.rate_hz)
    notes = [
        *_renamed(skeleton.markers, names),
        *fit_notes([body]),
        "unit cm, y up (BVH convention)",
    ]
    return Written(notes, content)


def _joint_names(markers: tuple[str, ...], path: Path) -> tuple[str, ...]:
    """Replace spaces in names, which end a name in this format."""
    names = tuple(name.replace(" ", "_") for name in markers)
    for number, name in enumerate(names):
        other = names.index(name)
        if other != number:
            raise UserError(
                f"{path}: .bvh holds no spaces in names, and without them '{markers[other]}' and "
                f"'{markers[number]}' are equal: rename one, or write .glb or .npz"
            )
    return names


def _renamed(markers: tuple[str, ...], names: tuple[str, ...]) -> list[str]:
    changed = [f"'{a}' is {b}" for a, b in zip(markers, names, strict=True) if a != b]
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return [f"the format holds no spaces in names: {changed[0]}{more}"] if changed else []


def _content(library: Any, body: FittedBody, names: tuple[str, ...], rate_hz: float) -> Any:
    """Return pybvh's object for a joint tree and its motion."""
    tree, motion = body.tree, body.motion
    rotating = [
        number for number, joint in enumerate(tree.order) if not _is_end(tree, joint, names)
    ]
    rotations = rotations_y_up(motion.local_rotations[:, rotating])
    orders = [_order(rotations[:, number]) for number in range(len(rotating))]
    frames = len(motion.positions)
    content = library.Bvh(
        nodes=_nodes(
            tree, names, dict(zip([tree.order[n] for n in rotating], orders, strict=True))
        ),
        root_pos=np.zeros((frames, 3)),
        joint_angles=np.zeros((frames, len(rotating), 3)),
        frame_time=1 / rate_hz,
        world_up="+y",
    )
    root = UNITS_PER_METRE * from_z_up(motion.positions[:, tree.order[0]], UP)
    content.from_rotmat(root, rotations, inplace=True)
    content.joint_angles = continuous_angles(content.joint_angles)
    return content


def _order(rotations: Floats) -> str:
    """Choose the order of a joint's channels by its rotations `[T, 3, 3]`, y up.

    The sine of the second angle is the matrix entry in the row of the first axis and the column of the
    third.
    """
    largest = np.abs(rotations).max(axis=0)
    second = {
        first + middle + last: float(largest[_AXES.index(first), _AXES.index(last)])
        for first, middle, last in permutations(_AXES)
    }
    if second[USUAL_ORDER] <= np.sin(np.deg2rad(MAX_SECOND_ANGLE_DEG)):
        return USUAL_ORDER
    return min(second, key=second.__getitem__)


def continuous_angles(angles: Floats) -> Floats:
    """Replace angles by those of the same rotations that are nearest to the frame before.

    The rotation of angles a, b, c is also that of a + 180, 180 - b, c + 180 degrees, and of each angle
    plus whole turns.

    Args:
        angles: three for each joint, `[T, J, 3]` radians, about three different axes.
    """
    other = angles * (1, -1, 1) + np.pi
    near: Floats = angles.copy()
    for frame in range(1, len(angles)):
        steps = np.stack([angles[frame], other[frame]]) - near[frame - 1]
        steps -= 2 * np.pi * np.round(steps / (2 * np.pi))
        turned = np.abs(steps[1]).sum(axis=1) < np.abs(steps[0]).sum(axis=1)
        near[frame] = near[frame - 1] + np.where(turned[:, None], steps[1], steps[0])
    return near


def _nodes(tree: JointTree, names: tuple[str, ...], orders: dict[int, str]) -> list[Any]:
    """Return pybvh's nodes in the tree's order, with the order of the channels of each joint.

    A joint that is named as the end of its parent becomes an end site. Every other joint without
    children gets an end site of zero length.
    """
    library = optional_module("pybvh.bvhnode", "bvh")
    by_joint: dict[int, Any] = {}
    nodes: list[Any] = []

    def add(node: Any) -> None:
        if node.parent is not None:
            node.parent.children = [*node.parent.children, node]
        nodes.append(node)

    for joint in tree.order:
        parent, name = tree.parents[joint], names[joint]
        offset = (UNITS_PER_METRE * from_z_up(tree.offsets[joint], UP)).tolist()
        if joint not in orders:
            above = by_joint[parent]
            by_joint[joint] = library.BvhEndSite(f"EndSite{names[parent]}", offset, above)
        elif parent < 0:
            channels = ["X", "Y", "Z"], [*orders[joint]]
            by_joint[joint] = library.BvhRoot(name, [0.0] * 3, *channels, [], None)
        else:
            by_joint[joint] = library.BvhJoint(name, offset, [*orders[joint]], [], by_joint[parent])
        add(by_joint[joint])
        if not tree.children(joint) and joint in orders:
            add(library.BvhEndSite(f"EndSite{name}", [0.0] * 3, by_joint[joint]))
    return nodes


def _is_end(tree: JointTree, joint: int, names: tuple[str, ...]) -> bool:
    """Return whether a joint is its parent's only child and has the name of its end site."""
    parent = tree.parents[joint]
    return (
        parent >= 0
        and tree.children(parent) == (joint,)
        and not tree.children(joint)
        and names[joint] == f"{names[parent]}_end"
    )
