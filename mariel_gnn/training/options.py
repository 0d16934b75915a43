"""The options of training, without torch, so that `--help` starts quickly."""

from __future__ import annotations

from dataclasses import dataclass, field

from mariel_gnn.data.options import AugmentationOptions
from mariel_gnn.ranges import at_least


@dataclass(frozen=True)
class TrainerOptions:
    """Training.

    Args:
        max_epochs: largest number of epochs.
        max_minutes: time limit of training, validation and saving included; null for no limit. The
            last epoch is cut short to keep it.
        epoch_windows: windows of an epoch, sampled without replacement; null for all.
        batch_size: windows of a step, on all devices together (usually 8 to 256; a network that processes
            whole phrases uses a processor well with 64).
        learning_rate: of Adam, after the warm-up (usually 1e-4 to 3e-3).
        warmup_epochs: epochs in which the learning rate rises from 0 (usually 0 to 2): full rates would
            destroy a good initial state such as PCA.
        averaging: exponent of the weight average that is validated and saved; a larger one prefers later
            weights (usually 3 to 15; 6 averages over about a seventh of training). Null saves the
            latest weights.
        gradient_clip: largest norm of the gradient; null for no limit.
        kl_weight: weight of the KL term (usually 1 to 30). 1 is the evidence lower bound, which assumes
            independent numbers within a window; they are correlated, so samples need more.
        kl_warmup_epochs: epochs in which the KL weight rises from 0.
        path_weight: weight of the path's likelihood, in markers (usually 1 to 53): 1 hardly learns
            travel, 53 costs the pose of samples.
        validate_every: epochs from one validation to the next.
        patience_epochs: stop if the best validation loss is older than this; null for never.
        augmentation: random transformations of training windows.
        resume: run folder to resume.
        accelerator: cpu, gpu or auto (as in Lightning Fabric).
        devices: processes of each node, each with a device of its own; they share the windows of a step.
            Null for as many as torchrun or SLURM has started, else 1.
        nodes: machines; null as for devices.
        precision: of the arithmetic: 32-true, bf16-mixed and others of Lightning Fabric.
    """

    max_epochs: int = at_least(1, default=30)
    max_minutes: float | None = at_least(0, default=None)
    epoch_windows: int | None = at_least(1, default=4096)
    batch_size: int = at_least(1, default=64)
    learning_rate: float = at_least(1e-9, default=1e-3)
    warmup_epochs: float = at_least(0, default=1.0)
    averaging: float | None = at_least(0, default=6.0)
    gradient_clip: float | None = at_least(1e-9, default=1.0)
    kl_weight: float = at_least(0, default=10.0)
    kl_warmup_epochs: float = at_least(0, default=5.0)
    path_weight: float = at_least(0, default=8.0)
    validate_every: int = at_least(1, default=1)
    patience_epochs: int | None = at_least(1, default=20)
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)
    resume: str | None = None
    accelerator: str = "auto"
    devices: int | None = at_least(1, default=None)
    nodes: int | None = at_least(1, default=None)
    precision: str = "32-true"
