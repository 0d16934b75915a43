"""Conditions: what is given is held exactly; the step after a gap is unknown."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.models.flow.conditions import (
    BEFORE,
    CONTEXT,
    NOTHING,
    WITH_LEADING,
    WITH_Z,
    between,
    described_by,
    draw_conditions,
    nothing,
)
from mariel_gnn.models.flow.leading import NOISE
from mariel_gnn.models.flow.states import STEP

D = 9
SIZES = st.integers(1, 12)


def states(count, seed=0, batch=2):
    return torch.randn(batch, count, D, generator=torch.Generator().manual_seed(seed))


@given(SIZES, SIZES, st.integers(0, 12))
def test_given_states_are_held_and_the_gap_is_free(before, count, after):
    first, last = states(before, 1), states(after, 2) if after else None
    conditions = between(first, count, last)
    drawn = states(before + count + after, 3)
    held = conditions.hold(drawn)
    gap = slice(before, before + count)
    if before > 1:
        assert torch.equal(held[:, :before], first)
    assert torch.equal(held[:, :before, :-STEP], first[..., :-STEP])
    assert torch.equal(held[:, gap], drawn[:, gap])
    if last is not None:
        assert torch.equal(held[:, before + count :, :-STEP], last[..., :-STEP])
        assert torch.equal(held[:, before + count + 1 :], last[:, 1:])
        assert torch.equal(held[:, before + count, -STEP:], drawn[:, before + count, -STEP:])
    torch.testing.assert_close(conditions.hold(held), held)


def test_a_single_state_tells_no_step():
    drawn, first = states(5, 1), states(1, 2)
    held = between(first, 4).hold(drawn)
    assert torch.equal(held[:, 0, -STEP:], drawn[:, 0, -STEP:])


def test_unknown_states_are_not_in_the_input_of_the_network():
    drawn = states(8, 3)
    conditions = between(states(3, 1), 3, states(2, 2))
    tokens = conditions.tokens(drawn)
    assert tokens.shape == (2, 8, 2 * D + 3)
    assert torch.equal(tokens[..., :D], conditions.hold(drawn))
    assert torch.equal(tokens[..., D : D + 2], conditions.is_known)
    assert not conditions.described.any()
    unknown = 1 - conditions.is_known
    assert not (conditions.known[..., -1] * unknown[..., 1]).any()
    assert not (conditions.known[..., 0] * unknown[..., 0]).any()


def test_nothing_holds_nothing_and_z_is_told():
    drawn = states(8)
    assert torch.equal(nothing(drawn).hold(drawn), drawn)
    assert not nothing(drawn).tokens(drawn)[..., D:].any()
    with_z = described_by(states(8, 1))
    assert torch.equal(with_z.hold(drawn), drawn)
    tokens = with_z.tokens(drawn)
    assert torch.equal(tokens[..., D + 2 : -1], states(8, 1))
    assert (tokens[..., -1] == 1).all()


@pytest.mark.parametrize("leading", [None, torch.ones(7, 3)])
def test_parts_of_conditions_are_those_of_their_sequences(leading):
    given = between(states(3, 1, 7), 3).led_by(leading)
    parts = list(given.split(3))
    assert [len(part.known) for part in parts] == [3, 3, 1]
    for number, whole in enumerate(given):
        if whole is not None:
            assert torch.equal(torch.cat([part[number] for part in parts]), whole)


@pytest.mark.parametrize("count", [2, 3, 8, 64])
def test_training_conditions_leave_a_gap_and_hold_the_truth(count):
    torch.manual_seed(0)
    clean, described = states(count, 0, 400), states(count, 1, 400)
    leading = torch.full((400, 3), 100.0)
    conditions = draw_conditions(clean, described, leading)
    pose = conditions.is_known[..., 0]
    most = max(1, min(CONTEXT, count // 2 - 1))
    assert torch.equal(conditions.hold(clean), clean)
    assert (pose.sum(1) <= 2 * most).all()
    assert set(conditions.has_z.flatten().tolist()) == {0, 1}
    with_z = conditions.has_z[:, 0, 0] == 1
    assert torch.equal(conditions.described[with_z], described[with_z])
    assert not conditions.described[~with_z].any()
    with_leading = conditions.leading[:, -1] == 1
    assert not (with_leading & with_z).any()
    assert abs(with_leading.float().mean() - (WITH_LEADING - WITH_Z)) < 0.1
    assert not conditions.leading[~with_leading].any()
    noise = conditions.leading[with_leading, :-1] - 100
    assert noise.std() == pytest.approx(NOISE, abs=0.05)
    if count > 2:
        before, after = pose[:, 0] == 1, pose[:, -1] == 1
        assert abs(before.float().mean() - (1 - NOTHING)) < 0.1
        assert abs(after.float().mean() - (1 - BEFORE)) < 0.1
        assert not (after & ~before).any()
        assert (pose.sum(1) < count).all()
        gap_end = torch.tensor([row.tolist().index(0) for row in pose]) + (pose == 0).sum(1)
        rows = after.nonzero()[:, 0]
        assert not conditions.is_known[rows, gap_end[rows], 1].any()
