"""A small run folder: untrained weights of the notebook's model, and a prior far from N(0, I)."""

from pathlib import Path

import torch

from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import NotebookLSTMVAEOptions
from mariel_gnn.models.prior import FlowPrior, save_prior
from mariel_gnn.models.weights import BEST, LAST, PRIOR, Identity, save_weights

LATENTS = 6


def write_small_run(folder: Path) -> None:
    """Write best and last weights and the prior."""
    torch.manual_seed(0)
    options = NotebookLSTMVAEOptions(latent_size=LATENTS, hidden_size=12)
    shape, skeleton = WindowShape(16, 18), load_skeleton("mariel18")
    identity = Identity("notebook_lstm_vae", options, shape, skeleton)
    for name in (BEST, LAST):
        save_weights(folder / name, identity.build(Normalizer()), identity)
    prior = FlowPrior(torch.ones(LATENTS, dtype=torch.bool))
    prior.set_gaussian(torch.full((LATENTS,), 2.0), 0.25 * torch.eye(LATENTS))
    save_prior(folder / PRIOR, prior)
