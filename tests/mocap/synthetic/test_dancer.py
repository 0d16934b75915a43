"""Properties of the synthetic dancer for every seed."""

from pathlib import Path

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.body import MARKERS, Body
from mariel_gnn.mocap.synthetic.choreography import POSTURE, Choreography
from mariel_gnn.mocap.synthetic.curves import Track, smooth_noise
from mariel_gnn.mocap.synthetic.dancer import (
    choreograph,
    synthesize_recording,
    write_synthetic_recordings,
)
from mariel_gnn.mocap.synthetic.kinematics import markers_from_curves

RATE_HZ = 35.0
SKELETON = load_skeleton("mariel53")
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def recordings() -> list[np.ndarray]:
    return [synthesize_recording(seed) for seed in SEEDS]


def marker(positions: np.ndarray, *names: str) -> np.ndarray:
    """Mean position `[T, C]` of some markers."""
    return positions[:, [SKELETON.markers.index(name) for name in names]].mean(axis=1)


def relative_std(positions: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Standard deviation over time of each pair's distance, over its mean."""
    lengths = np.linalg.norm(positions[:, pairs[:, 0]] - positions[:, pairs[:, 1]], axis=-1)
    return lengths.std(axis=0) / lengths.mean(axis=0)


def ball_speed_m_per_s(positions: np.ndarray, side: str) -> np.ndarray:
    """Speed `[T]` of the ball of a foot over three frames, which reduces measurement noise."""
    ball = marker(positions, side + "MT1", side + "MT5", side + "TOE")
    return np.linalg.norm(ball[3:] - ball[:-3], axis=-1) * RATE_HZ / 3


# ------------------------------------------------------------------ numbers and files


def test_the_seed_determines_the_numbers():
    first = synthesize_recording(5, seconds=6)
    np.testing.assert_array_equal(first, synthesize_recording(5, seconds=6))
    assert np.abs(first - synthesize_recording(6, seconds=6)).max() > 0.1


@pytest.mark.parametrize(("seconds", "rate_hz", "frames"), [(6, 35, 210), (2.5, 60, 150)])
def test_shape(seconds: float, rate_hz: float, frames: int):
    positions = synthesize_recording(1, seconds, rate_hz)
    assert positions.shape == (frames, 53, 3)
    assert np.isfinite(positions).all()


def test_every_marker_is_on_a_bone():
    assert set(MARKERS) == set(SKELETON.markers)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"seconds": 0},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"rate_hz": 0},
    ],
)
def test_impossible_recordings_are_refused(wrong: dict[str, float]):
    with pytest.raises(UserError, match=next(iter(wrong))):
        synthesize_recording(**wrong)  # type: ignore[arg-type]


def test_impossible_body_is_refused():
    with pytest.raises(UserError, match="height_m"):
        Body(height_m=168)


def test_files_have_the_fields_layout(tmp_path: Path):
    paths = write_synthetic_recordings(tmp_path / "new", count=2, seconds=3, seed=4)
    assert [path.name for path in paths] == ["synthetic_1.npy", "synthetic_2.npy"]
    assert sorted(tmp_path.rglob("*.*")) == sorted(paths), "no temporary file is left"
    rows = np.load(paths[1])
    assert rows.shape == (55, 105, 3)
    assert rows.dtype == np.float32
    ours = synthesize_recording(5, seconds=3)
    kept = rows[list(SKELETON.rows)].transpose(1, 0, 2) * (1, -1, -1)
    np.testing.assert_allclose(kept, ours, atol=1e-6)
    hips = marker(ours, "LFWT", "RFWT", "LBWT", "RBWT") * (1, -1, -1)
    for row in (26, 53):
        np.testing.assert_allclose(rows[row], hips, atol=1e-6)


def test_writing_again_overwrites(tmp_path: Path):
    first = write_synthetic_recordings(tmp_path, count=1, seconds=2)[0].read_bytes()
    assert write_synthetic_recordings(tmp_path, count=1, seconds=2)[0].read_bytes() == first


# ------------------------------------------------------------------ the body


