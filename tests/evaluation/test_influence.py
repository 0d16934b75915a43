"""Influence: a model that copies markers uses each one alone, and a given mixture is recovered."""

from dataclasses import dataclass

import pytest
import torch
from torch.distributions import Normal

from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.evaluation.relations import influence, standing_still
from mariel_gnn.losses.elbo import Prediction
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import ModelOptions
from mariel_gnn.models.vae import VAE

T, J = 12, 53


@dataclass(frozen=True)
class Options(ModelOptions):
    latent_size: int = T * J * 3


class Mixing(VAE):
    """A model with the window as its latents: each marker is a given mixture of all."""

    def __init__(self, skeleton, mixture):
        super().__init__(Options(), WindowShape(T, J), Normalizer(), skeleton)
        self.mixture = mixture

    @property
    def travels(self):
        return False

    def posterior(self, batch):
        flat = batch.positions.flatten(1)
        return Normal(flat, torch.ones_like(flat))

    def decode(self, z):
        positions = torch.einsum("ij,btjc->btic", self.mixture, z.view(-1, T, J, 3))
        return Prediction(Normal(positions, torch.tensor(1.0)), None)


@pytest.fixture(scope="module")
def windows(dance):
    """Five windows from all over the dance, `[5, T, J, C]` metres."""
    return torch.from_numpy(dance).unfold(0, T, 270).permute(0, 3, 1, 2)[:5].contiguous()


def test_a_marker_held_still_keeps_its_mean_position_on_the_body(windows, mariel53):
    still = standing_still(windows, mariel53)
    torch.testing.assert_close(still.mean(dim=2), windows.mean(dim=2), atol=1e-5, rtol=0)
    lengths = torch.cdist(still.double(), still.double())
    torch.testing.assert_close(lengths, lengths[:, :1].expand_as(lengths), atol=1e-4, rtol=0)


def test_markers_held_still_move_and_rotate_with_the_body(windows, mariel53):
    turn = torch.tensor([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    elsewhere = torch.tensor([3.0, -1.0, 0.0])
    moved = standing_still(windows @ turn.T + elsewhere, mariel53)
    torch.testing.assert_close(
        moved, standing_still(windows, mariel53) @ turn.T + elsewhere, atol=1e-4, rtol=0
    )


def test_a_copying_model_uses_each_marker_for_itself_only(windows, mariel53):
    found = influence(Mixing(mariel53, torch.eye(J)), windows)
    own = found.rise_mm.diag()
    assert (own > 0).all()
    torch.testing.assert_close(found.rise_mm, own.diag(), atol=1e-3, rtol=0)
    torch.testing.assert_close(found.moved_mm, own.diag(), atol=1e-3, rtol=0)


def test_a_marker_that_only_disturbs_moves_another_and_does_not_help(windows, mariel53):
    mixture = torch.eye(J)
    mixture[3, 40] = 0.5
    found = influence(Mixing(mariel53, mixture), windows)
    others = ~torch.eye(J, dtype=torch.bool)
    others[3, 40] = False
    assert found.moved_mm[3, 40] > 0.4 * found.moved_mm[40, 40]
    assert found.moved_mm[others].abs().max() < 1e-3
    assert found.rise_mm[3, 40] < found.moved_mm[3, 40] / 2


def test_the_batch_size_does_not_change_the_influence(windows, mariel53, monkeypatch):
    network = Mixing(mariel53, torch.full((J, J), 0.02))
    whole = influence(network, windows)
    monkeypatch.setattr("mariel_gnn.evaluation.relations._BATCH", 2)
    for part, expected in zip(influence(network, windows), whole, strict=True):
        torch.testing.assert_close(part, expected, atol=1e-3, rtol=1e-4)
