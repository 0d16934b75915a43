"""Bones that give at a transition are brought back; transitions, and frames that are sound, stay as they are."""

import torch

from mariel_gnn.generation.transitions import BONE_RAMP_FRAMES, restore_bones


def stretched(gnn, clip, more_m=0.2):
    """A clip in which one hand is torn away from its elbow and comes back."""
    hand, elbow = (gnn.skeleton.markers.index(name) for name in ("LOHAND", "LIEL"))
    torn, away = clip.clone(), clip[:, hand] - clip[:, elbow]
    swell = more_m * torch.linspace(0, torch.pi, len(clip)).sin() ** 2
    torn[:, hand] += swell[:, None] * away / away.norm(dim=-1, keepdim=True)
    return torn, hand


def forearm_m(gnn, frames, hand):
    return (frames[:, hand] - frames[:, gnn.skeleton.markers.index("LIEL")]).norm(dim=-1)


def test_a_torn_limb_is_pulled_back(gnn, clips):
    torn, hand = stretched(gnn, clips[0])
    mended = restore_bones(gnn.network, torn, goes_on=True)
    usual, before, after = (forearm_m(gnn, each, hand) for each in (clips[0], torn, mended))
    assert before.max() > usual.max() + 0.05
    assert after.max() < usual.max() + 0.02


def test_the_seams_stay(gnn, clips):
    torn, _ = stretched(gnn, clips[0])
    mended = restore_bones(gnn.network, torn, goes_on=True)
    torch.testing.assert_close(mended[[0, -1]], torn[[0, -1]], rtol=0, atol=1e-3)
    assert (mended - torn)[BONE_RAMP_FRAMES:-BONE_RAMP_FRAMES].norm(dim=-1).max() > 0.05


def test_a_body_as_bodies_are_stays(gnn, clips):
    """But for the one bone in a hundred frames that its recording has at its longest."""
    mended = restore_bones(gnn.network, clips[1])
    assert (mended - clips[1]).norm(dim=-1).mean() < 2e-3


def test_a_model_that_knows_no_bones_changes_nothing(any_model, gnn, clips):
    if type(any_model.network) is not type(gnn.network):
        torn, _ = stretched(gnn, clips[0])
        assert torch.equal(restore_bones(any_model.network, torn), torn)
