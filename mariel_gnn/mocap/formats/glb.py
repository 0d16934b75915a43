"""`.glb` (binary glTF 2.0), written only: a moving figure for Blender, three.js and phones.

Each marker is a node that moves; one mesh of small dots and thin lines hangs on the nodes as a skin
does on bones, so that no line is animated by itself. Dots and lines are made of triangles, which
every viewer moves (three.js leaves points and lines of a skin where they are). Metres, y up, left
blue, right orange.

The format is JSON and one block of numbers behind it, so this file writes them itself: trimesh
writes no skins, and pygltflib would be a list of the same names (a test reads back with it).
Specification: Khronos glTF 2.0, chapters 3 and 4.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
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
_HIDDEN = 1e-6  # the size of a dot that was not seen; 0 has no inverse


def write_glb(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write a moving figure from positions `[T, J, C]` in metres, z up.

    A marker that was not seen shrinks to nothing until it is seen again.

    Raises:
        UserError: a marker was never seen.
    """
    missing = np.isnan(positions).any(axis=2)
    whole, notes = fill_gaps(positions, skeleton.markers, str(path))
    turned = from_z_up(whole, "y")
    scene = _Scene()
    joints = [scene.node({"name": name}) for name in skeleton.markers]
    times_s = scene.numbers(np.arange(len(turned)) / rate_hz, bounds=True)
    for joint in joints:
        scene.node_of(joint)["translation"] = turned[0, joint].tolist()
        scene.animate(joint, "translation", times_s, turned[:, joint])
        if missing[:, joint].any():
            sizes = np.where(missing[:, joint, None], _HIDDEN, 1.0).repeat(3, axis=1)
            scene.animate(joint, "scale", times_s, sizes, "STEP")
    skin = scene.skin(joints, turned[0])
    for mesh in side_meshes(turned[0], skeleton):
        scene.hang(mesh, skin)
    with written_aside(path) as aside:
        aside.write_bytes(scene.packed(path.stem))
    return [note.replace("it cannot hold gaps", "its dots vanish in gaps") for note in notes]


