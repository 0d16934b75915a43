"""Weights averaged over training: as good as a learning rate that falls, at any time.

After step n the average moves to the weights by 1 - (1 - 1/n)^(p + 1), so that the weights of step k
count in proportion to k^p: a fixed fraction of training, however long it lasts (the power-function
average of Karras et al., "Analyzing and improving the training dynamics of diffusion models", 2024).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from mariel_gnn.models.motion_model import MotionModel
from mariel_gnn.training.options import TrainerOptions


def warmup(epoch: float, warmup_epochs: float) -> float:
    """What part of its full value something has: rises in a straight line from 0 to 1, then stays.

    Args:
        epoch: epochs done, with fraction.
        warmup_epochs: epochs until it is full; 0 for from the start.
    """
    return 1.0 if epoch >= warmup_epochs else epoch / warmup_epochs


def term_weights(options: TrainerOptions, epoch: float = float("inf")) -> dict[str, float]:
    """The weights of loss terms by name; terms without an entry have weight 1.

    Args:
        options: the KL weight and its warm-up.
        epoch: finished epochs, with fraction; infinity gives the final weights.
    """
    return {"kl": options.kl_weight * warmup(epoch, options.kl_warmup_epochs)}


Tensors = list[Tensor] | tuple[Tensor, ...]


def average_over_training(model: MotionModel, power: float | None) -> AveragedModel:
    """The average of a model's weights, to be updated after each step.

    Args:
        model: what is trained.
        power: p; None for the latest weights.
    """

    def average(averages: Tensors, latest: Tensors, steps: Tensor | int) -> None:
        step = int(steps) + 1
        towards = 1.0 if power is None else 1 - (1 - 1 / step) ** (power + 1)
        torch._foreach_lerp_(averages, latest, towards)

    return AveragedModel(model, multi_avg_fn=average)
