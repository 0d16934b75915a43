"""Cases of arrays: a shape is not a body."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.mocap.file_cases.body import NAMES, Body, Floats, array, dancer, y_up
from tests.mocap.file_cases.verdict import Case


def joints(count: int, frames: int, seed: int = 0) -> Floats:
    """A moving body of some joints `[T, J, C]`: the dancer's and points near them on the same bones."""
    body = array(dancer(frames, seed=seed))
    rng = np.random.default_rng(9)
    chosen = [*range(min(count, 17)), *rng.integers(0, 17, max(0, count - 17)).tolist()]
    offsets = np.where(np.arange(count)[:, None] < 17, 0.0, rng.uniform(-0.05, 0.05, (count, 3)))
    return body[:, chosen] + offsets


def save(positions: Floats) -> Callable[[Path], object]:
    """A writer of one array."""
    return lambda path: np.save(path, positions.astype(np.float32))


def savez(**arrays: object) -> Callable[[Path], object]:
    """A writer of several arrays."""
    return lambda path: np.savez(path, **arrays)  # type: ignore[arg-type]


def numbered(positions: Floats) -> Body:
    """A truth without names: the reader chooses them."""
    return {f"#{number}": positions[:, number] for number in range(positions.shape[1])}


_SPIKED = array(dancer())
_SPIKED[100, NAMES.index("LWrist")] = (90000.0, 0.0, 0.0)

_NOISE = np.random.default_rng(0).normal(0, 0.5, (300, 53, 3))

CASES = [
    Case(
        "C",
        "NPY: 55 frames of 22 joints, y up",
        "a.npy",
        save(y_up(joints(22, 55))),
        numbered(joints(22, 55)),
        35.0,
        tells=("22",),
        refused="22",
        numbered=True,
    ),
    Case(
        "C",
        "NPY: 55 frames of 22 joints, z up",
        "a.npy",
        save(joints(22, 55)),
        numbered(joints(22, 55)),
        35.0,
        tells=("22",),
        refused="22",
        numbered=True,
    ),
    Case(
        "C",
        "NPY: 18 joints of a pose estimator",
        "a.npy",
        save(joints(18, 300)),
        numbered(joints(18, 300)),
        35.0,
        tells=("18",),
        refused="18",
        numbered=True,
        never="LANK|ARIEL|LHEL|CLAV",
    ),
    Case(
        "C",
        "NPY: 53 joints that are not the markers",
        "a.npy",
        save(joints(53, 300)),
        numbered(joints(53, 300)),
        35.0,
        tells=("53",),
        refused="53|mariel53",
        numbered=True,
        never="LANK|ARIEL|LHEL|CLAV",
    ),
    Case(
        "C",
        "NPY: 33 landmarks",
        "a.npy",
        save(joints(33, 300)),
        numbered(joints(33, 300)),
        35.0,
        tells=("33",),
        refused="33",
        numbered=True,
    ),
    Case(
        "C", "NPY: joints in millimetres", "a.npy", save(1000 * joints(22, 300)), refused="mm|unit"
    ),
    Case(
        "C", "NPY: joints in centimetres", "a.npy", save(100 * joints(22, 300)), refused="cm|unit"
    ),
    Case(
        "C",
        "NPY: joints first, then frames",
        "a.npy",
        save(joints(22, 300).transpose(1, 0, 2)),
        numbered(joints(22, 300)),
        35.0,
        tells=("22",),
        refused="22|axes|layout",
        numbered=True,
    ),
    Case(
        "C",
        "NPY: coordinates first",
        "a.npy",
        save(joints(22, 300).transpose(2, 0, 1)),
        refused="shape",
    ),
    Case("C", "NPY: two coordinates", "a.npy", save(joints(17, 300)[..., :2]), refused="shape|2"),
    Case(
        "C",
        "NPY: flat rows of 66 numbers",
        "a.npy",
        save(joints(22, 300).reshape(300, -1)),
        refused="shape",
    ),
    Case(
        "C",
        "NPY: noise",
        "a.npy",
        save(_NOISE),
        numbered(_NOISE),
        35.0,
        numbered=True,
        tells=("m/s",),
        refused="body|plausible|jump|m/s|smooth",
    ),
    Case(
        "C",
        "NPY: features of 263 numbers (HumanML3D)",
        "a.npy",
        save(np.random.default_rng(0).normal(0, 1, (120, 263))),
        refused="shape|263",
    ),
    Case(
        "2",
        "NPZ: joints, names and rate",
        "a.npz",
        savez(joints=array(dancer()), names=np.array(NAMES), fps=60.0),
        dancer(),
        60.0,
    ),
    Case(
        "2",
        "NPZ: positions, joint_names, frame_rate",
        "a.npz",
        savez(positions=array(dancer()), joint_names=np.array(NAMES), frame_rate=60.0),
        dancer(),
        60.0,
    ),
    Case(
        "2",
        "NPZ: AMASS parameters",
        "a.npz",
        savez(
            poses=np.zeros((300, 156)),
            trans=np.zeros((300, 3)),
            betas=np.zeros(16),
            gender=np.array("neutral"),
            mocap_framerate=np.float64(120),
        ),
        refused="AMASS|SMPL|body model",
    ),
    Case(
        "A",
        "NPZ: one name twice",
        "a.npz",
        savez(
            positions_m=np.concatenate([array(dancer()), dancer(seed=1)["Head"][:, None]], axis=1),
            markers=np.array([*NAMES, "Head"]),
            rate_hz=100.0,
        ),
        {
            **{n: p for n, p in dancer().items() if n != "Head"},
            "Head#1": dancer()["Head"],
            "Head#2": dancer(seed=1)["Head"],
        },
        tells=("Head",),
        numbered=True,
    ),
    Case(
        "C",
        "NPZ: millimetres without a word",
        "a.npz",
        savez(positions_m=1000 * array(dancer()), markers=np.array(NAMES), rate_hz=100.0),
        refused="mm|unit|tall",
    ),
    Case(
        "D",
        "NPZ: a rate of 0.02",
        "a.npz",
        savez(positions_m=array(dancer()), markers=np.array(NAMES), rate_hz=0.02),
        refused="0.02",
    ),
    Case(
        "E",
        "NPZ: one value 90 km away",
        "a.npz",
        savez(positions_m=_SPIKED, markers=np.array(NAMES), rate_hz=100.0),
        dancer(),
        tells=("LWrist",),
        cleaned=True,
        tolerance_m=0.01,
    ),
]
