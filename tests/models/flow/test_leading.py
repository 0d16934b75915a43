"""Leading latents: those of training phrases with noise."""

import pytest
import torch

from mariel_gnn.models.flow.leading import NOISE, PHRASES, LeadingLatents

SIZE = 3


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def fitted(count=500):
    """Two kinds of phrases, far apart."""
    kind = torch.tensor([-10.0, 10.0])[torch.arange(count) % 2][:, None]
    phrases = kind + torch.randn(count, SIZE, generator=generator())
    latents = LeadingLatents(SIZE)
    latents.fit(phrases)
    return latents


def test_before_they_are_measured_they_are_normal():
    drawn = LeadingLatents(SIZE).draw(5000, 1.0, generator())
    assert drawn.mean(0).abs().max() < 0.1
    assert drawn.std(0).numpy() == pytest.approx((1 + NOISE**2) ** 0.5, abs=0.1)


@pytest.mark.parametrize("count", [3, 500, 5000])
def test_draws_have_the_kinds_of_the_training_phrases(count):
    drawn = fitted(count).draw(2000, 1.0, generator())
    assert ((drawn.abs() > 5).all(1)).all()
    assert (drawn[:, 0] > 0).float().mean() == pytest.approx(0.5, abs=0.2)


def test_no_draw_is_a_training_phrase():
    latents = fitted()
    distance = torch.cdist(latents.draw(500, 1.0, generator()), latents.phrases).amin(1)
    assert distance.min() > 0
    assert distance.median() > NOISE / 4


def test_without_temperature_they_are_the_mean_and_a_seed_repeats_them():
    latents = fitted()

    def drawn(temperature, seed):
        return latents.draw(20, temperature, generator(seed))

    torch.testing.assert_close(drawn(0.0, 1), latents.phrases.mean(0).expand(20, -1))
    assert torch.equal(drawn(1.0, 1), drawn(1.0, 1))
    assert not torch.equal(drawn(1.0, 1), drawn(1.0, 2))
    assert drawn(2.0, 1).std() > 1.5 * drawn(1.0, 1).std()


def test_they_are_saved_with_the_weights():
    assert LeadingLatents(SIZE).state_dict()["phrases"].shape == (PHRASES, SIZE)
