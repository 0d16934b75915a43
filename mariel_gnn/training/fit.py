"""The training loop: one for all models.

A run is exact: the same seed gives the same numbers on a CPU, and going on with a run is equal to the
bit to never having stopped. Each epoch draws all its random numbers from a seed of its own, so the
state to keep is the weights, the optimiser and where we are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor, nn

from mariel_gnn.data.augmentation import augment, draw_speeds
from mariel_gnn.data.windows import WindowBatch, Windows
from mariel_gnn.errors import UserError
from mariel_gnn.losses.elbo import weighted_sum
from mariel_gnn.models.motion_model import MotionModel, Terms
from mariel_gnn.models.weights import BEST, LAST, Identity, save_weights
from mariel_gnn.tracking.tracker import Tracker
from mariel_gnn.training.options import TrainerOptions
from mariel_gnn.training.schedules import average_over_training, term_weights, warmup
from mariel_gnn.training.state import STATE, save_state


@dataclass
class Progress:
    """Where training is: all of this is in the training state.

    Attributes:
        epoch: epochs done.
        best_epoch: the epoch of the best validation loss.
        best_loss: the best validation loss, nats.
        seconds: spent training.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    seconds: float = 0.0


@dataclass(frozen=True)
class Fit:
    """How training ended.

    Attributes:
        progress: where it stopped.
        reason: why, in words.
    """

    progress: Progress
    reason: str


