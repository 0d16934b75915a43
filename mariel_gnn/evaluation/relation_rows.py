"""The rows of the benchmark of relations: known methods that find which part follows which.

Every row takes the part movements of two dancers and returns a score `[2, P, P]` and a lag in seconds of
every pair in both directions: [0] where the second dancer's part follows the first's, [1] the reverse. To
add one, such as the attention of a duet model, write a function of this kind that ends in `scores_of_model`
and give it a name in `ROWS`.

The multivariate ones have one series per body part and cannot have three: each axis is analysed alone, and
the axes' scores are added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.metrics.duet_relations import PairMovement, RelationOptions, find_relations
from mariel_gnn.metrics.own_movement import MAX_HZ

Floats = NDArray[np.float64]

MAX_LAG_S = 0.6  # of all rows; with 1 s, autoregressive models have too many coefficients
STEP_S = 0.1  # of autoregressive models, or they have as many coefficients as a take has frames
LAGS = round(MAX_LAG_S / STEP_S)
FOLDS, PENALTIES = 5, (3.0, 30.0, 300.0)  # of ridge regression


class Scores(NamedTuple):
    """Result of a row.

    Attributes:
        score: `[2, P, P]`, higher: related.
        lag_s: `[2, P, P]` seconds, NaN if the row has none.
        p_value: `[2, P, P]`, if the row compares with circular shifts itself.
    """

    score: Floats
    lag_s: Floats
    p_value: Floats | None = None


Row = Callable[[PairMovement, float], Scores]


def scores_of_model(influence: Floats, step_s: float = STEP_S) -> Scores:
    """The scores of a model's attention or influence between parts, for a row of `ROWS`.

    Args:
        influence: `[P, P]` from the first dancer's parts (rows) to the second's without direction,
            `[2, P, P]` with both directions, or `[2, P, P, L]` at the lags 1 to L.
        step_s: seconds of a lag.
    """
    both = np.stack([influence] * 2) if influence.ndim == 2 else influence
    if both.ndim == 3:
        return Scores(both, np.full(both.shape, np.nan))
    return Scores(both.max(axis=-1), (both.argmax(axis=-1) + 1.0) * step_s)


def partial_correlation(duet: PairMovement, rate_hz: float) -> Scores:
    """The method of `experiments.relations`."""
    found = find_relations([duet], rate_hz, RelationOptions(MAX_LAG_S))
    return Scores(found.strength, found.lag_s, found.p_value)


def lagged_correlation(duet: PairMovement, rate_hz: float) -> Scores:
    """The highest correlation of positions over lags, by FFT, root mean square over the axes."""
    return _lagged(duet.first, duet.second, rate_hz)


def velocity_correlation(duet: PairMovement, rate_hz: float) -> Scores:
    """The same of velocities."""
    return _lagged(np.diff(duet.first, axis=0), np.diff(duet.second, axis=0), rate_hz)


def _lagged(first: Floats, second: Floats, rate_hz: float) -> Scores:
    first, second = _standardized(first), _standardized(second)
    frames, reach = len(first), round(MAX_LAG_S * rate_hz)
    padded = np.fft.rfft(first, 2 * frames, axis=0).conj(), np.fft.rfft(second, 2 * frames, axis=0)
    every = np.fft.irfft(np.einsum("fpc,fqc->fcpq", *padded), axis=0) / frames
    lags = np.arange(reach + 1)
    power = np.stack([(every[side * lags] ** 2).mean(axis=1) for side in (1, -1)])
    return Scores(np.sqrt(power.max(axis=1)), power.argmax(axis=1) / rate_hz)


def granger(duet: PairMovement, rate_hz: float) -> Scores:
    """Granger causality in a vector autoregression of all parts of both dancers (`statsmodels`)."""
    from statsmodels.tsa.api import VAR

    def one_axis(series: Floats) -> Floats:
        fitted = VAR(series).fit(LAGS, trend="n")
        count = series.shape[1]
        coefficients = fitted.coefs  # [L, follower, leader]
        inverse = np.linalg.inv(fitted.endog_lagged.T @ fitted.endog_lagged)
        wald = np.empty((LAGS, count, count))
        for leader in range(count):
            own = leader + count * np.arange(LAGS)
            weight = np.linalg.inv(inverse[np.ix_(own, own)])
            share = coefficients[:, :, leader] * (weight @ coefficients[:, :, leader])
            wald[:, :, leader] = share / np.diag(fitted.sigma_u)[:, None].T
        return wald

    return _of_autoregression(duet, rate_hz, one_axis)


def var_lingam(duet: PairMovement, rate_hz: float) -> Scores:
    """VAR-LiNGAM (`lingam`): the squares of the effects, at no delay and at each lag."""
    from lingam import VARLiNGAM

    def one_axis(series: Floats) -> Floats:
        model = VARLiNGAM(lags=LAGS, criterion=None, prune=False)
        model.fit(series)
        effects: Floats = np.stack(model.adjacency_matrices_)  # [1 + L, follower, leader]
        effects[1] += effects[0]
        return effects[1:] ** 2

    return _of_autoregression(duet, rate_hz, one_axis)


def pcmci_plus(duet: PairMovement, rate_hz: float) -> Scores:
    """PCMCI+ (`tigramite`, not a dependency: GPL): the largest partial correlation over lags."""
    from tigramite.data_processing import DataFrame
    from tigramite.independence_tests.parcorr import ParCorr
    from tigramite.pcmci import PCMCI

    def one_axis(series: Floats) -> Floats:
        search = PCMCI(DataFrame(series), ParCorr(), verbosity=0)
        found = search.run_pcmciplus(tau_min=0, tau_max=LAGS, pc_alpha=0.05)
        value: Floats = found["val_matrix"].transpose(2, 1, 0) ** 2  # [1 + L, follower, leader]
        return value[1:]

    return _of_autoregression(duet, rate_hz, one_axis)


def ridge_occlusion(duet: PairMovement, rate_hz: float) -> Scores:
    """How much worse a ridge regression predicts a part without the past of one part of the partner.

    The regression has the past of both whole bodies; the error is that of left-out fifths of the take.
    """
    first, second = (_velocities(parts, rate_hz) for parts in duet[:2])
    there, back = _occluded(first, second), _occluded(second, first)
    score = np.stack([there[0].T, back[0]])
    return Scores(score, np.stack([there[1].T, back[1]]) * STEP_S)


def neural_relational_inference(duet: PairMovement, rate_hz: float) -> Scores:
    """The posterior of edges in a model after Kipf et al. (2018), trained on the take."""
    import torch

    from mariel_gnn.evaluation.relational_inference import infer_edges

    first, second = (torch.from_numpy(_velocities(parts, rate_hz)).float() for parts in duet[:2])
    odds, lag = infer_edges(first, second, LAGS)
    return Scores(odds.double().numpy(), lag.double().numpy() * STEP_S)


def _occluded(leader: Floats, follower: Floats) -> tuple[Floats, Floats]:
    """Rise of the error without each leader, and the lag of the largest weights, `[follower, leader]`."""
    parts = leader.shape[1]
    past = [
        np.concatenate([body[LAGS - lag : -lag] for lag in range(1, LAGS + 1)], axis=-1)
        for body in (leader, follower)
    ]  # [T, P, 3 L]: lag by lag
    inputs = np.concatenate([body.reshape(len(body), -1) for body in past], axis=1)
    target = follower[LAGS:].reshape(len(inputs), -1)
    penalty = min(PENALTIES, key=lambda each: _errors(inputs, target, each).mean())
    intact = _errors(inputs, target, penalty)
    width = 3 * LAGS
    rises = []
    for part in range(parts):
        without = inputs.copy()
        without[:, part * width : (part + 1) * width] = 0
        rises.append(_errors(inputs, target, penalty, without) - intact)
    weights = _ridge(inputs, target, penalty)[: parts * width] ** 2
    by_lag = weights.reshape(parts, LAGS, 3, parts, 3).sum(axis=(2, 4))
    rise = np.stack(rises).reshape(parts, parts, 3).sum(axis=-1)
    return rise.T, by_lag.argmax(axis=1).T + 1.0


def _errors(inputs: Floats, target: Floats, penalty: float, shown: Floats | None = None) -> Floats:
    """Squared error of each target over left-out folds, with the inputs that are shown for prediction."""
    shown = inputs if shown is None else shown
    total = np.zeros(target.shape[1])
    for fold in np.array_split(np.arange(len(inputs)), FOLDS):
        rest = np.setdiff1d(np.arange(len(inputs)), fold)
        weights = _ridge(inputs[rest], target[rest], penalty)
        total += ((target[fold] - shown[fold] @ weights) ** 2).sum(axis=0)
    return total / len(inputs)


def _ridge(inputs: Floats, target: Floats, penalty: float) -> Floats:
    gram = inputs.T @ inputs + penalty * np.eye(inputs.shape[1])
    weights = np.linalg.solve(gram, inputs.T @ target)
    return np.asarray(weights, dtype=np.float64)


def _of_autoregression(
    duet: PairMovement, rate_hz: float, one_axis: Callable[[Floats], Floats]
) -> Scores:
    """Sum the effects `[L, follower, leader]` over the axes, and select those between the dancers."""
    first, second = (_velocities(parts, rate_hz) for parts in duet[:2])
    parts = first.shape[1]
    effect = sum(
        one_axis(np.concatenate([first[..., axis], second[..., axis]], axis=1)) for axis in range(3)
    )
    between = np.stack(
        [
            np.asarray(effect)[:, parts:, :parts].transpose(0, 2, 1),  # the second follows
            np.asarray(effect)[:, :parts, parts:],
        ]
    )
    return Scores(between.sum(axis=1), (between.argmax(axis=1) + 1) * STEP_S)


def variance(duet: PairMovement, rate_hz: float) -> Scores:
    """No method: the follower's variance over the leader's. A benchmark that it solves is too easy."""
    return _by_part(*(np.log(parts.var(axis=0).sum(axis=-1)) for parts in duet[:2]))


def explained_variance(duet: PairMovement, rate_hz: float) -> Scores:
    """No method: how well all other parts of both dancers explain the follower, over the leader."""
    both = np.concatenate([_velocities(parts, rate_hz) for parts in duet[:2]], axis=1)
    flat = both.reshape(len(both), -1)
    inverse = np.linalg.inv(np.corrcoef(flat.T) + 1e-6 * np.eye(flat.shape[1]))
    explained = (1 - 1 / np.diag(inverse)).reshape(-1, 3).mean(axis=-1)
    parts = duet.first.shape[1]
    return _by_part(explained[:parts], explained[parts:])


def _by_part(first: Floats, second: Floats) -> Scores:
    difference = second[None, :] - first[:, None]
    return Scores(np.stack([difference, -difference]), np.full((2, *difference.shape), np.nan))


def _velocities(parts: Floats, rate_hz: float) -> Floats:
    """Standardized velocities in steps of `STEP_S`, low-passed before."""
    from scipy.signal import butter, sosfiltfilt  # slow to import

    smooth = sosfiltfilt(butter(4, MAX_HZ, fs=rate_hz, output="sos"), parts, axis=0)
    times, frames = np.arange(0, (len(parts) - 1) / rate_hz, STEP_S), np.arange(len(parts))
    columns = [
        np.interp(times, frames / rate_hz, column) for column in smooth.reshape(len(parts), -1).T
    ]
    steps = np.stack(columns, axis=1).reshape(len(times), *parts.shape[1:])
    return _standardized(np.diff(steps, axis=0))


def _standardized(series: Floats) -> Floats:
    standard: Floats = (series - series.mean(axis=0)) / series.std(axis=0)
    return standard


METHOD = "partial correlation"
SORTS: dict[str, Row] = {"variance": variance, "explained variance": explained_variance}
ROWS: dict[str, Row] = {
    METHOD: partial_correlation,
    "lagged correlation": lagged_correlation,
    "lagged correlation of velocities": velocity_correlation,
    "VAR, Granger": granger,
    "VAR-LiNGAM": var_lingam,
    "ridge, occlusion": ridge_occlusion,
    "NRI": neural_relational_inference,
}
EXTRA_ROWS: dict[str, Row] = {"PCMCI+": pcmci_plus}
