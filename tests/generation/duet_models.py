"""A small untrained model of two dancers, on two synthetic dancers in one room."""

import numpy as np
import torch

from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet
from mariel_gnn.generation.motion_range import measure_motion_range
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import DuetLSTMVAEOptions
from mariel_gnn.models.weights import Identity

FRAMES, RATE_HZ = 32, 35.0
MODEL = "duet_lstm_vae"
SMALL = DuetLSTMVAEOptions(
    latent_size=12,
    pose_size=24,
    frequencies=8,
    widths=(16, 24, 32),
    solver_steps=3,
    between_size=4,
    hidden_size=8,
    knots=4,
)


def couple(dance):
    """Two dancers a metre apart, `[2, T, J, C]`: the second dances what the first did, two seconds late."""
    late = np.roll(dance, 70, axis=0) * np.float32([-1, -1, 1]) + np.float32([1, 0.3, 0])
    return np.stack([dance, late])[:, 70:]


def small_duet_model(dance, skeleton):
    """The untrained model, with a motion range."""
    first, second = (
        Recording(f"dancer{number}", positions, RATE_HZ, "/takes/couple.npz")
        for number, positions in enumerate(couple(dance)[:, :400])
    )
    windows = DuetDataset(
        [Duet((first, second), np.ones(len(first), dtype=bool))],
        FRAMES,
        stride=10,
        skeleton=skeleton,
    )
    pair = pair_skeleton(skeleton)
    torch.manual_seed(0)
    shape = WindowShape(FRAMES, len(pair), RATE_HZ)
    network = Identity(MODEL, SMALL, shape, pair).build(windows.normalizer)
    network.before_training(windows)
    network.after_training(windows)
    motion_range = measure_motion_range(windows.recordings_m(), skeleton.markers, RATE_HZ)
    both = type(motion_range)(
        *(
            {f"{dancer}:{name}": limit for dancer in (1, 2) for name, limit in limits.items()}
            for limits in (motion_range.speed_m_per_s, motion_range.acceleration_m_per_s2)
        )
    )
    return PhraseModel(network, pair, None, both)
