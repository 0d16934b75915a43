"""Planted relations: each follower is its leader's delay, everybody wanders alike, nobody else is told."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.mocap.synthetic.relations import (
    GROUND_TRUTH,
    WANDER_M,
    Relation,
    related_pairs,
    synthesize_with_relations,
)

RATE_HZ = 35.0
SECONDS = 120.0


@pytest.fixture(scope="module")
def deviation():
    """`[T, J, C]` metres, of a carrier that stands still and faces along one direction."""
    carrier = synthesize_recording(5, SECONDS)[:1]
    return synthesize_with_relations(5, SECONDS) - carrier


@pytest.mark.parametrize("follow", GROUND_TRUTH, ids=lambda follow: follow.follower)
def test_a_follower_does_what_its_leader_did_a_lag_ago(deviation, mariel53, follow):
    late = round(follow.lag_s * RATE_HZ)
    follower, leader = map(mariel53.markers.index, (follow.follower, follow.leader))
    np.testing.assert_allclose(
        deviation[late:, follower], follow.gain * deviation[:-late, leader], atol=1e-12
    )


def test_nothing_else_moves_together(deviation, mariel53):
    flat = deviation.transpose(1, 2, 0).reshape(53, 3, -1)
    correlation = np.abs(np.einsum("ict,jct->ij", flat, flat)) / flat.shape[-1] / 3 / WANDER_M**2
    planted = related_pairs(mariel53)
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
    planted, mirror = related_pairs(mariel53), list(mariel53.mirror)
    assert planted.sum() == len(GROUND_TRUTH)
    assert (planted[mirror][:, mirror] == planted).all()


def test_a_dancing_carrier_is_the_made_up_dancer():
    dance = synthesize_recording(2, 20.0)
    moved = synthesize_with_relations(2, 20.0, carrier="dancing") - dance
    assert 0.5 * WANDER_M < moved.std() < 1.5 * WANDER_M
    assert np.abs(moved.mean(axis=0)).max() < WANDER_M


def test_the_seed_decides():
    first = synthesize_with_relations(1, 3.0)
    np.testing.assert_array_equal(first, synthesize_with_relations(1, 3.0))
    assert np.abs(first - synthesize_with_relations(2, 3.0)).max() > 0.01


@pytest.mark.parametrize(
    ("follows", "told"),
    [
        ([Relation("RTOE", "LHAND")], "no marker 'LHAND'"),
        ([Relation("RTOE", "LTOE"), Relation("LTOE", "ARIEL")], "LTOE follows"),
        ([Relation("RTOE", "LTOE"), Relation("RTOE", "ARIEL")], "RTOE follows"),
    ],
)
def test_what_cannot_be_planted_is_told(follows, told):
    with pytest.raises(UserError, match=told):
        synthesize_with_relations(0, 2.0, follows=follows)
