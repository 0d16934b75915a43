"""The training loop: one for all models.

A run is exact: the same seed gives the same numbers on a CPU, and a resumed run equals an uninterrupted
one to the bit. Each epoch takes its random numbers from a seed of its own. The state is therefore the
weights, the optimiser and the progress. `state.py` says how a killed run stays resumable.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mariel_gnn.data.augmentation import augment, draw_speeds
from mariel_gnn.data.windows import WindowBatch, Windows
from mariel_gnn.errors import UserError
from mariel_gnn.losses.elbo import weighted_sum
from mariel_gnn.models.motion_model import MotionModel, Terms
from mariel_gnn.models.weights import BEST, LAST, Identity, save_weights
from mariel_gnn.parsing import load_json
from mariel_gnn.tracking.tracker import Tracker
from mariel_gnn.training.batch_loss import ModelLoss, TermSums
from mariel_gnn.training.memory import keep_freed_memory
from mariel_gnn.training.options import TrainerOptions
from mariel_gnn.training.ranks import Ranks, launch
from mariel_gnn.training.schedules import AverageOverTraining, TimeLimit, term_weights, warmup
from mariel_gnn.training.state import STATE, damage_told, load_state, save_state

_TIMED_BATCHES = 3  # of the validation, to estimate its time


@dataclass
class Progress:
    """The progress of training; the training state contains it.

    Attributes:
        epoch: finished epochs.
        best_epoch: the epoch of the best validation loss.
        best_loss: the best validation loss, nats.
        seconds: time spent on training, validation and saving.
        ended: why training has ended, in words; empty if it has not, or was interrupted.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    seconds: float = 0.0
    ended: str = ""


@dataclass(frozen=True)
class Fit:
    """The end of training.

    Attributes:
        progress: the progress at the end.
        reason: why training ended, in words.
        interrupted: whether Ctrl-C ended it.
    """

    progress: Progress
    reason: str
    interrupted: bool = False


