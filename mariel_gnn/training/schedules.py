"""What changes while training: pure functions of the epoch, fractions counted.

Nothing here depends on how long training is asked to last: going on with a finished run is the same
as having asked for more epochs at once. What a falling learning rate gives, averaging gives
(`training/averaging.py`).
"""

from __future__ import annotations


def warmed_up(epoch: float, warmup_epochs: float) -> float:
    """What part of its full value something has: rises in a straight line from 0 to 1, then stays.

    Args:
        epoch: epochs done, with fraction.
        warmup_epochs: epochs until it is full; 0 for from the start.
    """
    return 1.0 if epoch >= warmup_epochs else epoch / warmup_epochs
