"""Training steps that are timed: a bare loop, the trainer, and the original notebook's own loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.profiler import record_function
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader

from mariel_gnn.benchmark.windows import Dataset
from mariel_gnn.config import RunOptions
from mariel_gnn.data.augmentation import augment, draw_speeds
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.losses.elbo import weighted_sum
from mariel_gnn.models.motion_model import MotionModel
from mariel_gnn.models.weights import Identity
from mariel_gnn.tracking.tracker import Tracker, TrackingOptions
from mariel_gnn.training.fit import Trainer
from mariel_gnn.training.schedules import AverageOverTraining, term_weights

PARTS = ("data", "forward", "backward", "update")
"""The parts of a step of `BareLoop`, as labels for torch's profiler."""
TRAINER_STEPS = 4  # of an epoch; the first is not timed


def precise(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """A block in which matrix products have a precision: 32-true, or bf16-mixed."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16-mixed")


def draw(count: int, batch_size: int) -> Tensor:
    """Indices `[batch_size]` of windows, with replacement: a batch may be larger than the data."""
    return torch.randint(count, (batch_size,))


class BareLoop:
    """A training step with torch alone: gather, augment, loss, backward pass, clip, Adam, average.

    Args:
        model: trained in place.
        identity: of the model.
        options: of the run; the step has the trainer's options.
        windows: on the device.
        device: of the model.
        precision: 32-true or bf16-mixed.
    """

    def __init__(
        self,
        model: MotionModel,
        identity: Identity,
        options: RunOptions,
        windows: Dataset,
        device: torch.device,
        precision: str,
    ) -> None:
        self.options, self.windows, self.device = options.trainer, windows, device
        self.model, self.precision = model.to(device).train(), precision
        self.trained = [each for each in model.parameters() if each.requires_grad]
        rate, fused = self.options.learning_rate, device.type == "cpu"
        self.optimizer = torch.optim.Adam(self.trained, lr=rate, fused=fused)
        self.average = AverageOverTraining(model, self.options.averaging)
        self.mirror = identity.skeleton.mirror
        self.weights = term_weights(self.options)

    def step(self, batch_size: int) -> None:
        """One step of the optimiser on random windows."""
        data, forward, backward, update = map(record_function, PARTS)
        self.model.train()
        options = self.options
        with data:
            indices = draw(len(self.windows), batch_size)
            batch: Any = self.windows.batch(indices, draw_speeds(batch_size, options.augmentation))
            units = float(self.model.normalizer.position_scale.abs()[0])
            noisy, target = augment(batch, options.augmentation, self.mirror, units)
        with forward, precise(self.precision, self.device):
            terms = self.model.loss(noisy, target, options.path_weight)
            loss = weighted_sum(terms, self.weights).mean()
        with backward:
            self.optimizer.zero_grad()
            loss.backward()
        with update:
            if options.gradient_clip is not None:
                nn.utils.clip_grad_norm_(self.trained, options.gradient_clip)
            self.optimizer.step()
            self.average.update_parameters(self.model)


class TrainerLoop:
    """Steps of the project's trainer, timed between its own reports of progress.

    Args:
        model: trained in place.
        identity: of the model.
        options: of the run.
        windows: to train and to validate on.
        folder: for what the trainer writes.
        device: of the model.
        precision: 32-true or bf16-mixed.
    """

    def __init__(
        self,
        model: MotionModel,
        identity: Identity,
        options: RunOptions,
        windows: Dataset,
        folder: Path,
        device: torch.device,
        precision: str,
    ) -> None:
        accelerator = "gpu" if device.type == "cuda" else "cpu"
        self.options = replace(
            options.trainer,
            accelerator=accelerator,
            precision=precision,
            max_minutes=None,
            patience_epochs=None,
            epoch_windows=None,
        )
        self.windows = windows
        self.few = windows.subset(torch.arange(min(8, len(windows))))  # to validate on
        self.reports_s: list[float] = []
        folder.mkdir(parents=True, exist_ok=True)
        self.trainer = Trainer(model, identity, self.options, folder, on_step=self._report)
        self.tracker = Tracker(folder, TrackingOptions(wandb="disabled"))

    def step_s(self, batch_size: int) -> float:
        """The median seconds of the steps of one more epoch."""
        trainer, self.reports_s = self.trainer, []
        total = TRAINER_STEPS * batch_size
        trainer.options = replace(
            self.options,
            batch_size=batch_size,
            max_epochs=trainer.progress.epoch + 1,
            epoch_windows=total,
        )
        trainer.progress.ended = ""
        repeated = torch.arange(total) % len(self.windows)
        trainer.fit(self.windows.subset(repeated), self.few, self.tracker)
        pairs = zip(self.reports_s, self.reports_s[1:], strict=False)
        return median(after - before for before, after in pairs)

    def save_s(self) -> float:
        """The seconds that the end of an epoch takes for checkpoints and numbers, without W&B."""
        started_s = time.perf_counter()
        self.trainer.save()
        self.tracker.log(self.trainer.rows[-1])
        return time.perf_counter() - started_s

    def _report(self, done: int, total: int) -> None:
        self.reports_s.append(time.perf_counter())


class NotebookModel(nn.Module):
    """The layers of the original notebook's LSTM-VAE and its `forward`, with torch alone.

    Args:
        width: numbers of a frame, 3 J.
        hidden: width of the encoder's LSTM.
        latent: Z.
        layers: of each LSTM.
        dropout: between LSTM layers.
    """

    def __init__(
        self,
        width: int = 159,
        hidden: int = 384,
        latent: int = 256,
        layers: int = 3,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.encoder = nn.LSTM(width, hidden, layers, batch_first=True, dropout=dropout)
        self.posterior_mean = nn.Linear(hidden, latent)
        self.posterior_log_variance = nn.Linear(hidden, latent)
        self.from_latent = nn.Linear(latent, hidden)
        self.decoder = nn.LSTM(hidden, width, layers, batch_first=True, dropout=dropout)

    def forward(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Decoded frames `[B, T, 3J]`, and the summed loss."""
        _, (hidden, _) = self.encoder(x)
        mean, log_variance = (
            self.posterior_mean(hidden[-1]),
            self.posterior_log_variance(hidden[-1]),
        )
        z = mean + torch.exp(log_variance / 2) * noise
        repeated = torch.relu(self.from_latent(z)).unsqueeze(1).repeat(1, x.shape[1], 1)
        decoded, _ = self.decoder(repeated)
        error = (decoded - x).square().sum()
        kl = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
        return decoded, error + 1e-4 * kl


class NotebookLoop:
    """The original notebook's loop: graphs from a loader, one step, the loss read back in every step.

    The loader reads from `MarielDataset`, so the notebook's own slow items are not counted.

    Args:
        windows: with the notebook's normalization.
        options: of the notebook's model.
        device: of the model.
    """

    def __init__(self, windows: MarielDataset, options: Any, device: torch.device) -> None:
        width = 3 * len(windows.skeleton)
        self.latent = options.latent_size
        dropout = options.dropout if options.layers > 1 else 0.0  # torch warns of it for one layer
        sizes = (width, options.hidden_size, self.latent, options.layers)
        self.model = NotebookModel(*sizes, dropout).to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters())
        self.windows, self.device, self.loss = windows, device, 0.0
        self.batches: dict[int, Iterator[Batch]] = {}

    def step(self, batch_size: int) -> None:
        """One step on the loader's next batch."""
        graphs = self._next(batch_size).to(self.device)
        self.optimizer.zero_grad()
        nodes = graphs.x.view(batch_size, -1, self.windows.seq_len, 6)
        x = nodes[..., :3].transpose(1, 2).flatten(2)
        _, loss = self.model(x, torch.randn(batch_size, self.latent, device=self.device))
        loss.backward()
        self.optimizer.step()
        self.loss += loss.item()

    def _next(self, batch_size: int) -> Batch:
        if batch_size not in self.batches:
            self.batches[batch_size] = self._endless(batch_size)
        return next(self.batches[batch_size])

    def _endless(self, batch_size: int) -> Iterator[Batch]:
        """Full batches without end; the data are repeated if a batch is larger."""
        repeats = -(-batch_size // len(self.windows))
        windows = self.windows.subset(torch.arange(len(self.windows)).repeat(repeats))
        while True:
            yield from DataLoader(windows, batch_size, shuffle=True, drop_last=True)
