"""The model card of a run: what the model is, its numbers, its data, its licence and its limits.

All numbers come from files of the run: `summary.json`, `table.md`, `split.json` and `versions.json`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, TypeVar

import yaml

from mariel_gnn.errors import UserError
from mariel_gnn.files import read_text
from mariel_gnn.models.table import short_name
from mariel_gnn.models.weights import Identity
from mariel_gnn.parsing import load_json, load_yaml
from mariel_gnn.run_folder import CONFIG, SPLIT, SUMMARY, TABLE, VERSIONS

CARD = "README.md"
_SYNTHETIC = "The synthetic dancer of mariel_gnn: computed, not recorded."
_LICENCES = {
    "mit": "MIT. The training data are computed by mariel_gnn, which has the same licence.",
    "unknown": "Not stated. The owners of the recordings decide on the use of what was trained on them.",
}
_TAGS = ["motion-generation", "motion-capture", "dance"]
Content = TypeVar("Content")
_ROLES = {"train": "training", "validation": "validation", "test": "test"}


def model_card(
    name: str,
    run: Path,
    identity: Identity,
    licence: str | None = None,
    data: str | None = None,
) -> str:
    """The card of a run; a folder that has a card keeps it.

    Args:
        name: of the model.
        run: the run folder, or a folder of `save_pretrained`.
        identity: of the model.
        licence: of the weights, as the hub writes it; None for that of the synthetic dancer, else unknown.
        data: a sentence on the recordings; None says how many minutes there are.

    Raises:
        UserError: a file of the run is damaged, or the card cannot have another licence or other data.
    """
    summary: dict[str, float] = _read(run / SUMMARY, _parse_summary, {})
    if (run / CARD).exists():
        if licence or data:
            raise UserError(f"{run / CARD}: is the card of this model: change its text there")
        return _read(run / CARD, str, "")
    is_synthetic = _read(run / CONFIG, _parse_is_synthetic, False)
    licence = licence or ("mit" if is_synthetic else "unknown")
    about = data or (_SYNTHETIC if is_synthetic else "Recordings that the author did not describe.")
    shape = identity.shape
    text = files("mariel_gnn.generation").joinpath("model_card.md").read_text(encoding="utf-8")
    return _front_matter(name, licence, identity, summary) + Template(text).substitute(
        name=name,
        model=short_name(identity.model),
        frames=shape.frames,
        rate_hz=f"{shape.rate_hz:g}",
        seconds=f"{shape.frames / shape.rate_hz:.1f}",
        markers=shape.markers,
        skeleton=identity.skeleton.name,
        numbers=_numbers(run, summary),
        data="\n".join([about, *_roles(_read(run / SPLIT, _parse_split, {}), shape.rate_hz)]),
        licence=_LICENCES.get(licence, licence),
        trained=_read(run / VERSIONS, _parse_versions, ""),
    )


def _front_matter(name: str, licence: str, identity: Identity, summary: Mapping[str, float]) -> str:
    """The YAML that the hub reads, with the numbers on test recordings."""
    content: dict[str, Any] = {
        "library_name": "mariel_gnn",
        "license": licence,
        "tags": [*_TAGS, short_name(identity.model)],
    }
    metrics = [
        {"type": key.removeprefix("test/"), "name": key, "value": value}
        for key, value in summary.items()
        if key.startswith("test/") and key.count("/") == 1 and math.isfinite(value)
    ]
    if metrics:
        task = {"type": "other", "name": "motion reconstruction"}
        dataset = {"type": "motion-capture", "name": "test recordings of the run"}
        result = {"task": task, "dataset": dataset, "metrics": metrics}
        content["model-index"] = [{"name": name, "results": [result]}]
    return f"---\n{yaml.safe_dump(content, sort_keys=False, allow_unicode=True)}---\n"


def _numbers(run: Path, summary: Mapping[str, float]) -> str:
    """The table of the run, with its baselines."""
    if not {"training_minutes", "epochs"} <= summary.keys():
        return "This run has not been measured."
    table = _read(run / TABLE, str, "The table of the run is not in its folder.")
    about = (
        f"One run, on its test recordings. Training: {summary['training_minutes']:.1f} minutes, epochs: "
        f"{summary['epochs']:.0f}.\n`summary.json` has all numbers; docs/metrics.md of mariel_gnn describes "
        "them and the rows of the tables."
    )
    return f"{about}\n\n{table.strip()}"


def _roles(frames: Mapping[str, Sequence[int]], rate_hz: float) -> list[str]:
    """Recordings and minutes of each role; names of files stay private."""
    lines = [
        f"* {word}: {sum(frames[role]) / rate_hz / 60:.1f} minutes, recordings: {len(frames[role])}"
        for role, word in _ROLES.items()
        if frames.get(role)
    ]
    return ["", *lines] if lines else []


def _parse_summary(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in load_json(text).items()}


def _parse_split(text: str) -> dict[str, list[int]]:
    """The frames of each part of each role."""
    parts = load_json(text).items()
    return {role: [int(part["end"]) - int(part["start"]) for part in each] for role, each in parts}


def _parse_is_synthetic(text: str) -> bool:
    """Whether the run names no recordings, and so was trained on the synthetic dancer."""
    return load_yaml(text)["data"]["recordings"] is None


def _parse_versions(text: str) -> str:
    versions = load_json(text)
    listed = ", ".join(f"{name} {versions[name]}" for name in ("mariel_gnn", "torch", "numpy"))
    return f"Trained with {listed}; commit {versions['git_commit']}."


def _read(path: Path, parse: Callable[[str], Content], missing: Content) -> Content:
    """The content of a file of the run, or `missing` without the file.

    Raises:
        UserError: it is damaged.
    """
    if not path.exists():
        return missing
    try:
        return parse(read_text(path))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(f"{path}: is damaged ({reason}): measure the run again") from error
