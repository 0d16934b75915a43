"""Cleaning: short gaps are filled, long ones cut the recording, jumps are reported."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


@dataclass(frozen=True)
class CleaningOptions:
    """How gaps and jumps are treated.

    Args:
        max_gap_s: longest gap of a marker that is filled, seconds (usually 0.1 to 0.5); longer ones
            cut the recording in two.
        jump_m_per_s: speed over which a jump from frame to frame is reported, metres a second.
    """

    max_gap_s: float = 0.2
    jump_m_per_s: float = 15.0


Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])


DEFAULT_CLEANING = CleaningOptions()


@dataclass(frozen=True)
class CleaningReport:
    """What cleaning did to one recording.

    Attributes:
        recording: its name.
        filled_values: marker positions that were interpolated, over all frames.
        cut_frames: frames taken out because a marker was missing for too long.
        jumps: (marker name, frame of the file, speed in m/s) of each step over the stated speed.
    """

    recording: str
    filled_values: int
    cut_frames: int
    jumps: tuple[tuple[str, int, float], ...]

    def messages(self) -> list[str]:
        """What to tell the user; empty where there was nothing to do."""
        told = []
        if self.filled_values:
            told.append(f"{self.recording}: filled {self.filled_values} missing marker positions")
        if self.cut_frames:
            told.append(f"{self.recording}: cut out {self.cut_frames} frames with long gaps")
        if self.jumps:
            marker, frame, speed = max(self.jumps, key=lambda jump: jump[2])
            told.append(
                f"{self.recording}: {len(self.jumps)} jumps, the worst {marker} at frame "
                f"{frame} with {speed:.0f} m/s (kept as recorded)"
            )
        return told


def clean(
    recording: Recording, skeleton: Skeleton, max_gap_s: float = 0.2, jump_m_per_s: float = 15.0
) -> tuple[list[Recording], CleaningReport]:
    """Fill short gaps, cut at long ones, find jumps.

    Gaps are filled on a straight line between the marker's last and next position; gaps at either
    end have no two sides and are cut off whatever their length.

    Args:
        recording: with NaN where a marker was not seen.
        skeleton: its marker names, for the report.
        max_gap_s: the longest gap that is filled, seconds.
        jump_m_per_s: the speed from frame to frame over which a jump is reported.

    Returns:
        The unbroken parts in order (the recording itself if nothing was cut), and the report.

    Raises:
        UserError: a marker is missing throughout.
    """
    missing: NDArray[np.bool_] = np.asarray(np.isnan(recording.positions).any(axis=2))
    _no_marker_missing_throughout(recording, missing, skeleton)
    jumps = tuple(_jumps(recording, skeleton, jump_m_per_s))
    if not missing.any():
        return [recording], CleaningReport(recording.name, 0, 0, jumps)
    unfilled = _long_gaps(missing, round(max_gap_s * recording.rate_hz))
    positions = interpolate_gaps(recording.positions, missing)
    bad_frames: NDArray[np.bool_] = np.asarray(unfilled.any(axis=1))
    filled = dataclasses.replace(recording, positions=positions)
    parts = [filled.part(start, stop) for start, stop in runs(~bad_frames)]
    filled_values = int((missing & ~bad_frames[:, None]).sum())
    return parts, CleaningReport(recording.name, filled_values, int(bad_frames.sum()), jumps)


def speed_m_per_s(positions: Floats, rate_hz: float) -> Floats:
    """Speed of each marker from frame to frame `[T-1, J]` of positions `[T, J, C]` in metres."""
    speed: Floats = np.linalg.norm(np.diff(positions, axis=0), axis=2) * rate_hz
    return speed


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs of True in a mask `[T]`, as (start, stop) with stop one past the end."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def interpolate_gaps(positions: Floats, missing: NDArray[np.bool_]) -> Floats:
    """Positions `[T, J, C]` with missing ones on straight lines between those before and after.

    Args:
        positions: what was seen.
        missing: what was not, `[T, J]`; at either end the nearest position is held.
    """
    whole, frames = positions.copy(), np.arange(len(positions))
    for marker in np.flatnonzero(missing.any(axis=0)):
        gap = missing[:, marker]
        for axis in range(positions.shape[2]):
            seen = positions[~gap, marker, axis]
            whole[gap, marker, axis] = np.interp(frames[gap], frames[~gap], seen)
    return whole


def _no_marker_missing_throughout(
    recording: Recording, missing: NDArray[np.bool_], skeleton: Skeleton
) -> None:
    lost = [skeleton.markers[index] for index in np.flatnonzero(missing.all(axis=0))]
    if lost:
        raise UserError(
            f"{recording.source}: marker {', '.join(lost[:5])}{' …' if len(lost) > 5 else ''} is "
            "missing in every frame: leave the file out, or give a skeleton without it (data.skeleton)"
        )


def _long_gaps(missing: NDArray[np.bool_], max_gap_frames: int) -> NDArray[np.bool_]:
    """Which missing values `[T, J]` are not to be filled: long gaps, and those at either end."""
    long = np.zeros_like(missing)
    for marker in np.flatnonzero(missing.any(axis=0)):
        for start, stop in runs(missing[:, marker]):
            at_an_end = start == 0 or stop == len(missing)
            if at_an_end or stop - start > max_gap_frames:
                long[start:stop, marker] = True
    return long


def _jumps(
    recording: Recording, skeleton: Skeleton, jump_m_per_s: float
) -> list[tuple[str, int, float]]:
    speed = speed_m_per_s(recording.positions, recording.rate_hz)
    frames, markers = np.nonzero(speed > jump_m_per_s)  # a NaN is not over anything
    return [
        (skeleton.markers[j], recording.start_frame + int(t) + 1, float(speed[t, j]))
        for t, j in zip(frames, markers, strict=True)
    ]
