"""Properties of every task for every model: ends, starts, lengths, given frames, seeds, places."""

import math

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError
from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.tasks import run_task
from mariel_gnn.mocap.recording import Recording
from tests.generation.conftest import CONTINUING, FRAMES, LATENTS, RATE_HZ, small_model

MOVE = Alignment(torch.tensor([1.0]), torch.tensor([[3.0, -2.0]]))
NEAR_M = 0.005  # a network amplifies rounding of its input


def elsewhere(clip):
    """The clip at another place with another heading."""
    return MOVE.apply(clip[None])[0]


def close(found, wanted, atol=1e-4):
    torch.testing.assert_close(found, wanted, rtol=0, atol=atol)


class TestSample:
    def test_a_longer_sample_begins_with_the_plain_one(self, continuing):
        plain, longer = continuing.sample(2, seed=3), continuing.sample(2, seed=3, seconds=2.0)
        assert longer.shape == (2, 70, 53, 3)
        assert torch.equal(longer[:, :FRAMES], plain)
        assert longer.isfinite().all()

    def test_a_shorter_sample_is_the_start_of_the_plain_one(self, any_model, continuing):
        for model in (any_model, continuing):
            shorter = model.sample(2, seed=3, seconds=0.3)
            assert torch.equal(shorter, model.sample(2, seed=3)[:, : round(0.3 * RATE_HZ)])

    def test_a_long_sample_counts_its_frames(self, continuing):
        seen = []
        continuing.sample(1, seconds=2.0, on_frames=lambda *done: seen.append(done))
        assert seen[-1] == (70 - FRAMES, 70 - FRAMES)
        assert seen == sorted(seen)

    def test_a_model_that_does_not_continue_says_so(self, decoding):
        with pytest.raises(UserError, match="does not continue motion: use a run of flow_motion"):
            decoding.sample(1, seconds=FRAMES / RATE_HZ + 0.1)
        assert decoding.sample(1, seconds=FRAMES / RATE_HZ).shape[1] == FRAMES


class TestVary:
    def test_a_distance_of_zero_is_the_reconstruction(self, decoding, clips):
        varied = decoding.vary(clips[0], 0.0, count=2)
        again = decoding.reconstruct(clips[0][None, :FRAMES])
        close(varied, again.expand(2, -1, -1, -1))

    def test_all_start_at_the_start_of_the_phrase(self, any_model, clips):
        varied = any_model.vary(clips[0], 0.5, count=3)
        again = any_model.reconstruct(clips[0][None, :FRAMES])
        close(varied[:, 0, :, :2].mean(1), again[:, 0, :, :2].mean(1).expand(3, -1))

    def test_the_latents_have_the_given_distance(self, any_model, clips, monkeypatch):
        decoded, network = [], any_model.network
        phrases_of = network.phrases_of
        monkeypatch.setattr(
            network, "phrases_of", lambda z, *others: decoded.append(z) or phrases_of(z, *others)
        )
        any_model.vary(clips[0], 0.7, count=3)
        z = any_model.encode(clips[0][None, :FRAMES])
        distance = (decoded[0] - z).norm(dim=1)
        torch.testing.assert_close(distance, torch.full((3,), 0.7 * math.sqrt(LATENTS)))

    def test_variations_are_equivariant_to_the_phrase(self, gnn, clips):
        here, there = (gnn.vary(clip, 0.5) for clip in (clips[0], elsewhere(clips[0])))
        close(there, MOVE.apply(here), atol=1e-3)


class TestInterpolate:
    def test_the_ends_are_the_reconstructions(self, decoding, clips):
        path = decoding.interpolate(clips[0], clips[1], 4)
        ends = torch.stack([clip[:FRAMES] for clip in clips[:2]])
        close(path[[0, -1]], decoding.reconstruct(ends))

    def test_the_path_is_reversible(self, decoding, clips):
        forth, back = (
            decoding.interpolate(*clips[:2], 5),
            decoding.interpolate(*clips[1::-1], 5),
        )
        close(forth, back.flip(0), atol=1e-3)

    def test_the_path_is_equivariant_to_both_phrases(self, gnn, clips):
        here = gnn.interpolate(*clips[:2], 4)
        close(gnn.interpolate(*map(elsewhere, clips[:2]), 4), MOVE.apply(here), atol=1e-3)


