"""Laws of body parts: found in every marker set, and movement that does not depend on place and direction."""

import numpy as np
import pytest

from mariel_gnn.mocap.body_parts import PARTS, heading_rad, part_movement, rotate_about_z, ten_parts
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

SKELETONS = ["mariel53", "mariel18", "cmu21", "coco17", "mediapipe33", "smpl22"]


@pytest.mark.parametrize("name", SKELETONS)
def test_every_skeleton_has_ten_parts_that_share_no_marker(name):
    parts = ten_parts(load_skeleton(name))
    members = [index for part in parts.values() for index in part]
    assert tuple(parts) == PARTS
    assert len(set(members)) == len(members)


@pytest.mark.parametrize("name", SKELETONS)
def test_left_parts_have_left_markers_only_and_no_root(name):
    skeleton = load_skeleton(name)
    for part, members in ten_parts(skeleton).items():
        side = part.partition(" ")[0]
        if side in ("left", "right"):
            assert {skeleton.side[index] for index in members} == {side}
        assert not set(members) & set(skeleton.root)


def test_the_index_toe_is_of_the_foot_and_the_index_finger_of_the_hand():
    skeleton = load_skeleton("mediapipe33")
    parts = ten_parts(skeleton)
    assert skeleton.markers.index("left_foot_index") in parts["left foot"]
    assert skeleton.markers.index("left_index") in parts["left hand"]


def test_without_names_of_a_body_each_marker_is_a_part():
    skeleton = Skeleton("three", ("a", "b", "c"), ("a", "b", "c"))
    assert ten_parts(skeleton) == {"a": (0,), "b": (1,), "c": (2,)}


def test_movement_is_invariant_to_the_dancers_path_and_turns(dance, mariel53):
    rng = np.random.default_rng(0)
    angle = np.cumsum(rng.normal(size=len(dance))) * 0.1
    path = np.cumsum(rng.normal(size=(len(dance), 1, 3)), axis=0)
    elsewhere = rotate_about_z(dance.astype(np.float64), angle) + path
    assert np.allclose(part_movement(elsewhere, mariel53), part_movement(dance, mariel53))


def test_a_mirrored_dancer_moves_the_parts_of_the_other_side(dance, mariel53):
    mirrored = dance[:, list(mariel53.mirror)] * [1.0, -1.0, 1.0]
    other = [PARTS.index(_other(part)) for part in PARTS]
    movement = part_movement(dance, mariel53)[:, other] * [1.0, -1.0, 1.0]
    assert np.allclose(part_movement(mirrored, mariel53), movement, atol=1e-6)


def _other(part: str) -> str:
    side, space, rest = part.partition(" ")
    return f"{'right' if side == 'left' else 'left'} {rest}" if space else part


def test_a_gap_of_a_marker_is_a_gap_of_its_part_alone(dance, mariel53):
    gap = dance.astype(np.float64).copy()
    gap[5:9, mariel53.markers.index("LIHAND")] = np.nan
    missing = np.isnan(part_movement(gap, mariel53)).all(axis=2)
    assert missing[5:9, PARTS.index("left hand")].all()
    assert missing.sum() == 4


def test_the_heading_is_that_of_the_data(dance, mariel53):
    torch = pytest.importorskip("torch")
    from mariel_gnn.data.heading import heading_rad as of_tensors

    expected = of_tensors(torch.from_numpy(dance).double()[None], mariel53)[0].numpy()
    assert np.allclose(heading_rad(dance.astype(np.float64), mariel53), expected)
