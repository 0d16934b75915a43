"""`.bvh`: joint trees, read by pybvh (optional); `bvh_writing` writes them.

Many exporters write six channels for every joint, position and rotation, although the position is
almost constant. pybvh supports rotations only, so such joints are rewritten before reading: the mean
position becomes the offset, and three channels stay.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile, optional_module

UP = "y"
MAX_TRANSLATION = 0.02  # of the bone's length: a larger variation is not noise of the exporter


def read_bvh(path: Path, offsets: Mapping[str, Sequence[float]] | None = None) -> MarkerFile:
    """Read the positions of all joints.

    Args:
        path: the file.
        offsets: joint name -> offset `[C]` from its parent that replaces the one in the file, in the
            file's units and axes; other joints keep theirs.

    Raises:
        UserError: pybvh is not installed, the file is damaged, or the position of a joint varies.
    """
    library = optional_module("pybvh", "bvh")
    with tempfile.TemporaryDirectory() as folder:
        rewritten = Path(folder) / "rewritten.bvh"
        rewritten.write_text(with_rotations_only(path), encoding="utf-8")
        try:
            content = library.read_bvh_file(rewritten, world_up="+y")
        except Exception as error:  # a damaged file may raise anything
            why = " ".join(str(error).replace(str(rewritten), path.name).split())
            raise UserError(
                f"{path}: cannot be read as .bvh ({why[:200]}): export it again"
            ) from error
    for node in content.nodes:
        if offsets and node.name in offsets:
            node.offset = np.asarray(offsets[node.name], dtype=np.float64)
    names = {id(node): _name(node) for node in content.nodes}
    kept = [index for index, node in enumerate(content.nodes) if not _is_empty_end(node)]
    nodes = [content.nodes[index] for index in kept]
    return MarkerFile(
        np.asarray(content.node_positions(), dtype=np.float64)[:, kept],
        tuple(names[id(node)] for node in nodes),
        "cm",
        UP,
        float(content.fps),
        unit_stated=False,
        up_stated=False,
        edges=tuple((names[id(node.parent)], names[id(node)]) for node in nodes if node.parent),
    )


def _is_empty_end(node: Any) -> bool:
    """Return whether an end site has the same position as its joint: it only ends the branch."""
    return bool(node.is_end_site() and not np.any(node.offset))


def _name(node: Any) -> str:
    return f"{node.parent.name}_end" if node.is_end_site() else str(node.name)


@dataclass
class _Joint:
    """The line numbers and motion columns of a joint.

    `first_column` is the column of its first channel.
    """

    name: str
    offset_line: int = -1
    channels_line: int = -1
    channels: list[str] = field(default_factory=list)
    first_column: int = 0

    @property
    def position_columns(self) -> list[int]:
        """The columns of its position channels, x y z."""
        axes = {name[0].upper(): n for n, name in enumerate(self.channels) if "pos" in name.lower()}
        return [self.first_column + axes[axis] for axis in "XYZ" if axis in axes]


def with_rotations_only(path: Path) -> str:
    """Return the text of a file with three channels for each joint except the root.

    Raises:
        UserError: the file has no motion, or the position of a joint varies.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    motion = next((n for n, line in enumerate(lines) if line.strip().upper() == "MOTION"), None)
    if motion is None or len(lines) < motion + 4:
        raise UserError(f"{path}: has no frames (MOTION): the file is truncated, export it again")
    joints = [joint for joint in _joints(lines[:motion])[1:] if len(joint.position_columns) == 3]
    if not joints:
        return "\n".join(lines) + "\n"
    rows = [line.split() for line in lines[motion + 3 :]]
    table = np.array(rows, dtype=np.float64)
    for joint in joints:
        _fix_offset(joint, lines, table[:, joint.position_columns], path)
    dropped = {column for joint in joints for column in joint.position_columns}
    kept = [" ".join(cell for n, cell in enumerate(row) if n not in dropped) for row in rows]
    return "\n".join([*lines[: motion + 3], *kept]) + "\n"


def _joints(hierarchy: list[str]) -> list[_Joint]:
    joints: list[_Joint] = []
    column = 0
    in_end_site = False
    for number, line in enumerate(hierarchy):
        word, *rest = line.split()
        if word in ("ROOT", "JOINT"):
            joints.append(_Joint(" ".join(rest)))
        in_end_site = word == "End" or (in_end_site and word != "}")
        if word == "OFFSET" and joints and not in_end_site:
            joints[-1].offset_line = number
        if word == "CHANNELS" and joints:
            joint = joints[-1]
            joint.channels_line, joint.channels, joint.first_column = number, rest[1:], column
            column += len(joint.channels)
    return joints


def _fix_offset(joint: _Joint, lines: list[str], positions: Floats, path: Path) -> None:
    """Replace the offset of a joint by its mean position, and keep its rotation channels only."""
    mean = positions.mean(axis=0)
    if np.abs(positions - mean).max() > MAX_TRANSLATION * float(np.linalg.norm(mean)):
        raise UserError(
            f"{path}: the position of joint {joint.name} varies, joints may only rotate: export it with "
            "rotations only"
        )
    rotations = [name for name in joint.channels if "pos" not in name.lower()]
    lines[joint.offset_line] = "OFFSET " + " ".join(f"{value:.6f}" for value in mean)
    lines[joint.channels_line] = f"CHANNELS {len(rotations)} {' '.join(rotations)}"
