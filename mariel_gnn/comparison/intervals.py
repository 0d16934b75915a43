"""Confidence intervals: over seeds by Student's t, over recordings by a bootstrap of recordings."""

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
# The 97.5 % quantile of Student's t for 1 to 30 degrees of freedom. The table covers the usual numbers of
# seeds and avoids the import of SciPy.
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
        low: lower end of the interval; NaN if unknown.
        high: upper end of the interval; NaN if unknown.
        count: number of seeds or recordings.
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

    Degrees are rounded down, and more than 30 count as 30. An interval can be slightly too wide, but
    never too narrow.

    Args:
        degrees: of freedom, 1 or more.
    """
    return _T[min(int(degrees), len(_T)) - 1]


def over_seeds(values: Sequence[float]) -> Estimate:
    """Estimate the mean over seeds and the 95 % interval of that mean; one seed has no interval."""
    middle = mean(values)
    if len(values) < 2:
        return Estimate(middle)
    half = t_quantile(len(values) - 1) * math.sqrt(variance(values) / len(values))
    return Estimate(middle, middle - half, middle + half, len(values))


def difference_over_seeds(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Estimate the mean of `first` minus the mean of `second`, with Welch's interval.

    Seeds are not paired: one seed has unrelated effects on two models. One seed on either side gives no
    interval.
    """
    middle, count = mean(first) - mean(second), min(len(first), len(second))
    if count < 2:
        return Estimate(middle, count=count)
    squares = [variance(values) / len(values) for values in (first, second)]
    degrees = [len(values) - 1 for values in (first, second)]
    denominator = sum(s**2 / d for s, d in zip(squares, degrees, strict=True))
    # Welch (1947) and Satterthwaite (1946): the degrees of freedom of two unequal variances.
    freedom = sum(squares) ** 2 / denominator if denominator > 0 else min(degrees)
    half = t_quantile(freedom) * math.sqrt(sum(squares))
    return Estimate(middle, middle - half, middle + half, count)


class RecordingBootstrap:
    """Bootstrap of recordings: resamples whole recordings, with the same resamples for all estimates.

    Windows of one recording overlap and show one dancer in one dance. They are not independent, so the
    bootstrap resamples recordings instead of windows.

    Args:
        recording: `[N]` the recording of each window, as any integer.
        resamples: number of resamples R.
        seed: random seed.
    """

    def __init__(
        self,
        recording: Int[np.ndarray, " N"],
        resamples: int = RESAMPLES,
        seed: int = BOOTSTRAP_SEED,
    ) -> None:
        _, self.recording = np.unique(recording, return_inverse=True)
        self.windows = np.bincount(self.recording)
        self.count = len(self.windows)
        equal = np.full(self.count, 1 / self.count)
        self.resamples = np.random.default_rng(seed).multinomial(self.count, equal, size=resamples)

    def by_recording(self, values: Float[np.ndarray, "N ..."]) -> Array:
        """Return the mean of values `[N, ...]` in each recording, in the order of the integers."""
        return self._sums(values) / _aligned(self.windows, values.ndim)

    def means(self, values: Float[np.ndarray, "N ..."]) -> Array:
        """Return the mean over windows of values `[N, ...]` in each resample, `[R, ...]`."""
        total: Array = np.tensordot(self.resamples, self._sums(values), axes=1)
        return total / _aligned(self.resamples @ self.windows, values.ndim)

    def mean(self, values: Float[np.ndarray, " N"]) -> Estimate:
        """Estimate the mean over windows of values `[N]`."""
        return self.estimate(float(values.mean()), self.means(values))

    def estimate(self, value: float, resampled: Float[np.ndarray, " R"]) -> Estimate:
        """Return a value with the interval of its resampled values `[R]`."""
        low, high = self.interval(resampled)
        return Estimate(value, float(low), float(high), self.count)

    def interval(self, resampled: Float[np.ndarray, "R ..."]) -> tuple[Array, Array]:
        """Return both ends `[...]` of the 95 % interval of resampled values `[R, ...]`.

        Plain percentiles are too narrow for few recordings. They are widened as Student's t with n - 1
        degrees of freedom ("expanded percentiles", Hesterberg, 2015, "What teachers should know about the
        bootstrap", section 3.3). One recording gives NaN.
        """
        if self.count < 2:
            unknown = np.full(resampled.shape[1:], np.nan)
            return unknown, unknown
        reach = t_quantile(self.count - 1) * math.sqrt(self.count / (self.count - 1))
        tail = NormalDist().cdf(-reach)
        low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
        return low, high

    def _sums(self, values: Float[np.ndarray, "N ..."]) -> Array:
        """The sum of values `[N, ...]` in each recording."""
        sums = np.zeros((self.count, *values.shape[1:]))
        np.add.at(sums, self.recording, values)
        return sums


def _aligned(counts: NDArray[np.int64], dimensions: int) -> NDArray[np.int64]:
    """Counts `[R]` with trailing axes to the given number of dimensions, for broadcasting."""
    return counts.reshape(-1, *(1 for _ in range(dimensions - 1)))
