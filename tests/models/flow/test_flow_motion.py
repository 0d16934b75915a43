"""flow_motion with a network that predicts the truth returns the recorded motion, place and heading included.

What a trained network predicts is measured elsewhere; here all of the way from clips to frames is.
"""

import math
from dataclasses import replace

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError
from mariel_gnn.generation.alignment import Alignment, best_alignment
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.flow.states import STATE_HZ
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.weights import Identity
from tests.models.flow.conftest import RATE_HZ, SMALL

START, RATES = 300, (25.0, 35.0, 60.0, 120.0)
GAPS = (1, 2, 3, 7, 8)
MOVE = Alignment(torch.tensor([2.0]), torch.tensor([[3.0, -2.0]]))


def built(dance, skeleton, rate_hz=RATE_HZ, **changes):
    """A new flow_motion of the dance, as if it was recorded at another rate."""
    frames = 16 * max(1, round(rate_hz / STATE_HZ))  # windows of as many states at every rate
    recording = Recording("dance", dance[:700], rate_hz, "/takes/dance.npy")
    windows = MarielDataset([recording], frames, predicted_timesteps=0, skeleton=skeleton)
    torch.manual_seed(0)
    options, shape = replace(SMALL, **changes), WindowShape(frames, len(skeleton), rate_hz)
    model = Identity("flow_motion", options, shape, skeleton).build(windows.normalizer)
    model.before_training(windows)
    return PhraseModel(model, skeleton)


@pytest.fixture(scope="module", params=RATES)
def model(request, dance, mariel53):
    return built(dance, mariel53, request.param)


@pytest.fixture(scope="module")
def usual(dance, mariel53):
    return built(dance, mariel53)


@pytest.fixture
def truthful(monkeypatch, dance):
    """A maker of models whose network predicts what the dance has after the given states."""

    def make(model, last):
        """`last` is the last frame before the generated ones."""
        flow = model.network.flow
        each = flow.states.frames_per_state
        monkeypatch.setitem(flow.states._buffers, "floor", torch.tensor(-math.inf))
        monkeypatch.setitem(flow.states._modules, "bounds", None)
        truth = flow.states.encode(torch.from_numpy(dance[None, last % each :]))[0]
        poses = truth[:, : flow.states.axes]

        def denoiser(given):
            first = torch.cdist(given.known[:, 0, : flow.states.axes], poses).argmin(dim=1)
            found = torch.stack([truth[i : i + given.known.shape[1]] for i in first.tolist()])
            return lambda states, time: given.hold(found)

        monkeypatch.setattr(flow, "denoiser", denoiser)
        return model

    return make


def frames_of(dance, start, count):
    return torch.from_numpy(dance[start : start + count].copy())


def elsewhere(clip):
    return MOVE.apply(clip[None])[0]


def largest_step_m(frames):
    return float(frames.diff(dim=0).norm(dim=-1).max())


class TestWithTheTruth:
    """Frames at states are exact; those between two states are as good as a spline."""

    @pytest.mark.parametrize("given", [40, 33])
    def test_a_continuation_is_the_recording(self, model, truthful, dance, given):
        """Also at another place with another heading."""
        truthful(model, START + given - 1)
        whole = elsewhere(frames_of(dance, START, given + 80))
        each = model.network.flow.states.frames_per_state
        found = model.continue_phrase(whole[:given], 80 / model.shape.rate_hz)
        assert torch.equal(found[:given], whole[:given])
        error = (found - whole).norm(dim=-1)
        assert error[given - 1 :: each].max() < 2e-3
        if each <= 2:
            assert error.mean() < 1e-3

    @pytest.mark.parametrize("gap", GAPS)
    def test_a_filled_gap_is_the_recording_and_both_clips_are_where_they_were(
        self, model, truthful, dance, gap
    ):
        """If the gap has whole states, and wherever the second clip was given."""
        each = model.network.flow.states.frames_per_state
        frames = each * (gap + 1) - 1
        whole = frames_of(dance, START, 80 + frames)
        truthful(model, START + 39)
        generator = torch.Generator().manual_seed(0)
        filled, moved = model.network.fill(
            whole[:40], elsewhere(whole[40 + frames :]), frames, 1.0, generator
        )
        assert len(filled) == frames
        error = (torch.cat([filled, moved]) - whole[40:]).norm(dim=-1)
        assert error[each - 1 : frames : each].max() < 2e-3
        assert error[frames:].max() < 5e-3
        if each <= 2:
            assert error.mean() < 2e-3

    @pytest.mark.parametrize("frames", GAPS)
    def test_a_gap_of_any_length_has_no_jump(self, model, truthful, dance, frames):
        whole = frames_of(dance, START, 80 + frames)
        truthful(model, START + 39)
        filled, moved = model.network.fill(
            whole[:40], whole[40 + frames :], frames, 1.0, torch.Generator().manual_seed(0)
        )
        joined = torch.cat([whole[:40], filled, moved])
        assert len(filled) == frames
        allowed = model.network.flow.states.frames_per_state + 1  # a gap of one state, in one frame
        assert largest_step_m(joined) < allowed * largest_step_m(whole)

    def test_what_the_axes_leave_out_fades_without_a_jump(self, dance, mariel53, truthful):
        model = truthful(built(dance, mariel53, pose_axes=6), START + 39)
        whole = frames_of(dance, START, 120)
        found = model.continue_phrase(whole[:40], 80 / RATE_HZ)
        assert largest_step_m(found[38:44]) < 1.5 * largest_step_m(whole)
        assert (found[-20:] - whole[-20:]).norm(dim=-1).mean() > 0.01


