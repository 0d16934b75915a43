"""Prints the table of cases in `docs/results.md`: `python -m tests.mocap.file_cases`."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import get_args

from tests.mocap.file_cases import ALL_CASES
from tests.mocap.file_cases.verdict import Kind, Result, Verdict, judge

KINDS: dict[str, str] = {
    "A": "names that are not unique",
    "B": "columns without place",
    "C": "arrays without names",
    "D": "times and rates",
    "E": "lost markers and leaps",
    "F": "limits of a written format",
    "G": "unusual but whole, or damaged",
    "2": "exports of programs",
}


def _row(kind: str, verdicts: list[Verdict]) -> str:
    counts = Counter(verdict.result for verdict in verdicts)
    cells = [f"{counts[result]}" for result in get_args(Result)]
    return f"| {kind} | {KINDS[kind]} | {len(verdicts)} | {' | '.join(cells)} |"


def main() -> None:
    """Judge every case and print the faults and the table."""
    verdicts: list[Verdict] = []
    for case in ALL_CASES:
        with tempfile.TemporaryDirectory() as folder:
            verdicts.append(judge(case, Path(folder)))
    for verdict in verdicts:
        if not verdict.right:
            print(f"{verdict.case.kind}: {verdict.case.what}: {verdict.result}: {verdict.why}")
    print(f"| kind | | cases | {' | '.join(get_args(Result))} |")
    print("|---|---|" + "--:|" * (1 + len(get_args(Result))))
    for kind in get_args(Kind):
        print(_row(kind, [verdict for verdict in verdicts if verdict.case.kind == kind]))


if __name__ == "__main__":
    main()
