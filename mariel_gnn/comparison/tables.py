"""The tables of a comparison: as text for terminal, Markdown and HTML, and as records for CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mariel_gnn.comparison.comparison import MPJPE, OVER_RECORDINGS, TRAINING, Comparison, values_of
from mariel_gnn.comparison.intervals import Estimate
from mariel_gnn.comparison.paired import Paired
from mariel_gnn.evaluation.rows import DATA
from mariel_gnn.evaluation.table import MISS, TABLES, Column
from mariel_gnn.evaluation.targets import missed

_TRAINING = (
    Column("parameters", "parameters", "", ",.0f"),
    Column("training_minutes", "training", "min", ".1f"),
    Column("epochs", "epochs"),
    Column("best_epoch", "best epoch"),
    Column("windows_per_s", "speed", "windows/s"),
)
_TABLES = (*TABLES, ("training", _TRAINING))
_UNITS = (  # endings of names, the longer first
    ("_mm_over_recordings", "mm"), ("_mm_group_mean", "mm"), ("_mm_per_s", "mm/s"),
    ("_mm_per_frame2", "mm/frame²"), ("_m_per_s3", "m/s³"), ("_m_per_s", "m/s"),
    ("_s_per_min", "s/min"), ("_mm", "mm"), ("_m", "m"), ("_nats", "nats"), ("_ratio", "ratio"),
    ("_to_reconstructions", "ratio"), ("_rate", "fraction"), ("_minutes", "min"),
    ("_deg", "°"), ("windows_per_s", "windows/s"), ("_per_s", "1/s"), ("", ""),
)  # fmt: skip

GAP = 3  # characters between columns


@dataclass(frozen=True)
class TextTable:
    """A table with its cells as text.

    Attributes:
        head: a heading and a unit (or an empty text) for each column.
        rows: the cells; the first cell names the row.
    """

    head: list[tuple[str, str]]
    rows: list[list[str]]

    def split(self, width: int) -> Iterator[TextTable]:
        """Split the columns into tables of at most `width` characters; each has the first column."""
        columns, used = [0], self._width(0)
        for column in range(1, len(self.head)):
            if used + self._width(column) > width and len(columns) > 1:
                yield self._select(columns)
                columns, used = [0], self._width(0)
            columns.append(column)
            used += self._width(column)
        yield self._select(columns)

    def markdown(self) -> str:
        """Return the table as Markdown."""
        heads = [f"{head} {unit}".strip() for head, unit in self.head]
        lines = [heads, ["---", *("--:" for _ in heads[1:])], *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

    def _width(self, column: int) -> int:
        cells = [*self.head[column], *(row[column] for row in self.rows)]
        return max(map(len, cells)) + GAP

    def _select(self, columns: Sequence[int]) -> TextTable:
        """The table with the given columns, without empty rows."""
        rows = [[row[column] for column in columns] for row in self.rows]
        return TextTable([self.head[c] for c in columns], [row for row in rows if any(row[1:])])


def main_tables(comparison: Comparison) -> list[TextTable]:
    """Return the tables of errors, samples and training: mean ± half of the 95 % interval over seeds."""
    values = {row: values_of(comparison, row) for row in comparison.rows}
    misses = missed(values, values.get(DATA, {}), values.get(TRAINING, {}))
    tables = [_main_table(comparison.rows, what, columns, misses) for what, columns in _TABLES]
    return [table for table in tables if table.rows]


def paired_table(comparison: Comparison) -> TextTable:
    """Return the table of pairs: difference, its intervals, ratio, number of better recordings."""
    head = [
        ("difference in MPJPE", ""), ("", "mm"), ("over recordings", "95 %, mm"),
        ("over seeds", "95 %, mm"), ("better on", ""), ("ratio", ""), ("recordings", "95 %"),
    ]  # fmt: skip
    return TextTable(head, [_paired_cells(pair) for pair in comparison.pairs])


def main_records(comparison: Comparison) -> list[dict[str, object]]:
    """Return a record for each number of each row, with its unit and interval."""
    return [
        {"row": row, "number": name, "unit": unit_of(name)} | _record(estimate, _over(name))
        for row, numbers in comparison.rows.items()
        for name, estimate in numbers.items()
    ]


def paired_records(comparison: Comparison) -> list[dict[str, object]]:
    """Return a record for each pair."""
    return [_paired_record(pair) for pair in comparison.pairs]


def unit_of(name: str) -> str:
    """Return the unit of a number, from the ending of its name."""
    return next(unit for ending, unit in _UNITS if name.endswith(ending))


def _main_table(
    rows: Mapping[str, Mapping[str, Estimate]],
    what: str,
    columns: Sequence[Column],
    misses: Mapping[str, Mapping[str, str]],
) -> TextTable:
    present = [c for c in columns if any(c.name in numbers for numbers in rows.values())]
    head, table = [(what, "")], [[row] for row in rows]
    for column in present:
        # The unit "95 %" describes the interval of one run; these intervals are over seeds.
        head.append((column.head, "" if column.unit == "95 %" else column.unit))
        marks = [MISS if column.name in misses.get(row, ()) else "" for row in rows]
        cells = [_cell(numbers, column) for numbers in rows.values()]
        _append(table, [cell and cell + mark for cell, mark in zip(cells, marks, strict=True)])
        if column.name == MPJPE:
            head += [("over recordings", "95 %, mm"), ("seeds", "")]
            _append(table, [_interval(numbers, column.form) for numbers in rows.values()])
            _append(table, [_seeds(numbers) for numbers in rows.values()])
    return TextTable(head, [row for row in table if any(row[1:])])


def _append(table: list[list[str]], cells: Sequence[str]) -> None:
    for row, cell in zip(table, cells, strict=True):
        row.append(cell)


def _cell(numbers: Mapping[str, Estimate], column: Column) -> str:
    """``mean ± half of the interval``; only the mean if the interval is unknown."""
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
    """The number of seeds of a trained model; empty for other rows."""
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
    """Value and interval; the cells of an unknown interval are empty."""
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
        "significant": pair.is_significant, "verdict": pair.verdict(),
    }  # fmt: skip
