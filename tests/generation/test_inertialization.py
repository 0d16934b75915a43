"""Nothing jumps at a transition: neither where markers are nor how fast they are; and the offset ends."""

import math

import pytest
import torch

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.transitions import SPEED_FRAMES, inertialize

A, FADE = 12, 20


@pytest.fixture(scope="module")
def generated(dance):
    return torch.from_numpy(dance[200:260]).double()


def off_by(generated, size, speed):
    """Known frames off by a constant and by so much more each frame, at the last one by `size`."""
    frames = torch.arange(1 - A, 1).double()[:, None, None]
    return generated[:A] + size + speed * frames


def test_nothing_is_added_where_nothing_is_off(generated, mariel53):
    assert not inertialize(generated, generated[:A], FADE, mariel53).any()


def test_the_offset_goes_on_with_its_size_and_speed_and_ends(generated, mariel53):
    """For a body that does not turn, so that its frame is the room's."""
    still = generated[:1].expand(60, -1, -1)
    size, speed = torch.tensor([0.05, -0.02, 0.01]), torch.tensor([0.002, 0.001, -0.003])
    added = inertialize(still, off_by(still, size, speed), FADE, mariel53)
    torch.testing.assert_close(added[0], (size + speed).expand(53, 3).double(), rtol=0, atol=1e-3)
    assert not added[FADE - 1 :].abs().gt(1e-9).any()
    whole = torch.cat([off_by(still, size, speed) - still[:A], added])
    jerks = whole.diff(dim=0).diff(dim=0).norm(dim=-1)
    assert jerks[A - 2 : A].max() < 2 * jerks[A : A + FADE].max()


def test_the_offset_turns_with_the_body(generated, mariel53):
    """A hand that is off to the body's left stays off to its left."""
    turns = torch.linspace(0, math.pi, 60).double()
    body = Alignment(turns, torch.zeros(60, 2)).of(generated[:1].expand(60, -1, -1)[:, None])[:, 0]
    left = torch.stack([-turns.sin(), turns.cos(), 0 * turns], dim=-1)[:, None]
    facing = float(turns[0])
    assert facing == 0
    added = inertialize(body, body[:A] + 0.1 * left[:A], FADE, mariel53)
    along = (added * left[A:]).sum(-1)
    torch.testing.assert_close(added, along[..., None] * left[A:], rtol=0, atol=1e-9)


def test_turning_everything_turns_what_is_added(generated, mariel53):
    turn = Alignment(torch.tensor([1.0]).double(), torch.ones(1, 2).double())
    known = off_by(generated, 0.03, 0.001)
    one = generated[A:] + inertialize(generated, known, FADE, mariel53)
    there = turn.of(generated[None])[0]
    other = there[A:] + inertialize(there, turn.of(known[None])[0], FADE, mariel53)
    torch.testing.assert_close(turn.of(one[None])[0], other, rtol=0, atol=1e-9)


def test_two_known_frames_are_enough(generated, mariel53):
    assert SPEED_FRAMES > 1
    known = generated[:2] + 0.1
    assert inertialize(generated, known, FADE, mariel53).shape == (58, 53, 3)
