"""Which model is better, by how much, how surely: `python -m experiments.compare runs/a runs/b`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.command_line import SEVERAL, parse_run
from experiments.console import WIDTH, Messages, terminal
from experiments.parser import Parser, guarded
from experiments.run import run
from mariel_gnn.comparison.comparison import Comparison, compare, load_runs
from mariel_gnn.comparison.report import (
    TextTable,
    main_records,
    main_tables,
    paired_records,
    paired_table,
    write_report,
)
from mariel_gnn.comparison.training import train_missing
from mariel_gnn.config import RunOptions
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.tracking.tracker import TrackingOptions, track_comparison
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
    say = Messages(console)

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


UNBOUNDED_EPOCHS = 1_000_000  # minutes end training, so that models get the same time
_OURS = {  # options of a run that a comparison sets itself -> what to give instead
    "--model": "--models",
    "--seed": "--seeds",
    "--network.latent_size": "--latent",
    "--trainer.max_minutes": "--minutes",
    "--trainer.resume": "the same command again: what is there is not trained twice",
    "--tracking.group": "--name",
}


@dataclass(frozen=True)
class CompareOptions:
    """A comparison.

    Attributes:
        runs: run folders to compare; empty if runs are to be trained.
        planned: runs to train where they are not there yet, in this order.
        folder: where the comparison goes.
        tracking: where its numbers go beside.
    """

    runs: list[Path]
    planned: list[RunOptions]
    folder: Path
    tracking: TrackingOptions


def parse_compare(arguments: Sequence[str]) -> CompareOptions:
    """The options of a comparison.

    Raises:
        UserError: an unknown name or a wrong value, with the nearest match.
    """
    parser = _parser()
    own, of_run = _divided(arguments, parser.names())
    given = parser.parse_args(own)
    folder, name = _place(given.out, given.name)
    of_run = [*of_run, f"--tracking.group={name}"]
    given.models = list(dict.fromkeys(filter(None, given.models.split(","))))
    if given.models:
        _check_training(given)
        planned = list(_planned(given, folder, of_run))
        return CompareOptions([], planned, folder, planned[0].tracking)
    _refuse_training_options(given, parser, of_run)
    return CompareOptions([Path(r) for r in given.runs], [], folder, parse_run(of_run).tracking)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.compare",
        allow_abbrev=False,
        description="Compare finished runs, or train models with --models and compare them. Options "
        "of experiments.run (--data.…, --trainer.…, --tracking.…, --config) then hold for every run.",
    )
    parser.add_argument("runs", nargs="*", help="run folders of the same data and split")
    parser.add_argument("--models", type=str, default="", help="to train, joined by commas")
    parser.add_argument("--seeds", type=int, default=3, help="of each model: 0, 1, … (usually 3)")
    parser.add_argument("--minutes", type=float, default=30.0, help="of training, for each run")
    parser.add_argument(
        "--latent", type=str, default="", help="latent sizes, joined by commas, such as 32,64,128"
    )
    parser.add_argument(
        "--name", type=str, default="", help="of the folder runs/NAME and of the W&B group"
    )
    parser.add_argument("--out", type=str, default="", help="the folder, if not runs/NAME")
    return parser


def _divided(arguments: Sequence[str], own: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments of the comparison itself, and those of its runs."""
    ours: list[str] = []
    theirs: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        name, is_given, _ = argument.partition("=")
        mine = name in own or not argument.startswith("-")
        if not mine:
            _check_of_a_run(name, own)
        target = ours if mine else theirs
        target.append(argument)
        if argument.startswith("--") and not is_given and name != "--help":
            target += _values(waiting, several=name in SEVERAL)
    return ours, theirs


def _values(waiting: list[str], several: bool) -> list[str]:
    """Take the value of an option, or all of its values, from what is waiting."""
    values: list[str] = []
    while waiting and not waiting[0].startswith("--") and (several or not values):
        values.append(waiting.pop(0))
    return values


def _check_of_a_run(name: str, own: Sequence[str]) -> None:
    if name in _OURS:
        raise UserError(f"{name} is set by the comparison: give {_OURS[name]}")
    of_a_run = ["--config", *(f"--{item.name}" for item in fields(RunOptions))]
    if "." not in name and name not in of_a_run:
        raise UserError(f"unknown option {name}.{nearest_match(name, own)} See --help")


def _place(out: str, name: str) -> tuple[Path, str]:
    """The folder and the W&B group."""
    name = name or (
        Path(out).name if out else datetime.now().strftime("%Y-%m-%d_%H%M%S_comparison")
    )
    folder = Path(out) if out else Path("runs") / name
    if (folder / "config.yaml").exists():
        raise UserError(f"{folder} is the folder of a run: take another --out or --name")
    return folder, name


def _check_training(given: Any) -> None:
    if given.runs:
        raise UserError(
            f"'{given.runs[0]}' and --models: give run folders or models to train, not both; several "
            "models are joined by commas"
        )
    if given.seeds < 1:
        raise UserError(f"--seeds is {given.seeds}; it must be 1 or more")
    if not given.minutes > 0:  # NaN is not more than anything
        raise UserError(f"--minutes is {given.minutes:g}; it must be more than 0")


def _refuse_training_options(given: Any, parser: Parser, of_run: Sequence[str]) -> None:
    """Finished runs are compared as they are: what is about training would go unseen."""
    changed = [
        f"--{name}"
        for name in ("seeds", "minutes", "latent")
        if given[name] != parser.get_default(name)
    ]
    changed += [
        argument.partition("=")[0]
        for argument in of_run
        if argument.startswith("--") and not argument.startswith("--tracking.")
    ]
    if changed:
        raise UserError(f"{changed[0]} is about training: it needs --models")
    if not given.runs:
        raise UserError("nothing to compare: give run folders, or --models to train some")


def _planned(given: Any, folder: Path, of_run: Sequence[str]) -> Iterator[RunOptions]:
    """All runs; seed by seed, so that a comparison broken off has something of every model."""
    for seed in range(given.seeds):
        for latent_size in _sizes(given.latent):
            for model in given.models:
                yield _plan(model, seed, latent_size, given.minutes, folder, of_run)


def _plan(
    model: str,
    seed: int,
    latent_size: int | None,
    minutes: float,
    folder: Path,
    of_run: Sequence[str],
) -> RunOptions:
    arguments = [f"--model={model}", f"--seed={seed}", f"--out={folder}"]
    arguments += [f"--trainer.max_minutes={minutes}", f"--trainer.max_epochs={UNBOUNDED_EPOCHS}"]
    if latent_size is not None:
        arguments.append(f"--network.latent_size={latent_size}")
    options = parse_run([*arguments, *of_run])
    name = f"{options.model}_z{options.network.latent_size}_seed{options.seed}"
    return replace(options, name=name)


def _sizes(latent: str) -> list[int | None]:
    """The latent sizes asked for; the models' own if none is."""
    try:
        return list(dict.fromkeys(map(int, latent.split(",")))) if latent else [None]
    except ValueError:
        raise UserError(
            f"--latent is '{latent}'; it must be whole numbers joined by commas, such as 32,64,128"
        ) from None


if __name__ == "__main__":
    guarded(main)
