"""The text of a `.bvh` file: joint trees, their motion, and the positions that follow from both.

Files of other programs have several roots, joints of one name, names with spaces and colons, position
channels at every joint, and channels in any order. All of these are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import Floats, check_count, refuse_truncated

# Position channels of a joint are its place, or how far it is from its offset: then they are small.
MAX_DISPLACEMENT = 0.25  # of the offset's length
MAX_TRANSLATION = 0.02  # of the bone's length: a larger variation is not noise of the exporter
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf)", re.IGNORECASE)
# Positions in memory may have fifty megabytes, or eight times the characters of the file.
POSITION_BYTES, SMALL_BYTES, MAX_RATIO = 24, 50_000_000, 8
MAX_STATEMENTS, MAX_STATEMENT = 50, 100  # on the motion: lines, and characters of a line


@dataclass
class Joint:
    """A joint, or the end of a branch.

    Attributes:
        name: as in the file; that of an end is its parent's with `_end`.
        parent: its index; None for a root.
        offset: from the parent `[C]`.
        channels: their names.
        first_channel: the column of the first one.
        is_end: whether it is an end site.
    """

    name: str
    parent: int | None
    offset: Floats = field(default_factory=lambda: np.zeros(3))
    channels: list[str] = field(default_factory=list)
    first_channel: int = 0
    is_end: bool = False

    def columns(self, kind: str) -> list[tuple[int, int]]:
        """Return (axis, column) of the channels of a kind, ``"position"`` or ``"rotation"``, in order."""
        return [
            ("xyz".index(name[0].lower()), self.first_channel + at)
            for at, name in enumerate(self.channels)
            if re.fullmatch(f"[xyz]_?{kind[:3]}[a-z]*", name, re.IGNORECASE)
        ]


@dataclass(frozen=True)
class BvhContent:
    """The content of a file.

    Attributes:
        joints: parents before children.
        motion: `[T, channels]`.
        frame_time: as stated, usually in seconds; None if there is no such number.
        notes: statements of the file that differ from it.
    """

    joints: list[Joint]
    motion: Floats
    frame_time: float | None
    notes: tuple[str, ...] = ()


def parse_bvh(text: str, path: Path) -> BvhContent:
    """Parse a whole file.

    Raises:
        UserError: it is no BVH file, truncated, or damaged; the message has the line or the frame.
    """
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", text)]
    motion = next((n for n, line in enumerate(lines) if line.upper() == "MOTION"), None)
    if not any(line.upper() == "HIERARCHY" for line in lines[:motion]):
        raise UserError(f"{path}: is not a .bvh file (it has no HIERARCHY): export it again")
    if motion is None:
        raise UserError(f"{path}: has no frames (MOTION): the file is truncated, export it again")
    joints = _joints(lines[:motion], path)
    channels = sum(len(joint.channels) for joint in joints)
    if not channels:
        raise UserError(f"{path}: its joints have no channels, so nothing moves: export it again")
    stated, first = _stated(lines, motion + 1)
    rows = [(n, line.split()) for n, line in enumerate(lines[first:], start=first + 1) if line]
    table, notes = _table(rows, channels, stated.get("frames", ""), path)
    _check_size(len(joints), len(table), len(text), path)
    refuse_truncated(text, [cells[-1] for _, cells in rows], path)
    frame_time = stated.get("frame time", "")
    seconds = float(_plain(frame_time)) if _is_number(frame_time) else None
    return BvhContent(joints, table, seconds, notes)


def _check_size(joints: int, frames: int, characters: int, path: Path) -> None:
    """Check that the positions are not much larger than the file: joints without channels are free.

    Raises:
        UserError: they are.
    """
    size = joints * frames * POSITION_BYTES
    if size > max(SMALL_BYTES, MAX_RATIO * characters):
        raise UserError(
            f"{path}: has {characters / 1e6:.1f} MB, and {joints:,} joints in {frames:,} frames, most "
            "without channels: export the moving joints alone"
        )


def _stated(lines: Sequence[str], start: int) -> tuple[dict[str, str], int]:
    """Return the statements on the motion, such as ``"frame time"``, and the line after them."""
    stated = {}
    for at in range(start, len(lines)):
        short = at - start < MAX_STATEMENTS and len(lines[at]) <= MAX_STATEMENT
        found = short and re.fullmatch(
            r"(?P<key>[a-z ]+?)\s*[:=]?\s*(?P<value>\S*)", lines[at], re.IGNORECASE
        )
        if found and not _is_number(lines[at]):
            stated[" ".join(found["key"].lower().split())] = found["value"]
        elif lines[at]:
            return stated, at
    return stated, len(lines)


def _joints(lines: Sequence[str], path: Path) -> list[Joint]:
    """Parse the trees."""
    joints: list[Joint] = []
    open_joints: list[int] = []  # from the root to the present joint
    column = 0
    for number, line in _statements(lines):
        word, _, rest = line.partition(" ")
        word, rest = word.upper(), rest.strip()
        if word in ("ROOT", "JOINT", "END"):
            parent = open_joints[-1] if open_joints and word != "ROOT" else None
            is_end = word == "END" and parent is not None
            name = f"{joints[parent].name}_end" if is_end and parent is not None else rest
            joints.append(Joint(name, parent, is_end=is_end))
            check_count(len(joints), path, "joints or more")
        elif word == "{" and joints:
            open_joints.append(len(joints) - 1)
        elif word == "}" and open_joints:
            open_joints.pop()
        elif word == "OFFSET" and open_joints:
            joints[open_joints[-1]].offset = _offset(rest, number, path)
        elif word == "CHANNELS" and open_joints:
            joint = joints[open_joints[-1]]
            joint.channels, joint.first_channel = _channels(rest, number, path), column
            column += len(joint.channels)
        elif word != "HIERARCHY":
            raise UserError(
                f"{path}: line {number} is not understood ({_shown(line)}): export it again"
            )
    if open_joints:
        raise UserError(
            f"{path}: a joint has no end ('}}' is missing): the file is truncated, export it again"
        )
    return joints


def _statements(lines: Sequence[str]) -> Iterable[tuple[int, str]]:
    """Yield line numbers and statements; a brace is a statement wherever it stands."""
    for number, line in enumerate(lines, start=1):
        for part in re.split(r"([{}])", line.replace("\t", " ")):
            if part.strip():
                yield number, part.strip()


def _offset(rest: str, number: int, path: Path) -> Floats:
    cells = rest.split()
    if len(cells) != 3 or not all(map(_is_number, cells)):
        raise UserError(
            f"{path}: OFFSET in line {number} needs three numbers, not '{_shown(rest)}': export it again"
        )
    return np.array([float(_plain(cell)) for cell in cells])


def _channels(rest: str, number: int, path: Path) -> list[str]:
    count, *names = rest.split() or [""]
    if not count.isdigit() or int(count) != len(names):
        raise UserError(
            f"{path}: CHANNELS in line {number} states {_shown(count) or 'nothing'} and lists {len(names)}: "
            "export it again"
        )
    return names


def _table(
    rows: Sequence[tuple[int, list[str]]], channels: int, stated: str, path: Path
) -> tuple[Floats, tuple[str, ...]]:
    """Return the motion `[T, channels]`, and a note if there are more frames than the file states."""
    frames = int(stated) if stated.isdigit() else len(rows)
    cells = [cell for _, row in rows for cell in row]
    if len(cells) != frames * channels:  # else the frames are whole, whatever the line ends
        for number, row in rows[:-1]:
            if len(row) != channels:
                raise UserError(
                    f"{path}: line {number} has {len(row)} numbers instead of {channels}: "
                    "the file is damaged, export it again"
                )
        if rows and len(rows[-1][1]) != channels:
            raise UserError(f"{path}: is truncated in its last frame: export it again")
        if len(rows) < frames:
            raise UserError(
                f"{path}: is truncated: it states {frames} frames, the file has {len(rows)}: "
                "export it again"
            )
    if not cells:
        raise UserError(f"{path}: has no frames (MOTION): the file is truncated, export it again")
    table = _numbers(rows, path).reshape(-1, channels)
    more = f"the file states {frames} frames and has {len(table)}: all are read"
    return table, (more,) if len(table) > frames else ()


def _numbers(rows: Sequence[tuple[int, list[str]]], path: Path) -> Floats:
    try:
        return np.array([float(cell) for _, row in rows for cell in row])
    except ValueError:  # decimal commas, or no numbers
        for number, row in rows:
            for cell in row:
                if not _is_number(cell):
                    raise UserError(
                        f"{path}: line {number} has '{_shown(cell)}' instead of a number: export it "
                        "again"
                    ) from None
        return np.array([float(_plain(cell)) for _, row in rows for cell in row])


def _shown(text: str) -> str:
    """Return the start of a damaged text for a message of one line."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:40])


