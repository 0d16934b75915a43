"""Cases of written files: what a format cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from tests.mocap.file_cases.body import NAMES, RATE_HZ, Body, array, dancer, with_gap
from tests.mocap.file_cases.verdict import Case

SUFFIXES = (".npz", ".csv", ".trc", ".c3d")
NAMES_TO_WRITE = {
    "a comma": "Head,left",
    "a tab": "Head\tleft",
    "a newline": "Head\nleft",
    "a quote": 'Head"left',
    "a semicolon": "Head;left",
    "256 letters": "H" * 256,
    "a colon": "Sword:tip",
    "spaces at its ends": " Head ",
    "an umlaut": "Köpfchen",
    "the ending _x": "Head_x",
    "the name of the time column": "time",
    "nothing but a number": "12",
    "an asterisk first": "*12",
    "a number sign": "Head#2",
}


def written(body: Body, rate_hz: float = RATE_HZ) -> Callable[[Path], object]:
    """A writer of a body through the interface of all formats."""
    names = tuple(body)
    edges = tuple((0, n) for n in range(1, len(names)))
    skeleton = Skeleton("case", names, names, edges, (), {"torso": tuple(range(len(names)))}, (0,))
    recording = Recording("case", array(body).astype(np.float32), rate_hz, "case")
    return lambda path: write_recording(path, recording, skeleton)


def _named(name: str) -> Body:
    return {name if each == "Head" else each: positions for each, positions in dancer().items()}


def _cases() -> Iterator[Case]:
    for suffix in SUFFIXES:
        for what, name in NAMES_TO_WRITE.items():
            body = _named(name)
            yield Case(
                "F",
                f"{suffix}: a name with {what}",
                f"a{suffix}",
                written(body),
                body,
                refused="name",
            )
        both = {**dancer(), "HEAD": dancer(seed=1)["Head"]}
        yield Case(
            "F", f"{suffix}: names that differ in case only", f"a{suffix}", written(both), both
        )
        for rate_hz in (29.97, 119.88, 1000.0, 5.0):
            yield Case(
                "F",
                f"{suffix}: {rate_hz:g} Hz",
                f"a{suffix}",
                written(dancer(), rate_hz),
                dancer(),
                rate_hz,
            )
        gap = with_gap(dancer(), "LWrist", 0, 40)
        yield Case("F", f"{suffix}: a gap at the start", f"a{suffix}", written(gap), gap)
        lost = {
            name: np.where(np.arange(300)[:, None] > 290, np.nan, p) for name, p in dancer().items()
        }
        yield Case("F", f"{suffix}: all lost at the end", f"a{suffix}", written(lost), lost)
        one = {name: positions[:1] for name, positions in dancer().items()}
        yield Case(
            "F",
            f"{suffix}: one frame",
            f"a{suffix}",
            written(one),
            one,
            rate_hz=35.0 if suffix == ".csv" else RATE_HZ,  # the times of one frame tell no rate
            tells=("rate 35",) if suffix == ".csv" else (),
        )
    long = {name: positions for name, positions in dancer(70_000).items() if name in NAMES[:9]}
    yield Case("F", ".c3d: 70,000 frames", "a.c3d", written(long), long, refused="65,?535|frames")


CASES = list(_cases())
