"""The report of relations: no direction without evidence, and every pair in the CSV file."""

import csv
import json

import numpy as np
import pytest

from mariel_gnn.evaluation.planted_relations import planted_lags
from mariel_gnn.evaluation.relations_report import (
    HEAD,
    HEAD_WITH_PLANTED,
    NOTHING,
    ONE_TAKE,
    TAKES_HEAD,
    related_pairs,
    save_relations_csv,
    table_rows,
    take_rows,
    verdicts,
)
from mariel_gnn.metrics.duet_relations import DuetRelations
from mariel_gnn.metrics.partner_past import PartnerPast
from mariel_gnn.mocap.body_parts import PARTS

PART_NAMES = ("left hand", "right hand", "head")


def relations(earlier_z: float = 5.0) -> DuetRelations:
    """One related pair: the first dancer's left hand before the second's head."""
    strength, p_value = np.full((2, 3, 3), 0.1), np.full((2, 3, 3), 0.8)
    strength[:, 0, 2], p_value[:, 0, 2] = (0.6, 0.2), (0.0001, 0.3)
    z = np.zeros((3, 3))
    z[0, 2] = earlier_z
    lag_s = np.full((2, 3, 3), 0.25)
    return DuetRelations(strength, lag_s, lag_s / 10, p_value, 2 * p_value, z, np.array([0.01]))


def past(gain: list[tuple[float, float]]) -> PartnerPast:
    gains = np.array(gain)
    return PartnerPast(0 * gains, gains, 0 * gains, np.full(gains.shape, 0.05))


def test_a_related_pair_is_told_with_its_lag_and_direction():
    assert related_pairs(relations()) == [(0, 2)]
    (row,) = table_rows(relations(), PART_NAMES)
    assert len(row) == len(HEAD)
    assert row[:5] == ("left hand", "head", "first", "0.25 ± 0.03", "0.60")


def test_the_second_is_earlier_with_the_opposite_sign_and_nobody_without_evidence():
    assert table_rows(relations(-5.0), PART_NAMES)[0][2] == "second"
    assert table_rows(relations(1.0), PART_NAMES)[0][2] == "not told"


def test_planted_lags_stand_beside():
    planted = np.full((2, 3, 3), np.nan)
    assert table_rows(relations(), PART_NAMES, planted)[0][-1] == "-"
    planted[0, 0, 2] = 0.3
    row = table_rows(relations(), PART_NAMES, planted)[0]
    assert row[-1] == "first, 0.30"
    assert len(row) == len(HEAD_WITH_PLANTED)
    planted[:, 0, 2] = 0.0
    assert table_rows(relations(), PART_NAMES, planted)[0][-1] == "together"


def test_one_take_tells_nobody_to_lead():
    assert verdicts(relations(), past([(0.0, 0.5)]))[-1] == ONE_TAKE


@pytest.mark.parametrize(
    ("second_more", "told"),
    [
        (8, "who leads is not told"),
        (11, "the first dancer's past tells more"),
        (0, "the second dancer's past"),
    ],
)
def test_who_leads_is_told_only_by_many_takes(second_more, told):
    gains = [(0.1, 0.2)] * second_more + [(0.2, 0.1)] * (11 - second_more)
    sentence = verdicts(relations(), past(gains))[-1]
    assert told in sentence
    assert f"in {second_more} of 11 takes" in sentence


def test_takes_have_a_row_each():
    (row,) = take_rows(["A with B"], relations(), past([(0.123, -0.04)]))
    assert row == ("A with B", "0.01", "+12.3%", "0.05", "-4.0%", "0.05")
    assert len(row) == len(TAKES_HEAD)


def test_nothing_found_is_said():
    nothing = relations()
    nothing.q_value[:] = 1
    assert verdicts(nothing, past([(0.0, 0.0)]))[0] == NOTHING


def test_the_csv_file_has_every_pair_in_both_directions(tmp_path):
    save_relations_csv(tmp_path / "found.csv", relations(), PART_NAMES)
    lines = (tmp_path / "found.csv").read_text().splitlines()
    rows = list(csv.DictReader(lines))
    assert len(rows) == 2 * 9
    (strongest,) = [row for row in rows if float(row["strength"]) > 0.5]
    assert strongest["first_part"] == "left hand"
    assert strongest["earlier"] == "first"
    assert float(strongest["earlier_z"]) == 5


# ---- what was planted


def write_truth(folder, *relations_: dict) -> None:
    (folder / "couple_07.json").write_text(
        json.dumps({"scene": "x", "relations": list(relations_)})
    )


def test_planted_limbs_are_the_limb_and_its_end(tmp_path):
    write_truth(
        tmp_path, {"follower": "2 right arm", "leader": "1 left arm", "gain": 1, "lag_s": 0.2}
    )
    lags = planted_lags(tmp_path / "first_07.npy", PARTS)
    expected = np.zeros((2, 10, 10), bool)
    rows, columns = (
        [PARTS.index(f"{side} {end}") for end in ("arm", "hand")] for side in ("left", "right")
    )
    expected[np.ix_([0], rows, columns)] = True
    assert (np.isfinite(lags) == expected).all()
    assert np.nanmax(lags) == 0.2


def test_a_first_dancer_who_follows_is_in_the_other_direction_and_no_lag_in_both(tmp_path):
    head, torso = PARTS.index("head"), PARTS.index("torso")
    write_truth(
        tmp_path,
        {"follower": "1 head", "leader": "2 torso", "lag_s": 0.1},
        {"follower": "2 head", "leader": "1 head", "lag_s": 0.0},
        {"follower": "2 pelvis", "leader": "1 pelvis", "lag_s": 0.0},  # in no part
    )
    lags = planted_lags(tmp_path / "second_07.npy", PARTS)
    known = {tuple(map(int, at)) for at in np.argwhere(np.isfinite(lags))}
    assert known == {(1, head, torso), (0, head, head), (1, head, head)}


def test_without_a_file_nothing_is_planted(tmp_path):
    assert planted_lags(tmp_path / "first_07.npy", PARTS) is None
    (tmp_path / "couple_07.json").write_text("[1, 2]")
    assert planted_lags(tmp_path / "first_07.npy", PARTS) is None
