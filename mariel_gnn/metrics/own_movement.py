"""What each body part does that the rest of its own body does not predict.

For each frequency f, with the coherency matrix R(f) of the D = 3 P velocities X(f) of the P body parts,
smoothed over frequencies and shrunk to the diagonal:

    U(f) = R(f)^-1 X(f)

So what a driver, a beat or a whole limb does to all parts of a body is removed. The inverse coherency gives
partial correlations (Brillinger, Time Series, 1981, ch. 8).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

MIN_HZ, MAX_HZ = 0.1, 2.0  # below is drift of the pose, above are noise and a body's own rhythm
SMOOTHING_HZ, MIN_BINS = (
    0.3,
    9.0,
)  # std of the smoothing of spectra; bins that a body of ten parts needs
SHRINKAGE = 0.4  # of the coherency to the diagonal
MIN_SECONDS = 8.0


def own_movement(parts: Floats, rate_hz: float) -> Floats:
    """What each part does that the rest of its body does not predict, `[T - 1, P, C]`, unit variance.

    Args:
        parts: movement `[T, P, C]`; NaN is interpolated, and 0 in the result.
        rate_hz: frames per second.

    Raises:
        UserError: fewer than `MIN_SECONDS` are known.
    """
    known = np.asarray(np.isfinite(parts).all(axis=(1, 2)))
    if known.sum() < MIN_SECONDS * rate_hz:
        raise UserError(
            f"{known.sum() / rate_hz:.1f} s of movement are too few to find relations: give "
            f"{MIN_SECONDS:g} s or more in which all body parts of both dancers are visible"
        )
    velocity = np.diff(_interpolated(parts, known), axis=0)
    used = known[1:] & known[:-1]
    flat = velocity.reshape(len(velocity), -1)
    flat = (flat - flat[used].mean(axis=0)) * used[:, None]
    spectrum, inside = np.fft.rfft(flat, axis=0), _band(len(flat), rate_hz)
    bins = max(SMOOTHING_HZ * len(flat) / rate_hz, MIN_BINS)
    whole = np.zeros_like(spectrum)
    whole[inside] = _without_rest_of_body(spectrum[inside], bins)
    own = np.fft.irfft(whole, n=len(flat), axis=0) * used[:, None]
    own /= np.sqrt((own**2).sum(axis=0) / used.sum() + np.finfo(float).tiny)
    return own.reshape(velocity.shape)


def _interpolated(parts: Floats, known: NDArray[np.bool_]) -> Floats:
    if known.all():
        return parts
    frames, filled = np.arange(len(parts)), parts.reshape(len(parts), -1).copy()
    for column in filled.T:
        column[~known] = np.interp(frames[~known], frames[known], column[known])
    return filled.reshape(parts.shape)


def _band(frames: int, rate_hz: float) -> NDArray[np.bool_]:
    frequency_hz = np.fft.rfftfreq(frames, 1 / rate_hz)
    inside: NDArray[np.bool_] = (frequency_hz >= MIN_HZ) & (frequency_hz <= MAX_HZ)
    return inside


def _without_rest_of_body(spectrum: Complex, bins: float) -> Complex:
    """The spectrum `[F, D]` times the inverse coherency of the D series, whitened."""
    spectrum = _whitened(spectrum, bins)
    coherency = _smoothed(spectrum[:, :, None] * spectrum[:, None, :].conj(), bins)
    coherency *= 1 - SHRINKAGE
    coherency += SHRINKAGE * np.eye(spectrum.shape[1])
    partial: NDArray[Any] = np.linalg.solve(coherency, spectrum[..., None])[..., 0]
    return _whitened(partial, bins)


def _whitened(spectrum: Complex, bins: float) -> Complex:
    power = _smoothed(np.abs(spectrum) ** 2, bins)
    white: Complex = spectrum / np.sqrt(power + np.finfo(float).tiny)
    return white


def _smoothed(spectra: NDArray[Any], bins: float) -> NDArray[Any]:
    """Gaussian smoothing over frequencies, the first axis; the ends are reflected."""
    from scipy.ndimage import gaussian_filter1d  # slow to import

    if np.iscomplexobj(spectra):
        return _smoothed(spectra.real, bins) + 1j * _smoothed(spectra.imag, bins)
    smooth: NDArray[Any] = gaussian_filter1d(spectra, bins, axis=0, mode="reflect")
    return smooth
