"""How sure a number is: over seeds by Student's t, over recordings by a bootstrap of whole recordings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, mean, variance

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

RESAMPLES = 10_000
BOOTSTRAP_SEED = 0
# The 97.5 % quantile of Student's t for 1 to 30 degrees of freedom. A table, for nobody trains more
# than a few seeds, and the library that has the function would be needed for nothing else.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval.

    Attributes:
        value: the number.
        low: lower end of the interval; NaN where there is nothing to tell it from.
        high: upper end, likewise.
        count: seeds or recordings that it comes from.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    count: int = 1

    @property
    def has_interval(self) -> bool:
        """Whether the interval is known."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval is known and lies on one side of zero."""
        return self.has_interval and (self.low > 0 or self.high < 0)


def t_quantile(degrees: float) -> float:
    """The 97.5 % quantile of Student's t.

    Between whole numbers that of the lower one, beyond 30 that of 30: an interval may come out a
    little too wide, never too narrow.

    Args:
        degrees: of freedom, 1 or more.
    """
    return _T[min(int(degrees), len(_T)) - 1]


def over_seeds(values: Sequence[float]) -> Estimate:
    """The mean over seeds, and where the mean of many more seeds would lie; one seed has no interval."""
    middle = mean(values)
    if len(values) < 2:
        return Estimate(middle)
    half = t_quantile(len(values) - 1) * math.sqrt(variance(values) / len(values))
    return Estimate(middle, middle - half, middle + half, len(values))


def difference_over_seeds(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """The mean of `first` less that of `second`, with Welch's interval.

    Seeds are not paired: the same seed means nothing to two different models. If either side has one
    seed only there is no interval.
    """
    middle, count = mean(first) - mean(second), min(len(first), len(second))
    if count < 2:
        return Estimate(middle, count=count)
    squares = [variance(values) / len(values) for values in (first, second)]
    degrees = [len(values) - 1 for values in (first, second)]
    spread = sum(s**2 / d for s, d in zip(squares, degrees, strict=True))
    # Welch (1947) and Satterthwaite (1946): the degrees of freedom of two unequal variances.
    freedom = sum(squares) ** 2 / spread if spread > 0 else min(degrees)
    half = t_quantile(freedom) * math.sqrt(sum(squares))
    return Estimate(middle, middle - half, middle + half, count)


class RecordingBootstrap:
    """Draws whole recordings with replacement, the same draws for all that is asked.

    The windows of a recording overlap and are of one dancer in one dance: they are not independent,
    so not they but their recordings are drawn.

    Args:
        recording: `[N]` which recording each window is of, any whole numbers.
        resamples: how many draws.
        seed: of the draws.
    """

    def __init__(
        self,
        recording: Int[np.ndarray, " N"],
        resamples: int = RESAMPLES,
        seed: int = BOOTSTRAP_SEED,
    ) -> None:
        _, self.place = np.unique(recording, return_inverse=True)
        self.windows = np.bincount(self.place)
        self.count = len(self.windows)
        share = np.full(self.count, 1 / self.count)
        self.drawn = np.random.default_rng(seed).multinomial(self.count, share, size=resamples)

    def by_recording(self, values: Float[np.ndarray, "N ..."]) -> Array:
        """The mean `[R, ...]` of values `[N, ...]` in each recording, in the order of its number."""
        return self._sums(values) / _aligned(self.windows, values.ndim)

    def means(self, values: Float[np.ndarray, "N ..."]) -> Array:
        """The mean over windows of values `[N, ...]` in each draw, `[resamples, ...]`."""
        total: Array = np.tensordot(self.drawn, self._sums(values), axes=1)
        return total / _aligned(self.drawn @ self.windows, values.ndim)

    def mean(self, values: Float[np.ndarray, " N"]) -> Estimate:
        """The mean over windows of values `[N]`, with its interval."""
        return self.estimate(float(values.mean()), self.means(values))

    def estimate(self, value: float, draws: Float[np.ndarray, " R"]) -> Estimate:
        """A number with the interval that its draws give."""
        low, high = self.interval(draws)
        return Estimate(value, float(low), float(high), self.count)

    def interval(self, draws: Float[np.ndarray, "R ..."]) -> tuple[Array, Array]:
        """Lower and upper ends `[...]` of the 95 % interval of draws `[R, ...]`; NaN of one recording.

        Plain percentiles are too narrow for few recordings; these reach as much further as Student's t
        with its n - 1 degrees of freedom does ("expanded percentiles", Hesterberg, 2015,
        "What teachers should know about the bootstrap", section 3.3).
        """
        if self.count < 2:
            unknown = np.full(draws.shape[1:], np.nan)
            return unknown, unknown
        reach = t_quantile(self.count - 1) * math.sqrt(self.count / (self.count - 1))
        tail = NormalDist().cdf(-reach)
        low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
        return low, high

    def _sums(self, values: Float[np.ndarray, "N ..."]) -> Array:
        """The sum of values `[N, ...]` in each recording."""
        sums = np.zeros((self.count, *values.shape[1:]))
        np.add.at(sums, self.place, values)
        return sums


def _aligned(counts: NDArray[np.int64], dimensions: int) -> NDArray[np.int64]:
    """Counts `[R]` with as many axes as what they divide."""
    return counts.reshape(-1, *(1 for _ in range(dimensions - 1)))
