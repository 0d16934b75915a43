"""Which model is better, by how much, how surely: `python -m experiments.compare runs/a runs/b`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.command_line import guarded
from experiments.compare_options import CompareOptions, parse_compare
from experiments.run import run
from experiments.show import WIDTH, Speaker, terminal
from mariel_gnn.comparing import Comparison, compare, load_runs
from mariel_gnn.comparing.report import write_report
from mariel_gnn.comparing.table import (
    TextTable,
    main_records,
    main_tables,
    paired_records,
    paired_table,
)
from mariel_gnn.comparing.training import train_missing
from mariel_gnn.config import RunOptions
from mariel_gnn.tracking.comparison import track_comparison
from mariel_gnn.viz.comparison_pictures import draw_comparison


def main(arguments: Sequence[str]) -> None:
    """Parse the command line, train what is missing, compare."""
    command = f"python -m experiments.compare {shlex.join(arguments)}"
    compare_runs(parse_compare(arguments), command)


def compare_runs(options: CompareOptions, command: str, console: Console | None = None) -> Path:
    """A comparison from runs, or from models to train, to its folder.

    Args:
        options: what is compared.
        command: what was typed, for the page.
        console: where to print.

    Returns:
        The comparison's folder.

    Raises:
        UserError: something was given that cannot be used.
    """
    console = console or terminal()
    say = Speaker(console)

    def train(planned: RunOptions) -> Path:
        return run(planned, console)

    folders = options.runs or train_missing(options.planned, train, say)
    comparison = compare(load_runs(folders))
    _print(comparison, console)
    for line in [*(pair.verdict() for pair in comparison.pairs), *comparison.notes]:
        say(f"• {line.rstrip('.')}.")
    say("drawing …")
    pictures = list(draw_comparison(comparison, options.folder / "pictures"))
    write_report(comparison, options.folder, pictures, command)
    tables = {"comparison": main_records(comparison), "paired": paired_records(comparison)}
    track_comparison(options.folder, options.tracking, tables, pictures, say)
    say.to_copy(f"comparison: {options.folder / 'comparison.md'}")
    return options.folder


def _print(comparison: Comparison, console: Console) -> None:
    """Print all tables, at most `WIDTH` letters wide."""
    console.print(Text(f"\nComparison on {comparison.data}", style="bold"))
    for table in [*main_tables(comparison), paired_table(comparison)]:
        for part in table.split(WIDTH):
            console.print(_rich(part), width=min(console.width, WIDTH))


def _rich(text: TextTable) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for number, (head, unit) in enumerate(text.head):
        table.add_column(f"{head}\n{unit}".strip(), justify="right" if number else "left")
    for row in text.rows:
        table.add_row(*map(Text, row))  # not markup: a name may hold brackets
    return table


if __name__ == "__main__":
    guarded(main)
