"""A placement that is known is found again, and a body put on itself stays."""

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
def test_a_known_placement_is_found(angle, x, y):
    known = Alignment(torch.tensor([angle] * 2).double(), torch.tensor([[x, y]] * 2).double())
    found = best_alignment(bodies(), known.of(bodies()), torch.rand(6).double() + 0.1)
    torch.testing.assert_close(found.of(bodies()), known.of(bodies()), rtol=0, atol=1e-9)


def test_it_is_the_best_of_its_neighbours():
    a, b, even = bodies(0, 1), bodies(1, 1), torch.ones(6).double()
    found = best_alignment(a, b, even)
    least = (found.of(a) - b).square().sum()
    for angle, x, y in ((0.01, 0, 0), (-0.01, 0, 0), (0, 0.01, 0), (0, 0, -0.01)):
        shift = found.shift + torch.tensor([[x, y]])
        assert (Alignment(found.angle + angle, shift).of(a) - b).square().sum() > least


def test_heights_and_distances_stay():
    placed = Alignment(torch.tensor([2.0, 1.0]), torch.tensor([[1.0, 2.0], [0.0, 3.0]])).of(
        bodies()
    )
    assert torch.equal(placed[..., 2], bodies()[..., 2])
    torch.testing.assert_close(torch.cdist(placed, placed), torch.cdist(bodies(), bodies()))


def test_a_frame_without_a_say_has_none():
    moved = bodies().clone()
    moved[:, 3] += 10
    says = torch.tensor([1.0, 1, 1, 0, 1, 1]).double()
    torch.testing.assert_close(best_alignment(bodies(), moved, says).of(bodies()), bodies())


def test_the_same_start_is_where_the_other_starts():
    a = bodies(0)
    turned = Alignment(torch.tensor([math.pi / 3] * 2), torch.ones(2, 2)).of(a)
    torch.testing.assert_close(align_first_frame(turned, a), a)
