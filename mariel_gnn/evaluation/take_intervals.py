"""Intervals over takes by leaving one take out.

The jackknife of whole takes: a number is computed anew without each take. With n takes and the numbers v_i,
    variance = (n - 1) / n · sum over i of (v_i - mean v)²,
and the 95 % interval is that of Student's t with n - 1 degrees of freedom (Efron and Tibshirani, An
Introduction to the Bootstrap, 1993, chapter 11). Frames of one take are not independent; takes are nearly so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mariel_gnn.metrics.phrase_statistics import Ratio

_UPPER = 0.975
_FEWEST = 3  # takes of an interval


@dataclass(frozen=True)
class TakeEstimate:
    """A number over takes and its 95 % interval; NaN if it is not defined.

    Attributes:
        value: the number over all takes.
        low: lower end; NaN for fewer than three takes: from two, the interval is 13 standard errors wide.
        high: upper end; NaN for fewer than three takes.
    """

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval is known and lies on one side of zero."""
        return self.low > 0 or self.high < 0


def sum_of_take(statistic: Ratio) -> Ratio:
    """Return a ratio over the windows of one take as one contribution."""
    return Ratio(
        statistic.numerator.double().sum()[None], statistic.denominator.double().sum()[None]
    )


def join_takes(takes: Sequence[Mapping[str, Ratio]]) -> dict[str, Ratio]:
    """Join the statistics of takes, one contribution of each; a take without a number contributes nothing."""
    names = list(dict.fromkeys(name for take in takes for name in take))
    zero = torch.zeros(1, dtype=torch.float64)
    joined = {}
    for name in names:
        ratios = [sum_of_take(take[name]) if name in take else Ratio(zero, zero) for take in takes]
        joined[name] = Ratio(
            torch.cat([ratio.numerator for ratio in ratios]),
            torch.cat([ratio.denominator for ratio in ratios]),
        )
    return joined


def over_takes(statistic: Ratio, minus: Ratio | None = None) -> TakeEstimate:
    """Estimate a number over takes, or its difference to another one of the same takes.

    Args:
        statistic: one contribution of each take.
        minus: the number that is subtracted.
    """
    known = statistic.denominator > 0
    known = known if minus is None else known & (minus.denominator > 0)
    count = int(known.sum())
    if count == 0:
        return TakeEstimate(math.nan, math.nan, math.nan)
    equal = torch.ones(1, count, dtype=torch.float64)
    without_each = 1 - torch.eye(count, dtype=torch.float64)

    def value(weights: Tensor) -> Tensor:
        found = _only(statistic, known).under(weights)
        return found if minus is None else found - _only(minus, known).under(weights)

    middle = float(value(equal)[0])
    if count < _FEWEST:
        return TakeEstimate(middle, math.nan, math.nan)
    left_out = value(without_each)
    variance = (count - 1) / count * float((left_out - left_out.mean()).square().sum())
    half = _t_quantile(count - 1) * math.sqrt(variance)
    return TakeEstimate(middle, middle - half, middle + half)


def _only(statistic: Ratio, takes: Tensor) -> Ratio:
    return Ratio(statistic.numerator[takes], statistic.denominator[takes])


def _t_quantile(degrees: int) -> float:
    from scipy.special import stdtrit  # slow to import

    return float(stdtrit(degrees, _UPPER))
