"""Resampling keeps slow motion and removes frequencies above the new Nyquist frequency."""

import numpy as np
import pytest

from mariel_gnn.mocap.preparation.corrections import resample
from mariel_gnn.mocap.recording import Recording


def oscillation(hz, rate_hz, seconds=8.0):
    """Two markers that oscillate by 10 cm at `hz`, one metre from each other."""
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    positions = np.zeros((len(times_s), 2, 3))
    positions[:, 1] = 1.0
    positions += 0.1 * np.sin(2 * np.pi * hz * times_s)[:, None, None]
    return Recording("oscillation", positions.astype(np.float32), rate_hz, "")


@pytest.mark.parametrize("rate_hz", [24, 29.97, 30, 60, 100, 119.88, 120, 240])
def test_slow_motion_is_kept(rate_hz):
    slow = resample(oscillation(1.5, rate_hz), 35)
    assert slow.rate_hz == 35
    assert len(slow) / 35 == pytest.approx(8, abs=0.04)
    wanted = oscillation(1.5, 35, seconds=len(slow) / 35).positions
    inside = slice(10, -10)
    assert np.abs(slow.positions[inside] - wanted[inside]).max() < 0.003


@pytest.mark.parametrize("hz", [25, 34, 36, 50])
def test_a_tremor_does_not_alias_to_slow_motion(hz):
    tremor = oscillation(hz, 120)
    filtered = resample(tremor, 35).positions[20:-20]
    picked = tremor.positions[:: round(120 / 35)][20:-20]
    assert np.ptp(picked[:, 0], axis=0).max() > 0.15  # plain subsampling aliases
    assert np.ptp(filtered[:, 0], axis=0).max() < 0.02


def test_linear_motion_has_no_edge_effects():
    frames = np.arange(240, dtype=np.float32)[:, None, None]
    linear = Recording("linear", np.tile(2 + 0.01 * frames, (1, 3, 3)), 120.0, "")
    out = resample(linear, 35).positions
    steps = np.diff(out, axis=0)
    np.testing.assert_allclose(steps, 0.01 * 120 / 35, atol=2e-4)
    assert out[0, 0, 0] == pytest.approx(2, abs=1e-3)


def test_the_same_rate_changes_nothing():
    slow = oscillation(1.5, 35)
    np.testing.assert_array_equal(resample(slow, 35).positions, slow.positions)
    nearly = Recording("slow", slow.positions, 35.0001, "")
    assert resample(nearly, 35).rate_hz == 35
