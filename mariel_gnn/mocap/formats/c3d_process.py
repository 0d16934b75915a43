"""Reads a `.c3d` file in a separate process: `python c3d_process.py FILE.c3d OUT.npz`.

ezc3d is a C++ library: a damaged file can crash the process that reads it, or exhaust the memory.
This file imports nothing from the package, so it starts quickly. If it fails, the last line of stderr
is the reason.
"""

import os
import struct
import sys
from typing import Any

import ezc3d
import numpy as np

MIN_MEMORY_BYTES, MEMORY_PER_BYTE = 4 << 30, 200
MIPS = 86  # a processor type: the only one with big-endian numbers
# Points in these lists are computed quantities, not positions; TYPE_GROUPS names further lists.
COMPUTED = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS")
MODELED_POSITIONS = "MODELED_MARKERS"
AXIS_ENDINGS = "OALP"  # Vicon's names of a segment's origin and axes: PELO, PELA, PELL, PELP


def limit_memory(path: str) -> None:
    """Limit the memory of this process to what a file of this size can need."""
    try:
        import resource  # does not exist on Windows
    except ImportError:
        return
    limit = MIN_MEMORY_BYTES + MEMORY_PER_BYTE * os.path.getsize(path)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def texts(points: Any, name: str) -> list[str]:
    """Return a list of texts; lists of more than 255 continue in NAME2, NAME3, …"""
    found: list[str] = []
    number = 1
    while f"{name}{number if number > 1 else ''}" in points:
        found += points[f"{name}{number if number > 1 else ''}"]["value"]
        number += 1
    return [text.strip().strip("\0") for text in found]


def computed(points: Any) -> set[str]:
    """Return the labels of points that are angles, forces and similar quantities."""
    lists = {*COMPUTED, *texts(points, "TYPE_GROUPS")} - {MODELED_POSITIONS, ""}
    return {text for name in lists for text in texts(points, name)}


def axes(labels: list[str]) -> set[str]:
    """Return the labels of points that show a segment's axes: the origin and one on each axis."""
    stems = {label[:-1] for label in labels if label.endswith(AXIS_ENDINGS[0])}
    complete = [stem for stem in stems if {stem + end for end in AXIS_ENDINGS} <= {*labels}]
    return {stem + end for stem in complete for end in AXIS_ENDINGS}


def stated_frames(path: str) -> int:
    """Return the number of frames in the header: its fourth and fifth word are the first and last."""
    with open(path, "rb") as file:
        head = file.read(512)
        file.seek(512 * (head[0] - 1))
        processor = file.read(4)[3]
    first, last = struct.unpack_from(">HH" if processor == MIPS else "<HH", head, 6)
    return int(last) - int(first) + 1


def read(path: str) -> dict[str, Any]:
    """Read the markers of a file as arrays by name."""
    content = ezc3d.c3d(path)
    points = content["parameters"]["POINT"]
    positions = content["data"]["points"][:3].transpose(2, 1, 0)  # [T, J, C]
    stated = stated_frames(path)
    if len(positions) < stated:  # ezc3d does not report this
        raise ValueError(f"the header states {stated} frames, the file has {len(positions)}")
    positions[(content["data"]["meta_points"]["residuals"][0] < 0).T] = np.nan
    positions[(positions == 0).all(axis=2)] = np.nan  # some programs write no negative residual
    labels = texts(points, "LABELS")[: positions.shape[1]]
    dropped = computed(points) | axes(labels)
    kept = [n for n, label in enumerate(labels) if label and label not in dropped]
    unit, y_screen = ((texts(points, name) or [""])[0] for name in ("UNITS", "Y_SCREEN"))
    return {
        "positions": positions[:, kept],
        "labels": np.array([labels[n] for n in kept], dtype=str),
        "rate_hz": np.float64(points["RATE"]["value"][0]),
        "unit": np.array(unit),
        "y_screen": np.array(y_screen),
    }


if __name__ == "__main__":
    limit_memory(sys.argv[1])
    np.savez(sys.argv[2], **read(sys.argv[1]))
