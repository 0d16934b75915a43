"""Inertialization: positions and velocities are continuous, and the offset decays to zero."""

import math

import pytest
import torch

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.transitions import SPEED_FRAMES, inertialize

A, DECAY = 12, 20


@pytest.fixture(scope="module")
def generated(dance):
    return torch.from_numpy(dance[200:260]).double()


def with_offset(generated, value, velocity):
    """Recorded frames with an offset: `value` at the last frame, changing by `velocity` per frame."""
    frames = torch.arange(1 - A, 1).double()[:, None, None]
    return generated[:A] + value + velocity * frames


def test_no_offset_adds_nothing(generated, mariel53):
    assert not inertialize(generated, generated[:A], DECAY, mariel53).any()


def test_the_offset_starts_with_its_value_and_velocity_and_ends(generated, mariel53):
    """For a body that does not turn: its frame is then the frame of the room."""
    still = generated[:1].expand(60, -1, -1)
    value, velocity = torch.tensor([0.05, -0.02, 0.01]), torch.tensor([0.002, 0.001, -0.003])
    added = inertialize(still, with_offset(still, value, velocity), DECAY, mariel53)
    torch.testing.assert_close(
        added[0], (value + velocity).expand(53, 3).double(), rtol=0, atol=1e-3
    )
    assert not added[DECAY - 1 :].abs().gt(1e-9).any()
    whole = torch.cat([with_offset(still, value, velocity) - still[:A], added])
    jerks = whole.diff(dim=0).diff(dim=0).norm(dim=-1)
    assert jerks[A - 2 : A].max() < 2 * jerks[A : A + DECAY].max()


def test_the_offset_rotates_with_the_body(generated, mariel53):
    """An offset to the body's left stays to its left."""
    turns = torch.linspace(0, math.pi, 60).double()
    body = Alignment(turns, torch.zeros(60, 2)).apply(generated[:1].expand(60, -1, -1)[:, None])[
        :, 0
    ]
    left = torch.stack([-turns.sin(), turns.cos(), 0 * turns], dim=-1)[:, None]
    facing = float(turns[0])
    assert facing == 0
    added = inertialize(body, body[:A] + 0.1 * left[:A], DECAY, mariel53)
    along = (added * left[A:]).sum(-1)
    torch.testing.assert_close(added, along[..., None] * left[A:], rtol=0, atol=1e-9)


def test_it_is_equivariant_to_rotation(generated, mariel53):
    alignment = Alignment(torch.tensor([1.0]).double(), torch.ones(1, 2).double())
    recorded = with_offset(generated, 0.03, 0.001)
    one = generated[A:] + inertialize(generated, recorded, DECAY, mariel53)
    moved = alignment.apply(generated[None])[0]
    other = moved[A:] + inertialize(moved, alignment.apply(recorded[None])[0], DECAY, mariel53)
    torch.testing.assert_close(alignment.apply(one[None])[0], other, rtol=0, atol=1e-9)


def test_two_recorded_frames_are_enough(generated, mariel53):
    assert SPEED_FRAMES > 1
    recorded = generated[:2] + 0.1
    assert inertialize(generated, recorded, DECAY, mariel53).shape == (58, 53, 3)
