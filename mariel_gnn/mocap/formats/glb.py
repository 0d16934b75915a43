"""`.glb` (binary glTF 2.0), written only: an animated figure for Blender, three.js and phones.

Each marker is an animated node. Meshes of small dots and thin lines are skinned to the nodes, so only
nodes are animated. Dots and lines are triangles, because three.js does not skin points and lines.
Metres, y up; left is blue, right is orange.

The file is JSON and one binary block, written here: trimesh writes no skins, and pygltflib would need
the same JSON keys (a test reads the file back with it). Specification: Khronos glTF 2.0, chapters 3
and 4.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.files import written_aside
from mariel_gnn.mocap.formats.joint_tree import fill_gaps
from mariel_gnn.mocap.formats.marker_file import from_z_up
from mariel_gnn.mocap.skeletons.skeleton import Skeleton, gap_edges

_FLOAT, _UNSIGNED_SHORT, _UNSIGNED_INT = 5126, 5123, 5125
_VERTICES, _INDICES = 34962, 34963
_KIND = {np.dtype("<f4"): _FLOAT, np.dtype("<u2"): _UNSIGNED_SHORT, np.dtype("<u4"): _UNSIGNED_INT}
_SHAPE = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (16,): "MAT4"}
_HIDDEN = 1e-6  # scale of a dot in a gap; a scale of 0 has no inverse


def write_glb(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write an animated figure of positions `[T, J, C]` in metres, z up; dots are hidden in gaps.

    Raises:
        UserError: a marker is missing in every frame.
    """
    filled, missing = fill_gaps(positions, skeleton.markers, str(path))
    rotated = from_z_up(filled, "y")
    document = _Document()
    joints = [document.add_node({"name": name}) for name in skeleton.markers]
    times_s = document.add_array(np.arange(len(rotated)) / rate_hz, bounds=True)
    for joint in joints:
        document.nodes[joint]["translation"] = rotated[0, joint].tolist()
        document.animate(joint, "translation", times_s, rotated[:, joint])
        if missing[:, joint].any():
            scales = np.where(missing[:, joint, None], _HIDDEN, 1.0).repeat(3, axis=1)
            document.animate(joint, "scale", times_s, scales, "STEP")
    skin = document.add_skin(joints, rotated[0])
    for mesh in side_meshes(rotated[0], skeleton):
        document.add_mesh(mesh, skin)
    with written_aside(path) as aside:
        aside.write_bytes(document.to_bytes(path.stem))
    gaps = int(missing.sum())
    return [f"dots are hidden in gaps: {gaps} positions are interpolated"] if gaps else []


