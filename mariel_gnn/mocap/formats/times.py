"""Frame rate and frame numbers from the times of a file: the one place that decides them.

Times are checked before they are believed: their unit must give a rate that captures have, the rate
that a file states must agree with them, and a hole in them becomes frames without positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.frame_grid import (
    Disordered,
    Frames,
    filled_times,
    frames_of_numbers,
    frames_of_times,
)
from mariel_gnn.mocap.formats.marker_file import Floats
from mariel_gnn.mocap.formats.text_tables.time_cells import Times
from mariel_gnn.mocap.plausibility import RATES_HZ

SAME_RATE = 0.01  # relative difference of two statements that agree
MAX_GUESSED_HZ = 1000.0  # in another unit than the stated one: times 0, 0.5, 1 are no milliseconds
MAX_ERROR = 0.02  # of a rate from rounded times
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
    frames: Frames
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
        if times is not None and unit is not None:
            return _by_times(times, SECONDS[unit], lines, numbers, stated_hz, notes)
        if numbers is not None and (numbers == np.round(numbers)).all():
            return _by_numbers(numbers, lines, stated_hz, notes, doubt)
    except Disordered as error:
        raise UserError(f"{path}: {error}") from None
    return Timing(stated_hz, np.arange(len(lines)), tuple(notes), doubt)


def _by_numbers(
    numbers: Floats, lines: Sequence[int], stated_hz: float | None, notes: list[str], doubt: str
) -> Timing:
    """Place the lines by their frame numbers, with the stated rate."""
    frames, every = frames_of_numbers(numbers, lines, stated_hz, notes)
    if every > 1:
        rate = f", so it has {stated_hz / every:g} frames a second" if stated_hz else ""
        notes.append(f"holds one of {every} frames{rate}")
    return Timing(stated_hz / every if stated_hz else None, frames, tuple(notes), doubt)


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
    seconds = filled_times((times.values - first) * unit_s, lines, notes)
    largest = float(np.nanmax(np.abs(times.values)))
    written = max(times.step, float(np.spacing(largest))) * unit_s
    precision = 1e-3 * written if _are_exact(np.diff(np.sort(seconds))) else written
    frames, period = frames_of_times(seconds, precision, lines, notes)
    repeated = int(np.sum(np.diff(np.sort(seconds[frames >= 0])) == 0))
    if repeated:
        notes.append(
            f"its times are rounded, {repeated} repeat: the rate is that of the number of lines"
        )
    if numbers is not None:
        _compare_numbers(frames, numbers, notes)
    measured_hz, error_hz = _measured(seconds, frames, period, precision)
    if stated_hz is not None:  # two frames may be at 0.000 and 0.017 s
        error_hz = max(error_hz, written / float(np.ptp(seconds)) * measured_hz)
    return _compared(measured_hz, error_hz, stated_hz, frames, notes)


def _measured(
    seconds: Floats, frames: Frames, period: float, precision: float
) -> tuple[float, float]:
    """Return the rate of times, and its error if they are rounded; whole if they allow no finer one."""
    kept = frames >= 0
    off = np.abs(seconds[kept] - seconds[kept].min() - period * frames[kept]).max()
    rate_hz = 1 / period
    error_hz = precision / float(np.ptp(seconds)) * rate_hz if off > 0.05 * precision else 0.0
    if abs(rate_hz - round(rate_hz)) <= 2 * error_hz:
        return float(round(rate_hz)), error_hz
    return round(rate_hz, _ROUND_HZ), error_hz


def _compared(
    measured_hz: float, error_hz: float, stated_hz: float | None, frames: Frames, notes: list[str]
) -> Timing:
    """Compare the rate of the times with the stated one, which is more precise if they agree."""
    doubt = ""
    if stated_hz is None and error_hz > MAX_ERROR * measured_hz:
        doubt = (
            f"its times are rounded, so they give {measured_hz:g} ± {error_hz:.2g} frames a second"
        )
    if stated_hz is not None:
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


def _compare_numbers(frames: Frames, numbers: Floats, notes: list[str]) -> None:
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
