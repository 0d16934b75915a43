"""Terminal output of the commands: lines, progress bars, the final table."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from experiments.parser import printable
from mariel_gnn.evaluation.rows import Rows
from mariel_gnn.evaluation.table import Column, cells, misses_note, tables_of

if TYPE_CHECKING:
    from mariel_gnn.comparison.tables import TextTable

WIDTH = 100  # greatest width of the output, in characters


def terminal() -> Console:
    """Return a console of at most `WIDTH` columns."""
    console = Console()
    return console if console.is_terminal and console.width <= WIDTH else Console(width=WIDTH)


class Messages:
    """Prints plain text: wrapped sentences, and unwrapped lines for copying.

    Args:
        console: where to print.
    """

    def __init__(self, console: Console) -> None:
        self.console = console

    def __call__(self, text: str) -> None:
        """Print lines, wrapped between words."""
        for line in text.splitlines():
            self.to_copy(_wrap(line, self.console.width))

    def to_copy(self, text: str) -> None:
        """Print a path or a command on one line, of any length, for copying."""
        shown = printable(text)  # names of files, and in files, may hold control sequences
        self.console.print(shown, emoji=False, highlight=False, markup=False, soft_wrap=True)


def _wrap(line: str, columns: int) -> str:
    """Wrap a line between words, with indented continuation lines. A long word, as a path, is not split."""
    indent = line[: len(line) - len(line.lstrip())]
    lines = textwrap.wrap(
        line,
        columns,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


@contextmanager
def progress_bar(
    console: Console, what: str, *columns: ProgressColumn
) -> Iterator[Callable[[int, int | None], None]]:
    """Show a progress bar; yield a function that updates it with the done and the total count.

    Args:
        console: where to print.
        what: the task, before the bar.
        columns: after the bar; by default the counts and the remaining time.
    """
    columns = columns or (TextColumn("{task.completed} of {task.total}"), TimeRemainingColumn())
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


class EpochBar:
    """A progress bar over all epochs, and a line for each epoch.

    Args:
        console: where to print.
        epochs: greatest number of epochs.
        done: number of epochs trained before.
    """

    def __init__(self, console: Console, epochs: int, done: int = 0) -> None:
        self.console, self.done = console, done
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left at most"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self.task = self.progress.add_task("training", total=epochs, completed=done)

    def __enter__(self) -> EpochBar:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def step(self, windows: int, total: int) -> None:
        """Update the bar: `windows` of the `total` of an epoch are done."""
        self.progress.update(self.task, completed=self.done + windows / total)

    def row(self, row: Mapping[str, float]) -> None:
        """Print the numbers of an epoch."""
        self.done = int(row["epoch"])
        text = f"epoch {self.done:3d}  train {row['train/loss_nats']:9.1f} nats"
        if "validation/loss_nats" in row:
            text += f"  validation {row['validation/loss_nats']:9.1f} nats"
        if "validation/mpjpe_mm" in row:
            text += f", {row['validation/mpjpe_mm']:6.1f} mm"
        self.console.print(text + f"  {row['windows_per_s']:5.0f} windows/s", highlight=False)


def print_table(console: Console, rows: Rows, title: str) -> None:
    """Print all parts of the final table, at most `WIDTH` columns wide."""
    console.print(Text(printable(f"\n{title}"), style="bold"))
    for what, columns in tables_of(rows):
        console.print(_table(what, rows, columns), width=min(console.width, WIDTH))
    for line in misses_note(rows):
        Messages(console)(f"* {line}")


def _table(what: str, rows: Rows, columns: Sequence[Column]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column(what, no_wrap=True)
    for column in columns:
        table.add_column(f"{column.head}\n{column.unit}".strip(), justify="right")
    _add_texts(table, cells(rows, columns))
    return table


def _add_texts(table: Table, rows: Iterable[Sequence[str]]) -> None:
    """Add rows as plain text: names of files can have brackets and control sequences."""
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))


def print_rows(console: Console, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table of texts; the first column is on the left, numbers are on the right."""
    table = Table(box=SIMPLE_HEAD)
    for number, name in enumerate(head):
        numeric = number and all(row[number][:1].isdigit() for row in rows)
        table.add_column(name, justify="right" if numeric else "left")
    _add_texts(table, rows)
    console.print(table, width=min(console.width, WIDTH))


def print_text_table(console: Console, table: TextTable) -> None:
    """Print a table of texts as parts of at most `WIDTH` columns; the first column stands in each."""
    for part in table.split(WIDTH):
        console.print(_of_texts(part), width=min(console.width, WIDTH))


def _of_texts(text: TextTable) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for number, (head, unit) in enumerate(text.head):
        table.add_column(f"{head}\n{unit}".strip(), justify="right" if number else "left")
    _add_texts(table, text.rows)
    return table