def test_left_is_on_the_dancers_left(recordings: list[np.ndarray]):
    for positions in recordings:
        back_to_front = marker(positions, "MFWT") - marker(positions, "MBWT")
        left = np.cross((0.0, 0.0, 1.0), back_to_front)
        for name in ("FWT", "BWT", "FSH", "BSH"):
            across = marker(positions, "L" + name) - marker(positions, "R" + name)
            assert (np.sum(left * across, axis=-1) > 0).mean() > 0.98


def test_body_is_symmetric():
    curves = Choreography(np.random.default_rng(0)).sample(np.zeros(1), {})
    for side, sign in (("L", 1), ("R", -1)):
        curves[side + "foot_y_m"] = np.array([0.09 * sign])
    positions = markers_from_curves(curves, Body(), SKELETON.markers)[0]
    np.testing.assert_allclose(positions * (1, -1, 1), positions[list(SKELETON.mirror)], atol=1e-9)


def test_body_scales_with_its_height():
    small, tall = (synthesize_recording(3, 2, body=Body(height_m=h)) for h in (1.5, 1.9))
    top = [marker(positions, "ARIEL")[0, 2] for positions in (small, tall)]
    assert top == pytest.approx([1.5, 1.9], abs=0.06)


def test_limb_lengths_vary_as_in_real_recordings(recordings: list[np.ndarray]):
    edges = np.array(SKELETON.edges)
    every_pair = np.stack(np.triu_indices(len(SKELETON), 1), axis=1)
    for positions in recordings:
        assert np.median(relative_std(positions, edges)) < 0.05
        assert np.percentile(relative_std(positions, edges), 90) < 0.13
        assert (relative_std(positions, every_pair) < 0.03).sum() > 60


def test_knees_flex_forwards(recordings: list[np.ndarray]):
    for positions in recordings:
        for side in "LR":
            knee = marker(positions, side + "KNE", side + "KNI")
            waist = marker(positions, side + "FWT", side + "BWT")
            middle = (waist + marker(positions, side + "ANK")) / 2
            toes = marker(positions, side + "TOE") - marker(positions, side + "HEL")
            on_floor = marker(positions, side + "TOE")[:, 2] < 0.06
            ahead = np.sum((knee - middle) * toes, axis=-1)[on_floor]
            assert (ahead > 0).mean() > 0.95


def test_the_head_is_mostly_upright(recordings: list[np.ndarray]):
    for positions in recordings:
        up = marker(positions, "ARIEL") - marker(positions, "C7")
        assert (up[:, 2] / np.linalg.norm(up, axis=-1) > 0.6).mean() > 0.95


# ------------------------------------------------------------------ floor and room


@pytest.mark.parametrize("seed", range(6))
def test_the_body_stays_above_the_floor_and_in_the_room(seed: int):
    positions = synthesize_recording(seed + 100)
    assert positions[..., 2].min() > -0.02
    assert np.abs(positions[..., :2]).max() < 2.6
    assert np.abs(marker(positions, "LFWT", "RBWT")[:, :2]).max() < 1.7


def test_one_foot_is_at_rest_outside_flight(recordings: list[np.ndarray]):
    for positions in recordings:
        speeds = np.stack([ball_speed_m_per_s(positions, side) for side in "LR"])
        heights = np.stack([marker(positions, side + "TOE")[1:-2, 2] for side in "LR"])
        grounded = heights.min(axis=0) < 0.055
        assert (speeds.min(axis=0)[grounded] < 0.1).mean() > 0.9
        assert np.median(speeds.min(axis=0)[grounded]) < 0.03


def test_a_held_foot_does_not_slide():
    times_s = np.arange(2100) / RATE_HZ
    curves = choreograph(np.random.default_rng(3), 60).sample(times_s, {})
    positions = markers_from_curves(curves, Body(), SKELETON.markers)
    for side in "LR":
        still = np.ones(len(times_s), bool)
        for name in ("foot_x_m", "foot_y_m", "foot_yaw_deg"):
            still &= np.abs(np.gradient(curves[side + name])) < 1e-7
        still &= (curves[side + "foot_lift_m"] == 0) & (curves[side + "air"] == 0)
        held = (still[3:] & still[:-3])[: len(times_s) - 3]
        assert held.mean() > 0.4
        assert ball_speed_m_per_s(positions, side)[held].max() < 0.05


