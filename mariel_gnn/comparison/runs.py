"""Reads a finished run from its folder."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.evaluation.baselines import PCA_SIZE
from mariel_gnn.evaluation.window_errors import WindowErrors, load_errors
from mariel_gnn.files import read_text
from mariel_gnn.parsing import load_json, load_yaml
from mariel_gnn.run_folder import CONFIG, METRICS, SPLIT, SUMMARY, VERSIONS

OWN_ERROR = "test/mpjpe_mm"
BASELINES = ("pca", "mean_pose")  # rows that every run has
_NEEDED = {"model": str, "seed": int, "data.seq_len": int}


@dataclass(frozen=True)
class Part:
    """A contiguous part of a recording.

    Attributes:
        file: name of its file.
        start: first frame.
        end: last frame plus one.
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
        split: role -> its parts of recordings.
        summary: final numbers; names end with units.
        epochs: the numbers of each epoch; empty if training stopped in the first epoch.
        commit: git commit of the code.
        errors: errors of each test window.
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
        """Z; of a model without latents, the size of the PCA beside it."""
        return int(self.options.get("network.latent_size", PCA_SIZE))


def load_run(folder: str | Path) -> Run:
    """Read a run folder.

    Raises:
        UserError: not a run folder, an unfinished run, or an unreadable file.
    """
    folder = Path(folder)
    check_finished(folder)
    options = flat_names(read_mapping(folder / CONFIG, load_yaml))
    _check_options(folder / CONFIG, options)
    errors, summary = load_errors(folder), read_numbers(folder / SUMMARY)
    own = [errors.model] if OWN_ERROR in summary else []  # not every model reconstructs
    for row in (*own, *BASELINES):
        errors.window_mm(row)  # raises for a missing row
    return Run(
        folder=folder,
        options=options,
        split=_read(folder / SPLIT, _parts),
        summary=summary,
        epochs=_read(folder / METRICS, _rows) if (folder / METRICS).exists() else [],
        commit=str(read_mapping(folder / VERSIONS, load_json).get("git_commit", "unknown")),
        errors=errors,
    )


def flat_names(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested options to a mapping with dotted names."""
    flat: dict[str, Any] = {}
    for name, value in options.items():
        nested = isinstance(value, dict)
        flat |= flat_names(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return flat


def read_numbers(path: Path) -> dict[str, float]:
    """Read a `summary.json`.

    Raises:
        UserError: the file is unreadable or has other content than numbers by name.
    """
    numbers: dict[str, float] = _read(path, _numbers)
    return numbers


def read_mapping(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """Read a file of a run with a mapping as its content.

    Raises:
        UserError: the file is unreadable or has other content.
    """
    content = _read(path, parse)
    if not isinstance(content, dict):
        raise UserError(f"{path}: cannot be read (it is not a mapping of names to values)")
    return content


def check_finished(folder: Path) -> None:
    """Check that a folder is a finished run.

    Raises:
        UserError: it is not; says how to resume it, or which folder is meant.
    """
    if not (folder / CONFIG).is_file():
        raise UserError(f"{folder}: {_not_a_run(folder)}")
    if not (folder / SUMMARY).is_file():
        raise UserError(
            f"{folder}: the run is not finished (it has no {SUMMARY}): resume it with "
            f"python -m experiments.run --trainer.resume {folder}"
        )


def _not_a_run(folder: Path) -> str:
    if folder.exists():
        return f"not a run folder (it has no {CONFIG}): give folders written by experiments.run"
    siblings = [path.parent.name for path in folder.parent.glob(f"*/{CONFIG}")]
    return f"no such run folder.{nearest_match(folder.name, siblings)}".rstrip(".")


def _check_options(path: Path, options: Mapping[str, Any]) -> None:
    for name, kind in _NEEDED.items():
        if not isinstance(value := options.get(name), kind):
            raise UserError(
                f"{path}: {name} is {value}; it must be {kind.__name__}: restore the file"
            )


def _read(path: Path, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(read_text(path))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError, AttributeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read ({' '.join(str(error).split())[:120]})") from error


def _parts(text: str) -> dict[str, list[Part]]:
    return {
        role: [
            Part(Path(part["source"]).name, int(part["start"]), int(part["end"])) for part in parts
        ]
        for role, parts in load_json(text).items()
    }


def _numbers(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in load_json(text).items()}


def _rows(text: str) -> list[dict[str, float]]:
    rows = csv.DictReader(text.splitlines())
    read = [{name: float(cell) for name, cell in row.items() if cell} for row in rows]
    if not all("epoch" in row for row in read):
        raise ValueError("a row has no epoch")
    return read
