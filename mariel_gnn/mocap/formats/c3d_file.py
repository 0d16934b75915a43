"""The bytes of a `.c3d` file: parameters and points, of all three processors and both number types.

A file has a header of 512 bytes, a section of parameters and a section of frames. Each frame has four
numbers for each point (x, y, z and a fourth that is negative if the point was not seen), then the
analog channels. Numbers are floats, or integers with one scale. Analog channels are skipped, so nothing
about them can prevent the reading of points. The layout is described at c3d.org.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.formats.marker_file import Floats

BLOCK = 512
MAGIC = 0x50  # the second byte of every C3D file
DEC, MIPS = 85, 86  # processors; 84 is Intel
MAX_SHORT = 0xFFFF  # a larger number of frames does not fit the header
Values = list[str] | NDArray[Any]
Parameters = Mapping[tuple[str, str], Values]


class DamagedFileError(ValueError):
    """The end of a sentence that starts with the file's name: why it is not read, and what to do."""


@dataclass(frozen=True)
class Numbers:
    """How a processor stores numbers."""

    processor: int

    def integers(self, content: bytes) -> NDArray[np.int64]:
        """Decode signed integers of two bytes."""
        order = ">" if self.processor == MIPS else "<"
        return np.frombuffer(content, dtype=f"{order}i2").astype(np.int64)

    def unsigned(self, content: bytes) -> list[int]:
        """Decode unsigned integers of two bytes."""
        return [int(value) & MAX_SHORT for value in self.integers(content)]

    def floats(self, content: bytes) -> Floats:
        """Decode floats of four bytes."""
        if self.processor == DEC:  # the words are swapped, and the exponent is larger by two
            swapped = np.frombuffer(content, dtype="<u2").reshape(-1, 2)[:, ::-1]
            return np.ascontiguousarray(swapped).view("<f4").reshape(-1).astype(np.float64) / 4
        order = ">" if self.processor == MIPS else "<"
        return np.frombuffer(content, dtype=f"{order}f4").astype(np.float64)


class Header(NamedTuple):
    """What the header states: counts in a frame, frames, the start of the data, scale and rate."""

    points: int
    analog: int
    first: int
    last: int
    data_block: int
    scale: float
    rate_hz: float

    @property
    def frames(self) -> int:
        """The number of frames; above 65,535 the remainder of a division by 65,536."""
        return (self.last - self.first + 1) % (MAX_SHORT + 1)


class FrameLayout(NamedTuple):
    """What a frame has: points, analog numbers, and the scale of integers, negative for floats."""

    points: int
    analog: int
    scale: float

    @property
    def bytes(self) -> int:
        """The size of a frame."""
        return (4 * self.points + self.analog) * (4 if self.scale < 0 else 2)

    def __str__(self) -> str:
        return f"{self.points} points, {self.analog} analog numbers, scale {self.scale:g}"


class C3dContent(NamedTuple):
    """The content of a file.

    Attributes:
        positions: `[T, J, C]` in the file's unit; NaN where the fourth number says "not seen".
        parameters: (group, name) in capitals -> values.
        header: what the header states.
        notes: contradictions in the file, and which statement was used.
    """

    positions: Floats
    parameters: Parameters
    header: Header
    notes: tuple[str, ...]


def parse_c3d(content: bytes) -> C3dContent:
    """Parse a whole file.

    Raises:
        DamagedFileError: it is no C3D file, it is truncated, or its statements contradict each other.
    """
    if len(content) < BLOCK or content[1] != MAGIC:
        raise DamagedFileError("is not a .c3d file (no header), or is truncated: export it again")
    start = BLOCK * (max(content[0], 1) - 1)
    if len(content) < start + 4:
        raise DamagedFileError("is truncated in its parameters: export it again")
    numbers = Numbers(content[start + 3])
    header = _header(content, numbers)
    parameters = _parameters(content, start, numbers)
    block = header.data_block or _number(parameters, "POINT", "DATA_START", 0)
    data = content[BLOCK * max(int(block) - 1, 1) :]
    layout, layout_note = _layout(header, parameters, len(data))
    if not layout.points:
        raise DamagedFileError("has no markers, only other channels: export the markers too")
    frames, frames_note = _frames(header, parameters, layout, data)
    positions, seen_note = _positions(data[: frames * layout.bytes], layout, numbers)
    notes = tuple(filter(None, (layout_note, frames_note, seen_note)))
    return C3dContent(positions, parameters, header, notes)


