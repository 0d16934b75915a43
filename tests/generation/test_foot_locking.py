"""Foot locking: bodies stand on the floor, and feet in contact do not slide; jumps are kept."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.foot_locking import (
    FLIGHT_S,
    FOOT_RAMP_FRAMES,
    HOVER_M,
    PENETRATION_M,
    lock_feet,
    lock_phrases,
)
from mariel_gnn.metrics.samples import NEAR_M

RATE_HZ, NEAR = 35.0, torch.tensor([0.1, -torch.inf])


def sliding(foot_m: float, frames: int = 60, m_per_s: float = 0.5) -> torch.Tensor:
    """A foot and a head, `[frames, 2, 3]`, that slide along x together."""
    body = torch.tensor([[0.0, 0.0, foot_m], [0.0, 0.0, 1.7]]).expand(frames, 2, 3).clone()
    body[..., 0] += torch.arange(frames)[:, None] * m_per_s / RATE_HZ
    return body


def test_a_foot_in_contact_stops_and_the_body_with_it():
    x = sliding(0.08)
    found = lock_feet(x[1:], x[0], NEAR, RATE_HZ)
    late = found[FOOT_RAMP_FRAMES + 4 :]
    torch.testing.assert_close(late, late[:1].expand_as(late), rtol=0, atol=1e-5)
    torch.testing.assert_close(found.diff(dim=1), x[1:].diff(dim=1))


def test_in_the_air_nothing_changes():
    x = sliding(0.5)
    assert torch.equal(lock_feet(x[1:], x[0], NEAR, RATE_HZ), x[1:])


def test_the_speed_at_the_transition_is_unchanged():
    x = sliding(0.08)
    first = lock_feet(x[1:], x[0], NEAR, RATE_HZ)[0] - x[0]
    assert first[:, 0].tolist() == pytest.approx([0.5 / RATE_HZ] * 2, rel=0.35)


def test_a_still_foot_is_unchanged():
    x = sliding(0.08, m_per_s=0.0)
    x[:, 1, 0] += torch.linspace(0, 0.3, 60)
    assert torch.equal(lock_feet(x[1:], x[0], NEAR, RATE_HZ), x[1:])


def test_it_is_equivariant_to_rotation():
    x = sliding(0.08) + 0.01 * torch.randn(60, 2, 3, generator=torch.Generator().manual_seed(0))
    alignment = Alignment(torch.tensor([2.0]), torch.tensor([[1.0, 1.0]]))
    moved = alignment.apply(x[None])[0]
    found = lock_feet(moved[1:], moved[0], NEAR, RATE_HZ)
    locked = lock_feet(x[1:], x[0], NEAR, RATE_HZ)
    torch.testing.assert_close(found, alignment.apply(locked[None])[0], rtol=0, atol=1e-5)


def test_the_speeds_at_two_transitions_are_unchanged():
    x = sliding(0.08)
    steps = (
        lock_feet(x[1:], x[0], NEAR, RATE_HZ, transition_after=True).diff(dim=0)[:, 0, 0] * RATE_HZ
    )
    assert steps[0] == pytest.approx(0.5, rel=0.5)
    assert steps[-1] == pytest.approx(0.5, rel=0.35)
    assert steps[20:40].abs().max() < 1e-4


def sinking(depth_m: float) -> torch.Tensor:
    """A foot and a head, `[60, 2, 3]`, that move below the floor and back."""
    body = torch.tensor([[0.0, 0.0, 0.08], [0.0, 0.0, 1.7]]).expand(60, 2, 3).clone()
    body[..., 2] -= depth_m * torch.linspace(0, torch.pi, 60).sin()[:, None] ** 2
    return body


def test_no_foot_penetrates_the_floor():
    x = sinking(0.2)
    found = lock_feet(x[1:], x[0], NEAR, RATE_HZ, transition_after=True)
    floor_m = NEAR[0] - NEAR_M - PENETRATION_M
    assert x[..., 0, 2].min() < floor_m - 0.1
    assert found[..., 0, 2].min() > floor_m - 0.01
    torch.testing.assert_close(found.diff(dim=1), x[1:].diff(dim=1))  # the pose is unchanged
    torch.testing.assert_close(
        found[[0, -1]], x[[1, -1]], rtol=0, atol=2e-3
    )  # and so are the transitions


def test_a_rolling_foot_is_unchanged():
    x = sinking(PENETRATION_M)
    torch.testing.assert_close(lock_feet(x[1:], x[0], NEAR, RATE_HZ)[..., 2], x[1:, :, 2])


def test_a_hovering_phrase_stands_on_the_floor():
    x = sliding(0.5, m_per_s=0.0)
    found = lock_feet(x, None, NEAR, RATE_HZ)
    floor_m = NEAR[0] - NEAR_M
    assert (found[:, 0, 2] - floor_m).abs().max() <= HOVER_M + 1e-6
    torch.testing.assert_close(found.diff(dim=1), x.diff(dim=1))


@given(height_m=st.floats(0.05, 1), flight_s=st.floats(0.1, FLIGHT_S - 0.2))
def test_a_jump_is_kept(height_m, flight_s):
    frames = round(flight_s * RATE_HZ)
    x = sliding(float(NEAR[0]) - NEAR_M, m_per_s=0.0)
    share = torch.linspace(0, 1, frames)
    x[20 : 20 + frames, :, 2] += (4 * height_m * share * (1 - share))[:, None]
    torch.testing.assert_close(lock_feet(x, None, NEAR, RATE_HZ), x, rtol=0, atol=1e-6)


def test_locking_a_second_time_changes_little():
    x = sinking(0.2)
    x[..., 2] += 0.3 * torch.linspace(0, 1, 60)[:, None]
    once = lock_feet(x, None, NEAR, RATE_HZ)
    torch.testing.assert_close(lock_feet(once, None, NEAR, RATE_HZ), once, rtol=0, atol=0.02)


def test_a_hand_below_the_floor_lifts_the_body():
    x = sliding(0.08, m_per_s=0.0)
    x[:, 1, 2] = -0.3
    assert lock_feet(x, None, NEAR, RATE_HZ)[..., 2].min() > -PENETRATION_M - 1e-3


def test_a_hand_on_the_floor_is_no_reason_to_move():
    x = sliding(0.08, m_per_s=0.0)
    x[:, 1, 2] = 0.01  # lower than the marker of the foot, which is on the ankle
    assert torch.equal(lock_feet(x, None, NEAR, RATE_HZ), x)


def test_a_phrase_that_is_not_finite_is_unchanged():
    x = torch.stack([sliding(0.5), sliding(0.5) * torch.nan])
    found = lock_phrases(x, NEAR, RATE_HZ)
    assert found[1].isnan().all()
    assert found[0].isfinite().all()
