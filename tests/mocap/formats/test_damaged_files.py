"""Whatever is done to a file of any format: it is read, or refused in one line."""

from __future__ import annotations

import zipfile
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mariel_gnn.mocap.formats.reading import read_with_skeleton
from mariel_gnn.mocap.formats.table import READABLE
from tests.damage import CASES, damaged
from tests.mocap.small_files import small_file

LAW = settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32 - 1)


def check(tally, path, content):
    path.write_bytes(content)
    read = tally.told(read_with_skeleton, path)
    if read is None:
        return
    recording, skeleton, notes = read
    assert recording.positions.shape[1:] == (len(skeleton), 3)
    assert not np.isinf(recording.positions).any()
    assert all("\n" not in note for note in notes)


@pytest.mark.parametrize("suffix", READABLE)
def test_the_small_file_itself_is_read(tmp_path, suffix):
    (tmp_path / f"take{suffix}").write_bytes(small_file(suffix))
    assert len(read_with_skeleton(tmp_path / f"take{suffix}").recording) > 20


@pytest.mark.parametrize("suffix", READABLE)
@LAW
@given(seed=SEEDS)
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path, tally, suffix, seed):
    check(tally, tmp_path / f"take{suffix}", damaged(small_file(suffix), seed))


@LAW
@given(seed=SEEDS)
def test_an_archive_of_a_damaged_array_is_read_or_refused_in_one_line(tmp_path, tally, seed):
    """The sums of the archive are right, so the damage reaches the reader of arrays."""
    archive = zipfile.ZipFile(BytesIO(small_file(".npz")))
    names = archive.namelist()
    edited = names[seed % len(names)]
    with zipfile.ZipFile(tmp_path / "take.npz", "w") as written:
        for name in names:
            content = archive.read(name)
            written.writestr(name, damaged(content, seed) if name == edited else content)
    check(tally, tmp_path / "take.npz", (tmp_path / "take.npz").read_bytes())


@pytest.mark.parametrize("suffix", READABLE)
@settings(max_examples=CASES // 4, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_line(tmp_path, tally, suffix, content):
    check(tally, tmp_path / f"take{suffix}", content)
