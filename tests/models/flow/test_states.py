"""States: a round trip to metres, without place and heading; velocities are differences of positions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.models.flow.states import MotionStates, Pieces

ANGLES, METRES = st.floats(-3.1, 3.1), st.floats(-5, 5)
RATES = [25.0, 35.0, 60.0, 120.0]


def states_of(skeleton, clips, rate_hz=35.0, axes=159):
    states = MotionStates(skeleton, rate_hz, axes)
    states.fit(clips)
    states.floor.fill_(-math.inf)
    return states


def placed(states, clips):
    """Clips encoded, and decoded at the place and with the heading of their first frames."""
    place, heading = states.root(clips[:, :1])
    return states.place(states.pieces(states.encode(clips)), place[:, 0], heading[:, 0])


def moved(clips, angle, x, y):
    one = torch.ones(len(clips))
    return Alignment(angle * one, torch.tensor([x, y]).expand(len(clips), 2)).apply(clips)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("sides", [True, False])
def test_states_turn_back_into_the_same_metres(mariel53, sideless, clips, rate_hz, sides):
    states = states_of(mariel53 if sides else sideless, clips, rate_hz)
    assert abs(states.state_hz - 17.5) <= rate_hz / 2 / states.frames_per_state
    again = placed(states, clips)
    torch.testing.assert_close(again, clips[:, :: states.frames_per_state], rtol=0, atol=1e-3)


def test_fewer_axes_leave_out_millimetres(mariel53, clips):
    left_out = [
        (placed(states_of(mariel53, clips, axes=axes), clips) - clips[:, ::2]).norm(dim=-1).mean()
        for axes in (8, 24, 64)
    ]
    assert left_out == sorted(left_out, reverse=True)
    assert left_out[0] > 0.005 > left_out[-1]


@settings(max_examples=10)
@given(ANGLES, METRES, METRES)
def test_place_and_heading_have_no_effect(mariel53, clips, angle, x, y):
    states = states_of(mariel53, clips, axes=32)
    found = states.encode(moved(clips, angle, x, y))
    torch.testing.assert_close(found, states.encode(clips), rtol=0, atol=2e-2)


def test_velocities_are_differences_of_the_positions(mariel53, clips):
    states = states_of(mariel53, clips)
    pieces = states.pieces(states.encode(clips))
    positions = states.place(pieces)
    differences = positions.diff(dim=1) * states.state_hz
    found = states.velocities(pieces)
    for axis in (slice(0, 2), slice(2, 3)):  # velocities are in the heading frame of their state
        torch.testing.assert_close(
            found[..., axis].norm(dim=-1), differences[..., axis].norm(dim=-1), rtol=0, atol=1e-3
        )


def test_a_turned_start_turns_all(mariel53, clips):
    states = states_of(mariel53, clips)
    pieces, here = states.pieces(states.encode(clips)), placed(states, clips)
    place, heading = states.root(clips[:, :1])
    origin = torch.zeros_like(place[:, 0])
    there = states.place(pieces, origin, heading[:, 0] + 1.0)
    expected = moved(here - torch.nn.functional.pad(place, (0, 1))[:, :, None], 1.0, 0.0, 0.0)
    torch.testing.assert_close(there, expected, rtol=0, atol=1e-3)


@given(st.floats(-1, 1), st.integers(0, 100))
def test_no_marker_is_below_the_floor_and_bodies_above_it_are_unchanged(mariel53, floor, seed):
    poses = torch.randn(2, 5, 53, 3, generator=torch.Generator().manual_seed(seed))
    states = MotionStates(mariel53, 35.0, 8)
    found = states.place(Pieces(poses, torch.zeros(2, 5, 3)), floor=torch.tensor(floor))
    assert found[..., 2].min() >= floor - 1e-6
    high = poses[..., 2].amin(-1) >= floor
    assert torch.equal(found[high], poses[high])
    torch.testing.assert_close(found.diff(dim=2), poses.diff(dim=2))


def test_the_floor_is_the_height_that_nearly_all_training_frames_keep(mariel53, clips):
    states = MotionStates(mariel53, 35.0, 8)
    states.fit(clips)
    lowest = clips[:, ::2, :, 2].amin(-1)
    assert (lowest >= states.floor).float().mean() >= 0.98
    assert (lowest == states.floor).any()


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 9, 32])
@pytest.mark.parametrize("rate_hz", RATES)
def test_the_ends_of_clips_of_any_length_have_states(mariel53, clips, frames, rate_hz):
    states = states_of(mariel53, clips, rate_hz, axes=8)
    last, first = states.last(clips[:, :frames], 4), states.first(clips[:, :frames], 4)
    assert torch.equal(last[:, -1], clips[:, frames - 1])
    assert torch.equal(first[:, 0], clips[:, 0])
    for some in (last, first):
        assert states.encode(some).shape == (8, states.count(some.shape[1]), states.size)
        assert states.encode(some).isfinite().all()
        assert 1 <= states.count(some.shape[1]) <= 4


def test_frames_at_states_are_the_states(mariel53, clips):
    states = states_of(mariel53, clips)
    at_states = clips[:, ::2]
    frames = 2 * at_states.shape[1] - 1
    found = states.at_frames(at_states, np.arange(frames))
    torch.testing.assert_close(found[:, ::2], at_states, rtol=0, atol=1e-6)
    assert (found - clips[:, :frames]).norm(dim=-1).mean() < 0.002
