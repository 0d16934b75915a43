"""Cases of CSV tables: units of time, dropped, shuffled and repeated rows."""

from __future__ import annotations

import numpy as np

from tests.mocap.file_cases.body import FRAMES, dancer
from tests.mocap.file_cases.csv_text import KEPT, SHUFFLED, TIMES_S, csv, missing_rows, take_rows
from tests.mocap.file_cases.verdict import Case


def clock(seconds: float) -> str:
    return f"10:{int(seconds) // 60:02d}:{seconds % 60:06.3f}"


CASES = [
    Case(
        "D",
        "CSV: `time` in milliseconds",
        "a.csv",
        csv(time="time", times=[f"{1000 * value:.0f}" for value in TIMES_S]),
        dancer(),
        tells=("millisecond|ms",),
    ),
    Case(
        "D",
        "CSV: `time_ms`",
        "a.csv",
        csv(time="time_ms", times=[f"{1000 * value:.0f}" for value in TIMES_S]),
        dancer(),
    ),
    Case(
        "D",
        "CSV: microseconds",
        "a.csv",
        csv(time="timestamp", times=[f"{1e6 * value:.0f}" for value in TIMES_S]),
        dancer(),
        tells=("microsecond|us|µs",),
    ),
    Case(
        "D",
        "CSV: Unix time in seconds",
        "a.csv",
        csv(time="timestamp", times=[f"{1.7e9 + value:.3f}" for value in TIMES_S]),
        dancer(),
    ),
    Case(
        "D",
        "CSV: Unix time in nanoseconds",
        "a.csv",
        csv(
            time="timestamp",
            times=[f"{1700000000000000000 + round(1e9 * value)}" for value in TIMES_S],
        ),
        dancer(),
        tells=("nanosecond|ns",),
    ),
    Case(
        "D",
        "CSV: clock times",
        "a.csv",
        csv(time="time", times=[clock(v) for v in TIMES_S]),
        dancer(),
    ),
    Case(
        "D",
        "CSV: a second of rows dropped",
        "a.csv",
        csv(**take_rows(KEPT)),
        missing_rows(120, 220),
        tells=("missing|dropped|hole|gap",),
    ),
    Case(
        "D",
        "CSV: ten single rows dropped",
        "a.csv",
        csv(**take_rows([f for f in range(FRAMES) if f % 30 != 7])),
        {
            name: np.where((np.arange(FRAMES) % 30 == 7)[:, None], np.nan, positions)
            for name, positions in dancer().items()
        },
        tells=("missing|dropped|hole|gap",),
    ),
    Case(
        "D",
        "CSV: shuffled rows",
        "a.csv",
        csv(**take_rows(SHUFFLED)),
        dancer(),
        tells=("sort|order",),
        refused="order|backward",
    ),
    Case(
        "D",
        "CSV: the clock starts anew",
        "a.csv",
        csv(times=[f"{value % 1.5:.3f}" for value in TIMES_S]),
        refused="start|backward|anew|order|again",
    ),
    Case(
        "D",
        "CSV: times rounded to 1/100 s at 100 Hz and drifting",
        "a.csv",
        csv(times=[f"{value + 0.001 * (i % 3):.3f}" for i, value in enumerate(TIMES_S)]),
        dancer(),
    ),
    Case(
        "D",
        "CSV: all times are equal",
        "a.csv",
        csv(times=["0.0"] * FRAMES),
        dancer(),
        35.0,
        tells=("time",),
        refused="time",
    ),
    Case(
        "D",
        "CSV: frame numbers with a hole, no time",
        "a.csv",
        csv(time="Frame", rows=take_rows(KEPT)["rows"], times=KEPT),
        missing_rows(120, 220),
        35.0,
        tells=("35|rate",),
    ),
    Case(
        "D",
        "CSV: seconds at 3,000 Hz",
        "a.csv",
        csv(times=[f"{value / 30:.6f}" for value in TIMES_S]),
        refused="3[ ,]?000|rate|Hz",
    ),
]
