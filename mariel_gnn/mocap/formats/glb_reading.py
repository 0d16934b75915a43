"""Reads back the `.glb` files that this package writes: the positions of the joints in every frame."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile

_KIND = {5126: "<f4", 5123: "<u2", 5125: "<u4"}
_WIDTH = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def read_glb(path: Path) -> MarkerFile:
    """Compute the joints' positions from the nodes and the animation.

    Raises:
        UserError: the sizes in the file contradict each other.
    """
    document, block = _chunks(path)
    nodes = document["nodes"]
    joints = [joint for skin in document["skins"] for joint in skin["joints"]]
    parent_of = {child: node for node, one in enumerate(nodes) for child in one.get("children", [])}
    moved: dict[tuple[int, str], Floats] = {}
    times_s = np.zeros(0)
    for channel in document["animations"][0]["channels"]:
        sampler = document["animations"][0]["samplers"][channel["sampler"]]
        times_s = _array(document, block, sampler["input"])[:, 0]
        target = channel["target"]
        moved[target["node"], target["path"]] = _array(document, block, sampler["output"])
    positions: dict[int, Floats] = {}
    rotations: dict[int, Floats] = {}
    for joint in joints:  # a parent comes before its children
        offset = moved.get((joint, "translation"), np.array([nodes[joint]["translation"]]))
        own = moved.get((joint, "rotation"), np.array([[0.0, 0.0, 0.0, 1.0]]))
        above = parent_of.get(joint)
        if above in positions:
            positions[joint] = positions[above] + rotate(rotations[above], offset)
            rotations[joint] = _product(rotations[above], own)
        else:
            positions[joint], rotations[joint] = offset, own
    duration_s = float(times_s[-1] - times_s[0])
    return MarkerFile(
        np.stack([positions[joint] for joint in joints], axis=1),
        tuple(nodes[joint]["name"] for joint in joints),
        unit="m",
        up="y",
        rate_hz=(len(times_s) - 1) / duration_s if duration_s > 0 else None,
    )


def _chunks(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return the JSON and the binary block."""
    content = path.read_bytes()
    magic, version, size = struct.unpack_from("<4sII", content)
    length = struct.unpack_from("<I", content, 12)[0]
    document = json.loads(content[20 : 20 + length])
    block = content[28 + length :]
    sizes = size == len(content) and document["buffers"][0]["byteLength"] <= len(block)
    if magic != b"glTF" or version != 2 or not sizes:
        raise UserError(f"{path}: the sizes in the file are not those of its content")
    return document, block


def _array(document: dict[str, Any], block: bytes, accessor: int) -> Floats:
    """Return the numbers of an accessor, `[N, width]`."""
    found = document["accessors"][accessor]
    view = document["bufferViews"][found["bufferView"]]
    raw = block[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    array: NDArray[Any] = np.frombuffer(raw, _KIND[found["componentType"]])
    return array.reshape(found["count"], _WIDTH[found["type"]]).astype(np.float64)


def rotate(quaternions: Floats, vectors: Floats) -> Floats:
    """Rotate vectors `[T, 3]` by quaternions x y z w `[T, 4]`."""
    axis, w = quaternions[:, :3], quaternions[:, 3:]
    twice = 2 * np.cross(axis, vectors)
    rotated: Floats = vectors + w * twice + np.cross(axis, twice)
    return rotated


def _product(first: Floats, second: Floats) -> Floats:
    """Multiply quaternions x y z w `[T, 4]`: the second rotation is applied first."""
    a, s, b, t = first[:, :3], first[:, 3:], second[:, :3], second[:, 3:]
    axis = s * b + t * a + np.cross(a, b)
    return np.concatenate([axis, s * t - (a * b).sum(axis=1, keepdims=True)], axis=1)
