"""The synthetic couple: two bodies that never meet but with joined hands, and relations that are there."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.body import Body
from mariel_gnn.mocap.synthetic.couple import (
    SCENES,
    Couple,
    synthesize_couple,
    write_synthetic_couples,
)
from mariel_gnn.mocap.synthetic.dancer import LAGS_S, choreograph
from mariel_gnn.mocap.synthetic.kinematics import markers_from_curves
from mariel_gnn.mocap.synthetic.partnering import mirrored, moved
from mariel_gnn.mocap.synthetic.reaching import palm_position, reach_curves

RATE_HZ = 35.0
SECONDS = 12.0
SKELETON = load_skeleton("mariel53")
HANDS = {
    side: [SKELETON.markers.index(side + name) for name in ("IHAND", "OHAND")] for side in "LR"
}


@pytest.fixture(scope="module")
def couples() -> dict[str, Couple]:
    return {scene: synthesize_couple(scene, 4, SECONDS, RATE_HZ) for scene in SCENES}


def joint_distances(positions: np.ndarray) -> np.ndarray:
    """Distances `[T, P, P]` of points of the first body and the second: markers and middles of edges."""
    ends = np.array(SKELETON.edges)
    points = np.concatenate([positions, positions[:, :, ends].mean(axis=3)], axis=2)
    return np.linalg.norm(points[:, 0, :, None] - points[:, 1, None], axis=-1)


def of_arm(side: str) -> np.ndarray:
    """Which of the points of `joint_distances` are of an arm."""
    arm = np.isin(np.arange(53), SKELETON.parts[f"{side} arm"])
    return np.concatenate([arm, arm[np.array(SKELETON.edges)].any(axis=1)])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scene", SCENES)
def test_bodies_never_run_through_each_other(scene, seed):
    couple = synthesize_couple(scene, seed, 6.0, RATE_HZ)
    assert couple.positions.shape == (210, 2, 53, 3)
    assert np.isfinite(couple.positions).all()
    away = joint_distances(couple.positions)
    if scene in ("led_by_hand", "in_contact"):
        away[:, of_arm("left")[:, None] & of_arm("right")] = 9.0
    assert away.min() > 0.05
    roots = couple.positions[:, :, list(SKELETON.root), :2].mean(axis=2)
    apart = np.linalg.norm(roots[:, 0] - roots[:, 1], axis=1)
    assert apart.min() > 0.5
    assert apart.max() < 3


@pytest.mark.parametrize("scene", SCENES)
def test_each_dancer_is_a_body_that_moves_as_one(couples, scene):
    """As plausible as the synthetic dancer: on the floor, sides not exchanged, no leaps."""
    positions = couples[scene].positions
    feet = [SKELETON.markers.index(name) for name in ("LTOE", "RTOE", "LMT1", "RMT1")]
    assert -0.02 < positions[..., feet, 2].min() < 0.06
    acceleration = np.diff(positions, 2, axis=0) * RATE_HZ**2
    assert np.abs(acceleration).max() < 300
    left, right = (SKELETON.markers.index(name) for name in ("LFWT", "RFWT"))
    left_back = SKELETON.markers.index("LBWT")
    across = positions[:, :, left, :2] - positions[:, :, right, :2]
    ahead = positions[:, :, left, :2] - positions[:, :, left_back, :2]
    turn = ahead[..., 0] * across[..., 1] - ahead[..., 1] * across[..., 0]
    assert (turn > 0).all()  # the left side is on the left


@pytest.mark.parametrize("scene", SCENES)
def test_a_follower_is_no_function_of_her_leader(couples, scene):
    """Trap 29: both have movement and noise of their own, also where one is the image of the other."""
    first, second = (synthesize_couple(scene, seed, 3.0).positions for seed in (0, 1))
    assert np.abs(first - second).max() > 0.1
    own = couples[scene].positions
    lengths = [np.linalg.norm(own[:, dancer, 0] - own[:, dancer, 11], axis=-1) for dancer in (0, 1)]
    assert abs(np.corrcoef(*lengths)[0, 1]) < 0.9


def in_own_frame(positions: np.ndarray) -> np.ndarray:
    """Positions `[T, J, C]` about the root, turned so that the body faces along x."""
    root = positions[:, list(SKELETON.root)].mean(axis=1, keepdims=True)
    left, right = (SKELETON.markers.index(name) for name in ("LFWT", "RFWT"))
    across = positions[:, left, :2] - positions[:, right, :2]
    angle = np.arctan2(-across[:, 0], across[:, 1])[:, None]
    x, y, z = np.moveaxis(positions - root, -1, 0)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([cos * x + sin * y, cos * y - sin * x, z], axis=-1)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two series `[T, C]`, all axes together."""
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def best_lag_s(
    leader: np.ndarray, follower: np.ndarray, longest_s: float = 1.2
) -> tuple[float, float]:
    """The delay of the follower at which two series `[T, C]` correlate best, and the correlation."""
    lags = range(-round(longest_s * RATE_HZ), round(longest_s * RATE_HZ) + 1)
    found = []
    for lag in lags:
        ahead = leader[max(0, -lag) : len(leader) - max(0, lag)]
        late = follower[max(0, lag) : len(follower) - max(0, -lag)]
        found.append(correlation(ahead, late))
    best = int(np.argmax(found))
    return lags[best] / RATE_HZ, found[best]


