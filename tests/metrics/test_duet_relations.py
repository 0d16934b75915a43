"""Laws of relations between two dancers: swapping, scaling, turning, time reversal; no false alarms."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.metrics.duet_relations import PairMovement, RelationOptions, find_relations
from mariel_gnn.metrics.own_movement import own_movement
from mariel_gnn.mocap.synthetic.curves import smooth_noise

RATE_HZ, FRAMES, P = 35.0, 900, 5
OPTIONS = RelationOptions(max_lag_s=0.5)
FIRST, SECOND, LAG = 1, 3, 8  # the planted pair


def movement(seed: int, related: bool = True, driver: float = 0.0) -> PairMovement:
    """Two bodies of smooth noise; part `SECOND` of the second follows part `FIRST` of the first."""
    rng = np.random.default_rng(seed)
    bodies = smooth_noise(rng, (FRAMES + LAG, 2 * P + 1, 3), 0.8, RATE_HZ)
    common, bodies = bodies[:, 2 * P :], bodies[:, : 2 * P]
    bodies = bodies + driver * common
    first, second = bodies[:, :P], bodies[:, P:].copy()
    if related:
        second[LAG:, SECOND] += first[:-LAG, FIRST]
    return PairMovement(first[LAG:], second[LAG:])


@pytest.fixture(scope="module")
def pair() -> PairMovement:
    return movement(0)


@pytest.fixture(scope="module")
def found(pair):
    return find_relations([pair], RATE_HZ, OPTIONS)


def test_the_planted_pair_is_found_with_its_lag_and_direction(found):
    at = (0, FIRST, SECOND)
    assert np.unravel_index(found.strength.argmax(), found.strength.shape) == at
    assert found.lag_s[at] == pytest.approx(LAG / RATE_HZ, abs=1.5 / RATE_HZ)
    assert found.q_value[at] < 0.01
    assert found.earlier_z[FIRST, SECOND] > 2
    assert found.take_p[0] < 0.05


def test_swapped_dancers_have_transposed_relations(pair, found):
    swapped = find_relations([PairMovement(pair.second, pair.first)], RATE_HZ, OPTIONS)
    for name in ("strength", "lag_s", "lag_error_s", "p_value", "q_value"):
        values = getattr(swapped, name)[::-1].transpose(0, 2, 1)
        assert np.allclose(values, getattr(found, name), atol=0.01), name
    assert np.allclose(swapped.earlier_z.T, -found.earlier_z, atol=1e-6)


def test_reversed_time_reverses_who_is_earlier(pair, found):
    backwards = PairMovement(pair.first[::-1], pair.second[::-1])
    back = find_relations([backwards], RATE_HZ, OPTIONS)
    assert np.allclose(back.strength[::-1], found.strength, atol=1e-6)
    assert back.earlier_z[FIRST, SECOND] < -2


def test_units_and_places_of_parts_do_not_matter(pair, found):
    rng = np.random.default_rng(0)
    scale, place = rng.uniform(0.1, 1000, (P, 1)), rng.normal(size=(P, 3))
    other = PairMovement(pair.first * scale + place, pair.second)
    assert np.allclose(
        find_relations([other], RATE_HZ, OPTIONS).strength, found.strength, atol=1e-6
    )


def test_it_does_not_matter_where_the_audience_sits(pair):
    rng = np.random.default_rng(0)
    heading = np.cumsum(rng.normal(size=(2, len(pair.first))), axis=1) * 0.05
    seen, turned = (
        find_relations([pair._replace(heading_rad=heading + turn)], RATE_HZ, OPTIONS)
        for turn in (0.0, np.pi / 2)
    )
    assert np.allclose(seen.strength, turned.strength, atol=1e-6)


def test_a_relation_in_the_axes_of_the_room_is_found(pair):
    """The dancers turn, and the follower moves as the leader does in the room."""
    from mariel_gnn.mocap.body_parts import rotate_about_z

    turns = np.linspace(0, 12, len(pair.first))
    own = PairMovement(rotate_about_z(pair.first, -turns), pair.second)
    known = own._replace(heading_rad=np.stack([turns, 0 * turns]))
    at = (0, FIRST, SECOND)
    without, with_room = (find_relations([one], RATE_HZ, OPTIONS) for one in (own, known))
    assert with_room.p_value[at] < 0.01
    assert with_room.strength[at] > without.strength[at]


@pytest.mark.parametrize("driver", [0.0, 1.0])
def test_unrelated_parts_are_rarely_called_related(driver):
    """Also if one driver moves all parts of both bodies."""
    shares = [
        (find_relations([movement(seed, False, driver)], RATE_HZ, OPTIONS).p_value <= 0.05).mean()
        for seed in range(10, 26)
    ]
    assert np.mean(shares) < 0.09  # 5 % and three standard errors


def test_related_dancers_are_told_from_strangers_take_by_take():
    takes = [movement(seed, related=seed % 2 == 0) for seed in range(30, 38)]
    # Each take alone: one of 25 pairs is related in every other take.
    p_values = find_relations(takes, RATE_HZ, OPTIONS).take_p
    assert len(p_values) == len(takes)
    assert np.median(p_values[::2]) < np.median(p_values[1::2])


def test_more_takes_give_more_evidence():
    takes = [movement(seed) for seed in range(3)]
    both = find_relations(takes, RATE_HZ, OPTIONS)
    assert both.p_value[0, FIRST, SECOND] < 0.001
    assert both.lag_error_s[0, FIRST, SECOND] < 1 / RATE_HZ


def test_gaps_are_not_movement(pair, found):
    first = pair.first.copy()
    first[200:260] = np.nan
    gap = find_relations([PairMovement(first, pair.second)], RATE_HZ, OPTIONS)
    assert np.isfinite(gap.strength).all()
    assert gap.q_value[0, FIRST, SECOND] < 0.01


def test_false_discovery_rates_keep_the_order_of_p_values(found):
    order = found.p_value.ravel().argsort(kind="stable")
    assert (np.diff(found.q_value.ravel()[order]) >= -1e-12).all()
    assert (found.q_value >= found.p_value - 1e-12).all()


def test_a_take_that_is_too_short_is_refused(pair):
    short = PairMovement(pair.first[:200], pair.second[:200])
    with pytest.raises(UserError, match=r"5.7 s of movement are too few"):
        find_relations([short], RATE_HZ, OPTIONS)
    with pytest.raises(
        UserError, match=r"max_lag_s is 4; of a take of 25.7 s it can be at most 3.21"
    ):
        find_relations([pair], RATE_HZ, RelationOptions(max_lag_s=4.0))


def test_own_movement_does_not_know_a_driver_of_the_whole_body():
    rng = np.random.default_rng(0)
    own = smooth_noise(rng, (FRAMES, P + 1, 3), 0.8, RATE_HZ)
    driver = own[:, P]
    left = own_movement(own[:, :P] + 2 * driver[:, None], RATE_HZ)
    velocity = np.diff(driver, axis=0)
    before = [_alike(np.diff(own[:, part] + 2 * driver, axis=0), velocity) for part in range(P)]
    after = [_alike(left[:, part], velocity) for part in range(P)]
    assert np.mean(after) < 0.5 * np.mean(before)
    assert left.var(axis=0) == pytest.approx(1, abs=0.05)


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs((one * other).mean(axis=0) / one.std(axis=0) / other.std(axis=0)).mean())
