"""`.bvh`: a tree of joints that turn, read and written by pybvh (optional).

Read are the places of joints and of the ends of the tree. The file states its rate but no unit
and no axis: centimetres and y up by convention, which is what we write. It cannot hold a gap.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.files.bvh_channels import without_sliding_joints
from mariel_gnn.data.files.joint_tree import JointTree, Pose, filled, fit_tree, grow_tree
from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.data.files.optional import needed
from mariel_gnn.data.files.units import from_z_up
from mariel_gnn.files import written_aside
from mariel_gnn.skeletons import Skeleton

UP, UNITS_PER_METRE = "y", 100.0
_ORDER = ["Z", "X", "Y"]


def read_bvh(path: Path) -> MarkerFile:
    """Read the places of all joints.

    Raises:
        UserError: pybvh is not installed, or a joint slides in a way that it cannot follow.
    """
    library = needed("pybvh", "bvh")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.bvh"
        plain.write_text(without_sliding_joints(path), encoding="utf-8")
        content = library.read_bvh_file(plain, world_up="+y")
    nodes = content.nodes
    names = {id(node): _name(node) for node in nodes}
    return MarkerFile(
        np.asarray(content.node_positions(), dtype=np.float64),
        tuple(names.values()),
        "cm",
        UP,
        float(content.fps),
        unit_stated=False,
        up_stated=False,
        lines=tuple((names[id(node.parent)], names[id(node)]) for node in nodes if node.parent),
    )


def write_bvh(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write a joint tree fitted to the markers `[T, J, C]`, and tell how well it fits.

    Raises:
        UserError: pybvh is not installed, or a marker was never seen.
    """
    library = needed("pybvh", "bvh")
    whole, notes = filled(positions, skeleton.markers, str(path))
    tree = grow_tree(whole, skeleton)
    pose = fit_tree(whole, tree)
    content = library.Bvh(
        nodes=_nodes(tree, skeleton),
        root_pos=np.zeros((len(whole), 3)),
        joint_angles=np.zeros((len(whole), len(tree.parents), 3)),
        frame_time=1 / rate_hz,
        world_up="+y",
    )
    turns = _y_up_turns(pose.local_turns)
    root = UNITS_PER_METRE * from_z_up(pose.positions[:, tree.order[0]], UP)
    content.from_rotmat(root, turns, inplace=True)
    with written_aside(path) as aside:
        library.write_bvh_file(content, aside)
    return [*notes, _fit_error(whole, pose), "centimetres, y is up in it, as .bvh files have it"]


def _name(node: Any) -> str:
    return f"{node.parent.name}_end" if node.is_end_site() else str(node.name)


def _nodes(tree: JointTree, skeleton: Skeleton) -> list[Any]:
    """pybvh's nodes in the tree's order; a joint without children gets an end of no length."""
    library = needed("pybvh.bvhnode", "bvh")
    made: dict[int, Any] = {}
    nodes: list[Any] = []

    def add(joint: int) -> None:
        parent, offset = made.get(tree.parents[joint]), tree.offsets[joint]
        place = (UNITS_PER_METRE * from_z_up(offset, UP)).tolist()
        name = skeleton.markers[joint].replace(" ", "_")
        if parent is None:
            made[joint] = library.BvhRoot(name, [0.0] * 3, ["X", "Y", "Z"], _ORDER, [], None)
        else:
            made[joint] = library.BvhJoint(name, place, _ORDER, [], parent)
            parent.children = [*parent.children, made[joint]]
        nodes.append(made[joint])
        for child in tree.children(joint):
            add(child)
        if not tree.children(joint):
            end = library.BvhEndSite(f"EndSite{name}", [0.0] * 3, made[joint])
            made[joint].children = [end]
            nodes.append(end)

    add(tree.order[0])
    return nodes


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
