"""Ground-truth relations: followers repeat their leaders, and no other pair is related."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.mocap.synthetic.relations import (
    DEVIATION_M,
    GROUND_TRUTH,
    Relation,
    related_pairs,
    synthesize_with_relations,
)

RATE_HZ = 35.0
SECONDS = 120.0


@pytest.fixture(scope="module")
def deviation():
    """`[T, J, C]` metres, with the standing carrier, which has a constant heading."""
    carrier = synthesize_recording(5, SECONDS)[:1]
    return synthesize_with_relations(5, SECONDS) - carrier


@pytest.mark.parametrize("relation", GROUND_TRUTH, ids=lambda relation: relation.follower)
def test_a_follower_repeats_its_leader_after_the_lag(deviation, mariel53, relation):
    lag = round(relation.lag_s * RATE_HZ)
    follower, leader = map(mariel53.markers.index, (relation.follower, relation.leader))
    np.testing.assert_allclose(
        deviation[lag:, follower], relation.gain * deviation[:-lag, leader], atol=1e-12
    )


def test_no_other_pair_is_correlated(deviation, mariel53):
    flat = deviation.transpose(1, 2, 0).reshape(53, 3, -1)
    correlation = np.abs(np.einsum("ict,jct->ij", flat, flat)) / flat.shape[-1] / 3 / DEVIATION_M**2
    truth = related_pairs(mariel53)
    related = truth | truth.T | np.eye(53, dtype=bool)
    assert correlation[~related].max() < 0.35 < correlation[related].min()
    assert correlation[~related].mean() < 0.08


def test_all_markers_deviate_with_one_size_and_speed(deviation):
    std = deviation.std(axis=(0, 2))
    speed = np.diff(deviation, axis=0).std(axis=(0, 2))
    for value in (std, speed):
        assert value.min() > 0.7 * value.mean()
        assert value.max() < 1.3 * value.mean()


def test_each_relation_exists_on_both_sides(mariel53):
    truth, mirror = related_pairs(mariel53), list(mariel53.mirror)
    assert truth.sum() == len(GROUND_TRUTH)
    assert (truth[mirror][:, mirror] == truth).all()


def test_the_dancing_carrier_is_the_synthetic_dancer():
    dance = synthesize_recording(2, 20.0)
    moved = synthesize_with_relations(2, 20.0, carrier="dancing") - dance
    assert 0.5 * DEVIATION_M < moved.std() < 1.5 * DEVIATION_M
    assert np.abs(moved.mean(axis=0)).max() < DEVIATION_M


def test_the_seed_determines_the_numbers():
    first = synthesize_with_relations(1, 3.0)
    np.testing.assert_array_equal(first, synthesize_with_relations(1, 3.0))
    assert np.abs(first - synthesize_with_relations(2, 3.0)).max() > 0.01


@pytest.mark.parametrize(
    ("relations", "message"),
    [
        ([Relation("RTOE", "LHAND")], "no marker 'LHAND'"),
        ([Relation("RTOE", "LTOE"), Relation("LTOE", "ARIEL")], "LTOE is a follower"),
        ([Relation("RTOE", "LTOE"), Relation("RTOE", "ARIEL")], "RTOE is a follower"),
    ],
)
def test_impossible_relations_are_refused(relations, message):
    with pytest.raises(UserError, match=message):
        synthesize_with_relations(0, 2.0, relations=relations)
