"""Round trips: positions, gaps, names, rate and axes are equal after writing and reading."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import METRES, from_z_up, to_z_up
from mariel_gnn.mocap.formats.reading import read_dancers, read_recording, read_with_skeleton
from mariel_gnn.mocap.formats.table import READABLE, WRITABLE
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.loading import load_recordings
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import combine_skeletons, skeleton_from_dict

TOLERANCE_M = 1e-4
HOLDS_GAPS = [".npy", ".npz", ".csv", ".trc", ".c3d"]
KEEPS_NAMES = [".npz", ".csv", ".trc", ".c3d", ".bvh"]


@pytest.mark.parametrize("suffix", HOLDS_GAPS)
def test_positions_gaps_and_rate_are_equal(tmp_path, gapped, mariel53, suffix):
    path = tmp_path / f"take{suffix}"
    write_recording(path, gapped, mariel53)
    back = read_recording(path, mariel53)
    np.testing.assert_array_equal(np.isnan(back.positions), np.isnan(gapped.positions))
    assert np.nanmax(np.abs(back.positions - gapped.positions)) < TOLERANCE_M
    assert back.rate_hz == pytest.approx(35.0, rel=1e-6)
    assert back.name == "take"
    assert back.source == (gapped.source if suffix == ".npz" else str(path.resolve()))
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [*HOLDS_GAPS, ".bvh"])
def test_without_a_skeleton_the_files_own_is_used(tmp_path, gapped, mariel53, suffix):
    path = tmp_path / f"take{suffix}"
    write_recording(path, gapped, mariel53)
    recording, skeleton, _ = read_with_skeleton(path)
    own = read_recording(path)
    np.testing.assert_array_equal(own.positions, recording.positions)
    assert own.rate_hz == recording.rate_hz
    assert set(skeleton.markers) == set(mariel53.markers)


def test_without_a_skeleton_an_unknown_marker_set_is_read(tmp_path, phrase, mariel53):
    skeleton = skeleton_from_dict({"name": "few", "markers": ["Head", "Hip", "Foot"]})
    few = Recording("few", phrase.positions[:, :3], 35.0, "")
    write_recording(tmp_path / "few.csv", few, skeleton)
    recording = read_recording(tmp_path / "few.csv")
    np.testing.assert_allclose(recording.positions, few.positions, atol=TOLERANCE_M)


def test_several_dancers_need_a_subject(tmp_path, phrase, mariel53):
    both = combine_skeletons({"Anna": mariel53, "Bea": mariel53})
    positions = np.concatenate([phrase.positions, phrase.positions + np.float32(1)], axis=1)
    write_recording(tmp_path / "duet.c3d", Recording("duet", positions, 35.0, ""), both)
    with pytest.raises(UserError, match="Anna and Bea: choose one"):
        read_recording(tmp_path / "duet.c3d")
    bea = read_recording(tmp_path / "duet.c3d", subject="Bea")
    np.testing.assert_allclose(bea.positions, positions[:, 53:], atol=TOLERANCE_M)


@pytest.mark.parametrize("rate_hz", [25.0, 29.97, 59.94, 120.0, 250.0])
@pytest.mark.parametrize("suffix", KEEPS_NAMES)
def test_any_rate_is_equal(tmp_path, phrase, mariel53, suffix, rate_hz):
    path = tmp_path / f"take{suffix}"
    write_recording(path, Recording("take", phrase.positions, rate_hz, ""), mariel53)
    assert read_recording(path, mariel53).rate_hz == pytest.approx(rate_hz, rel=1e-4)
    assert read_recording(path, mariel53, rate_hz=60).rate_hz == 60  # overrides the file


@pytest.mark.parametrize("suffix", KEEPS_NAMES)
def test_markers_are_found_by_name_in_any_order(tmp_path, phrase, mariel53, mariel18, suffix):
    path = tmp_path / f"take{suffix}"
    write_recording(path, phrase, mariel53)
    reduced = read_recording(path, mariel18).positions
    full = read_recording(path, mariel53).positions
    kept = [mariel53.markers.index(name) for name in mariel18.markers]
    np.testing.assert_array_equal(reduced, full[:, kept])


def test_the_field_layout_is_equal(tmp_path, gapped, mariel53):
    write_recording(tmp_path / "field.npy", gapped, mariel53, layout="field")
    assert np.load(tmp_path / "field.npy").shape == (55, 60, 3)
    back = read_recording(tmp_path / "field.npy", mariel53)
    np.testing.assert_array_equal(back.positions, gapped.positions)


def test_a_reduced_set_leaves_rows_of_the_field_layout_empty(tmp_path, gapped, mariel53, mariel18):
    kept = [mariel53.markers.index(name) for name in mariel18.markers]
    few = Recording("few", gapped.positions[:, kept], 35.0, "")
    notes = write_recording(tmp_path / "few.npy", few, mariel18, layout="field")
    assert "35 of 55 rows are empty (NaN): mariel18 does not have them" in notes
    rows = np.load(tmp_path / "few.npy")
    assert rows.shape == (55, 60, 3)
    by_name = dict(zip(mariel53.file_rows, rows, strict=True))
    for name in set(mariel53.markers) - set(mariel18.markers):
        assert np.isnan(by_name[name]).all()
    for name in mariel53.not_markers:  # the root
        assert np.isfinite(by_name[name]).any()
    back = read_recording(tmp_path / "few.npy", mariel18).positions
    np.testing.assert_array_equal(back, few.positions)


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".trc", ".c3d"])
def test_a_duet_is_equal_and_keeps_its_dancers(tmp_path, gapped, phrase, mariel53, suffix):
    both = combine_skeletons({"Anna": mariel53, "Bea": mariel53})
    beside = np.concatenate([gapped.positions, phrase.positions], axis=1)
    write_recording(tmp_path / f"duet{suffix}", Recording("duet", beside, 35.0, ""), both)
    duet, skeleton, _ = read_with_skeleton(tmp_path / f"duet{suffix}")
    assert skeleton == both
    np.testing.assert_allclose(duet.positions, beside, atol=TOLERANCE_M)
    dancers = read_dancers(tmp_path / f"duet{suffix}")
    assert [(name, one.skeleton.name) for name, one in dancers.items()] == [
        ("Anna", "mariel53"), ("Bea", "mariel53")]  # fmt: skip
    np.testing.assert_allclose(dancers["Bea"].recording.positions, phrase.positions, atol=1e-4)


def test_an_npz_file_holds_its_skeleton(tmp_path, phrase, mariel53, mariel18):
    kept = [mariel53.markers.index(name) for name in mariel18.markers]
    few = Recording("few", phrase.positions[:, kept], 35.0, "")
    write_recording(tmp_path / "few.npz", few, mariel18)
    back, skeleton, _ = read_with_skeleton(tmp_path / "few.npz")
    assert skeleton.to_dict() | {"file_rows": []} == mariel18.to_dict() | {"file_rows": []}
    np.testing.assert_array_equal(back.positions, few.positions)


def test_load_recordings_reads_every_format(tmp_path, phrase, mariel53):
    for suffix in {*READABLE} & {*WRITABLE}:
        write_recording(tmp_path / f"take{suffix}", phrase, mariel53)
    loaded = load_recordings(str(tmp_path / "*"), mariel53)
    assert len(loaded.recordings) == len({*READABLE} & {*WRITABLE})
    for recording in loaded.recordings:
        off = np.abs(recording.positions - phrase.positions)
        assert off.mean() < (0.02 if recording.source.endswith(".bvh") else TOLERANCE_M)


def test_files_of_two_rates_are_an_error(tmp_path, phrase, mariel53):
    for rate_hz in (35.0, 120.0):
        take = Recording("take", phrase.positions, rate_hz, "")
        write_recording(tmp_path / f"{rate_hz:.0f}.npz", take, mariel53)
    with pytest.raises(UserError, match="120"):
        load_recordings(str(tmp_path / "*.npz"), mariel53)
    assert len(load_recordings(str(tmp_path / "*.npz"), mariel53, rate_hz=35).recordings) == 2


@pytest.mark.parametrize("up", ["x", "-x", "y", "-y", "z", "-z"])
def test_every_vertical_axis_is_a_rotation(tmp_path, phrase, mariel53, up):
    rotated = from_z_up(phrase.positions.astype(np.float64), up)
    np.testing.assert_array_equal(to_z_up(rotated, up), phrase.positions)
    axes = from_z_up(np.eye(3), up)
    assert np.linalg.det(axes) == pytest.approx(1)
    assert np.count_nonzero(axes[2]) == 1  # z is one axis of the file
    np.save(tmp_path / "rotated.npy", rotated.astype(np.float32))
    read = read_recording(tmp_path / "rotated.npy", mariel53, up=up)
    np.testing.assert_allclose(read.positions, phrase.positions, atol=1e-6)


@pytest.mark.parametrize("unit", METRES)
def test_every_stated_unit_is_read(tmp_path, phrase, mariel53, unit):
    np.save(tmp_path / "scaled.npy", phrase.positions / METRES[unit])
    read = read_recording(tmp_path / "scaled.npy", mariel53, unit=unit)
    np.testing.assert_allclose(read.positions, phrase.positions, atol=1e-5)


@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_tables_hold_any_numbers(tmp_path_factory, frames, markers, seed):
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(seed)
    positions = rng.uniform(-1.5, 1.5, (frames, markers + 1, 3)).astype(np.float32)
    positions[rng.uniform(size=positions.shape[:2]) < 0.2] = np.nan
    positions[0, 0] = 1.0
    recording = Recording("take", positions, 35.0, "")
    names = [f"M{number}" for number in range(markers + 1)]
    skeleton = skeleton_from_dict({"name": "some", "markers": names})
    for suffix in (".npz", ".csv", ".trc"):
        write_recording(folder / f"take{suffix}", recording, skeleton)
        back = read_recording(folder / f"take{suffix}", skeleton).positions
        np.testing.assert_allclose(back, positions, atol=TOLERANCE_M)


def test_real_takes_are_equal_in_every_format(tmp_path, real_recordings, mariel53):
    take = read_recording(next(p for p in real_recordings if p.stem == "modern_05_08"), mariel53)
    for suffix in HOLDS_GAPS:
        write_recording(tmp_path / f"take{suffix}", take, mariel53)
        back = read_recording(tmp_path / f"take{suffix}", mariel53)
        assert np.abs(back.positions - take.positions).max() < TOLERANCE_M


@pytest.mark.parametrize(("suffix", "module"), [(".c3d", "ezc3d"), (".bvh", "pybvh")])
def test_a_missing_library_is_an_error_with_the_command_that_installs_it(
    tmp_path, phrase, mariel53, monkeypatch, suffix, module
):
    write_recording(tmp_path / f"take{suffix}", phrase, mariel53)
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"pip install -e '\.\[{suffix[1:]}\]'"
    with pytest.raises(UserError, match=message):
        write_recording(tmp_path / f"new{suffix}", phrase, mariel53)
    assert not (tmp_path / f"new{suffix}").exists()
    reading = read_recording(
        tmp_path / f"take{suffix}", mariel53, unit="cm" if suffix == ".bvh" else "auto"
    )
    assert len(reading) == len(phrase)  # reading needs no library
