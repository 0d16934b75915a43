"""Laws of the beat echo: a follower has one, strangers have none, also on one tempo."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.metrics.beat_echo import excess_echo, measure_beat_echo
from mariel_gnn.metrics.phrase_statistics import summarize

RATE_HZ, FRAMES = 35.0, 700


def accents(seed: int, count: int = 20) -> np.ndarray:
    """Irregular accents, at least a fifth of a second apart."""
    steps = 7 + np.random.default_rng(seed).exponential(FRAMES / count - 7, count)
    frames = np.cumsum(steps).astype(int)
    return frames[frames < FRAMES]


@given(st.integers(0, 50), st.integers(-8, 8))
def test_a_follower_echoes_with_any_lag_up_to_a_quarter_of_a_second(seed, lag):
    leader = accents(seed)
    follower = np.sort((leader + lag) % FRAMES)
    assert excess_echo(leader, follower, FRAMES, RATE_HZ) > 0.3
    assert excess_echo(follower, leader, FRAMES, RATE_HZ) > 0.3


@given(st.integers(10, 18), st.integers(0, 40))
def test_strangers_on_one_tempo_have_no_echo_whatever_their_phase(period, phase):
    frames = FRAMES // period * period
    first = np.arange(0, frames, period)
    second = np.sort((first + phase) % frames)
    assert excess_echo(first, second, frames, RATE_HZ) == pytest.approx(0, abs=0.02)


def test_strangers_have_no_echo_on_average():
    found = [excess_echo(accents(k), accents(1000 + k), FRAMES, RATE_HZ) for k in range(100)]
    assert np.mean(found) == pytest.approx(0, abs=3 * np.std(found) / 10)


def test_too_few_accents_have_no_echo():
    assert math.isnan(excess_echo(np.array([5]), accents(0), FRAMES, RATE_HZ))
    assert math.isnan(excess_echo(accents(0), np.array([], dtype=int), FRAMES, RATE_HZ))
    assert math.isnan(excess_echo(np.array([3, 9]), np.array([3, 9]), 12, RATE_HZ))


def test_pairs_of_the_synthetic_dancer(dance):
    dancer = torch.from_numpy(dance).view(10, 140, 53, 3)
    late = torch.from_numpy(np.roll(dance, 5, axis=0)).view_as(dancer)
    follower = torch.stack([dancer, late], dim=2)
    stranger = torch.stack([dancer, late.roll(3, dims=0)], dim=2)
    found, none = (summarize(measure_beat_echo(pairs, RATE_HZ)) for pairs in (follower, stranger))
    assert min(found.values()) > 0.2
    assert max(none.values()) < 0.5 * min(found.values())
    swapped = summarize(measure_beat_echo(follower.flip(2), RATE_HZ))
    assert swapped["echo_of_dancer"] == pytest.approx(found["echo_of_partner"])
    turned = follower[..., [1, 0, 2]] * torch.tensor([-1.0, 1, 1]) + 2
    assert summarize(measure_beat_echo(turned, RATE_HZ)) == pytest.approx(found, abs=1e-3)


def test_a_frozen_pair_has_no_echo(dance):
    frozen = torch.from_numpy(dance[:1]).expand(140, -1, -1)[None]
    assert not summarize(measure_beat_echo(torch.stack([frozen, frozen], dim=2), RATE_HZ))
