"""Transitions on real recordings, by a model that is initialized on some of them and not trained."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from experiments.command_line import CONFIGS, parse_run
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.generation.continuation import continuation_starts, inertialization_frames
from mariel_gnn.generation.motion_range import measure_motion_range
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.weights import Identity

RATE_HZ, FRAMES = 35.0, 64


@pytest.fixture(scope="module")
def takes(real_recordings):
    """Training windows of salsa and modern dance, and positions of other takes."""
    named = {path.stem: path for path in real_recordings}
    training = ["salsa_60_01", "modern_05_03"]
    windows = MarielDataset(
        [named[name] for name in training], seq_len=FRAMES, predicted_timesteps=0
    )
    others = MarielDataset([named["salsa_60_12"], named["modern_05_04"]], seq_len=FRAMES)
    return windows, [torch.from_numpy(part) for part in others.recordings_m()]


@pytest.fixture(scope="module")
def model(takes):
    windows, _ = takes
    options = parse_run(["--config", str(CONFIGS / "gnn_vae.yaml")])
    network = replace(options.network, latent_size=64, hidden_size=16, frequencies=12)
    shape = WindowShape(FRAMES, 53, RATE_HZ)
    torch.manual_seed(0)
    built = Identity("gnn_vae", network, shape, windows.skeleton).build(windows.normalizer)
    built.before_training(windows)
    built.after_training(windows)
    motion_range = measure_motion_range(windows.recordings_m(), windows.skeleton.markers, RATE_HZ)
    return PhraseModel(built, windows.skeleton, motion_range=motion_range)


def within(model, positions):
    return max(model.motion_range.peak_ratios(positions.numpy(), RATE_HZ)) <= 1


def test_continuations_stay_in_the_motion_range(model, takes):
    for take in takes[1]:
        whole = model.continue_phrase(take[40:110], 1.6)
        assert torch.equal(whole[:70], take[40:110])
        for start in continuation_starts(model.shape, 70, len(whole)):
            assert within(model, whole[start - 2 : start + inertialization_frames(model.shape) + 2])


def test_no_foot_jumps_at_a_transition(model, takes):
    feet = [model.skeleton.markers.index(name) for name in model.motion_range.near_floor_m]
    take = takes[1][0]
    steps = take[:, feet].diff(dim=0).norm(dim=-1)
    whole = model.continue_phrase(take[40:110], 0.5)
    at_transition = whole[69:72, feet].diff(dim=0).norm(dim=-1).max()
    assert at_transition < torch.quantile(steps.amax(dim=1), 0.99)


def test_a_transition_between_two_dances_stays_in_the_motion_range(model, takes):
    salsa, modern = takes[1]
    whole = model.join([salsa[20:90], modern[30:100]], 1.0)
    assert len(whole) == 140
    assert within(model, whole[70 - 20 : 70 + 20])


def test_joined_halves_are_close_to_the_recording(model, takes):
    whole = takes[1][0][100:240]
    joined = model.join([whole[:70], whole[70:]], 0.6)
    error = (joined - whole).norm(dim=-1)
    moved = (whole - whole[:1]).norm(dim=-1).mean()
    assert error.mean() < 0.05 < moved
    assert np.isclose(float(error[:59].max()), 0.0)
