"""Calibration poses at the ends of takes, such as the T-pose that an exporter puts into the first frame.

Such a pose is no dance: it leads into a leap, and if all takes share it, a split seems to leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.recording import Recording

Floats = NDArray[np.floating]

TOLERANCE_M = 1e-4  # of a pose that is held by a program, not by a dancer
# A pose that a program adds ends in one step: a quarter of the markers are fast there, three times faster
# than in the next step, and slow down by more than a dancer can.
MIN_SHARE, MIN_SPEED_M_PER_S, MIN_RATIO, MIN_SLOWING_M_PER_S2 = 0.25, 3.0, 3.0, 60.0
MAX_SHARE_OF_TAKE = 0.5


def cut_calibration_poses(recordings: Sequence[Recording]) -> tuple[list[Recording], list[str]]:
    """Cut off the poses at the ends of takes that are no dance.

    A pose is cut if it is held to numerical precision and left in an impossible step, or if the takes of
    two files share it, wherever in the room, and go on differently.

    Args:
        recordings: whole takes; gaps may be NaN.

    Returns:
        The recordings in the same order, and a line for each that was cut.
    """
    forwards = [recording.positions for recording in recordings]
    backwards = [positions[::-1] for positions in forwards]
    sources = [recording.source for recording in recordings]
    rates_hz = [recording.rate_hz for recording in recordings]
    starts, ends = (_pose_frames(each, sources, rates_hz) for each in (forwards, backwards))
    kept, notes = [], []
    for recording, start, end in zip(recordings, starts, ends, strict=True):
        if start + end == 0:
            kept.append(recording)
            continue
        part = recording.part(start, len(recording) - end)
        kept.append(replace(part, notes=recording.notes))
        notes.append(f"{recording.name}: {describe_pose(start, end)}")
    return kept, notes


def calibration_frames(recording: Recording) -> tuple[int, int]:
    """Return the number of frames at the start and at the end that are a pose of one take alone."""
    sides = (recording.positions, recording.positions[::-1])
    start, end = (_pose_frames([side], [""], [recording.rate_hz])[0] for side in sides)
    return start, end


def describe_pose(start: int, end: int) -> str:
    """Describe the frames that were cut off at the start and at the end; empty if there are none."""
    places = [
        f"{n} frame{'s' * (n > 1)} at the {place}"
        for n, place in ((start, "start"), (end, "end"))
        if n
    ]
    return f"cut off a calibration pose (T-pose): {' and '.join(places)}" if places else ""


def _pose_frames(
    takes: Sequence[Floats], sources: Sequence[str], rates_hz: Sequence[float]
) -> list[int]:
    """The number of frames at the start of each take `[T, J, C]` that are a calibration pose."""
    held = [_held_frames(take) for take in takes]
    shared = _share_their_start(takes, held, sources)
    return [
        frames
        if 0 < frames <= MAX_SHARE_OF_TAKE * len(take)
        and (one_of_several or _is_left_in_one_step(take, frames, rate_hz))
        else 0
        for take, frames, one_of_several, rate_hz in zip(takes, held, shared, rates_hz, strict=True)
    ]


def _held_frames(take: Floats) -> int:
    """The number of frames at the start in which nothing moves but the body as a whole."""
    if not len(take) or not np.isfinite(take[0]).all():
        return 0
    for frame in range(1, len(take)):
        if not _same_pose(take[frame], take[0]):
            return frame
    return len(take)


def _same_pose(a: Floats, b: Floats) -> bool:
    return bool(np.abs((a - a.mean(axis=0)) - (b - b.mean(axis=0))).max() <= TOLERANCE_M)


def _share_their_start(
    takes: Sequence[Floats], held: Sequence[int], sources: Sequence[str]
) -> list[bool]:
    """Whether a take of another file starts in the same pose and goes on differently."""
    shared = [False] * len(takes)
    usable = [
        number
        for number, (take, frames) in enumerate(zip(takes, held, strict=True))
        if 0 < frames < len(take)
    ]
    for position, one in enumerate(usable):
        for other in usable[position + 1 :]:
            if sources[one] == sources[other] or takes[one].shape[1] != takes[other].shape[1]:
                continue
            if not _same_pose(takes[one][0], takes[other][0]):
                continue
            if not _same_pose(takes[one][held[one]], takes[other][held[other]]):
                shared[one] = shared[other] = True
    return shared


def _is_left_in_one_step(take: Floats, frames: int, rate_hz: float) -> bool:
    """Whether the step after the first frames is impossible for a dancer."""
    if frames + 1 >= len(take):
        return False
    step, after = np.linalg.norm(np.diff(take[frames - 1 : frames + 2], axis=0), axis=2) * rate_hz
    sudden = (step > MIN_SPEED_M_PER_S) & (step > MIN_RATIO * after)
    sudden &= (step - after) * rate_hz > MIN_SLOWING_M_PER_S2  # false for NaN
    return bool(sudden.mean() >= MIN_SHARE)