class TestAnyClip:
    @pytest.mark.parametrize(("given", "count"), [(2, 1), (2, 36), (3, 2), (9, 35), (40, 36)])
    def test_clips_of_any_length_are_continued_by_any_number(self, model, dance, given, count):
        clip = frames_of(dance, START, given)[None]
        found = model.network.continue_from(clip, count, 1.0, torch.Generator().manual_seed(0))
        assert found.shape == (1, count, 53, 3)
        assert found.isfinite().all()

    @pytest.mark.parametrize("ends", [(2, 2), (2, 40), (40, 3), (5, 9)])
    def test_clips_of_any_length_are_joined(self, model, dance, ends):
        first, second = (
            frames_of(dance, start, n) for start, n in zip((0, 500), ends, strict=True)
        )
        filled, moved = model.network.fill(first, second, 7, 1.0, torch.Generator().manual_seed(0))
        assert filled.shape == (7, 53, 3)
        assert filled.isfinite().all()
        assert moved.shape == second.shape

    def test_the_second_clip_is_turned_and_shifted_only(self, usual, dance):
        first, second = frames_of(dance, 0, 40), elsewhere(frames_of(dance, 500, 40))
        _, moved = usual.network.fill(first, second, 9, 1.0, torch.Generator().manual_seed(0))
        rigid = best_alignment(second[None], moved[None], torch.ones(40))
        torch.testing.assert_close(rigid.apply(second[None])[0], moved, rtol=0, atol=1e-4)
        assert torch.equal(moved[..., 2], second[..., 2])

    def test_turning_and_moving_the_clips_turns_and_moves_the_result(self, usual, dance):
        first, second = frames_of(dance, 0, 40), frames_of(dance, 500, 40)

        def results(one, other):
            continued = usual.continue_phrase(one, 1.0, seed=1)
            return torch.cat([continued, usual.join([one, other], 0.3, seed=1)])

        here, there = results(first, second), results(elsewhere(first), second)
        torch.testing.assert_close(there, elsewhere(here), rtol=0, atol=5e-3)
        torch.testing.assert_close(results(first, elsewhere(second)), here, rtol=0, atol=5e-3)

    def test_without_temperature_a_batch_equals_single_clips(self, usual, clips):
        def continued(some):
            return usual.network.continue_from(some, 30, 0.0, torch.Generator().manual_seed(0))

        many = continued(clips[:3])
        torch.testing.assert_close(continued(clips[1:2])[0], many[1], rtol=0, atol=1e-3)

    @pytest.mark.parametrize("lower_m", [0.0, 0.3])
    def test_no_marker_is_below_the_floor_or_the_clip(self, usual, dance, lower_m):
        clip = frames_of(dance, START, 40) - torch.tensor([0, 0, lower_m])
        states = usual.network.flow.states
        found = usual.continue_phrase(clip, 2.0, temperature=3.0)
        lowest = min(states.floor, clip[..., 2].min())
        assert found[..., 2].min() >= lowest - 1e-4
        assert usual.sample(4, temperature=3.0)[..., 2].min() >= states.floor - 1e-4

    def test_bones_of_generated_bodies_are_those_of_the_training_recordings(self, usual, dance):
        """Also at a temperature at which the flow's states are far from poses."""
        flow = usual.network.flow
        first, second = flow.rigid.nonzero().unbind(-1)

        def bones(frames):
            return (frames[..., first, :] - frames[..., second, :]).norm(dim=-1)

        recorded = bones(frames_of(dance, 0, 700))
        drawn = bones(usual.sample(4, temperature=3.0)[:, :: flow.states.frames_per_state])
        error = torch.maximum(recorded.amin(0) - drawn, drawn - recorded.amax(0))
        assert error.max() < 0.02
        assert error.clamp(min=0).mean() < 0.002

    def test_a_skeleton_without_sides_samples_continues_and_joins(self, dance, sideless):
        model, clip = built(dance, sideless), frames_of(dance, START, 40)
        assert model.sample(1, seconds=2.0).shape == (1, 70, 53, 3)
        assert len(model.continue_phrase(clip, 1.0)) == 75
        joined = model.join([clip, clip], 0.3)
        assert len(joined) == 80
        assert joined.isfinite().all()

    def test_the_longest_transition_of_the_message_is_possible(self, usual, dance):
        clip = frames_of(dance, START, 60)
        with pytest.raises(UserError, match=r"fills at most ([\d.]+) s") as refused:
            usual.join([clip, clip], 1.5)
        longest = float(str(refused.value).split("at most ")[1].removesuffix(" s"))
        assert len(usual.join([clip, clip], longest)) == 120
        with pytest.raises(UserError):
            usual.join([clip, clip], longest + 2.5 / RATE_HZ)


