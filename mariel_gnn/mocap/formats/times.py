"""Frame rate and frame numbers from the times of a file: the one place that decides them.

Times are checked before they are believed: their unit must give a rate that captures have, the rate
that a file states must agree with them, and a hole in them becomes frames without positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import Floats
from mariel_gnn.mocap.formats.time_cells import Times

RATES_HZ = (5.0, 2000.0)  # of captures
SAME_RATE = 0.01  # relative difference of two statements that agree
MAX_GUESSED_HZ = 1000.0  # in another unit than the stated one: times 0, 0.5, 1 are no milliseconds
MAX_ERROR = 0.02  # of a rate from rounded times
MAX_HOLE_S = 600.0  # a longer one is between two takes
MAX_WITHOUT_TIME = 10  # lines in succession whose time is interpolated
MAX_REPEATED = 0.2  # of the lines
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ticks": 1e-7, "min": 60.0}
_IN_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds",
             "ticks": "ticks of 100 ns", "min": "minutes"}  # fmt: skip
# Counts since 1970 (2001 to 2049), since 1601 (FILETIME) and since the year 1 (.NET), by their size.
_EPOCHS = (("s", 1e9, 2.5e9), ("ms", 1e12, 2.5e12), ("us", 1e15, 2.5e15), ("ns", 1e18, 2.5e18),
           ("ticks", 1.26e17, 1.42e17), ("ticks", 6.3e17, 6.5e17))  # fmt: skip
_ROUND_HZ = 3  # decimals


@dataclass(frozen=True)
class Timing:
    """When the lines of a file were recorded.

    Attributes:
        rate_hz: frames per second; None if the file does not state it.
        frames: the number of the frame of each line `[rows]`, from 0; -1 for a line that is left out.
        notes: what was guessed, corrected or left out.
        doubt: why the rate cannot be decided; then the user must state it.
    """

    rate_hz: float | None
    frames: NDArray[np.int64]
    notes: tuple[str, ...] = ()
    doubt: str = ""


def timing(
    path: Path,
    lines: Sequence[int],
    times: Times | None = None,
    numbers: Floats | None = None,
    stated_hz: float | None = None,
) -> Timing:
    """Decide the rate and the frame of each line of a file.

    Args:
        path: the file's name in errors.
        lines: the number of each line in the file.
        times: their times, if the file has any.
        numbers: their frame numbers `[rows]`, if the file has any.
        stated_hz: the rate that the head of the file states.

    Raises:
        UserError: the lines are not in one order of time, such as two takes in one file.
    """
    notes: list[str] = []
    if stated_hz is not None and not RATES_HZ[0] <= stated_hz <= RATES_HZ[1]:
        notes.append(f"states {stated_hz:g} frames a second, which no capture has: not used")
        stated_hz = None
    if numbers is not None and not (_advances(numbers) and np.isfinite(numbers).all()):
        numbers = None
    if times is not None and not _advances(times.values):
        notes += [f"its column {times.name} does not advance: not used"] if len(lines) > 1 else []
        times = None
    if times is not None and _counts_frames(times):
        notes.append(f"its column {times.name} counts frames: it states no rate")
        numbers, times = times.values if numbers is None else numbers, None
    unit, doubt = _unit(times, notes, stated_hz) if times is not None else (None, "")
    try:
        if times is None or unit is None:
            return _by_numbers(len(lines), lines, numbers, stated_hz, notes, doubt)
        return _by_times(times, SECONDS[unit], lines, numbers, stated_hz, notes)
    except _Disordered as error:
        raise UserError(f"{path}: {error}") from None


class _Disordered(ValueError):
    """The lines are not in one order of time."""


def _advances(values: Floats) -> bool:
    present = values[np.isfinite(values)]
    return len(present) > 1 and bool(np.ptp(present) > 0) and 2 * len(present) > len(values)


def _counts_frames(times: Times) -> bool:
    """Return whether times are 0, 1, 2, …: frame numbers, unless another unit than seconds is stated."""
    counted = (np.diff(times.values) == 1).mean() > 0.5
    return times.unit in (None, "s") and bool(counted) and bool(times.values[0] < 1e6)


def _unit(times: Times, notes: list[str], stated_hz: float | None) -> tuple[str | None, str]:
    """Return the unit of times, and a doubt if there is none that gives a rate that captures have.

    The stated unit is tried first, then the one that fits their size, as of counts since 1970. A unit
    that gives the stated rate is preferred.
    """
    steps = np.diff(np.sort(times.values[np.isfinite(times.values)]))
    # Rounded times repeat: then only the mean step is right.
    step = float(np.median(steps[steps > 0]) if (steps == 0).mean() < 0.05 else steps.mean())
    first = float(np.nanmin(np.abs(times.values)))
    epoch = next((unit for unit, low, high in _EPOCHS if low <= first <= high), None)
    order = [unit for unit in (times.unit, epoch, "s", "ms", "us", "ns", "ticks") if unit]
    rates = {unit: 1 / (step * SECONDS[unit]) for unit in order}
    possible = [
        unit for unit, rate_hz in rates.items()
        if is_capture_rate(rate_hz) and (unit == order[0] or rate_hz <= MAX_GUESSED_HZ)
    ]  # fmt: skip
    if stated_hz is not None and not (times.unit or epoch):
        possible.sort(key=lambda unit: not _agree(rates[unit], stated_hz))
    if possible:
        unit = possible[0]
        if unit != (times.unit or "s"):
            although = f", although {_IN_WORDS[times.unit]} are stated" if times.unit else ""
            notes.append(f"its column {times.name} is in {_IN_WORDS[unit]}{although}")
        return unit, ""
    doubt = (
        f"its column {times.name} advances by {step:g} a line, which is no capture rate in any unit"
    )
    if stated_hz is None:
        return None, doubt
    notes.append(f"{doubt}: the stated {stated_hz:g} frames a second are used")
    return None, ""


def is_capture_rate(rate_hz: float) -> bool:
    """Return whether captures have this rate; 2,000 Hz from rounded times may be a bit more."""
    return RATES_HZ[0] * (1 - SAME_RATE) <= rate_hz <= RATES_HZ[1] * (1 + SAME_RATE)


def _agree(a_hz: float, b_hz: float) -> bool:
    return abs(a_hz - b_hz) <= SAME_RATE * max(a_hz, b_hz)


def _by_times(
    times: Times,
    unit_s: float,
    lines: Sequence[int],
    numbers: Floats | None,
    stated_hz: float | None,
    notes: list[str],
) -> Timing:
    """Place the lines by their times, and compare with the stated rate and the frame numbers."""
    first = float(np.nanmin(times.values))
    seconds = _filled((times.values - first) * unit_s, lines, notes)
    largest = float(np.nanmax(np.abs(times.values)))
    written = max(times.step, float(np.spacing(largest))) * unit_s
    precision = 1e-3 * written if _are_exact(np.diff(np.sort(seconds))) else written
    frames, period = _place(seconds, precision, lines, notes)
    if numbers is not None:
        _compare_numbers(frames, numbers, notes)
    kept = frames >= 0
    off = np.abs(seconds[kept] - seconds[kept].min() - period * frames[kept]).max()
    measured_hz = round(1 / period, _ROUND_HZ)
    # Rounded times allow no finer rate than a whole number.
    error_hz = precision / float(np.ptp(seconds)) / period if off > 0.05 * precision else 0.0
    if abs(1 / period - round(1 / period)) <= 2 * error_hz:
        measured_hz = float(round(1 / period))
    if stated_hz is None:
        doubt = (
            f"its times are rounded, so they give {measured_hz:g} ± {error_hz:.2g} frames a second"
        )
        uncertain = error_hz > MAX_ERROR * measured_hz
        return Timing(measured_hz, frames, tuple(notes), doubt if uncertain else "")
    if _agree(stated_hz, measured_hz) or abs(stated_hz - measured_hz) <= error_hz:
        return Timing(stated_hz, frames, tuple(notes))
    doubt = f"states {stated_hz:g} frames a second, but its times give {measured_hz:g}"
    return Timing(measured_hz, frames, tuple(notes), doubt)


def _are_exact(steps: Floats) -> bool:
    """Return whether steps are multiples of one period, so that the times are not rounded."""
    positive = steps[steps > 0]
    multiples = positive / np.median(positive)
    return bool((np.abs(multiples - np.round(multiples)) < 1e-3).all()) and len(
        positive
    ) > 0.95 * len(steps)


def _filled(seconds: Floats, lines: Sequence[int], notes: list[str]) -> Floats:
    """Interpolate the times of lines that have none."""
    missing = ~np.isfinite(seconds)
    if not missing.any():
        return seconds
    rows = np.arange(len(seconds))
    present = rows[~missing]
    if missing[0] or missing[-1] or np.diff(present).max() > MAX_WITHOUT_TIME:
        raise _Disordered(
            f"{_lines(int(missing.sum()))} no time, the first is line {lines[int(missing.argmax())]}: "
            "delete them, or write their times"
        )
    notes.append(f"{_lines(int(missing.sum()))} no time: interpolated from the lines around them")
    filled: Floats = np.interp(rows, present, seconds[~missing])
    return filled


def _place(
    seconds: Floats, precision: float, lines: Sequence[int], notes: list[str]
) -> tuple[NDArray[np.int64], float]:
    """Return the frame of each line, -1 for a line that is left out, and the time between two frames."""
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
        raise _Disordered(
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
    if precision > 0.1 * period:  # rounded: the mean, without holes
        usual = steps[steps <= 2.5 * period + precision]
        period = float(usual.mean())
    # The counts are of single steps, so they are right although the first estimate is not exact.
    frames = np.concatenate(([0], np.cumsum(_counts(steps, period, precision))))
    slope = float(np.polyfit(frames, ordered - ordered[0], 1)[0]) if frames[-1] else period
    return slope if 0.5 * period < slope < 2 * period else period


def _counts(steps: Floats, period: float, precision: float) -> NDArray[np.int64]:
    """Return how many frames each step is; one for a step that is uneven or rounded only."""
    uneven = 0.4 if precision < 0.25 * period else 0.1
    near = np.abs(steps / period - 1) <= uneven + precision / period
    counts: NDArray[np.int64] = np.where(near, 1, np.round(steps / period)).astype(np.int64)
    return counts


def _frames(ordered: Floats, period: float, precision: float) -> NDArray[np.int64]:
    """Return the frame of each time, from 0.

    Steps are counted, so that small deviations become no holes. If that drifts away from the times, as
    of cameras without a constant rate, each line gets the nearest frame.
    """
    counted = np.concatenate(([0], np.cumsum(_counts(np.diff(ordered), period, precision))))
    elapsed = (ordered - ordered[0]) / period
    if np.abs(counted - elapsed).max() <= 1.5 + 1.5 * precision / period:
        return counted
    return np.round(elapsed).astype(np.int64)


def _leave_out_repeated(
    places: NDArray[np.int64],
    lines: NDArray[np.int64],
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
        raise _Disordered(f"{what}: export one line for each frame")
    notes.append(f"{what}: left out")
    places[repeated] = -1


def _lines(count: int) -> str:
    return "1 line has" if count == 1 else f"{count} lines have"


def _describe_holes(seconds: Floats, places: NDArray[np.int64], notes: list[str]) -> None:
    steps = np.diff(places)
    holes = np.flatnonzero(steps > 1)
    if not len(holes):
        return
    longest = int(steps.argmax())
    span = f"between {seconds[longest]:.6g} s and {seconds[longest + 1]:.6g} s"
    if seconds[longest + 1] - seconds[longest] > MAX_HOLE_S:
        raise _Disordered(f"its time jumps {span} of the file: cut the file there into two takes")
    lost = int((steps[holes] - 1).sum())
    places_text = f"the longest of {len(holes)} holes is {span}" if len(holes) > 1 else span
    notes.append(f"{lost} frames are missing in its times, {places_text}: read as gaps")


def _by_numbers(
    rows: int,
    lines: Sequence[int],
    numbers: Floats | None,
    stated_hz: float | None,
    notes: list[str],
    doubt: str,
) -> Timing:
    """Place the lines by their frame numbers, with the stated rate; in their order without numbers."""
    if numbers is None or (numbers != np.round(numbers)).any():
        return Timing(stated_hz, np.arange(rows), tuple(notes), doubt)
    order = np.argsort(numbers, kind="stable")
    steps = np.diff(numbers[order]).astype(np.int64)
    back = np.flatnonzero(np.diff(numbers) < 0)
    if (steps == 0).any():
        again = int(back[0] if len(back) else (np.diff(numbers) == 0).argmax()) + 1
        raise _Disordered(
            f"its frame number {numbers[again]:g} in line {lines[again]} occurs twice or starts anew: cut the "
            "file there into two takes, or keep one line for each frame"
        )
    if len(back):
        notes.append(
            f"its lines are not in the order of their frame numbers: sorted ({len(back)} go back)"
        )
    every = int(np.gcd.reduce(steps))
    if every > 1:
        rate = f", so it has {stated_hz / every:g} frames a second" if stated_hz else ""
        notes.append(f"holds one of {every} frames{rate}")
        stated_hz = stated_hz / every if stated_hz else None
    counts = steps // every
    if counts.max() > 1:
        after = numbers[order][int(counts.argmax())]
        if counts.max() > MAX_HOLE_S * (stated_hz or RATES_HZ[0]):
            raise _Disordered(
                f"its frame numbers jump behind {after:g}: cut the file there into two takes"
            )
        lost = int((counts - 1).sum())
        notes.append(f"{lost} frame numbers are missing, the most behind {after:g}: read as gaps")
    frames = np.empty(rows, dtype=np.int64)
    frames[order] = np.concatenate(([0], np.cumsum(counts)))
    return Timing(stated_hz, frames, tuple(notes), doubt)


def _compare_numbers(frames: NDArray[np.int64], numbers: Floats, notes: list[str]) -> None:
    kept = frames >= 0
    steps, counted = np.diff(frames[kept]), np.diff(numbers[kept])
    usual = float(np.median(counted / np.where(steps == 0, 1, steps)))
    different = np.flatnonzero(np.abs(counted - usual * steps) > 0.5 * abs(usual))
    if len(different):
        notes.append(
            f"its frame numbers and its times disagree behind frame {numbers[kept][different[0]]:g} "
            f"(in {len(different)} places): the times are used"
        )


def place_rows(positions: Floats, timing: Timing) -> Floats:
    """Put the lines' positions `[rows, J, C]` at their frames `[T, J, C]`; NaN where there is no line."""
    kept = timing.frames >= 0
    if np.array_equal(timing.frames, np.arange(len(positions))):
        return positions
    placed = np.full((int(timing.frames.max()) + 1, *positions.shape[1:]), np.nan)
    placed[timing.frames[kept]] = positions[kept]
    return placed
