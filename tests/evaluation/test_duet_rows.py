"""The table of a duet on synthetic couples: what is related has a relation, strangers have none."""

import math

import pytest
import torch

from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.duet_baselines import (
    DATA,
    SHUFFLED,
    SHUFFLED_IN_ROOM,
    TEN_FRAMES,
    DuetBaselines,
    DuetTake,
)
from mariel_gnn.evaluation.duet_rows import KERNEL, RELATIONS, DuetTakes, duet_table
from mariel_gnn.evaluation.take_intervals import join_takes, over_takes
from mariel_gnn.metrics.duet import PartnerState, from_heading_frame, in_heading_frame
from mariel_gnn.metrics.phrase_statistics import Ratio
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

RATE_HZ, WINDOW, LATE = 35.0, 64, 4
ANSWERING = ("nearest_frame", "ridge")


def synthetic_take(seed: int, mariel53, mariel18) -> DuetTake:
    """A partner face to face, 4 frames late; how near she is follows from the height of the dancer's hand."""
    dance = torch.from_numpy(synthesize_recording(seed, seconds=9)).float()
    dance = dance[:, [mariel53.markers.index(name) for name in mariel18.markers]]
    late = dance.roll(LATE, dims=0)
    hand = late[:, mariel18.markers.index("RIWR"), 2]
    place = torch.stack([1.0 - 0.4 * hand.tanh(), 0.2 * hand], dim=1)
    pose = in_heading_frame(late, late, mariel18)
    state = PartnerState(place, math.pi + 0.3 * hand, pose)
    partner = from_heading_frame(state.positions(), dance, mariel18)
    valid = torch.ones(len(dance), dtype=torch.bool)
    valid[:LATE] = False
    return DuetTake(f"take{seed}", torch.stack([dance, partner], dim=1), valid)


@pytest.fixture(scope="module")
def couple(mariel53, mariel18) -> list[DuetTake]:
    return [synthetic_take(seed, mariel53, mariel18) for seed in range(6)]


@pytest.fixture(scope="module")
def takes(couple, mariel18) -> DuetTakes:
    return DuetTakes(couple, mariel18, RATE_HZ, WINDOW)


@pytest.fixture(scope="module")
def table(takes):
    return duet_table(takes)


def test_the_recorded_partner_has_no_error(table):
    data = table.rows[DATA]
    for name in ("partner_mpjpe_mm", "place_mm", "facing_deg", "pose_mm"):
        assert data[name] == pytest.approx(0, abs=0.05)


def test_baselines_that_see_the_dancer_are_better_than_those_that_do_not(table):
    for name in ANSWERING:
        row = table.rows[name]
        for ignorant in ("mean_pose_at_mean_place", SHUFFLED, SHUFFLED_IN_ROOM):
            assert row["place_mm"] < table.rows[ignorant]["place_mm"]
    assert table.rows["true_place_mean_pose"]["place_mm"] == pytest.approx(0, abs=0.05)
    assert table.rows["mean_pose_at_mean_place"]["pose_mm"] == pytest.approx(
        table.rows["true_place_mean_pose"]["pose_mm"], rel=1e-3
    )


def test_the_best_of_ten_is_better_than_their_mean_and_best_by_frame(table):
    row = table.rows[TEN_FRAMES]
    by_frame, by_window = row["partner_best_of_10_by_frame_mm"], row["partner_best_of_10_mm"]
    assert by_frame < by_window
    assert by_frame < row["partner_mpjpe_mm"]
    assert row["spread_mm"] > 0
    assert table.rows[DATA]["spread_mm"] > 0


def test_numbers_have_intervals_over_takes(table):
    for row in table.rows.values():
        for name, value in row.items():
            if name.endswith(("_low", "_high")):
                continue
            assert row[f"{name}_low"] <= value <= row[f"{name}_high"]


def test_a_relation_that_does_not_separate_is_in_no_row(table):
    """The partner answers the dancer's accents, at her own distance from the dancer."""
    assert table.separation["echo_of_dancer"].excludes_zero
    assert table.separation["echo_of_partner"].excludes_zero
    assert table.separation[KERNEL].value < 0
    for name in table.left_out:
        assert all(name not in row for row in table.rows.values())
    for name, estimate in table.separation.items():
        if name in RELATIONS:
            assert estimate.excludes_zero == (name not in table.left_out)
        else:
            assert name not in table.left_out


