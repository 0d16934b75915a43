"""What no table of markers has: judged before its lines are split, named and compared."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

from mariel_gnn.errors import UserError

MANY_LINES, SAMPLE = 10_000, 1_000  # a long text is judged by a thousand of its lines
MIN_SHARE = 0.02  # of lines with three numbers: a take may have gaps, but not nearly everywhere
MAX_CELL = 1_000  # characters of a name or a number
MAX_HEAD_LINES = 5_000
MAX_HEAD_CELLS, MAX_EMPTY_CELLS = 50_000, 500_000  # a thousand markers have 3,000 cells in a line
_NUMBER = re.compile(r"\d+")


def refuse_without_numbers(lines: Sequence[str], path: Path) -> None:
    """Judge a long text by a sample of its lines.

    Raises:
        UserError: hardly a line has three numbers.
    """
    if len(lines) < MANY_LINES:
        return
    drawn = random.Random(0).sample(range(len(lines)), SAMPLE)  # evenly, a period would mislead
    sample = [lines[number][:MAX_CELL] for number in drawn]
    data = sum(len(_NUMBER.findall(line)) >= 3 for line in sample)
    if data < MIN_SHARE * len(sample):
        raise UserError(
            f"{path}: {data} of {SAMPLE:,} lines, drawn from {len(lines):,}, have three numbers: it "
            "is no table of markers, or is damaged; export it again"
        )


def check_lengths(cells: Sequence[str], line: int, path: Path) -> None:
    """Check the cells of a line.

    Raises:
        UserError: one is longer than a name or a number.
    """
    longest = max(map(len, cells), default=0)
    if longest > MAX_CELL:
        raise UserError(
            f"{path}: line {line} has a cell of {longest:,} characters; a name or a number has {MAX_CELL:,} "
            "at most: export it again"
        )


def check_head(lines: Sequence[Sequence[str]], path: Path) -> None:
    """Check the size of a head before its names are parsed; frames of gaps at the start are part of it.

    Args:
        lines: the cells of its lines.
        path: the file's name in errors.

    Raises:
        UserError: it has too many lines or cells.
    """
    filled, cells = sum(sum(map(bool, line)) for line in lines), sum(map(len, lines))
    if filled > MAX_HEAD_CELLS or cells > MAX_EMPTY_CELLS or len(lines) > MAX_HEAD_LINES:
        raise UserError(
            f"{path}: has {len(lines):,} lines with {filled:,} filled of {cells:,} cells above its first "
            f"line of numbers; {MAX_HEAD_CELLS:,} of {MAX_EMPTY_CELLS:,} are allowed: export it again"
        )
