"""The flow: its mixture, its weights, and a solver that is exact where the prediction is."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.models.flow.matching import (
    LEAST_NOISE,
    draw_times,
    even_times,
    mix,
    solve,
    time_weights,
)

STEPS = st.integers(1, 20)


def noise(seed=0, count=3):
    return torch.randn(count, 6, 5, generator=torch.Generator().manual_seed(seed)).double()


def test_the_mixture_goes_from_noise_to_data():
    data, random = noise(1), noise(2)
    torch.testing.assert_close(mix(data, random, torch.zeros(3).double()), random)
    torch.testing.assert_close(mix(data, random, torch.ones(3).double()), data)
    torch.testing.assert_close(mix(data, random, torch.full((3,), 0.25).double()),
                               0.25 * data + 0.75 * random)  # fmt: skip


@given(STEPS)
def test_a_prediction_of_the_truth_is_reached_in_any_number_of_steps(steps):
    truth = noise(1)
    torch.testing.assert_close(solve(lambda x, time: truth, noise(), steps), truth)


def test_one_step_is_the_prediction_from_noise():
    seen = []

    def denoise(x, time):
        seen.append((x, time))
        return 2 * x + 1

    found = solve(denoise, noise(), 1)
    torch.testing.assert_close(found, 2 * noise() + 1)
    [(x, time)] = seen
    assert torch.equal(x, noise())
    assert not time.any()


def test_the_solver_approaches_the_flow_of_a_gaussian():
    """For data of N(0, s²), E[x | x_t] is linear in x_t, and the flow scales the noise by s."""
    std = 0.3

    def denoise(x, time):
        t = time[:, None, None]
        return x * t * std**2 / (t**2 * std**2 + (1 - t) ** 2)

    errors = [float((solve(denoise, noise(), n) - std * noise()).abs().max()) for n in (8, 32, 128)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.02


def test_each_sequence_is_solved_by_itself():
    def denoise(x, time):
        return x.tanh()

    many = solve(denoise, noise(), 4)
    torch.testing.assert_close(solve(denoise, noise()[1:2], 4), many[1:2])


def test_weights_rise_to_a_bound():
    time = torch.linspace(0, 1, 50)
    weights = time_weights(time)
    assert (weights.diff() >= 0).all()
    assert weights[0] == 1
    assert weights[-1] == pytest.approx(LEAST_NOISE**-2)


def test_even_times_are_quantiles_of_the_random_ones():
    torch.manual_seed(0)
    random = draw_times(torch.zeros(20_000, 1, 1))
    assert ((random > 0) & (random < 1)).all()
    even = even_times(4)
    for place, time in enumerate(even):
        assert (random < time).float().mean() == pytest.approx((place + 0.5) / 4, abs=0.02)