def test_the_mirrored_dancer_is_the_image_in_one_plane(couples):
    couple = couples["mirrored"]
    first, second = couple.positions[:, 0], couple.positions[:, 1, list(SKELETON.mirror)]
    normal = (second - first)[..., :2].mean(axis=(0, 1))
    normal /= np.linalg.norm(normal)
    middle = ((first + second) / 2)[..., :2].mean(axis=(0, 1)) @ normal
    image = first.copy()
    image[..., :2] -= 2 * ((first[..., :2] @ normal) - middle)[..., None] * normal
    error = np.linalg.norm(image - second, axis=-1)
    assert np.median(error) < 0.12  # two heights, and each her own sway
    assert np.median(error) > 0.005
    for relation in couple.relations:
        assert (relation.lag_s, relation.gain) == (0, 1)
    assert {("2 left arm", "1 right arm"), ("2 head", "1 head")} <= {
        (relation.follower, relation.leader) for relation in couple.relations
    }


def test_the_lagged_dancer_repeats_each_part_after_the_lag(couples):
    couple = couples["lagged"]
    own = [in_own_frame(couple.positions[:, dancer]) for dancer in (0, 1)]
    assert len(couple.relations) == len(SKELETON.parts)
    for relation in couple.relations:
        part = relation.follower.removeprefix("2 ")
        assert relation.leader == f"1 {part}"
        if part.endswith(("arm", "leg")):
            leader, follower = (each[:, list(SKELETON.parts[part])].mean(axis=1) for each in own)
            lag_s, strength = best_lag_s(leader, follower)
            assert lag_s == pytest.approx(relation.lag_s, abs=1.6 / RATE_HZ)
            assert strength > 0.9


def palms_about_the_middle(couple: Couple) -> tuple[np.ndarray, np.ndarray]:
    """The first's left hand and the second's right hand `[T, C]`, about the middle of the two pelvises."""
    middle = couple.positions[:, :, list(SKELETON.root)].mean(axis=(1, 2))
    middle[:, 2] = 0
    one = couple.positions[:, 0, HANDS["L"]].mean(axis=1) - middle
    other = couple.positions[:, 1, HANDS["R"]].mean(axis=1) - middle
    return one, other


