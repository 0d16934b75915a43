"""`.bvh`: joint trees, read from their text (`bvh_file`); `bvh_writing` writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mariel_gnn.mocap.formats.bvh_file import (
    BvhContent,
    Joint,
    is_moving,
    joint_positions,
    parse_bvh,
)
from mariel_gnn.mocap.formats.labels import (
    MIN_MARKERS,
    distinct_labels,
    shorten_list,
)
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.text_tables.text_table import read_text
from mariel_gnn.mocap.plausibility import RATES_HZ

UP = "y"
# Rates that captures have. A frame time that is none in seconds is the rate itself, or in milliseconds.
USUAL_HZ = (
    24,
    25,
    29.97,
    30,
    48,
    50,
    59.94,
    60,
    90,
    100,
    120,
    150,
    180,
    200,
    240,
    250,
    300,
    360,
    480,
)
SAME_RATE, ROUNDED = 0.005, 5e-5  # relative differences


def read_bvh(path: Path, offsets: Mapping[str, Sequence[float]] | None = None) -> MarkerFile:
    """Read the positions of all joints.

    Args:
        path: the file.
        offsets: joint name -> offset `[C]` from its parent that replaces the one in the file, in the
            file's units and axes; other joints keep theirs.

    Raises:
        UserError: the file is truncated or damaged.
    """
    text, text_notes = read_text(path)
    content = parse_bvh(text, path)
    labels, label_notes = _labels(content)
    kept = [n for n, joint in enumerate(content.joints) if not joint.is_end or joint.offset.any()]
    edges = [(content.joints[n].parent, n) for n in kept]
    rate_hz, rate_doubt, rate_notes = _rate(content.frame_time)
    return MarkerFile(
        joint_positions(content, offsets)[:, kept],
        tuple(labels[n] for n in kept),
        "cm",
        UP,
        rate_hz,
        unit_stated=False,
        up_stated=False,
        edges=tuple((labels[parent], labels[n]) for parent, n in edges if parent is not None),
        notes=(*text_notes, *content.notes, *label_notes, *rate_notes, *_channel_notes(content)),
        rate_doubt=rate_doubt,
    )


def _labels(content: BvhContent) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a label for each joint: bodies of several roots are dancers, `1:Hips`, `2:Hips`."""
    joints = content.joints
    root_of: list[int] = []
    for n, joint in enumerate(joints):
        root_of.append(n if joint.parent is None else root_of[joint.parent])
    names = [joint.name for joint in joints]
    trees = {
        root: [n for n, of in enumerate(root_of) if of == root] for root in dict.fromkeys(root_of)
    }
    bodies = [members for members in trees.values() if len(members) >= MIN_MARKERS]
    prefixes = [
        {name.rpartition(":")[0] for name in map(names.__getitem__, body)} for body in bodies
    ]
    dancer_notes: list[str] = []
    if len(bodies) > 1 and ({""} in prefixes or len(set.union(*prefixes)) < len(bodies)):
        for number, body in enumerate(bodies, start=1):
            for n in body:
                names[n] = f"{number}:{names[n]}"
        roots = " and ".join(names[body[0]] for body in bodies)
        dancer_notes.append(f"has {len(bodies)} roots: read as {len(bodies)} dancers, {roots}")
    labels, notes = distinct_labels(names)
    return labels, (*dancer_notes, *notes)


def _rate(frame_time: float | None) -> tuple[float | None, str, list[str]]:
    """Return the rate, the doubt if the frame time allows none, and a note if it is not in seconds."""
    if frame_time is None or not frame_time > 0 or not np.isfinite(frame_time):
        return None, f"Frame Time is {'missing' if frame_time is None else f'{frame_time:g}'}", []
    rate_hz = 1 / frame_time
    if RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        whole = round(rate_hz)  # frame times are rounded: 0.008333 is 120 Hz
        return (float(whole) if abs(whole - rate_hz) <= ROUNDED * whole else rate_hz), "", []
    what = f"Frame Time is {frame_time:g}, which would be {rate_hz:.3g} frames a second"
    readings = {"frames a second": frame_time, "milliseconds": 1000 / frame_time}
    usual = {
        word: hz
        for word, rate in readings.items()
        for hz in USUAL_HZ
        if abs(hz - rate) <= SAME_RATE * hz
    }
    if len(usual) != 1:
        return None, what, []
    ((word, hz),) = usual.items()
    rate_hz = float(hz) if word == "milliseconds" else frame_time
    return rate_hz, "", [f"{what}: read as {frame_time:g} {word}, {rate_hz:g} Hz"]


def _channel_notes(content: BvhContent) -> list[str]:
    """Describe joints that move against their parents, and channels that are no position or rotation."""
    notes = []
    moving = [joint.name for joint in content.joints if is_moving(content, joint)]
    if moving:
        notes.append(
            f"bones change in length, their joints have moving positions: {shorten_list(moving)}"
        )
    others = sorted({name for joint in content.joints for name in _others(joint)})
    if others:
        notes.append(
            f"channels that are no position or rotation are left out: {shorten_list(others)}"
        )
    return notes


def _others(joint: Joint) -> list[str]:
    known = {column for kind in ("position", "rotation") for _, column in joint.columns(kind)}
    return [name for at, name in enumerate(joint.channels) if joint.first_channel + at not in known]
