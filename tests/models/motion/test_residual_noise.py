"""Detail: as much as reconstructions leave out, in proportion to how much a phrase moves."""

import pytest
import torch

from mariel_gnn.models.motion.residual_noise import ResidualNoise

FREQUENCIES, AXES, PHRASES = 8, 5, 400


@pytest.fixture(scope="module")
def phrases():
    """Spectra whose size varies from phrase to phrase, and reconstructions that leave some out."""
    torch.manual_seed(0)
    size = torch.randn(PHRASES, 1, 1).exp()
    left_out = 0.2 * size * torch.randn(PHRASES, FREQUENCIES, AXES)
    told = size * torch.randn(PHRASES, FREQUENCIES, AXES)
    return told + left_out, told


@pytest.fixture(scope="module")
def detail(phrases):
    found = ResidualNoise(FREQUENCIES, AXES)
    found.fit(*phrases, torch.eye(AXES))
    return found


def drawn(detail, told, temperature=1.0):
    noise = detail.draw(len(told), temperature, torch.Generator().manual_seed(0))
    return detail(told, noise, torch.eye(AXES)) - told


def test_as_much_is_drawn_as_was_left_out(detail, phrases):
    known, told = phrases
    found = drawn(detail, told).square().mean(0).sqrt() / (known - told).square().mean(0).sqrt()
    assert found.median() == pytest.approx(1, abs=0.15)


def test_lively_phrases_get_lively_detail(detail, phrases):
    _, told = phrases
    amount = drawn(detail, told).square().mean((1, 2)).sqrt()
    twice = drawn(detail, 2 * told).square().mean((1, 2)).sqrt()
    torch.testing.assert_close(twice / amount, torch.full((PHRASES,), 2.0), atol=0.2, rtol=0)


def test_temperature_scales_it_and_zero_draws_none(detail, phrases):
    _, told = phrases
    torch.testing.assert_close(
        drawn(detail, told, 0.5), 0.5 * drawn(detail, told), atol=1e-4, rtol=1e-3
    )
    assert drawn(detail, told, 0.0).abs().max() == 0


def test_frequencies_that_latents_do_not_know_stay(detail, phrases):
    faster = torch.randn(PHRASES, 3, AXES)
    whole = torch.cat([phrases[1], faster], dim=1)
    noise = detail.draw(PHRASES, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(detail(whole, noise, torch.eye(AXES))[:, FREQUENCIES:], faster)


def test_what_was_not_measured_is_not_drawn(phrases):
    assert drawn(ResidualNoise(FREQUENCIES, AXES), phrases[1]).abs().max() == 0
