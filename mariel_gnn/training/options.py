"""How a model is trained, as options."""

from __future__ import annotations

from dataclasses import dataclass, field

from mariel_gnn.data.options import AugmentationOptions


@dataclass(frozen=True)
class TrainerOptions:
    """How a model is trained.

    Args:
        max_epochs: epochs at most.
        max_minutes: stop after the epoch in which this time is reached; null for no limit.
        epoch_windows: windows of an epoch, drawn anew each time without repeats; null for all.
        batch_size: windows of a step (usually 8 to 256; small batches learn more in the same time on a CPU).
        learning_rate: of Adam, at the start (usually 1e-4 to 3e-3).
        warmup_epochs: epochs in which the learning rate rises from 0; for models that start out good
            (usually 0 to 2).
        averaging: how strongly the average of weights that is kept prefers late ones (usually 3 to 15;
            at 6 it looks back over a seventh of training); null keeps the latest weights.
        gradient_clip: greatest norm of the gradient; null for no limit.
        kl_weight: of the KL term in the loss (usually 1 to 30). 1 is the evidence lower bound itself,
            which takes the numbers of a window for independent; they are not, so samples need more.
        kl_warmup_epochs: epochs in which the KL weight rises from 0.
        path_weight: how many markers the body's path counts for (usually 1 to 53); at 1 travel is hardly
            learned, at all 53 the pose of samples suffers.
        validate_every: epochs from one validation to the next.
        patience_epochs: stop when the best validation loss is older than this; null for never.
        augmentation: what happens to training windows.
        resume: run folder to go on with.
        accelerator: cpu, gpu or auto (as Lightning Fabric knows them).
        precision: of the arithmetic, such as 32-true or bf16-mixed.
    """

    max_epochs: int = 30
    max_minutes: float | None = None
    epoch_windows: int | None = 1024
    batch_size: int = 16
    learning_rate: float = 1e-3
    warmup_epochs: float = 0.0
    averaging: float | None = 6.0
    gradient_clip: float | None = 1.0
    kl_weight: float = 10.0
    kl_warmup_epochs: float = 5.0
    path_weight: float = 8.0
    validate_every: int = 1
    patience_epochs: int | None = 20
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)
    resume: str | None = None
    accelerator: str = "auto"
    precision: str = "32-true"
