"""Laws of the errors of a partner: zero for the truth, invariant to the room, no credit for cheats."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.metrics.duet import (
    PartnerState,
    from_heading_frame,
    hand_markers,
    in_heading_frame,
    measure_draws,
    measure_partner,
    nearest_hand_distance_m,
    partner_state,
    spread_of_data,
)
from mariel_gnn.metrics.phrase_statistics import summarize
from mariel_gnn.mocap.skeletons.loading import load_skeleton

ERRORS = ("partner_mpjpe_mm", "place_mm", "facing_deg", "pose_mm", "hand_distance_error_mm")


@pytest.fixture(scope="module")
def pairs(phrases, mariel53) -> torch.Tensor:
    """`[6, 40, 2, J, C]`: the partner is the mirror image, face to face, nearer and farther in turn."""
    dancer = phrases[:6]
    mirrored = in_heading_frame(dancer, dancer, mariel53)[:, :, list(mariel53.mirror)]
    mirrored = mirrored * torch.tensor([1.0, -1.0, 1.0])
    swing = torch.linspace(0, 6, 40).sin().expand(6, -1)
    place = torch.stack([0.9 + 0.3 * swing, 0.1 * swing], dim=-1)
    state = PartnerState(place, math.pi + 0.2 * swing, mirrored)
    partner = from_heading_frame(state.positions(), dancer, mariel53)
    return torch.stack([dancer, partner], dim=2)


@pytest.fixture(scope="module")
def every(pairs) -> torch.Tensor:
    return torch.ones(pairs.shape[:2], dtype=torch.bool)


def with_partner(pairs: torch.Tensor, partner: torch.Tensor) -> torch.Tensor:
    return torch.stack([pairs[:, :, 0], partner], dim=2)


def moved(positions: torch.Tensor, angle: float, x: float, y: float) -> torch.Tensor:
    cos, sin = math.cos(angle), math.sin(angle)
    rotation = torch.tensor([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1.0]])
    return positions @ rotation + torch.tensor([x, y, 0.0])


def test_the_recorded_partner_has_no_error(pairs, every, mariel53):
    found = summarize(measure_partner(pairs, pairs, every, mariel53))
    assert [found[name] for name in ERRORS] == [0] * len(ERRORS)
    assert found["contact_f1"] == 1
    assert 0 < found["always_touching_f1"] < 1


@given(st.floats(-4, 4), st.floats(-5, 5), st.floats(-5, 5))
def test_moving_and_turning_a_pair_together_changes_nothing(pairs, every, mariel53, angle, x, y):
    predicted = with_partner(pairs, pairs[:, :, 1].roll(7, dims=1))
    before = summarize(measure_partner(pairs, predicted, every, mariel53))
    after = summarize(measure_partner(pairs, moved(predicted, angle, x, y), every, mariel53))
    assert after == pytest.approx(before, rel=1e-3, abs=1e-2)


def test_a_heading_frame_and_back(pairs, mariel53):
    dancer, partner = pairs.unbind(2)
    seen = in_heading_frame(partner, dancer, mariel53)
    assert torch.allclose(from_heading_frame(seen, dancer, mariel53), partner, atol=1e-5)
    assert torch.allclose(partner_state(dancer, partner, mariel53).positions(), seen, atol=1e-5)


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(-3.1, 3.1))
def test_place_facing_and_pose_are_separate(pairs, every, mariel53, x, y, turn):
    dancer, partner = pairs.unbind(2)
    state = partner_state(dancer, partner, mariel53)
    other = PartnerState(
        state.place_m + torch.tensor([x, y]), state.facing_rad + turn, state.pose_m
    )
    predicted = with_partner(pairs, from_heading_frame(other.positions(), dancer, mariel53))
    found = summarize(measure_partner(pairs, predicted, every, mariel53))
    assert found["place_mm"] == pytest.approx(1000 * math.hypot(x, y), abs=0.1)
    assert found["facing_deg"] == pytest.approx(math.degrees(abs(turn)), abs=0.1)
    assert found["pose_mm"] == pytest.approx(0, abs=0.1)
    if turn == 0:
        assert found["partner_mpjpe_mm"] == pytest.approx(found["place_mm"], abs=0.1)


def test_a_raised_partner_is_a_matter_of_pose_and_not_of_place(pairs, every, mariel53):
    raised = with_partner(pairs, pairs[:, :, 1] + torch.tensor([0, 0, 0.1]))
    found = summarize(measure_partner(pairs, raised, every, mariel53))
    assert found["place_mm"] == pytest.approx(0, abs=1e-2)
    assert found["pose_mm"] == pytest.approx(100, rel=1e-3)


def test_what_stands_in_masked_frames_has_no_effect(pairs, every, mariel53):
    valid = every.clone()
    valid[:, 10:20] = False
    predicted = with_partner(pairs, pairs[:, :, 1].roll(5, dims=1))
    before = summarize(measure_partner(pairs, predicted, valid, mariel53))
    broken = predicted.clone()
    broken[:, 10:20, 1] = torch.nan
    assert summarize(measure_partner(pairs, broken, valid, mariel53)) == before
    assert before != summarize(measure_partner(pairs, predicted, every, mariel53))


def test_a_pair_that_never_lets_go_has_the_value_of_always_touching(pairs, every, mariel53):
    left, right = hand_markers(mariel53)
    touching = pairs.clone()
    touching[:, :, 1, left] = touching[:, :, 0, right]
    found = summarize(measure_partner(pairs, touching, every, mariel53))
    assert found["contact_f1"] == pytest.approx(found["always_touching_f1"])
    assert found["hand_distance_error_mm"] > 50


def test_a_frozen_pair_has_errors(pairs, every, mariel53):
    frozen = pairs[:, 20:21].expand_as(pairs)
    found = summarize(measure_partner(pairs, frozen, every, mariel53))
    assert all(found[name] > 1 for name in ERRORS)


def test_the_best_of_draws(pairs, every):
    partner = pairs[:, :, 1]
    draws = torch.stack([partner + torch.tensor([x, 0, 0]) for x in (0.3, 0.1, 0.2)])
    found = summarize(measure_draws(pairs, draws, every))
    assert found["partner_best_of_3_mm"] == pytest.approx(100, rel=1e-3)
    assert found["spread_mm"] == pytest.approx(400 / 3, rel=1e-3)
    again = summarize(measure_draws(pairs, draws.flip(0), every))
    assert again == pytest.approx(found)
    same = summarize(measure_draws(pairs, draws[:1].expand(4, *draws.shape[1:]), every))
    assert same["spread_mm"] == 0
    assert same["partner_best_of_4_mm"] == pytest.approx(300, rel=1e-3)
    assert "spread_mm" not in measure_draws(pairs, draws[:1], every)


def test_the_best_draw_is_that_of_a_whole_window(pairs, every):
    """Two draws of which each is right in half of the frames."""
    halves = pairs[:, :, 1].expand(2, -1, -1, -1, -1).clone()
    halves[0, :, :20] += 0.4
    halves[1, :, 20:] += 0.4
    found = summarize(measure_draws(pairs, halves, every))
    assert found["partner_best_of_2_mm"] == pytest.approx(1000 * 0.4 * 3**0.5 / 2, rel=1e-3)


def test_noise_spreads_and_pays_in_every_error(pairs, every, mariel53):
    """An answer that vibrates has a spread; neither its mean nor its best draw is nearer for it."""
    still = pairs[:, :, 1].expand(10, -1, -1, -1, -1) + 0.2
    vibrating = still + 0.2 * torch.randn(still.shape, generator=torch.Generator().manual_seed(0))
    calm, cheat = (summarize(measure_draws(pairs, draws, every)) for draws in (still, vibrating))
    assert cheat["spread_mm"] > 300 > calm["spread_mm"]
    assert cheat["partner_best_of_10_mm"] > 1.2 * calm["partner_best_of_10_mm"]


def test_the_spread_of_data_is_zero_only_if_all_windows_are_alike(pairs, every, mariel53):
    alike = pairs[:1].expand_as(pairs)
    assert summarize(spread_of_data(alike, every, mariel53))["spread_mm"] == pytest.approx(
        0, abs=1e-2
    )
    turned = torch.stack([moved(pair, k, k, 0) for k, pair in enumerate(pairs)])
    spread = summarize(spread_of_data(pairs, every, mariel53))["spread_mm"]
    assert summarize(spread_of_data(turned, every, mariel53))["spread_mm"] == pytest.approx(
        spread, rel=1e-3
    )
    assert spread > 50


@pytest.mark.parametrize(
    "name", ["mariel53", "mariel18", "cmu21", "coco17", "mediapipe33", "smpl22"]
)
def test_each_skeleton_with_arms_has_two_hands(name):
    skeleton = load_skeleton(name)
    sides = [{skeleton.side[index] for index in hand} for hand in hand_markers(skeleton)]
    assert sorted(map(tuple, sides)) == [("left",), ("right",)]


def test_the_nearest_hands_do_not_depend_on_who_is_first(pairs, mariel53):
    distance = nearest_hand_distance_m(pairs, mariel53)
    assert torch.equal(distance, nearest_hand_distance_m(pairs.flip(2), mariel53))
