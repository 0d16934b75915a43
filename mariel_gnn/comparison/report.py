"""The folder of a comparison: `comparison.md`, `comparison.csv`, `paired.csv`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mariel_gnn.comparison.comparison import Comparison
from mariel_gnn.comparison.intervals import Estimate
from mariel_gnn.comparison.paired import Paired
from mariel_gnn.comparison.rows import MPJPE, OVER_RECORDINGS
from mariel_gnn.evaluation.table import RECONSTRUCTION, SAMPLES, Column
from mariel_gnn.files import write_text
from mariel_gnn.tracking.tracker import rows_as_csv

_COST = (
    Column("parameters", "parameters", "", ",.0f"),
    Column("training_minutes", "training", "min", ".1f"),
    Column("epochs", "epochs"),
    Column("best_epoch", "best epoch"),
    Column("windows_per_s", "speed", "windows/s"),
)
_BLOCKS = (("on test windows", RECONSTRUCTION), ("on samples", SAMPLES), ("training", _COST))
_UNITS = (  # endings of names, the longer first
    ("_mm_over_recordings", "mm"), ("_mm_per_s", "mm/s"), ("_mm_per_frame2", "mm/frame²"),
    ("_m_per_s", "m/s"), ("_over_floor", "ratio"),
    ("_mm", "mm"), ("_nats", "nats"), ("_ratio", "ratio"), ("_rate", "fraction"),
    ("_minutes", "min"), ("windows_per_s", "windows/s"), ("", ""),
)  # fmt: skip

GAP = 3  # letters between columns


@dataclass(frozen=True)
class TextTable:
    """A table ready to be shown.

    Attributes:
        head: a head and a unit (or nothing) for each column.
        rows: cells as text, as many as there are heads.
    """

    head: list[tuple[str, str]]
    rows: list[list[str]]

    def split(self, width: int) -> Iterator[TextTable]:
        """The same table in parts at most `width` letters wide, the first column in each."""
        kept, used = [0], self._width(0)
        for column in range(1, len(self.head)):
            if used + self._width(column) > width and len(kept) > 1:
                yield self._part(kept)
                kept, used = [0], self._width(0)
            kept.append(column)
            used += self._width(column)
        yield self._part(kept)

    def markdown(self) -> str:
        """The table as Markdown."""
        heads = [f"{head} {unit}".strip() for head, unit in self.head]
        lines = [heads, ["---", *("--:" for _ in heads[1:])], *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

    def _width(self, column: int) -> int:
        cells = [*self.head[column], *(row[column] for row in self.rows)]
        return max(map(len, cells)) + GAP

    def _part(self, columns: Sequence[int]) -> TextTable:
        """Some columns, and the rows that have something in them."""
        rows = [[row[column] for column in columns] for row in self.rows]
        return TextTable([self.head[c] for c in columns], [row for row in rows if any(row[1:])])


def main_tables(comparison: Comparison) -> list[TextTable]:
    """Errors, samples and training of all rows: mean ± half of the 95 % interval over seeds."""
    tables = [_block(comparison.rows, what, columns) for what, columns in _BLOCKS]
    return [table for table in tables if table.rows]


def paired_table(comparison: Comparison) -> TextTable:
    """Every pair: difference, its intervals, the ratio, on how many recordings it holds."""
    head = [
        ("difference in MPJPE", ""), ("", "mm"), ("over recordings", "95 %, mm"),
        ("over seeds", "95 %, mm"), ("better on", ""), ("ratio", ""), ("recordings", "95 %"),
    ]  # fmt: skip
    return TextTable(head, [_paired_cells(pair) for pair in comparison.pairs])


def main_records(comparison: Comparison) -> list[dict[str, object]]:
    """A record for each number of each row, with its unit and interval."""
    return [
        {"row": row, "number": name, "unit": unit_of(name)} | _record(estimate, _over(name))
        for row, numbers in comparison.rows.items()
        for name, estimate in numbers.items()
    ]


def paired_records(comparison: Comparison) -> list[dict[str, object]]:
    """A record for each pair."""
    return [_paired_record(pair) for pair in comparison.pairs]


def unit_of(name: str) -> str:
    """The unit that a number's name ends with."""
    return next(unit for ending, unit in _UNITS if name.endswith(ending))


