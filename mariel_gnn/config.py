"""The configuration of a run: what `--help` lists, YAML files set and `config.yaml` records."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from mariel_gnn.data.options import DataOptions
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.options import EvaluationOptions
from mariel_gnn.tracking.tracker import TrackingOptions
from mariel_gnn.training.options import TrainerOptions


@dataclass(frozen=True)
class RunOptions:
    """A run.

    Attributes:
        model: name in the table of models.
        seed: of weights, training and samples.
        out: folder in which the run folder is made.
        name: of the run folder; None makes one of time, model and seed.
        network: the model's own options.
        data: which recordings, and how they are cut.
        trainer: how the model is trained.
        evaluation: what the table is made of.
        tracking: where numbers go.
        prior: what samples are drawn from: normal, or a flow fitted to the posteriors after training.
    """

    model: str
    seed: int
    out: str
    name: str | None
    network: Any
    data: DataOptions = field(default_factory=DataOptions)
    trainer: TrainerOptions = field(default_factory=TrainerOptions)
    evaluation: EvaluationOptions = field(default_factory=EvaluationOptions)
    tracking: TrackingOptions = field(default_factory=TrackingOptions)
    prior: Literal["normal", "flow"] = "normal"


# Smallest allowed values; a number may equal its bound. What is not named here is free.
_AT_LEAST = {
    "seed": 0,
    "network.latent_size": 3,  # two may hold the heading
    "network.hidden_size": 1,
    "network.layers": 1,
    "network.dropout": 0,
    "network.heads": 1,
    "network.pose_size": 1,
    "network.frequencies": 1,
    "network.posterior_std": 1e-6,
    "network.frames_per_step": 1,
    "network.lead_in_steps": 0,
    "network.decoder_scale": 1e-6,
    "data.rate_hz": 1,
    "data.seq_len": 8,
    "data.trim": 0,
    "data.cleaning.max_gap_s": 0,
    "data.cleaning.jump_m_per_s": 0,
    "trainer.max_epochs": 1,
    "trainer.max_minutes": 0,
    "trainer.epoch_windows": 1,
    "trainer.batch_size": 1,
    "trainer.learning_rate": 1e-9,
    "trainer.averaging": 0,
    "trainer.warmup_epochs": 0,
    "trainer.gradient_clip": 1e-9,
    "trainer.kl_weight": 0,
    "trainer.kl_warmup_epochs": 0,
    "trainer.path_weight": 0,
    "trainer.validate_every": 1,
    "trainer.patience_epochs": 1,
    "trainer.augmentation.noise_mm": 0,
    "trainer.augmentation.speed": 1,
    "evaluation.samples": 2,
}


def check(options: RunOptions) -> None:
    """Check values and what must fit together.

    Raises:
        UserError: says which option, what was given and what is allowed.
    """
    for name, least in _AT_LEAST.items():
        value = _value(options, name)
        if value is not None and not value >= least:  # NaN is not at least anything
            raise UserError(f"{name} is {value}; it must be {least:g} or more")
    options.network.check(options.data.seq_len)
    turning = options.trainer.augmentation
    if options.data.normalization == "notebook" and options.network.heading == "separate":
        raise UserError(
            "data.normalization notebook scales x and y about different centres, and this model keeps "
            "the heading separate: take normalization train (or network.heading entangled, for lstm_vae)"
        )
    if options.data.normalization == "notebook" and (turning.turn or turning.mirror):
        raise UserError(
            "data.normalization notebook scales x and y about different middles: turn and "
            "mirror (trainer.augmentation) need normalization train"
        )


def _value(options: Any, name: str) -> Any:
    for part in name.split("."):
        if options is None or not hasattr(options, part):
            return None
        options = getattr(options, part)
    return options


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
