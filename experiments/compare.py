"""Compare models with confidence intervals: `python -m experiments.compare runs/a runs/b`.

Functions import what they need when they run: `--help` then needs no torch and no matplotlib.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import loading
from experiments.parser import Parser, guarded, printable
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.models.table import short_name
from mariel_gnn.run_folder import CONFIG, PICTURES

if TYPE_CHECKING:
    from rich.console import Console

    from mariel_gnn.comparison.comparison import Comparison
    from mariel_gnn.config import RunOptions
    from mariel_gnn.tracking.tracker import TrackingOptions

UNBOUNDED_EPOCHS = 1_000_000  # minutes end training, which gives all models the same time
_SET_HERE = {  # options of a run that the comparison sets -> what to give instead
    "--model": "--models",
    "--seed": "--seeds",
    "--network.latent_size": "--latent",
    "--trainer.max_minutes": "--minutes",
    "--trainer.resume": "the same command again: it resumes incomplete runs",
    "--tracking.group": "--name",
    "--trainer.devices": "it to experiments.run, and compare the folders of its runs",
    "--trainer.nodes": "it to experiments.run, and compare the folders of its runs",
}


@dataclass(frozen=True)
class CompareOptions:
    """Options of a comparison.

    Attributes:
        runs: run folders to compare; empty if runs are trained.
        planned: runs to train unless they are complete, in this order.
        folder: the folder of the comparison.
        tracking: where numbers are logged.
    """

    runs: list[Path]
    planned: list[RunOptions]
    folder: Path
    tracking: TrackingOptions


def main(arguments: Sequence[str]) -> None:
    """Parse the command line, train missing runs, compare."""
    command = f"python -m experiments.compare {shlex.join(arguments)}"
    compare_runs(parse_compare(arguments), command)


def compare_runs(options: CompareOptions, command: str, console: Console | None = None) -> Path:
    """Compare runs, after training those that are missing, and write the comparison.

    Args:
        options: the comparison.
        command: the command line, for the report.
        console: where to print.

    Returns:
        The folder of the comparison.

    Raises:
        UserError: an option or a run cannot be used.
    """
    with loading():
        from experiments.console import Messages, terminal
        from experiments.pipeline import run
        from mariel_gnn.comparison.comparison import compare, load_runs
        from mariel_gnn.comparison.training import train_missing

    console = console or terminal()
    say = Messages(console)

    def train(planned: RunOptions) -> Path:
        return run(planned, console)

    folders = options.runs or train_missing(options.planned, train, say)
    comparison = compare(load_runs(folders))
    _print(comparison, console, say)
    _write(comparison, options, command, say)
    return options.folder


def _print(comparison: Comparison, console: Console, say: Any) -> None:
    """Print all tables, at most `WIDTH` characters wide, then verdicts and notes."""
    from rich.text import Text

    from experiments.console import print_text_table
    from mariel_gnn.comparison.report import verdicts
    from mariel_gnn.comparison.tables import main_tables, paired_table

    console.print(Text(printable(f"\nComparison on {comparison.data}"), style="bold"))
    for table in [*main_tables(comparison), paired_table(comparison)]:
        print_text_table(console, table)
    for line in [*verdicts(comparison), *comparison.notes]:
        say(f"• {line}")


def _write(comparison: Comparison, options: CompareOptions, command: str, say: Any) -> None:
    """Write pictures, report and page, and log them to W&B."""
    from mariel_gnn.comparison.report import write_report
    from mariel_gnn.comparison.tables import main_records, paired_records
    from mariel_gnn.tracking.tracker import track_comparison
    from mariel_gnn.viz.comparison_pictures import draw_comparison
    from mariel_gnn.viz.page.comparison import write_comparison_page

    say("drawing …")
    pictures = list(draw_comparison(comparison, options.folder / PICTURES))
    write_report(comparison, options.folder, pictures, command)
    page = write_comparison_page(comparison, options.folder, pictures, command)
    tables = {"comparison": main_records(comparison), "paired": paired_records(comparison)}
    track_comparison(options.folder, options.tracking, tables, pictures, say)
    say.to_copy(f"comparison: {options.folder / 'comparison.md'}")
    say.to_copy(f"page: {page}")


def parse_compare(arguments: Sequence[str]) -> CompareOptions:
    """Parse the options of a comparison.

    Raises:
        UserError: an unknown name or a wrong value, with the nearest match.
    """
    parser = _parser()
    own, of_run = _split_arguments(arguments, parser.names())
    given = parser.parse_args(own)
    folder, name = _folder(given.out, given.name)
    of_run = [*of_run, f"--tracking.group={name}"]
    given.models = list(dict.fromkeys(filter(None, given.models.split(","))))
    if given.models:
        _check_training(given)
        planned = list(_plan_all(given, folder, of_run))
        return CompareOptions([], planned, folder, planned[0].tracking)
    _refuse_training_options(given, parser, of_run)
    from experiments.command_line import parse_run

    return CompareOptions([Path(r) for r in given.runs], [], folder, parse_run(of_run).tracking)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.compare",
        allow_abbrev=False,
        description="Compare finished runs, or train models with --models and compare them. With "
        "--models, the options of experiments.run (--data.…, --trainer.…, --tracking.…, --config) apply "
        "to every run.",
    )
    parser.add_argument("runs", nargs="*", help="run folders with the same data and split")
    parser.add_argument("--models", type=str, default="", help="models to train, comma-separated")
    parser.add_argument(
        "--seeds", type=int, default=3, help="seeds of each model: 0, 1, … (usually 3)"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=30.0,
        help="time limit for training each run, in minutes, validation and saving included; evaluation "
        "and pictures come after it and are not limited",
    )
    parser.add_argument(
        "--latent", type=str, default="", help="latent sizes, comma-separated, such as 32,64,128"
    )
    parser.add_argument(
        "--name", type=str, default="", help="name of the folder runs/NAME and of the W&B group"
    )
    parser.add_argument("--out", type=str, default="", help="the folder, instead of runs/NAME")
    return parser


def _split_arguments(arguments: Sequence[str], own: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments of the comparison, and the arguments of its runs."""
    ours: list[str] = []
    of_run: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        name, has_value, _ = argument.partition("=")
        is_own = name in own or not argument.startswith("-")
        if not is_own:
            _check_run_option(name, own)
        target = ours if is_own else of_run
        target.append(argument)
        if argument.startswith("--") and not has_value and name != "--help":
            target += _values(waiting, several=not is_own and _takes_several(name))
    return ours, of_run


