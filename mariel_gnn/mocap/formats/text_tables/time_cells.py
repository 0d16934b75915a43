"""The cells of a column of times: numbers with a unit, times of day, dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from mariel_gnn.mocap.formats.marker_file import Floats

_UNIT_WORDS = {
    "s": "s|secs?|seconds?", "ms": "ms|msecs?|millis|milliseconds?|millisec",
    "us": "us|µs|usecs?|micros|microseconds?", "ns": "ns|nsecs?|nanos|nanoseconds?",
    "ticks": "ticks?", "min": "min|minutes?",
}  # fmt: skip
_CLOCK = re.compile(
    r"(?:.*[T ])?(?:(\d{1,2}):)?(\d{1,2}):(\d{2})(?:[.,](\d+))?(?: ?([AP])M)?(?:Z|[+-]\d\d:?\d\d)?"
)
_FRAMES_CLOCK = re.compile(r"\d{1,2}:\d{2}:\d{2}[:;]\d{1,3}")


class Times(NamedTuple):
    """The times of the lines of a file.

    Attributes:
        values: `[rows]`, in the unit; NaN where there is none.
        unit: a key of `times.SECONDS`, if the file states it.
        step: the precision to which the times are written, in the unit.
        name: the name of the column in messages.
    """

    values: Floats
    unit: str | None
    step: float
    name: str = "time"


def parse_times(cells: Sequence[str], name: str, numbers: Floats) -> Times:
    """Parse a column of times.

    Args:
        cells: the column's cells; `hh:mm:ss.fff`, with a date before it or not, is understood.
        name: the column's name; it may state the unit.
        numbers: the cells as numbers; NaN where a cell is none.
    """
    clock = [_CLOCK.fullmatch(cell) for cell in cells]
    if any(clock):
        values = np.array([_seconds(cell) for cell in cells])
        decimals = max(len(found[4] or "") for found in clock if found)
        return Times(_without_midnight(values), "s", 10.0**-decimals, name)
    plain = [cell.replace(",", ".").lower() for cell in cells]
    exponent = any("e" in cell for cell in plain)
    decimals = 9 if exponent else max((len(cell.partition(".")[2]) for cell in plain), default=0)
    return Times(numbers, unit_of_name(name), 10.0**-decimals, name)


def is_time(cell: str) -> bool:
    """Return whether a cell is a time of day, with a date or without."""
    return _CLOCK.fullmatch(cell) is not None


def counts_frames(cell: str) -> bool:
    """Return whether a cell is a timecode `hh:mm:ss:ff`, which needs a rate to be a time."""
    return _FRAMES_CLOCK.fullmatch(cell) is not None


def unit_of_name(name: str) -> str | None:
    """Return the unit that the name of a column of times states, such as `time_ms`; None if it does not."""
    last = re.split(r"[ _.\-(\[]+", name.strip(" )]").lower())[-1]
    for unit, words in _UNIT_WORDS.items():
        if re.fullmatch(words, last):
            return unit
    return None


def _seconds(cell: str) -> float:
    found = _CLOCK.fullmatch(cell)
    if not found:
        return float("nan")
    hours, minutes, seconds = (int(found[number] or 0) for number in (1, 2, 3))
    if found[5]:
        hours = hours % 12 + (12 if found[5] == "P" else 0)
    days = 0
    if date := re.search(r"(\d{4})-(\d{2})-(\d{2})", cell):
        days = datetime(*map(int, date.groups())).toordinal()  # type: ignore[arg-type]
    fraction = float(f"0.{found[4] or 0}")
    return 86400.0 * days + 3600 * hours + 60 * minutes + seconds + fraction


def _without_midnight(seconds: Floats) -> Floats:
    """Add a day where a clock without a date passes midnight."""
    days = np.concatenate(([0], np.cumsum(np.nan_to_num(np.diff(seconds)) < -43200)))
    passed: Floats = seconds + 86400.0 * days
    return passed
