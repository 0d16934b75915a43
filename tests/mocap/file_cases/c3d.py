"""Cases of C3D files, written byte by byte after the format's user guide (c3d.org), chapters 2 to 4."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.mocap.file_cases.body import FRAMES, NAMES, RATE_HZ, Body, Floats, array, dancer, renamed
from tests.mocap.file_cases.csv_text import LOST, without
from tests.mocap.file_cases.verdict import Case

BLOCK = 512
INTEL, DEC, MIPS = 84, 85, 86


@dataclass
class File:
    """The content of a C3D file.

    Attributes:
        points: `[T, J, C]` in the unit; NaN for gaps.
        labels: of the points, as they are stored.
        processor: of the numbers.
        integers: whether points are scaled integers.
        lost: the value of a lost point; None writes a residual of -1 and zeros.
        analog: channels of one sample a frame.
        extra: further parameters of POINT, name -> texts.
        label_lists: labels a list; more go to LABELS2, LABELS3, …
        frames: the number of frames in the header.
    """

    points: Floats
    labels: Sequence[str]
    processor: int = INTEL
    integers: bool = False
    lost: float | None = None
    analog: int = 0
    extra: dict[str, list[str]] | None = None
    label_lists: int = 255
    unit: str = "mm"
    rate_hz: float = RATE_HZ
    frames: int | None = None


def _words(file: File, *values: int) -> bytes:
    return struct.pack((">" if file.processor == MIPS else "<") + f"{len(values)}h", *values)


def _floats(file: File, values: np.ndarray) -> bytes:
    flat = np.asarray(values, dtype=np.float32).ravel()
    if file.processor == MIPS:
        return flat.astype(">f4").tobytes()
    if file.processor == INTEL:
        return flat.astype("<f4").tobytes()
    # A DEC float is four times an IEEE one, with its two words exchanged.
    words = (4 * flat).astype("<f4").view("<u2").reshape(-1, 2)[:, ::-1]
    return np.ascontiguousarray(words).tobytes()


def _parameter(
    file: File, name: str, group: int, kind: int, sizes: Sequence[int], data: bytes
) -> bytes:
    body = struct.pack("bB", kind, len(sizes)) + bytes(sizes) + data + b"\0"
    return struct.pack("bb", len(name), group) + name.encode() + _words(file, 2 + len(body)) + body


def _texts(file: File, name: str, group: int, texts: Sequence[str]) -> bytes:
    width = max([len(text.encode()) for text in texts] + [1])
    data = b"".join(text.encode().ljust(width) for text in texts)
    return _parameter(file, name, group, -1, [width, len(texts)], data)


def _parameters(file: File, start_block: int) -> bytes:
    frames, markers = file.points.shape[:2]
    scale = 0.1 if file.integers else -1.0
    stored = min(frames, 65535)
    parts = [
        struct.pack("bb", 5, -1) + b"POINT" + _words(file, 3) + b"\0",
        _parameter(file, "USED", 1, 2, [], _words(file, markers)),
        _parameter(
            file, "FRAMES", 1, 2, [], _words(file, stored if stored < 32768 else stored - 65536)
        ),
        _parameter(file, "DATA_START", 1, 2, [], _words(file, start_block)),
        _parameter(file, "SCALE", 1, 4, [], _floats(file, np.array([scale]))),
        _parameter(file, "RATE", 1, 4, [], _floats(file, np.array([file.rate_hz]))),
        _texts(file, "UNITS", 1, [file.unit]),
    ]
    lists = [
        file.labels[n : n + file.label_lists] for n in range(0, len(file.labels), file.label_lists)
    ]
    for number, labels in enumerate(lists, 1):
        parts.append(_texts(file, f"LABELS{number if number > 1 else ''}", 1, labels))
    parts += [_texts(file, name, 1, texts) for name, texts in (file.extra or {}).items()]
    if file.analog:
        parts += [
            struct.pack("bb", 6, -2) + b"ANALOG" + _words(file, 3) + b"\0",
            _parameter(file, "USED", 2, 2, [], _words(file, file.analog)),
            _parameter(file, "RATE", 2, 4, [], _floats(file, np.array([file.rate_hz]))),
            _parameter(file, "GEN_SCALE", 2, 4, [], _floats(file, np.array([1.0]))),
            _parameter(file, "SCALE", 2, 4, [file.analog], _floats(file, np.ones(file.analog))),
            _parameter(file, "OFFSET", 2, 4, [file.analog], _floats(file, np.zeros(file.analog))),
            _texts(file, "LABELS", 2, [f"Channel{n}" for n in range(file.analog)]),
        ]
    body = b"".join(parts) + b"\0\0"
    blocks = -(-(len(body) + 4) // BLOCK)
    return (bytes([1, 0x50, blocks, file.processor]) + body).ljust(blocks * BLOCK, b"\0")


def _data(file: File) -> bytes:
    missing = np.isnan(file.points).any(axis=2)
    values = np.zeros((*file.points.shape[:2], 4))
    values[..., :3] = np.where(missing[..., None], file.lost or 0.0, file.points)
    values[..., 3] = np.where(missing & (file.lost is None), -1.0, 0.0)
    frames = len(values)
    if file.integers:
        scaled = np.round(values.reshape(frames, -1) / 0.1)
        scaled[:, 3::4] = np.where(missing & (file.lost is None), -1, 0)
        both = np.concatenate([scaled, np.zeros((frames, file.analog))], axis=1)
        return both.astype(">i2" if file.processor == MIPS else "<i2").tobytes()
    both = np.concatenate(
        [values.reshape(frames, 4 * file.points.shape[1]), np.full((frames, file.analog), 3.0)],
        axis=1,
    )
    return _floats(file, both)


def c3d(file: File) -> Callable[[Path], object]:
    """A writer of a C3D file."""
    blocks = len(_parameters(file, 0)) // BLOCK
    parameters = _parameters(file, 2 + blocks)
    frames, markers = file.points.shape[:2]
    stated = file.frames or min(frames, 65535)
    scale = _floats(file, np.array([0.1 if file.integers else -1.0]))
    last = stated if stated < 32768 else stated - 65536
    header = (
        bytes([2, 0x50])
        + _words(file, markers, file.analog, 1, last, 10)
        + scale
        + _words(file, 2 + blocks, 1 if file.analog else 0)
        + _floats(file, np.array([file.rate_hz]))
    )
    content = header.ljust(BLOCK, b"\0") + parameters + _data(file)
    return lambda path: path.write_bytes(content.ljust(-(-len(content) // BLOCK) * BLOCK, b"\0"))


def of(body: Body, **options: object) -> Callable[[Path], object]:
    """A writer of a body in millimetres."""
    labels = options.pop("labels", list(body))
    return c3d(File(1000 * array(body), labels, **options))  # type: ignore[arg-type]


def _many(count: int) -> dict[str, Floats]:
    """The dancer and further points that follow its head."""
    head = dancer()["Head"]
    rng = np.random.default_rng(5)
    others = {
        f"P{n}": np.round(head - (0, 0, 0.8) + rng.uniform(-0.4, 0.4, 3), 4) for n in range(count)
    }
    return {**dancer(), **others}


_TWICE = np.concatenate([array(dancer()), dancer(seed=1)["Head"][:, None]], axis=1)
_SECOND_HEAD = {
    **without(dancer(), "Head"),
    "Head#1": dancer()["Head"],
    "Head#2": dancer(seed=1)["Head"],
}
_PAIRS = {f"{name}#1": dancer()[name] for name in NAMES} | {
    f"{name}#2": dancer(seed=1)[name] for name in NAMES
}
_TWO = {**renamed(dancer(), "Anna:"), **renamed(dancer(seed=1), "Ben:")}
_SWORD = {**dancer(), "Sword:tip": dancer(seed=1)["Head"]}


def _cut(share: float) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        of(dancer())(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return write


CASES = [
    Case(
        "A",
        "C3D: one label twice",
        "a.c3d",
        c3d(File(1000 * _TWICE, [*NAMES, "Head"])),
        _SECOND_HEAD,
        tells=("Head",),
        numbered=True,
    ),
    Case(
        "A",
        "C3D: labels that differ in case only",
        "a.c3d",
        c3d(File(1000 * _TWICE, [*NAMES, "HEAD"])),
        {**dancer(), "HEAD": dancer(seed=1)["Head"]},
    ),
    Case(
        "A",
        "C3D: two dancers with the same labels",
        "a.c3d",
        c3d(
            File(
                1000 * np.concatenate([array(dancer()), array(dancer(seed=1))], axis=1),
                [*NAMES, *NAMES],
            )
        ),
        _PAIRS,
        tells=("same|twice|two",),
        numbered=True,
    ),
    Case("A", "C3D: two named dancers", "a.c3d", of(_TWO), _TWO),
    Case("A", "C3D: a prop whose name has a colon", "a.c3d", of(_SWORD), _SWORD),
    Case("B", "C3D: 300 labels in two lists", "a.c3d", of(_many(283)), _many(283)),
    Case("B", "C3D: 600 labels in three lists", "a.c3d", of(_many(583)), _many(583)),
    Case(
        "B",
        "C3D: a point without a label",
        "a.c3d",
        of(dancer(), labels=[*NAMES[:-1], ""]),
        without(dancer(), "RToe"),
        tells=("without a (name|label)|unnamed|no name|unlabel",),
    ),
    Case(
        "B",
        "C3D: fewer labels than points",
        "a.c3d",
        of(dancer(), labels=NAMES[:-1]),
        without(dancer(), "RToe"),
        tells=("without a (name|label)|unnamed|no name|unlabel",),
    ),
    Case(
        "B",
        "C3D: angles listed in POINT:ANGLES",
        "a.c3d",
        of({**dancer(), "LKneeAngles": 30 * dancer()["Head"]}, extra={"ANGLES": ["LKneeAngles"]}),
        dancer(),
        tells=("LKneeAngles",),
    ),
    Case("E", "C3D: a lost point has a negative residual", "a.c3d", of(LOST), LOST),
    *(
        Case(
            "E",
            f"C3D: a lost point is {value:g}",
            "a.c3d",
            of(LOST, lost=value),
            LOST,
            tells=("LWrist|lost|gap|missing",) if value else (),
        )
        for value in (0.0, -9999.0, 9999999.0, 1e30)
    ),
    Case("G", "C3D: big-endian", "a.c3d", of(dancer(), processor=MIPS), dancer()),
    Case("G", "C3D: DEC floats", "a.c3d", of(dancer(), processor=DEC), dancer()),
    Case("G", "C3D: scaled integers", "a.c3d", of(dancer(), integers=True), dancer()),
    Case(
        "G",
        "C3D: big-endian scaled integers",
        "a.c3d",
        of(dancer(), integers=True, processor=MIPS),
        dancer(),
    ),
    Case("G", "C3D: channels with float offsets", "a.c3d", of(dancer(), analog=6), dancer()),
    Case(
        "G", "C3D: truncated at 60 %", "a.c3d", _cut(0.6), refused="truncated|frames", damaged=True
    ),
    Case(
        "G",
        "C3D: truncated in the header",
        "a.c3d",
        _cut(0.001),
        refused="truncated|header|not a .c3d",
        damaged=True,
    ),
    Case("G", "C3D: metres", "a.c3d", c3d(File(array(dancer()), list(NAMES), unit="m")), dancer()),
    Case(
        "D",
        "C3D: a rate of 0",
        "a.c3d",
        of(dancer(), rate_hz=0.0),
        dancer(),
        35.0,
        tells=("35|rate",),
    ),
    Case(
        "D",
        "C3D: a rate of 1e9",
        "a.c3d",
        of(dancer(), rate_hz=1e9),
        dancer(),
        35.0,
        tells=("1e\\+09",),
        refused="1e\\+09|rate|frames a second",
    ),
]
assert len(LOST["Head"]) == FRAMES
