"""Laws of the flow that draws partners, and of new pairs in metres."""

import pytest
import torch

from mariel_gnn.models.duet.drawing import continue_pairs, draw_pairs, draw_partners
from mariel_gnn.models.flow.conditions import between, nothing
from mariel_gnn.models.flow.state_flow import EXTENSION_CONTEXT
from mariel_gnn.models.weights import load_weights
from tests.models.duet.conftest import turned


@pytest.fixture
def flow(make):
    """A flow whose network has an effect."""
    found = make("duet_lstm_vae").partner
    torch.manual_seed(3)
    with torch.no_grad():
        found.network.last[-1].weight.normal_(std=0.3)
    return found


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def first_given(flow, pairs, **conditions):
    given = flow.dancer.encode(pairs[:, :, 0])
    return flow.asked(given, torch.ones(len(pairs)), **conditions)


def test_known_states_are_held(flow, pairs):
    before = flow.states.encode(*pairs.unbind(2))[:, :5]
    drawn = flow.draw(first_given(flow, pairs, before=before), 1.0, generator())
    torch.testing.assert_close(drawn[:, :5], before, atol=1e-5, rtol=0)
    assert (drawn[0, 5:] - drawn[1, 5:]).abs().max() > 0.1


def test_the_other_dancer_has_an_effect_unless_she_is_left_out(flow, pairs):
    for alone in (False, True):
        one = flow.draw(first_given(flow, pairs, alone=alone), 1.0, generator())
        other = flow.draw(first_given(flow, pairs.flip(0), alone=alone), 1.0, generator())
        assert torch.equal(one, other) == alone


def test_who_is_given_has_an_effect(flow, pairs):
    given = flow.dancer.encode(pairs[:, :, 0])
    drawn = [
        flow.draw(flow.asked(given, torch.full((len(given),), first)), 1.0, generator())
        for first in (0.0, 1.0)
    ]
    assert not torch.equal(*drawn)


def test_windows_that_are_not_measured_have_no_loss(flow, pairs):
    measured = torch.ones(pairs.shape[:2], dtype=torch.bool)
    measured[1, 7] = False
    for random in (False, True):
        loss = flow.loss(pairs, measured, random)
        assert loss[1] == 0
        assert (loss[[0, 2, 3, 4, 5]] > 0).all()


def test_the_loss_of_a_validation_repeats_and_is_of_each_window(flow, pairs):
    measured = torch.ones(pairs.shape[:2], dtype=torch.bool)
    loss = flow.loss(pairs, measured, random=False)
    assert torch.equal(loss, flow.loss(pairs, measured, random=False))
    torch.testing.assert_close(
        flow.loss(pairs[2:3], measured[2:3], random=False), loss[2:3], rtol=1e-4, atol=1e-3
    )


def test_a_few_steps_lower_the_loss(make, pairs):
    flow = make("duet_lstm_vae").partner
    measured = torch.ones(pairs.shape[:2], dtype=torch.bool)
    optimizer = torch.optim.Adam(flow.parameters(), lr=2e-2)
    before = flow.loss(pairs, measured, random=False).mean().item()
    torch.manual_seed(0)
    for _ in range(20):
        optimizer.zero_grad()
        flow.loss(pairs, measured, random=True).mean().backward()
        optimizer.step()
    assert flow.loss(pairs, measured, random=False).mean().item() < 0.9 * before


def test_drawn_conditions_are_those_that_are_asked(flow, pairs):
    """In training too, what is not given is zero, and what is known is as recorded."""
    torch.manual_seed(0)
    many = pairs.repeat(40, 1, 1, 1, 1)
    data, given = flow.states.encode(*many.unbind(2)), flow.dancer.encode(many[:, :, 0])
    asked = flow._drawn(data, given, torch.ones(len(many)))
    alone = asked.has_given[:, 0, 0] == 0
    assert 0.05 < alone.float().mean() < 0.3
    assert not asked.given[alone].any()
    assert torch.equal(asked.known, data * asked.is_known[..., None])
    assert (asked.is_known.diff(dim=1) <= 0).all()  # known states are the first ones
    assert not asked.is_known[:, -1].any()
    assert not torch.equal(asked.given[~alone], given[~alone])  # noise hides which phrase it is


def test_a_flow_that_starts_from_one_of_a_single_dancer_predicts_her_alike(flow, solo_run, pairs):
    solo = load_weights(solo_run)[0].flow
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in solo.network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    flow.start_from(solo)
    given, partner = pairs.unbind(2)
    data, size = flow.states.encode(given, partner), flow.dancer.size
    torch.testing.assert_close(data[..., :size], solo.states.encode(partner))
    noise, time = torch.randn_like(data), torch.full((len(data),), 0.4)
    count = data.shape[1]
    for known in (0, 5):
        before = data[:, :known]
        asked = first_given(flow, pairs, alone=True, before=before if known else None)
        conditions = nothing(data[..., :size])
        if known:
            conditions = between(before[..., :size], count - known)
        with torch.no_grad():
            found = flow.denoiser(asked)(noise, time)[..., :size]
            expected = solo.denoiser(conditions)(noise[..., :size], time)
        left = expected - conditions.hold(torch.zeros_like(expected))
        assert (found - expected).std() < 0.2 * left.std()


