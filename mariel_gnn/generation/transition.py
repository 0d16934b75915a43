"""A transition between input and generated frames, and how it compares with the training data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Transition:
    """A transition between input and generated frames.

    Attributes:
        start_s: start in seconds.
        stop_s: end in seconds.
        peak_speed_ratio: peak speed relative to the training data's 99th percentile; None if the run has no
            motion range.
        peak_acceleration_ratio: peak acceleration, likewise.
    """

    start_s: float
    stop_s: float
    peak_speed_ratio: float | None
    peak_acceleration_ratio: float | None

    def peak_ratio(self) -> float | None:
        """Return the larger ratio; above 1 the transition is too fast or too abrupt."""
        speed, acceleration = self.peak_speed_ratio, self.peak_acceleration_ratio
        return None if speed is None or acceleration is None else max(speed, acceleration)

    def line(self) -> str:
        """Return a line for the terminal."""
        where = f"transition at {self.start_s:.1f} to {self.stop_s:.1f} s"
        if self.peak_ratio() is None:
            return f"{where}: quality unknown"
        return (
            f"{where}: peak speed {self.peak_speed_ratio:.2f} and peak acceleration "
            f"{self.peak_acceleration_ratio:.2f} of the training data's 99th percentile"
        )
