"""A skeleton derived from labels and motion: pairs, parts, edges, and its YAML file."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.new_skeleton import new_skeleton, write_skeleton
from mariel_gnn.mocap.skeletons.anatomy import (
    body_part,
    foot_markers,
    head_markers,
    left_right_pairs,
)
from mariel_gnn.mocap.skeletons.loading import load_skeleton

# Naming conventions of Plug-in Gait, OptiTrack and BVH.
GAIT = "LFHD RFHD LBHD RBHD C7 T10 CLAV STRN LSHO RSHO LELB RELB LWRA RWRA LFIN RFIN LASI RASI LPSI RPSI " \
    "LTHI RTHI LKNE RKNE LTIB RTIB LANK RANK LHEE RHEE LTOE RTOE"  # fmt: skip
TREE = (
    "Hips LeftUpLeg LeftLeg LeftFoot LeftToe RightUpLeg RightLeg RightFoot RightToe Spine Neck Head"
)
UNDERSCORES = "hip_l hip_r knee_l knee_r ankle.L ankle.R pelvis l_hand r_hand head"


@pytest.mark.parametrize(
    ("names", "pairs"), [(GAIT, 14), (TREE, 4), (UNDERSCORES, 4), ("A B C LowerBack", 0)]
)
def test_partners_are_found_by_name_without_false_matches(names, pairs):
    labels = names.split()
    found = left_right_pairs(labels)
    assert len(found) == pairs
    assert len({index for pair in found for index in pair}) == 2 * pairs
    for left, right in found:
        assert labels[left].lower().startswith("l") or labels[left].lower().endswith("l")
        assert left != right


def test_the_names_of_mariel53_give_its_pairs_and_parts(mariel53):
    assert set(left_right_pairs(mariel53.markers)) == set(mariel53.pairs)
    for name, members in mariel53.parts.items():
        _, _, part = name.rpartition(" ")
        for index in members:
            found = body_part(mariel53.markers[index])
            if part in ("arm", "leg", "head"):
                assert found == part, mariel53.markers[index]
            elif part == "torso":
                assert found is None, mariel53.markers[index]
    assert {mariel53.markers[i] for i in head_markers(mariel53.markers)} == {
        "ARIEL", "LBHD", "LFHD", "RBHD", "RFHD"}  # fmt: skip
    assert len(foot_markers(mariel53.markers)) == 10


def test_the_axis_points_of_a_toe_are_not_the_head():
    assert head_markers(["HeadTop", "LTOP", "top", "head_top", "RTOP"]) == [0, 2, 3]


def walked(dance, mariel53, names):
    chosen = dance[:200, [mariel53.markers.index(name) for name in names]].astype(float)
    return MarkerFile(chosen, tuple(f"Anna:{name}" for name in names))


def test_a_new_skeleton_is_equal_after_writing_and_reading(tmp_path, dance, mariel53):
    names = [name for name in mariel53.markers if name not in ("LIEL", "RIEL", "MBWT")]
    skeleton = new_skeleton(walked(dance, mariel53, names), "mine", height=1.7)
    write_skeleton(tmp_path / "mine.yaml", skeleton, "take.c3d")
    again = load_skeleton(tmp_path / "mine.yaml")
    assert again == skeleton
    assert again.markers == tuple(names)
    assert len(again.edges) == len(names) - 1
    sides = {again.side[index] for index in again.root}
    assert sides == {"left", "right"}
    assert "take.c3d" in (tmp_path / "mine.yaml").read_text()


def test_names_that_yaml_would_parse_as_other_types_stay_names(tmp_path):
    rng = np.random.default_rng(0)
    labels = ("no", "NO", "10", "1e3", "y", "null", "a= b", "#9", "LÄNK")
    found = MarkerFile(rng.normal(0, 1, (30, 9, 3)), labels)
    skeleton = new_skeleton(found, "odd", height=2.0)
    write_skeleton(tmp_path / "odd.yaml", skeleton, "odd.csv")
    assert load_skeleton(tmp_path / "odd.yaml").markers == labels


def test_unidentified_rarely_visible_and_duplicate_markers_are_left_out(dance, mariel53):
    found = walked(dance, mariel53, ["C7", "T10", "LANK", "RANK", "STRN"])
    positions = np.concatenate([found.positions, found.positions[:, :1]], axis=1)
    positions[:150, 4] = np.nan
    labels = (*found.labels, "Anna:C7copy")
    faulty = MarkerFile(positions, labels)
    assert new_skeleton(faulty, "m", 1.7, min_visible=0.5).markers == ("C7", "T10", "LANK", "RANK")
    assert new_skeleton(faulty, "m", 1.7, keep_duplicates=True).markers[-1] == "C7copy"
    with pytest.raises(UserError, match="fewer than two markers"):
        new_skeleton(MarkerFile(positions[:, :2], ("*1", "*2")), "m", 1.7)
