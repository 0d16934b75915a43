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


def test_training_frames_hardly_change(bounds, frames):
    assert (bounds(frames) - frames).norm(dim=-1).mean() < 1e-3


def test_a_new_layer_changes_nothing(frames):
    assert torch.equal(PairBounds(53)(frames[:4]), frames[:4])


def test_violated_distances_are_corrected_by_small_moves(bounds, frames):
    torch.manual_seed(0)
    wrong = frames[:50] + 0.03 * torch.randn(50, 53, 3)
    right = bounds(wrong)
    assert broken(bounds, right) < 0.2 * broken(bounds, wrong)
    assert (right - frames[:50]).norm(dim=-1).mean() < (wrong - frames[:50]).norm(dim=-1).mean()


def test_the_mean_of_all_markers_does_not_change(bounds, frames):
    wrong = frames[:9] * 1.3
    torch.testing.assert_close(bounds(wrong)[0].mean(0), wrong[0].mean(0), atol=0.05, rtol=0)


def test_the_output_moves_and_rotates_with_the_body(bounds, frames):
    wrong = frames[:5] + 0.05 * torch.randn(5, 53, 3)
    turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    there = torch.tensor([3.0, -1, 0.5])
    torch.testing.assert_close(
        bounds(wrong @ turn.T + there), bounds(wrong) @ turn.T + there, atol=1e-4, rtol=0
    )


def test_coinciding_markers_give_finite_output(bounds):
    assert bounds(torch.zeros(1, 53, 3)).isfinite().all()
