"""Joints of `.bvh` files that have a place of their own, made plain for a reader that knows none.

Many exporters give every joint six channels, its place beside its turn; the place does not change,
or hardly. Such joints are written anew with their mean place as offset and three channels.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.mocap.formats.joint_tree import JointTree, Pose, build_tree, fill_gaps, fit_tree
from mariel_gnn.mocap.formats.labels import dancer_columns
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile, from_z_up, optional_module
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

UP, UNITS_PER_METRE = "y", 100.0
_ORDER = ["Z", "X", "Y"]


def read_bvh(path: Path) -> MarkerFile:
    """Read the places of all joints.

    Raises:
        UserError: pybvh is not installed, or a joint slides in a way that it cannot follow.
    """
    library = optional_module("pybvh", "bvh")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.bvh"
        plain.write_text(without_sliding_joints(path), encoding="utf-8")
        try:
            content = library.read_bvh_file(plain, world_up="+y")
        except Exception as error:  # a damaged file may raise anything
            why = " ".join(str(error).replace(str(plain), path.name).split())
            raise UserError(
                f"{path}: is no readable .bvh file: {why[:200]}: export it again"
            ) from error
    named = {id(node): _name(node) for node in content.nodes}
    kept = [index for index, node in enumerate(content.nodes) if not _is_closing(node)]
    nodes = [content.nodes[index] for index in kept]
    return MarkerFile(
        np.asarray(content.node_positions(), dtype=np.float64)[:, kept],
        tuple(named[id(node)] for node in nodes),
        "cm",
        UP,
        float(content.fps),
        unit_stated=False,
        up_stated=False,
        edges=tuple((named[id(node.parent)], named[id(node)]) for node in nodes if node.parent),
    )


def write_bvh(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write a joint tree fitted to the markers `[T, J, C]`, and tell how well it fits.

    Raises:
        UserError: pybvh is not installed, a marker was never seen, or there are two dancers.
    """
    library = optional_module("pybvh", "bvh")
    dancers = list(dancer_columns(skeleton.markers))
    if len(dancers) > 1:
        raise UserError(
            f"{path}: a .bvh file holds one dancer, not {' and '.join(dancers)}: say whom (--subject)"
        )
    whole, notes = fill_gaps(positions, skeleton.markers, str(path))
    tree = build_tree(whole, skeleton)
    pose = fit_tree(whole, tree)
    turning = [
        number for number, joint in enumerate(tree.order) if not _is_end(tree, joint, skeleton)
    ]
    content = library.Bvh(
        nodes=_nodes(tree, skeleton),
        root_pos=np.zeros((len(whole), 3)),
        joint_angles=np.zeros((len(whole), len(turning), 3)),
        frame_time=1 / rate_hz,
        world_up="+y",
    )
    turns = _y_up_turns(pose.local_turns[:, turning])
    root = UNITS_PER_METRE * from_z_up(pose.positions[:, tree.order[0]], UP)
    content.from_rotmat(root, turns, inplace=True)
    with written_aside(path) as aside:
        library.write_bvh_file(content, aside)
    return [*notes, _fit_error(whole, pose), "centimetres, y is up in it, as .bvh files have it"]


def _is_closing(node: Any) -> bool:
    """Whether it only closes a branch, in the place of the joint before it."""
    return bool(node.is_end_site() and not np.any(node.offset))


def _name(node: Any) -> str:
    """A joint's name; an end of the tree is called after the joint that it ends."""
    return f"{node.parent.name}_end" if node.is_end_site() else str(node.name)


def _nodes(tree: JointTree, skeleton: Skeleton) -> list[Any]:
    """pybvh's nodes in the tree's order.

    What is named as the end of its parent is one; any other joint without children gets an end of no
    length.
    """
    library = optional_module("pybvh.bvhnode", "bvh")
    names = [name.replace(" ", "_") for name in skeleton.markers]
    made: dict[int, Any] = {}
    nodes: list[Any] = []

    def hang(node: Any) -> None:
        if node.parent is not None:
            node.parent.children = [*node.parent.children, node]
        nodes.append(node)

    for joint in tree.order:
        parent, name = tree.parents[joint], names[joint]
        place = (UNITS_PER_METRE * from_z_up(tree.offsets[joint], UP)).tolist()
        if parent < 0:
            made[joint] = library.BvhRoot(name, [0.0] * 3, ["X", "Y", "Z"], _ORDER, [], None)
        elif _is_end(tree, joint, skeleton):
            made[joint] = library.BvhEndSite(f"EndSite{names[parent]}", place, made[parent])
        else:
            made[joint] = library.BvhJoint(name, place, _ORDER, [], made[parent])
        hang(made[joint])
        if not tree.children(joint) and not _is_end(tree, joint, skeleton):
            hang(library.BvhEndSite(f"EndSite{name}", [0.0] * 3, made[joint]))
    return nodes


