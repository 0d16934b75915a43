"""Interleaved rounds: each round measures each row once, so other load disturbs all rows alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from mariel_gnn.benchmark.rows import Case, Prepared, Row, Rows

MOST_LETTERS = 200  # of an error


def run_rounds(
    cases: Sequence[Case],
    rounds: int,
    on_progress: Callable[[int, int | None], None] = lambda done, total: None,
    on_warm: Callable[[float], None] = lambda seconds: None,
) -> Rows:
    """Measure all cases, once a round, after a round for warm-up that does not count.

    A case that fails keeps its row, which names the error, and is not measured again.

    Args:
        cases: in the order in which a round measures them.
        rounds: measurements of each case.
        on_progress: called with the number of measurements that are done and their total.
        on_warm: called after the warm-up with the estimated seconds of all rounds.
    """
    rows = [Row(case.section, case.name) for case in cases]
    ready: dict[int, Prepared] = {}
    total = len(cases) * (rounds + 1)
    round_s = 0.0
    for number in range(rounds + 1):
        for place, (case, row) in enumerate(zip(cases, rows, strict=True)):
            started_s = time.perf_counter()
            if not row.error:
                try:
                    if number == 0:
                        ready[place] = case.prepare()
                        row.facts = dict(ready[place].facts)
                        started_s = time.perf_counter()
                    numbers = ready[place].measure()
                    if number:
                        row.add(numbers)
                except Exception as error:  # one row must not take the others with it
                    row.error = _in_one_line(error)
                    ready.pop(place, None)
            round_s += time.perf_counter() - started_s if number == 0 else 0.0
            on_progress(number * len(cases) + place + 1, total)
        if number == 0:
            on_warm(rounds * round_s)
    return rows


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())[:MOST_LETTERS]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
