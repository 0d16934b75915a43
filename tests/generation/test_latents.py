"""Steps have the given length; paths have the given ends and follow the shorter arc."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.generation.latents import interpolate_latents, random_step

SEEDS = st.integers(0, 10_000)
SIGMAS = st.floats(0.01, 4.0)


def latents(seed: int, size: int = 64) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def step(z, sigmas, seed=0, fixed=0, count=5):
    return random_step(z, sigmas, count, torch.Generator().manual_seed(seed), fixed)


@given(SEEDS, SIGMAS, st.sampled_from([0, 2]))
def test_a_step_has_the_given_length(seed, sigmas, fixed):
    z = latents(seed)
    length = (step(z, sigmas, fixed=fixed) - z).norm(dim=1)
    torch.testing.assert_close(length, torch.full_like(length, sigmas * 8), rtol=1e-5, atol=0)


@given(SEEDS, st.floats(0.01, 1.0))
def test_a_short_step_keeps_the_norm(seed, sigmas):
    z = latents(seed) * 8 / latents(seed).norm()
    moved = step(z, sigmas)
    torch.testing.assert_close(moved.norm(dim=1), torch.full((5,), 8.0).double(), rtol=1e-5, atol=0)


def test_a_step_of_zero_stays_and_a_step_from_zero_has_any_direction():
    z = latents(0)
    assert torch.equal(step(z, 0.0), z.expand(5, -1))
    out = step(torch.zeros(64), 0.5).norm(dim=1)
    torch.testing.assert_close(out, torch.full_like(out, 4.0))


def test_directions_differ_and_depend_on_the_seed():
    z = latents(0)
    one, other = step(z, 1.0, seed=1), step(z, 1.0, seed=2)
    assert torch.equal(one, step(z, 1.0, seed=1))
    assert not torch.allclose(one, other)
    assert (torch.cdist(one, one) + 99 * torch.eye(5)).min() > 4


def test_a_step_does_not_change_the_heading():
    assert torch.equal(step(latents(0), 1.0, fixed=2)[:, :2], latents(0)[:2].expand(5, -1))


@given(SEEDS, SEEDS, st.sampled_from([0, 2]), st.integers(2, 9))
def test_a_path_has_its_ends_and_is_reversible(a, b, circle, steps):
    a, b = latents(a), latents(b + 20_000)
    forth, back = interpolate_latents(a, b, steps, circle), interpolate_latents(b, a, steps, circle)
    assert torch.equal(forth[0], a)
    assert torch.equal(forth[-1], b)
    torch.testing.assert_close(forth, back.flip(0), rtol=1e-9, atol=1e-9)


@given(SEEDS)
def test_a_path_has_equal_steps_and_a_constant_norm(seed):
    a, b = (x / x.norm() * 8 for x in (latents(seed), latents(seed + 20_000)))
    path = interpolate_latents(a, b, 7)
    torch.testing.assert_close(path.norm(dim=1), torch.full((7,), 8.0).double())
    steps = path.diff(dim=0).norm(dim=1)
    torch.testing.assert_close(steps, steps[:1].expand_as(steps))


@pytest.mark.parametrize(
    ("first", "last", "middle"), [(170, -170, 180), (-30, 30, 0), (80, 10, 45)]
)
def test_a_heading_follows_the_shorter_arc(first, last, middle):
    a, b = latents(1), latents(2)
    for end, degrees in ((a, first), (b, last)):
        end[:2] = math.sqrt(2) * torch.tensor([math.cos(math.radians(degrees)),
                                               math.sin(math.radians(degrees))])  # fmt: skip
    x, y = interpolate_latents(a, b, 3, circle=2)[1, :2]
    assert math.cos(math.atan2(y, x) - math.radians(middle)) == pytest.approx(1)
    assert math.hypot(x, y) == pytest.approx(math.sqrt(2))


def test_the_path_from_a_phrase_to_itself_is_constant():
    a = latents(3)
    torch.testing.assert_close(interpolate_latents(a, a, 4, circle=2), a.expand(4, -1))
