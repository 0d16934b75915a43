"""Cases of BVH files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.mocap.file_cases.body import Floats
from tests.mocap.file_cases.verdict import Case

FRAMES, RATE_HZ = 60, 100.0
_JOINTS = {  # name: (parent, offset in cm, y up)
    "Hips": (None, (0.0, 0.0, 0.0)),
    "Spine": ("Hips", (0.0, 25.0, 0.0)),
    "Head": ("Spine", (0.0, 45.0, 0.0)),
    "LeftArm": ("Spine", (18.0, 22.0, 0.0)),
    "LeftHand": ("LeftArm", (50.0, 0.0, 0.0)),
    "RightArm": ("Spine", (-18.0, 22.0, 0.0)),
    "RightHand": ("RightArm", (-50.0, 0.0, 0.0)),
    "LeftLeg": ("Hips", (10.0, -3.0, 0.0)),
    "LeftFoot": ("LeftLeg", (0.0, -85.0, 0.0)),
    "RightLeg": ("Hips", (-10.0, -3.0, 0.0)),
    "RightFoot": ("RightLeg", (0.0, -85.0, 0.0)),
}
_NAMES = dict.fromkeys(_JOINTS, "")


def _children(name: str) -> list[str]:
    return [child for child, (parent, _) in _JOINTS.items() if parent == name]


def _hierarchy(name: str, depth: int, rename: Callable[[str], str]) -> list[str]:
    pad, (parent, offset) = "\t" * depth, _JOINTS[name]
    channels = "3 Zrotation Xrotation Yrotation"
    if parent is None:
        channels = "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    lines = [
        f"{pad}{'JOINT' if parent else 'ROOT'} {rename(name)}",
        pad + "{",
        f"{pad}\tOFFSET {' '.join(map(str, offset))}",
        f"{pad}\tCHANNELS {channels}",
    ]
    for child in _children(name):
        lines += _hierarchy(child, depth + 1, rename)
    if not _children(name):
        lines += [f"{pad}\tEnd Site", pad + "\t{", f"{pad}\t\tOFFSET 0.0 0.0 0.0", pad + "\t}"]
    return [*lines, pad + "}"]


def _order(name: str = "Hips") -> list[str]:
    return [name, *(each for child in _children(name) for each in _order(child))]


def _turns(seed: int) -> Floats:
    """Angles about z of every joint `[T, J]`, degrees."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(FRAMES)[:, None] / RATE_HZ
    return 20 * np.sin(rng.uniform(2, 5, len(_JOINTS)) * time_s + rng.uniform(0, 6, len(_JOINTS)))


def _root(seed: int) -> Floats:
    time_s = np.arange(FRAMES) / RATE_HZ
    return np.stack([40 * time_s + 120 * seed, 95 + np.sin(3 * time_s), 10 * time_s], axis=1)


def truth(seed: int = 0) -> dict[str, Floats]:
    """Positions of the joints in metres, z up, by forward kinematics."""
    turns, order = np.deg2rad(_turns(seed)), _order()
    angle: dict[str, Floats] = {}
    place: dict[str, Floats] = {}
    for name in order:
        parent, offset = _JOINTS[name]
        above = angle[parent] if parent else np.zeros(FRAMES)
        cos, sin = np.cos(above), np.sin(above)
        x, y, z = offset
        turned = np.stack([cos * x - sin * y, sin * x + cos * y, np.full(FRAMES, z)], axis=1)
        place[name] = (place[parent] if parent else _root(seed)) + turned
        angle[name] = above + turns[:, order.index(name)]
    return {n: np.stack([p[:, 0], -p[:, 2], p[:, 1]], axis=1) / 100 for n, p in place.items()}


