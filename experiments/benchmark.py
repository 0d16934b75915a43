"""Measure speed and memory beside the machine's limits: `python -m experiments.benchmark --quick`.

Functions import what they need when they run: `--help` then needs no torch.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from experiments import loading
from experiments.command_line import parse_run
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.benchmark.options import BenchmarkOptions, plan_of
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import expand_home

WHAT = (
    "Measure the machine's limits, each model, the data and the start-up of each command, by turns. Prints a "
    "table, medians with extremes, and writes it as Markdown, JSON and a figure. docs/performance.md says "
    "what the rows mean."
)


def main(arguments: Sequence[str]) -> None:
    """Parse the command line, measure, print, write."""
    parser = Parser(prog="python -m experiments.benchmark", allow_abbrev=False, description=WHAT)
    about = "a smaller selection with small sizes, about two minutes on two quiet cores"
    parser.add_argument("--quick", action="store_true", help=about)
    parser.add_class_arguments(BenchmarkOptions, skip={"quick"})
    options = options_of(BenchmarkOptions, parser.parse_args(list(arguments)))
    measure(options, shlex.join(["python", "-m", "experiments.benchmark", *arguments]))


def measure(options: BenchmarkOptions, command: str) -> Path:
    """Run the benchmark.

    Args:
        options: what is measured.
        command: the command line, for the report.

    Returns:
        The folder of results.

    Raises:
        UserError: an option cannot be used.
    """
    plan, folder = plan_of(options), _folder(options.out)
    runs = [parse_run(["--model", name]) for name in plan.models]
    with loading():
        from experiments.console import Messages, print_text_table, progress_bar, terminal
        from mariel_gnn.benchmark.benchmark import run_benchmark
        from mariel_gnn.benchmark.report import save_result, tables

    console = terminal()
    say = Messages(console)

    def on_warm(seconds: float) -> None:
        say(f"warm-up done; {plan.rounds} rounds take about {max(1.0, seconds / 60):.0f} minutes")

    with progress_bar(console, "benchmark") as on_progress:
        result = run_benchmark(plan, runs, commands(), on_progress, on_warm)
    for table in tables(result):
        print_text_table(console, table)
    for note in result.notes:
        say(f"• {note}")
    save_result(result, folder, command)
    say.to_copy(f"results: {folder}")
    return folder


def commands() -> list[str]:
    """The modules of all commands: the files of this folder that can be run."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [
        f"experiments.{file.stem}"
        for file in files
        if "\nif __name__ ==" in file.read_text(encoding="utf-8")
    ]


def _folder(given: str) -> Path:
    """The folder of results, which must not hold others."""
    folder = expand_home(given or f"runs/benchmark_{datetime.now():%Y-%m-%d_%H%M%S}")
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"--out {folder}: is not empty: name another folder")
    return folder


if __name__ == "__main__":
    guarded(main)
