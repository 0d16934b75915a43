"""Small untrained models, initialized on the synthetic dancer."""

from dataclasses import fields, replace
from functools import cache

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
SETTINGS = ["flow_motion.yaml", "gnn_vae.yaml", "notebook_lstm_vae.yaml"]
DRAWING = "flow_motion.yaml"  # draws what latents leave open
CONTINUING = (DRAWING, "mdn_rnn.yaml")
SMALL = {  # of the options that a model has
    "latent_size": LATENTS,
    "hidden_size": 24,
    "frequencies": 8,
    "pose_size": 24,
    "widths": (16, 24, 32),
    "solver_steps": 3,
    "lead_in_frames": 4,
}


def small_model(setting: str, windows: MarielDataset) -> PhraseModel:
    """The untrained model of a YAML file, with a motion range and a flow."""
    options = parse_run(["--config", str(CONFIGS / setting)])
    own = {item.name for item in fields(options.network)}
    network = replace(options.network, **{n: v for n, v in SMALL.items() if n in own})
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


@pytest.fixture(scope="package")
def model_of(windows):
    """A maker of the small model of a setting; each is made once."""
    return cache(lambda setting: small_model(setting, windows))


@pytest.fixture(params=SETTINGS)
def any_model(request, model_of):
    """A model with latents, of each configuration, with and without the root trajectory."""
    return model_of(request.param)


@pytest.fixture(params=[setting for setting in SETTINGS if setting != DRAWING])
def decoding(request, model_of):
    """A model with latents that decodes them and draws nothing."""
    return model_of(request.param)


@pytest.fixture(params=CONTINUING)
def continuing(request, model_of):
    """A model that continues motion."""
    return model_of(request.param)


@pytest.fixture
def flow(model_of):
    return model_of(DRAWING)


@pytest.fixture
def gnn(model_of):
    return model_of("gnn_vae.yaml")


@pytest.fixture(scope="package")
def clips(dance):
    """Three clips of 56 frames, `[56, J, C]`."""
    return [torch.from_numpy(dance[start : start + 56].copy()) for start in (100, 600, 1100)]
