"""Laws of movement: a known movement has its numbers; place, heading and noise have little effect."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.metrics.movement import (
    LOW_PASS_HZ,
    PROMINENCE_M_PER_S,
    STILL_M_PER_S,
    low_pass,
    measure_movement,
)
from mariel_gnn.metrics.phrase_statistics import summarize
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

RATE_HZ = 35.0
T = 70
SECONDS = torch.arange(T).double() / RATE_HZ


@pytest.fixture(scope="module")
def phrases(dance) -> torch.Tensor:
    return torch.from_numpy(dance).double().view(-1, T, 53, 3)


@pytest.fixture
def measured(mariel53):
    def measure(positions: torch.Tensor, rate_hz: float = RATE_HZ) -> dict[str, float]:
        return summarize(measure_movement(positions, mariel53, rate_hz))

    return measure


def along_x(path_m: torch.Tensor) -> torch.Tensor:
    """A body `[1, T, 53, 3]` whose markers all follow a path `[T]`."""
    positions = torch.zeros(1, len(path_m), 53, 3, dtype=torch.float64)
    positions[..., 0] = path_m[:, None]
    return positions


@pytest.mark.parametrize("hz", [0.5, 1, 2, 3])
def test_movement_passes_the_filter(hz):
    wave = along_x((2 * torch.pi * hz * torch.arange(350) / RATE_HZ).sin())
    torch.testing.assert_close(
        low_pass(wave, RATE_HZ)[:, 50:-50], wave[:, 50:-50], rtol=0, atol=0.03
    )


@pytest.mark.parametrize("hz", [8.75, 12, 17.5])
def test_vibration_does_not_pass(hz):
    wave = along_x((2 * torch.pi * hz * torch.arange(350) / RATE_HZ).cos())
    assert low_pass(wave, RATE_HZ)[:, 50:-50].abs().max() < 0.02


def test_a_straight_line_is_not_changed():
    line = along_x(0.7 * SECONDS)
    torch.testing.assert_close(low_pass(line, RATE_HZ), line, rtol=0, atol=1e-3)


@given(st.floats(-4, 4), st.floats(-50, 50), st.floats(-50, 50))
def test_place_and_heading_have_no_effect(phrases, mariel53, angle, shift_x, shift_y):
    x, y, z = phrases[::4].unbind(-1)
    cos, sin = math.cos(angle), math.sin(angle)
    moved = torch.stack([cos * x - sin * y + shift_x, sin * x + cos * y + shift_y, z], dim=-1)
    before, after = (
        summarize(measure_movement(p, mariel53, RATE_HZ)) for p in (phrases[::4], moved)
    )
    assert after == pytest.approx(before, rel=1e-4, abs=1e-6)


def test_mirroring_has_no_effect(phrases, measured, mariel53):
    mirrored = phrases[:, :, list(mariel53.mirror)] * torch.tensor([-1.0, 1.0, 1.0])
    assert measured(mirrored) == pytest.approx(measured(phrases))


def test_a_constant_speed_has_no_rhythm(measured):
    found = measured(along_x(0.7 * SECONDS))
    assert found["speed_variation_within"] < 0.02
    assert found["accents_per_s"] == found["pauses_s_per_min"] == 0
    assert "accent_height_ratio" not in found
    assert found["jerk_m_per_s3"] < 1e-6


def test_phrases_of_different_speed_vary_between(measured):
    slow, fast = along_x(0.5 * SECONDS), along_x(1.5 * SECONDS)
    found = measured(torch.cat([slow, fast]))
    assert found["speed_variation_between"] == pytest.approx(0.5, rel=1e-3)
    assert found["speed_variation_within"] < 0.02


def test_accents_are_counted_and_measured(measured):
    """A speed of 0.5 m/s that rises to 1 m/s each second."""
    seconds = torch.arange(350).double() / RATE_HZ
    path = 0.75 * seconds + 0.25 * (2 * torch.pi * seconds).sin() / (2 * torch.pi)
    found = measured(along_x(path))
    assert found["accents_per_s"] == pytest.approx(1, abs=0.11)
    assert found["accent_height_ratio"] == pytest.approx(1 / 0.75, rel=0.02)
    assert found["speed_variation_within"] == pytest.approx(0.25 / math.sqrt(2) / 0.75, rel=0.05)


@pytest.mark.parametrize(("factor", "counted"), [(0.4, False), (1.5, True)])
def test_only_prominent_peaks_are_accents(measured, factor, counted):
    seconds = torch.arange(350).double() / RATE_HZ
    swing = factor * PROMINENCE_M_PER_S / 2
    path = seconds + swing * (2 * torch.pi * seconds).sin() / (2 * torch.pi)
    assert (measured(along_x(path))["accents_per_s"] > 0.5) == counted


def test_pauses_are_seconds_of_a_minute(measured):
    path = torch.cat(
        [torch.zeros(210), torch.arange(210) / RATE_HZ]
    ).double()  # half of it at 1 m/s
    assert measured(along_x(path))["pauses_s_per_min"] == pytest.approx(30, abs=1.5)
    slow = measured(along_x(0.9 * STILL_M_PER_S * SECONDS))
    assert slow["pauses_s_per_min"] == 60


def test_jerk_is_the_third_derivative(measured):
    found = measured(along_x(2 * SECONDS**3))
    assert found["jerk_m_per_s3"] == pytest.approx(12, rel=1e-6)


@pytest.mark.parametrize(
    ("hz", "between", "over"), [(1, 0, 0), (4, 1, 0), (4.375, 1, 0), (6, 0, 1), (12, 0, 1)]
)
def test_power_is_found_in_its_band(measured, hz, between, over):
    path = 0.1 * (2 * torch.pi * hz * torch.arange(281).double() / RATE_HZ).sin()
    found = measured(along_x(path))
    assert found["power_3_to_5hz_rate"] == pytest.approx(between, abs=0.05)
    assert found["power_over_5hz_rate"] == pytest.approx(over, abs=0.05)


def test_one_arm_after_the_other_differs_and_both_together_do_not(measured, mariel53):
    left, right = (list(mariel53.parts[f"{side} arm"]) for side in ("left", "right"))
    phrases = along_x(0 * SECONDS).repeat(2, 1, 1, 1)
    for phrase, arm in enumerate((left, right)):
        phrases[phrase, :, arm, 2] = SECONDS[:, None]
    assert measured(phrases)["left_right_log_std"] > 2
    phrases[:, :, left + right, 2] = SECONDS[:, None]
    assert measured(phrases)["left_right_log_std"] < 1e-6


def test_the_frame_rate_has_little_effect(measured):
    slow, fast = (
        torch.from_numpy(synthesize_recording(2, seconds=40, rate_hz=rate)) for rate in (40, 80)
    )
    once = measured(slow[:1600].view(-1, 80, 53, 3), 40.0)
    twice = measured(fast[:3200].view(-1, 160, 53, 3), 80.0)
    for name in ("jerk_m_per_s3", "power_over_5hz_rate"):  # camera noise of each frame
        once.pop(name), twice.pop(name)
    assert twice == pytest.approx(once, rel=0.1, abs=0.05)


@pytest.mark.parametrize("rate_hz", [2.0, 6.0, 10.0, 10.1, 35.0, 240.0])
@pytest.mark.parametrize("frames", [2, 3, 4, 16, 70])
def test_any_length_and_rate_is_measured(phrases, measured, frames, rate_hz):
    found = measured(phrases[:, :frames], rate_hz)
    assert all(np.isfinite(list(found.values())))
    assert ("power_over_5hz_rate" in found) <= (rate_hz > 2 * LOW_PASS_HZ)
    assert ("power_3_to_5hz_rate" in found) <= (rate_hz > 6)
    assert ("jerk_m_per_s3" in found) == (frames > 3)
    assert found["speed_variation_between"] > 0


def test_phrases_of_three_frames_have_all_bands(phrases, measured):
    assert {"power_3_to_5hz_rate", "power_over_5hz_rate"} < set(measured(phrases[:, :3]))


def test_a_phrase_that_is_not_finite_has_no_movement(phrases, mariel53):
    broken = phrases.clone()
    broken[3, 5, 7, 1] = float("nan")
    assert measure_movement(broken, mariel53, RATE_HZ) == {}


def test_skeletons_without_arms_use_their_sides_and_without_sides_have_none(phrases, mariel53):
    without_parts = dataclasses.replace(mariel53, parts={})
    bare = dataclasses.replace(mariel53, parts={}, pairs=())
    assert "left_right_log_std" in measure_movement(phrases, without_parts, RATE_HZ)
    assert "left_right_log_std" not in measure_movement(phrases, bare, RATE_HZ)
