"""What is written is what is read."""

import numpy as np
import pytest

from mariel_gnn.data import read_recording, write_recording
from mariel_gnn.errors import UserError


def test_what_is_written_is_read_bit_for_bit(tmp_path, record, mariel53):
    take = record(90)
    write_recording(tmp_path / "made" / "take.npy", take, mariel53)
    read = read_recording(tmp_path / "made" / "take.npy", mariel53)
    assert np.array_equal(read.positions, take.positions)
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["take.npy"]


def test_a_format_that_is_not_there_is_told_and_nothing_is_left(tmp_path, record, mariel53):
    with pytest.raises(UserError, match=r"no format '\.mov'"):
        write_recording(tmp_path / "take.mov", record(90), mariel53)
    assert not list(tmp_path.iterdir())
