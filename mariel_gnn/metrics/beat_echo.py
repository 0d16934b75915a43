"""Beat echo: how well the accents of one dancer are answered by accents of the other.

An accent is a peak of body speed under 5 Hz, without travel. The echo of a dancer's accents in the
partner's is
    e(s) = mean over accents a of exp(-d(a + s)² / 2σ²),
d(a + s) the time from a + s to the nearest accent of the partner, σ = 0.1 s (beat alignment, Li et al.,
AIST++, ICCV 2021; between dancers: Siyao et al., Duolando, ICLR 2024).

Two strangers on one tempo echo each other by chance, and well if they are on one beat. So the value is
compared with those after circular shifts of one dancer in time, and an answer may come up to a quarter of a
second late or early, in the pair as after each shift:
    excess = max over |l| <= 0.25 s of e(l)  -  mean over shifts s of max over |l| <= 0.25 s of e(s + l).
The excess of strangers on one tempo of two beats a second or more is 0, whatever their phase: every shift
suits them as well. At slower strictly even tempos, strangers who are on one beat keep a small excess. That
of unrelated dancers is 0 on average. Use stretches of many accents: windows of 3.7 s have about four.
Accents near the ends of a window are not used: a peak is known only with the lower speeds on both sides, so
both dancers lack accents there, and this common gap would be an echo.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.metrics.movement import PROMINENCE_M_PER_S, low_pass
from mariel_gnn.metrics.phrase_statistics import Ratio
from mariel_gnn.metrics.reconstruction import without_travel

WIDTH_S = 0.1  # σ of an echo
LAG_S = (
    0.25  # greatest lag of an answer: half of a fast beat, so that no other beat is taken for it
)
END_S = 0.35  # at both ends of a window, without accents: a third of the time between two accents
_MIN_ACCENTS = 2  # of each dancer: fewer have no rhythm

Frames = NDArray[np.int64]


def measure_beat_echo(pairs: Float[Tensor, "N T 2 J 3"], rate_hz: float) -> dict[str, Ratio]:
    """Measure the beat echo of pairs, both ways.

    ``echo_of_dancer``: excess of the dancer's accents in the partner's.
    ``echo_of_partner``: excess of the partner's accents in the dancer's.

    Each lies between -1 and 1; 0 is chance. A window in which one of them has fewer than two accents, or that
    is too short for a shift, is left out.

    Args:
        pairs: `[N, T, 2, J, C]` metres, all frames valid.
        rate_hz: frames per second.
    """
    of_dancers = [_accents(pairs[:, :, dancer], rate_hz) for dancer in (0, 1)]
    accents = list(zip(*of_dancers, strict=True))
    frames = pairs.shape[1] - 1 - 2 * round(END_S * rate_hz)  # one speed fewer than positions
    ways = {"echo_of_dancer": (0, 1), "echo_of_partner": (1, 0)}
    return {
        name: _mean_of_known([excess_echo(both[of], both[by], frames, rate_hz) for both in accents])
        for name, (of, by) in ways.items()
    }


def excess_echo(accents: Frames, others: Frames, frames: int, rate_hz: float) -> float:
    """Return the excess of the echo of accents in another dancer's; NaN if it cannot be measured.

    Args:
        accents: frame numbers, ascending.
        others: frame numbers of the other dancer's accents.
        frames: T.
        rate_hz: frames per second.
    """
    if min(len(accents), len(others)) < _MIN_ACCENTS:
        return float("nan")
    echoes = _echo_by_shift(accents, others, frames, WIDTH_S * rate_hz)
    lag = round(LAG_S * rate_hz)
    best = np.max([np.roll(echoes, step) for step in range(-lag, lag + 1)], axis=0)
    shift = np.arange(frames)
    # shifts that share no lag with the pair as it is
    shifted = best[np.minimum(shift, frames - shift) > 2 * lag]
    return float(best[0] - shifted.mean()) if len(shifted) else float("nan")


def _accents(positions: Float[Tensor, "N T J 3"], rate_hz: float) -> list[Frames]:
    """The accents of each window but those near its ends, counted from the first frame that is used."""
    from scipy.signal import find_peaks  # slow to import

    smooth = low_pass(without_travel(positions), rate_hz)
    speeds = rate_hz * smooth.diff(dim=1).norm(dim=-1).mean(dim=-1)
    start = round(END_S * rate_hz)
    stop = speeds.shape[1] - start
    peaks = [find_peaks(speed, prominence=PROMINENCE_M_PER_S)[0] for speed in speeds.numpy()]
    return [found[(found >= start) & (found < stop)] - start for found in peaks]


def _echo_by_shift(
    accents: Frames, others: Frames, frames: int, width: float
) -> NDArray[np.float64]:
    """The echo after each circular shift of the accents, `[T]`."""
    apart = np.abs(np.arange(frames)[:, None] - others)
    nearest = np.minimum(apart, frames - apart).min(axis=1)
    closeness = np.exp(-(nearest**2) / (2 * width**2))
    shifted = (accents + np.arange(frames)[:, None]) % frames
    echoes: NDArray[np.float64] = closeness[shifted].mean(axis=1)
    return echoes


def _mean_of_known(values: list[float]) -> Ratio:
    numbers = torch.tensor(values, dtype=torch.float64)
    known = numbers.isfinite()
    return Ratio(numbers.where(known, torch.zeros((), dtype=torch.float64)), known.double())