def test_jumps_follow_gravity():
    falling, top_m = [], []
    for seed in range(4):
        positions = synthesize_recording(seed)
        lowest = np.minimum(marker(positions, "LTOE")[:, 2], marker(positions, "RTOE")[:, 2])
        flying = lowest > 0.12
        flying[2:-2] &= flying[:-4] & flying[4:]
        hips = marker(positions, "LFWT", "RFWT", "LBWT", "RBWT")[:, 2]
        falling.append(np.gradient(np.gradient(hips))[flying] * RATE_HZ**2)
        top_m.append(lowest.max())
    assert np.median(np.concatenate(falling)) == pytest.approx(-9.81, abs=2.0)
    assert max(top_m) > 0.2


# ------------------------------------------------------------------ motion


def test_speed_and_jerk_are_in_the_range_of_dance(recordings: list[np.ndarray]):
    for positions in recordings:
        speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * RATE_HZ
        assert 0.3 < speed.mean() < 0.9
        assert speed.max() < 12
        jerk = np.linalg.norm(np.diff(positions, 3, axis=0), axis=-1) * RATE_HZ**3
        assert jerk.mean() < 400
        trunk = np.diff(marker(positions, "LFWT", "RBWT", "C7", "STRN"), 2, axis=0) * RATE_HZ**2
        assert np.linalg.norm(trunk, axis=-1).max() < 60


def test_dancers_travel_and_turn(recordings: list[np.ndarray]):
    for positions in recordings:
        hips = marker(positions, "LFWT", "RBWT")[:, :2]
        across = (marker(positions, "LFWT") - marker(positions, "RFWT"))[:, :2]
        facing = np.unwrap(np.arctan2(across[:, 1], across[:, 0]))
        assert np.ptp(hips, axis=0).max() > 1.0
        assert np.ptp(facing) > 2 * np.pi


# ------------------------------------------------------------------ curves


def test_a_track_passes_its_keyframes_smoothly():
    track = Track(0.0, flowing=True)
    for time_s, value in ((0, 0), (1, 2), (1.5, 3), (3, -1)):
        track.key(time_s, value)
    fine_s = np.linspace(-1, 4, 5001)
    curve = track.sample(fine_s)
    assert track.sample(np.array([0, 1, 1.5, 3.0])) == pytest.approx([0, 2, 3, -1])
    assert np.abs(np.diff(curve, 2)).max() < 1e-4
    assert curve.max() == pytest.approx(3, abs=1e-3), "no overshoot"


def test_a_track_represents_a_parabola():
    track = Track(0.0, flowing=False)
    track.key(0, 1, 2, -9.81)
    track.key(0.5, 1 + 1 - 9.81 / 8, 2 - 9.81 / 2, -9.81)
    times_s = np.linspace(0, 0.5, 11)
    np.testing.assert_allclose(track.sample(times_s), 1 + 2 * times_s - 9.81 / 2 * times_s**2)


def test_a_track_without_keyframes_is_constant():
    assert Track(4.0, flowing=True).sample(np.arange(3.0)) == pytest.approx([4, 4, 4])


def test_smooth_noise_is_slow_and_has_unit_variance():
    series = smooth_noise(np.random.default_rng(0), (2100, 200), 2.0, RATE_HZ)
    assert series.var() == pytest.approx(1, abs=0.05)
    power = np.abs(np.fft.rfft(series, axis=0)) ** 2
    frequency_hz = np.fft.rfftfreq(2100, 1 / RATE_HZ)
    assert power[frequency_hz > 6].sum() < 0.01 * power.sum()


def test_every_phrase_ends_with_a_finite_posture():
    curves = choreograph(np.random.default_rng(8), 40).sample(np.arange(0, 60, 0.1), {})
    assert all(np.isfinite(curve).all() for curve in curves.values())
    assert set(POSTURE) <= set(curves)
