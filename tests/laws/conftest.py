"""What the laws share: small models of every configuration of `configs/`."""

from copy import deepcopy
from dataclasses import fields, replace

import pytest
import torch
import yaml

from experiments.command_line import CONFIGS, parse_run
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.table import model_class
from mariel_gnn.models.vae import VAE
from mariel_gnn.models.weights import Identity

FRAMES = 16
SMALL = {  # of the options that a model has
    "latent_size": 8,
    "hidden_size": 24,
    "widths": (16, 24, 32),
    "solver_steps": 4,
    "pose_size": 24,
    "frequencies": 6,
}


def configurations(folder=CONFIGS):
    """YAML file -> the model that it names."""
    named = {path: yaml.safe_load(path.read_text()).get("model") for path in folder.glob("*.yaml")}
    return {path: named[path] for path in sorted(named) if named[path]}


SETTINGS = configurations()
VAES = [path for path, name in SETTINGS.items() if issubclass(model_class(name), VAE)]


def small_identity(arguments, dataset):
    """The model that a command line describes, with small sizes."""
    options = parse_run(arguments)
    own = {item.name for item in fields(options.network)}
    network = replace(options.network, **{n: v for n, v in SMALL.items() if n in own})
    shape = WindowShape(FRAMES, len(dataset.skeleton), dataset.rate_hz)
    return Identity(options.model, network, shape, dataset.skeleton)


def built(identity, dataset):
    """A new model, measured on its data."""
    torch.manual_seed(0)
    model = identity.build(dataset.normalizer)
    model.before_training(dataset)
    return model


@pytest.fixture(scope="session")
def known():
    """Measured models by their identity: to measure takes longer than most tests."""
    return {}


def built_once(known, identity, dataset):
    """A copy of the new model of an identity."""
    if identity.to_json() not in known:
        known[identity.to_json()] = built(identity, dataset)
    return deepcopy(known[identity.to_json()])


@pytest.fixture(scope="session")
def dataset(dance):
    recording = Recording("dance", dance, 35.0, "/takes/dance.npy")
    return MarielDataset([recording], seq_len=FRAMES, predicted_timesteps=0)


@pytest.fixture(params=SETTINGS, ids=lambda path: path.stem)
def identity(request, dataset):
    return small_identity(["--config", str(request.param)], dataset)


@pytest.fixture
def model(identity, dataset, known):
    return built_once(known, identity, dataset)


@pytest.fixture(params=VAES, ids=lambda path: path.stem)
def vae(request, dataset, known):
    return built_once(known, small_identity(["--config", str(request.param)], dataset), dataset)
