"""Liveliness: amounts out and back in, and nothing else touched."""

import pytest
import torch

from mariel_gnn.models.motion.liveliness import Liveliness

GROUPS = torch.tensor([0] * 4 + [1] * 9 + [2] * 5)


@pytest.fixture(scope="module")
def code():
    torch.manual_seed(0)
    both = 0.4 * torch.randn(500, 1) + 0.3 * torch.randn(500, 2)  # amounts that go together
    amount = torch.cat([torch.ones(500, 1), both.exp()], 1)[:, GROUPS]
    return torch.randn(500, 18) * amount


@pytest.fixture(scope="module")
def liveliness(code):
    found = Liveliness(GROUPS)
    found.fit(code)
    return found


def test_levels_are_standardised_and_do_not_go_together(liveliness, code):
    levels = liveliness.levels(code)
    torch.testing.assert_close(levels.mean(0), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.cov(levels.T), torch.eye(2), atol=1e-3, rtol=0)


def test_drawn_levels_make_amounts_go_together_as_they_do(liveliness, code):
    drawn = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1))
    found = torch.corrcoef(liveliness.factors(drawn)[:, 1:].log().T)[0, 1]
    own = torch.corrcoef(liveliness.factors(liveliness.levels(code))[:, 1:].log().T)[0, 1]
    assert own > 0.3
    torch.testing.assert_close(found, own, atol=0.03, rtol=0)


def test_without_their_amounts_all_phrases_move_alike(liveliness, code):
    alike = code / liveliness.factors(liveliness.levels(code))[:, GROUPS]
    for group in (1, 2):
        sizes = (alike / liveliness.std)[:, group == GROUPS].square().mean(1)
        torch.testing.assert_close(sizes, torch.ones(500), atol=1e-3, rtol=0)
    assert torch.equal(alike[:, GROUPS == 0], code[:, GROUPS == 0])


def test_twice_the_movement_is_twice_its_amount_alone(liveliness, code):
    louder = torch.where(GROUPS == 1, 2 * code, code)
    before, after = (liveliness.factors(liveliness.levels(given)) for given in (code, louder))
    twice = torch.tensor([1.0, 2.0, 1.0]).expand(500, -1)
    torch.testing.assert_close(after / before, twice, atol=1e-3, rtol=0)


def test_standing_still_is_no_nonsense(liveliness):
    levels = liveliness.levels(torch.zeros(1, 18))
    assert levels.isfinite().all()
    assert (liveliness.factors(levels) > 0).all()


def test_a_group_without_numbers_is_left_out_of_it():
    groups = torch.tensor([0, 1, 1, 3])
    found = Liveliness(groups)
    code = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    found.fit(code)
    levels = found.levels(code)
    torch.testing.assert_close(levels[:, 1], torch.zeros(50), atol=1e-3, rtol=0)
    assert found.factors(levels).isfinite().all()
