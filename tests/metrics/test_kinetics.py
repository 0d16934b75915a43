"""Properties of kinetic features: invariant to place and heading, sensitive to motion."""

import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.metrics.kinetics import MAX_FEATURES, kinetic_features
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

RATE_HZ = 35.0
T = 70


@pytest.fixture(scope="module")
def phrases(dance) -> torch.Tensor:
    """`[N, T, J, C]` consecutive phrases."""
    return torch.from_numpy(dance).double().view(-1, T, 53, 3)


@pytest.fixture(scope="module")
def features(phrases, mariel53) -> dict[str, torch.Tensor]:
    return kinetic_features(phrases, mariel53, RATE_HZ)


def distance(found, expected, std) -> dict[str, float]:
    """RMS difference of each feature, in standard deviations of the recording's features."""
    return {
        name: ((found[name] - expected[name]).square().mean().sqrt() / std[name].std()).item()
        for name in expected
    }


def test_there_are_at_most_32_and_each_varies(features, phrases):
    assert len(features) <= MAX_FEATURES
    for values in features.values():
        assert values.shape == (len(phrases),)
        assert values.isfinite().all()
        assert values.std() > 1e-3


@given(st.floats(-4, 4), st.floats(-50, 50), st.floats(-50, 50))
def test_place_and_heading_have_no_effect(phrases, mariel53, angle, shift_x, shift_y):
    some = phrases[::4]
    x, y, z = some.unbind(-1)
    cos, sin = math.cos(angle), math.sin(angle)
    moved = torch.stack([cos * x - sin * y + shift_x, sin * x + cos * y + shift_y, z], dim=-1)
    before, after = (kinetic_features(p, mariel53, RATE_HZ) for p in (some, moved))
    for name in before:
        torch.testing.assert_close(after[name], before[name], rtol=1e-6, atol=1e-6)


def test_mirroring_swaps_left_and_right_features(phrases, features, mariel53):
    mirrored = phrases[:, :, list(mariel53.mirror)] * torch.tensor([-1.0, 1.0, 1.0])
    found = kinetic_features(mirrored, mariel53, RATE_HZ)
    other = {"left": "right", "right": "left"}
    for name, values in found.items():
        side, _, rest = name.partition(" ")
        partner = f"{other[side]} {rest}" if side in other else name
        torch.testing.assert_close(values, features[partner], rtol=1e-6, atol=1e-6)


def test_the_frame_rate_has_little_effect(mariel53):
    slow, fast = (
        torch.from_numpy(synthesize_recording(2, seconds=40, rate_hz=rate)) for rate in (40, 80)
    )
    slow, fast = slow[:1600].view(-1, 80, 53, 3), fast[:3200].view(-1, 160, 53, 3)
    once, twice = kinetic_features(slow, mariel53, 40.0), kinetic_features(fast, mariel53, 80.0)
    assert max(distance(twice, once, once).values()) < 0.25


def test_camera_noise_has_little_effect_and_tremor_has_a_large_one(phrases, features, mariel53):
    noise = torch.randn(phrases.shape, generator=torch.Generator().manual_seed(0))
    for size_m, close in ((0.001, True), (0.03, False)):
        found = kinetic_features(phrases + size_m * noise, mariel53, RATE_HZ)
        assert (max(distance(found, features, features).values()) < 0.15) == close


def test_speeds_are_measured_by_body_part(mariel53):
    """An arm that moves at a known speed, on a body that translates."""
    seconds = torch.arange(T) / RATE_HZ
    positions = torch.zeros(1, T, 53, 3, dtype=torch.float64)
    positions[..., 0] = 0.7 * seconds[:, None]  # m/s
    arm = list(mariel53.parts["left arm"])
    positions[0, :, arm, 2] = 0.2 * seconds[:, None].double()
    found = kinetic_features(positions, mariel53, RATE_HZ)
    assert found["left arm speed"].exp().item() - 0.05 == pytest.approx(0.2)
    assert found["left arm peak speed"].exp().item() - 0.05 == pytest.approx(0.2)
    assert found["right arm speed"].exp().item() - 0.05 == pytest.approx(0, abs=1e-6)
    assert found["left arm acceleration"].exp().item() - 0.05 == pytest.approx(0, abs=1e-6)
    assert found["travel"].exp().item() - 0.05 == pytest.approx(0.7)


def test_turns_are_in_radians(phrases, mariel53):
    frozen = phrases[:2, :1].expand(-1, T, -1, -1)
    angle = torch.linspace(0, 1.5, T)[:, None].double()
    x, y, z = frozen.unbind(-1)
    turned = torch.stack(
        [angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y, z], dim=-1
    )
    blocks = T // 4  # the features use block means, which shorten the path by one block
    expected = 1.5 / (T - 1) * 4 * (blocks - 1)
    found = kinetic_features(turned, mariel53, RATE_HZ)
    torch.testing.assert_close(found["net turning"], torch.full((2,), expected).double())


def test_a_body_at_rest_has_finite_features(phrases, mariel53):
    frozen = kinetic_features(phrases[:, :1].expand(-1, T, -1, -1), mariel53, RATE_HZ)
    assert all(values.isfinite().all() for values in frozen.values())
    for name in ("displacement", "net turning", "vertical range", "change of width", "symmetry"):
        assert frozen[name].abs().max() < 1e-6


def test_it_accepts_any_skeleton_and_three_frames(phrases, mariel53, mariel18):
    bare = dataclasses.replace(mariel53, parts={}, pairs=())
    many = dataclasses.replace(
        mariel53, parts={f"part {number}": (2 * number, 2 * number + 1) for number in range(20)}
    )
    for skeleton in (bare, many, mariel18):
        for frames in (3, T):
            some = phrases[:, :frames, : len(skeleton)]
            found = kinetic_features(some, skeleton, RATE_HZ)
            assert 10 < len(found) <= MAX_FEATURES
            assert all(values.isfinite().all() for values in found.values())
    assert "body speed" in kinetic_features(phrases, bare, RATE_HZ)
