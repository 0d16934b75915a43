"""Intervals: properties, then coverage."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.comparison.intervals import (
    RecordingBootstrap,
    difference_over_seeds,
    over_seeds,
    t_quantile,
)

SIZES = (6, 11, 4, 20, 9)
numbers = st.floats(-1e3, 1e3)
seeds = st.lists(numbers, min_size=2, max_size=6)


def windows(sizes=SIZES, seed=0):
    """The recording of each window, and errors that depend mostly on the recording."""
    rng = np.random.default_rng(seed)
    recording = np.repeat(np.arange(len(sizes)), sizes)
    return recording, rng.normal(50, 10, len(sizes))[recording] + rng.normal(0, 3, len(recording))


def ends(estimate):
    return [estimate.value, estimate.low, estimate.high]


@given(seeds, numbers, st.floats(0.1, 10))
def test_an_interval_over_seeds_shifts_and_scales_with_its_values(values, shift, scale):
    before, after = over_seeds(values), over_seeds([scale * value + shift for value in values])
    assert before.low <= before.value <= before.high
    assert ends(after) == pytest.approx([scale * x + shift for x in ends(before)], abs=1e-6)


def test_one_seed_has_no_interval():
    assert not over_seeds([3.0]).has_interval
    assert over_seeds([3.0]).value == 3.0
    assert not difference_over_seeds([3.0], [1.0, 2.0]).has_interval


@given(seeds, seeds)
def test_a_difference_over_seeds_changes_sign_with_its_sides(first, second):
    one, other = difference_over_seeds(first, second), difference_over_seeds(second, first)
    assert ends(one) == pytest.approx([-other.value, -other.high, -other.low], abs=1e-6)


def test_a_constant_side_adds_no_width():
    """PCA is equal for all seeds: the interval is then the interval of the model."""
    values = [3.0, 5.0, 4.5]
    difference = difference_over_seeds(values, [1.0, 1.0, 1.0])
    assert ends(difference) == pytest.approx([x - 1 for x in ends(over_seeds(values))])


@pytest.mark.parametrize("degrees", [1, 2, 3, 5, 8, 13, 21, 30])
def test_the_table_has_the_quantiles_of_students_t(degrees):
    """97.5 % of the density lies below them: half, and its integral from 0 by Simpson's rule."""
    x = np.linspace(0, t_quantile(degrees), 20_001)
    log_scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    density = math.exp(log_scale) / math.sqrt(degrees * math.pi)
    density = density * (1 + x**2 / degrees) ** (-(degrees + 1) / 2)
    weights = np.ones(len(x))
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    below = 0.5 + (x[1] - x[0]) / 3 * (weights * density).sum()
    assert below == pytest.approx(0.975, abs=5e-5)


def test_beyond_the_table_the_quantile_is_never_too_small():
    assert t_quantile(1000) >= NormalDist().inv_cdf(0.975)
    assert t_quantile(2.9) == t_quantile(2)


def test_the_mean_of_a_bootstrap_is_the_mean_over_windows():
    recording, values = windows()
    bootstrap = RecordingBootstrap(recording)
    estimate = bootstrap.mean(values)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low < estimate.value < estimate.high
    assert estimate.count == len(SIZES)
    by_recording = [values[recording == number].mean() for number in range(len(SIZES))]
    np.testing.assert_allclose(bootstrap.by_recording(values), by_recording)


def test_more_windows_of_the_same_recordings_do_not_narrow_the_interval():
    """Overlapping windows: ten copies of each window leave the interval unchanged."""
    recording, values = windows()
    once = RecordingBootstrap(recording).mean(values)
    ten = RecordingBootstrap(np.tile(recording, 10)).mean(np.tile(values, 10))
    assert ends(ten) == pytest.approx(ends(once))


def test_the_order_of_windows_and_the_numbering_of_recordings_have_no_effect():
    recording, values = windows()
    order = np.random.default_rng(3).permutation(len(values))
    moved = RecordingBootstrap(7 + 2 * recording[order]).mean(values[order])
    assert ends(moved) == pytest.approx(ends(RecordingBootstrap(recording).mean(values)))


def test_an_interval_over_recordings_shifts_and_scales_with_its_values():
    recording, values = windows()
    bootstrap = RecordingBootstrap(recording)
    before, after = bootstrap.mean(values), bootstrap.mean(2 * values + 5)
    assert ends(after) == pytest.approx([2 * x + 5 for x in ends(before)])


def test_several_values_at_once_equal_each_alone():
    recording, values = windows()
    bootstrap = RecordingBootstrap(recording)
    frames = np.stack([values, values**2, -values], axis=1)
    low, high = bootstrap.interval(bootstrap.means(frames))
    for column in range(3):
        alone = bootstrap.mean(frames[:, column])
        assert [low[column], high[column]] == pytest.approx([alone.low, alone.high])


def test_one_recording_has_no_interval():
    assert not RecordingBootstrap(np.zeros(5, int)).mean(np.arange(5.0)).has_interval


def test_equal_recordings_give_zero_width():
    recording, _ = windows()
    estimate = RecordingBootstrap(recording).mean(np.full(len(recording), 4.0))
    assert ends(estimate) == pytest.approx([4, 4, 4])


def test_the_interval_has_its_nominal_coverage():
    """Eight recordings that differ: nominal 95 %, 200 trials; 0.90 is two sigma below."""
    recording = np.repeat(np.arange(8), (60, 45, 20, 22, 90, 70, 90, 70))
    bootstrap = RecordingBootstrap(recording, resamples=1000)
    rng = np.random.default_rng(1)
    hits = plain = 0
    for _ in range(200):
        values = rng.normal(0, 1, 8)[recording] + rng.normal(0, 1, len(recording))
        draws = bootstrap.means(values)
        low, high = bootstrap.interval(draws)
        hits += low < 0 < high
        low, high = np.quantile(draws, [0.025, 0.975])
        plain += low < 0 < high
    assert 0.90 <= hits / 200 <= 0.99
    assert hits > plain, "the interval is widened for few recordings"
