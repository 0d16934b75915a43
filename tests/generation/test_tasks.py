"""Properties of every task for every model: ends, starts, lengths, given frames, seeds, places."""

import math
from functools import partial

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError
from mariel_gnn.generation import continuation
from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.continuation import (
    continuation_starts,
    inertialization_frames,
    overlap_frames,
)
from mariel_gnn.generation.foot_locking import PENETRATION_M, lock_phrases
from mariel_gnn.metrics.samples import NEAR_M as NEAR_M_ABOVE_LOWEST
from mariel_gnn.mocap.recording import Recording
from tests.generation.conftest import FRAMES, LATENTS, RATE_HZ, small_model

MOVE = Alignment(torch.tensor([1.0]), torch.tensor([[3.0, -2.0]]))
NEAR_M = 0.005  # the fit amplifies rounding of the gradient


@pytest.fixture
def few_steps(monkeypatch):
    """A fit with few steps: these properties do not depend on its quality."""
    monkeypatch.setattr(continuation, "fit_latents", partial(continuation.fit_latents, steps=8))


def elsewhere(clip):
    """The clip at another place with another heading."""
    return MOVE.apply(clip[None])[0]


def close(found, wanted, atol=1e-4):
    torch.testing.assert_close(found, wanted, rtol=0, atol=atol)


class TestVary:
    def test_a_distance_of_zero_is_the_reconstruction(self, any_model, clips):
        varied = any_model.vary(clips[0], 0.0, count=2)
        again = any_model.reconstruct(clips[0][None, :FRAMES])
        close(varied, again.expand(2, -1, -1, -1))

    def test_all_start_at_the_start_of_the_phrase(self, any_model, clips):
        varied = any_model.vary(clips[0], 0.5, count=3)
        again = any_model.reconstruct(clips[0][None, :FRAMES])
        close(varied[:, 0, :, :2].mean(1), again[:, 0, :, :2].mean(1).expand(3, -1))

    def test_the_latents_have_the_given_distance(self, any_model, clips, monkeypatch):
        decoded = []
        decode = any_model.decode
        monkeypatch.setattr(
            any_model, "decode", lambda z, *a, **k: decoded.append(z) or decode(z, *a, **k)
        )
        any_model.vary(clips[0], 0.7, count=3)
        z = any_model.encode(clips[0][None, :FRAMES])
        distance = (decoded[0] - z).norm(dim=1)
        torch.testing.assert_close(distance, torch.full((3,), 0.7 * math.sqrt(LATENTS)))

    def test_variations_are_equivariant_to_the_phrase(self, gnn, clips):
        here, there = (gnn.vary(clip, 0.5) for clip in (clips[0], elsewhere(clips[0])))
        close(there, MOVE.apply(here), atol=1e-3)


class TestInterpolate:
    def test_the_ends_are_the_reconstructions(self, any_model, clips):
        path = any_model.interpolate(clips[0], clips[1], 4)
        ends = torch.stack([clip[:FRAMES] for clip in clips[:2]])
        close(path[[0, -1]], any_model.reconstruct(ends))

    def test_the_path_is_reversible(self, any_model, clips):
        forth, back = (
            any_model.interpolate(*clips[:2], 5),
            any_model.interpolate(*clips[1::-1], 5),
        )
        close(forth, back.flip(0), atol=1e-3)

    def test_the_path_is_equivariant_to_both_phrases(self, gnn, clips):
        here = gnn.interpolate(*clips[:2], 4)
        close(gnn.interpolate(*map(elsewhere, clips[:2]), 4), MOVE.apply(here), atol=1e-3)


class TestContinue:
    @pytest.mark.usefixtures("few_steps")
    def test_the_given_frames_are_unchanged_and_the_length_is_exact(self, any_model, clips):
        for seconds in (0.0, 0.8):
            whole = any_model.continue_phrase(clips[0], seconds)
            assert torch.equal(whole[:56], clips[0])
            assert len(whole) == 56 + round(seconds * RATE_HZ)

    @pytest.mark.usefixtures("few_steps")
    def test_the_same_seed_gives_the_same_bytes(self, any_model, clips):
        before = torch.get_rng_state()
        first, again, other = (
            any_model.continue_phrase(clips[0], 0.5, seed=seed) for seed in (3, 3, 4)
        )
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
        assert torch.equal(torch.get_rng_state(), before)

    def test_a_longer_continuation_begins_as_a_shorter_one(self, gnn, clips):
        shorter, longer = (gnn.continue_phrase(clips[1], s) for s in (0.5, 1.0))
        assert torch.equal(longer[: len(shorter)], shorter)

    @pytest.mark.usefixtures("few_steps")
    def test_temperature_zero_has_one_continuation(self, any_model, clips):
        continuations = [any_model.continue_phrase(clips[0], 0.5, 0.0, seed) for seed in (0, 1)]
        close(*continuations, atol=1e-3)

    def test_the_given_prior_is_used(self, gnn, clips):
        flow, default, normal = (
            gnn.continue_phrase(clips[0], 0.5, prior=prior) for prior in ("flow", None, "normal")
        )
        assert torch.equal(flow, default)
        assert not torch.allclose(flow, normal)

    def test_the_continuation_is_equivariant_to_the_clip(self, gnn, clips):
        here = gnn.continue_phrase(clips[0], 1.0)
        close(gnn.continue_phrase(elsewhere(clips[0]), 1.0), elsewhere(here), atol=NEAR_M)

    def test_transitions_stay_in_the_motion_range(self, gnn, clips):
        for clip in clips:
            whole = gnn.continue_phrase(clip, 1.2)
            for start in continuation_starts(gnn.shape, len(clip), len(whole)):
                transition = whole[start - 2 : start + inertialization_frames(gnn.shape) + 2]
                assert max(gnn.motion_range.peak_ratios(transition.numpy(), RATE_HZ)) <= 1


