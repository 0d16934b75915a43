"""Rhythm, accents, pauses, smoothness and difference of the sides, as the eye sees them.

Speeds are measured on positions low-passed at 5 Hz, so vibration is not movement. Vibration shows in the
shares of power over 3 Hz instead. Dance has little there: in recordings at 35 Hz, 85 % of the power of marker
velocity lies under 2 Hz, 5 to 7 % from 3 to 5 Hz, and 2 to 3 % above. The low-pass of fourth order, applied
forwards and backwards, lets 74 % of an amplitude at 4.4 Hz pass and 17 % at 6 Hz. Vibration just under
its limit would therefore count as movement, and is found in the band from 3 to 5 Hz.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.metrics.phrase_statistics import Deviation, Ratio, Statistics, mean_of
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

LOW_PASS_HZ = 5.0
_ORDER = 4  # of the Butterworth filter
_BAND_HZ = 3.0  # lower end of the band under the low-pass in which vibration is looked for
STILL_M_PER_S = 0.1  # body speed of a pause; camera noise under 5 Hz is a tenth of it
# How far the body speed of an accent rises above the lowest speed on both sides of it: a fifth of the
# mean body speed of recorded dance (0.74 m/s), and ten times the camera noise under 5 Hz.
PROMINENCE_M_PER_S = 0.15
_LEAST_M_PER_S = (
    0.01  # added to both sides before the logarithm, or a limb at rest would be infinitely far
)
_CHUNK = 64  # phrases filtered at a time: 10 MB each hundred frames of 53 markers


def low_pass(positions: Float[Tensor, "N T J 3"], rate_hz: float) -> Float[Tensor, "N T J 3"]:
    """Return positions `[N, T, J, C]` under 5 Hz, without delay (Butterworth, forwards and backwards).

    At rates of 10 Hz and less all motion is under 5 Hz and is returned as it is. Short phrases are
    extended by fewer mirrored frames.
    """
    if rate_hz <= 2 * LOW_PASS_HZ:
        return positions.double()
    from scipy.signal import butter, sosfiltfilt  # slow to import

    sections = butter(_ORDER, LOW_PASS_HZ, fs=rate_hz, output="sos")
    extension = min(3 * (2 * len(sections) + 1), positions.shape[1] - 1)
    filtered = sosfiltfilt(sections, positions.double().numpy(), axis=1, padlen=extension)
    return torch.from_numpy(np.ascontiguousarray(filtered))


def measure_movement(
    positions: Float[Tensor, "N T J 3"], skeleton: Skeleton, rate_hz: float
) -> Statistics:
    """Measure the movement of phrases; body speed is the mean marker speed under 5 Hz, travel included.

    ``speed_variation_within``: standard deviation of body speed over the frames of a phrase, relative
    to its mean; mean over phrases.
    ``speed_variation_between``: the same of the phrases' mean speeds.
    ``left_right_log_std``: standard deviation over phrases of log(left / right) of the mean speeds of
    both arms (of all left and right markers without parts of that name).
    ``accents_per_s``, ``accent_height_ratio``: peaks of body speed, and their height relative to the
    phrase's mean.
    ``pauses_s_per_min``: seconds with a body speed under 0.1 m/s.
    ``power_3_to_5hz_rate``, ``power_over_5hz_rate``: shares of the power of marker velocity.
    ``jerk_m_per_s3``: mean norm of the third derivative of position.

    Args:
        positions: `[N, T, J, C]` metres, with travel.
        skeleton: the markers.
        rate_hz: frames per second.

    Returns:
        The statistics of the N phrases by name; none if a phrase is not finite.
    """
    if not positions.isfinite().all():
        return {}
    chunks = [_measure(chunk, skeleton, rate_hz) for chunk in positions.double().split(_CHUNK)]
    found = {name: torch.cat([chunk[name] for chunk in chunks]) for name in chunks[0]}
    statistics: dict[str, Deviation | Ratio] = {
        "speed_variation_within": mean_of(found["variation"]),
        "speed_variation_between": Deviation(found["speed"], relative=True),
        "accents_per_s": mean_of(found["accents"] * rate_hz / positions.shape[1]),
        "accent_height_ratio": Ratio(found["heights"], found["accents"]),
        "pauses_s_per_min": mean_of(60 * found["still"]),
        "jerk_m_per_s3": mean_of(found["jerk"]),
    }
    for name in ("power_3_to_5hz_rate", "power_over_5hz_rate"):
        if name in found:
            statistics[name] = Ratio(found[name], found["power"])
    if "left_right" in found:
        statistics["left_right_log_std"] = Deviation(found["left_right"])
    return statistics


def _measure(positions: Tensor, skeleton: Skeleton, rate_hz: float) -> dict[str, Tensor]:
    """The numbers of each phrase, each `[N]`."""
    smooth = rate_hz * low_pass(positions, rate_hz).diff(dim=1).norm(dim=-1)  # [N, T-1, J] m/s
    body = smooth.mean(dim=-1)
    mean = body.mean(dim=1)
    jerk = rate_hz**3 * positions.diff(n=3, dim=1).norm(dim=-1)
    return {
        "speed": mean,
        "variation": body.std(dim=1, correction=0) / mean.clamp(min=1e-12),
        "still": (body < STILL_M_PER_S).double().mean(dim=1),
        "jerk": jerk.mean(dim=(1, 2)),
        **_accents(body.numpy()),
        **_power(positions, rate_hz),
        **_left_right(smooth, skeleton),
    }


def _accents(body: NDArray[np.float64]) -> dict[str, Tensor]:
    """Number of accents of each phrase, and the sum of their heights relative to its mean speed."""
    from scipy.signal import find_peaks  # slow to import

    peaks = [find_peaks(speed, prominence=PROMINENCE_M_PER_S)[0] for speed in body]
    heights = [
        speed[found].sum() / max(speed.mean(), 1e-12)
        for speed, found in zip(body, peaks, strict=True)
    ]
    return {
        "accents": torch.tensor([float(len(found)) for found in peaks], dtype=torch.float64),
        "heights": torch.tensor([float(height) for height in heights], dtype=torch.float64),
    }  # fmt: skip


def _power(positions: Tensor, rate_hz: float) -> dict[str, Tensor]:
    """Power of marker velocity without its mean: all of it, and in the bands that the rate has."""
    velocity = positions.diff(dim=1) * rate_hz
    velocity = velocity - velocity.mean(dim=1, keepdim=True)
    power = torch.fft.rfft(velocity, dim=1).abs().square().sum(dim=(2, 3))
    hz = torch.fft.rfftfreq(velocity.shape[1], 1 / rate_hz)
    bands = {"power": power.sum(dim=1)}
    edges = (_BAND_HZ, LOW_PASS_HZ, rate_hz)
    for name, (low, high) in zip(("3_to_5hz", "over_5hz"), pairwise(edges), strict=True):
        if rate_hz / 2 > low:
            bands[f"power_{name}_rate"] = power[:, (hz > low) & (hz <= high)].sum(dim=1)
    return bands


def _left_right(speed: Tensor, skeleton: Skeleton) -> dict[str, Tensor]:
    """The logarithm of left over right speed of each phrase; nothing for a skeleton without sides."""
    sides = [list(skeleton.parts.get(f"{side} arm", ())) for side in ("left", "right")]
    if not all(sides):
        sides = [list(side) for side in zip(*skeleton.pairs, strict=True)]
    if not sides:
        return {}
    left, right = (speed[..., side].mean(dim=(1, 2)) + _LEAST_M_PER_S for side in sides)
    return {"left_right": (left / right).log()}