def _block(
    rows: Mapping[str, Mapping[str, Estimate]], what: str, columns: Sequence[Column]
) -> TextTable:
    present = [c for c in columns if any(c.name in numbers for numbers in rows.values())]
    head, table = [(what, "")], [[row] for row in rows]
    for column in present:
        # Some heads name the interval of one run; here it is that of the seeds.
        head.append((column.head, "" if column.unit == "95 %" else column.unit))
        _append(table, [_cell(numbers, column) for numbers in rows.values()])
        if column.name == MPJPE:
            head += [("over recordings", "95 %, mm"), ("seeds", "")]
            _append(table, [_interval(numbers, column.form) for numbers in rows.values()])
            _append(table, [_seeds(numbers) for numbers in rows.values()])
    return TextTable(head, [row for row in table if any(row[1:])])


def _append(table: list[list[str]], cells: Sequence[str]) -> None:
    for row, cell in zip(table, cells, strict=True):
        row.append(cell)


def _cell(numbers: Mapping[str, Estimate], column: Column) -> str:
    """``mean ± half of the interval``; the number alone where the interval is not known."""
    if column.name not in numbers:
        return ""
    estimate = numbers[column.name]
    text = column.cell({column.name: estimate.value})
    if not estimate.has_interval:
        return text
    half = (estimate.high - estimate.low) / 2
    return f"{text} ± {column.cell({column.name: half})}" if half else text


def _interval(numbers: Mapping[str, Estimate], form: str) -> str:
    estimate = numbers.get(OVER_RECORDINGS)
    return _ends(estimate, form) if estimate else ""


def _ends(estimate: Estimate, form: str) -> str:
    if not estimate.has_interval:
        return ""
    return f"{estimate.low:{form}} to {estimate.high:{form}}"


def _seeds(numbers: Mapping[str, Estimate]) -> str:
    """How many seeds; nothing for what has none."""
    return str(numbers[MPJPE].count) if "parameters" in numbers and MPJPE in numbers else ""


def _paired_cells(pair: Paired) -> list[str]:
    return [
        f"{pair.group} − {pair.reference}",
        f"{pair.difference_mm.value:+.1f}",
        _ends(pair.difference_mm, "+.1f"),
        _ends(pair.over_seeds_mm, "+.1f"),
        f"{pair.better_on} of {len(pair.by_recording_mm)}",
        f"{pair.ratio.value:.3f}",
        _ends(pair.ratio, ".3f"),
    ]


def _over(name: str) -> str:
    return "recordings" if name == OVER_RECORDINGS else "seeds"


def _record(estimate: Estimate, over: str) -> dict[str, object]:
    """Value and interval; empty cells where the interval is not known."""
    low, high = (estimate.low, estimate.high) if estimate.has_interval else ("", "")
    return {
        "value": estimate.value, "low_95": low, "high_95": high,
        "interval_over": over if estimate.has_interval else "", "count": estimate.count,
    }  # fmt: skip


def _paired_record(pair: Paired) -> dict[str, object]:
    ends = {
        f"{name}_{end}": getattr(estimate, end) if estimate.has_interval else ""
        for name, estimate in (
            ("difference_mm", pair.difference_mm),
            ("difference_mm_over_seeds", pair.over_seeds_mm),
            ("ratio", pair.ratio),
        )
        for end in ("low", "high")
    }
    return {
        "group": pair.group, "reference": pair.reference,
        "difference_mm": pair.difference_mm.value, "ratio": pair.ratio.value, **ends,
        "better_on": pair.better_on, "recordings": len(pair.by_recording_mm),
        "sure": pair.is_sure, "verdict": pair.verdict(),
    }  # fmt: skip


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
        f"# Comparison of {' | '.join(group.name for group in comparison.groups)}",
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
        f"* {group.name}, seed {run.seed}: {os.path.relpath(run.folder, folder)}, commit {run.commit}"
        for group in comparison.groups
        for run in group.runs
    ]


def _words(path: Path) -> str:
    return path.stem.replace("_", " ")
