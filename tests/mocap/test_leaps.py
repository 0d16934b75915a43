"""Impossible positions are removed and reported; possible motion, however fast, stays."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap import recording
from mariel_gnn.mocap.cleaning import clean, speed_m_per_s
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.leaps import MAX_REACH_M, find_leaps
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton

SKELETON = load_skeleton("mariel53")
FRAMES, RATE_HZ, MAX_GAP = 70, 35.0, 7
LIMIT_M_PER_S = 15.0
markers = st.integers(0, 52)
# From a leap that is barely impossible at 35 Hz to a damaged number.
lengths_m = st.sampled_from([0.6, 1.0, 5.0, 40.0, 90_000.0])
directions = st.sampled_from([(1, 0, 0), (0, -1, 0), (0, 0, 1), (-0.6, 0.64, 0.48)])


@pytest.fixture(scope="module")
def take(dance):
    return Recording("take", dance[100 : 100 + FRAMES], RATE_HZ, "/takes/take.npy")


def moved(take, frames, which, by) -> Recording:
    """The take with some markers moved in some frames."""
    positions = take.positions.copy()
    positions[frames, which] += np.float32(by)
    return dataclasses.replace(take, positions=positions)


def changed(parts, take) -> np.ndarray:
    """Which positions of the one part differ from the take, `[T, J]`."""
    (part,) = parts
    assert len(part) == len(take)
    return (part.positions != take.positions).any(axis=2)


@given(marker=markers, frame=st.integers(1, FRAMES - 2), length=lengths_m, direction=directions)
def test_a_spike_in_one_frame_changes_nothing_else(take, marker, frame, length, direction):
    parts, report = clean(moved(take, frame, marker, length * np.array(direction)), SKELETON)
    others = changed(parts, take)
    others[frame, marker] = False
    assert not others.any()
    error_m = np.linalg.norm(parts[0].positions[frame, marker] - take.positions[frame, marker])
    assert error_m < 0.04
    assert report.removed == ((SKELETON.markers[marker], frame, 1),)


@given(
    spikes=st.lists(
        st.tuples(markers, st.integers(0, FRAMES - 1), st.integers(1, 40), lengths_m, directions),
        max_size=6,
    ),
    gaps=st.lists(st.tuples(markers, st.integers(0, FRAMES - 1), st.integers(1, 12)), max_size=4),
)
def test_cleaning_twice_is_cleaning_once_and_leaves_no_leap(take, spikes, gaps):
    faulty = moved(take, 0, 0, 0)
    for marker, start, count, length, direction in spikes:
        faulty = moved(faulty, slice(start, start + count), marker, length * np.array(direction))
    for marker, start, count in gaps:
        faulty.positions[start : start + count, marker] = np.nan
    once, _ = clean(faulty, SKELETON)
    for part in once:
        twice, report = clean(part, SKELETON)
        assert (twice, report.messages()) == ([part], [])
        assert speed_m_per_s(part.positions, RATE_HZ).max(initial=0) < 2 * LIMIT_M_PER_S


@given(start=st.integers(1, FRAMES - MAX_GAP - 1), count=st.integers(1, MAX_GAP), marker=markers)
def test_a_spike_as_long_as_a_gap_that_is_filled_is_filled(take, start, count, marker):
    parts, report = clean(moved(take, slice(start, start + count), marker, (0, 0, 3)), SKELETON)
    differs = changed(parts, take)
    differs[start : start + count, marker] = False
    assert not differs.any()
    assert report.removed == ((SKELETON.markers[marker], start, count),)


@pytest.mark.parametrize("frame", [0, FRAMES - 1])
def test_a_spike_at_an_end_is_cut_off(take, frame):
    (part,), _ = clean(moved(take, frame, 9, (0, 2, 0)), SKELETON)
    assert len(part) == FRAMES - 1
    np.testing.assert_array_equal(
        part.positions, take.positions[1:] if frame == 0 else take.positions[:-1]
    )


@pytest.mark.parametrize("count", [5, 20, 53])
def test_a_spike_of_several_markers_is_removed(take, count):
    parts, report = clean(moved(take, 30, slice(0, count), (0, 2, 1)), SKELETON)
    differs = changed(parts, take)
    assert len(report.removed) == count
    assert not np.delete(differs, 30, axis=0).any()


def test_a_marker_that_is_away_for_long_is_cut_out(take):
    parts, report = clean(moved(take, slice(20, 45), 9, (0, 0, 0.8)), SKELETON)
    assert [(part.start_frame, part.end_frame) for part in parts] == [(0, 20), (45, FRAMES)]
    assert report.removed == ((SKELETON.markers[9], 20, 25),)


def test_a_marker_that_stays_at_its_new_place_cuts_the_take(take):
    parts, report = clean(moved(take, slice(35, None), 9, (0, 0, 1.0)), SKELETON)
    assert [(part.start_frame, part.end_frame) for part in parts] == [(0, 35), (35, FRAMES)]
    assert report.cuts == (35,)


def test_a_leap_of_the_whole_body_cuts_the_take(take):
    parts, report = clean(moved(take, slice(35, None), slice(None), (2, 0, 0)), SKELETON)
    assert [len(part) for part in parts] == [35, FRAMES - 35]
    assert report.cuts == (35,)
    assert "1.00 s" in report.messages()[0]


def test_a_leap_over_a_short_gap_is_a_leap(take):
    faulty = moved(take, slice(35, None), 9, (0, 0, 2.5))
    faulty.positions[32:35, 9] = np.nan
    parts, _ = clean(faulty, SKELETON)
    assert [(part.start_frame, part.end_frame) for part in parts] == [(0, 32), (35, FRAMES)]


def test_a_marker_far_from_the_body_is_a_gap_however_it_got_there(take):
    away = np.linspace(0, MAX_REACH_M + 4, 40)[:, None] * (1, 0, 0)  # 12 m/s, without a leap
    parts, report = clean(moved(take, slice(30, None), 9, away), SKELETON)
    assert max(np.ptp(part.positions, axis=1).max() for part in parts) < MAX_REACH_M + 2
    assert report.removed[0][0] == SKELETON.markers[9]
    with pytest.raises(UserError, match="10 m away in every frame"):
        clean(moved(take, slice(None), 9, (50, 0, 0)), SKELETON)


def test_the_message_has_marker_frame_and_seconds(take):
    shifted = dataclasses.replace(moved(take, 30, 9, (0, 3, 0)), start_frame=100)
    assert (
        f"{SKELETON.markers[9]} at frame 130 (3.71 s)" in clean(shifted, SKELETON)[1].messages()[0]
    )


@pytest.mark.parametrize("rate_hz", [10.0, 35.0, 120.0, 500.0])
@pytest.mark.parametrize("peak_m_per_s", [6.0, 12.0])
def test_a_fast_kick_stays(take, rate_hz, peak_m_per_s):
    time_s = np.arange(rate_hz) / rate_hz
    width_s = max(np.exp(-0.5) / peak_m_per_s, 1 / rate_hz)
    pulse = np.exp(-0.5 * ((time_s - 0.5) / width_s) ** 2)  # one metre out and back
    standing = np.repeat(take.positions[:1], len(time_s), axis=0)
    kick = dataclasses.replace(take, positions=standing, rate_hz=rate_hz)
    kick.positions[:, 24, 0] += pulse.astype(np.float32)
    assert clean(kick, SKELETON)[0] == [kick]


def test_noise_at_a_high_rate_is_no_leap(take):
    rng = np.random.default_rng(0)
    standing = np.repeat(take.positions[:1], 300, axis=0)
    noisy = standing + rng.normal(0, 0.003, standing.shape).astype(np.float32)
    recording = dataclasses.replace(take, positions=noisy, rate_hz=2000.0)
    assert clean(recording, SKELETON)[0] == [recording]


def test_a_higher_limit_lets_a_leap_stay(take):
    prop = moved(take, slice(30, 32), 9, (0, 0, 0.7))
    assert clean(prop, SKELETON)[1].removed
    assert clean(prop, SKELETON, jump_m_per_s=60)[0] == [prop]


def test_real_recordings_lose_nothing(real_recordings):
    for path in real_recordings:
        recording = read_recording(path, SKELETON)
        assert clean(recording, SKELETON)[0] == [recording]


@pytest.mark.parametrize("frames", [3, 10, FRAMES - 1])
def test_the_size_of_blocks_does_not_matter(take, monkeypatch, frames):
    faulty = moved(moved(take, slice(9, 12), 7, (3, 0, 0)), slice(30, 32), [4, 9], (0, 20, 0))
    faulty.positions[40:] += np.float32([0, 2, 0])
    faulty.positions[50:53, 8] = np.nan
    expected = find_leaps(faulty.positions, RATE_HZ, LIMIT_M_PER_S, MAX_GAP)
    monkeypatch.setattr(recording, "BLOCK_FRAMES", frames)
    found = find_leaps(faulty.positions, RATE_HZ, LIMIT_M_PER_S, MAX_GAP)
    assert found.cuts == expected.cuts == [40]
    assert np.array_equal(found.removed, expected.removed)
    assert found.removed[9:12, 7].all()
    assert found.removed[30:32, 9].all()
