"""Encoded positions are exact to half a step and small."""

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.viz.page.encoding import (
    FARTHEST_M,
    STEP_M,
    encode_positions,
    encode_shares,
    gaps_of,
)

NUMBERS = st.floats(-2 * FARTHEST_M, 2 * FARTHEST_M, width=32)
POSITIONS = st.tuples(st.integers(1, 6), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, (*shape, 3), elements=NUMBERS | st.just(np.nan))
)


def decode(text, shape):
    """Decode positions as `decodeClip` in player.js does."""
    numbers, value, shift = [], 0, 0
    for byte in zlib.decompress(base64.b64decode(text)):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    frames = np.array(numbers, dtype=np.int64).reshape(shape)
    for t in range(1, len(frames)):
        frames[t] += 2 * frames[t - 1] - (frames[t - 2] if t > 1 else 0)
    return frames * STEP_M


@given(POSITIONS)
def test_positions_are_exact_to_half_a_step(positions):
    decoded = decode(encode_positions(positions), positions.shape)
    finite = np.isfinite(positions).all(axis=-1)
    within = np.clip(positions[finite], -FARTHEST_M, FARTHEST_M)
    np.testing.assert_allclose(decoded[finite], within, atol=STEP_M / 2 + 1e-9, rtol=0)


@given(POSITIONS)
def test_gaps_are_the_frames_without_a_position(positions):
    missing = np.zeros(positions.shape[:2], dtype=bool)
    for marker, start, stop in gaps_of(positions):
        assert start < stop
        missing[start:stop, marker] = True
    np.testing.assert_array_equal(missing, ~np.isfinite(positions).all(axis=-1))


def test_a_gap_keeps_the_last_position_and_the_size(dance):
    gappy = dance[:200].astype(np.float64)
    gappy[50:90, 7] = np.nan
    decoded = decode(encode_positions(gappy), gappy.shape)
    np.testing.assert_allclose(decoded[50:90, 7], np.tile(gappy[49, 7], (40, 1)), atol=STEP_M)
    assert len(encode_positions(gappy)) < 1.02 * len(encode_positions(dance[:200]))


def test_a_real_recording_takes_about_one_byte_a_number(real_recordings, mariel53):
    [path] = [path for path in real_recordings if path.stem == "salsa_60_11"]
    positions = read_recording(path, mariel53).positions.astype(np.float64)
    assert len(encode_positions(positions)) < 1.1 * positions.size


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_shares_are_exact_to_half_a_step_of_a_byte(share):
    [byte] = base64.b64decode(encode_shares(np.array([share])))
    assert abs(byte / 255 - share) <= 0.5 / 255
