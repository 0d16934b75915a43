"""Which part of one dancer moves together with which part of the other, with what lag, and how surely.

Method: partial cross-correlation, whitened. `own_movement` gives what each part of a body does that the
rest of that body does not predict, with a flat spectrum: u_i(t) of the first dancer, v_j(t) of the second.
Then

    c_ij(lag) = mean over t of u_i(t) v_j(t + lag)
    strength_ij(lag)^2 = mean over the axes of c_ij(lag)^2

What a driver, a beat or a whole limb does to all parts of a body is removed before the bodies are compared,
and the flat spectrum gives a sharp peak at the lag, as in time delay estimation (Knapp and Carter, IEEE
Trans. ASSP 24, 1976). The movement is seen in the dancers' own axes and in those of the room, and the mean
of the squares is taken over both: a partner follows "to my left" as well as "to the window".

The null hypothesis is that of circular shifts: one dancer is moved in time by more than any lag, which
keeps the movement of both bodies and takes away what is between them. A driver of both bodies is never
removed without a rest, which relates all pairs a little. So the null is scaled to the median of the pairs
where that is higher (the empirical null of Efron, J. Am. Stat. Assoc. 99, 2004): a pair is related if it
stands out among the pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.metrics.own_movement import MIN_SECONDS, own_movement
from mariel_gnn.mocap.body_parts import rotate_about_z
from mariel_gnn.ranges import at_least

Floats = NDArray[np.float64]

SHIFTS, MIN_SHIFTS = 200, 20  # of the null; each is used in both directions of time
PAIRS = 100  # of parts; with more, as of markers without names, there are fewer shifts
LAGS_IN_A_TAKE = 8  # for the shifts of the null, which must be longer than any lag
BLOCKS = 8  # of the jackknife
SURE_Z = 2.0  # standard errors by which one direction of time must be stronger


@dataclass(frozen=True)
class RelationOptions:
    """Options of relations between two dancers.

    Args:
        max_lag_s: longest delay of one dancer behind the other, seconds (usually 0.4 to 1).
    """

    max_lag_s: float = at_least(0.05, default=1.0)

    @property
    def min_take_s(self) -> float:
        """The shortest take that can be measured, seconds."""
        return max(MIN_SECONDS, LAGS_IN_A_TAKE * self.max_lag_s)


class PairMovement(NamedTuple):
    """The movement of the parts of two dancers in one take.

    Attributes:
        first: `[T, P, C]` of the first dancer in metres, about the root in her own axes; NaN where it is not
            known.
        second: `[T, Q, C]` of the second.
        heading_rad: `[2, T]` of both, to turn their axes into those of the room; None leaves the room out.
    """

    first: Floats
    second: Floats
    heading_rad: Floats | None = None

    def shifted(self, frames: int) -> PairMovement:
        """The same with the second dancer later by a number of frames, from the end back to the start."""
        heading = self.heading_rad
        if heading is not None:
            heading = np.stack([heading[0], np.roll(heading[1], frames)])
        return PairMovement(self.first, np.roll(self.second, frames, axis=0), heading)

    def frames_of_reference(self) -> list[tuple[Floats, Floats]]:
        """Both dancers in their own axes, and in those of the room."""
        own = (self.first, self.second)
        if self.heading_rad is None:
            return [own]
        first, second = (
            rotate_about_z(parts, angle) for parts, angle in zip(own, self.heading_rad, strict=True)
        )
        return [own, (first, second)]


@dataclass(frozen=True)
class DuetRelations:
    """All pairs of a part of the first dancer and a part of the second, `[2, P, Q]`.

    In [0] the first dancer's part is earlier, in [1] the second's.

    Attributes:
        strength: correlation at the best lag, 0 to 1, of what is left after each dancer's own body.
        lag_s: that lag, seconds.
        lag_error_s: its standard error, seconds.
        p_value: share of circular shifts in which a pair is as strong, in this direction of time.
        q_value: false discovery rate among all pairs if this one and all stronger ones are called related.
        earlier_z: how much stronger [0] is than [1], in standard errors; `[P, Q]`.
        take_p: of each take, the share of circular shifts in which all pairs together are as strong.
    """

    strength: Floats
    lag_s: Floats
    lag_error_s: Floats
    p_value: Floats
    q_value: Floats
    earlier_z: Floats
    take_p: Floats


def find_relations(
    takes: Sequence[PairMovement], rate_hz: float, options: RelationOptions | None = None
) -> DuetRelations:
    """Measure all pairs of parts over one or several takes of the same two dancers.

    Squared strengths are averaged over takes, so a relation must have one lag in all of them, but not one
    sign.

    Args:
        takes: each with two dancers at the same frames.
        rate_hz: frames per second.
        options: the longest lag.

    Raises:
        UserError: a take is too short, also for the longest lag.
    """
    options = options or RelationOptions()
    reach = max(1, round(options.max_lag_s * rate_hz))
    for take in takes:
        _check_length(take, rate_hz, options)
    measured = [_correlate(take, rate_hz, reach) for take in takes]
    sides = _each_side(_pooled([take.power for take in measured], measured)[None], reach)[0]
    null = _pooled([take.shifted for take in measured], measured)  # [S, lags, P, Q]
    strongest, by_chance = sides.max(axis=0), _each_side(null, reach).max(axis=1)
    stands_out = max(1.0, float(np.median(strongest) / np.median(by_chance)))
    p_value = _share_above(by_chance.ravel(), strongest / stands_out)
    lag_error_s, earlier_z = _jackknife(measured, reach)
    return DuetRelations(
        strength=np.sqrt(strongest),
        lag_s=sides.argmax(axis=0) / rate_hz,
        lag_error_s=lag_error_s / rate_hz,
        p_value=p_value,
        q_value=_false_discovery_rate(p_value),
        earlier_z=earlier_z,
        take_p=np.array([_together(take) for take in measured]),
    )


def _check_length(take: PairMovement, rate_hz: float, options: RelationOptions) -> None:
    seconds = len(take.first) / rate_hz
    if seconds < LAGS_IN_A_TAKE * options.max_lag_s:
        raise UserError(
            f"max_lag_s is {options.max_lag_s:g}; of a take of {seconds:.1f} s it can be at most "
            f"{seconds / LAGS_IN_A_TAKE:.2f}"
        )


class _Take(NamedTuple):
    """Squared correlations of one take.

    Attributes:
        power: `[L, P, Q]` at the lags -reach to reach; positive: the first dancer is earlier.
        shifted: `[S, L, P, Q]` the same with the second dancer shifted.
        without: `[K, L, P, Q]` without each of K blocks of the take.
        frames: its weight.
    """

    power: Floats
    shifted: Floats
    without: Floats
    frames: int


def _correlate(take: PairMovement, rate_hz: float, reach: int) -> _Take:
    seen = [_correlate_seen(*pair, rate_hz, reach) for pair in take.frames_of_reference()]
    power, shifted, without = (
        np.mean(arrays, axis=0) for arrays in list(zip(*seen, strict=True))[:3]
    )
    return _Take(power, shifted, without, seen[0].frames)


def _correlate_seen(first: Floats, second: Floats, rate_hz: float, reach: int) -> _Take:
    first, second = (own_movement(parts, rate_hz) for parts in (first, second))
    frames, lags = len(first), np.arange(-reach, reach + 1)
    correlation = _cross_correlation(first, second) / frames
    power = (correlation**2).mean(axis=1)
    pairs = first.shape[1] * second.shape[1]
    count = int(np.clip(SHIFTS * PAIRS / pairs, MIN_SHIFTS, SHIFTS))
    shift = np.linspace(3 * reach, frames - 3 * reach, count).round().astype(int)
    shift = np.random.default_rng(frames).permutation(shift)
    # In both directions of time, so that it does not matter which dancer is the first.
    shift = np.concatenate([shift, -shift])
    without = _without_blocks(first, second, correlation, lags)
    return _Take(power[lags], power[(lags + shift[:, None]) % frames], without, frames)


def _without_blocks(
    first: Floats, second: Floats, correlation: Floats, lags: NDArray[np.int_]
) -> Floats:
    """Squared correlations `[K, L, P, Q]` without each of K blocks."""
    frames = len(first)
    edges = np.linspace(0, frames, BLOCKS + 1).round().astype(int)
    without = []
    for start, stop in pairwise(edges):
        inside = np.zeros((frames, 1, 1))
        inside[start:stop] = 1
        halves = (first * inside, second / 2), (first / 2, second * inside)
        rest = correlation[lags] - sum(_cross_correlation(*half)[lags] for half in halves) / frames
        without.append((rest**2).mean(axis=1) * (frames / (frames - stop + start)) ** 2)
    return np.stack(without)


def _cross_correlation(first: Floats, second: Floats) -> Floats:
    """Sums over t of first(t) second(t + lag), `[T, C, P, Q]` for all circular lags."""
    spectra = np.fft.rfft(first, axis=0).conj(), np.fft.rfft(second, axis=0)
    return np.fft.irfft(np.einsum("fpc,fqc->fcpq", *spectra), n=len(first), axis=0)


def _pooled(parts: Sequence[Floats], takes: Sequence[_Take]) -> Floats:
    """The mean over takes, each with the weight of its frames."""
    weights = [take.frames / sum(other.frames for other in takes) for take in takes]
    return sum(weight * part for weight, part in zip(weights, parts, strict=True))  # type: ignore[return-value]


def _each_side(power: Floats, reach: int) -> Floats:
    """Lags 0 to reach of each direction of time: `[..., reach + 1, 2, P, Q]` from `[..., L, P, Q]`."""
    return np.stack([power[:, reach:], power[:, reach::-1]], axis=2)


def _together(take: _Take) -> float:
    """The p-value of all pairs of a take together."""
    null = take.shifted.max(axis=1).mean(axis=(1, 2))
    return float(_share_above(null, take.power.max(axis=0).mean()))


def _share_above(null: Floats, values: Floats | np.floating) -> Floats:
    """The p-value of each of the values, never 0."""
    below = np.searchsorted(np.sort(null), values)
    return (1 + len(null) - below) / (1 + len(null))


def _false_discovery_rate(p_value: Floats) -> Floats:
    """Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995)."""
    flat = p_value.ravel()
    order = flat.argsort()[::-1]
    rate = np.minimum.accumulate(flat[order] * flat.size / np.arange(flat.size, 0, -1))
    q_value = np.empty_like(flat)
    q_value[order] = np.minimum(rate, 1)
    return q_value.reshape(p_value.shape)


def _jackknife(takes: Sequence[_Take], reach: int) -> tuple[Floats, Floats]:
    """Standard error of the lag in frames `[2, P, Q]`, and how surely the first is earlier `[P, Q]`."""
    found = [_each_side(power[None], reach)[0] for power in _leaving_blocks_out(takes)]
    lags = np.stack([sides.argmax(axis=0) for sides in found])
    difference = np.stack([-np.diff(np.sqrt(sides.max(axis=0)), axis=0)[0] for sides in found])
    error = _standard_error(difference)
    return _standard_error(lags), difference.mean(axis=0) / (error + np.finfo(float).tiny)


def _leaving_blocks_out(takes: Sequence[_Take]) -> list[Floats]:
    powers = [take.power for take in takes]
    left_out = []
    for number, take in enumerate(takes):
        for without in take.without:
            parts = [*powers[:number], without, *powers[number + 1 :]]
            left_out.append(_pooled(parts, takes))
    return left_out


def _standard_error(values: NDArray[np.number]) -> Floats:
    """Of the jackknife, over the first axis."""
    error: Floats = np.sqrt((len(values) - 1) * values.var(axis=0))
    return error