def _plain(cell: str) -> str:
    """Return a number with a decimal point; a comma at its end separates it from the next."""
    return cell.rstrip(",;").replace(",", ".")


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(_plain(cell)) is not None


def joint_positions(
    content: BvhContent, offsets: Mapping[str, Sequence[float]] | None = None
) -> Floats:
    """Compute the positions of all joints `[T, J, C]` in the file's unit and axes.

    Args:
        content: of the file.
        offsets: joint name -> offset `[C]` that replaces the one in the file.
    """
    frames, joints = len(content.motion), content.joints
    positions = np.zeros((frames, len(joints), 3))
    rotations: list[Floats] = []
    for index, joint in enumerate(joints):
        replaced = (offsets or {}).get(joint.name)
        if replaced is None:
            local = local_positions(content, joint)
        else:
            local = np.tile(np.asarray(replaced, dtype=np.float64), (frames, 1))
        turned = _rotation(content, joint)
        if joint.parent is not None:
            above = rotations[joint.parent]
            local = positions[:, joint.parent] + np.einsum("tij,tj->ti", above, local)
            turned = above @ turned
        positions[:, index] = local
        rotations.append(turned)
    return positions


def local_positions(content: BvhContent, joint: Joint) -> Floats:
    """Return the position of a joint from its parent `[T, C]`: its offset, or its position channels.

    Channels of a joint with a parent are added to its offset if they are small against it. Their mean is
    taken if they hardly vary.
    """
    local = np.tile(joint.offset, (len(content.motion), 1))
    columns = joint.columns("position")
    if not columns:
        return local
    axes = [axis for axis, _ in columns]
    channels = content.motion[:, [column for _, column in columns]]
    if joint.parent is not None:
        mean = np.nanmean(channels, axis=0)
        small = np.linalg.norm(mean) < MAX_DISPLACEMENT * np.linalg.norm(joint.offset)
        channels = channels + (joint.offset[axes] if small else 0.0)
        if not is_moving(content, joint):
            channels = np.tile(channels.mean(axis=0), (len(channels), 1))
    local[:, axes] = channels
    return local