# ------------------------------------------------------------------ sequences of any length


@pytest.mark.parametrize("frames", [2, 9, 32, 33, 80])
def test_a_partner_is_as_long_as_the_dancer(flow, pairs, frames):
    given = pairs[:2, :, 0].repeat(1, 3, 1, 1)[:, :frames]
    found = draw_partners(flow, given, True, 1.0, generator())
    assert found.shape == given.shape
    assert torch.isfinite(found).all()
    assert torch.equal(found, draw_partners(flow, given, True, 1.0, generator()))


@pytest.mark.parametrize("window", [1, 2, 9])
def test_windows_shorter_than_the_context_are_chained_too(flow, pairs, window):
    flow.window = window
    given = pairs[:2, :, 0]
    assert draw_partners(flow, given, True, 1.0, generator()).shape == given.shape


def test_the_first_states_of_a_long_answer_are_those_that_are_known(flow, pairs):
    before = flow.states.encode(*pairs.unbind(2))[:, : EXTENSION_CONTEXT + 3]
    given = pairs[:, :, 0].repeat(1, 3, 1, 1)
    found = flow.answer(given, True, 1.0, generator(), before)
    assert found.shape[1] == flow.dancer.count(given.shape[1])
    assert torch.equal(found[:, : before.shape[1]], before)


def test_at_temperature_zero_a_window_is_one_prediction_from_no_noise(flow, pairs):
    given = pairs[:, : flow.window * flow.dancer.frames_per_state, 0]
    asked = flow.asked(flow.dancer.encode(given), torch.ones(len(pairs)))
    with torch.no_grad():
        mean = flow.denoiser(asked)(torch.zeros_like(asked.known), torch.zeros(len(pairs)))
    torch.testing.assert_close(flow.answer(given, True, 0.0, generator()), mean)
    assert (flow.draw(asked, 0.0, generator()) - mean).abs().max() > 1e-3


def test_a_dancer_alone_is_drawn_with_all_steps_at_temperature_zero(flow, pairs):
    given = pairs[:, : flow.window * flow.dancer.frames_per_state, 0]
    asked = flow.asked(flow.dancer.encode(given), torch.ones(len(pairs)), alone=True)
    found = flow.answer(given, True, 0.0, generator(), alone=True)
    torch.testing.assert_close(found, flow.draw(asked, 0.0, generator()))


def test_turning_the_dancer_turns_her_partner(flow, pairs):
    given = pairs[:3, :, 0]
    one = draw_partners(flow, given, True, 1.0, generator())
    other = draw_partners(flow, turned(given, 1.7, (2.0, 1.0)), True, 1.0, generator())
    torch.testing.assert_close(other, turned(one, 1.7, (2.0, 1.0)), atol=5e-3, rtol=0)


def test_no_marker_of_a_pair_is_below_the_floor(flow):
    drawn = draw_pairs(flow, 3, 40, 2.0, generator())
    assert drawn.shape == (3, 40, 2, len(flow.dancer.skeleton), 3)
    assert drawn[..., 2].min() >= flow.dancer.floor - 1e-5


def test_temperature_zero_is_one_partner(flow, pairs):
    given = pairs[:1, :, 0].expand(3, -1, -1, -1)
    cold = draw_partners(flow, given, True, 0.0, generator())
    torch.testing.assert_close(cold[0], cold[2], atol=1e-4, rtol=0)
    warm = draw_partners(flow, given, True, 1.0, generator())
    assert (warm[0] - warm[2]).abs().max() > 0.01


@pytest.mark.parametrize("known", [5, 12, 32])
def test_a_continuation_starts_where_the_pair_is(flow, pairs, known):
    """With a network that changes nothing, though states leave out most of a pose."""
    with torch.no_grad():
        flow.network.last[-1].weight.zero_()
    clip = pairs[:, :known]
    found = continue_pairs(flow, clip, 11, 1.0, generator())
    assert found.shape == (len(pairs), 11, *pairs.shape[2:])
    jump = (found[:, 0] - clip[:, -1]).norm(dim=-1)
    steps = clip.diff(dim=1).norm(dim=-1)
    assert jump.max() < 2 * steps.max() + 0.02
    moved = continue_pairs(flow, turned(clip, 0.9, (1.0, 2.0)), 11, 1.0, generator())
    torch.testing.assert_close(moved, turned(found, 0.9, (1.0, 2.0)), atol=5e-3, rtol=0)
