"""Properties of foot skating: a known slide is measured; feet in the air have none."""

import math

import pytest
import torch

from mariel_gnn.metrics.phrase_statistics import summarize
from mariel_gnn.metrics.samples import Feet, find_feet

RATE_HZ = 35.0
T = 40


@pytest.fixture(scope="module")
def feet(phrases) -> Feet:
    return find_feet(phrases)


def test_the_lowest_markers_are_foot_markers(feet, mariel53):
    found = {mariel53.markers[index] for index in feet.markers}
    assert found == {f"{side}{name}" for side in "LR" for name in ("HEL", "MT1", "MT5", "TOE")}


def test_the_height_of_the_floor_has_no_effect(phrases, feet):
    raised = phrases + torch.tensor([0.0, 0.0, 0.7])
    found = find_feet(raised)
    assert found.markers == feet.markers
    assert summarize(found.measure(raised, RATE_HZ)) == pytest.approx(
        summarize(feet.measure(phrases, RATE_HZ)), rel=0.02
    )


def test_the_data_has_contact_and_little_skating(phrases, feet):
    found = summarize(feet.measure(phrases, RATE_HZ))
    assert 0.1 < found["foot_contact_rate"] < 1
    speed = phrases[:, :, list(feet.markers), :2].diff(dim=1).norm(dim=-1).mean() * RATE_HZ
    assert 0 < found["foot_skating_m_per_s"] < 0.5 * speed.item()


def test_place_and_heading_have_no_effect(phrases, feet):
    x, y, z = phrases.double().unbind(-1)
    moved = torch.stack(
        [math.cos(1) * x - math.sin(1) * y + 2, math.sin(1) * x + math.cos(1) * y, z], dim=-1
    )
    after = summarize(feet.measure(moved, RATE_HZ))
    assert after == pytest.approx(summarize(feet.measure(phrases.double(), RATE_HZ)))


def test_a_slide_is_measured_at_its_speed(phrases, feet):
    standing = phrases[:1, :1].expand(-1, T, -1, -1).clone()
    standing[:, :, list(feet.markers), 2] = feet.near_m - 0.01
    slide = 0.6 * torch.arange(T) / RATE_HZ
    standing[..., 0] += slide[:, None]
    found = summarize(feet.measure(standing, RATE_HZ))
    assert found["foot_skating_m_per_s"] == pytest.approx(0.6, rel=1e-3)
    assert found["foot_contact_rate"] == 1


def test_feet_in_the_air_have_no_skating(phrases, feet):
    flying = summarize(feet.measure(phrases + torch.tensor([0.0, 0.0, 1.0]), RATE_HZ))
    assert flying["foot_contact_rate"] == 0
    assert "foot_skating_m_per_s" not in flying


def test_the_floor_is_where_the_feet_stand(phrases, feet):
    """Its height is that of the lowest foot marker, and few frames of the data are below it."""
    lowest = phrases[..., 2].amin(dim=-1)
    assert lowest.quantile(0.01) - 0.01 < feet.floor_m < lowest.median() + 0.01
    found = summarize(feet.measure(phrases, RATE_HZ))
    assert found["below_floor_rate"] == 0
    assert found["lowest_marker_q01_m"] < found["lowest_marker_q99_m"]


@pytest.mark.parametrize("depth_m", [0.1, 0.5])
def test_a_figure_in_the_floor_is_below_it_by_its_depth(phrases, feet, depth_m):
    before = summarize(feet.measure(phrases, RATE_HZ))
    sunk = summarize(feet.measure(phrases - torch.tensor([0.0, 0.0, depth_m]), RATE_HZ))
    assert sunk["below_floor_rate"] > 0.99  # all but the jumps
    for name in ("lowest_marker_q01_m", "lowest_marker_q99_m"):
        assert sunk[name] == pytest.approx(before[name] - depth_m, abs=1e-5)


def test_one_marker_below_the_floor_counts_in_its_frames(phrases, feet):
    sunk = phrases.clone()
    sunk[:, :10, 20, 2] = feet.floor_m - 0.031
    assert summarize(feet.measure(sunk, RATE_HZ))["below_floor_rate"] == pytest.approx(10 / T)


def test_only_frames_with_contact_count(phrases, feet):
    """A foot that moves fast through the air between two contacts."""
    stepping = phrases[:1, :1].expand(-1, T, -1, -1).clone()
    stepping[:, :, list(feet.markers), 2] = feet.near_m - 0.01
    stepping[:, 10:20, :, 2] += 0.3
    stepping[:, 10:20, :, 0] += torch.linspace(0, 1, 10)[:, None]
    stepping[:, 20:, :, 0] += 1
    found = summarize(feet.measure(stepping, RATE_HZ))
    assert found["foot_skating_m_per_s"] == pytest.approx(0, abs=1e-6)
    assert found["foot_contact_rate"] == pytest.approx((9 + 19) / (T - 1))
