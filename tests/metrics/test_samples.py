"""Properties of sample measures: the data scores as the data, and each fault changes its measure."""

import numpy as np
import pytest
import torch

from mariel_gnn.data.heading import body_local
from mariel_gnn.graphs.pairs import PairStatistics, measure_pairs
from mariel_gnn.metrics.phrase_statistics import summarize
from mariel_gnn.metrics.samples import (
    BodyReference,
    marker_speed_m_per_s,
    measure_body,
    rigid_error_m,
)
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

RATE_HZ = 35.0
T = 40


@pytest.fixture(scope="module")
def body(phrases, dance, mariel53) -> BodyReference:
    return measure_body(phrases, mariel53, RATE_HZ, measure_pairs([dance]))


def test_the_ratios_of_the_data_are_one(body, phrases):
    found = summarize(body.measure(phrases))
    assert found["speed_ratio"] == pytest.approx(1)
    assert found["bone_length_error_ratio"] == pytest.approx(1)
    assert 0 < body.rigid_error_m < 0.01
    assert 0.1 < body.speed_m_per_s < 3


def test_no_pair_of_the_data_is_too_close(body, phrases):
    wide = BodyReference(**vars(body) | {"low": body.low - 1e3, "high": body.high + 1e3})
    assert summarize(wide.measure(phrases))["out_of_range_rate"] == 0


def test_no_pair_of_a_long_recording_is_too_close(mariel53):
    dance = synthesize_recording(5, seconds=130).astype(np.float32)
    phrases = torch.from_numpy(dance)[: len(dance) // T * T].view(-1, T, 53, 3)
    body = measure_body(phrases, mariel53, RATE_HZ, measure_pairs([dance]))
    wide = BodyReference(**vars(body) | {"low": body.low - 1e3, "high": body.high + 1e3})
    assert summarize(wide.measure(phrases))["out_of_range_rate"] == 0


def test_nearly_all_frames_are_inside_the_boxes(body, phrases, mariel53):
    local = body_local(phrases, mariel53).flatten(0, 1)
    inside = ((local >= body.low) & (local <= body.high)).float().mean(dim=0)
    assert inside.min() >= 0.998
    assert (body.low < body.high).all()


@pytest.mark.parametrize("size", [0.97, 1.03])  # no marker lies on the surface of its box
def test_place_and_heading_have_no_effect(body, phrases, size):
    x, y, z = (size * phrases).double().unbind(-1)
    moved = torch.stack([0.6 * x - 0.8 * y + 2, 0.8 * x + 0.6 * y - 1, z], dim=-1)
    before, after = summarize(body.measure(size * phrases)), summarize(body.measure(moved.float()))
    assert before["out_of_range_rate"] > 0.1
    assert after == pytest.approx(before, rel=0.01, abs=0.01)


def test_travel_is_not_marker_speed(phrases):
    travel = torch.linspace(0, 3, T)[:, None, None] * torch.tensor([1.0, 1.0, 0.0])
    torch.testing.assert_close(
        marker_speed_m_per_s(phrases + travel, RATE_HZ),
        marker_speed_m_per_s(phrases, RATE_HZ),
        rtol=0,
        atol=1e-3,
    )
    rising = torch.linspace(0, 3, T)[:, None, None] * torch.tensor([0.0, 0.0, 1.0])
    speed = marker_speed_m_per_s(torch.zeros(1, T, 53, 3) + rising, RATE_HZ)
    assert speed.shape == (1, T - 1, 53)
    torch.testing.assert_close(
        speed, torch.full_like(speed, 3 / (T - 1) * RATE_HZ), rtol=1e-4, atol=0
    )


def test_the_motion_ratio_is_proportional_to_speed(body, phrases):
    frozen = phrases[:, :1].expand(-1, T, -1, -1)
    assert summarize(body.measure(frozen))["speed_ratio"] == pytest.approx(0, abs=1e-9)
    smooth = torch.nn.functional.interpolate(  # without camera noise
        phrases[:, ::8].flatten(2).transpose(1, 2), size=4 * T, mode="linear", align_corners=True
    ).transpose(1, 2).unflatten(-1, (53, 3))  # fmt: skip
    slow, fast = (summarize(body.measure(smooth[:, ::step]))["speed_ratio"] for step in (1, 2))
    assert fast == pytest.approx(2 * slow, rel=0.05)


def test_vibration_is_not_speed(body, phrases):
    frozen = phrases[:, :1].expand(-1, T, -1, -1)
    shaken = frozen + 0.03 * (-1.0) ** torch.arange(T)[:, None, None]
    shaken[:, :, ::2] *= -1  # markers against each other: none of it is travel
    speed_ratio = marker_speed_m_per_s(shaken, RATE_HZ).mean().item() / body.speed_m_per_s
    assert speed_ratio > 2
    assert summarize(body.measure(shaken))["speed_ratio"] < 0.1 * speed_ratio


def test_a_glitch_in_the_first_frames_raises_their_ratio(body, phrases):
    glitched = phrases.clone()
    glitched[:, 0] += 0.3 * torch.randn(53, 3, generator=torch.Generator().manual_seed(0))
    before, after = (summarize(body.measure(p))["first_frames_ratio"] for p in (phrases, glitched))
    assert after > 2 * before


def test_bone_length_error_rises_with_stretching_and_not_with_shifting(body, phrases):
    assert summarize(body.measure(1.1 * phrases))["bone_length_error_ratio"] > 3
    moved = phrases + torch.tensor([5.0, -3.0, 1.0])
    assert rigid_error_m(moved, body.pairs).mean().item() == pytest.approx(
        body.rigid_error_m, rel=1e-3
    )


def test_no_rigid_pair_gives_nan(phrases):
    ones = torch.ones(53, 53)
    assert rigid_error_m(phrases, PairStatistics(ones, ones, ones)).isnan().all()


def test_a_displaced_marker_is_out_of_range_in_its_frames(body, phrases):
    wide = BodyReference(**vars(body) | {"low": body.low - 1e-3, "high": body.high + 1e-3})
    thrown = phrases[:, :1].expand(-1, T, -1, -1).clone()
    thrown[:, 10:20, 20, 2] += 5
    before = summarize(wide.measure(thrown[:, :10]))["out_of_range_rate"]
    assert summarize(wide.measure(thrown[:, 10:20]))["out_of_range_rate"] == 1
    assert summarize(wide.measure(thrown[:, :20]))["out_of_range_rate"] == pytest.approx(
        (before + 1) / 2
    )


def test_coincident_markers_are_out_of_range(body, phrases, mariel53):
    left, right = (mariel53.markers.index(name) for name in ("LFHD", "RFHD"))
    merged = phrases.clone()
    merged[:, :, left] = merged[:, :, right]
    assert summarize(body.measure(merged))["out_of_range_rate"] == 1