class TestJoin:
    def test_the_length_is_the_total_of_all_clips(self, any_model, clips):
        assert len(any_model.join(clips, 0.4)) == 3 * 56

    def test_poses_outside_the_transition_are_unchanged(self, any_model, clips):
        whole = any_model.join(clips[:2], 0.4)
        assert torch.equal(whole[: 56 - 7], clips[0][: 56 - 7])
        tail, given = whole[56 + 7 :], clips[1][7:]
        close(*(torch.pdist(frames[:, :, :2].flatten(0, 1)[::97]) for frames in (tail, given)))
        close(tail[..., 2], given[..., 2])

    def test_joined_halves_are_close_to_the_recording(self, gnn, dance):
        whole = torch.from_numpy(dance[300:420].copy())
        joined = gnn.join([whole[:60], whole[60:]], 0.4)
        error = (joined - whole).norm(dim=-1)
        assert error.mean() < 0.03
        assert error[:53].max() == 0
        assert (whole[60:] - whole[:60]).norm(dim=-1).mean() > 0.1

    def test_joining_is_equivariant_to_the_first_clip(self, gnn, clips):
        here = gnn.join(clips[:2], 0.4)
        close(gnn.join([elsewhere(clips[0]), clips[1]], 0.4), elsewhere(here), atol=NEAR_M)

    def test_the_place_of_the_second_clip_has_no_effect(self, gnn, clips):
        close(gnn.join([clips[0], elsewhere(clips[1])], 0.4), gnn.join(clips[:2], 0.4), atol=NEAR_M)

    def test_the_transition_stays_in_the_motion_range(self, gnn, clips):
        whole = gnn.join(clips, 0.5).numpy()
        for end in (56, 112):
            assert max(gnn.motion_range.peak_ratios(whole[end - 11 : end + 11], RATE_HZ)) <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, p: m.vary(p, -1.0), "sigmas is -1; it must be 0 or more"),
        (lambda m, p: m.vary(p[:20], 1.0), "the clip has 20 frames; 32 are needed"),
        (lambda m, p: m.vary(p[:, :18], 1.0), r"\[56, 18, 3\].*skeleton mariel53"),
        (lambda m, p: m.interpolate(p, p, 1), "steps is 1; it must be 2 or more"),
        (lambda m, p: m.continue_phrase(p, -1.0), "seconds is -1; it must be 0 or more"),
        (lambda m, p: m.continue_phrase(p, math.inf), "seconds is inf"),
        (lambda m, p: m.continue_phrase(p, 1.0, -1.0), "temperature is -1; it must be 0 or more"),
        (lambda m, p: m.continue_phrase(p[:5], 1.0), "the clip has 5 frames; 8 are needed"),
        (lambda m, p: m.continue_phrase(p * math.nan, 1.0), "gaps"),
        (lambda m, p: m.continue_phrase(p, 1.0, prior="flaw"), "Did you mean 'flow'"),
        (lambda m, p: m.join([p, p[:12]], 0.4), "the clip has 12 frames"),
        (lambda m, p: m.join([p, p], 30.0), "transition_s is 30; it must be 0.06 to 0.6"),
        (lambda m, p: m.join([p], 0.4), "two or more clips"),
    ],
)  # fmt: skip
def test_invalid_arguments_are_refused(gnn, clips, call, message):
    assert overlap_frames(gnn.shape) == 8
    with pytest.raises(UserError, match=message):
        call(gnn, clips[0])


def test_any_marker_set_works(dance, mariel18, mariel53):
    kept = [mariel53.markers.index(name) for name in mariel18.markers]
    recording = Recording("dance", dance[:600, kept], RATE_HZ, "/takes/dance.npy")
    windows = MarielDataset([recording], seq_len=FRAMES, predicted_timesteps=0, skeleton=mariel18)
    model, clip = small_model("gnn_vae.yaml", windows), recording.positions[50:100]
    assert model.vary(clip, 0.3, 2).shape == (2, FRAMES, 18, 3)
    assert model.continue_phrase(clip, 0.4).shape == (64, 18, 3)
    assert model.join([clip, clip], 0.4).shape == (100, 18, 3)


TASKS = {
    "sample": lambda model, clips, **options: model.sample(6, 1.5, **options),
    "vary": lambda model, clips, **options: model.vary(clips[0], 1.0, 3, **options),
    "interpolate": lambda model, clips, **options: model.interpolate(*clips[:2], 3, **options),
}


@pytest.mark.parametrize("task", TASKS)
def test_no_task_generates_bodies_below_or_above_the_floor(gnn, clips, task):
    locked, plain = (TASKS[task](gnn, clips, foot_locking=on) for on in (True, False))
    near_floor = gnn.motion_range.near_floor()
    torch.testing.assert_close(locked, lock_phrases(plain, near_floor, RATE_HZ))
    floor_m = min(0.0, float(near_floor[near_floor.isfinite()].min()) - NEAR_M_ABOVE_LOWEST)
    assert locked[..., 2].min() > floor_m - PENETRATION_M - 1e-3
    standing = locked[..., 2].amin(-1).amin(-1)  # a window of 0.9 s has no flight that long
    assert standing.max() < near_floor.max() + 0.01


def test_foot_locking_can_be_switched_off(gnn, clips):
    on, off = (gnn.join(clips[:2], 0.4, foot_locking=locked) for locked in (True, False))
    assert not torch.equal(on, off)
    on, off = (gnn.continue_phrase(clips[0], 0.3, foot_locking=locked) for locked in (True, False))
    assert torch.equal(on[:56], off[:56])
    assert not torch.equal(on, off)