def _takes_several(name: str) -> bool:
    from experiments.command_line import SEVERAL

    return name in SEVERAL


def _values(waiting: list[str], several: bool) -> list[str]:
    """Remove the value of an option, or all its values, from the waiting arguments."""
    values: list[str] = []
    while waiting and not waiting[0].startswith("--") and (several or not values):
        values.append(waiting.pop(0))
    return values


def _check_run_option(name: str, own: Sequence[str]) -> None:
    from mariel_gnn.config import RunOptions

    if name in _SET_HERE:
        raise UserError(f"{name} is set by the comparison: give {_SET_HERE[name]}")
    of_run = ["--config", *(f"--{item.name}" for item in fields(RunOptions))]
    if "." not in name and name not in of_run:
        raise UserError(f"unknown option {name}.{nearest_match(name, own)} See --help")


def _folder(out: str, name: str) -> tuple[Path, str]:
    """The folder and the W&B group."""
    name = name or (
        Path(out).name if out else datetime.now().strftime("%Y-%m-%d_%H%M%S_comparison")
    )
    folder = Path(out) if out else Path("runs") / name
    if (folder / CONFIG).exists():
        raise UserError(f"{folder} is the folder of a run: give another --out or --name")
    return folder, name


def _check_training(given: Any) -> None:
    if given.runs:
        raise UserError(
            f"'{given.runs[0]}' and --models: give run folders or models to train, not both; separate "
            "models with commas"
        )
    if given.seeds < 1:
        raise UserError(f"--seeds is {given.seeds}; it must be 1 or more")
    if not given.minutes > 0:  # also refuses NaN
        raise UserError(f"--minutes is {given.minutes:g}; it must be more than 0")


def _refuse_training_options(given: Any, parser: Parser, of_run: Sequence[str]) -> None:
    """Refuse options of training for finished runs: they would have no effect."""
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
        raise UserError(
            f"{changed[0]} is an option of training: give --models too, or leave it out"
        )
    if not given.runs:
        raise UserError("nothing to compare: give run folders, or --models to train new runs")


def _plan_all(given: Any, folder: Path, of_run: Sequence[str]) -> Iterator[RunOptions]:
    """All runs, seed by seed: an interrupted comparison then has runs of every model."""
    for seed in range(given.seeds):
        for latent_size in _latent_sizes(given.latent):
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
    from experiments.command_line import parse_run

    arguments = [f"--model={model}", f"--seed={seed}", f"--out={folder}"]
    arguments += [
        "--trainer.devices=1",
        "--trainer.nodes=1",
    ]  # it draws and compares in one process
    arguments += [f"--trainer.max_minutes={minutes}", f"--trainer.max_epochs={UNBOUNDED_EPOCHS}"]
    if latent_size is not None:
        arguments.append(f"--network.latent_size={latent_size}")
    options = parse_run([*arguments, *of_run])
    size = getattr(options.network, "latent_size", None)
    name = short_name(options.model) + ("" if size is None else f"_z{size}")
    return replace(options, name=f"{name}_seed{options.seed}")


def _latent_sizes(latent: str) -> list[int | None]:
    """The given latent sizes, or None for the default of each model."""
    try:
        return list(dict.fromkeys(map(int, latent.split(",")))) if latent else [None]
    except ValueError:
        raise UserError(
            f"--latent is '{latent}'; it must be whole numbers separated by commas, such as 32,64,128"
        ) from None


if __name__ == "__main__":
    guarded(main)