def text(
    rename: Callable[[str], str] = lambda name: name,
    frame_time: str = f"{1 / RATE_HZ:.6f}",
    roots: int = 1,
    stated_frames: int = FRAMES,
) -> str:
    """A BVH file of one or several bodies."""
    lines = ["HIERARCHY"]
    for number in range(roots):
        lines += _hierarchy(
            "Hips", 0, (lambda name, n=number: rename(name) + f"_{n}") if number else rename
        )
    lines += ["MOTION", f"Frames: {stated_frames}", f"Frame Time: {frame_time}"]
    cells = []
    for seed in range(roots):
        angles = np.zeros((FRAMES, len(_JOINTS), 3))
        angles[..., 0] = _turns(seed)
        cells.append(np.concatenate([_root(seed), angles.reshape(FRAMES, -1)], axis=1))
    lines += [" ".join(f"{value:.6f}" for value in row) for row in np.concatenate(cells, axis=1)]
    return "\n".join(lines) + "\n"


def write(**options: object) -> Callable[[Path], object]:
    """A writer of a BVH file."""
    content = text(**options)  # type: ignore[arg-type]
    return lambda path: path.write_text(content)


_COLON = {f"mixamorig:{name}": positions for name, positions in truth().items()}
_TWO_BODIES = {**truth(), **{f"{name}_1": positions for name, positions in truth(1).items()}}
_SAME = {"LeftHand": "Hand", "RightHand": "Hand"}
_HANDS = {n: p for n, p in truth().items() if n not in _SAME} | {
    "Hand#1": truth()["LeftHand"],
    "Hand#2": truth()["RightHand"],
}

CASES = [
    Case("A", "BVH: plain", "a.bvh", write(), truth()),
    Case(
        "A",
        "BVH: joint names with a colon",
        "a.bvh",
        write(rename=lambda name: f"mixamorig:{name}"),
        _COLON,
    ),
    Case(
        "A",
        "BVH: one joint name twice",
        "a.bvh",
        write(rename=lambda name: _SAME.get(name, name)),
        _HANDS,
        tells=("Hand",),
        numbered=True,
    ),
    Case(
        "A",
        "BVH: two roots",
        "a.bvh",
        write(roots=2),
        _TWO_BODIES,
        tells=("2 roots",),
        numbered=True,
    ),
    Case(
        "D",
        "BVH: `Frame Time: 30`",
        "a.bvh",
        write(frame_time="30"),
        truth(),
        30.0,
        tells=("30",),
        refused="30",
    ),
    Case(
        "D",
        "BVH: `Frame Time: 0`",
        "a.bvh",
        write(frame_time="0"),
        truth(),
        35.0,
        tells=("0|rate",),
        refused="Frame Time|rate",
    ),
    Case(
        "D",
        "BVH: frame time in milliseconds",
        "a.bvh",
        write(frame_time="10"),
        truth(),
        100.0,
        tells=("10",),
        refused="10",
    ),
    Case(
        "D",
        "BVH: more frames stated than present",
        "a.bvh",
        write(stated_frames=100),
        refused="100.*60|60.*100|truncated",
        damaged=True,
    ),
    Case(
        "D",
        "BVH: fewer frames stated than present",
        "a.bvh",
        write(stated_frames=40),
        truth(),
        tells=("40",),
        refused="40.*60|60.*40",
    ),
    Case(
        "G",
        "BVH: carriage returns",
        "a.bvh",
        lambda path: path.write_bytes(text().replace("\n", "\r\n").encode()),
        truth(),
    ),
    Case(
        "G",
        "BVH: spaces and empty lines",
        "a.bvh",
        lambda path: path.write_text(text().replace("\t", "    ").replace("MOTION", "\nMOTION")),
        truth(),
    ),
    Case(
        "G",
        "BVH: decimal commas",
        "a.bvh",
        lambda path: path.write_text(text().replace(".", ",")),
        truth(),
        refused="comma|decimal|','",
    ),
    Case(
        "G",
        "BVH: a row with a number too few",
        "a.bvh",
        lambda path: path.write_text(
            "\n".join(
                line.rpartition(" ")[0] if at == 80 else line
                for at, line in enumerate(text().splitlines())
            )
            + "\n"
        ),
        refused="row|frame|line|numbers|columns",
        damaged=True,
    ),
    Case(
        "G",
        "BVH: a page of the web",
        "a.bvh",
        lambda path: path.write_text("<html></html>\n"),
        refused="HTML|HIERARCHY|MOTION|not a .bvh",
        damaged=True,
    ),
]
