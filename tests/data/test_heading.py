"""Laws of the body-local frame: it moves and rotates with the body."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.data.heading import body_local, heading_rad
from mariel_gnn.mocap.skeletons.loading import load_skeleton, skeleton_from_dict
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

SKELETON = load_skeleton("mariel53")
POSITIONS = torch.from_numpy(synthesize_recording(4, seconds=6))


def turned(positions: torch.Tensor, angle: float) -> torch.Tensor:
    """Counter-clockwise about the vertical, seen from above."""
    x, y, z = positions.unbind(-1)
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.stack([cos * x - sin * y, sin * x + cos * y, z], dim=-1)


def difference(a: torch.Tensor, b: torch.Tensor | float) -> torch.Tensor:
    """The smallest difference between two angles."""
    return torch.remainder(a - b + math.pi, 2 * math.pi) - math.pi


@given(st.floats(-7, 7), st.tuples(*[st.floats(-5, 5)] * 3))
def test_the_heading_follows_rotation_and_ignores_position(angle, place):
    before = heading_rad(POSITIONS, SKELETON)
    after = heading_rad(turned(POSITIONS, angle) + torch.tensor(place), SKELETON)
    assert difference(after, before + angle).abs().max() < 1e-9


@given(st.floats(-7, 7), st.tuples(*[st.floats(-5, 5)] * 3))
def test_body_local_positions_are_invariant_to_rotation_and_translation(angle, place):
    moved = turned(POSITIONS, angle) + torch.tensor(place)
    torch.testing.assert_close(body_local(moved, SKELETON), body_local(POSITIONS, SKELETON))


def test_in_the_body_local_frame_forward_is_x_and_left_is_y():
    local = body_local(POSITIONS, SKELETON)
    waist = {
        name: local[:, SKELETON.markers.index(name)] for name in ("LFWT", "RFWT", "LBWT", "RBWT")
    }
    assert (waist["LFWT"][:, 1] > waist["RFWT"][:, 1]).all()
    assert (waist["LBWT"][:, 1] > waist["RBWT"][:, 1]).all()
    assert (waist["LFWT"][:, 0] > waist["LBWT"][:, 0]).float().mean() > 0.9
    assert local[:, list(SKELETON.root)].mean(dim=1).abs().max() < 1e-9
    assert heading_rad(local, SKELETON).abs().max() < 1e-9


def test_a_separate_local_frame_per_time_step_keeps_distances():
    local = body_local(POSITIONS, SKELETON)
    torch.testing.assert_close(torch.cdist(local, local), torch.cdist(POSITIONS, POSITIONS))


@pytest.mark.parametrize("facing", [0.0, 1.0, math.pi / 2, -2.5])
def test_the_heading_is_the_direction_the_body_faces(facing):
    square = torch.zeros(1, 53, 3, dtype=torch.float64)
    for name, x, y in (("LFWT", 1, 1), ("RFWT", 1, -1), ("LBWT", -1, 1), ("RBWT", -1, -1)):
        square[0, SKELETON.markers.index(name)] = torch.tensor([x, y, 0.0], dtype=torch.float64)
    assert difference(heading_rad(turned(square, facing), SKELETON), facing).abs().item() < 1e-9


def test_a_batch_equals_its_frames_one_by_one():
    pair = torch.stack([POSITIONS[:100], turned(POSITIONS[100:200], 1.0)])
    local = body_local(pair, SKELETON)
    torch.testing.assert_close(local[1], body_local(POSITIONS[100:200], SKELETON))
    assert heading_rad(pair, SKELETON).shape == (2, 100)


def test_without_left_and_right_the_body_faces_along_x():
    bare = skeleton_from_dict({"markers": ["A", "B", "C"]})
    positions = POSITIONS[:, :3]
    assert not heading_rad(positions, bare).any()
    expected = positions - positions.mean(dim=1, keepdim=True)
    torch.testing.assert_close(body_local(positions, bare), expected)
