"""Pair bounds: what the body does stays, what it cannot do is put right."""

import pytest
import torch

from mariel_gnn.models.motion.pair_bounds import PairBounds


@pytest.fixture(scope="module")
def frames(dance):
    return torch.from_numpy(dance[::2])


@pytest.fixture(scope="module")
def bounds(frames):
    found = PairBounds(53)
    found.fit(frames)
    return found


def broken(bounds, frames):
    """Mean distance by which pairs leave their bounds, metres."""
    distance = (frames[:, bounds.first] - frames[:, bounds.second]).norm(dim=-1)
    return (
        (distance - bounds.greatest).clamp(min=0) + (bounds.least - distance).clamp(min=0)
    ).mean()


def test_what_was_seen_nearly_stays_as_it_is(bounds, frames):
    assert (bounds(frames) - frames).norm(dim=-1).mean() < 1e-3


def test_before_it_is_measured_everything_stays(frames):
    assert torch.equal(PairBounds(53)(frames[:4]), frames[:4])


def test_what_the_body_cannot_do_is_put_right_without_moving_far(bounds, frames):
    torch.manual_seed(0)
    wrong = frames[:50] + 0.03 * torch.randn(50, 53, 3)
    right = bounds(wrong)
    assert broken(bounds, right) < 0.2 * broken(bounds, wrong)
    assert (right - frames[:50]).norm(dim=-1).mean() < (wrong - frames[:50]).norm(dim=-1).mean()


def test_the_middle_of_all_markers_stays(bounds, frames):
    wrong = frames[:9] * 1.3
    torch.testing.assert_close(bounds(wrong)[0].mean(0), wrong[0].mean(0), atol=0.05, rtol=0)


def test_turning_and_moving_the_body_turns_and_moves_the_answer(bounds, frames):
    wrong = frames[:5] + 0.05 * torch.randn(5, 53, 3)
    turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    there = torch.tensor([3.0, -1, 0.5])
    torch.testing.assert_close(
        bounds(wrong @ turn.T + there), bounds(wrong) @ turn.T + there, atol=1e-4, rtol=0
    )


def test_markers_in_one_place_give_no_nonsense(bounds):
    assert bounds(torch.zeros(1, 53, 3)).isfinite().all()
