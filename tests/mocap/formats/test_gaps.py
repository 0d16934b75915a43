"""What means "not seen" is a gap in every format, and is reported."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.mocap import recording
from mariel_gnn.mocap.formats.gaps import mask_sentinels
from tests.mocap.formats.table_files import NAMES, body

LOST = [0.0, -9999, 9999999, -999, 999, 99999, 1e10, -1e30, 3.4e38, np.inf, -np.inf, 2147483647, 32767,
        -1, -100]  # fmt: skip


@pytest.mark.parametrize("number", LOST)
@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize("frames", [range(5), range(17, 23), range(30, 40)])
def test_one_number_on_all_axes_is_a_gap(number, scale, frames):
    positions = scale * body()
    positions[list(frames), 2] = number
    masked, notes = mask_sentinels(positions, NAMES)
    gaps = np.isnan(masked).all(axis=2)
    assert np.argwhere(gaps).tolist() == [[frame, 2] for frame in frames]
    assert np.array_equal(masked[~gaps], positions[~gaps])
    assert len(notes) == 1
    assert f"{len(frames)} positions are" in notes[0]
    assert "LHand" in notes[0]


@given(
    st.integers(0, 39), st.integers(0, 3), st.integers(0, 2), st.sampled_from([-9999, 1e10, np.inf])
)
def test_one_impossible_coordinate_is_a_gap(frame, marker, axis, number):
    positions = body()
    positions[frame, marker, axis] = number
    masked, notes = mask_sentinels(positions)
    assert np.argwhere(np.isnan(masked).any(axis=2)).tolist() == [[frame, marker]]
    assert np.isnan(masked[frame, marker]).all()
    assert len(notes) == 1


@given(st.integers(0, 39), st.integers(0, 2))
def test_a_missing_coordinate_makes_the_marker_missing(frame, axis):
    positions = body()
    positions[frame, 1, axis] = np.nan
    masked, notes = mask_sentinels(positions)
    assert np.isnan(masked[frame, 1]).all()
    assert notes == ()


@given(st.floats(-5, 5), st.sampled_from([1, 100, 1000]))
def test_positions_of_a_dancer_stay(shift, scale):
    positions = scale * (body() + shift)
    masked, notes = mask_sentinels(positions)
    assert np.array_equal(masked, positions)
    assert notes == ()


def test_masking_twice_changes_nothing():
    positions = body()
    positions[5:9, 0] = 0
    positions[7:12, 1] = -9999
    once, _ = mask_sentinels(positions)
    twice, notes = mask_sentinels(once)
    assert np.array_equal(once, twice, equal_nan=True)
    assert notes == ()


def test_the_root_of_a_centred_body_stays_and_is_told():
    positions = body() - body()[:, [1]]
    masked, notes = mask_sentinels(positions, NAMES)
    assert np.array_equal(masked, positions)
    assert notes == ("Chest is always at 0, 0, 0: read as the root of the body",)


def test_a_marker_that_is_never_seen_is_a_gap_throughout():
    positions = body() + 3
    positions[:, 1] = 0
    masked, notes = mask_sentinels(positions, NAMES)
    assert np.isnan(masked[:, 1]).all()
    assert np.isfinite(masked[:, [0, 2, 3]]).all()
    assert "40 positions are exactly 0, 0, 0: read as gaps of Chest" in notes
    positions[:, 1] = -9999
    assert np.isnan(mask_sentinels(positions)[0][:, 1]).all()


def test_frames_without_any_marker_are_gaps():
    positions = body()
    positions[10:12] = 0
    masked, _ = mask_sentinels(positions)
    assert np.isnan(masked[10:12]).all()
    assert np.isfinite(np.delete(masked, [10, 11], axis=0)).all()


def test_motionless_markers_stay():
    """One number on all axes throughout is a place, though an unusual one."""
    positions = np.full((10, 2, 3), 5.0)
    positions[:, 1] = [1, 2, 3]
    assert np.array_equal(mask_sentinels(positions)[0], positions)


@pytest.mark.parametrize("number", [0.0, 999, -9999, np.nan, np.inf, 123.0])
def test_the_size_of_blocks_does_not_matter(number, monkeypatch):
    positions = body().astype(np.float32)
    assert mask_sentinels(positions)[0] is positions  # nothing to mask: not copied
    positions[[30, 31], 2] = number
    expected = mask_sentinels(positions)
    monkeypatch.setattr(recording, "BLOCK_FRAMES", 7)
    found = mask_sentinels(positions)
    np.testing.assert_array_equal(found[0], expected[0])
    assert np.isnan(found[0][[30, 31], 2]).all()
    assert found[0].dtype == np.float32
    assert found[1] == expected[1]
