"""The motion range contains all markers in 99 % of the frames."""

import json

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.generation.motion_range import (
    MOTION_RANGE,
    load_motion_range,
    measure_motion_range,
    save_motion_range,
    speed_and_acceleration,
)

RATE_HZ = 35.0


@pytest.fixture(scope="module")
def motion_range(dance, mariel53):
    return measure_motion_range([dance], mariel53.markers, RATE_HZ)


def test_speed_and_acceleration_of_a_known_path():
    time = np.arange(20)[:, None, None] / RATE_HZ
    thrown = time * [[[1.0, 2.0, 0.0]]] + 0.5 * time**2 * [[[0.0, 0.0, -9.81]]]
    speed, acceleration = speed_and_acceleration(thrown, RATE_HZ)
    assert speed.shape == (19, 1)
    np.testing.assert_allclose(acceleration, 9.81)
    np.testing.assert_allclose(speed[0], np.sqrt(5 + (9.81 / RATE_HZ / 2) ** 2))


def test_99_percent_of_the_frames_are_inside(motion_range, dance):
    inside = [
        max(motion_range.peak_ratios(dance[t : t + 3], RATE_HZ)) <= 1 for t in range(len(dance) - 2)
    ]
    assert 0.96 < np.mean(inside) < 0.995  # 1 % of the frames exceed each of two limits


def test_a_jump_is_outside(motion_range, dance):
    jumped = dance[300:340].copy()
    jumped[20:] += 0.3
    assert min(motion_range.peak_ratios(jumped, RATE_HZ)) > 1


def test_place_and_heading_have_no_effect(motion_range, dance):
    part = dance[100:200]
    moved = part @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], np.float32) + 2
    assert motion_range.peak_ratios(moved, RATE_HZ) == pytest.approx(
        motion_range.peak_ratios(part, RATE_HZ), rel=1e-2
    )


def test_it_is_saved_in_the_run(motion_range, tmp_path):
    assert load_motion_range(tmp_path, motion_range.speed_m_per_s) is None
    save_motion_range(tmp_path, motion_range)
    assert load_motion_range(tmp_path, list(motion_range.speed_m_per_s)) == motion_range


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "{}", '{"speed_m_per_s": {"A": 1}}', {"A": 1.0}, {"B": 1.0, "A": 1.0}, ["A", "B"],
     {"A": 1.0, "B": 0.0}, {"A": 1.0, "B": float("nan")}, {"A": 1.0, "B": "2"}, None],
)  # fmt: skip
def test_a_damaged_range_is_refused(tmp_path, content):
    limits = {"A": 1.0, "B": 2.0}
    edited = {"speed_m_per_s": content, "acceleration_m_per_s2": limits}
    text = content if isinstance(content, str) else json.dumps(edited)
    (tmp_path / MOTION_RANGE).write_text(text)
    with pytest.raises(UserError, match=r"motion_range.json: is damaged.*--trainer.resume"):
        load_motion_range(tmp_path, ["A", "B"])
