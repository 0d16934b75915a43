"""The folder of a comparison: `comparison.md`, `comparison.csv`, `paired.csv`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mariel_gnn.comparing.comparison import Comparison
from mariel_gnn.comparing.table import (
    main_records,
    main_tables,
    paired_records,
    paired_table,
)
from mariel_gnn.files import write_text
from mariel_gnn.tracking.tracker import rows_as_csv

_HOW_TO_READ = (
    "**±** is half of the 95 % interval over seeds (Student's t): how far the mean of many more "
    "seeds may lie. **Over recordings** is the 95 % interval when whole test recordings are drawn "
    "anew (bootstrap): how far the same models may lie on other recordings of this kind. A "
    "difference counts as told only if no interval of it reaches zero. Partners of one duet, or a "
    "take and its repeat, count as recordings of their own, which makes the intervals over "
    "recordings somewhat too narrow. All of it is in docs/compare.md."
)


def write_report(
    comparison: Comparison, folder: Path, pictures: Iterable[Path], command: str
) -> None:
    """Write the tables, and the page that holds all.

    Args:
        comparison: all numbers.
        folder: where the files go; pictures are linked relative to it.
        pictures: already drawn.
        command: what was typed.
    """
    write_text(folder / "comparison.csv", rows_as_csv(main_records(comparison)))
    write_text(folder / "paired.csv", rows_as_csv(paired_records(comparison)))
    write_text(folder / "comparison.md", _page(comparison, folder, pictures, command))


def _page(comparison: Comparison, folder: Path, pictures: Iterable[Path], command: str) -> str:
    verdicts = [f"* {pair.verdict()}." for pair in comparison.pairs]
    count = len(comparison.recordings)
    parts = [
        f"# Comparison of {' | '.join(arm.name for arm in comparison.arms)}",
        f"On {count} test recordings of `{comparison.data}`; made by",
        f"    {command}",
        _bulleted("## What it says", verdicts),
        *(table.markdown().rstrip() for table in main_tables(comparison)),
        "## Window by window",
        paired_table(comparison).markdown().rstrip(),
        "## How to read the numbers",
        "\n\n".join([_HOW_TO_READ, *comparison.notes]),
        "## Pictures",
        *(f"![{_words(path)}]({path.relative_to(folder).as_posix()})" for path in pictures),
        _bulleted("## Runs", _runs(comparison, folder)),
        f"## Test recordings\n{count}: {', '.join(comparison.recordings)}.",
    ]
    return "\n\n".join(parts) + "\n"


def _bulleted(head: str, lines: Iterable[str]) -> str:
    return "\n".join([head, *lines])


def _runs(comparison: Comparison, folder: Path) -> list[str]:
    return [
        f"* {arm.name}, seed {run.seed}: {os.path.relpath(run.folder, folder)}, commit {run.commit}"
        for arm in comparison.arms
        for run in arm.runs
    ]


def _words(path: Path) -> str:
    return path.stem.replace("_", " ")
