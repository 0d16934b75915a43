"""Continuations and transitions on real recordings, by a model that is measured on some, not trained."""

from dataclasses import replace

import pytest
import torch

from experiments.command_line import CONFIGS, parse_run
from mariel_gnn.data.dataset import MarielDataset
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
    options = parse_run(["--config", str(CONFIGS / "flow_motion.yaml")])
    network = replace(options.network, latent_size=64, frequencies=12, widths=(16, 24))
    shape = WindowShape(FRAMES, 53, RATE_HZ)
    torch.manual_seed(0)
    built = Identity("flow_motion", network, shape, windows.skeleton).build(windows.normalizer)
    built.before_training(windows)
    return PhraseModel(built, windows.skeleton)


def test_states_of_other_takes_leave_out_millimetres(model, takes):
    states = model.network.flow.states
    for take in takes[1]:
        clip = take[None, 40:140]
        place, heading = states.root(clip[:, :1])
        pieces = states.pieces(states.encode(clip))
        again = states.place(pieces, place[:, 0], heading[:, 0], clip[..., 2].min())
        assert (again - clip[:, ::2]).norm(dim=-1).mean() < 0.015


def test_given_frames_are_unchanged_and_clips_keep_their_poses(model, takes):
    first, second = (take[40:110] for take in takes[1])
    whole = model.continue_phrase(first, 1.6)
    assert torch.equal(whole[:70], first)
    joined = model.join([first, second], 0.6)
    assert len(joined) == 140
    assert torch.equal(joined[:60], first[:60])
    assert torch.equal(joined[81:, :, 2], second[11:, :, 2])
    found, given = (
        torch.pdist(frames.flatten(0, 1)[::37]) for frames in (joined[81:], second[11:])
    )
    torch.testing.assert_close(found, given, atol=1e-3, rtol=0)


def test_with_the_truth_between_them_joined_halves_are_the_recording(model, takes, monkeypatch):
    take, flow = takes[1][0], model.network.flow
    whole, frames, count = take[100:241], 21, 10  # the states between 0.3 s of each half
    truth = flow.states.encode(take[None, 159:182])  # from the state before them to the one after

    def denoiser(given):
        found, before = given.known.clone(), flow.context(count)
        found[:, before : before + count + 1] = truth[:, 1:]
        return lambda states, time: given.hold(found)

    monkeypatch.setattr(flow, "denoiser", denoiser)
    joined = model.join([whole[:70], whole[70:]], frames / RATE_HZ)
    error = (joined - whole).norm(dim=-1)
    moved = (whole - whole[:1]).norm(dim=-1).mean()
    assert error[:60].max() == 0
    assert error.mean() < 0.02 < moved