def test_relations_of_strangers_are_not_printed(couple, mariel18):
    """Each dancer with the partner of another take, far away: no contact, no overlap, no echo."""
    strangers = []
    for take, other in zip(couple, [*couple[1:], couple[0]], strict=True):
        away = other.partner + torch.tensor([4.0, 0, 0])
        pair = torch.stack([take.dancer, away], dim=1)
        strangers.append(DuetTake(take.name, pair, take.valid))
    table = duet_table(DuetTakes(strangers, mariel18, RATE_HZ, WINDOW))
    assert {"penetration_mm", "echo_of_dancer", "echo_of_partner"} <= table.left_out.keys()


def test_a_further_answer_has_a_row(takes, couple):
    perfect = [take.partner[None].expand(3, -1, -1, -1) for take in couple]
    measured = takes.measure(perfect)
    assert over_takes(measured["partner_mpjpe_mm"]).value == pytest.approx(0, abs=0.05)
    assert over_takes(measured["partner_best_of_3_mm"]).value == pytest.approx(0, abs=0.05)
    assert over_takes(measured["spread_mm"]).value == 0


def test_baselines_do_not_look_at_the_partner_they_answer(couple, mariel18):
    """Only rows that say so use the partner's past; none uses her future."""
    fitted = DuetBaselines(couple[1:], mariel18, RATE_HZ, WINDOW)
    hidden = couple[0].pair.clone()
    hidden[150:, 1] += torch.tensor([1.0, 2, 0])
    before, after = (
        fitted.answers(DuetTake("hidden", pair, couple[0].valid))
        for pair in (couple[0].pair, hidden)
    )
    told = {"true_place_mean_pose", SHUFFLED, SHUFFLED_IN_ROOM}
    past = {"own_past", "own_past_and_dancer"}
    for name in before.keys() - told - past:
        assert torch.equal(before[name], after[name])
    for name in past:
        assert torch.equal(before[name][:, :170], after[name][:, :170])
        assert not torch.equal(before[name], after[name])


def test_the_ten_nearest_frames_are_of_ten_moments(couple, mariel18):
    fitted = DuetBaselines(couple[1:], mariel18, RATE_HZ, WINDOW)
    draws = fitted.answers(couple[0])[TEN_FRAMES]
    assert len(draws) == 10
    assert torch.pdist(draws[:, 100].flatten(1)).min() > 1e-3


def test_frames_near_masked_ones_are_not_measured(couple):
    take = couple[0]
    valid = take.valid.clone()
    valid[150:155] = False
    masked = DuetTake("masked", take.pair, valid)
    lost = take.measured(RATE_HZ) & ~masked.measured(RATE_HZ)
    assert lost[150:155].all()
    assert not lost[:129].any()
    assert not lost[196:].any()


@pytest.mark.parametrize(
    ("count", "frames", "message"), [(2, 300, "2 takes"), (4, 60, "take0 has 60 frames")]
)
def test_takes_that_do_not_suffice_are_named(couple, mariel18, count, frames, message):
    cut = [DuetTake(take.name, take.pair[:frames], take.valid[:frames]) for take in couple[:count]]
    with pytest.raises(UserError, match=message) as raised:
        DuetTakes(cut, mariel18, RATE_HZ, WINDOW)
    assert "\n" not in str(raised.value)


def test_the_jackknife_of_a_mean_is_students_interval():
    values = torch.tensor([1.0, 2.0, 4.0, 9.0])
    estimate = over_takes(Ratio(values, torch.ones(4)))
    half = 3.1824 * float(values.std()) / 2
    assert (estimate.value, estimate.high) == pytest.approx((4.0, 4.0 + half), rel=1e-4)
    assert (
        over_takes(Ratio(values, torch.ones(4)), Ratio(values, torch.ones(4))).excludes_zero
        is False
    )


def test_a_take_without_a_number_contributes_nothing():
    one = {"a": Ratio(torch.tensor([3.0, 5.0]), torch.ones(2))}
    joined = join_takes([one, {}, {"a": Ratio(torch.tensor([2.0]), torch.ones(1))}])
    assert over_takes(joined["a"]).value == pytest.approx(10 / 3)
    assert math.isnan(over_takes(Ratio(torch.zeros(2), torch.zeros(2))).value)
