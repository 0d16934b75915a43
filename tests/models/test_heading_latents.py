import math

import pytest
import torch
from torch.distributions import Normal

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.heading import rotate_about_z
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.heading import HeadingLatents
from mariel_gnn.models.lstm_vae import LSTMVAE
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import LSTMVAEOptions

ANGLES = torch.linspace(-3.1, 3.1, 9)


@pytest.fixture
def phrase():
    return Normal(torch.randn(9, 4), torch.ones(9, 4))


def test_the_posterior_mean_decodes_to_the_heading_and_the_phrase(phrase):
    heading = HeadingLatents()
    angle, rest = heading.split(heading.join(ANGLES, phrase).mean)
    torch.testing.assert_close(angle, ANGLES)
    torch.testing.assert_close(rest, phrase.mean)


def test_no_radius_has_less_kl_at_the_same_precision_of_the_angle():
    def kl(radius, precision=0.05):
        return radius**2 / 2 + (radius * precision) ** 2 - 1 - 2 * math.log(radius * precision)

    best = min((kl(radius / 100), radius / 100) for radius in range(50, 300))[1]
    assert best == pytest.approx(HeadingLatents.RADIUS, abs=0.01)


def test_headings_of_samples_are_uniform():
    torch.manual_seed(0)
    angle, _ = HeadingLatents().split(torch.randn(20_000, 3))
    assert torch.stack([angle.cos().mean(), angle.sin().mean()]).abs().max() < 0.03


def test_a_rotated_phrase_has_the_rotated_reconstruction(dance):
    windows = MarielDataset([Recording("d", dance, 35.0, "/d.npy")], 16, 0)
    torch.manual_seed(0)
    network = LSTMVAE(LSTMVAEOptions(latent_size=6, hidden_size=12), WindowShape(16, 53),
                      windows.normalizer, windows.skeleton)  # fmt: skip
    model, phrases = PhraseModel(network, windows.skeleton), windows.positions_m([0, 300])
    angle = torch.tensor([0.7, -2.0])
    torch.testing.assert_close(model.reconstruct(rotate_about_z(phrases, angle)),
                               rotate_about_z(model.reconstruct(phrases), angle),
                               atol=1e-4, rtol=0)  # fmt: skip
