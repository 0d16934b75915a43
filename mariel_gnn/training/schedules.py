"""Schedules of training: warm-ups, weights of loss terms, the average of weights, the time limit.

The average of weights replaces a decaying learning rate, at every possible end of training. At step n it
moves to the weights by 1 - (1 - 1/n)^(p + 1). The weights of step k then count in proportion to k^p: the
average covers a fixed fraction of training, of any length (the power-function average of Karras et al.,
"Analyzing and improving the training dynamics of diffusion models", 2024).
"""

from __future__ import annotations

import time

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from mariel_gnn.training.options import TrainerOptions


def warmup(epoch: float, warmup_epochs: float) -> float:
    """A factor that rises linearly from 0 to 1 and then stays 1.

    Args:
        epoch: finished epochs, with fraction.
        warmup_epochs: epochs until it is 1; 0 for no warm-up.
    """
    return 1.0 if epoch >= warmup_epochs else epoch / warmup_epochs


def term_weights(options: TrainerOptions, epoch: float = float("inf")) -> dict[str, float]:
    """The weights of loss terms by name; terms without an entry have weight 1.

    Args:
        options: the KL weight and its warm-up.
        epoch: finished epochs, with fraction; infinity gives the final weights.
    """
    return {"kl": options.kl_weight * warmup(epoch, options.kl_warmup_epochs)}


class AverageOverTraining(AveragedModel):
    """The average of a model's weights; update it after each step.

    Args:
        model: the trained model.
        power: p; None keeps the latest weights.
    """

    def __init__(self, model: nn.Module, power: float | None) -> None:
        super().__init__(model)
        self.power = power

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Move towards the weights after a step, in fewer operations than torch's own update."""
        self.n_averaged += 1
        step = int(self.n_averaged)
        towards = 1.0 if self.power is None else 1 - (1 - 1 / step) ** (self.power + 1)
        torch._foreach_lerp_(list(self.module.parameters()), list(model.parameters()), towards)
        for average, latest in zip(self.module.buffers(), model.buffers(), strict=True):
            average.copy_(latest)


class TimeLimit:
    """Counts the seconds of training over all sessions and says when to stop.

    Args:
        minutes: the limit; None for none.
        spent_s: seconds of earlier sessions.

    Attributes:
        reserve_s: seconds that the end of an epoch takes: validation and saving.
    """

    def __init__(self, minutes: float | None, spent_s: float = 0.0) -> None:
        self.limit_s = None if minutes is None else 60 * minutes
        self.reserve_s = 0.0
        self._started = time.perf_counter() - spent_s

    @property
    def seconds(self) -> float:
        """Seconds spent so far."""
        return time.perf_counter() - self._started

    def allows_step(self, step_s: float) -> bool:
        """Whether another step fits before the end of the epoch."""
        return self._left_s() > self.reserve_s + step_s

    def allows_epoch(self) -> bool:
        """Whether another epoch is worth its end: its steps get as much time as validation and saving."""
        return self._left_s() > 2 * self.reserve_s

    def _left_s(self) -> float:
        return float("inf") if self.limit_s is None else self.limit_s - self.seconds