class TestContinue:
    @pytest.mark.parametrize("given", [2, 3, 31, 56])
    def test_the_given_frames_are_unchanged_and_the_length_is_exact(self, continuing, clips, given):
        for seconds in (0.0, 0.1, 0.8, 2.0):
            whole = continuing.continue_phrase(clips[0][:given], seconds)
            assert torch.equal(whole[:given], clips[0][:given])
            assert len(whole) == given + round(seconds * RATE_HZ)
            assert whole.isfinite().all()

    def test_the_same_seed_gives_the_same_bytes(self, continuing, clips):
        before = torch.get_rng_state()
        first, again, other = (
            continuing.continue_phrase(clips[0], 0.5, seed=seed) for seed in (3, 3, 4)
        )
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
        assert torch.equal(torch.get_rng_state(), before)

    def test_a_longer_continuation_begins_as_a_shorter_one(self, continuing, clips):
        shorter, longer = (continuing.continue_phrase(clips[1], s) for s in (0.5, 1.5))
        close(longer[: len(shorter)], shorter, atol=0.03)  # a spline ends otherwise than it goes on

    def test_temperature_zero_has_one_continuation(self, continuing, clips):
        close(*(continuing.continue_phrase(clips[0], 0.5, 0.0, seed) for seed in (0, 1)))

    def test_the_continuation_is_equivariant_to_the_clip(self, continuing, clips):
        here = continuing.continue_phrase(clips[0], 1.0, 0.0)
        close(continuing.continue_phrase(elsewhere(clips[0]), 1.0, 0.0), elsewhere(here), NEAR_M)

    def test_the_frames_are_counted(self, continuing, clips):
        seen = []
        continuing.continue_phrase(clips[0], 2.0, on_frames=lambda *done: seen.append(done))
        assert seen[-1] == (70, 70)
        assert seen == sorted(seen)


