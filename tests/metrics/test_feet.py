"""Laws of foot skating: a known slide is told, and feet in the air slide over nothing."""

import math

import pytest
import torch

from mariel_gnn.metrics.samples import Feet, find_feet

RATE_HZ = 35.0
T = 40


@pytest.fixture(scope="module")
def feet(phrases) -> Feet:
    return find_feet(phrases)


def test_the_lowest_markers_are_those_of_the_feet(feet, mariel53):
    found = {mariel53.markers[index] for index in feet.markers}
    assert found == {f"{side}{name}" for side in "LR" for name in ("HEL", "MT1", "MT5", "TOE")}


def test_a_floor_elsewhere_is_found_too(phrases, feet):
    raised = phrases + torch.tensor([0.0, 0.0, 0.7])
    found = find_feet(raised)
    assert found.markers == feet.markers
    assert found.measure(raised, RATE_HZ) == pytest.approx(feet.measure(phrases, RATE_HZ), rel=0.02)


def test_the_data_stands_on_its_feet_and_hardly_slides(phrases, feet):
    found = feet.measure(phrases, RATE_HZ)
    assert 0.1 < found["foot_contact_rate"] < 1
    speed = phrases[:, :, list(feet.markers), :2].diff(dim=1).norm(dim=-1).mean() * RATE_HZ
    assert 0 < found["foot_skating_m_per_s"] < 0.5 * speed.item()


def test_where_and_which_way_a_phrase_is_danced_does_not_count(phrases, feet):
    x, y, z = phrases.double().unbind(-1)
    moved = torch.stack(
        [math.cos(1) * x - math.sin(1) * y + 2, math.sin(1) * x + math.cos(1) * y, z], dim=-1
    )
    after = feet.measure(moved, RATE_HZ)
    assert after == pytest.approx(feet.measure(phrases.double(), RATE_HZ))


def test_a_slide_is_told_at_its_speed(phrases, feet):
    standing = phrases[:1, :1].expand(-1, T, -1, -1).clone()
    standing[:, :, list(feet.markers), 2] = feet.near_m - 0.01
    slide = 0.6 * torch.arange(T) / RATE_HZ
    standing[..., 0] += slide[:, None]
    found = feet.measure(standing, RATE_HZ)
    assert found["foot_skating_m_per_s"] == pytest.approx(0.6, rel=1e-3)
    assert found["foot_contact_rate"] == 1


def test_feet_in_the_air_slide_over_nothing(phrases, feet):
    flying = feet.measure(phrases + torch.tensor([0.0, 0.0, 1.0]), RATE_HZ)
    assert flying == {"foot_contact_rate": 0}


def test_only_steps_on_the_floor_count(phrases, feet):
    """A foot that is carried through the air fast, between two stands."""
    stepping = phrases[:1, :1].expand(-1, T, -1, -1).clone()
    stepping[:, :, list(feet.markers), 2] = feet.near_m - 0.01
    stepping[:, 10:20, :, 2] += 0.3
    stepping[:, 10:20, :, 0] += torch.linspace(0, 1, 10)[:, None]
    stepping[:, 20:, :, 0] += 1
    found = feet.measure(stepping, RATE_HZ)
    assert found["foot_skating_m_per_s"] == pytest.approx(0, abs=1e-6)
    assert found["foot_contact_rate"] == pytest.approx((9 + 19) / (T - 1))
