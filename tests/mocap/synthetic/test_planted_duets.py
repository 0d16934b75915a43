"""Planted duets: what the ground truth says is in the movement, and nothing else shows it."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.body_parts import heading_rad, part_movement, rotate_about_z, ten_parts
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.mocap.synthetic.planted_duets import SCENES, plant, planted_duet

RATE_HZ, SECONDS = 35.0, 20.0
SKELETON = load_skeleton("mariel53")


@pytest.fixture(scope="module")
def dances():
    return [synthesize_recording(seed, SECONDS, RATE_HZ) for seed in (40, 41)]


def planted_deviation(positions, dance):
    """What was added to each part, `[T, P, C]` in the dancer's own axes."""
    heading = heading_rad(dance, SKELETON)
    added = rotate_about_z(positions - dance, -heading)
    return np.stack([added[:, list(of)].mean(axis=1) for of in ten_parts(SKELETON).values()], 1)


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_has_relations_in_both_directions(scene, dances):
    planted = plant(scene, dances, 1.0, 0, RATE_HZ)
    assert planted.related.any(axis=(1, 2)).all()
    assert (np.isfinite(planted.lag_s) == planted.related).all()
    assert np.isfinite(planted.positions).all()


@pytest.mark.parametrize("scene", SCENES)
def test_without_relations_the_ground_truth_is_empty(scene, dances):
    assert not plant(scene, dances, 1.0, 0, RATE_HZ, related=False).related.any()


@pytest.mark.parametrize("snr", [3.0, 0.3])
@pytest.mark.parametrize("scene", ["lagged", "chain"])
def test_the_power_of_the_deviation_is_the_signal_to_noise_ratio(scene, snr, dances):
    planted = plant(scene, dances, snr, 0, RATE_HZ)
    for body, dance in zip(planted.positions, dances, strict=True):
        added = planted_deviation(body, dance).var(axis=0).mean(axis=1)
        own = part_movement(dance, SKELETON).var(axis=0).mean(axis=1)
        assert added / own == pytest.approx(snr, rel=0.08)


def test_the_pelvis_is_not_moved(dances):
    planted = plant("lagged", dances, 3.0, 0, RATE_HZ)
    root = list(SKELETON.root)
    assert np.array_equal(planted.positions[0][:, root], dances[0][:, root])


def test_followers_follow_at_the_planted_lag(dances):
    planted = plant("lagged", dances, 1.0, 3, RATE_HZ)
    both = [planted_deviation(*each) for each in zip(planted.positions, dances, strict=True)]
    for side, first, second in np.argwhere(planted.related):
        lag = round(planted.lag_s[side, first, second] * RATE_HZ)
        leader, follower = both[0][:, first], both[1][:, second]
        if side == 1:
            leader, follower = follower, leader
        x, y = leader[: len(leader) - lag], follower[lag:]
        alike = np.abs((x * y).mean(axis=0)) / (x.std(axis=0) * y.std(axis=0))
        assert alike.mean() > 0.6  # gain 0.8


def test_a_seed_gives_the_same_numbers_and_another_seed_others():
    one, again, other = (planted_duet("mutual", seed=seed, seconds=9.0) for seed in (0, 0, 1))
    assert np.array_equal(one.positions, again.positions)
    assert not np.array_equal(one.positions, other.positions)


def test_an_unknown_scene_names_the_nearest():
    with pytest.raises(UserError, match=r"no scene 'chian'.*chain"):
        planted_duet("chian")
