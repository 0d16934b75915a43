"""Resuming a run: what must be as it was at the start, and what may change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mariel_gnn.comparison.runs import flat_names, read_mapping
from mariel_gnn.config import RunOptions, absolute, flat, with_absolute_paths
from mariel_gnn.data.recorded_split import Record, check_record
from mariel_gnn.errors import UserError
from mariel_gnn.files import remove_partial_files
from mariel_gnn.models.weights import PRIOR
from mariel_gnn.parsing import load_json, load_yaml
from mariel_gnn.run_folder import CONFIG, SPLIT, SUMMARY, VERSIONS

# Options that a resumed run may change: an option, or all of a group. All others are refused.
MAY_CHANGE = {
    "trainer.max_epochs": "when training ends",
    "trainer.max_minutes": "when training ends",
    "trainer.patience_epochs": "when training ends",
    "trainer.accelerator": "where it is computed",
    "trainer.devices": "where it is computed",
    "trainer.nodes": "where it is computed",
    "trainer.resume": "the run itself",
    "prior": "fitted after training",
    "evaluation.": "after training",
    "tracking.": "logging",
}


def check_options(options: RunOptions, folder: Path) -> None:
    """Check that the options are those of the run in the folder, but for `MAY_CHANGE`.

    Raises:
        UserError: names the options that differ.
    """
    before = flat_names(read_mapping(folder / CONFIG, load_yaml))
    now = flat(with_absolute_paths(options))
    place = folder.resolve()
    here = {"out": str(place.parent), "name": place.name}  # the run may have been moved
    differing = [
        f"{name} was {before.get(name)}, is {value}"
        for name, value in now.items()
        if not name.startswith(tuple(MAY_CHANGE))
        and _listed(value) != _listed(absolute(name, before.get(name, value)))
        and (name not in here or value != here[name])
    ]
    if differing:
        raise UserError(
            f"--trainer.resume {folder}: {'; '.join(differing[:3])}: a resumed run keeps its options: "
            "leave that out, or train anew under another --name"
        )


def recorded_split(folder: Path) -> Record:
    """The split of the run in a folder.

    Raises:
        UserError: it has none, or not one of this version.
    """
    record = read_mapping(folder / SPLIT, load_json)
    check_record(record, str(folder / SPLIT))
    return record


def describe_other_versions(folder: Path, versions: Mapping[str, str]) -> list[str]:
    """A line if the run was started with other versions than those given; else none."""
    before = read_mapping(folder / VERSIONS, load_json)
    differing = [
        f"{name} {before.get(name)}, now {value}"
        for name, value in versions.items()
        if before.get(name) != value
    ]
    if not differing:
        return []
    return [
        f"the run was started with {'; '.join(differing)}: its numbers can differ from those of an "
        "uninterrupted run"
    ]


def remove_results(folder: Path) -> None:
    """Remove what a run has only at its end, and what a killed process left half-written."""
    for name in (SUMMARY, PRIOR):  # a folder with a summary is a finished run
        (folder / name).unlink(missing_ok=True)
    remove_partial_files(folder)


def _listed(value: Any) -> Any:
    """One pattern and a list of one pattern are the same option, and a list and a tuple."""
    value = list(value) if isinstance(value, tuple) else value
    return value[0] if isinstance(value, list) and len(value) == 1 else value
