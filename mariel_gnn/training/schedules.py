"""What changes while training: pure functions of the epoch, fractions counted."""

from __future__ import annotations


def kl_weight(epoch: float, full: float, warmup_epochs: float) -> float:
    """The KL weight: rises in a straight line from 0 to `full` in `warmup_epochs`, then stays.

    Args:
        epoch: epochs done, with fraction.
        full: the weight after warming up.
        warmup_epochs: 0 for the full weight from the start.
    """
    return full if epoch >= warmup_epochs else full * epoch / warmup_epochs


def learning_rate(epoch: float, start: float, half_life_epochs: float | None) -> float:
    """The learning rate: halves every `half_life_epochs`; constant if that is None.

    It does not depend on how long training is asked to last, so that going on with a finished run
    is the same as having asked for more epochs at once.
    """
    return start if half_life_epochs is None else start * 0.5 ** (epoch / half_life_epochs)