class Trainer:
    """Trains one model in one run folder.

    Args:
        model: what is trained, in place.
        identity: goes into the header of the weights.
        options: how.
        folder: where weights and state are written after each epoch.
        seed: of everything random in training.
        on_step: called with the windows of the epoch done so far and their number, for a bar.
    """

    def __init__(
        self,
        model: MotionModel,
        identity: Identity,
        options: TrainerOptions,
        folder: Path,
        seed: int = 0,
        on_step: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.options, self.identity, self.folder = options, identity, folder
        self.seed, self.on_step = seed, on_step
        precision: Any = options.precision  # Fabric checks it
        try:
            self.fabric = Fabric(accelerator=options.accelerator, devices=1, precision=precision)
        except (ValueError, RuntimeError, MisconfigurationException) as error:
            raise UserError(f"trainer.accelerator or precision: {error}") from error
        self.model = model.to(self.fabric.device)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.Adam(trained, lr=options.learning_rate)
        self.network, self.optimizer = self.fabric.setup(_Loss(self.model), optimizer)
        self.average = average_over_training(self.model, options.averaging)
        self.progress = Progress()

    def fit(self, train: Windows, validation: Windows, tracker: Tracker) -> Fit:
        """Train until the epochs or the time are over, nothing improves any more, or Ctrl-C.

        Args:
            train: windows to learn from.
            validation: windows to choose weights by.
            tracker: where the numbers of each epoch go.
        """
        if self.progress.epoch == 0:
            self._save(best=True)  # so that a run is usable however early it is stopped
        device = self.fabric.device
        train, validation = train.to(device), validation.to(device)
        try:
            while not (reason := self._ended()):
                tracker.log(self._epoch(train, validation))
        except KeyboardInterrupt:
            reason = f"stopped by you in epoch {self.progress.epoch + 1}"
        return Fit(self.progress, reason)

    @property
    def averaged(self) -> MotionModel:
        """The model with weights averaged over training: what is validated and kept."""
        model = self.average.module
        assert isinstance(model, MotionModel)  # for mypy
        return model

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a training state (`load_state`)."""
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])

    def _epoch(self, train: Windows, validation: Windows) -> dict[str, float]:
        """Train and validate once, write weights and state; the numbers of the epoch."""
        epoch, started = self.progress.epoch, time.perf_counter()
        torch.manual_seed(self.seed * 100_003 + epoch)
        row = {"epoch": epoch + 1} | self._train(train, epoch)
        if (epoch + 1) % self.options.validate_every == 0 or epoch + 1 == self.options.max_epochs:
            row |= self.validate(validation)
        self.progress.epoch = epoch + 1
        improved = row.get("validation/loss_nats", float("inf")) < self.progress.best_loss
        if improved:
            self.progress.best_loss = row["validation/loss_nats"]
            self.progress.best_epoch = epoch + 1
        self.progress.seconds += time.perf_counter() - started
        row["minutes"] = self.progress.seconds / 60
        # Until the first validation the latest weights are the best.
        self._save(best=improved or self.progress.best_epoch == 0)
        return row

    def _train(self, train: Windows, epoch: int) -> dict[str, float]:
        """One epoch of steps; the averages are over examples."""
        self.network.train()
        sums, started = _Sums(), time.perf_counter()
        total = min(self.options.epoch_windows or len(train), len(train))
        for indices in _shuffled(len(train), total, self.options.batch_size):
            now = epoch + sums.examples / total
            weights = term_weights(self.options, now)
            rate = self.options.learning_rate * warmup(now, self.options.warmup_epochs)
            sped_up = draw_speeds(len(indices), self.options.augmentation)
            terms = self._step(train.batch(indices, sped_up), weights, rate)
            sums.add(terms, weights)
            self.on_step(sums.examples, total)
        speed = sums.examples / (time.perf_counter() - started)
        return sums.means("train") | {"learning_rate": rate, "windows_per_s": speed}

    def _step(self, batch: WindowBatch, weights: dict[str, float], rate: float) -> Terms:
        units_per_metre = float(self.model.normalizer.position_scale.abs()[0])
        noisy, target = augment(
            batch, self.options.augmentation, self.identity.skeleton.mirror, units_per_metre
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        terms = self.network(noisy, target, self.options.path_weight)
        loss = weighted_sum(terms, weights).mean()
        if not torch.isfinite(loss):
            raise UserError(
                f"training broke down: the loss is {loss.item()} in epoch "
                f"{self.progress.epoch + 1}: lower trainer.learning_rate or set "
                "trainer.gradient_clip"
            )
        self.optimizer.zero_grad()
        self.fabric.backward(loss)
        if self.options.gradient_clip is not None:
            self.fabric.clip_gradients(
                self.network, self.optimizer, max_norm=self.options.gradient_clip
            )
        self.optimizer.step()
        self.average.update_parameters(self.model)
        return {name: values.detach() for name, values in terms.items()}

    @torch.no_grad()
    def validate(self, windows: Windows) -> dict[str, float]:
        """The loss with the full KL weight and the error on windows, z the posterior's mean.

        As for all weights that are kept, averaged over training.
        """
        network, weights = self.averaged.eval(), term_weights(self.options)
        sums = _Sums()
        for indices in torch.arange(len(windows)).split(self.options.batch_size):
            terms, further = network.validate(windows.batch(indices), self.options.path_weight)
            sums.add(terms, weights, further)
        return sums.means("validation")

    def _ended(self) -> str | None:
        """Why training is over, in words; None if it is not."""
        options, progress = self.options, self.progress
        if progress.epoch >= options.max_epochs:
            return f"all {options.max_epochs} epochs done"
        if options.max_minutes is not None and progress.seconds >= 60 * options.max_minutes:
            return f"{options.max_minutes:g} minutes are over"
        waited = progress.epoch - progress.best_epoch
        if options.patience_epochs is not None and waited > options.patience_epochs:
            return f"no better validation loss in {waited} epochs"
        return None

    def _save(self, best: bool) -> None:
        if best:
            save_weights(self.folder / BEST, self.averaged, self.identity)
        save_weights(self.folder / LAST, self.averaged, self.identity)
        parts = {"model": self.model, "average": self.average, "optimizer": self.optimizer}
        state = {name: part.state_dict() for name, part in parts.items()}
        save_state(self.folder / STATE, state | {"progress": vars(self.progress)})


class _Loss(nn.Module):
    """A model's loss as `forward`, which is what Fabric wraps.

    Args:
        model: the model.
    """

    def __init__(self, model: MotionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: WindowBatch, target: WindowBatch, path_weight: float) -> Terms:
        """The loss terms of each window, `[B]` nats."""
        return self.model.loss(batch, target, path_weight)


class _Sums:
    """Sums over examples of the weighted loss, its terms and further numbers."""

    def __init__(self) -> None:
        self.examples = 0
        self.sums: dict[str, float] = {}

    def add(self, terms: Terms, weights: dict[str, float], further: Terms | None = None) -> None:
        """Add a batch: its terms in nats with their weights, and numbers that name their unit."""
        loss = weighted_sum(terms, weights)
        named = {"loss": loss, **terms}
        values = {f"{name}_nats": value for name, value in named.items()} | (further or {})
        self.examples += len(loss)
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.sum())

    def means(self, role: str) -> dict[str, float]:
        """The averages over examples, named for a role such as train."""
        return {f"{role}/{name}": value / self.examples for name, value in self.sums.items()}


def _shuffled(count: int, total: int, batch_size: int) -> Iterator[Tensor]:
    """`total` different indices below `count` in random order, in batches."""
    return iter(torch.randperm(count)[:total].split(batch_size))