class Trainer:
    """Trains one model in one run folder.

    Args:
        model: trained in place.
        identity: goes into the header of the weights.
        options: of training.
        folder: weights and state are written here after each epoch.
        seed: of all randomness in training.
        on_step: called with the finished windows of the epoch and their total, for a progress bar.
        ranks: the processes that train it; None starts those that the options ask for.

    Attributes:
        progress: see `Progress`.
        rows: the numbers of each finished epoch.
        best: the averaged weights of the best validation loss, as training left them.
    """

    def __init__(
        self,
        model: MotionModel,
        identity: Identity,
        options: TrainerOptions,
        folder: Path,
        seed: int = 0,
        on_step: Callable[[int, int], None] = lambda done, total: None,
        ranks: Ranks | None = None,
    ) -> None:
        self.options, self.identity, self.folder = options, identity, folder
        self.seed, self.on_step = seed, on_step
        self.ranks = ranks or launch(options)
        self.fabric = self.ranks.fabric
        self.model = model.to(self.fabric.device)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        # One pass over the weights on a CPU: a third of the time of the default there.
        fused = self.fabric.device.type == "cpu"
        optimizer = torch.optim.Adam(trained, lr=options.learning_rate, fused=fused)
        self.network, self.optimizer = self.fabric.setup(ModelLoss(self.model), optimizer)
        self.average = AverageOverTraining(self.model, options.averaging)
        self.best = copy.deepcopy(self.averaged)
        self.progress = Progress()
        self.rows: list[dict[str, float]] = []
        self.time = TimeLimit(options.max_minutes)

    def fit(self, train: Windows, validation: Windows, tracker: Tracker | None) -> Fit:
        """Train until an option or Ctrl-C ends it.

        The options are the number of epochs, the time limit and the patience. A resumed run whose
        training has ended under the same three is not trained further.

        Args:
            train: windows to train on.
            validation: windows to select weights by.
            tracker: logs the numbers of each epoch; None on ranks but the first.
        """
        self.time = TimeLimit(self.options.max_minutes, self.progress.seconds)
        device = self.fabric.device
        train, validation = train.to(device), validation.to(device)
        self.save()  # a run can be used whenever it is stopped
        if tracker is not None:
            tracker.restore(self.rows)
        if self.progress.ended:
            return Fit(self.progress, self.progress.ended)
        if self.options.max_minutes is not None:
            self.time.reserve_s = self.time.seconds - self.progress.seconds
            self.time.reserve_s += self._validation_s(validation)
        keep_freed_memory()
        try:
            with self.ranks.stop_together():
                while not (reason := self._ended()):
                    self._epoch(train, validation, tracker)
        except KeyboardInterrupt:
            return self._interrupted(tracker)
        finally:
            keep_freed_memory(False)
        self.progress.seconds, self.progress.ended = self.time.seconds, reason
        if self.ranks.is_first:
            self._save_state(self.folder)
        return Fit(self.progress, reason)

    def save(self, folder: Path | None = None) -> None:
        """Write the training state, then the weights in it as files for use, on rank 0.

        Args:
            folder: where to write; None for the run folder.
        """
        if not self.ranks.is_first:
            return
        folder = folder or self.folder
        self._save_state(folder)
        save_weights(folder / BEST, self.best, self.identity)
        save_weights(folder / LAST, self.averaged, self.identity)

    @property
    def averaged(self) -> MotionModel:
        """The model with weights averaged over training, which is validated and saved."""
        model = self.average.module
        assert isinstance(model, MotionModel)  # for mypy
        return model

    def resume(self, state: dict[str, Any]) -> None:
        """Continue from a training state (`load_state`).

        Raises:
            UserError: it is of another model, shape or skeleton.
        """
        before, now = (load_json(text) for text in (state["identity"], self.identity.to_json()))
        if differing := [name for name in now if before.get(name) != now[name]]:
            raise UserError(
                f"the {' and the '.join(differing)} of the run in {self.folder} differ from those at its "
                "start: restore the skeleton's YAML file, or train anew under another --name"
            )
        with damage_told(self.folder / STATE):
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.best.load_state_dict(state["best"])
        self.progress, self.rows = Progress(**state["progress"]), list(state["rows"])
        if state["limits"] != self._limits():
            self.progress.ended = ""

    @torch.no_grad()
    def validate(self, windows: Windows) -> dict[str, float]:
        """Loss and further numbers on windows, with the averaged weights and the final term weights."""
        network, weights = self.averaged.eval(), term_weights(self.options)
        sums = TermSums()
        for indices in torch.arange(len(windows)).split(self.options.batch_size):
            own, share = self.ranks.part(indices)
            if share:
                terms, further = network.validate(windows.batch(own), self.options.path_weight)
                sums.add(terms, weights, further)
        return TermSums.of_all(self.ranks.gather(sums)).means("validation")

    def _epoch(self, train: Windows, validation: Windows, tracker: Tracker | None) -> None:
        """Train and validate once, write weights and state, log the numbers."""
        options, progress = self.options, self.progress
        epoch = progress.epoch + 1
        torch.manual_seed(self.seed * 100_003 + progress.epoch)
        row = {"epoch": epoch} | self._train(train, progress.epoch)
        steps_end_s = self.time.seconds
        is_last = epoch == options.max_epochs or self._time_is_over()
        validates = epoch % options.validate_every == 0 or is_last
        if validates:
            row |= self.validate(validation)
        progress.epoch = epoch
        improved = row.get("validation/loss_nats", float("inf")) < progress.best_loss
        if improved:
            progress.best_loss = row["validation/loss_nats"]
            progress.best_epoch = epoch
        progress.seconds = self.time.seconds
        row["minutes"] = progress.seconds / 60
        if improved or progress.best_epoch == 0:  # until the first validation the latest are best
            self.best.load_state_dict(self.averaged.state_dict())
        self.rows.append(row)
        self.save()
        if tracker is not None:
            tracker.log(row)
        if validates:
            self.time.reserve_s = self.time.seconds - steps_end_s

    def _train(self, train: Windows, epoch: int) -> dict[str, float]:
        """The steps of one epoch, or those that the time limit allows; means over examples."""
        self.network.train()
        sums, done, started_s = TermSums(), 0, self.time.seconds
        total = min(self.options.epoch_windows or len(train), len(train))
        batches = torch.randperm(len(train))[:total].split(self.options.batch_size)
        self.ranks.seed_own(self.seed, epoch)
        for step, indices in enumerate(batches, 1):
            own, share = self.ranks.part(indices)
            now = epoch + done / total
            weights = term_weights(self.options, now)
            rate = self.options.learning_rate * warmup(now, self.options.warmup_epochs)
            speeds = draw_speeds(len(own), self.options.augmentation)
            terms = self._step(train.batch(own, speeds), weights, rate, share)
            if share:
                sums.add(terms, weights)
            done += len(indices)
            self.on_step(done, total)
            step_s = (self.time.seconds - started_s) / step
            if self.ranks.decide(not self.time.allows_step(step_s)):
                break
        speed = done / (self.time.seconds - started_s)
        means = TermSums.of_all(self.ranks.gather(sums)).means("train")
        return means | {"learning_rate": rate, "windows_per_s": speed}

    def _step(
        self, batch: WindowBatch, weights: dict[str, float], rate: float, share: float
    ) -> Terms:
        """One step of the optimiser with a rank's part of the batch; the loss terms before it."""
        units_per_metre = float(self.model.normalizer.position_scale.abs()[0])
        noisy, target = augment(
            batch, self.options.augmentation, self.identity.skeleton.mirror, units_per_metre
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        terms = self.network(noisy, target, self.options.path_weight)
        loss = weighted_sum(terms, weights).mean() * share
        self._check_finite("loss", self.ranks.mean(loss))
        self.optimizer.zero_grad()
        self.fabric.backward(loss)
        if self.options.gradient_clip is not None:
            norm = self.fabric.clip_gradients(
                self.network,
                self.optimizer,
                max_norm=self.options.gradient_clip,
                error_if_nonfinite=False,
            )
            if norm is not None:  # None for strategies that clip by themselves
                self._check_finite("gradient", norm)
        self.optimizer.step()
        self.average.update_parameters(self.model)
        return {name: values.detach() for name, values in terms.items()}

    def _check_finite(self, what: str, value: Tensor) -> None:
        """Refuse to go on with a loss or gradient that is no number."""
        if not torch.isfinite(value):
            raise UserError(
                f"training diverged: the {what} is {value.item()} in epoch {self.progress.epoch + 1}: "
                "train under another --name with a lower trainer.learning_rate, kl_weight or "
                "path_weight, or with trainer.gradient_clip"
            )

    @torch.no_grad()
    def _validation_s(self, windows: Windows) -> float:
        """An estimate of the seconds of a validation, from a few batches."""
        batches = torch.arange(len(windows)).split(self.options.batch_size)
        network, measured = self.averaged.eval(), batches[: 1 + _TIMED_BATCHES][-_TIMED_BATCHES:]
        first, *others = [self.ranks.part(indices)[0] for indices in (batches[0], *measured)]
        network.validate(windows.batch(first), self.options.path_weight)  # the first is slower
        started_s = self.time.seconds
        for own in others:
            network.validate(windows.batch(own), self.options.path_weight)
        return (self.time.seconds - started_s) * len(windows) / sum(map(len, measured))

    def _ended(self) -> str | None:
        """Why training is over, in words; None if it is not."""
        options, progress = self.options, self.progress
        if progress.epoch >= options.max_epochs:
            return f"all {options.max_epochs} epochs done"
        if progress.epoch and self._time_is_over():  # a new run trains one step at least
            return f"{options.max_minutes:g} minutes are over"
        waited = progress.epoch - progress.best_epoch
        if options.patience_epochs is not None and waited > options.patience_epochs:
            return f"no better validation loss in {waited} epochs"
        return None

    def _time_is_over(self) -> bool:
        """Whether the time limit allows no further epoch."""
        return self.ranks.decide(not self.time.allows_epoch())

    def _interrupted(self, tracker: Tracker | None) -> Fit:
        """Return to the end of the last finished epoch; Ctrl-C may come between any two lines."""
        seconds = self.time.seconds
        if tracker is not None:  # other ranks end here
            self.resume(load_state(self.folder))
            self.save()
            tracker.restore(self.rows)
        self.progress.seconds = seconds
        return Fit(self.progress, f"stopped by you in epoch {self.progress.epoch + 1}", True)

    def _limits(self) -> list[float | None]:
        """The options that end training."""
        options = self.options
        return [options.max_epochs, options.max_minutes, options.patience_epochs]

    def _save_state(self, folder: Path) -> None:
        parts: dict[str, Any] = {
            "model": self.model,
            "average": self.average,
            "best": self.best,
            "optimizer": self.optimizer,
        }
        state = {name: part.state_dict() for name, part in parts.items()}
        own = {
            "progress": vars(self.progress),
            "rows": self.rows,
            "limits": self._limits(),
            "identity": self.identity.to_json(),
        }
        save_state(folder / STATE, state | own)