def texts(parameters: Parameters, group: str, name: str) -> list[str]:
    """Return a list of texts; lists of more than 255 continue in NAME2, NAME3, …"""
    parts = [
        (int(key.removeprefix(name) or 1), values)
        for (of, key), values in parameters.items()
        if of == group and key.startswith(name) and (key.removeprefix(name) or "1").isdigit()
    ]
    lists = [values for _, values in sorted(parts, key=lambda part: part[0])]
    return [text for values in lists if isinstance(values, list) for text in values]


def _number(parameters: Parameters, group: str, name: str, default: float) -> float:
    """Return the first number of a parameter; integers are unsigned."""
    values = parameters.get((group, name))
    if values is None or isinstance(values, list) or not len(values):
        return default
    value = float(values[0])
    unsigned = value + MAX_SHORT + 1 if value < 0 and values.dtype.kind == "i" else value
    return unsigned if math.isfinite(unsigned) else default


def _header(content: bytes, numbers: Numbers) -> Header:
    words = numbers.unsigned(content[:24])
    scale, rate_hz = numbers.floats(content[12:16])[0], numbers.floats(content[20:24])[0]
    return Header(words[1], words[2], words[3], words[4], words[8], float(scale), float(rate_hz))


def _parameters(content: bytes, start: int, numbers: Numbers) -> Parameters:
    """Parse the parameters: groups and their members in any order."""
    groups: dict[int, str] = {}
    found: list[tuple[int, str, Values]] = []
    at = start + 4
    while at + 2 < len(content) and content[at]:
        length, number = abs(_signed(content[at])), _signed(content[at + 1])
        name = _text(content[at + 2 : at + 2 + length]).upper()
        at += 2 + length
        step = numbers.unsigned(content[at : at + 2])
        if number < 0:
            groups[-number] = name
        else:
            found.append((number, name, _values(content[at + 2 :][:MAX_SHORT], numbers)))
        if not step or not step[0]:
            break
        at += step[0]
    return {(groups.get(number, ""), name): values for number, name, values in found}


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _text(content: bytes) -> str:
    """Decode a text without the spaces and zero bytes that fill it up."""
    try:
        return content.decode("utf-8").strip(" \0")
    except UnicodeDecodeError:
        return content.decode("latin-1").strip(" \0")


def _values(content: bytes, numbers: Numbers) -> Values:
    """Decode a parameter from the byte of its type on."""
    if len(content) < 2:
        raise DamagedFileError("is truncated in its parameters: export it again")
    kind, sizes = _signed(content[0]), list(content[2 : 2 + content[1]])
    count = math.prod(sizes)
    data = content[2 + len(sizes) :][: count * abs(kind)]
    if len(data) < count * abs(kind):
        raise DamagedFileError("is truncated in its parameters: export it again")
    if kind == -1:
        width = sizes[0] if sizes else 1
        return [_text(data[at : at + width]) for at in range(0, count, width)] if width else []
    if kind == 4:
        return numbers.floats(data)
    return numbers.integers(data) if kind == 2 else np.frombuffer(data, dtype=np.uint8)


def _layout(header: Header, parameters: Parameters, size: int) -> tuple[FrameLayout, str]:
    """Return the layout of a frame; where header and parameters differ, the one that fits the size."""
    stated = FrameLayout(header.points, header.analog, header.scale)
    rate_hz = _number(parameters, "POINT", "RATE", 0) or 1.0
    samples = max(1, round(_number(parameters, "ANALOG", "RATE", rate_hz) / rate_hz))
    analog = _number(parameters, "ANALOG", "USED", -1)
    other = FrameLayout(
        int(_number(parameters, "POINT", "USED", header.points)),
        header.analog if analog < 0 else samples * int(analog),
        _number(parameters, "POINT", "SCALE", header.scale),
    )
    if stated.scale and _same_bytes(stated, other):
        return stated, ""
    layouts = map(FrameLayout._make, product(*({a, b} for a, b in zip(stated, other, strict=True))))
    fitting = [
        each
        for each in layouts
        if each.scale and each.bytes and 0 <= size - header.frames * each.bytes < BLOCK
    ]
    if not fitting or not all(_same_bytes(each, fitting[0]) for each in fitting):
        raise DamagedFileError(
            f"contradicts itself: the header states {stated}, the parameters {other}, and the size of the "
            "file does not decide: export it again"
        )
    note = f"the header states {stated}, the parameters {other}: {fitting[0]} fit the file's size"
    return fitting[0], note


