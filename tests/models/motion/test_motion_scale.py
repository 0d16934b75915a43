"""Liveliness: amounts out and back in, and nothing else touched."""

import pytest
import torch

from mariel_gnn.models.motion.motion_scale import MotionScale

GROUPS = torch.tensor([0] * 4 + [1] * 9 + [2] * 5)


@pytest.fixture(scope="module")
def code():
    torch.manual_seed(0)
    amount = torch.cat([torch.ones(500, 1), (0.5 * torch.randn(500, 2)).exp()], 1)[:, GROUPS]
    return torch.randn(500, 18) * amount


@pytest.fixture(scope="module")
def liveliness(code):
    found = MotionScale(18)
    found.fit(code, GROUPS)
    return found


def test_levels_are_standardised_over_phrases(liveliness, code):
    log_scale = liveliness.log_scale(code)
    torch.testing.assert_close(log_scale.mean(0), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(log_scale.std(0), torch.ones(2), atol=1e-4, rtol=0)


def test_without_their_amounts_all_phrases_move_alike(liveliness, code):
    alike = code / liveliness.factors(liveliness.log_scale(code))[:, GROUPS]
    sizes = (alike / liveliness.std)[:, GROUPS == 1].square().mean(1)
    torch.testing.assert_close(sizes, torch.ones(500), atol=1e-4, rtol=0)
    assert torch.equal(alike[:, GROUPS == 0], code[:, GROUPS == 0])


def test_twice_the_movement_is_a_higher_level_of_movement_alone(liveliness, code):
    louder = torch.where(GROUPS == 1, 2 * code, code)
    before, after = liveliness.log_scale(code), liveliness.log_scale(louder)
    assert (after[:, 0] > before[:, 0]).all()
    assert torch.equal(after[:, 1], before[:, 1])
    twice = liveliness.factors(after)[:, 1] / liveliness.factors(before)[:, 1]
    torch.testing.assert_close(twice, torch.full((500,), 2.0), atol=1e-3, rtol=0)


def test_standing_still_is_no_nonsense(liveliness):
    log_scale = liveliness.log_scale(torch.zeros(1, 18))
    assert log_scale.isfinite().all()
    assert (liveliness.factors(log_scale) > 0).all()
