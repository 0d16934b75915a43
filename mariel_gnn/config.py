"""The configuration of a run: what `--help` lists, YAML files set and `config.yaml` records."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal

from mariel_gnn.data.options import DataOptions
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.options import EvaluationOptions
from mariel_gnn.mocap.recording import expand_home
from mariel_gnn.models.options import ModelOptions
from mariel_gnn.ranges import at_least, check_ranges
from mariel_gnn.tracking.tensorboard import check_tensorboard
from mariel_gnn.tracking.tracker import TrackingOptions
from mariel_gnn.training.options import TrainerOptions


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """A run.

    Attributes:
        model: name in the table of models, or `package.module:Class`.
        seed: of weights, training and samples.
        out: folder that the run folder is created in.
        name: of the run folder; None builds it from time, model and seed.
        network: the model's own options.
        data: recordings and windows.
        trainer: training.
        evaluation: the table and the pictures.
        tracking: where numbers are logged.
        prior: of samples: normal, or a flow fitted to the posteriors after training.
    """

    model: str
    seed: int = at_least(0)
    out: str
    name: str | None
    network: ModelOptions
    data: DataOptions = field(default_factory=DataOptions)
    trainer: TrainerOptions = field(default_factory=TrainerOptions)
    evaluation: EvaluationOptions = field(default_factory=EvaluationOptions)
    tracking: TrackingOptions = field(default_factory=TrackingOptions)
    prior: Literal["normal", "flow"] = "normal"


def check(options: RunOptions) -> None:
    """Check all values, and options against each other.

    Raises:
        UserError: names the option, its value and what is allowed.
    """
    check_ranges(options)
    options.network.check(options.data.seq_len)
    if options.tracking.tensorboard:
        check_tensorboard()
    augmentation = options.trainer.augmentation
    if options.data.normalization != "notebook":
        return
    if options.network.separates_heading:
        raise UserError(
            "data.normalization notebook scales x and y differently, and this model keeps the heading "
            "separate: take normalization train, or model notebook_lstm_vae"
        )
    if augmentation.turn or augmentation.mirror:
        raise UserError(
            "data.normalization notebook scales x and y differently: turn and mirror "
            "(trainer.augmentation) need normalization train"
        )


PATHS = (
    "out",
    "data.recordings",
    "data.partners",
    "data.validation",
    "data.test",
    "data.skeleton",
    "evaluation.notebook_run",
    "network.solo",
)


def absolute(name: str, value: Any) -> Any:
    """The value of an option by its dotted name, with absolute paths."""
    if isinstance(value, list):
        return [absolute(name, each) for each in value]
    if name not in PATHS or value is None:
        return value
    if name == "data.skeleton" and Path(value).suffix not in (
        ".yaml",
        ".yml",
    ):  # the name of a shipped one
        return value
    return os.path.abspath(expand_home(value))


def with_absolute_paths(options: RunOptions) -> RunOptions:
    """The options for `config.yaml`, which can be used from any folder."""

    def group(name: str) -> Any:
        values, prefix = getattr(options, name), f"{name}."
        named = [path.removeprefix(prefix) for path in PATHS if path.startswith(prefix)]
        own = [name for name in named if hasattr(values, name)]
        return replace(
            values, **{each: absolute(prefix + each, getattr(values, each)) for each in own}
        )

    return replace(
        options,
        out=absolute("out", options.out),
        network=group("network"),
        data=group("data"),
        evaluation=group("evaluation"),
    )


def flat(options: Any, prefix: str = "") -> dict[str, Any]:
    """All options as one mapping of dotted names, for W&B."""
    found: dict[str, Any] = {}
    for item in fields(options):
        value = getattr(options, item.name)
        if is_dataclass(value):
            found |= flat(value, f"{prefix}{item.name}.")
        else:
            found[prefix + item.name] = value
    return found
