"""Alignment: recovers a known rotation and shift, and is optimal."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.generation.alignment import Alignment, align_first_frame, best_alignment

METRES, ANGLES = st.floats(-5, 5), st.floats(-3.1, 3.1)


def bodies(seed=0, count=2):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 6, 9, 3, generator=generator, dtype=torch.float64)


@given(ANGLES, METRES, METRES)
def test_a_known_alignment_is_recovered(angle, x, y):
    known = Alignment(torch.tensor([angle] * 2).double(), torch.tensor([[x, y]] * 2).double())
    found = best_alignment(bodies(), known.apply(bodies()), torch.rand(6).double() + 0.1)
    torch.testing.assert_close(found.apply(bodies()), known.apply(bodies()), rtol=0, atol=1e-9)


def test_no_neighbouring_alignment_is_better():
    a, b, even = bodies(0, 1), bodies(1, 1), torch.ones(6).double()
    found = best_alignment(a, b, even)
    least = (found.apply(a) - b).square().sum()
    for angle, x, y in ((0.01, 0, 0), (-0.01, 0, 0), (0, 0.01, 0), (0, 0, -0.01)):
        shift = found.shift + torch.tensor([[x, y]])
        assert (Alignment(found.angle + angle, shift).apply(a) - b).square().sum() > least


def test_heights_and_distances_are_unchanged():
    aligned = Alignment(torch.tensor([2.0, 1.0]), torch.tensor([[1.0, 2.0], [0.0, 3.0]])).apply(
        bodies()
    )
    assert torch.equal(aligned[..., 2], bodies()[..., 2])
    torch.testing.assert_close(torch.cdist(aligned, aligned), torch.cdist(bodies(), bodies()))


def test_a_frame_of_weight_zero_has_no_effect():
    moved = bodies().clone()
    moved[:, 3] += 10
    weights = torch.tensor([1.0, 1, 1, 0, 1, 1]).double()
    torch.testing.assert_close(best_alignment(bodies(), moved, weights).apply(bodies()), bodies())


def test_first_frames_match_after_alignment():
    a = bodies(0)
    rotated = Alignment(torch.tensor([math.pi / 3] * 2), torch.ones(2, 2)).apply(a)
    torch.testing.assert_close(align_first_frame(rotated, a), a)