class TestGivenLatents:
    def test_a_variation_is_what_the_latents_describe(self, usual, clips, monkeypatch):
        flow = usual.network.flow
        monkeypatch.setattr(flow, "denoiser", lambda given: lambda states, time: given.described)
        monkeypatch.setitem(flow.states._buffers, "floor", torch.tensor(-math.inf))
        monkeypatch.setitem(flow.states._modules, "bounds", None)
        varied = usual.vary(clips[0], 0.0, 2)
        again = usual.reconstruct(clips[:1])
        assert (varied - again).norm(dim=-1)[:, :-2].max() < 0.01
        ends = usual.interpolate(clips[0], clips[1], 3)[[0, -1]]
        assert (ends - usual.reconstruct(clips[:2])).norm(dim=-1)[:, :-2].max() < 0.01

    def test_leading_latents_are_those_of_the_training_phrases(self, dance, mariel53):
        model = built(dance, mariel53).network
        recording = Recording("dance", dance[:700], RATE_HZ, "/takes/dance.npy")
        windows = MarielDataset([recording], 32, predicted_timesteps=0, skeleton=mariel53)
        model.after_training(windows)
        window = model.batch_from_metres(frames_of(dance, 0, 32)[None])
        first = model._leading(model.encode(window).mean)[0]
        kept = model.flow.leading
        torch.testing.assert_close(kept.phrases[0], first, rtol=1e-3, atol=1e-3)
        many = kept.draw(4000, 1.0, torch.Generator().manual_seed(0))
        assert (many.mean(0) - kept.phrases.mean(0)).abs().max() < 0.15

    def test_standardized_latents_have_the_same_leading_ones(self, dance, mariel53, clips):
        """The flow was trained with them before."""
        model = built(dance, mariel53).network
        batch = model.batch_from_metres(clips)
        before = model._leading(model.encode(batch).mean)
        model._standardize([model.encode(batch)])
        after = model._leading(model.encode(batch).mean)
        torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-3)

    def test_a_prior_is_used_only_if_it_is_named(self, usual):
        plain = usual.sample(2, seed=1)
        assert not torch.equal(plain, usual.sample(2, seed=1, prior="normal"))
        assert usual.sample(2, seed=1, prior="none").isfinite().all()
        usual.prior = object()
        try:
            assert torch.equal(plain, usual.sample(2, seed=1))
        finally:
            usual.prior = None

    def test_the_flow_has_no_effect_on_the_vae(self, usual, clips):
        network = usual.network.train()
        network.loss(network.batch_from_metres(clips))["flow"].sum().backward()
        with_gradient = {name.split(".")[0] for name, p in network.named_parameters()
                         if p.grad is not None and p.grad.any()}  # fmt: skip
        network.zero_grad()
        network.eval()
        assert with_gradient == {"flow"}
