"""Whether a dancer is predicted better with her partner's past than from her own past alone.

Ridge regression on half a second of the body parts' places predicts them a moment ahead, for takes or
blocks of a take that were left out. More inputs can help by chance, so the partner's past is also given
from other moments (circular shifts): what counts is the gain over that. A gain is information, no proof of
leading: both dancers may follow the music, and a partner may start late on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.metrics.duet_relations import PairMovement

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

AHEAD_S = 4 / 7  # 20 frames at 35 Hz
PAST_S, LAGS = 0.5, 5
STEP_S = 0.12  # between rows: neighbouring frames are alike
PENALTY = 0.5  # of the ridge, in variances of a standardized input
MIN_TAKES, BLOCKS = 3, 5  # with fewer takes, blocks are left out
SHIFTS = 19  # so that the least p-value is 0.05


@dataclass(frozen=True)
class PartnerPast:
    """How well dancers are predicted, `[N, 2]`: N takes; [0] the first dancer, [1] the second.

    Attributes:
        own: share of the variance that is predicted from the dancer's own past.
        both: the same with the partner's past too.
        shifted: the same with the partner's past from other moments, mean over the shifts.
        p_value: share of the shifts that do as well as the partner's real past.
    """

    own: Floats
    both: Floats
    shifted: Floats
    p_value: Floats

    @property
    def gain(self) -> Floats:
        """What the partner's past adds, over that of other moments."""
        return self.both - self.shifted


def measure_partner_past(takes: Sequence[PairMovement], rate_hz: float) -> PartnerPast:
    """Predict both dancers of each take.

    Args:
        takes: of the same two dancers, each of at least some seconds.
        rate_hz: frames per second.
    """
    dancers = [_one_dancer(takes, body, rate_hz) for body in (1, 0)]
    return PartnerPast(*(np.stack(each, axis=1) for each in zip(*dancers, strict=True)))


def _one_dancer(
    takes: Sequence[PairMovement], partner: int, rate_hz: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Of the dancer with this partner: own, both, shifted and p-value, `[N]` each."""
    fractions = np.linspace(0, 1, SHIFTS + 2)[1:-1]
    rows = [_rows(_dancer(take, 1 - partner), _dancer(take, partner), rate_hz) for take in takes]
    folds = _folds([len(frames) for frames, _ in rows], rate_hz)
    own = [
        _lagged(_dancer(take, 1 - partner), frames, rate_hz)
        for take, (frames, _) in zip(takes, rows, strict=True)
    ]
    targets = [target for _, target in rows]

    def predicted(shift: float) -> Floats:
        inputs = []
        for take, (frames, _), mine in zip(takes, rows, own, strict=True):
            length = len(take.first)
            moved = np.roll(_filled(_dancer(take, partner)), round(shift * length), axis=0)
            inputs.append(np.concatenate([mine, _lagged(moved, frames, rate_hz)], axis=1))
        return _explained(inputs, targets, folds)

    shifted = np.stack([predicted(float(shift)) for shift in fractions])
    both = predicted(0.0)
    p_value = (1 + (shifted >= both).sum(axis=0)) / (1 + SHIFTS)
    return _explained(own, targets, folds), both, shifted.mean(axis=0), p_value


def _dancer(take: PairMovement, number: int) -> Floats:
    return take.second if number else take.first


def _rows(dancer: Floats, partner: Floats, rate_hz: float) -> tuple[Integers, Floats]:
    """The frames of the present, and the places `[R, 3 P]` a moment later; only frames that are known."""
    ahead, past = round(AHEAD_S * rate_hz), round(PAST_S * rate_hz)
    known = np.isfinite(dancer).all(axis=(1, 2)) & np.isfinite(partner).all(axis=(1, 2))
    span = np.lib.stride_tricks.sliding_window_view(known, past + 1 + ahead).all(axis=1)
    frames = np.flatnonzero(span)[:: max(1, round(STEP_S * rate_hz))] + past
    return frames, dancer[frames + ahead].reshape(len(frames), -1)


def _lagged(parts: Floats, frames: Integers, rate_hz: float) -> Floats:
    """Places at the lags, `[R, 3 P L]`."""
    lags = np.linspace(0, PAST_S * rate_hz, LAGS).round().astype(int)
    return np.concatenate([parts[frames - lag].reshape(len(frames), -1) for lag in lags], axis=1)


def _filled(parts: Floats) -> Floats:
    """Without NaN, so that shifted movement is known: the mean where it is not."""
    return np.where(np.isfinite(parts), parts, np.nanmean(parts, axis=0))


Fold = tuple[list[Integers], list[Integers]]  # rows of each take: for training, for the test


def _folds(counts: Sequence[int], rate_hz: float) -> list[Fold]:
    """Leave out one take at a time; with few takes, one block of all takes."""
    every = [np.arange(count) for count in counts]
    none = np.arange(0)
    if len(counts) >= MIN_TAKES:
        return [
            (
                [none if take == out else rows for take, rows in enumerate(every)],
                [rows if take == out else none for take, rows in enumerate(every)],
            )
            for out in range(len(counts))
        ]
    gap = round((AHEAD_S + PAST_S) / STEP_S) + 1
    folds = []
    for block in range(BLOCKS):
        tests = [np.array_split(rows, BLOCKS)[block] for rows in every]
        near = [np.arange(test[0] - gap, test[-1] + 1 + gap) for test in tests]
        rest = [np.setdiff1d(rows, around) for rows, around in zip(every, near, strict=True)]
        folds.append((rest, tests))
    return folds


def _explained(
    inputs: Sequence[Floats], targets: Sequence[Floats], folds: Sequence[Fold]
) -> Floats:
    """Share of the variance of each take's targets that is predicted, `[N]`."""
    error, total = np.zeros(len(inputs)), np.zeros(len(inputs))
    for train, test in folds:
        x = np.concatenate([one[rows] for one, rows in zip(inputs, train, strict=True)])
        y = np.concatenate([one[rows] for one, rows in zip(targets, train, strict=True)])
        mean, std = x.mean(axis=0), x.std(axis=0) + 1e-9
        x = (x - mean) / std
        gram = x.T @ x + PENALTY * len(x) * np.eye(x.shape[1])
        weights = np.linalg.solve(gram, x.T @ (y - y.mean(axis=0)))
        for take, rows in enumerate(test):
            if len(rows):
                guess = (inputs[take][rows] - mean) / std @ weights + y.mean(axis=0)
                error[take] += ((targets[take][rows] - guess) ** 2).sum()
                total[take] += ((targets[take][rows] - y.mean(axis=0)) ** 2).sum()
    share: Floats = 1 - error / np.maximum(total, 1e-12)
    return share
