"""Properties of distances between sets: zero to itself, symmetric, exact for known cases."""

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mariel_gnn.metrics.distribution import frechet_distances, kernel_distances, with_interval

BANDWIDTH = 2.0


def kernel(first: Tensor, second: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    return partial(kernel_distances, first, second, BANDWIDTH)


def frechet(first: Tensor, second: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    return partial(frechet_distances, first, second)


both = pytest.mark.parametrize("distances", [kernel, frechet])


def points(count: int, seed: int, size: int = 4) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, size, generator=generator)


def between(distances, first: Tensor, second: Tensor) -> float:
    once = (torch.full((1, len(part)), 1 / len(part)) for part in (first, second))
    return distances(first, second)(*once).item()


@both
def test_it_grows_with_the_shift_and_is_invariant_to_rotating_both(distances):
    a, b = points(40, 0), points(40, 1)
    shifted = [between(distances, a, b + shift) for shift in (0.0, 0.5, 1.0, 2.0)]
    assert shifted == sorted(shifted)
    rotation = torch.linalg.qr(points(4, 2)).Q
    assert between(distances, a @ rotation, (b + 1) @ rotation) == pytest.approx(
        between(distances, a, b + 1), rel=1e-4
    )


@both
@given(st.integers(0, 100), st.integers(5, 30))
def test_the_order_of_phrases_has_no_effect(distances, seed, count):
    a, b = points(count, seed), points(20, seed + 1)
    assert between(distances, a.flip(0), b) == pytest.approx(between(distances, a, b))
    assert between(distances, a, b.flip(0)) == pytest.approx(between(distances, a, b))


@given(st.integers(0, 100), st.integers(5, 30), st.integers(5, 30))
def test_the_frechet_distance_is_zero_to_itself_and_symmetric(seed, count, other):
    a, b = points(count, seed), points(other, seed + 1)
    assert between(frechet, a, a) == pytest.approx(0, abs=1e-6)
    assert between(frechet, a, b) > 0
    assert between(frechet, a, b) == pytest.approx(between(frechet, b, a), rel=1e-4)


def test_the_kernel_distance_is_the_mean_over_pairs_of_different_samples_and_all_data():
    samples, data = points(5, 0), points(7, 1)

    def mean(first: Tensor, second: Tensor, skip_self: bool = False) -> float:
        values = [math.exp(-float((x - y).square().sum()) / (2 * BANDWIDTH**2))
                  for i, x in enumerate(first) for j, y in enumerate(second)
                  if not (skip_self and i == j)]  # fmt: skip
        return sum(values) / len(values)

    expected = mean(samples, samples, True) + mean(data, data) - 2 * mean(samples, data)
    assert between(kernel, samples, data) == pytest.approx(expected, rel=1e-4)


def test_the_number_of_samples_adds_no_bias_to_the_kernel_distance():
    data = points(30, 0)
    means = [
        torch.tensor([between(kernel, points(count, seed + 1), data) for seed in range(400)]).mean()
        for count in (3, 60)
    ]
    assert means[0].item() == pytest.approx(means[1].item(), abs=0.02)
    assert means[1] > 0.005  # the bias of few data is part of the distance


def test_a_single_sample_has_kernel_value_one():
    data = points(30, 0)
    expected = between(kernel, points(1, 1).repeat(2, 1), data)
    assert between(kernel, points(1, 1), data) == pytest.approx(expected)


def test_a_doubled_weight_equals_a_repeated_data_point():
    samples, data = points(6, 0), points(3, 1)
    weights = torch.tensor([[1.0, 2.0, 0.0], [1.0, 1.0, 1.0]]) / 3
    for distances in (kernel, frechet):
        found = distances(samples, data)(torch.full((2, 6), 1 / 6), weights)
        expected = [between(distances, samples, data[rows]) for rows in ([0, 1, 1], [0, 1, 2])]
        assert found.tolist() == pytest.approx(expected, rel=1e-4)


def test_a_sample_drawn_twice_is_not_paired_with_itself():
    samples, data = points(3, 0), points(5, 1)
    weights = torch.tensor([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]])
    found = kernel(samples, data)(weights, torch.full((2, 5), 0.2))
    assert found[0].item() == pytest.approx(between(kernel, samples[:2], data), rel=1e-4)
    third_alone = kernel(samples, data)(torch.tensor([[0.0, 0.0, 1.0]]), torch.full((1, 5), 0.2))
    assert torch.isfinite(found).all()
    assert torch.isfinite(third_alone).all()


def test_one_outlier_in_a_hundred_does_not_dominate_the_kernel_distance():
    a, b = points(100, 0), points(100, 1)
    with_outlier = torch.cat([a[:-1], a[-1:] + 1e4])
    assert between(kernel, with_outlier, b) < between(kernel, a, b) + 0.03
    assert between(kernel, a + 1e4, b) < 2


def test_the_frechet_distance_of_gaussians_is_exact():
    a, b = points(50, 0).double(), points(60, 1).double()
    a, b = ((x - x.mean(0)) / x.std(0, correction=0) for x in (a[:, :1], b[:, :1]))
    assert between(frechet, 3 * a + 1, 0.5 * b - 1) == pytest.approx(2.0**2 + 2.5**2)
    flat = torch.zeros(9, 1)  # no variance
    assert between(frechet, 3 * a, flat) == pytest.approx(9)


@both
def test_the_interval_contains_the_distance_and_is_deterministic(distances):
    measure = distances(points(40, 0), points(50, 1) + 0.5)
    independent = torch.arange
    value, low, high = with_interval(measure, independent(40), independent(50))
    assert 0 <= low < value < high
    assert value == pytest.approx(between(distances, points(40, 0), points(50, 1) + 0.5))
    assert with_interval(measure, independent(40), independent(50)) == (value, low, high)


@both
def test_windows_of_one_recording_are_resampled_together(distances):
    """Ten copies of the same windows add no information."""
    samples, data = points(12, 0), points(12, 1) + 0.5
    independent = torch.arange(12)
    once = with_interval(distances(samples, data), independent, independent)
    repeated = distances(samples, data.repeat(10, 1))
    grouped = with_interval(repeated, independent, independent.repeat(10))
    ungrouped = with_interval(repeated, independent, torch.arange(120))
    assert grouped == pytest.approx(once, rel=1e-4)
    assert ungrouped[0] == pytest.approx(once[0], rel=1e-4)
    assert ungrouped[2] - ungrouped[1] < 0.9 * (once[2] - once[1])


@both
def test_more_phrases_narrow_the_interval(distances):
    widths = []
    for count in (20, 200):
        measure = distances(points(count, 0), points(count, 1) + 1)
        _, low, high = with_interval(measure, torch.arange(count), torch.arange(count))
        widths.append(high - low)
    assert widths[1] < 0.6 * widths[0]
