"""What samples must reach: the range of each number, mostly relative to the data's own value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mariel_gnn.evaluation.rows import DATA, TRAINING_DATA, Rows, is_recorded

Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Target:
    """The range of a number of the samples.

    Attributes:
        name: the number.
        low: its least value, relative to the test data's own unless `absolute`.
        high: its greatest value, the same.
        absolute: whether the range does not depend on the data.
        either: a value that is in the range of the training data also meets the target, as where the
            training data are calmer than the test data.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    absolute: bool = False
    either: bool = False

    def range(self, data: Numbers, training: Numbers) -> tuple[float, float] | None:
        """Return the least and the greatest value; None if the data do not have the number.

        Args:
            data: the numbers of the test data.
            training: the numbers of the training data.
        """
        if self.absolute:
            return self.low, self.high
        rows = (data, training) if self.either else (data,)
        own = [numbers[self.name] for numbers in rows if self.name in numbers]
        if not own:
            return None
        return min(_times(self.low, value) for value in own), max(
            _times(self.high, value) for value in own
        )


# Twice as much as recordings is another fault: a still figure has sixty seconds of pauses a minute.
_AS_RECORDED = (
    "speed_variation_within", "speed_variation_between", "left_right_log_std", "accents_per_s",
    "accent_height_ratio", "pauses_s_per_min", "foot_contact_rate",
)  # fmt: skip
TARGETS = (
    *(Target(f"samples/{name}", 0.85, 2.0, either=True) for name in _AS_RECORDED),
    Target("samples/power_3_to_5hz_rate", 0.5, 2.0),
    Target("samples/power_over_5hz_rate", 0.5, 2.0),
    Target("samples/jerk_m_per_s3", 0.6, 1.5),
    Target("samples/foot_skating_m_per_s", high=1.2),
    # No frame: recordings have a few of their own, where the floor of one take is lower.
    Target("samples/below_floor_rate", high=1.0, either=True),
    Target("samples/speed_ratio", 0.95, 1.05, absolute=True),
    Target("samples/diversity_ratio", 0.9, 1.1, absolute=True),
    Target("samples/nearest_training_mm", low=1.0),
    Target("samples/nearest_training_second_mm", low=1.0),
    Target("samples/kernel_distance_to_reconstructions", high=1.2, absolute=True),
)
MET = "samples/targets_met"


def with_targets(rows: Rows) -> dict[str, dict[str, float]]:
    """Return the rows, those of samples with the number of targets that they meet."""
    data, training = rows[DATA], rows[TRAINING_DATA]
    counted = {}
    for row, numbers in rows.items():
        met = {} if is_recorded(row) else {MET: float(targets_met(numbers, data, training))}
        counted[row] = {**numbers, **met}
    return counted


def missed(rows: Rows, data: Numbers, training: Numbers) -> dict[str, dict[str, str]]:
    """Return the targets that each row of samples misses: row -> number -> the reason as text.

    A number that the row lacks misses its target. A number that the data lack has no target. Only rows
    that have the number of met targets are judged.

    Args:
        rows: row -> its numbers.
        data: numbers of the test data.
        training: numbers of the training data.
    """
    return {
        row: missed_of(numbers, data, training) for row, numbers in rows.items() if MET in numbers
    }


def missed_of(numbers: Numbers, data: Numbers, training: Numbers) -> dict[str, str]:
    """Return the targets that samples miss: number -> the reason as text.

    Args:
        numbers: of the samples.
        data: of the test data.
        training: of the training data.
    """
    reasons = {}
    for target in TARGETS:
        if (bounds := target.range(data, training)) is None:
            continue
        value = numbers.get(target.name, math.nan)
        if not bounds[0] <= value <= bounds[1]:
            reasons[target.name] = f"{_number(value)}, not {_described(*bounds)}"
    return reasons


def targets_met(numbers: Numbers, data: Numbers, training: Numbers) -> int:
    """Return how many targets are met; one without a value of the data counts as met."""
    return len(TARGETS) - len(missed_of(numbers, data, training))


def _times(bound: float, value: float) -> float:
    """The product; infinity times 0 stays infinite."""
    return bound * value if math.isfinite(bound) else bound


def _described(low: float, high: float) -> str:
    if high == math.inf:
        return f"at least {_number(low)}"
    return f"at most {_number(high)}" if low == -math.inf else f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.3g}"
