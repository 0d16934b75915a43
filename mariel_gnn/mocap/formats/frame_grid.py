"""From the times or the frame numbers of lines to frames: order, holes, repeated and rounded times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.formats.marker_file import Floats

Frames = NDArray[np.int64]

MAX_HOLE_S = 600.0  # a longer one is between two takes
USUAL_HZ = 100.0  # for the longest hole in frame numbers, if no rate is stated
MAX_WITHOUT_TIME = 10  # lines in succession whose time is interpolated
MAX_REPEATED = 0.2  # of the lines


class Disordered(ValueError):
    """The lines are not in one order of time."""


def filled_times(seconds: Floats, lines: Sequence[int], notes: list[str]) -> Floats:
    """Interpolate the times of lines that have none; the arguments are those of `frames_of_times`."""
    missing = ~np.isfinite(seconds)
    if not missing.any():
        return seconds
    rows = np.arange(len(seconds))
    present = rows[~missing]
    if missing[0] or missing[-1] or np.diff(present).max() > MAX_WITHOUT_TIME:
        raise Disordered(
            f"{_lines(int(missing.sum()))} no time, the first is line {lines[int(missing.argmax())]}: "
            "delete them, or write their times"
        )
    notes.append(f"{_lines(int(missing.sum()))} no time: interpolated from the lines around them")
    filled: Floats = np.interp(rows, present, seconds[~missing])
    return filled


def frames_of_times(
    seconds: Floats, precision: float, lines: Sequence[int], notes: list[str]
) -> tuple[Frames, float]:
    """Place lines at frames by their times.

    Args:
        seconds: the times `[rows]`.
        precision: to which they are written, seconds.
        lines: the number of each line in the file.
        notes: what was left out or sorted is appended.

    Returns:
        The frame of each line, -1 for a line that is left out, and the time between two frames.

    Raises:
        Disordered: the times are of several takes.
    """
    order = np.argsort(seconds, kind="stable")
    ordered = seconds[order]
    period = _period(ordered, precision)
    _check_order(seconds, period, precision, lines, notes)
    places = _frames(ordered, period, precision)
    _leave_out_repeated(places, np.array(lines)[order], ordered, precision, notes)
    _describe_holes(ordered[places >= 0], places[places >= 0], notes)
    frames = np.empty(len(seconds), dtype=np.int64)
    frames[order] = places
    return frames, period


def _check_order(
    seconds: Floats, period: float, precision: float, lines: Sequence[int], notes: list[str]
) -> None:
    """Tell lines that are out of order from a clock that starts anew, which is refused."""
    steps = np.diff(seconds)
    back = np.flatnonzero(steps < -0.5 * precision)
    if not len(back):
        return
    repeated = (
        (np.diff(np.sort(seconds)) < 0.1 * period).mean() if precision < 0.5 * period else 0.0
    )
    # Two takes with one clock lie between each other: sorted, their steps are shorter than in the file.
    shorter = len(back) < 0.1 * len(steps) and float(np.median(steps[steps > 0])) > 1.3 * period
    if repeated > 0.2 or shorter or (repeated > 0 and len(back) < 0.1 * len(steps)):
        at = int(back[0])
        raise Disordered(
            f"its time starts anew at line {lines[at + 1]} ({seconds[at + 1]:.6g} s behind {seconds[at]:.6g} "
            "s): cut the file there into two takes"
        )
    notes.append(
        f"its lines are not in the order of time: sorted by time (it goes back {len(back)} times)"
    )


def _period(ordered: Floats, precision: float) -> float:
    """Compute the time between two frames from sorted times: exactly, although they are rounded."""
    steps = np.diff(ordered)
    period = float(np.median(steps[steps > 0.1 * precision]))
    if precision > 0.001 * period:  # rounded: the mean, without holes
        usual = steps[steps <= 1.5 * period + precision]
        period = float(usual.mean())
    # The counts are of single steps, so they are right although the first estimate is not exact.
    frames = np.concatenate(([0], np.cumsum(_counts(steps, period, precision))))
    slope = float(np.polyfit(frames, ordered - ordered[0], 1)[0]) if frames[-1] else period
    return slope if 0.5 * period < slope < 2 * period else period


def _counts(steps: Floats, period: float, precision: float) -> Frames:
    """Return how many frames each step is; one for a step that is uneven or rounded only."""
    uneven = 0.4 if precision < 0.25 * period else 0.1
    near = np.abs(steps / period - 1) <= uneven + precision / period
    counts: Frames = np.where(near, 1, np.round(steps / period)).astype(np.int64)
    return counts


def _frames(ordered: Floats, period: float, precision: float) -> Frames:
    """Return the frame of each time, from 0.

    Steps are counted, so that small deviations become no holes. If that drifts away from the times, as
    of cameras without a constant rate, each line gets the nearest frame.
    """
    counted = np.concatenate(([0], np.cumsum(_counts(np.diff(ordered), period, precision))))
    elapsed = (ordered - ordered[0]) / period
    if np.abs(counted - elapsed).max() <= 1.5 + 1.5 * precision / period:
        return counted
    nearest: Frames = np.round(elapsed).astype(np.int64)
    return nearest


def _leave_out_repeated(
    places: Frames,
    lines: Frames,
    ordered: Floats,
    precision: float,
    notes: list[str],
) -> None:
    """Mark the lines whose frame has a line already, in place."""
    repeated = np.flatnonzero(np.diff(places) == 0) + 1
    if not len(repeated):
        return
    equal = int((np.diff(ordered)[repeated - 1] < 0.1 * precision).sum())
    what = (
        "the time of another line" if equal == len(repeated) else "uneven times, two for one frame"
    )
    what = f"{_lines(len(repeated))} {what} (the first is line {lines[repeated[0]]})"
    if len(repeated) > MAX_REPEATED * len(places):
        raise Disordered(f"{what}: export one line for each frame")
    notes.append(f"{what}: left out")
    places[repeated] = -1


def _describe_holes(seconds: Floats, places: Frames, notes: list[str]) -> None:
    steps = np.diff(places)
    holes = np.flatnonzero(steps > 1)
    if not len(holes):
        return
    longest = int(steps.argmax())
    span = f"between {seconds[longest]:.6g} s and {seconds[longest + 1]:.6g} s"
    if seconds[longest + 1] - seconds[longest] > MAX_HOLE_S:
        raise Disordered(f"its time jumps {span} of the file: cut the file there into two takes")
    lost = int((steps[holes] - 1).sum())
    places_text = f"the longest of {len(holes)} holes is {span}" if len(holes) > 1 else span
    notes.append(f"{lost} frames are missing in its times, {places_text}: read as gaps")


def frames_of_numbers(
    numbers: Floats, lines: Sequence[int], rate_hz: float | None, notes: list[str]
) -> tuple[Frames, int]:
    """Place lines at frames by their frame numbers.

    Args:
        numbers: whole numbers `[rows]`.
        lines: the number of each line in the file.
        rate_hz: as stated, if it is.
        notes: what is missing or sorted is appended.

    Returns:
        The frame of each line, from 0, and the step of the numbers: 2 if every second frame is there.

    Raises:
        Disordered: a number occurs twice, or the numbers are of several takes.
    """
    order = np.argsort(numbers, kind="stable")
    steps = np.diff(numbers[order]).astype(np.int64)
    back = np.flatnonzero(np.diff(numbers) < 0)
    if (steps == 0).any():
        again = int(back[0] if len(back) else (np.diff(numbers) == 0).argmax()) + 1
        raise Disordered(
            f"its frame number {numbers[again]:g} in line {lines[again]} occurs twice or starts anew: cut "
            "the file there into two takes, or keep one line for each frame"
        )
    if len(back):
        notes.append("its lines are not in the order of their frame numbers: sorted by them")
    every = int(np.gcd.reduce(steps))
    counts = steps // every
    if counts.max() > 1:
        after = numbers[order][int(counts.argmax())]
        if counts.max() > MAX_HOLE_S * (rate_hz or USUAL_HZ):
            raise Disordered(
                f"its frame numbers jump behind {after:g}: cut the file there into two takes"
            )
        lost = int((counts - 1).sum())
        notes.append(f"{lost} frame numbers are missing, the most behind {after:g}: read as gaps")
    frames = np.empty(len(numbers), dtype=np.int64)
    frames[order] = np.concatenate(([0], np.cumsum(counts)))
    return frames, every


def _lines(count: int) -> str:
    return "1 line has" if count == 1 else f"{count} lines have"
