"""Residual noise has the size of the residual and scales with a phrase's movement."""

import pytest
import torch

from mariel_gnn.models.motion.residual_noise import ResidualNoise

FREQUENCIES, AXES, PHRASES = 8, 5, 400


@pytest.fixture(scope="module")
def phrases():
    """Spectra whose size varies from phrase to phrase, and their reconstructions."""
    torch.manual_seed(0)
    size = torch.randn(PHRASES, 1, 1).exp()
    residual = 0.2 * size * torch.randn(PHRASES, FREQUENCIES, AXES)
    decoded = size * torch.randn(PHRASES, FREQUENCIES, AXES)
    return decoded + residual, decoded


@pytest.fixture(scope="module")
def layer(phrases):
    found = ResidualNoise(FREQUENCIES, AXES)
    found.fit(*phrases, torch.eye(AXES))
    return found


def added(layer, decoded, temperature=1.0):
    noise = layer.draw(len(decoded), temperature, torch.Generator().manual_seed(0))
    return layer(decoded, noise, torch.eye(AXES)) - decoded


def test_as_much_is_drawn_as_was_residual(layer, phrases):
    target, decoded = phrases
    found = (
        added(layer, decoded).square().mean(0).sqrt() / (target - decoded).square().mean(0).sqrt()
    )
    assert found.median() == pytest.approx(1, abs=0.15)


def test_twice_the_movement_gets_twice_the_noise(layer, phrases):
    _, decoded = phrases
    size = added(layer, decoded).square().mean((1, 2)).sqrt()
    twice = added(layer, 2 * decoded).square().mean((1, 2)).sqrt()
    torch.testing.assert_close(twice / size, torch.full((PHRASES,), 2.0), atol=0.2, rtol=0)


def test_temperature_scales_the_noise_and_zero_adds_none(layer, phrases):
    _, decoded = phrases
    torch.testing.assert_close(
        added(layer, decoded, 0.5), 0.5 * added(layer, decoded), atol=1e-4, rtol=1e-3
    )
    assert added(layer, decoded, 0.0).abs().max() == 0


def test_frequencies_that_latents_do_not_encode_do_not_change(layer, phrases):
    faster = torch.randn(PHRASES, 3, AXES)
    whole = torch.cat([phrases[1], faster], dim=1)
    noise = layer.draw(PHRASES, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(layer(whole, noise, torch.eye(AXES))[:, FREQUENCIES:], faster)


def test_a_new_layer_adds_no_noise(phrases):
    assert added(ResidualNoise(FREQUENCIES, AXES), phrases[1]).abs().max() == 0
