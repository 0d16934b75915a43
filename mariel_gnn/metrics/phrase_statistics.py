"""Statistics over phrases under weights, so that recordings can be resampled.

A statistic holds what each phrase contributes. Its value is computed for rows of weights `[R, N]`, one
weight for each phrase; each row sums to 1.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mariel_gnn.metrics.distribution import bootstrap_weights, interval


class Statistic(ABC):
    """A number of a set of phrases; its length is N."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def under(self, weights: Float[Tensor, "R N"]) -> Float[Tensor, " R"]:
        """Return the number for each row of weights; NaN if it is not defined."""


Statistics = Mapping[str, Statistic]


@dataclass(frozen=True)
class Ratio(Statistic):
    """A weighted sum divided by another one.

    Attributes:
        numerator: `[N]`.
        denominator: `[N]`.
    """

    numerator: Float[Tensor, " N"]
    denominator: Float[Tensor, " N"]

    def __len__(self) -> int:
        return len(self.numerator)

    def under(self, weights: Float[Tensor, "R N"]) -> Float[Tensor, " R"]:
        """Return the ratio for each row of weights."""
        ratio: Tensor = (weights @ self.numerator.double()) / (weights @ self.denominator.double())
        return ratio


def mean_of(values: Float[Tensor, " N"]) -> Ratio:
    """The weighted mean of a number of each phrase `[N]`."""
    return Ratio(values, torch.ones_like(values))


@dataclass(frozen=True)
class Deviation(Statistic):
    """The weighted standard deviation of a number of each phrase.

    Attributes:
        values: `[N]`.
        relative: divide it by the weighted mean; a mean of 0 has the deviation 0.
    """

    values: Float[Tensor, " N"]
    relative: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def under(self, weights: Float[Tensor, "R N"]) -> Float[Tensor, " R"]:
        """Return the deviation for each row of weights."""
        values = self.values.double()
        mean = weights @ values
        deviations = values - mean[:, None]
        deviation: Tensor = (weights * deviations.square()).sum(dim=1).sqrt()
        return deviation / mean.clamp(min=1e-12) if self.relative else deviation


@dataclass(frozen=True)
class Quantile(Statistic):
    """A quantile of all values of all phrases.

    Attributes:
        values: `[N, K]` K values of each phrase.
        share: of the weight that lies at or below the quantile, 0 to 1.
    """

    values: Float[Tensor, "N K"]
    share: float

    def __len__(self) -> int:
        return len(self.values)

    def under(self, weights: Float[Tensor, "R N"]) -> Float[Tensor, " R"]:
        """Return the quantile for each row of weights."""
        ordered, order = self.values.double().flatten().sort()
        phrase, target = order // self.values.shape[1], self.share * self.values.shape[1]
        # One row at a time: the weights of all values under all rows exceed the memory.
        places = [torch.searchsorted(row[phrase].cumsum(0), target * (1 - 1e-9)) for row in weights]
        return ordered[torch.stack(places).clamp(max=len(ordered) - 1)]


def summarize(
    statistics: Statistics, weights: Float[Tensor, " N"] | None = None
) -> dict[str, float]:
    """Return the value of each statistic; one that is not finite is left out.

    Args:
        statistics: of N phrases.
        weights: `[N]` of sum 1; None weights all phrases equally.
    """
    values = {
        name: float(statistic.under(_row(statistic, weights))[0])
        for name, statistic in statistics.items()
    }
    return {name: value for name, value in values.items() if math.isfinite(value)}


def summarize_recordings(
    statistics: Statistics, recording: Int[Tensor, " N"], weights: Float[Tensor, " N"]
) -> dict[str, float]:
    """Return the value of each statistic and its 95 % interval over recordings.

    The interval is a bootstrap of whole recordings; one recording has none.

    Args:
        statistics: of N phrases.
        recording: `[N]` the recording of each phrase, from 0.
        weights: `[N]` of the phrases, of sum 1.

    Returns:
        The values, and both ends as `NAME_low` and `NAME_high`.
    """
    measures = summarize(statistics, weights)
    if int(recording.max()) == 0:
        return measures
    resamples = weights * bootstrap_weights(recording, torch.Generator().manual_seed(0)).double()
    resamples /= resamples.sum(dim=1, keepdim=True)
    for name, value in list(measures.items()):
        resampled = statistics[name].under(resamples)
        low, high = interval(resampled.new_tensor([value]), resampled[resampled.isfinite()])
        measures |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return measures


def _row(statistic: Statistic, weights: Tensor | None) -> Float[Tensor, "1 N"]:
    if weights is not None:
        return weights[None]
    return torch.full((1, len(statistic)), 1 / len(statistic), dtype=torch.float64)
