"""Cleaning: removes impossible positions, fills short gaps, cuts recordings at long gaps and leaps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.leaps import MAX_REACH_M, Mask, find_leaps
from mariel_gnn.mocap.recording import Recording, missing_positions
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.ranges import at_least

MAX_PASSES = 10  # of one recording: a second one is rare
MAX_LISTED = 3  # places in a message


@dataclass(frozen=True)
class CleaningOptions:
    """Options for gaps and leaps.

    Args:
        max_gap_s: longest gap of a marker that is interpolated, seconds (usually 0.1 to 0.5); a longer
            gap cuts the recording in two.
        jump_m_per_s: speed between two frames above which an abrupt step is an impossible leap, metres a
            second (a fast kick has 12). A marker that leaps away and back is treated as a gap.
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
        removed: positions that were removed as impossible, as (marker name, first frame of the file,
            number of frames).
        cuts: frames of the file before which the recording was cut, because markers leap there.
        rate_hz: frames per second, for the seconds in messages.
        removed_mask: the removed positions, `[T, J]`.
    """

    recording: str
    filled_values: int
    cut_frames: int
    removed: tuple[tuple[str, int, int], ...] = ()
    cuts: tuple[int, ...] = ()
    rate_hz: float = 1.0
    removed_mask: Mask = field(default_factory=lambda: np.zeros((0, 0), np.bool_), compare=False)

    def messages(self) -> list[str]:
        """Return one line for each kind of change; empty if there are none."""
        lines = []
        if self.removed:
            count = sum(frames for _, _, frames in self.removed)
            places = [f"{marker} at {self.place(frame)}" for marker, frame, _ in self.removed]
            lines.append(
                f"{self.recording}: removed {count} impossible positions (leaps, or over "
                f"{MAX_REACH_M:g} m from the body), now gaps: {list_places(places)}"
            )
        if self.cuts:
            places = [self.place(frame) for frame in self.cuts]
            leaps = "an impossible leap" if len(places) == 1 else f"{len(places)} impossible leaps"
            lines.append(f"{self.recording}: cut at {leaps}: {list_places(places)}")
        if self.filled_values:
            lines.append(f"{self.recording}: filled {self.filled_values} missing marker positions")
        if self.cut_frames:
            lines.append(f"{self.recording}: cut out {self.cut_frames} frames with long gaps")
        return lines

    def place(self, frame: int) -> str:
        """Return a frame of the file with its seconds, for messages."""
        return f"frame {frame} ({frame / self.rate_hz:.2f} s)"


def list_places(places: Sequence[str]) -> str:
    """Join the first few places for a message."""
    return ", ".join(places[:MAX_LISTED]) + ", …" * (len(places) > MAX_LISTED)


def clean(
    recording: Recording, skeleton: Skeleton, max_gap_s: float = 0.2, jump_m_per_s: float = 15.0
) -> tuple[list[Recording], CleaningReport]:
    """Remove impossible positions, fill short gaps, cut at long gaps and at leaps that remain.

    Gaps are interpolated linearly. Gaps at the start or the end cannot be interpolated, so their frames
    are removed. The parts are cleaned again until nothing changes, so cleaning them once more does nothing.

    Args:
        recording: NaN for gaps.
        skeleton: its marker names, for the report.
        max_gap_s: the longest gap that is filled, seconds.
        jump_m_per_s: the speed above which an abrupt step is a leap, see `find_leaps`.

    Returns:
        The parts without gaps in order (the recording itself if nothing was changed), and the report.

    Raises:
        UserError: a marker is missing, or at an impossible place, in every frame.
    """
    longest = round(max_gap_s * recording.rate_hz)
    parts, passes = [recording], []
    for _ in range(MAX_PASSES):
        cleaned = [_clean_once(part, skeleton, longest, jump_m_per_s, recording) for part in parts]
        passes += [changes for _, changes in cleaned if changes]
        parts = [new for news, _ in cleaned for new in news]
        if not any(changes for _, changes in cleaned):
            break
    return parts, _report(recording, skeleton, parts, passes)


def impossible_note(recording: Recording, skeleton: Skeleton) -> str:
    """Return one line on what `clean` would remove or cut as impossible; empty if there is nothing.

    It is for commands that keep a recording as it is.
    """
    options = DEFAULT_CLEANING
    longest = round(options.max_gap_s * recording.rate_hz)
    removed, cuts = find_leaps(
        recording.positions, recording.rate_hz, options.jump_m_per_s, longest
    )
    said = []
    if removed.any():
        frames, markers = np.nonzero(removed)
        at = f"{skeleton.markers[markers[0]]} in frame {frames[0]} ({frames[0] / recording.rate_hz:.2f} s)"
        what = f"leaps, or over {MAX_REACH_M:g} m from the body; the first: {at}"
        said.append(f"{_counted(int(removed.sum()), 'impossible position')} ({what})")
    if cuts:
        leaps = _counted(len(cuts), "impossible leap")
        said.append(f"{leaps} of the body (the first in frame {cuts[0]})")
    kept = "kept as they are; training removes them"
    note = f"{recording.source}: has {' and '.join(said)}: {kept}" if said else ""
    return note.replace("\n", "\\n")  # a name in a file may have line feeds


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class _Changes:
    """The changes of one pass: first frame, gaps `[T, J]`, removed positions `[T, J]`, cuts."""

    start_frame: int
    missing: Mask
    removed: Mask
    cuts: list[int]


def _clean_once(
    recording: Recording, skeleton: Skeleton, longest: int, jump_m_per_s: float, whole: Recording
) -> tuple[list[Recording], _Changes | None]:
    missing = missing_positions(recording.positions)
    leaps = find_leaps(recording.positions, recording.rate_hz, jump_m_per_s, longest)
    gaps = missing | leaps.removed
    if recording is whole:
        _check_markers_present(recording, missing, gaps, skeleton)
    if not gaps.any() and not leaps.cuts:
        return [recording], None
    parts = []
    for start, stop in zip([0, *leaps.cuts], [*leaps.cuts, len(recording)], strict=True):
        parts += _fill(recording.part(start, stop), gaps[start:stop], longest)
    same = len(parts) == 1 and np.array_equal(parts[0].positions, recording.positions)
    changes = _Changes(recording.start_frame, missing, leaps.removed, leaps.cuts)
    return ([recording], None) if same else (parts, changes)


def _fill(recording: Recording, gaps: Mask, longest: int) -> list[Recording]:
    """The parts without gaps: short ones are filled, long ones cut."""
    if gaps.all(axis=0).any():
        return []  # a marker is missing throughout
    cut: Mask = np.asarray(_long_gaps(gaps, longest).any(axis=1))
    filled = dataclasses.replace(recording, positions=interpolate_gaps(recording.positions, gaps))
    return [filled.part(start, stop) for start, stop in runs(~cut)]


def _report(
    recording: Recording, skeleton: Skeleton, parts: Sequence[Recording], passes: Sequence[_Changes]
) -> CleaningReport:
    kept = np.zeros(len(recording), dtype=np.bool_)
    for part in parts:
        kept[part.start_frame - recording.start_frame : part.end_frame - recording.start_frame] = 1
    missing = missing_positions(recording.positions)
    removed = np.zeros_like(missing)
    for changes in passes:
        start = changes.start_frame - recording.start_frame
        removed[start : start + len(changes.removed)] |= changes.removed
    removed &= ~missing
    return CleaningReport(
        recording.name,
        filled_values=int(((missing | removed) & kept[:, None]).sum()),
        cut_frames=int((~kept).sum()),
        removed=tuple(
            (skeleton.markers[marker], recording.start_frame + start, stop - start)
            for marker in np.flatnonzero(removed.any(axis=0))
            for start, stop in runs(removed[:, marker])
        ),
        cuts=tuple(
            sorted({changes.start_frame + cut for changes in passes for cut in changes.cuts})
        ),
        rate_hz=recording.rate_hz,
        removed_mask=removed,
    )


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
    recording: Recording, missing: Mask, unusable: Mask, skeleton: Skeleton
) -> None:
    never = [skeleton.markers[index] for index in np.flatnonzero(unusable.all(axis=0))]
    if not never:
        return
    lost = "missing" if missing.all(axis=0).any() else f"missing or over {MAX_REACH_M:g} m away"
    raise UserError(
        f"{recording.source}: marker {', '.join(never[:5])}{' …' if len(never) > 5 else ''} is "
        f"{lost} in every frame: leave the file out, or use a skeleton without it (data.skeleton)"
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
