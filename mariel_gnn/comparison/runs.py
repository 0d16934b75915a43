"""A finished run as its folder tells it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.evaluation.window_errors import WindowErrors, load_errors
from mariel_gnn.tracking.tracker import METRICS, SUMMARY

CONFIG, SPLIT, VERSIONS = "config.yaml", "split.json", "versions.json"
COMPARED_WITH = ("pca", "mean_pose")  # rows that every run measures
_NEEDED = {"model": str, "seed": int, "network.latent_size": int, "data.seq_len": int}


@dataclass(frozen=True)
class Part:
    """An unbroken part of a recording.

    Attributes:
        file: name of its file.
        start: its first frame.
        end: the frame after its last.
    """

    file: str
    start: int
    end: int


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        folder: the run folder.
        options: dotted name -> value, as in `config.yaml`.
        split: role -> its recordings.
        summary: the final numbers, named with their units.
        epochs: a row of numbers an epoch; empty if training was stopped in the first.
        commit: of the code that made it.
        errors: the errors of each test window.
    """

    folder: Path
    options: Mapping[str, Any]
    split: Mapping[str, list[Part]]
    summary: Mapping[str, float]
    epochs: list[dict[str, float]]
    commit: str
    errors: WindowErrors = field(repr=False)

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.options["model"])

    @property
    def seed(self) -> int:
        """The seed of weights, training and samples."""
        return int(self.options["seed"])

    @property
    def latent_size(self) -> int:
        """Z."""
        return int(self.options["network.latent_size"])


def load_run(folder: str | Path) -> Run:
    """Read a run folder.

    Raises:
        UserError: no run folder, a run that is not finished, or a file of it that cannot be read.
    """
    folder = Path(folder)
    _check_finished(folder)
    options = flat_names(read_mapping(folder / CONFIG, yaml.safe_load))
    _check_options(folder / CONFIG, options)
    errors = load_errors(folder)
    for row in (errors.model, *COMPARED_WITH):
        errors.window_mm(row)  # says what is missing, if it is
    return Run(
        folder=folder,
        options=options,
        split=_read(folder / SPLIT, _parts),
        summary=_read(folder / SUMMARY, _numbers),
        epochs=_read(folder / METRICS, _rows) if (folder / METRICS).exists() else [],
        commit=str(read_mapping(folder / VERSIONS, json.loads).get("git_commit", "unknown")),
        errors=errors,
    )


def flat_names(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested options as one mapping of dotted names."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        nested = isinstance(value, dict)
        found |= flat_names(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return found


def read_mapping(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """A file of a run that holds a mapping.

    Raises:
        UserError: it cannot be read or holds something else.
    """
    content = _read(path, parse)
    if not isinstance(content, dict):
        raise UserError(f"{path}: cannot be read (it holds no names with values)")
    return content


def _check_finished(folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise UserError(f"{folder}: {_no_run(folder)}")
    if not (folder / SUMMARY).is_file():
        raise UserError(
            f"{folder}: the run is not finished (it has no {SUMMARY}): go on with it by "
            f"python -m experiments.run --trainer.resume {folder}"
        )


def _no_run(folder: Path) -> str:
    if folder.exists():
        return f"no run folder (it has no {CONFIG}): give folders that experiments.run made"
    beside = [path.parent.name for path in folder.parent.glob(f"*/{CONFIG}")]
    return f"no such run folder.{nearest_match(folder.name, beside)}".rstrip(".")


def _check_options(path: Path, options: Mapping[str, Any]) -> None:
    for name, kind in _NEEDED.items():
        if not isinstance(options.get(name), kind):
            raise UserError(
                f"{path}: {name} is {options.get(name)}: it is not as experiments.run wrote it"
            )


def _read(path: Path, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read ({' '.join(str(error).split())[:120]})") from error


def _parts(text: str) -> dict[str, list[Part]]:
    return {
        role: [
            Part(Path(part["source"]).name, int(part["start"]), int(part["end"])) for part in parts
        ]
        for role, parts in json.loads(text).items()
    }


def _numbers(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in json.loads(text).items()}


def _rows(text: str) -> list[dict[str, float]]:
    rows = csv.DictReader(text.splitlines())
    return [{name: float(cell) for name, cell in row.items() if cell} for row in rows]
