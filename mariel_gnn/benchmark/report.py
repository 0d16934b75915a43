"""The result of the benchmark: tables as text, JSON, and the folder of results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mariel_gnn.benchmark.figure import save_benchmark_figure
from mariel_gnn.benchmark.loops import PARTS
from mariel_gnn.benchmark.machine import Machine, busy_note
from mariel_gnn.benchmark.profiling import ELEMENTS, KINDS
from mariel_gnn.benchmark.rows import Row, Rows, rows_from_json, rows_to_json
from mariel_gnn.comparison.tables import TextTable
from mariel_gnn.evaluation.table import Column
from mariel_gnn.files import write_json, write_text

RESULTS, TABLE, FIGURE = "results.json", "table.md", "figure.png"
COLUMNS: Mapping[str, Sequence[Column]] = {
    "ceiling": (
        Column("fp32_gflop_per_s", "fp32", "GFLOP/s"),
        Column("bf16_gflop_per_s", "bf16", "GFLOP/s"),
        Column("copy_gb_per_s", "copy", "GB/s", ".1f"),
        Column("mflop", "a product", "MFLOP", ".1f"),
    ),
    "models": (
        Column("training_windows_per_s", "training", "windows/s", ",.0f"),
        Column("notebook_ratio", "to notebook", "ratio", ".2f"),
        Column("ceiling_ratio", "of ceiling", "ratio", ".3f"),
        Column("products_ratio", "of products", "ratio", ".3f"),
        Column("slowdown_ratio", "slower", "ratio", ".2f"),
        Column("saving_share", "saving", "share", ".3f"),
        Column("inference_windows_per_s", "inference", "windows/s", ",.0f"),
        Column("mflop_per_window", "a window", "MFLOP", ",.0f"),
        Column("bf16_share", "in bf16", "share", ".2f"),
        Column("parameters", "parameters", "", ",.0f"),
        Column("peak_mb", "peak", "MB", ",.0f"),
    ),
    "profile": (
        Column("profiled_ms", "a step", "ms", ".0f"),
        *(Column(f"{name}_share", name, "share", ".2f") for name in (*PARTS, *KINDS, ELEMENTS)),
    ),
    "data": (
        Column("seconds", "time", "s", ".3g"),
        Column("ms", "time", "ms", ".3f"),
        Column("mb", "memory", "MB", ",.0f"),
        Column("memory_ratio", "memory", "of array", ".2f"),
        Column("time_exponent", "time grows", "exponent", ".2f"),
        Column("memory_exponent", "memory grows", "exponent", ".2f"),
    ),
    "startup": (
        Column("seconds", "time", "s", ".3g"),
        Column("mb", "memory", "MB", ".0f"),
        Column("file_mb", "file", "MB", ".2f"),
        Column("ms_per_frame", "a frame", "ms", ".1f"),
    ),
}
"""Section -> its columns; the extremes of the rounds stand in brackets."""


@dataclass
class Result:
    """What a run of the benchmark found.

    Attributes:
        machine: what it ran on.
        options: what was asked for.
        rows: the numbers.
    """

    machine: Machine
    options: dict[str, Any]
    rows: Rows = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As the content of `results.json`."""
        return {
            "machine": self.machine,
            "options": self.options,
            "rows": rows_to_json(self.rows),
        }

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> Result:
        """From the content of `results.json`."""
        rows = rows_from_json(content["rows"])
        return Result(dict(content["machine"]), dict(content["options"]), rows)

    @property
    def failures(self) -> list[str]:
        """A line for each row that failed."""
        return [f"{row.section}, {row.name}: {row.error}" for row in self.rows if row.error]

    @property
    def notes(self) -> list[str]:
        """Lines for below the tables."""
        busy = busy_note(self.machine)
        spread = "numbers are medians over rounds, in brackets the least and the greatest"
        return [spread, *([busy] if busy else []), *(f"failed: {line}" for line in self.failures)]


def tables(result: Result) -> Iterator[TextTable]:
    """The machine, then a table for each section that was measured."""
    yield TextTable([("machine", ""), ("", "")], [list(item) for item in result.machine.items()])
    for section, columns in COLUMNS.items():
        rows = [row for row in result.rows if row.section == section]
        if rows:
            yield _table(section, rows, columns)


def _table(section: str, rows: Sequence[Row], columns: Sequence[Column]) -> TextTable:
    """The table of a section, without empty columns; a row without numbers says that it failed."""
    numbers = [row.numbers() for row in rows]
    present = [each for each in columns if any(each.name in found for found in numbers)]
    cells = [
        [row.name, *(each.cell(found) for each in present)]
        for row, found in zip(rows, numbers, strict=True)
    ]
    for row, line in zip(rows, cells, strict=True):
        if row.error and present and not any(line[1:]):
            line[1] = "failed"
    return TextTable([(section, ""), *((each.head, each.unit) for each in present)], cells)


def markdown(result: Result, command: str) -> str:
    """The tables and notes as a page."""
    parts = [f"# Benchmark\n\n    {command}\n", *(each.markdown() for each in tables(result))]
    return "\n".join([*parts, *(f"* {note}" for note in result.notes)]) + "\n"


def save_result(result: Result, folder: Path, command: str) -> None:
    """Write JSON, Markdown and the figure to a folder."""
    write_json(folder / RESULTS, result.to_json())
    write_text(folder / TABLE, markdown(result, command))
    save_benchmark_figure(folder / FIGURE, result.rows, result.machine)


def load_result(folder: Path) -> Result:
    """Read a folder of results."""
    return Result.from_json(json.loads((folder / RESULTS).read_text(encoding="utf-8")))