@dataclass
class _Document:
    """A glTF document under construction, and its binary block."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    meshes: list[dict[str, Any]] = field(default_factory=list)
    materials: list[dict[str, Any]] = field(default_factory=list)
    skins: list[dict[str, Any]] = field(default_factory=list)
    samplers: list[dict[str, Any]] = field(default_factory=list)
    channels: list[dict[str, Any]] = field(default_factory=list)
    block: bytearray = field(default_factory=bytearray)

    def add_node(self, content: dict[str, Any]) -> int:
        """Add a node and return its index."""
        self.nodes.append(content)
        return len(self.nodes) - 1

    def add_array(
        self, array: NDArray[Any], kind: str = "<f4", bounds: bool = False, target: int = 0
    ) -> int:
        """Add an array `[N, …]` to the binary block and return the index of its accessor."""
        flat = np.ascontiguousarray(array.astype(kind).reshape(len(array), *array.shape[1:]))
        self.block += b"\0" * (-len(self.block) % 4)
        view = {"buffer": 0, "byteOffset": len(self.block), "byteLength": flat.nbytes}
        if target:
            view["target"] = target
        self.block += flat.tobytes()
        self.views.append(view)
        accessor: dict[str, Any] = {
            "bufferView": len(self.views) - 1,
            "componentType": _KIND[np.dtype(kind)],
            "count": len(flat),
            "type": _SHAPE[flat.shape[1:]],
        }
        if bounds:  # required by the specification for times and vertex positions
            least, most = flat.min(axis=0), flat.max(axis=0)
            accessor |= {"min": np.atleast_1d(least).tolist(), "max": np.atleast_1d(most).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def animate(
        self, node: int, path: str, times: int, values: NDArray[Any], interpolation: str = "LINEAR"
    ) -> None:
        """Animate a node's translation or scale by values `[T, 3]`."""
        output = self.add_array(values)
        self.samplers.append({"input": times, "output": output, "interpolation": interpolation})
        target = {"node": node, "path": path}
        self.channels.append({"sampler": len(self.samplers) - 1, "target": target})

    def add_skin(self, joints: list[int], bind_positions: NDArray[np.float64]) -> int:
        """Add a skin with its joints at `bind_positions` `[J, 3]`, and return its index."""
        inverse = np.tile(np.eye(4), (len(joints), 1, 1))
        inverse[:, 3, :3] = -bind_positions  # matrices are column-major in glTF
        matrices = self.add_array(inverse.reshape(-1, 16))
        self.skins.append({"joints": joints, "inverseBindMatrices": matrices})
        return len(self.skins) - 1

    def add_mesh(self, mesh: Mesh, skin: int) -> None:
        """Add a mesh; each vertex moves with one joint of the skin."""
        zeros = np.zeros((len(mesh.joints), 3))
        joints = np.concatenate([mesh.joints[:, None], zeros], axis=1)
        weights = np.concatenate([np.ones((len(zeros), 1)), zeros], axis=1)
        attributes = {
            "POSITION": self.add_array(mesh.points, bounds=True, target=_VERTICES),
            "JOINTS_0": self.add_array(joints, "<u2", target=_VERTICES),
            "WEIGHTS_0": self.add_array(weights, target=_VERTICES),
        }
        self.materials.append(_material(mesh))
        indices = self.add_array(mesh.triangles.reshape(-1), "<u4", target=_INDICES)
        primitive = {
            "attributes": attributes,
            "indices": indices,
            "material": len(self.materials) - 1,
        }
        self.meshes.append({"name": mesh.name, "primitives": [primitive]})
        self.add_node({"name": mesh.name, "mesh": len(self.meshes) - 1, "skin": skin})

    def to_bytes(self, name: str) -> bytes:
        """Return the file: header, JSON, binary block; each block has a multiple of four bytes."""
        text = json.dumps(self._json(name), separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        block = bytes(self.block) + b"\0" * (-len(self.block) % 4)
        size = 12 + 8 + len(text) + 8 + len(block)
        header = struct.pack("<4sII", b"glTF", 2, size)
        return b"".join(
            [header, struct.pack("<I4s", len(text), b"JSON"), text,
             struct.pack("<I4s", len(block), b"BIN\0"), block]
        )  # fmt: skip

    def _json(self, name: str) -> dict[str, Any]:
        return {
            "asset": {"version": "2.0", "generator": "mariel_gnn"},
            "extensionsUsed": ["KHR_materials_unlit"],
            "scene": 0,
            "scenes": [{"name": name, "nodes": list(range(len(self.nodes)))}],
            "nodes": self.nodes,
            "meshes": self.meshes,
            "materials": self.materials,
            "skins": self.skins,
            "animations": [{"name": name, "samplers": self.samplers, "channels": self.channels}],
            "accessors": self.accessors,
            "bufferViews": self.views,
            "buffers": [{"byteLength": len(self.block)}],
        }


def _material(mesh: Mesh) -> dict[str, Any]:
    return {
        "name": mesh.name,
        "doubleSided": True,
        "pbrMetallicRoughness": {"baseColorFactor": [*mesh.color, 1.0], "metallicFactor": 0.0},
        "extensions": {"KHR_materials_unlit": {}},
    }


# Radius of a dot; half the width of a skeleton edge and of a gap edge (`gap_edges`).
DOT_M, EDGE_M, GAP_EDGE_M = 0.012, 0.004, 0.002
# Colours for every kind of colour vision (Okabe and Ito), linear RGB.
COLORS = {
    "left": (0.0, 0.168, 0.445),
    "right": (0.791, 0.223, 0.0),
    "middle": (0.114, 0.127, 0.156),
}
_AXES = np.concatenate([np.eye(3), -np.eye(3)])
_OCTAHEDRON = np.array(
    [[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]]
)


@dataclass(frozen=True)
class Mesh:
    """Triangles of one colour.

    Attributes:
        name: the side of the body.
        color: linear RGB, 0 to 1.
        points: vertices `[P, 3]` in metres.
        joints: the marker that each vertex moves with, `[P]`.
        triangles: vertex indices `[K, 3]`.
    """

    name: str
    color: tuple[float, float, float]
    points: NDArray[np.float64]
    joints: NDArray[np.int64]
    triangles: NDArray[np.int64]


def side_meshes(positions: NDArray[np.float64], skeleton: Skeleton) -> Iterator[Mesh]:
    """Yield the meshes of left, right and middle, for markers at `positions` `[J, C]`."""
    sides = np.array(skeleton.side)
    for side, color in COLORS.items():
        shapes = [
            *map(_dot, np.flatnonzero(sides == side).tolist()),
            *(_ribbons(edge, EDGE_M) for edge in _of_side(skeleton.edges, side, skeleton)),
            *(_ribbons(edge, GAP_EDGE_M) for edge in _of_side(gap_edges(skeleton), side, skeleton)),
        ]
        if not shapes:
            continue
        offsets, joints, triangles = zip(*shapes, strict=True)
        starts = np.cumsum([0, *map(len, joints)])
        shifted = [part + start for part, start in zip(triangles, starts, strict=False)]
        joint = np.concatenate(joints)
        points = positions[joint] + np.concatenate(offsets)
        yield Mesh(side, color, points, joint, np.concatenate(shifted))


_Shape = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def _of_side(
    edges: Sequence[tuple[int, int]], side: str, skeleton: Skeleton
) -> list[tuple[int, int]]:
    """Return the edges of one side; an edge between two sides belongs to the middle."""
    of_edge = [{skeleton.side[marker] for marker in edge} for edge in edges]
    return [
        edge
        for edge, sides in zip(edges, of_edge, strict=True)
        if side == (next(iter(sides)) if len(sides) == 1 else "middle")
    ]


def _dot(marker: int) -> _Shape:
    return DOT_M * _AXES, np.full(6, marker), _OCTAHEDRON


def _ribbons(ends: tuple[int, int], width_m: float) -> _Shape:
    """Return three ribbons, broad along x, y and z, so that an edge is visible from any side."""
    across = width_m * np.repeat(np.eye(3), 2, axis=0) * np.tile([1, -1], 3)[:, None]
    corner = np.arange(0, 6, 2)[:, None]
    triangles = np.concatenate([np.add(corner, [0, 1, 6]), np.add(corner, [1, 7, 6])])
    joints = np.repeat(np.array(ends), 6)
    return np.tile(across, (2, 1)), joints, triangles
