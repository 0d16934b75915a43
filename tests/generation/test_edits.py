"""Edits of a phrase: mirror and tempo are exact; the motion scale makes phrases livelier or calmer."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.data.heading import heading_rad
from mariel_gnn.errors import UserError
from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.edits import change_tempo, mirror_phrase
from mariel_gnn.metrics.samples import marker_speed_m_per_s
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from tests.generation.conftest import FRAMES, RATE_HZ, small_model

MOVE = Alignment(torch.tensor([1.0]), torch.tensor([[3.0, -2.0]]))


def close(found, wanted, atol=1e-4):
    torch.testing.assert_close(found, wanted, rtol=0, atol=atol)


def test_the_mirror_of_the_mirror_is_the_phrase(clips, mariel53):
    for clip in clips:
        close(mirror_phrase(mirror_phrase(clip, mariel53), mariel53), clip)


def test_the_mirror_exchanges_left_and_right_in_place(clips, mariel53):
    for clip in clips:
        mirrored = mirror_phrase(clip, mariel53)
        close(mirrored[..., 2], clip[:, list(mariel53.mirror), 2])
        close(mirrored[0, :, :2].mean(0), clip[0, :, :2].mean(0))
        close(heading_rad(mirrored[:1], mariel53), heading_rad(clip[:1], mariel53), atol=1e-3)
        close(
            marker_speed_m_per_s(mirrored[None], RATE_HZ).mean(),
            marker_speed_m_per_s(clip[None], RATE_HZ).mean(),
        )


def test_the_mirror_is_equivariant_to_the_place_of_the_phrase(clips, mariel53):
    there = MOVE.apply(clips[0][None])[0]
    close(mirror_phrase(there, mariel53), MOVE.apply(mirror_phrase(clips[0], mariel53)[None])[0])


def test_a_skeleton_without_sides_has_no_mirror():
    points = Skeleton("points", ("a", "b"), ("a", "b"))
    with pytest.raises(UserError, match="skeleton points does not say"):
        mirror_phrase(torch.zeros(4, 2, 3), points)


@given(st.floats(0.5, 2))
def test_the_tempo_divides_the_duration_and_multiplies_the_speed(tempo):
    time = torch.arange(60)[:, None, None] / RATE_HZ
    phrase = torch.cat([time.sin(), 0.5 * time, time.cos()], dim=-1)[None]
    played = change_tempo(phrase, tempo)
    assert played.shape[1] - 1 == round(59 / tempo)
    ratio = 59 / (played.shape[1] - 1)  # whole frames
    assert ratio == pytest.approx(tempo, rel=0.02)
    speeds = [float(x.diff(dim=1).norm(dim=-1).mean()) for x in (phrase, played)]
    assert speeds[1] / speeds[0] == pytest.approx(ratio, rel=1e-3)
    close(played[:, [0, -1]], phrase[:, [0, -1]])


def test_a_faster_tempo_undoes_a_slower_one(clips):
    phrase = clips[0][None, :41]
    close(change_tempo(change_tempo(phrase, 0.5), 2.0), phrase)


class TestVary:
    def test_the_mirror_of_a_phrase_is_varied(self, any_model, clips, mariel53):
        found = any_model.vary(clips[0], 0.0, 1, mirror=True)
        close(found, any_model.vary(mirror_phrase(clips[0][:FRAMES], mariel53), 0.0, 1))

    def test_the_tempo_of_the_variation_changes(self, any_model, clips):
        usual, faster = (any_model.vary(clips[0], 0.3, 2, tempo=tempo) for tempo in (1.0, 1.25))
        close(faster, change_tempo(usual, 1.25))

    def test_the_motion_scale_is_the_amount_of_motion(self, gnn, clips):
        usual, *others = (
            float(
                marker_speed_m_per_s(gnn.vary(clips[0], 0.0, 1, motion_scale=scale), RATE_HZ).mean()
            )
            for scale in (1.0, 0.5, 0.8, 1.25, 2.0)
        )
        assert others == sorted(others)
        assert [speed / usual for speed in others] == pytest.approx([0.5, 0.8, 1.25, 2.0], rel=0.15)

    def test_the_pose_is_little_changed_by_the_motion_scale(self, gnn, clips):
        usual, calmer = (gnn.vary(clips[0], 0.0, 1, motion_scale=scale) for scale in (1.0, 0.8))
        still = (usual - usual[:, :1]).norm(dim=-1).mean()
        assert (calmer - usual).norm(dim=-1).mean() < still

    def test_a_model_without_a_motion_scale_refuses_it(self, windows, clips):
        model = small_model("notebook_lstm_vae.yaml", windows)
        with pytest.raises(UserError, match="NotebookLSTMVAE has no latents of the motion scale"):
            model.vary(clips[0], 0.0, 1, motion_scale=1.2)

    def test_the_edits_keep_the_start(self, gnn, clips):
        plain, edited = (
            gnn.vary(clips[0], 0.0, 1, motion_scale=scale, tempo=tempo)
            for scale, tempo in ((1.0, 1.0), (1.3, 0.8))
        )
        close(edited[:, 0, :, :2].mean(1), plain[:, 0, :, :2].mean(1), atol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tempo": 3.0}, "tempo is 3; it must be 0.5 to 2"),
        ({"tempo": float("nan")}, "tempo is nan"),
        ({"motion_scale": 0.0}, "motion_scale is 0; it must be 0.25 to 4"),
    ],
)
def test_impossible_edits_are_refused(gnn, clips, options, message):
    with pytest.raises(UserError, match=message):
        gnn.vary(clips[0], 0.5, 1, **options)
