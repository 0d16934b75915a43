"""Joints of `.bvh` files that have a place of their own, made plain for a reader that knows none.

Many exporters give every joint six channels, its place beside its turn; the place does not change,
or hardly. Such joints are written anew with their mean place as offset and three channels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mariel_gnn.data.files.marker_file import Floats
from mariel_gnn.errors import UserError

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
        _make_plain(joint, lines, table[:, joint.places], path)
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


def _make_plain(joint: _Joint, lines: list[str], places: Floats, path: Path) -> None:
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
