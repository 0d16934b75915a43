"""Small untrained models, initialized on the synthetic dancer."""

from dataclasses import replace

import pytest
import torch

from experiments.command_line import CONFIGS, parse_run
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.generation.motion_range import measure_motion_range
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.prior import FlowPrior
from mariel_gnn.models.weights import Identity

FRAMES, RATE_HZ, LATENTS = 32, 35.0, 12
SETTINGS = [
    "gnn_vae.yaml",
    "notebook_lstm_vae.yaml",
]  # with and without heading, scale, travel and bones


def small_model(setting: str, windows: MarielDataset) -> PhraseModel:
    """The untrained model of a YAML file, with a motion range and a flow."""
    options = parse_run(["--config", str(CONFIGS / setting)])
    few = {"frequencies": 8} if hasattr(options.network, "frequencies") else {}
    network = replace(options.network, latent_size=LATENTS, hidden_size=24, **few)
    shape = WindowShape(windows.seq_len, len(windows.skeleton), windows.rate_hz)
    torch.manual_seed(0)
    built = Identity(options.model, network, shape, windows.skeleton).build(windows.normalizer)
    built.before_training(windows)
    built.after_training(windows)
    prior = FlowPrior(torch.ones(LATENTS, dtype=torch.bool))
    prior.set_gaussian(torch.full((LATENTS,), 0.1), 0.5 * torch.eye(LATENTS))
    motion_range = measure_motion_range(
        windows.recordings_m(), windows.skeleton.markers, windows.rate_hz
    )
    return PhraseModel(built, windows.skeleton, prior, motion_range)


@pytest.fixture(scope="package")
def windows(dance):
    recording = Recording("dance", dance, RATE_HZ, "/takes/dance.npy")
    return MarielDataset([recording], seq_len=FRAMES, predicted_timesteps=0)


@pytest.fixture(scope="package", params=SETTINGS)
def any_model(request, windows):
    """A model of each setting, with and without the root trajectory.

    Untrained models have no acceptable transitions, so there is no motion range.
    """
    model = small_model(request.param, windows)
    model.motion_range = None
    return model


@pytest.fixture(scope="package")
def gnn(windows):
    return small_model("gnn_vae.yaml", windows)


@pytest.fixture(scope="package")
def clips(dance):
    """Three clips of 56 frames, `[56, J, C]`."""
    return [torch.from_numpy(dance[start : start + 56].copy()) for start in (100, 600, 1100)]
