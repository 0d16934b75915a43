"""Time axes: orthonormal, ordered, exact at the knots, free at the ends."""

import pytest
import torch
from torch import nn

from mariel_gnn.models.motion.basis import TimeAxes, orthonormal_cosines

FRAMES, COUNT = 64, 16


@pytest.fixture(scope="module")
def walks():
    torch.manual_seed(0)
    return torch.randn(200, FRAMES, 3).cumsum(1).cumsum(1)


@pytest.fixture(scope="module")
def axes(walks):
    found = TimeAxes(FRAMES, COUNT)
    found.fit(walks.split(50))
    return found


def test_axes_are_orthonormal_and_the_first_is_constant(axes):
    torch.testing.assert_close(axes.axes.T @ axes.axes, torch.eye(COUNT), atol=1e-5, rtol=0)
    torch.testing.assert_close(axes.axes[:, 0], torch.full((FRAMES,), FRAMES**-0.5))


def test_each_axis_is_symmetric_or_antisymmetric_in_time(axes):
    backwards = axes.axes.flip(0)
    same = (backwards * axes.axes).sum(0)
    torch.testing.assert_close(same.abs(), torch.ones(COUNT), atol=1e-4, rtol=0)


def test_no_other_axes_of_that_number_explain_more_variance(axes, walks):
    def left_out(basis):
        return (walks - torch.einsum("tm,sm,bsd->btd", basis, basis, walks)).square().mean()

    assert left_out(axes.axes) <= left_out(orthonormal_cosines(FRAMES, COUNT)) * 1.001


def test_axes_have_a_slope_at_the_ends_where_cosines_have_none(axes):
    ramp = torch.linspace(0, FRAMES, FRAMES)

    def first_step(basis):
        return float((basis @ (basis.T @ ramp)).diff()[0])

    assert first_step(axes.axes) > 1.9 * first_step(orthonormal_cosines(FRAMES, COUNT))


def test_knots_are_inverted_exactly(axes):
    coefficients = torch.randn(2, COUNT, 5)
    back = axes.from_knots(axes.at_knots(coefficients))
    torch.testing.assert_close(back, coefficients, atol=1e-4, rtol=1e-4)


def test_knots_are_values_of_the_series_from_the_first_frame_to_the_last(axes):
    coefficients = torch.randn(2, COUNT, 5)
    series, knots = axes.at_frames(coefficients), axes.at_knots(coefficients)
    torch.testing.assert_close(knots[:, [0, -1]], series[:, [0, -1]], atol=1e-5, rtol=1e-5)


def test_loaded_axes_have_their_own_knots(axes):
    loaded, coefficients = TimeAxes(FRAMES, COUNT), torch.randn(2, COUNT, 5)
    assert not torch.equal(loaded.at_knots(coefficients), axes.at_knots(coefficients))
    nn.ModuleDict({"time": loaded}).load_state_dict(nn.ModuleDict({"time": axes}).state_dict())
    for way in ("at_knots", "from_knots"):
        assert torch.equal(getattr(loaded, way)(coefficients), getattr(axes, way)(coefficients))


@pytest.mark.parametrize(("frames", "count"), [(2, 8), (1, 1), (5, 5)])
def test_short_windows_have_as_many_axes_as_frames(frames, count):
    axes = TimeAxes(frames, count)
    series = torch.randn(3, frames, 2)
    axes.fit([series])
    torch.testing.assert_close(axes.at_frames(axes(series)), series, atol=1e-5, rtol=1e-5)
