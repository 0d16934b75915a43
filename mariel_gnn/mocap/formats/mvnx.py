"""`.mvnx`: the XML export of Xsens MVN (Movella).

The positions of the segments' origins are read: metres, z up, right-handed, by the definition of the format.
A file may hold several subjects, which share one clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.labels import shorten_list
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile
from mariel_gnn.mocap.formats.mvnx_xml import CAPTURED, Subject, parse_subjects
from mariel_gnn.mocap.plausibility import RATES_HZ

RATE_TOLERANCE = 0.02  # relative difference between the stated rate and the rate of the times
ROUNDING_MS = 1.5  # of the difference between two times
HOLE = 1.5  # a step in time this many times longer than usual is a hole
MAX_SPARSE = 20  # frames of the clock for each frame in the file
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class _Clock:
    """The frame rate, None if unknown, and the ascending frame numbers `[T]` of a subject."""

    rate_hz: float | None
    numbers: Numbers


def read_mvnx(path: Path) -> MarkerFile:
    """Read the positions of all segments of all subjects.

    Frames that are missing, by their numbers or times, become gaps. With several subjects, the names are
    like `Anna:Pelvis`.

    Raises:
        UserError: the file is damaged, has no positions, or contradicts itself.
    """
    subjects = [subject for subject in parse_subjects(path) if subject.positions]
    if not subjects:
        raise UserError(f"{path}: has no captured frames (type {CAPTURED}): export it again")
    clocks = [_clock(subject, path) for subject in subjects]
    rate_hz = _common_rate([clock.rate_hz for clock in clocks], path)
    positions = _on_one_clock(subjects, [clock.numbers for clock in clocks], path)
    prefixes = _prefixes(subjects)
    labels, edges = [], []
    for prefix, subject in zip(prefixes, subjects, strict=True):
        labels += [prefix + segment for segment in subject.segments]
        edges += [(prefix + a, prefix + b) for a, b in subject.joints]
    notes = [note for subject in subjects for note in _notes(subject)]
    notes += _missing([clock.numbers for clock in clocks])
    return MarkerFile(
        positions,
        tuple(labels),
        rate_hz=rate_hz,
        edges=tuple(edges),
        notes=tuple(dict.fromkeys(notes)),
    )


def _clock(subject: Subject, path: Path) -> _Clock:
    """Return the frame rate and the frame numbers of a subject, with holes for missing frames.

    Raises:
        UserError: numbers or times do not ascend, or the stated rate contradicts the times.
    """
    numbers, times = _ascending_numbers(subject, path), np.array(subject.times)
    stated = subject.rate_hz
    if stated is not None and not RATES_HZ[0] <= stated <= RATES_HZ[1]:
        subject.notes.append(f"states frameRate {stated:g}, which is not believed")
        stated = None
    if len(times) < 2 or np.isnan(times).any() or np.ptp(times) == 0:
        return _Clock(stated, numbers)
    times = _milliseconds(subject, times, numbers, path)
    rate_hz, tolerance = _rate_of_times(numbers, times)
    if stated and abs(rate_hz - stated) > tolerance * stated:
        raise UserError(
            f"{path}: states frameRate {stated:g}, but its times give {rate_hz:.4g} frames a second: "
            "correct frameRate in the file, or export it again"
        )
    return _Clock(stated or rate_hz, _with_holes(numbers, times, stated or rate_hz))


def _milliseconds(subject: Subject, times: Floats, numbers: Numbers, path: Path) -> Floats:
    """Return the times in milliseconds, as the program writes them; other programs write seconds."""
    waits = np.diff(times)
    if (waits < 0).any():
        raise UserError(
            f"{path}: its clock starts anew at captured frame {int(np.argmax(waits < 0)) + 1}: export the "
            "takes as two files"
        )
    if np.median(waits / np.diff(numbers)) >= 1000 / RATES_HZ[1]:
        return times
    subject.notes.append("the times are in seconds")
    return 1000 * times


def _with_holes(numbers: Numbers, times: Floats, rate_hz: float) -> Numbers:
    """Return frame numbers that also step over the holes that only the times show."""
    steps, waits = np.diff(numbers), np.diff(times)
    late = waits > HOLE * steps * 1000 / rate_hz + ROUNDING_MS
    by_time = np.round(waits * rate_hz / 1000).astype(np.int64)
    taken = np.where(late, np.maximum(by_time, steps), steps)
    numbers_with_holes: Numbers = numbers[0] + np.concatenate([[0], np.cumsum(taken)])
    return numbers_with_holes


def _ascending_numbers(subject: Subject, path: Path) -> Numbers:
    """Return the stated frame numbers, or consecutive ones if a number is not stated."""
    stated = [number for number in subject.numbers if number is not None]
    if len(stated) < len(subject.numbers):
        return np.arange(len(subject.numbers))
    numbers = np.array(stated, dtype=np.int64)
    if (np.diff(numbers) < 1).any():
        at = int(np.flatnonzero(np.diff(numbers) < 1)[0])
        raise UserError(
            f"{path}: its frames are not in order: frame {numbers[at + 1]} follows {numbers[at]}: "
            "export it again"
        )
    return numbers


def _rate_of_times(numbers: Numbers, times: Floats) -> tuple[float, float]:
    """Return the frames a second without holes, and their relative tolerance; times in ms."""
    steps, waits = np.diff(numbers), np.diff(times)
    usual = float(np.median(waits / steps))
    regular = waits <= HOLE * usual * steps + ROUNDING_MS
    total_ms = float(waits[regular].sum())
    if total_ms == 0:
        return np.inf, np.inf
    return 1000 * float(steps[regular].sum()) / total_ms, RATE_TOLERANCE + ROUNDING_MS / total_ms


def _common_rate(rates: Sequence[float | None], path: Path) -> float | None:
    known = sorted({rate for rate in rates if rate is not None})
    if known and known[-1] - known[0] > RATE_TOLERANCE * known[0]:
        raise UserError(
            f"{path}: its subjects have {known[0]:g} and {known[-1]:g} frames a second: export each into "
            "a file of its own"
        )
    return known[0] if known else None


def _on_one_clock(subjects: Sequence[Subject], clocks: Sequence[Numbers], path: Path) -> Floats:
    """Return the positions `[T, J, C]` of all subjects; NaN in frames that a subject does not have."""
    first = min(int(numbers[0]) for numbers in clocks)
    frames = max(int(numbers[-1]) for numbers in clocks) - first + 1
    longest = max(map(len, clocks))
    if frames > MAX_SPARSE * longest:
        raise UserError(
            f"{path}: has {longest} frames with numbers over a range of {frames}: export it again"
        )
    columns = []
    for subject, numbers in zip(subjects, clocks, strict=True):
        positions = np.full((frames, len(subject.segments), 3), np.nan)
        for number, coordinates in zip(numbers - first, subject.positions, strict=True):
            if len(coordinates):
                positions[number] = coordinates.reshape(-1, 3)
        columns.append(positions)
    return np.concatenate(columns, axis=1)


def _prefixes(subjects: Sequence[Subject]) -> list[str]:
    """Return the prefix of each subject's names: empty for one, distinct for several."""
    if len(subjects) == 1:
        return [""]
    names = [subject.name or f"subject {place + 1}" for place, subject in enumerate(subjects)]
    return [
        f"{name} {place + 1}:" if names.count(name) > 1 else f"{name}:"
        for place, name in enumerate(names)
    ]


def _notes(subject: Subject) -> list[str]:
    """What was guessed or left out of one subject."""
    notes = [*subject.notes]
    if subject.calibration:
        kinds = ", ".join(subject.calibration)
        notes.append(f"{subject.calibration.total()} calibration frames are left out ({kinds})")
    if subject.others:
        notes.append(f"only positions are read, not {shorten_list([*subject.others])}")
    lost = sum(not len(coordinates) for coordinates in subject.positions)
    if lost:
        notes.append(f"frames without positions: {lost}, they are gaps")
    return notes


def _missing(clocks: Sequence[Numbers]) -> list[str]:
    """A note on frames that are missing between others."""
    missing = max(int(numbers[-1] - numbers[0]) + 1 - len(numbers) for numbers in clocks)
    return [f"missing frames: {missing}, they are gaps"] if missing else []
