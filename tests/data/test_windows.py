"""Laws of windows: each lies in one recording, and none is missing."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.data.notebook import notebook_window_starts
from mariel_gnn.data.windows import evenly_spaced, gather_windows, window_starts

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=6)
SEQ_LEN, STRIDE, PREDICTED = st.integers(1, 25), st.integers(1, 30), st.integers(0, 3)


@given(LENGTHS, SEQ_LEN, STRIDE, PREDICTED)
def test_every_window_with_its_predicted_frames_lies_in_one_recording(lengths, seq_len, stride, p):
    recording = [number for number, length in enumerate(lengths) for _ in range(length)]
    for start in window_starts(lengths, seq_len, stride, p).tolist():
        frames = recording[start : start + seq_len + p]
        assert len(frames) == seq_len + p
        assert len(set(frames)) == 1


@given(LENGTHS, SEQ_LEN, PREDICTED)
def test_at_stride_1_a_recording_of_n_frames_has_all_its_windows(lengths, seq_len, p):
    starts = window_starts(lengths, seq_len, 1, p)
    assert len(starts) == sum(max(length - (seq_len + p) + 1, 0) for length in lengths)
    assert starts.dtype == torch.int64


@given(LENGTHS, SEQ_LEN, STRIDE, PREDICTED)
def test_a_stride_of_n_takes_every_nth_window_of_each_recording(lengths, seq_len, stride, p):
    expected, offset = [], 0
    for length in lengths:
        own = window_starts([length], seq_len, 1, p)[::stride]
        expected += (own + offset).tolist()
        offset += length
    assert window_starts(lengths, seq_len, stride, p).tolist() == expected


@given(LENGTHS, SEQ_LEN, PREDICTED)
def test_windows_without_overlap_share_no_frame(lengths, seq_len, p):
    starts = window_starts(lengths, seq_len, seq_len, p)
    assert (starts.diff() >= seq_len).all()


def test_no_recordings_give_no_windows():
    assert window_starts([], 8).tolist() == []
    assert window_starts([7, 7], 8).tolist() == []
    assert window_starts([7, 8], 8).tolist() == [7]


@given(st.integers(0, 300), st.integers(1, 80))
def test_the_notebooks_windows_lack_the_last_and_cross_recordings(frames, seq_len):
    assert notebook_window_starts(frames, seq_len).tolist() == list(range(frames - seq_len))
    side_by_side = notebook_window_starts(frames, seq_len, no_overlap=True)
    assert side_by_side.tolist() == [n * seq_len for n in range(frames // seq_len)]


@pytest.mark.parametrize("shape", [(50,), (50, 3), (50, 4, 6)])
def test_gathering_equals_slicing(shape):
    array = torch.arange(torch.Size(shape).numel()).view(shape)
    starts = torch.tensor([0, 40, 7, 7])
    gathered = gather_windows(array, starts, 10)
    assert gathered.shape == (4, 10, *shape[1:])
    for window, start in zip(gathered, starts.tolist(), strict=True):
        assert torch.equal(window, array[start : start + 10])


@pytest.mark.parametrize(("count", "at_most"), [(10, 3), (10, 10), (3, 10), (2500, 256), (1, 1)])
def test_evenly_spaced_indices_are_even_and_limited(count, at_most):
    found = evenly_spaced(count, at_most)
    assert found[0] == 0
    assert len(found) <= min(count, at_most)
    assert len(found) > min(count, at_most) / 2
    assert len(found.diff().unique()) <= 1
    assert found[-1] < count
