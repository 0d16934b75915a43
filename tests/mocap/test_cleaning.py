"""Properties of cleaning: short gaps are filled, long gaps are cut, other positions stay equal."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import clean, impossible_note, runs
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton

SKELETON = load_skeleton("mariel53")
MAX_GAP = 7  # frames: 0.2 s at 35 Hz


def with_gaps(recording: Recording, *gaps: tuple[int, int, int]) -> Recording:
    """The recording with gaps at (marker, start, stop)."""
    positions = recording.positions.copy()
    for marker, start, stop in gaps:
        positions[start:stop, marker] = np.nan
    return dataclasses.replace(recording, positions=positions)


def test_a_recording_without_gaps_is_unchanged(record):
    recording = record(60)
    parts, report = clean(recording, SKELETON)
    assert parts == [recording]
    assert (report.filled_values, report.cut_frames, report.removed, report.cuts) == (0, 0, (), ())
    assert report.messages() == []


def test_a_gap_up_to_the_maximum_is_interpolated_linearly(record):
    recording = record(60)
    gapped = with_gaps(recording, (4, 20, 20 + MAX_GAP))
    (part,), report = clean(gapped, SKELETON)
    before, after = recording.positions[19, 4], recording.positions[20 + MAX_GAP, 4]
    share = (np.arange(1, MAX_GAP + 1) / (MAX_GAP + 1))[:, None]
    np.testing.assert_allclose(
        part.positions[20:27, 4], before + share * (after - before), atol=1e-5
    )
    others = np.delete(np.arange(53), 4)
    np.testing.assert_array_equal(part.positions[:, others], recording.positions[:, others])
    assert (report.filled_values, report.cut_frames) == (MAX_GAP, 0)
    assert np.isnan(gapped.positions).any()  # the input is not changed
    assert any(f"filled {MAX_GAP}" in line for line in report.messages())


def test_a_longer_gap_cuts_the_recording_in_two(record):
    recording = dataclasses.replace(record(60), start_frame=1000)
    parts, report = clean(with_gaps(recording, (4, 20, 21 + MAX_GAP)), SKELETON)
    assert [(part.start_frame, part.end_frame) for part in parts] == [(1000, 1020), (1028, 1060)]
    np.testing.assert_array_equal(parts[0].positions, recording.positions[:20])
    np.testing.assert_array_equal(parts[1].positions, recording.positions[28:])
    assert (report.filled_values, report.cut_frames) == (0, 8)
    assert any("8 frames" in line for line in report.messages())


def test_gaps_at_the_ends_are_removed_at_any_length(record):
    parts, report = clean(with_gaps(record(60), (4, 0, 1), (9, 58, 60)), SKELETON)
    assert [(part.start_frame, part.end_frame) for part in parts] == [(1, 58)]
    assert report.cut_frames == 3


def test_the_maximum_gap_is_in_seconds_not_frames(record):
    gapped = with_gaps(record(60), (4, 20, 30))
    assert len(clean(gapped, SKELETON, max_gap_s=10 / 35)[0]) == 1
    assert len(clean(gapped, SKELETON, max_gap_s=9 / 35)[0]) == 2
    slower = dataclasses.replace(gapped, rate_hz=30)
    assert len(clean(slower, SKELETON, max_gap_s=10 / 35)[0]) == 2


def test_a_maximum_gap_of_zero_fills_nothing(record):
    parts, report = clean(with_gaps(record(60), (4, 20, 21)), SKELETON, max_gap_s=0)
    assert [len(part) for part in parts] == [20, 39]
    assert report.filled_values == 0


def test_a_marker_missing_in_every_frame_is_named_with_the_file(record):
    with pytest.raises(UserError, match="LANK") as caught:
        clean(with_gaps(record(60), (3, 0, 60)), SKELETON)
    assert "/takes/take0.npy" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_gaps_that_cover_all_frames_leave_no_part(record):
    parts, report = clean(with_gaps(record(60), (3, 0, 30), (4, 30, 60)), SKELETON)
    assert parts == []
    assert report.cut_frames == 60


@given(
    st.lists(
        st.tuples(st.integers(0, 52), st.integers(0, 59), st.integers(1, 20)),
        min_size=1,
        max_size=8,
    )
)
def test_after_cleaning_no_gap_remains_and_other_positions_are_equal(gaps):
    rng = np.random.default_rng(0)
    positions = np.cumsum(rng.normal(0, 0.01, (60, 53, 3)), axis=0).astype(np.float32)
    recording = Recording("take", positions, 35.0, "/takes/take.npy")
    gapped = with_gaps(recording, *((m, start, start + length) for m, start, length in gaps))
    missing = np.isnan(gapped.positions).any(axis=2)
    assume(not missing.all(axis=0).any())
    parts, report = clean(gapped, SKELETON)
    kept = np.zeros(60, bool)
    filled = 0
    for part in parts:
        rows = slice(part.start_frame, part.end_frame)
        # Parts are in order, with at least one frame between them.
        assert not kept[max(rows.start - 1, 0) : rows.stop].any()
        kept[rows] = True
        assert np.isfinite(part.positions).all()
        visible = ~missing[rows]
        np.testing.assert_array_equal(part.positions[visible], positions[rows][visible])
        filled += (~visible).sum()
    assert report.filled_values == filled
    assert report.cut_frames == 60 - kept.sum()
    # Only frames of a gap that is too long or touches an end are removed.
    too_long = np.zeros(60, bool)
    for marker in range(53):
        for start, stop in runs(missing[:, marker]):
            if start == 0 or stop == 60 or stop - start > MAX_GAP:
                too_long[start:stop] = True
    np.testing.assert_array_equal(kept, ~too_long)


@given(st.lists(st.booleans(), max_size=40))
def test_runs_cover_the_true_frames_and_do_not_touch(mask):
    found = runs(np.array(mask, dtype=bool))
    covered = [frame for start, stop in found for frame in range(start, stop)]
    assert covered == [frame for frame, true in enumerate(mask) if true]
    assert all(stop < start for (_, stop), (start, _) in itertools.pairwise(found))


def test_what_cleaning_would_remove_is_told_without_it(record):
    recording = record(60)
    assert impossible_note(recording, SKELETON) == ""
    assert impossible_note(with_gaps(recording, (4, 20, 40)), SKELETON) == ""
    faulty = with_gaps(recording)
    faulty.positions[30, 7] += 50
    faulty.positions[41:43, 8] += 60
    before = faulty.positions.copy()
    note = impossible_note(faulty, SKELETON)
    assert "has 3 impossible positions" in note
    assert f"{SKELETON.markers[7]} in frame 30 (0.86 s)" in note
    assert "training removes them" in note
    np.testing.assert_array_equal(faulty.positions, before)
    assert sum(frames for *_, frames in clean(faulty, SKELETON)[1].removed) == 3


def test_a_leap_of_the_whole_body_is_told(record):
    recording = with_gaps(record(60))
    recording.positions[25:] += 3
    assert "1 impossible leap of the body (the first in frame 25)" in impossible_note(
        recording, SKELETON
    )