@pytest.mark.parametrize("seed", range(3))
def test_a_led_hand_follows_partly_and_later(seed):
    couple = synthesize_couple("led_by_hand", seed, 20.0, RATE_HZ)
    (relation,) = couple.relations
    assert (relation.follower, relation.leader, relation.gain) == ("2 right arm", "1 left arm", 0.8)
    leader, follower = palms_about_the_middle(couple)
    lag_s, strength = best_lag_s(leader, follower)
    assert lag_s == pytest.approx(relation.lag_s, abs=2.1 / RATE_HZ)
    assert strength > 0.75
    lag = round(relation.lag_s * RATE_HZ)
    ahead, late = leader[:-lag] - leader[:-lag].mean(0), follower[lag:] - follower[lag:].mean(0)
    gain = float((ahead * late).sum() / (ahead**2).sum())
    assert gain == pytest.approx(0.8, abs=0.15)


@pytest.mark.parametrize("seed", range(3))
def test_joined_hands_stay_together(seed):
    couple = synthesize_couple("in_contact", seed, SECONDS, RATE_HZ)
    one, other = palms_about_the_middle(couple)
    apart = np.linalg.norm(one - other, axis=1)
    assert np.quantile(apart, 0.95) < 0.08
    assert apart.max() < 0.15
    assert one.std(axis=0).max() > 0.03  # they move


def test_orbiting_dancers_turn_about_their_middle(couples):
    couple = couples["orbiting"]
    roots = couple.positions[:, :, list(SKELETON.root), :2].mean(axis=2)
    axis = roots[:, 1] - roots[:, 0]
    turned = np.unwrap(np.arctan2(axis[:, 1], axis[:, 0]))
    assert 0.05 < (turned[-1] - turned[0]) / (2 * np.pi) / SECONDS < 0.4
    assert np.linalg.norm(roots.mean(axis=1), axis=1).max() < 0.3
    own = [in_own_frame(couple.positions[:, dancer]) for dancer in (0, 1)]
    for relation in couple.relations:
        part = relation.follower.removeprefix("2 ")
        if part.endswith("leg"):
            leader, follower = (each[:, list(SKELETON.parts[part])].mean(axis=1) for each in own)
            lag_s, strength = best_lag_s(leader, follower, 0.45)  # within one step
            assert lag_s == pytest.approx(relation.lag_s, abs=1.6 / RATE_HZ)
            assert strength > 0.9
    arms = [each[:, HANDS["R"]].mean(axis=1) for each in own]
    assert best_lag_s(*arms)[1] < 0.6  # a control: the arms are her own


@pytest.mark.parametrize("seed", range(3))
def test_dancers_on_one_beat_are_unrelated_and_share_the_beat(seed):
    couple = synthesize_couple("same_beat", seed, 30.0, RATE_HZ)
    assert couple.relations == ()
    own = [in_own_frame(couple.positions[:, dancer]) for dancer in (0, 1)]
    for name in ("LIHAND", "RIHAND"):
        marker = SKELETON.markers.index(name)
        assert best_lag_s(own[0][:, marker], own[1][:, marker], 0.5)[1] < 0.5
    for dancer in (0, 1):
        feet = couple.positions[
            :, dancer, [SKELETON.markers.index("LTOE"), SKELETON.markers.index("RTOE")]
        ]
        speed = np.linalg.norm(np.diff(feet, axis=0), axis=-1).sum(axis=1)
        phase = np.exp(-2j * np.pi * np.arange(len(speed)) / RATE_HZ / couple.beat_s)
        on_beat = abs((speed * phase).sum()) / speed.sum()
        off_beat = abs((speed * phase**0.73).sum()) / speed.sum()
        assert on_beat > 2 * off_beat


def test_the_seed_determines_the_numbers():
    one, again = (synthesize_couple("in_contact", 1, 2.0).positions for _ in "ab")
    np.testing.assert_array_equal(one, again)


