"""Trains the missing runs of a comparison, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mariel_gnn.comparison.runs import flat_names, read_mapping, read_numbers
from mariel_gnn.config import RunOptions, absolute, flat
from mariel_gnn.errors import UserError
from mariel_gnn.parsing import load_yaml
from mariel_gnn.run_folder import CONFIG, SUMMARY
from mariel_gnn.training.state import STATE

Train = Callable[[RunOptions], Path]
INTERRUPTED = "interrupted"  # in the summary: 1 after Ctrl-C, else 0
# Options that can differ between a planned run and the run in its folder.
_MAY_DIFFER = ("tracking.", "out", "name", "trainer.resume")


def train_missing(
    planned: Sequence[RunOptions], train: Train, say: Callable[[str], None]
) -> list[Path]:
    """Train the planned runs that are missing, and resume those that were interrupted.

    Args:
        planned: all runs, each with a name.
        train: trains one run.
        say: prints a line.

    Returns:
        The run folders, in the planned order.

    Raises:
        UserError: a planned folder has a run with other options.
        KeyboardInterrupt: Ctrl-C stopped training.
    """
    for options in planned:
        _check_same_run(options)
    for number, options in enumerate(planned, start=1):
        folder = folder_of(options)
        line = f"run {number} of {len(planned)}: {folder}"
        if is_complete(options):
            say(f"{line} is complete")
            continue
        say(f"{line}{' resumes' if folder.exists() else ''}{_time_left(planned[number - 1 :])}")
        resume = str(folder) if folder.exists() else None
        train(replace(options, trainer=replace(options.trainer, resume=resume)))
        if not is_complete(options):  # in the trainer Ctrl-C ends one run; here it ends all
            say(f"{folder} was stopped: repeat the command to resume it")
            raise KeyboardInterrupt
    return [folder_of(options) for options in planned]


def folder_of(options: RunOptions) -> Path:
    """The folder of a planned run."""
    return Path(options.out) / str(options.name)


def is_complete(options: RunOptions) -> bool:
    """Whether a run exists and reached its limit of minutes, epochs or patience.

    A run stopped with Ctrl-C has all its files, but it had less training time than the others.
    """
    path = folder_of(options) / SUMMARY
    if not path.exists():
        return False
    summary, trainer = read_numbers(path), options.trainer
    if INTERRUPTED in summary:
        return not summary[INTERRUPTED]
    epochs, minutes = summary.get("epochs", 0), summary.get("training_minutes", 0)
    waited = epochs - summary.get("best_epoch", 0)
    return bool(
        epochs >= trainer.max_epochs
        or (trainer.max_minutes is not None and minutes >= trainer.max_minutes)
        or (trainer.patience_epochs is not None and waited > trainer.patience_epochs)
    )


def _check_same_run(options: RunOptions) -> None:
    """Check that an existing folder of a planned run has a run with the same options.

    Raises:
        UserError: it has something else.
    """
    folder = folder_of(options)
    if not folder.exists():
        return
    if not (folder / CONFIG).exists() or not (folder / STATE).exists():
        raise UserError(f"{folder} exists and has no run to resume: remove it")
    existing = _compared(flat_names(read_mapping(folder / CONFIG, load_yaml)))
    wanted = _compared(flat(options))
    for name in dict.fromkeys([*wanted, *existing]):
        if existing.get(name) != wanted.get(name):
            raise UserError(
                f"{folder} exists with {name} {existing.get(name)}, not {wanted.get(name)}: "
                "give another --name, or remove the folder"
            )


def _compared(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: absolute(name, value)
        for name, value in options.items()
        if not name.startswith(_MAY_DIFFER)
    }


def _time_left(planned: Sequence[RunOptions]) -> str:
    """The training time left for the incomplete runs, as text; empty without a limit."""
    minutes = [o.trainer.max_minutes for o in planned if not is_complete(o)]
    if any(each is None for each in minutes):
        return ""
    total = sum(each for each in minutes if each is not None)
    return f", at most {total:.0f} minutes of training left"