def is_moving(content: BvhContent, joint: Joint) -> bool:
    """Return whether the position channels of a joint vary more than by the noise of an exporter."""
    columns = [column for _, column in joint.columns("position")]
    if joint.parent is None or not columns:
        return False
    channels = content.motion[:, columns]
    mean = channels.mean(axis=0)
    length = max(np.linalg.norm(mean), np.linalg.norm(joint.offset))
    return bool(np.abs(channels - mean).max() > MAX_TRANSLATION * length)


def _rotation(content: BvhContent, joint: Joint) -> Floats:
    """Return the rotation of a joint against its parent `[T, 3, 3]`: its channels in their order."""
    turned = np.tile(np.eye(3), (len(content.motion), 1, 1))
    for axis, column in joint.columns("rotation"):
        turned = turned @ _about(axis, np.radians(content.motion[:, column]))
    return turned


def _about(axis: int, angles: NDArray[np.float64]) -> Floats:
    """Return the rotation matrices `[T, 3, 3]` about a coordinate axis."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrices = np.tile(np.eye(3), (len(angles), 1, 1))
    matrices[:, first, first] = matrices[:, second, second] = np.cos(angles)
    matrices[:, second, first] = np.sin(angles)
    matrices[:, first, second] = -matrices[:, second, first]
    return matrices
