"""What the laws share: small models of every configuration of `configs/`."""

from copy import deepcopy
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from experiments.command_line import CONFIGS, parse_run
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.mocap.synthetic.couple import synthesize_couple
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.table import model_class, options_class
from mariel_gnn.models.vae import VAE
from mariel_gnn.models.weights import Identity

ROOT = Path(__file__).parents[2]
FRAMES = 16
SMALL = {  # of the options that a model has
    "latent_size": 8,
    "hidden_size": 24,
    "widths": (16, 24, 32),
    "solver_steps": 4,
    "pose_size": 24,
    "frequencies": 6,
    "between_size": 8,
    "knots": 4,
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
    skeleton = dataset.skeleton
    if options.network.dancers == 2:
        skeleton = pair_skeleton(skeleton)
    shape = WindowShape(FRAMES, len(skeleton), dataset.rate_hz)
    return Identity(options.model, network, shape, skeleton)


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
def windows_of(dance):
    """A maker of windows of one dancer, or of two, in the units of a normalizer."""
    couple = synthesize_couple("in_contact", 0, seconds=7).positions.astype(np.float32)
    pair = tuple(
        Recording(name, couple[:, n], 35.0, "/takes/pair.npz") for n, name in enumerate("ab")
    )
    duet = Duet(pair, np.ones(len(couple), dtype=np.bool_))
    one = Recording("dance", dance, 35.0, "/takes/dance.npy")

    def make(dancers, normalizer=None):
        if dancers == 2:
            return DuetDataset([duet], FRAMES, normalizer=normalizer)
        return MarielDataset([one], FRAMES, predicted_timesteps=0, normalizer=normalizer)

    return make


@pytest.fixture(scope="session")
def both_datasets(windows_of):
    return {dancers: windows_of(dancers) for dancers in (1, 2)}


def dancers_of(request):
    """How many dancers a window of a test's model has; 1 for a test without a configuration."""
    given = getattr(request.node, "callspec", None)
    paths = [each for each in given.params.values() if each in SETTINGS] if given else []
    return options_class(SETTINGS[paths[0]]).dancers if paths else 1


@pytest.fixture
def dataset(request, both_datasets):
    """Windows of as many dancers as a window of the model has."""
    return both_datasets[dancers_of(request)]


def phrases_of(dataset, indices):
    """Windows in metres as models give and take them, `[N, T, J, C]` or `[N, T, 2J, C]`."""
    positions = dataset.positions_m(indices)
    return positions.flatten(2, 3) if isinstance(dataset, DuetDataset) else positions


@pytest.fixture(params=SETTINGS, ids=lambda path: path.stem)
def identity(request, dataset):
    return small_identity(["--config", str(request.param)], dataset)


@pytest.fixture
def model(identity, dataset, known):
    return built_once(known, identity, dataset)


@pytest.fixture(params=VAES, ids=lambda path: path.stem)
def vae(request, dataset, known):
    return built_once(known, small_identity(["--config", str(request.param)], dataset), dataset)