def test_the_truth_is_written_beside_the_files(tmp_path):
    written = write_synthetic_couples(tmp_path, count=7, seconds=2.0, seed=5)
    assert [first.name for first, _ in written] == [f"first_{n:02}.npy" for n in range(1, 8)]
    assert sorted(tmp_path.glob("second_*.npy")) == [second for _, second in written]
    for number, scene in enumerate([*SCENES, "mirrored"]):
        couple = synthesize_couple(scene, 5 + number, 2.0)
        for dancer, path in enumerate(written[number]):
            found = read_recording(path, SKELETON).positions
            np.testing.assert_allclose(found, couple.positions[:, dancer], atol=1e-6)
        truth = json.loads((tmp_path / f"couple_{number + 1:02}.json").read_text())
        assert truth == couple.truth()
        assert truth["scene"] == scene
        for relation in truth["relations"]:
            assert set(relation) == {"follower", "leader", "gain", "lag_s"}
            for name, dancer in (("follower", "2"), ("leader", "1")):
                owner, part = relation[name].split(" ", 1)
                assert owner == dancer
                assert part in SKELETON.parts


# ------------------------------------------------------------------ parts


@pytest.fixture(scope="module")
def curves():
    dance = choreograph(np.random.default_rng(0), 6.0)
    return dance.sample(np.arange(210) / RATE_HZ, LAGS_S)


def test_mirrored_curves_give_the_mirror_image(curves):
    body = Body()
    before, after = (
        markers_from_curves(each, body, SKELETON.markers) for each in (curves, mirrored(curves))
    )
    expected = before[:, list(SKELETON.mirror)] * np.array([1.0, -1.0, 1.0])
    np.testing.assert_allclose(after, expected, atol=1e-9)


def test_moved_curves_give_the_turned_and_moved_body(curves):
    body, by_m = Body(), np.array([2.0, -1.0])
    before, after = (
        markers_from_curves(each, body, SKELETON.markers)
        for each in (curves, moved(curves, 90, by_m))
    )
    expected = np.stack(
        [by_m[0] - before[..., 1], by_m[1] + before[..., 0], before[..., 2]], axis=-1
    )
    np.testing.assert_allclose(after, expected, atol=1e-9)


@pytest.mark.parametrize("side", ["L", "R"])
def test_an_arm_reaches_its_target_smoothly_and_nothing_else_moves(curves, side):
    body = Body()
    standing = {name: np.full_like(values, values[0]) for name, values in curves.items()}
    start = palm_position(
        reach_curves(standing, body, side, np.zeros((210, 3)), RATE_HZ), body, side
    )
    wave = 0.04 * np.sin(np.arange(210) / 20)[:, None] * np.array([1.0, 0.5, 1.0])
    shoulder = markers_from_curves(standing, body, [f"{side}FSH"])[:, 0]
    ahead = np.array([np.cos(np.deg2rad(standing["pelvis_yaw_deg"][0])),
                      np.sin(np.deg2rad(standing["pelvis_yaw_deg"][0])), -0.6])  # fmt: skip
    target = shoulder + 0.35 * ahead + wave
    reached = reach_curves(standing, body, side, target, RATE_HZ)
    palm = palm_position(reached, body, side)
    assert np.linalg.norm(palm - target, axis=1).max() < 0.01
    assert np.abs(np.diff(palm, 2, axis=0)).max() * RATE_HZ**2 < 5
    assert np.isfinite(start).all()  # out of reach: approached
    changed = {name for name in standing if not np.array_equal(standing[name], reached[name])}
    assert all(name.startswith(side) for name in changed)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"scene": "mirored"}, "Did you mean 'mirrored'"),
        ({"seed": -1}, "seed is -1"),
        ({"seconds": 0.0}, "seconds is 0"),
        ({"rate_hz": 0.0}, "rate_hz"),
    ],
)
def test_an_impossible_request_is_one_line(wrong, expected):
    with pytest.raises(UserError, match=expected) as caught:
        synthesize_couple(**{"seconds": 2.0} | wrong)
    assert "\n" not in str(caught.value)
