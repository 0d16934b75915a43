"""Cleaning: fills short gaps, cuts recordings at long gaps, reports jumps."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.ranges import at_least


@dataclass(frozen=True)
class CleaningOptions:
    """Options for gaps and jumps.

    Args:
        max_gap_s: longest gap of a marker that is interpolated, seconds (usually 0.1 to 0.5); a longer
            gap cuts the recording in two.
        jump_m_per_s: speed between two frames above which a jump is reported, metres a second.
    """

    max_gap_s: float = at_least(0, default=0.2)
    jump_m_per_s: float = at_least(0, default=15.0)


Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])


DEFAULT_CLEANING = CleaningOptions()


@dataclass(frozen=True)
class CleaningReport:
    """The changes to one recording.

    Attributes:
        recording: its name.
        filled_values: number of interpolated marker positions in all frames.
        cut_frames: number of removed frames, in which a marker has a long gap.
        jumps: (marker name, frame of the file, speed in m/s) of each jump.
    """

    recording: str
    filled_values: int
    cut_frames: int
    jumps: tuple[tuple[str, int, float], ...]

    def messages(self) -> list[str]:
        """Return one line for each kind of change; empty if there are none."""
        lines = []
        if self.filled_values:
            lines.append(f"{self.recording}: filled {self.filled_values} missing marker positions")
        if self.cut_frames:
            lines.append(f"{self.recording}: cut out {self.cut_frames} frames with long gaps")
        if self.jumps:
            marker, frame, speed = max(self.jumps, key=lambda jump: jump[2])
            lines.append(
                f"{self.recording}: {len(self.jumps)} jumps, the fastest {marker} at frame "
                f"{frame} with {speed:.0f} m/s (not changed)"
            )
        return lines


def clean(
    recording: Recording, skeleton: Skeleton, max_gap_s: float = 0.2, jump_m_per_s: float = 15.0
) -> tuple[list[Recording], CleaningReport]:
    """Fill short gaps, cut at long gaps, find jumps.

    Gaps are interpolated linearly. Gaps at the start or the end cannot be interpolated, so their frames
    are removed.

    Args:
        recording: NaN for gaps.
        skeleton: its marker names, for the report.
        max_gap_s: the longest gap that is filled, seconds.
        jump_m_per_s: the speed between two frames above which a jump is reported.

    Returns:
        The parts without gaps in order (the recording itself if nothing was cut), and the report.

    Raises:
        UserError: a marker is missing in every frame.
    """
    missing: NDArray[np.bool_] = np.asarray(np.isnan(recording.positions).any(axis=2))
    _check_markers_present(recording, missing, skeleton)
    jumps = tuple(_jumps(recording, skeleton, jump_m_per_s))
    if not missing.any():
        return [recording], CleaningReport(recording.name, 0, 0, jumps)
    long_gaps = _long_gaps(missing, round(max_gap_s * recording.rate_hz))
    positions = interpolate_gaps(recording.positions, missing)
    cut_frames: NDArray[np.bool_] = np.asarray(long_gaps.any(axis=1))
    filled = dataclasses.replace(recording, positions=positions)
    parts = [filled.part(start, stop) for start, stop in runs(~cut_frames)]
    filled_values = int((missing & ~cut_frames[:, None]).sum())
    return parts, CleaningReport(recording.name, filled_values, int(cut_frames.sum()), jumps)


def speed_m_per_s(positions: Floats, rate_hz: float) -> Floats:
    """Compute each marker's speed between frames `[T-1, J]`, for positions `[T, J, C]` in metres."""
    speed: Floats = np.linalg.norm(np.diff(positions, axis=0), axis=2) * rate_hz
    return speed


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the runs of True in a mask `[T]` as (start, stop); stop is one past the end."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def interpolate_gaps(positions: Floats, missing: NDArray[np.bool_]) -> Floats:
    """Interpolate gaps linearly; at the start and the end the nearest position is repeated.

    Args:
        positions: `[T, J, C]`.
        missing: which of them are gaps, `[T, J]`.
    """
    filled, frames = positions.copy(), np.arange(len(positions))
    for marker in np.flatnonzero(missing.any(axis=0)):
        gap = missing[:, marker]
        for axis in range(positions.shape[2]):
            visible = positions[~gap, marker, axis]
            filled[gap, marker, axis] = np.interp(frames[gap], frames[~gap], visible)
    return filled


def _check_markers_present(
    recording: Recording, missing: NDArray[np.bool_], skeleton: Skeleton
) -> None:
    never = [skeleton.markers[index] for index in np.flatnonzero(missing.all(axis=0))]
    if never:
        raise UserError(
            f"{recording.source}: marker {', '.join(never[:5])}{' …' if len(never) > 5 else ''} is "
            "missing in every frame: leave the file out, or use a skeleton without it (data.skeleton)"
        )


def _long_gaps(missing: NDArray[np.bool_], max_gap_frames: int) -> NDArray[np.bool_]:
    """Return which missing values `[T, J]` are not filled: long gaps, and gaps at the start or end."""
    long = np.zeros_like(missing)
    for marker in np.flatnonzero(missing.any(axis=0)):
        for start, stop in runs(missing[:, marker]):
            at_end = start == 0 or stop == len(missing)
            if at_end or stop - start > max_gap_frames:
                long[start:stop, marker] = True
    return long


def _jumps(
    recording: Recording, skeleton: Skeleton, jump_m_per_s: float
) -> list[tuple[str, int, float]]:
    speed = speed_m_per_s(recording.positions, recording.rate_hz)
    frames, markers = np.nonzero(speed > jump_m_per_s)  # comparisons with NaN are False
    return [
        (skeleton.markers[j], recording.start_frame + int(t) + 1, float(speed[t, j]))
        for t, j in zip(frames, markers, strict=True)
    ]