class TestJoin:
    @pytest.mark.parametrize("transition_s", [2 / RATE_HZ, 3 / RATE_HZ, 0.2, 0.4])
    def test_the_length_is_the_total_of_all_clips(self, flow, clips, transition_s):
        assert len(flow.join(clips, transition_s)) == 3 * 56

    @pytest.mark.parametrize("frames", [2, 7, 14])
    def test_poses_outside_the_transition_are_unchanged(self, flow, clips, frames):
        whole = flow.join(clips[:2], frames / RATE_HZ)
        before, after = frames // 2, frames - frames // 2
        assert torch.equal(whole[: 56 - before], clips[0][: 56 - before])
        tail, given = whole[56 + after :], clips[1][after:]
        close(*(torch.pdist(frames[:, :, :2].flatten(0, 1)[::97]) for frames in (tail, given)))
        assert torch.equal(tail[..., 2], given[..., 2])

    def test_the_same_seed_gives_the_same_bytes(self, flow, clips):
        first, again, other = (flow.join(clips, 0.4, seed=seed) for seed in (3, 3, 4))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)

    def test_joining_is_equivariant_to_the_first_clip(self, flow, clips):
        here = flow.join(clips[:2], 0.4)
        close(flow.join([elsewhere(clips[0]), clips[1]], 0.4), elsewhere(here), atol=NEAR_M)

    def test_the_place_of_the_second_clip_has_no_effect(self, flow, clips):
        close(flow.join([clips[0], elsewhere(clips[1])], 0.4), flow.join(clips[:2], 0.4), NEAR_M)

    @pytest.mark.parametrize("frames", [2, 7, 14])
    def test_exactly_the_generated_frames_are_marked(self, flow, clips, frames):
        takes = [Recording("take", clip.numpy(), RATE_HZ, "/take.npy") for clip in clips]
        arguments = {"transition_s": frames / RATE_HZ, "temperature": 1.0, "seed": 0}
        result = run_task(flow, "join", takes, arguments)
        heights = result.recordings[0].positions[..., 2]
        kept = (heights == torch.cat(clips)[..., 2].numpy()).all(axis=1)
        generated = [t for start, stop in result.generated_spans() for t in range(start, stop)]
        assert (~kept).nonzero()[0].tolist() == generated
        assert len(generated) == 2 * frames

    def test_the_frames_are_counted(self, flow, clips):
        seen = []
        flow.join(clips, 0.4, on_frames=lambda *done: seen.append(done))
        assert seen[-1] == (168, 168)
        assert len(seen) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, p: m.vary(p, -1.0), "sigmas is -1; it must be 0 or more"),
        (lambda m, p: m.vary(p[:20], 1.0), "the clip has 20 frames; 32 are needed"),
        (lambda m, p: m.vary(p[:, :18], 1.0), r"\[56, 18, 3\].*skeleton mariel53"),
        (lambda m, p: m.interpolate(p, p, 1), "steps is 1; it must be 2 or more"),
        (lambda m, p: m.sample(1, seconds=-1.0), "seconds is -1; it must be 0.0571429 or more"),
        (lambda m, p: m.sample(1, seconds=math.inf), "seconds is inf"),
        (lambda m, p: m.continue_phrase(p, -1.0), "seconds is -1; it must be 0 or more"),
        (lambda m, p: m.continue_phrase(p, math.inf), "seconds is inf"),
        (lambda m, p: m.continue_phrase(p, 1.0, -1.0), "temperature is -1; it must be 0 or more"),
        (lambda m, p: m.continue_phrase(p[:1], 1.0), "the clip has 1 frames; 2 are needed"),
        (lambda m, p: m.continue_phrase(p * math.nan, 1.0), "gaps"),
        (lambda m, p: m.join([p, p[:12]], 0.4), "the clip has 12 frames; 16 are needed"),
        (lambda m, p: m.join([p, p], 1.5), "a transition of 1.49 s: this model fills at most 0.49 s"),
        (lambda m, p: m.join([p, p], 0.0), "transition_s is 0; it must be 0.0571429 or more"),
        (lambda m, p: m.join([p, p], 0.4, -1.0), "temperature is -1; it must be 0 or more"),
        (lambda m, p: m.join([p], 0.4), "two or more clips"),
    ],
)  # fmt: skip
def test_invalid_arguments_are_refused(flow, clips, call, message):
    with pytest.raises(UserError, match=message):
        call(flow, clips[0])


@pytest.mark.parametrize("task", ["continue_phrase", "join"])
def test_models_that_do_not_continue_or_join_name_one_that_does(decoding, clips, task):
    arguments = {"continue_phrase": (clips[0], 0.5), "join": (clips, 0.4)}[task]
    with pytest.raises(UserError, match="use a run of flow_motion") as refused:
        getattr(decoding, task)(*arguments)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("setting", CONTINUING)
def test_any_marker_set_works(dance, mariel18, mariel53, setting):
    kept = [mariel53.markers.index(name) for name in mariel18.markers]
    recording = Recording("dance", dance[:600, kept], RATE_HZ, "/takes/dance.npy")
    windows = MarielDataset([recording], seq_len=FRAMES, predicted_timesteps=0, skeleton=mariel18)
    model, clip = small_model(setting, windows), recording.positions[50:100]
    assert model.sample(2, seconds=1.0).shape == (2, 35, 18, 3)
    assert model.continue_phrase(clip, 0.4).shape == (64, 18, 3)
    if model.has_latents:
        assert model.vary(clip, 0.3, 2).shape == (2, FRAMES, 18, 3)
        assert model.join([clip, clip], 0.4).shape == (100, 18, 3)
