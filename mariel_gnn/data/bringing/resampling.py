"""A recording at another rate, without false movement."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

from mariel_gnn.data.recording import Recording

FINEST = 1000  # rates as ratios of whole numbers up to this


def resampled(recording: Recording, rate_hz: float) -> Recording:
    """The same movement at `rate_hz` frames a second.

    What is too fast for the new rate is filtered out first (anti-aliasing, `scipy.signal.resample_poly`
    with its linear-phase filter): otherwise trembling at 50 Hz would come back as swaying. The ends go on
    in a straight line, so that they do not bend.

    Args:
        recording: without gaps.
        rate_hz: the new rate.
    """
    ratio = Fraction(rate_hz / recording.rate_hz).limit_denominator(FINEST)
    if ratio == 1:
        return dataclasses.replace(recording, rate_hz=rate_hz)
    positions = resample_poly(
        recording.positions.astype(np.float64),
        ratio.numerator,
        ratio.denominator,
        axis=0,
        padtype="line",
    )
    return dataclasses.replace(
        recording,
        positions=np.asarray(positions, dtype=np.float32),
        rate_hz=rate_hz,
        start_frame=round(recording.start_frame * ratio),
    )
