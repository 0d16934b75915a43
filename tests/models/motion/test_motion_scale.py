"""The motion scale: divided out and multiplied back, without a change of anything else."""

import pytest
import torch

from mariel_gnn.models.motion.motion_scale import MotionScale

GROUPS = torch.tensor([0] * 4 + [1] * 9 + [2] * 5)


@pytest.fixture(scope="module")
def code():
    torch.manual_seed(0)
    scale = torch.cat([torch.ones(500, 1), (0.5 * torch.randn(500, 2)).exp()], 1)[:, GROUPS]
    return torch.randn(500, 18) * scale


@pytest.fixture(scope="module")
def motion_scale(code):
    found = MotionScale(18)
    found.fit(code, GROUPS)
    return found


def test_log_scales_are_standardised_over_phrases(motion_scale, code):
    log_scale = motion_scale.log_scale(code)
    torch.testing.assert_close(log_scale.mean(0), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(log_scale.std(0), torch.ones(2), atol=1e-4, rtol=0)


def test_without_their_scales_all_phrases_move_equally(motion_scale, code):
    unscaled = code / motion_scale.factors(motion_scale.log_scale(code))[:, GROUPS]
    sizes = (unscaled / motion_scale.code_std)[:, GROUPS == 1].square().mean(1)
    torch.testing.assert_close(sizes, torch.ones(500), atol=1e-4, rtol=0)
    assert torch.equal(unscaled[:, GROUPS == 0], code[:, GROUPS == 0])


def test_twice_the_movement_raises_the_scale_of_movement_only(motion_scale, code):
    larger = torch.where(GROUPS == 1, 2 * code, code)
    before, after = motion_scale.log_scale(code), motion_scale.log_scale(larger)
    assert (after[:, 0] > before[:, 0]).all()
    assert torch.equal(after[:, 1], before[:, 1])
    twice = motion_scale.factors(after)[:, 1] / motion_scale.factors(before)[:, 1]
    torch.testing.assert_close(twice, torch.full((500,), 2.0), atol=1e-3, rtol=0)


def test_a_still_phrase_has_a_finite_scale(motion_scale):
    log_scale = motion_scale.log_scale(torch.zeros(1, 18))
    assert log_scale.isfinite().all()
    assert (motion_scale.factors(log_scale) > 0).all()
