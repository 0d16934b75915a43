"""Two small duets of 18 markers, and small models of two dancers that are fitted to them."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.mocap.synthetic.couple import synthesize_couple
from mariel_gnn.models.flow_motion import FlowMotion
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.table import model_class, options_class
from mariel_gnn.models.weights import Identity, save_weights

FRAMES, RATE_HZ = 32, 35.0
FLOW = {
    "latent_size": 12,
    "pose_size": 8,
    "frequencies": 8,
    "pose_axes": 8,
    "widths": (8, 16),
    "solver_steps": 2,
}
SMALL = FLOW | {"between_size": 8, "hidden_size": 8, "knots": 4}
NAMES = ("duet_lstm_vae", "duet_gnn_vae", "duet_token_vae")


@pytest.fixture(scope="package")
def duets(mariel18):
    """An orbiting couple and one in contact, five seconds each."""
    kept = [load_skeleton("mariel53").markers.index(name) for name in mariel18.markers]
    found = []
    for scene in ("orbiting", "in_contact"):
        both = synthesize_couple(scene, 0, 5.0).positions[:, :, kept].astype(np.float32)
        dancers = tuple(
            Recording(f"{scene} {n}", both[:, n], RATE_HZ, f"/{scene}.npz") for n in (0, 1)
        )
        found.append(Duet(dancers, np.ones(len(both), dtype=np.bool_)))
    return found


@pytest.fixture(scope="package")
def dataset(duets, mariel18):
    return DuetDataset(duets, FRAMES, stride=5, skeleton=mariel18)


@pytest.fixture(scope="package")
def pairs(dataset):
    """Six windows `[6, T, 2, J, C]` in metres."""
    return dataset.positions_m(torch.arange(0, len(dataset), len(dataset) // 6)[:6])


@pytest.fixture(scope="package")
def make(dataset):
    """A maker of measured models."""
    known = {}

    def made(name, **changes):
        key = name, *sorted(changes.items())
        if key not in known:
            torch.manual_seed(0)
            skeleton = pair_skeleton(dataset.skeleton)
            shape = WindowShape(FRAMES, len(skeleton), RATE_HZ)
            options = options_class(name)(**(SMALL | changes))
            model = model_class(name)(options, shape, deepcopy(dataset.normalizer), skeleton)
            model.before_training(dataset)
            known[key] = model.eval()
        return deepcopy(known[key])

    return made


@pytest.fixture(params=NAMES)
def model(request, make):
    return make(request.param)


@pytest.fixture(scope="package")
def save_solo(dataset, tmp_path_factory):
    """A writer of runs of flow_motion on the single dancers."""

    def save(rate_hz=RATE_HZ, frames=FRAMES, **changes):
        torch.manual_seed(1)
        options = FlowMotion.Options(**(FLOW | changes))
        shape = WindowShape(frames, len(dataset.skeleton), rate_hz)
        identity = Identity("flow_motion", options, shape, dataset.skeleton)
        flow = identity.build(deepcopy(dataset.normalizer))
        flow.before_training(dataset.solo if frames == FRAMES else dataset.solo.recut(frames))
        folder = tmp_path_factory.mktemp("solo")
        save_weights(folder / "best.safetensors", flow, identity)
        return folder

    return save


@pytest.fixture(scope="package")
def solo_run(save_solo):
    return save_solo()


def turned(positions, angle, shift=(0.0, 0.0)):
    """Positions `[..., C]` rotated about the vertical and shifted, all by the same."""
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = torch.tensor([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], dtype=torch.float32)
    return positions @ rotation.T + torch.tensor([*shift, 0.0])
