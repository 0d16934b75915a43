"""The partner's past predicts a follower, and neither a leader nor a stranger."""

import numpy as np
import pytest

from mariel_gnn.metrics.duet_relations import PairMovement
from mariel_gnn.metrics.partner_past import measure_partner_past
from mariel_gnn.mocap.synthetic.curves import smooth_noise

RATE_HZ, FRAMES, LAG = 35.0, 1400, 20


def take(seed: int, gain: float = 1.0) -> PairMovement:
    """The second dancer follows with the lag of the prediction."""
    noise = smooth_noise(np.random.default_rng(seed), (FRAMES + LAG, 6, 3), 1.0, RATE_HZ)
    first, second = noise[:, :3], noise[:, 3:].copy()
    second[LAG:] += gain * first[:-LAG]
    return PairMovement(first[LAG:], second[LAG:])


@pytest.fixture(scope="module")
def follower():
    return measure_partner_past([take(seed) for seed in range(3)], RATE_HZ)


def test_a_follower_is_predicted_better_with_the_leaders_past(follower):
    assert (follower.gain[:, 1] > 0.1).all()
    assert (follower.both[:, 1] > follower.own[:, 1]).all()
    assert (follower.p_value[:, 1] <= 0.05).all()


def test_a_leader_is_not_predicted_better(follower):
    assert (follower.gain[:, 0] < 0.05).all()


def test_swapped_dancers_swap_the_columns(follower):
    swapped = [PairMovement(one.second, one.first) for one in map(take, range(3))]
    again = measure_partner_past(swapped, RATE_HZ)
    assert np.allclose(again.gain[:, ::-1], follower.gain)


def test_strangers_gain_nothing():
    takes = [take(seed, gain=0.0) for seed in range(4, 8)]
    past = measure_partner_past(takes, RATE_HZ)
    assert np.abs(past.gain).max() < 0.08
    assert past.p_value.mean() > 0.2


def test_one_take_is_split_into_blocks():
    alone = measure_partner_past([take(9)], RATE_HZ)
    assert alone.gain.shape == (1, 2)
    assert alone.gain[0, 1] > 0.1 > alone.gain[0, 0]


def test_gaps_are_left_out():
    gap = take(10)
    gap.first[300:330] = np.nan
    past = measure_partner_past([gap], RATE_HZ)
    assert np.isfinite(past.both).all()
    assert past.gain[0, 1] > 0.1
