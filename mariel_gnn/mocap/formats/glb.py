"""`.glb` (binary glTF 2.0), written only: a skinned joint tree for Blender, three.js and phones.

Each body is a tree of joints with constant bone lengths, as in `.bvh`: the root has a translation and a
rotation in each frame, the other joints have a rotation. A skin binds a mesh of bones to the joints in
the rest pose, which is upright, on the floor and faces +z. Blender reads an armature that can be
retargeted. Several dancers, and props, are several trees in one scene. Metres, y up; left is blue, right
is orange. Bones are triangles, because three.js does not skin points and lines.

The file is JSON and one binary block, written here: trimesh writes no skins, and pygltflib would need
the same JSON keys (a test reads the file back with it). Specification: Khronos glTF 2.0, chapters 3
and 4.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.bone_meshes import Mesh, bone_meshes
from mariel_gnn.mocap.formats.joint_tree import (
    FittedBody,
    Floats,
    fit_body,
    fit_notes,
    rotations_y_up,
)
from mariel_gnn.mocap.formats.labels import dancer_columns
from mariel_gnn.mocap.formats.marker_file import MarkerFile, from_z_up
from mariel_gnn.mocap.formats.read_back import Written
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_FLOAT, _UNSIGNED_SHORT, _UNSIGNED_INT = 5126, 5123, 5125
_VERTICES, _INDICES = 34962, 34963
_KIND = {np.dtype("<f4"): _FLOAT, np.dtype("<u2"): _UNSIGNED_SHORT, np.dtype("<u4"): _UNSIGNED_INT}
_SHAPE = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (16,): "MAT4"}


def write_glb(path: Path, recording: Recording, skeleton: Skeleton) -> Written:
    """Write joint trees that are fitted to the markers; the notes state the fit error.

    Raises:
        UserError: a marker is missing in every frame, or the take is too long for times in float32.
    """
    document = _Document()
    times_s = np.arange(len(recording)) / recording.rate_hz
    _refuse_equal_times(times_s, recording.rate_hz, path)
    times = document.add_array(times_s, bounds=True)
    positions = np.empty(recording.positions.shape)
    bodies = []
    for name, columns in _bodies(skeleton).items():
        part = _part_of(skeleton, columns)
        body = fit_body(recording.positions[:, columns], part, str(path))
        positions[:, columns] = body.motion.positions
        _add_body(document, body, part, name or path.stem, times)
        bodies.append(body)
    path.write_bytes(document.to_bytes(path.stem))
    content = MarkerFile(positions, skeleton.markers, rate_hz=recording.rate_hz)
    return Written(
        [*fit_notes(bodies), "metres, y up, facing +z at rest (glTF convention)"], content
    )


def _refuse_equal_times(times_s: Floats, rate_hz: float, path: Path) -> None:
    """Refuse times that float32 moves by more than a tenth of a frame."""
    if np.abs(times_s.astype(np.float32) - times_s).max() > 0.1 / rate_hz:
        raise UserError(
            f"{path}: .glb has times in float32, which cannot hold {len(times_s):,} frames at "
            f"{rate_hz:g} Hz: write parts, or write .npz"
        )


def _bodies(skeleton: Skeleton) -> dict[str, list[int]]:
    """Group the markers: each dancer is a body, and so are other markers of one prefix, such as a prop.

    Without dancers' names there is one body, whose name is empty.
    """
    dancers = dancer_columns(skeleton.markers)
    grouped = {column for columns in dancers.values() for column in columns}
    props: dict[str, list[int]] = {}
    for column, marker in enumerate(skeleton.markers):
        if column not in grouped:
            props.setdefault(marker.rpartition(":")[0] or "others", []).append(column)
    if not dancers or (len(dancers) == 1 and not props):
        return {"": list(range(len(skeleton)))}
    return dancers | props


def _part_of(skeleton: Skeleton, columns: list[int]) -> Skeleton:
    """Reduce a skeleton to the markers of one body, which may be a single one."""
    number = {column: index for index, column in enumerate(columns)}
    markers = tuple(skeleton.markers[column] for column in columns)

    def inside(pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((number[a], number[b]) for a, b in pairs if {a, b} <= number.keys())

    root = tuple(number[column] for column in skeleton.root if column in number)
    return Skeleton(
        skeleton.name,
        markers,
        markers,
        inside(skeleton.edges),
        inside(skeleton.pairs),
        root=root or tuple(range(len(markers))),
    )


def _add_body(
    document: _Document, body: FittedBody, skeleton: Skeleton, name: str, times: int
) -> None:
    """Add the nodes, the animation, the skin and the mesh of one body."""
    tree, order = body.tree, body.tree.order
    rest = _rest_positions(body)
    nodes = {joint: document.add_node({"name": skeleton.markers[joint]}) for joint in order}
    for joint in order:
        parent = tree.parents[joint]
        above = rest[parent] if parent >= 0 else np.zeros(3)
        node = document.nodes[nodes[joint]]
        node["translation"] = (rest[joint] - above).tolist()
        if children := [nodes[child] for child in tree.children(joint)]:
            node["children"] = children
    root = from_z_up(body.motion.positions[:, order[0]], "y")
    document.animate(nodes[order[0]], "translation", times, root)
    for number, joint in enumerate(order):
        if tree.children(joint):  # the rotation of a last joint moves nothing
            rotations = rotations_y_up(body.motion.local_rotations[:, number])
            document.animate(nodes[joint], "rotation", times, quaternions(rotations))
    skin = document.add_skin([nodes[joint] for joint in order], rest[list(order)])
    mesh = document.add_mesh(f"{name} bones", bone_meshes(tree, rest, skeleton), skin)
    document.roots += [document.add_node({"name": name, "children": [nodes[order[0]]]}), mesh]


def _rest_positions(body: FittedBody) -> Floats:
    """Return the joints at rest `[J, C]`, y up: the root over the origin, the lowest joint at height 0."""
    rest = np.zeros((len(body.tree.order), 3))
    for joint in body.tree.order[1:]:
        rest[joint] = rest[body.tree.parents[joint]] + body.tree.offsets[joint]
    rest[:, 2] -= rest[:, 2].min()
    return from_z_up(rest, "y")


def quaternions(rotations: Floats) -> Floats:
    """Convert rotation matrices `[T, 3, 3]` to unit quaternions x y z w `[T, 4]`.

    A quaternion and its negative are one rotation: each is the one nearer to the frame before, as
    programs interpolate between them.

    The largest of the four squared components is computed from the diagonal, the others from it.
    """
    r = rotations
    diagonal = r[:, [0, 1, 2], [0, 1, 2]]
    trace = diagonal.sum(axis=1, keepdims=True)
    squares = np.concatenate([2 * diagonal - trace, trace], axis=1) + 1  # 4 x², 4 y², 4 z², 4 w²
    sums, differences = r + r.swapaxes(1, 2), r - r.swapaxes(1, 2)
    xw, yw, zw = differences[:, 2, 1], differences[:, 0, 2], differences[:, 1, 0]
    xy, xz, yz = sums[:, 0, 1], sums[:, 0, 2], sums[:, 1, 2]
    x2, y2, z2, w2 = squares.T
    products = np.stack(  # row i: 4 times component i times each component
        [
            np.stack([x2, xy, xz, xw], axis=1),
            np.stack([xy, y2, yz, yw], axis=1),
            np.stack([xz, yz, z2, zw], axis=1),
            np.stack([xw, yw, zw, w2], axis=1),
        ],
        axis=1,
    )
    largest = products[np.arange(len(r)), squares.argmax(axis=1)]
    unit: Floats = largest / np.linalg.norm(largest, axis=1, keepdims=True)
    flips = np.where((unit[1:] * unit[:-1]).sum(axis=1) < 0, -1.0, 1.0)
    unit[1:] *= np.cumprod(flips)[:, None]
    return unit


@dataclass
class _Document:
    """A glTF document under construction, and its binary block."""

    roots: list[int] = field(default_factory=list)
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

    def animate(self, node: int, path: str, times: int, values: Floats) -> None:
        """Animate a node's translation `[T, 3]` or rotation `[T, 4]`."""
        output = self.add_array(values)
        self.samplers.append({"input": times, "output": output, "interpolation": "LINEAR"})
        target = {"node": node, "path": path}
        self.channels.append({"sampler": len(self.samplers) - 1, "target": target})

    def add_skin(self, joints: list[int], bind_positions: Floats) -> int:
        """Add a skin with its joints, the root first, at `bind_positions` `[J, 3]`; return its index."""
        inverse = np.tile(np.eye(4), (len(joints), 1, 1))
        inverse[:, 3, :3] = -bind_positions  # matrices are column-major in glTF
        matrices = self.add_array(inverse.reshape(-1, 16))
        skin = {"joints": joints, "skeleton": joints[0], "inverseBindMatrices": matrices}
        self.skins.append(skin)
        return len(self.skins) - 1

    def add_mesh(self, name: str, parts: list[Mesh], skin: int) -> int:
        """Add a mesh with one primitive for each part, and return its node."""
        self.meshes.append({"name": name, "primitives": [self._primitive(part) for part in parts]})
        return self.add_node({"name": name, "mesh": len(self.meshes) - 1, "skin": skin})

    def _primitive(self, mesh: Mesh) -> dict[str, Any]:
        """Add triangles; each vertex moves with one joint of the skin."""
        zeros = np.zeros((len(mesh.joints), 3))
        joints = np.concatenate([mesh.joints[:, None], zeros], axis=1)
        weights = np.concatenate([np.ones((len(zeros), 1)), zeros], axis=1)
        attributes = {
            "POSITION": self.add_array(mesh.points, bounds=True, target=_VERTICES),
            "JOINTS_0": self.add_array(joints, "<u2", target=_VERTICES),
            "WEIGHTS_0": self.add_array(weights, target=_VERTICES),
        }
        self.materials.append(_material(mesh))
        return {
            "attributes": attributes,
            "indices": self.add_array(mesh.triangles.reshape(-1), "<u4", target=_INDICES),
            "material": len(self.materials) - 1,
        }

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
            "scenes": [{"name": name, "nodes": self.roots}],
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
