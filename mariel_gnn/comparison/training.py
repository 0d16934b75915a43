"""Training what a comparison lacks: one run after another, none twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from mariel_gnn.comparison.runs import CONFIG, flat_names, read_mapping
from mariel_gnn.config import RunOptions, flat
from mariel_gnn.errors import UserError
from mariel_gnn.tracking.tracker import SUMMARY
from mariel_gnn.training.state import STATE

Train = Callable[[RunOptions], Path]
_MAY_DIFFER = ("tracking.", "out", "name", "trainer.resume")


def train_missing(
    planned: Sequence[RunOptions], train: Train, say: Callable[[str], None]
) -> list[Path]:
    """Train the runs that are not there yet; a run that was broken off goes on.

    Args:
        planned: all runs, each with a name.
        train: makes one run.
        say: prints a line.

    Returns:
        The run folders, in the order planned.

    Raises:
        UserError: a folder of that name holds a run of other options.
        KeyboardInterrupt: training was stopped by Ctrl-C.
    """
    for options in planned:
        _check_same_run(options)
    for number, options in enumerate(planned, start=1):
        folder = folder_of(options)
        line = f"run {number} of {len(planned)}: {folder}"
        if is_complete(options):
            say(f"{line} is there already")
            continue
        say(f"{line}{' goes on' if folder.exists() else ''}{_time_left(planned[number - 1 :])}")
        resume = str(folder) if folder.exists() else None
        train(replace(options, trainer=replace(options.trainer, resume=resume)))
        if not is_complete(options):  # the trainer takes Ctrl-C for the end of one run only
            say(f"{folder} was stopped: the same command goes on with it")
            raise KeyboardInterrupt
    return [folder_of(options) for options in planned]


def folder_of(options: RunOptions) -> Path:
    """The folder of a planned run."""
    return Path(options.out) / str(options.name)


def is_complete(options: RunOptions) -> bool:
    """Whether a run is there and was not stopped by hand: its minutes, epochs or patience ran out.

    A run stopped by hand has all its files; to compare it would give it less time than the others.
    """
    path = folder_of(options) / SUMMARY
    if not path.exists():
        return False
    summary, trainer = read_mapping(path, json.loads), options.trainer
    epochs, minutes = summary.get("epochs", 0), summary.get("training_minutes", 0)
    waited = epochs - summary.get("best_epoch", 0)
    return bool(
        epochs >= trainer.max_epochs
        or (trainer.max_minutes is not None and minutes >= trainer.max_minutes)
        or (trainer.patience_epochs is not None and waited > trainer.patience_epochs)
    )


def _check_same_run(options: RunOptions) -> None:
    """Check that what is in the folder, if anything, is this very run."""
    folder = folder_of(options)
    if not folder.exists():
        return
    if not (folder / CONFIG).exists() or not (folder / STATE).exists():
        raise UserError(f"{folder} is there but holds no run to go on with: remove it")
    there = _own(flat_names(read_mapping(folder / CONFIG, yaml.safe_load)))
    wanted = _own(flat(options))
    for name in dict.fromkeys([*wanted, *there]):
        if there.get(name) != wanted.get(name):
            raise UserError(
                f"{folder} is there already with {name} {there.get(name)}, not {wanted.get(name)}: "
                "take another --name, or remove it"
            )


def _own(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if not name.startswith(_MAY_DIFFER)}


def _time_left(planned: Sequence[RunOptions]) -> str:
    """How long the runs that are still to be trained take at most, in words."""
    minutes = [o.trainer.max_minutes for o in planned if not is_complete(o)]
    if any(each is None for each in minutes):
        return ""
    total = sum(each for each in minutes if each is not None)
    return f", at most {total:.0f} minutes of training to go"
