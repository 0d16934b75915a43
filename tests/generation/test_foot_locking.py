"""A foot that stands, stands, and on the floor; what is in the air, and what is before, stays as it is."""

import pytest
import torch

from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.transitions import FOOT_RAMP_FRAMES, SINK_M, lock_feet
from mariel_gnn.metrics.samples import NEAR_M

RATE_HZ, NEAR = 35.0, torch.tensor([0.1, -torch.inf])


def sliding(foot_m: float, frames: int = 60, m_per_s: float = 0.5) -> torch.Tensor:
    """A foot and a head, `[frames, 2, 3]`, that slide along x as one."""
    body = torch.tensor([[0.0, 0.0, foot_m], [0.0, 0.0, 1.7]]).expand(frames, 2, 3).clone()
    body[..., 0] += torch.arange(frames)[:, None] * m_per_s / RATE_HZ
    return body


def test_a_standing_foot_stops_and_the_body_with_it():
    x = sliding(0.08)
    found = lock_feet(x[1:], x[0], NEAR, RATE_HZ)
    late = found[FOOT_RAMP_FRAMES + 4 :]
    torch.testing.assert_close(late, late[:1].expand_as(late), rtol=0, atol=1e-5)
    torch.testing.assert_close(found.diff(dim=1), x[1:].diff(dim=1))


def test_in_the_air_nothing_changes():
    x = sliding(0.5)
    assert torch.equal(lock_feet(x[1:], x[0], NEAR, RATE_HZ), x[1:])


def test_the_seam_keeps_its_speed():
    x = sliding(0.08)
    first = lock_feet(x[1:], x[0], NEAR, RATE_HZ)[0] - x[0]
    assert first[:, 0].tolist() == pytest.approx([0.5 / RATE_HZ] * 2, rel=0.35)


def test_a_foot_that_stands_already_is_left_alone():
    x = sliding(0.08, m_per_s=0.0)
    x[:, 1, 0] += torch.linspace(0, 0.3, 60)
    assert torch.equal(lock_feet(x[1:], x[0], NEAR, RATE_HZ), x[1:])


def test_turning_turns():
    x = sliding(0.08) + 0.01 * torch.randn(60, 2, 3, generator=torch.Generator().manual_seed(0))
    turn = Alignment(torch.tensor([2.0]), torch.tensor([[1.0, 1.0]]))
    there = turn.of(x[None])[0]
    found = lock_feet(there[1:], there[0], NEAR, RATE_HZ)
    here = lock_feet(x[1:], x[0], NEAR, RATE_HZ)
    torch.testing.assert_close(found, turn.of(here[None])[0], rtol=0, atol=1e-5)


def test_both_seams_keep_their_speed_where_something_follows():
    x = sliding(0.08)
    steps = lock_feet(x[1:], x[0], NEAR, RATE_HZ, goes_on=True).diff(dim=0)[:, 0, 0] * RATE_HZ
    assert steps[0] == pytest.approx(0.5, rel=0.5)
    assert steps[-1] == pytest.approx(0.5, rel=0.35)
    assert steps[20:40].abs().max() < 1e-4


def sinking(depth_m: float) -> torch.Tensor:
    """A foot and a head, `[60, 2, 3]`, that go down through the floor and come up again."""
    body = torch.tensor([[0.0, 0.0, 0.08], [0.0, 0.0, 1.7]]).expand(60, 2, 3).clone()
    body[..., 2] -= depth_m * torch.linspace(0, torch.pi, 60).sin()[:, None] ** 2
    return body


def test_no_foot_sinks_into_the_floor():
    x = sinking(0.2)
    found = lock_feet(x[1:], x[0], NEAR, RATE_HZ, goes_on=True)
    floor_m = NEAR[0] - NEAR_M - SINK_M
    assert x[..., 0, 2].min() < floor_m - 0.1
    assert found[..., 0, 2].min() > floor_m - 0.01
    torch.testing.assert_close(found.diff(dim=1), x[1:].diff(dim=1))  # the pose stays
    torch.testing.assert_close(found[[0, -1]], x[[1, -1]], rtol=0, atol=1e-3)  # and the transitions


def test_a_foot_that_rolls_is_no_foot_that_sinks():
    x = sinking(SINK_M)
    torch.testing.assert_close(lock_feet(x[1:], x[0], NEAR, RATE_HZ)[..., 2], x[1:, :, 2])
