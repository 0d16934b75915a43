"""Read published CMU files with corrected rate, unit, floor, bones and faulty frames."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.formats.bvh import read_bvh
from mariel_gnn.mocap.formats.labels import replace_aliases
from mariel_gnn.mocap.formats.marker_file import METRES, MarkerFile
from mariel_gnn.mocap.published import CmuTake
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

UNITS = {"daz": "cm", "cmu": "cmu"}
UP = "y"
# The conversion to the CMU rig lost two bones of the database's skeleton: the joints at their ends have
# the offset 0, so subject 05 has no thorax and short forearms. The thorax continues the spine (offset of
# Spine1); the wrist bone has half the length of the forearm (offset of LeftHand).
_THORAX = (-0.01863, 2.10897, -0.06956)
_LEFT_WRIST, _RIGHT_WRIST = (1.22187, 0.0, 0.0), (-1.2403, 0.0, 0.0)
LOST_OFFSETS: dict[str, dict[str, Sequence[float]]] = {
    "daz": {},
    "cmu": {
        "Neck": _THORAX,
        "LeftShoulder": _THORAX,
        "RightShoulder": _THORAX,
        "LeftFingerBase": _LEFT_WRIST,
        "LThumb": _LEFT_WRIST,
        "RightFingerBase": _RIGHT_WRIST,
        "RThumb": _RIGHT_WRIST,
    },
}


def read_cmu_file(path: Path, take: CmuTake, skeleton: Skeleton | None = None) -> MarkerFile:
    """Read a published file; faulty frames are NaN.

    Args:
        path: the file.
        take: what is known about it.
        skeleton: the marker set, for joint names that differ between the rigs.

    Raises:
        UserError: pybvh is not installed.
    """
    found = read_bvh(path, LOST_OFFSETS[take.rig])
    unit = UNITS[take.rig]
    positions = found.positions - (0.0, (take.floor_m or 0.0) / METRES[unit], 0.0)
    positions[faulty_frames(take, len(positions))] = np.nan
    corrected = dataclasses.replace(
        found,
        positions=positions,
        unit=unit,
        up=UP,
        rate_hz=take.rate_hz,
        unit_stated=True,
        up_stated=True,
    )
    return replace_aliases(corrected, skeleton)


def describe_take(take: CmuTake, frames: int) -> str:
    """What is known about a published file and how it was corrected, in words.

    Args:
        take: the file.
        frames: its number of frames.
    """
    faulty = np.flatnonzero(faulty_frames(take, frames))
    facts = [f"read with {take.rate_hz:g} frames a second and unit {UNITS[take.rig]}"]
    if len(faulty):
        facts.append(f"{len(faulty)} of {frames} frames are faulty ({_ranges(faulty)})")
    if take.floor_m:
        moved = "raised" if take.floor_m < 0 else "lowered"
        facts.append(f"{moved} by {abs(take.floor_m):.3f} m onto the floor")
    if LOST_OFFSETS[take.rig]:
        facts.append("lost thorax and wrist bones added")
    return f"CMU take {take.name}: {'; '.join(facts)}"


def faulty_frames(take: CmuTake, frames: int) -> NDArray[np.bool_]:
    """Which of a file's frames `[T]` are faulty."""
    faulty = np.ones(frames, dtype=np.bool_)
    for start, stop in take.valid_frames:
        faulty[start:stop] = False
    return faulty


def _ranges(frames: NDArray[np.int64]) -> str:
    """Ascending frame numbers as ranges: ``"0-9, 176-367"``."""
    starts = np.flatnonzero(np.diff(frames, prepend=-2) > 1)
    return ", ".join(f"{run[0]}-{run[-1]}" for run in np.split(frames, starts[1:]))