def _is_end(tree: JointTree, joint: int, skeleton: Skeleton) -> bool:
    """Whether a joint is the end of its parent's branch, as those that are read are named."""
    parent, names = tree.parents[joint], skeleton.markers
    return (
        parent >= 0
        and tree.children(parent) == (joint,)
        and not tree.children(joint)
        and names[joint] == f"{names[parent]}_end"
    )


def _y_up_turns(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation matrices `[T, J, 3, 3]` of a z-up world as those of the same world with y up."""
    change = from_z_up(np.eye(3), UP)  # rows are the axes of the one in the other
    turned: NDArray[np.float64] = np.einsum("ia,tjab,bk->tjik", change.T, turns, change)
    return turned


def _fit_error(positions: NDArray[np.floating], pose: Pose) -> str:
    distance_mm = 1000 * np.linalg.norm(positions - pose.positions, axis=2)
    return (
        f"joints of fixed length are {distance_mm.mean():.1f} mm from the markers on average, 95 % within "
        f"{np.quantile(distance_mm, 0.95):.1f} mm"
    )


SLIDES = 0.02  # of a bone's length: more is no noise of the exporter


@dataclass
class _Joint:
    """A joint's lines in the text, and its columns in the motion."""

    name: str
    offset_line: int = -1
    channels_line: int = -1
    channels: list[str] = field(default_factory=list)
    first_column: int = 0

    @property
    def places(self) -> list[int]:
        """The columns of its place, x y z."""
        axes = {name[0].upper(): n for n, name in enumerate(self.channels) if "pos" in name.lower()}
        return [self.first_column + axes[axis] for axis in "XYZ" if axis in axes]


def without_sliding_joints(path: Path) -> str:
    """The text of a file, with three channels for each joint but the root.

    Raises:
        UserError: a joint moves away from its parent and back.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    motion = next((n for n, line in enumerate(lines) if line.strip().upper() == "MOTION"), None)
    if motion is None or len(lines) < motion + 4:
        raise UserError(f"{path}: has no movement (MOTION): it is cut off, export it again")
    joints = _joints(lines[:motion])
    sliding = [joint for joint in joints[1:] if len(joint.places) == 3]
    if not sliding:
        return "\n".join(lines) + "\n"
    rows = [line.split() for line in lines[motion + 3 :]]
    table = np.array(rows, dtype=np.float64)
    for joint in sliding:
        _fix_offset(joint, lines, table[:, joint.places], path)
    gone = {column for joint in sliding for column in joint.places}
    kept = [" ".join(cell for n, cell in enumerate(row) if n not in gone) for row in rows]
    return "\n".join([*lines[: motion + 3], *kept]) + "\n"


def _joints(hierarchy: list[str]) -> list[_Joint]:
    joints: list[_Joint] = []
    column = 0
    at_end = False
    for number, line in enumerate(hierarchy):
        word, *rest = line.split()
        if word in ("ROOT", "JOINT"):
            joints.append(_Joint(" ".join(rest)))
        at_end = word == "End" or (at_end and word != "}")
        if word == "OFFSET" and joints and not at_end:
            joints[-1].offset_line = number
        if word == "CHANNELS" and joints:
            joint = joints[-1]
            joint.channels_line, joint.channels, joint.first_column = number, rest[1:], column
            column += len(joint.channels)
    return joints


def _fix_offset(joint: _Joint, lines: list[str], places: Floats, path: Path) -> None:
    """Write a joint's mean place as its offset, and leave its turns."""
    mean = places.mean(axis=0)
    if np.abs(places - mean).max() > SLIDES * float(np.linalg.norm(mean)):
        raise UserError(
            f"{path}: {joint.name} slides along its bone, which cannot be followed: export it with joints "
            "that only turn"
        )
    turns = [name for name in joint.channels if "pos" not in name.lower()]
    lines[joint.offset_line] = "OFFSET " + " ".join(f"{value:.6f}" for value in mean)
    lines[joint.channels_line] = f"CHANNELS {len(turns)} {' '.join(turns)}"