def _same_bytes(one: FrameLayout, other: FrameLayout) -> bool:
    """Return whether two layouts give the same positions: the scale of floats has no meaning."""
    same_scale = max(one.scale, 0.0) == max(other.scale, 0.0)
    return (one.points, one.bytes) == (other.points, other.bytes) and same_scale


def _frames(
    header: Header, parameters: Parameters, layout: FrameLayout, data: bytes
) -> tuple[int, str]:
    """Return the number of frames, and a note if the size of the file decides it."""
    held = len(data) // layout.bytes
    stated, note = _stated_frames(header, parameters, layout, len(data))
    if stated > held:
        raise DamagedFileError(
            f"is truncated: it states {stated} frames, the file has {held}: export it again"
        )
    if stated != MAX_SHORT and len(data) - stated * layout.bytes < BLOCK:
        return stated, note
    if stated != MAX_SHORT and held - stated <= MAX_SHORT:
        return (
            stated,
            note or f"the file has data of {held} frames; it states {stated}, those are read",
        )
    last_block = data[: held * layout.bytes][-BLOCK:]
    padding = (len(last_block) - len(last_block.rstrip(b"\0"))) // layout.bytes
    frames = max(stated, held - padding)
    beyond = f"the header states {stated} frames, the file's size shows {frames}: all are read"
    return frames, beyond if frames > stated else note


def _stated_frames(
    header: Header, parameters: Parameters, layout: FrameLayout, size: int
) -> tuple[int, str]:
    """Return the number of frames that the file states, and a note if its statements differ.

    The header and `POINT:FRAMES` hold 65,535 frames, or count from 0 again. Other parameters state the
    length of longer takes; they are used if they agree with one of the two.
    """
    start, end = (
        _long_integer(parameters, "TRIAL", f"ACTUAL_{side}_FIELD") for side in ("START", "END")
    )
    frames = int(_number(parameters, "POINT", "FRAMES", header.frames))
    short = list(dict.fromkeys([header.frames, frames % (MAX_SHORT + 1)]))
    for long in (end - start + 1, int(_number(parameters, "POINT", "LONG_FRAMES", 0)), frames):
        if long > MAX_SHORT and {long % (MAX_SHORT + 1), MAX_SHORT} & {*short}:
            return long, ""
    if len(short) == 1:
        return short[0], ""
    stated = f"the header states {short[0]} frames, POINT:FRAMES {short[1]}"
    fitting = [n for n in short if 0 <= size - n * layout.bytes < BLOCK]
    if fitting:
        return fitting[0], f"{stated}: {fitting[0]} fit the file's size"
    if min(short) * layout.bytes > size:
        return min(short), ""
    raise DamagedFileError(f"contradicts itself: {stated}, neither fits its size: export it again")


def _long_integer(parameters: Parameters, group: str, name: str) -> int:
    """Return a number of two words, the lower one first; 0 if there is none."""
    values = parameters.get((group, name))
    if values is None or isinstance(values, list) or len(values) < 2:
        return 0
    low, high = (int(value) & MAX_SHORT for value in values[:2])
    return low + (high << 16)


def _positions(data: bytes, layout: FrameLayout, numbers: Numbers) -> tuple[Floats, str]:
    """Decode the points of all frames `[T, J, C]`; NaN where a point was not seen.

    Some programs mark every point as not seen, although it has a position: then a note says so.
    """
    is_float = layout.scale < 0
    words = np.frombuffer(data, dtype=np.uint8).reshape(-1, layout.bytes)
    points = words[:, : 4 * layout.points * (4 if is_float else 2)].tobytes()
    values = numbers.floats(points) if is_float else numbers.integers(points).astype(np.float64)
    values = values.reshape(len(words), layout.points, 4)
    positions = values[..., :3] * (1.0 if is_float else layout.scale)
    unseen = values[..., 3] < 0
    if unseen.size and unseen.all() and np.any(positions):
        return positions, "every point is marked as not seen: the marks are ignored"
    positions[unseen] = np.nan
    return positions, ""
