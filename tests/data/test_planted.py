"""Planted relations: each follower is its leader's delay, everybody wanders alike, nobody else is told."""

import numpy as np
import pytest

from mariel_gnn.data.made_up import make_up_recording
from mariel_gnn.data.made_up.planted import (
    PLANTED,
    WANDER_M,
    Follow,
    make_up_planted,
    planted_pairs,
)
from mariel_gnn.errors import UserError

RATE_HZ = 35.0
SECONDS = 120.0


@pytest.fixture(scope="module")
def deviation():
    """`[T, J, C]` metres, of a carrier that stands still and faces along one direction."""
    carrier = make_up_recording(5, SECONDS)[:1]
    return make_up_planted(5, SECONDS) - carrier


@pytest.mark.parametrize("follow", PLANTED, ids=lambda follow: follow.follower)
def test_a_follower_does_what_its_leader_did_a_lag_ago(deviation, mariel53, follow):
    late = round(follow.lag_s * RATE_HZ)
    follower, leader = map(mariel53.markers.index, (follow.follower, follow.leader))
    np.testing.assert_allclose(
        deviation[late:, follower], follow.gain * deviation[:-late, leader], atol=1e-12
    )


def test_nothing_else_moves_together(deviation, mariel53):
    flat = deviation.transpose(1, 2, 0).reshape(53, 3, -1)
    correlation = np.abs(np.einsum("ict,jct->ij", flat, flat)) / flat.shape[-1] / 3 / WANDER_M**2
    planted = planted_pairs(mariel53).numpy()
    related = planted | planted.T | np.eye(53, dtype=bool)
    assert correlation[~related].max() < 0.35 < correlation[related].min()
    assert correlation[~related].mean() < 0.08


def test_everybody_wanders_as_far_and_as_fast(deviation):
    spread = deviation.std(axis=(0, 2))
    speed = np.diff(deviation, axis=0).std(axis=(0, 2))
    for amount in (spread, speed):
        assert amount.min() > 0.7 * amount.mean()
        assert amount.max() < 1.3 * amount.mean()


def test_what_is_planted_is_planted_on_both_sides(mariel53):
    planted, mirror = planted_pairs(mariel53), list(mariel53.mirror)
    assert planted.sum() == len(PLANTED)
    assert (planted[mirror][:, mirror] == planted).all()


def test_a_dancing_carrier_is_the_made_up_dancer():
    dance = make_up_recording(2, 20.0)
    moved = make_up_planted(2, 20.0, carrier="dancing") - dance
    assert 0.5 * WANDER_M < moved.std() < 1.5 * WANDER_M
    assert np.abs(moved.mean(axis=0)).max() < WANDER_M


def test_the_seed_decides():
    first = make_up_planted(1, 3.0)
    np.testing.assert_array_equal(first, make_up_planted(1, 3.0))
    assert np.abs(first - make_up_planted(2, 3.0)).max() > 0.01


@pytest.mark.parametrize(
    ("follows", "told"),
    [
        ([Follow("RTOE", "LHAND")], "no marker 'LHAND'"),
        ([Follow("RTOE", "LTOE"), Follow("LTOE", "ARIEL")], "LTOE follows"),
        ([Follow("RTOE", "LTOE"), Follow("RTOE", "ARIEL")], "RTOE follows"),
    ],
)
def test_what_cannot_be_planted_is_told(follows, told):
    with pytest.raises(UserError, match=told):
        make_up_planted(0, 2.0, follows=follows)
