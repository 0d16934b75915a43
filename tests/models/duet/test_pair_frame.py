"""Laws of the frame of the pair."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mariel_gnn.models.duet.pair_code import PairCode
from mariel_gnn.models.duet.pair_frame import (
    Stands,
    continuous,
    from_pair_frame,
    move_to,
    stands_of,
    to_pair_frame,
)
from tests.models.duet.conftest import turned

seeds = st.integers(0, 10_000)
angles = st.floats(-7, 7)


def drawn_stands(seed, windows=2, frames=20):
    """Two dancers who walk and turn, never nearer than 0.3 m."""
    torch.manual_seed(seed)
    walk = (0.03 * torch.randn(windows, frames, 2, 2)).cumsum(1)
    axis = (0.2 * torch.randn(windows, frames)).cumsum(1) + 3 * torch.randn(windows, 1)
    apart = 0.3 + torch.rand(windows, frames)
    towards = torch.stack([axis.cos(), axis.sin()], -1) * apart[..., None] / 2
    middle = walk[:, :, 0] + torch.randn(windows, 1, 2)
    places = torch.stack([middle - towards, middle + towards], 2)
    facings = (0.3 * torch.randn(windows, frames, 2)).cumsum(1) + 3 * torch.randn(windows, 1, 2)
    return Stands(places, facings)


def close(found, expected, atol=1e-4):
    torch.testing.assert_close(found, expected, atol=atol, rtol=0)


def same_angle(found, expected):
    close((found - expected).cos(), torch.ones_like(found), atol=1e-6)


@settings(max_examples=10)
@given(seeds)
def test_a_pair_is_back_from_its_frame_about_its_first_middle(seed):
    stands = drawn_stands(seed)
    back = from_pair_frame(to_pair_frame(stands))
    close(back.places, stands.places - stands.places[:, :1].mean(2, keepdim=True))
    same_angle(back.facings, stands.facings)


@settings(max_examples=10)
@given(seeds)
def test_a_frame_is_back_from_where_it_puts_the_pair(seed):
    frame = to_pair_frame(drawn_stands(seed))
    again = to_pair_frame(from_pair_frame(frame))
    same_angle(again.axis, frame.axis)
    close(again.track, frame.track)
    close(again.start, frame.start)


@settings(max_examples=10)
@given(seeds, angles)
def test_turning_and_shifting_a_pair_changes_the_direction_of_its_axis_only(seed, angle):
    stands = drawn_stands(seed)
    rotation = torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    moved = Stands(stands.places @ rotation.T + torch.tensor([2.0, -1.0]), stands.facings + angle)
    one, other = to_pair_frame(stands), to_pair_frame(moved)
    same_angle(other.axis, one.axis + angle)
    close(other.track, one.track)
    close(other.start, one.start)


@settings(max_examples=10)
@given(seeds)
def test_exchanged_dancers_have_the_opposite_axis_and_exchanged_facings(seed):
    stands = drawn_stands(seed)
    one, other = to_pair_frame(stands), to_pair_frame(Stands(*(part.flip(2) for part in stands)))
    same_angle(other.axis, one.axis + math.pi)
    close(other.track[..., :4], one.track[..., [0, 1, 3, 2]])
    close(other.track[..., 4:], -one.track[..., 4:])
    close(other.start, -one.start[:, [1, 0, 3, 2]])


@settings(max_examples=10)
@given(seeds)
def test_a_mirrored_pair_has_opposite_angles(seed):
    stands = drawn_stands(seed)
    image = Stands(stands.places * torch.tensor([-1.0, 1.0]), math.pi - stands.facings)
    one, other = to_pair_frame(stands), to_pair_frame(image)
    same_angle(other.axis, math.pi - one.axis)
    close(other.track, one.track * torch.tensor([1.0, -1, -1, -1, 1, -1]))
    close(other.start, one.start * torch.tensor([1.0, 1, -1, -1]))


@settings(max_examples=10)
@given(seeds)
def test_continuous_angles_are_the_same_angles_without_jumps(seed):
    torch.manual_seed(seed)
    angle = (torch.rand(2, 30, 3) * 2 - 1).cumsum(1)
    wrapped = torch.remainder(angle + math.pi, 2 * math.pi) - math.pi
    found = continuous(wrapped)
    close(found - found[:, :1], angle - angle[:, :1])
    same_angle(found, angle)


def test_moving_dancers_to_where_they_stand_changes_nothing(pairs, mariel18):
    close(move_to(pairs, stands_of(pairs, mariel18), mariel18), pairs)


@settings(max_examples=10)
@given(seeds)
def test_moved_dancers_stand_there_and_keep_their_poses(pairs, mariel18, seed):
    stands = drawn_stands(seed, *pairs.shape[:2])
    moved = move_to(pairs, stands, mariel18)
    found = stands_of(moved, mariel18)
    close(found.places, stands.places)
    same_angle(found.facings, stands.facings)
    close(moved[..., 2], pairs[..., 2])
    markers = [0, 5, 9, 17]
    before, after = (
        torch.cdist(each[..., markers, :], each[..., markers, :]) for each in (pairs, moved)
    )
    close(after, before, atol=1e-3)


def test_stands_turn_with_the_room(pairs, mariel18):
    one, other = stands_of(pairs, mariel18), stands_of(turned(pairs, 2.0, (1.0, 3.0)), mariel18)
    same_angle(other.facings, one.facings + 2.0)
    close(other.places, turned(torch.nn.functional.pad(one.places, (0, 1)), 2.0, (1, 3))[..., :2])


# ------------------------------------------------------------------ the code of the frame


def fitted_code(size, frames=20, count=12):
    torch.manual_seed(0)
    code = PairCode(frames, count, size, 8)
    stands = drawn_stands(0, 400, frames)
    smooth = to_pair_frame(stands)
    smooth = smooth._replace(track=code.time.at_frames(code.time(smooth.track)))
    code.fit(smooth)
    return code, smooth


def test_with_enough_latents_the_code_is_decoded_to_the_frame():
    code, frames = fitted_code(12 * 6 + 4)
    with torch.no_grad():
        found = code.decode(frames.axis, code.encode(frames))
    close(found.track, frames.track, atol=0.03)
    close(found.start, frames.start, atol=0.03)
    assert torch.equal(found.axis, frames.axis)


def test_standardizing_gives_mean_0_and_variance_1_and_is_undone():
    code, frames = fitted_code(8)
    with torch.no_grad():
        latents = code.encode(frames)
        mean = code.standardized(latents)
        code.standardize(mean, torch.full_like(mean, 0.1))
        again = code.standardized(latents)
    close(again.mean(0), torch.zeros(8), atol=1e-3)
    assert (again.var(0) < 1).all()
    close(code.unstandardized(again), latents, atol=1e-3)
    scaled = again.var(0) + 0.1 * again.var(0) / mean.var(0)
    close(scaled, torch.ones(8), atol=1e-3)
