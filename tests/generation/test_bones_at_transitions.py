"""Bone lengths are corrected; transitions and frames with correct bones are unchanged."""

import torch

from mariel_gnn.generation.transitions import BONE_RAMP_FRAMES, restore_bones


def stretched(gnn, clip, more_m=0.2):
    """A clip in which the distance of one hand from its elbow rises and falls."""
    hand, elbow = (gnn.skeleton.markers.index(name) for name in ("LOHAND", "LIEL"))
    stretched_clip, away = clip.clone(), clip[:, hand] - clip[:, elbow]
    swell = more_m * torch.linspace(0, torch.pi, len(clip)).sin() ** 2
    stretched_clip[:, hand] += swell[:, None] * away / away.norm(dim=-1, keepdim=True)
    return stretched_clip, hand


def forearm_m(gnn, frames, hand):
    return (frames[:, hand] - frames[:, gnn.skeleton.markers.index("LIEL")]).norm(dim=-1)


def test_a_stretched_limb_gets_its_length_back(gnn, clips):
    long, hand = stretched(gnn, clips[0])
    restored = restore_bones(gnn.network, long, transition_after=True)
    usual, before, after = (forearm_m(gnn, each, hand) for each in (clips[0], long, restored))
    assert before.max() > usual.max() + 0.05
    assert after.max() < usual.max() + 0.02


def test_transitions_are_unchanged(gnn, clips):
    long, _ = stretched(gnn, clips[0])
    restored = restore_bones(gnn.network, long, transition_after=True)
    torch.testing.assert_close(restored[[0, -1]], long[[0, -1]], rtol=0, atol=1e-3)
    assert (restored - long)[BONE_RAMP_FRAMES:-BONE_RAMP_FRAMES].norm(dim=-1).max() > 0.05


def test_recorded_frames_are_nearly_unchanged(gnn, clips):
    """Except for the frames in which a recorded bone is longest."""
    restored = restore_bones(gnn.network, clips[1])
    assert (restored - clips[1]).norm(dim=-1).mean() < 2e-3


def test_a_model_without_bone_lengths_changes_nothing(any_model, gnn, clips):
    if type(any_model.network) is not type(gnn.network):
        long, _ = stretched(gnn, clips[0])
        assert torch.equal(restore_bones(any_model.network, long), long)
