"""The loss of the flow, and sequences that are drawn, filled and extended."""

import pytest
import torch

from mariel_gnn.models.flow.conditions import between, nothing
from tests.models.flow.conftest import small_flow


def loss_of(flow, clips):
    described = clips, torch.ones(len(clips), flow.leading.size)
    return flow.loss(clips, described if flow.training else None)


def test_the_loss_of_the_truth_is_zero(flow, clips, monkeypatch):
    truth = flow.states.encode(clips)
    monkeypatch.setattr(flow, "denoiser", lambda given: lambda states, time: truth)
    assert loss_of(flow, clips).abs().max() < 1e-3


def test_the_loss_in_evaluation_does_not_depend_on_the_batch(flow, clips):
    many = loss_of(flow, clips)
    assert torch.equal(many, loss_of(flow, clips))
    for place in (0, 5):
        torch.testing.assert_close(
            loss_of(flow, clips[place : place + 1])[0], many[place], rtol=1e-3, atol=1e-2
        )


def test_the_loss_in_training_is_random(mariel53, dance, clips):
    flow = small_flow(mariel53, dance).train()
    assert not torch.equal(loss_of(flow, clips), loss_of(flow, clips))


def with_poses(flow, states, poses):
    """States with other poses."""
    flat = (poses.flatten(2) - flow.states.pose_mean) @ flow.states.pose_axes
    return torch.cat([flat / flow.states.pose_scale, states[..., -3:]], dim=-1)


def test_vibration_costs_more_than_an_offset_of_the_same_size(flow, clips):
    data = flow.states.encode(clips)
    offset, vibration = torch.zeros(2, *data.shape[1:])
    offset[:, 0] = 0.1  # of the std of the first axis of the pose
    vibration[:, 0] = 0.1 * torch.tensor([1.0, -1.0]).repeat(len(data[0]) // 2)
    assert (flow._error(data + vibration, data) > 2 * flow._error(data + offset, data)).all()


@pytest.mark.parametrize("part", ["feet", "bones"])
def test_faults_that_states_barely_show_cost(flow, clips, part):
    """Feet that slide and bones that stretch."""
    data = flow.states.encode(clips)
    pieces = flow.states.pieces(data)
    if part == "feet":  # the whole body glides forward by 1 cm a state
        wrong = data.clone()
        wrong[..., -3] += 0.01 / flow.states.step_scale[0]
    else:
        poses, marker = pieces.poses.clone(), int(flow.rigid.nonzero()[0, 0])
        poses[:, :, marker] += 0.03
        wrong = with_poses(flow, data, poses)
    plain = (wrong - data).square().mean((1, 2))
    assert (flow._error(wrong, data) > 1.1 * plain).all()


def test_gradients_of_the_loss_reach_steps_and_poses(flow, clips):
    data = flow.states.encode(clips)
    guess = (data + 0.1).requires_grad_()
    flow._error(guess, data).sum().backward()
    assert (guess.grad.abs().sum((0, 1)) > 0).all()


def test_a_skeleton_without_rigid_pairs_has_a_loss(flow, clips, monkeypatch):
    monkeypatch.setitem(flow._buffers, "rigid", torch.zeros_like(flow.rigid))
    assert loss_of(flow, clips).isfinite().all()


def test_drawn_sequences_hold_what_is_given(flow, clips):
    data = flow.states.encode(clips)
    before, after = data[:, :5], data[:, 10:]
    drawn = flow.draw(between(before, 5, after), 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(drawn[:, :5], before)
    assert torch.equal(drawn[:, 11:], after[:, 1:])
    assert torch.equal(drawn[:, 10, :-3], after[:, 0, :-3])


def test_a_network_changes_states_by_less_the_nearer_they_are_to_known_ones(
    flow, clips, monkeypatch
):
    """Whatever it predicts, a continuation starts where the known states lead."""
    data = flow.states.encode(clips)
    given = between(data[:, :8], 8)

    def predicted(value):
        constant = torch.full_like(data, value)
        monkeypatch.setattr(flow.network, "forward", lambda tokens, time, leading: constant)
        return flow.denoiser(given)(torch.zeros_like(data), torch.full((len(data),), 0.5))

    change = (predicted(1.0) - predicted(-1.0))[..., 0] / 2
    assert not change[:, :8].any()
    assert (change[:, 8] < 0.25).all()
    assert (change[:, 8:].diff(dim=1) > 0).all()
    step = (data[:, 7] - data[:, 6]).norm(dim=-1)
    assert ((predicted(0.0)[:, 8] - data[:, 7])[:, :-3].norm(dim=-1) < 1.5 * step).all()


def test_z_is_followed_between_known_states(flow, clips, monkeypatch):
    """What z describes, shifted so that it meets the known states."""
    data = flow.states.encode(clips)
    monkeypatch.setattr(
        flow.network, "forward", lambda tokens, time, leading: torch.zeros_like(data)
    )
    given = between(data[:, :4], 8, data[:, 12:])._replace(described=data + 1)
    found = flow.denoiser(given)(torch.zeros_like(data), torch.full((len(data),), 0.5))
    torch.testing.assert_close(found[:, :4], data[:, :4])
    shift = (found - data)[:, 4:12, 0]
    assert (shift[:, 3] > 3 * shift[:, 0]).all()
    assert ((shift > 0) & (shift < 1)).all()


def test_without_temperature_sequences_do_not_depend_on_seed_and_batch(flow, clips):
    blank = nothing(flow.states.encode(clips))
    one, other = (flow.draw(blank, 0.0, torch.Generator().manual_seed(s)) for s in (0, 1))
    assert torch.equal(one, other)
    torch.testing.assert_close(one[:1].expand_as(one), one, rtol=0, atol=1e-5)


def test_leading_latents_change_what_is_drawn(flow, clips, monkeypatch):
    monkeypatch.setitem(flow.network._modules, "given", torch.nn.Linear(flow.leading.size + 1, 256))
    for block in flow.network.modules():
        if hasattr(block, "second") and hasattr(block.second, "weight"):
            torch.nn.init.normal_(block.second.weight, std=0.1)
    blank = nothing(flow.states.encode(clips))
    leading = torch.eye(flow.leading.size)[: len(clips)]
    drawn = [
        flow.draw(given, 1.0, torch.Generator().manual_seed(0))
        for given in (blank, blank.led_by(leading), blank.led_by(-leading))
    ]
    assert not torch.allclose(drawn[0], drawn[1])
    assert not torch.allclose(drawn[1], drawn[2])


@pytest.mark.parametrize("given", [1, 2, 8, 40])
@pytest.mark.parametrize("count", [1, 9, 30])
def test_sequences_of_any_length_are_extended_by_any_number(flow, given, count):
    """Also when more states are given than a window has."""
    before = torch.randn(2, given, flow.states.size, generator=torch.Generator().manual_seed(0))
    seen = []
    found = flow.extend(
        before,
        count,
        1.0,
        torch.Generator().manual_seed(0),
        on_states=lambda *done: seen.append(done),
    )
    assert found.shape == (2, given + count, flow.states.size)
    assert torch.equal(found[:, :given], before)
    assert seen[-1] == (count, count)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert found[:, given:].std() > 0
