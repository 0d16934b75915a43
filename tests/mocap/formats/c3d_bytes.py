"""Writes `.c3d` files byte by byte: processors, number types and faults that no library writes."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 512
INTEL, DEC, MIPS = 84, 85, 86


@dataclass
class C3dBytes:
    """The content of a file.

    Attributes:
        positions: `[T, J, C]`.
        labels: in LABELS; fewer or more than points are possible. Over 255 go on in LABELS2, …
        processor: of the numbers.
        scale: of integer positions; None writes floats.
        residuals: `[T, J]`; negative for a gap.
        analog: number of analog channels.
        parameters: further ones of POINT, or instead of the usual: name -> text, list of texts, or a
            number; None leaves one out.
        groups: further groups, group -> parameters.
        header: words instead of the usual: number of the word from 1 -> value.
    """

    positions: NDArray[np.float64]
    labels: Sequence[str]
    processor: int = INTEL
    scale: float | None = None
    residuals: NDArray[np.float64] | None = None
    analog: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    header: Mapping[int, int] = field(default_factory=dict)

    def __bytes__(self) -> bytes:
        section = self._parameter_section(0)
        start = 2 + len(section) // BLOCK
        section = self._parameter_section(start)
        data = self._data()
        return self._header(start) + section + data + bytes(-len(data) % BLOCK)

    @property
    def _order(self) -> str:
        return ">" if self.processor == MIPS else "<"

    def _floats(self, values: Any) -> bytes:
        values = np.asarray(values, dtype=np.float64)
        if self.processor != DEC:
            return bytes(values.astype(f"{self._order}f4").tobytes())
        words = (4 * values).astype("<f4").view("<u2").reshape(-1, 2)  # exponent + 2, words swapped
        return bytes(words[:, ::-1].tobytes())

    def _ints(self, values: Any) -> bytes:
        return bytes((np.asarray(values) & 0xFFFF).astype(f"{self._order}u2").tobytes())

    def _header(self, start: int) -> bytes:
        frames, markers, _ = self.positions.shape
        words = {
            1: 0x5002,
            2: markers,
            3: self.analog,
            4: 1,
            5: min(frames, 0xFFFF),
            6: 10,
            9: start,
        }
        words |= {10: 1 if self.analog else 0} | dict(self.header)
        block = bytearray(BLOCK)
        for word, value in words.items():
            block[2 * word - 2 : 2 * word] = self._ints([value])
        block[0:2] = b"\x02\x50"
        block[12:16] = self._floats([self._scale])
        block[20:24] = self._floats([100.0])
        return bytes(block)

    @property
    def _scale(self) -> float:
        return -1.0 if self.scale is None else self.scale

    def _parameter_section(self, start: int) -> bytes:
        frames, markers, _ = self.positions.shape
        chunks = [list(self.labels[at : at + 255]) for at in range(0, len(self.labels), 255)] or [
            []
        ]
        point = {
            "USED": markers, "SCALE": float(self._scale), "RATE": 100.0, "DATA_START": start,
            "FRAMES": min(frames, 0xFFFF) - 0x10000 * (min(frames, 0xFFFF) > 0x7FFF), "UNITS": "mm",
            **{f"LABELS{n + 1 if n else ''}": chunk for n, chunk in enumerate(chunks)},
        } | dict(self.parameters)  # fmt: skip
        analog: dict[str, Any] = {"USED": self.analog, "RATE": 100.0 if self.analog else 0.0}
        if self.analog:
            names = [f"V{n}" for n in range(self.analog)]
            scales = {"GEN_SCALE": 1.0, "SCALE": [1.0] * self.analog}
            analog |= {"LABELS": names, "OFFSET": [0] * self.analog} | scales
        groups = {"POINT": point, "ANALOG": analog}
        for group, content in self.groups.items():
            groups[group] = {**groups.get(group, {}), **content}
        body = b"".join(
            self._group(-n, name) + b"".join(self._parameter(n, *item) for item in content.items())
            for n, (name, content) in enumerate(groups.items(), start=1)
        )
        body += b"\0\0"
        blocks = -(-(len(body) + 4) // BLOCK)
        section = bytes([1, 0x50, blocks, self.processor]) + body
        return section + bytes(blocks * BLOCK - len(section))

    def _group(self, number: int, name: str) -> bytes:
        return struct.pack("bb", len(name), number) + name.encode() + self._ints([3]) + b"\0"

    def _parameter(self, number: int, name: str, value: Any) -> bytes:
        if value is None:
            return b""
        kind, sizes, data = self._typed(value)
        body = struct.pack("bB", kind, len(sizes)) + bytes(sizes) + data + b"\0"
        head = struct.pack("bb", len(name), number) + name.encode()
        return head + self._ints([len(body) + 2]) + body

    def _typed(self, value: Any) -> tuple[int, list[int], bytes]:
        if isinstance(value, str):
            return -1, [len(value.encode())], value.encode()
        if isinstance(value, float):
            return 4, [], self._floats([value])
        if isinstance(value, int):
            return 2, [], self._ints([value])
        if value and isinstance(value[0], float):
            return 4, [len(value)], self._floats(value)
        if value and isinstance(value[0], int):
            return 2, [len(value)], self._ints(value)
        width = max([4, *(len(text.encode()) for text in value)])
        return -1, [width, len(value)], b"".join(text.encode().ljust(width) for text in value)

    def _data(self) -> bytes:
        frames, markers, _ = self.positions.shape
        residuals = np.zeros((frames, markers)) if self.residuals is None else self.residuals
        volts = np.ones((frames, self.analog))
        if self.scale is None:
            points = np.concatenate([self.positions, residuals[..., None]], axis=2)
            return self._floats(np.concatenate([points.reshape(frames, -1), volts], axis=1).ravel())
        words = np.rint(self.positions / self.scale).astype(np.int64)
        fourth = np.where(residuals < 0, -1, 0).astype(np.int64)
        points = np.concatenate([words, fourth[..., None]], axis=2).reshape(frames, -1)
        return self._ints(np.concatenate([points, volts.astype(np.int64)], axis=1).ravel())
