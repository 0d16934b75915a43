"""The time limit of training, which includes validation and saving."""

from __future__ import annotations

import time


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
