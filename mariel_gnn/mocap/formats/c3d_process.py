"""Reads a `.c3d` file in a process of its own: `python c3d_process.py FILE.c3d OUT.npz`.

ezc3d is C++: a damaged file can end the process that reads it, or ask for all memory there is.
This file imports nothing of ours, so that starting it is quick; what it says on its last line of
stderr is why it failed.
"""

import struct
import sys
from typing import Any

import ezc3d
import numpy as np

LEAST_MEMORY_BYTES, MEMORY_PER_BYTE = 4 << 30, 200
MIPS = 86  # a processor type: the only one that writes the first byte first
# Points of these lists are results of the capture software, not places; TYPE_GROUPS names more lists.
NO_MARKERS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS")
MODELED_PLACES = "MODELED_MARKERS"


def bound_memory(path: str) -> None:
    """Let the process have no more memory than a file of this size can need."""
    try:
        import os
        import resource
    except ImportError:  # not on Windows
        return
    most = LEAST_MEMORY_BYTES + MEMORY_PER_BYTE * os.path.getsize(path)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def texts(points: Any, name: str) -> list[str]:
    """A list of texts; more than 255 go on in NAME2, NAME3, …"""
    found: list[str] = []
    number = 1
    while f"{name}{number if number > 1 else ''}" in points:
        found += points[f"{name}{number if number > 1 else ''}"]["value"]
        number += 1
    return [text.strip().strip("\0") for text in found]


def results(points: Any) -> set[str]:
    """The labels of points that are angles, forces and the like."""
    lists = {*NO_MARKERS, *texts(points, "TYPE_GROUPS")} - {MODELED_PLACES, ""}
    return {text for name in lists for text in texts(points, name)}


def axes(labels: list[str]) -> set[str]:
    """The labels of points that draw a segment's axes: its origin, and one forth, aside and up."""
    ends = "OALP"  # as Vicon's models name them: PELO, PELA, PELL, PELP
    stems = {label[:-1] for label in labels if label.endswith(ends[0])}
    whole = [stem for stem in stems if {stem + end for end in ends} <= {*labels}]
    return {stem + end for stem in whole for end in ends}


def frames_announced(path: str) -> int:
    """How many frames the header promises: its fourth and fifth word are the first and the last."""
    with open(path, "rb") as file:
        head = file.read(512)
        file.seek(512 * (head[0] - 1))
        processor = file.read(4)[3]
    first, last = struct.unpack_from(">HH" if processor == MIPS else "<HH", head, 6)
    return int(last) - int(first) + 1


def read(path: str) -> dict[str, Any]:
    """What the file holds of its markers, as arrays by name."""
    content = ezc3d.c3d(path)
    points = content["parameters"]["POINT"]
    positions = content["data"]["points"][:3].transpose(2, 1, 0)  # [T, J, C]
    announced = frames_announced(path)
    if len(positions) < announced:  # ezc3d is content with what there is
        raise ValueError(f"announces {announced} frames, holds {len(positions)}")
    positions[(content["data"]["meta_points"]["residuals"][0] < 0).T] = np.nan
    positions[(positions == 0).all(axis=2)] = np.nan  # what programs write that forget the residual
    labels = texts(points, "LABELS")[: positions.shape[1]]
    no_places = results(points) | axes(labels)
    kept = [n for n, label in enumerate(labels) if label and label not in no_places]
    said = {name: (texts(points, name) or [""])[0] for name in ("UNITS", "Y_SCREEN")}
    return {
        "positions": positions[:, kept],
        "labels": np.array([labels[n] for n in kept], dtype=str),
        "rate_hz": np.float64(points["RATE"]["value"][0]),
        "unit": np.array(said["UNITS"]),
        "y_screen": np.array(said["Y_SCREEN"]),
    }


if __name__ == "__main__":
    bound_memory(sys.argv[1])
    np.savez(sys.argv[2], **read(sys.argv[1]))