@dataclass
class _Scene:
    """The glTF document as it grows, and its block of numbers."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    meshes: list[dict[str, Any]] = field(default_factory=list)
    materials: list[dict[str, Any]] = field(default_factory=list)
    skins: list[dict[str, Any]] = field(default_factory=list)
    samplers: list[dict[str, Any]] = field(default_factory=list)
    channels: list[dict[str, Any]] = field(default_factory=list)
    block: bytearray = field(default_factory=bytearray)

    def node(self, content: dict[str, Any]) -> int:
        """Add a node; its number."""
        self.nodes.append(content)
        return len(self.nodes) - 1

    def node_of(self, number: int) -> dict[str, Any]:
        """A node that is there."""
        return self.nodes[number]

    def numbers(
        self, array: NDArray[Any], kind: str = "<f4", bounds: bool = False, use: int = 0
    ) -> int:
        """Add an array `[N, …]` to the block; the number of its accessor."""
        flat = np.ascontiguousarray(array.astype(kind).reshape(len(array), *(array.shape[1:])))
        self.block += b"\0" * (-len(self.block) % 4)
        view = {"buffer": 0, "byteOffset": len(self.block), "byteLength": flat.nbytes}
        if use:
            view["target"] = use
        self.block += flat.tobytes()
        self.views.append(view)
        accessor: dict[str, Any] = {
            "bufferView": len(self.views) - 1,
            "componentType": _KIND[np.dtype(kind)],
            "count": len(flat),
            "type": _SHAPE[flat.shape[1:]],
        }
        if bounds:  # asked for by the specification for times and places
            least, most = flat.min(axis=0), flat.max(axis=0)
            accessor |= {"min": np.atleast_1d(least).tolist(), "max": np.atleast_1d(most).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def animate(
        self, node: int, what: str, times: int, values: NDArray[Any], how: str = "LINEAR"
    ) -> None:
        """Let a node's translation or scale follow values `[T, 3]`."""
        output = self.numbers(values)
        self.samplers.append({"input": times, "output": output, "interpolation": how})
        target = {"node": node, "path": what}
        self.channels.append({"sampler": len(self.samplers) - 1, "target": target})

    def skin(self, joints: list[int], places: NDArray[np.float64]) -> int:
        """Add the skin whose mesh is drawn with the joints at `places` `[J, 3]`."""
        inverse = np.tile(np.eye(4), (len(joints), 1, 1))
        inverse[:, 3, :3] = -places  # column by column, so the last column is the last row here
        matrices = self.numbers(inverse.reshape(-1, 16))
        self.skins.append({"joints": joints, "inverseBindMatrices": matrices})
        return len(self.skins) - 1

    def hang(self, mesh: Mesh, skin: int) -> None:
        """Hang a mesh on the joints of a skin, each of its points on one joint."""
        nothing = np.zeros((len(mesh.joints), 3))
        joints = np.concatenate([mesh.joints[:, None], nothing], axis=1)
        weights = np.concatenate([np.ones((len(nothing), 1)), nothing], axis=1)
        attributes = {
            "POSITION": self.numbers(mesh.points, bounds=True, use=_VERTICES),
            "JOINTS_0": self.numbers(joints, "<u2", use=_VERTICES),
            "WEIGHTS_0": self.numbers(weights, use=_VERTICES),
        }
        material = {
            "name": mesh.name,
            "doubleSided": True,
            "pbrMetallicRoughness": {"baseColorFactor": [*mesh.colour, 1.0], "metallicFactor": 0.0},
            "extensions": {"KHR_materials_unlit": {}},
        }
        self.materials.append(material)
        indices = self.numbers(mesh.triangles.reshape(-1), "<u4", use=_INDICES)
        primitive = {
            "attributes": attributes,
            "indices": indices,
            "material": len(self.materials) - 1,
        }
        self.meshes.append({"name": mesh.name, "primitives": [primitive]})
        self.node({"name": mesh.name, "mesh": len(self.meshes) - 1, "skin": skin})

    def packed(self, name: str) -> bytes:
        """The whole file: header, JSON, numbers; each block a multiple of four bytes long."""
        document = {
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
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        block = bytes(self.block) + b"\0" * (-len(self.block) % 4)
        size = 12 + 8 + len(text) + 8 + len(block)
        head = struct.pack("<4sII", b"glTF", 2, size)
        return b"".join(
            [head, struct.pack("<I4s", len(text), b"JSON"), text,
             struct.pack("<I4s", len(block), b"BIN\0"), block]
        )  # fmt: skip


# Radius of a dot, half the width of a line, and of one that fills a gap between the listed lines.
DOT_M, LINE_M, FILLING_M = 0.012, 0.004, 0.002
# Colours that are told apart with every kind of colour vision (Okabe and Ito), linear RGB.
COLOURS = {
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
        colour: linear RGB, 0 to 1.
        points: `[P, 3]` in metres.
        joints: the marker that each point moves with, `[P]`.
        triangles: `[K, 3]` indices into the points.
    """

    name: str
    colour: tuple[float, float, float]
    points: NDArray[np.float64]
    joints: NDArray[np.int64]
    triangles: NDArray[np.int64]


def side_meshes(places: NDArray[np.float64], skeleton: Skeleton) -> Iterator[Mesh]:
    """The meshes of left, right and middle, drawn with the markers at `places` `[J, C]`."""

    sides = np.array(skeleton.side)
    for side, colour in COLOURS.items():
        dots = np.flatnonzero(sides == side).tolist()
        pieces = [
            *map(_dot, dots),
            *(_line(line, LINE_M) for line in skeleton.edges if _is_on(line, side, skeleton)),
            *(
                _line(line, FILLING_M)
                for line in gap_edges(skeleton)
                if _is_on(line, side, skeleton)
            ),
        ]
        if not pieces:
            continue
        offsets, joints, triangles = zip(*pieces, strict=True)
        starts = np.cumsum([0, *map(len, joints)])
        moved = [part + start for part, start in zip(triangles, starts, strict=False)]
        joint = np.concatenate(joints)
        points = places[joint] + np.concatenate(offsets)
        yield Mesh(side, colour, points, joint, np.concatenate(moved))


_Piece = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def _is_on(line: tuple[int, int], side: str, skeleton: Skeleton) -> bool:
    """Whether a line is of that side; one that goes across the body is of the middle."""
    ends = {skeleton.side[marker] for marker in line}
    return side == (ends.pop() if len(ends) == 1 else "middle")


def _dot(marker: int) -> _Piece:
    return DOT_M * _AXES, np.full(6, marker), _OCTAHEDRON


def _line(ends: tuple[int, int], width_m: float) -> _Piece:
    """Three ribbons, broad along x, y and z, so that one at least is seen from any side."""
    across = width_m * np.repeat(np.eye(3), 2, axis=0) * np.tile([1, -1], 3)[:, None]
    corner = np.arange(0, 6, 2)[:, None]
    triangles = np.concatenate([np.add(corner, [0, 1, 6]), np.add(corner, [1, 7, 6])])
    joints = np.repeat(np.array(ends), 6)
    return np.tile(across, (2, 1)), joints, triangles
