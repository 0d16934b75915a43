"""Every written file is read back before it gets its name: it holds what was given, or there is none."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats import table
from mariel_gnn.mocap.formats.read_back import MAX_OFFSET_M
from mariel_gnn.mocap.formats.reading import read_marker_file, read_recording
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.plausibility import MAX_DISTANCE_M
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import skeleton_from_dict

TEXT = (".csv", ".trc")
HOLDS_GAPS = (".npz", ".csv", ".trc", ".c3d")
KEEPS_NAMES = (*HOLDS_GAPS, ".bvh")
ALL = (".npy", *KEEPS_NAMES, ".glb")
UNUSUAL = [
    *("a,b", "a;b", "a\tb", "a\nb", "a\rb", 'a"b', "a'b", " a", "a ", "", "x" * 256, "x" * 127),
    *("Sword:tip", "é", "日本", "time", "time_s", "A_x_m", "A_x", "B_end", "x", "A_", "*3"),
    *("a\0b", "#c", "End", "JOINT", "{", "}", "Frame#", "-9", "nan", "a/b", "a\\b", "a\u2028b"),
]


def body_of(*names):
    return skeleton_from_dict({"name": "some", "markers": list(names)})


def motion(frames, markers, seed=0):
    rng = np.random.default_rng(seed)
    still = rng.normal((0, 0, 1), 0.4, (1, markers, 3))
    return (still + np.cumsum(rng.normal(0, 0.01, (frames, markers, 3)), 0)).astype(np.float32)


def is_written(folder, suffix, names):
    """Whether there is a file; it has exactly these names, or there is none and one line says why."""
    path = folder / f"take{suffix}"
    refusal = ""
    try:
        write_recording(path, Recording("take", motion(4, len(names)), 60.0, ""), body_of(*names))
    except UserError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith(f"{path}: ")
        assert len(refusal.splitlines()) == 1
        assert not list(folder.iterdir())
        return False
    labels = read_marker_file(path).labels
    if suffix == ".bvh":  # in the order of the tree, with a note on spaces
        assert sorted(labels) == sorted(name.replace(" ", "_") for name in names)
    else:
        assert labels == tuple(names)
    path.unlink()
    return True


@pytest.mark.parametrize("suffix", [".npz", *TEXT, ".bvh"])
@pytest.mark.parametrize("name", UNUSUAL, ids=ascii)
def test_an_unusual_name_is_kept_or_refused(tmp_path, suffix, name):
    kept = is_written(tmp_path, suffix, [name, "B", "C", "D"])
    assert kept or suffix != ".npz" or name in ("", "a\0b")


NOT_IN_C3D = [" a", "a ", "", "x" * 256]


@pytest.mark.parametrize("name", NOT_IN_C3D, ids=ascii)
def test_a_name_that_c3d_does_not_hold_is_refused(tmp_path, name):
    assert not is_written(tmp_path, ".c3d", [name, "B", "C", "D"])


def test_other_unusual_names_are_kept_in_c3d(tmp_path):
    assert is_written(tmp_path, ".c3d", [name for name in UNUSUAL if name not in NOT_IN_C3D])


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=6), min_size=2, max_size=5, unique=True)
)
def test_any_names_are_kept_or_refused(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("names")
    for suffix in (".npz", *TEXT, ".bvh"):
        is_written(folder, suffix, names)


@pytest.mark.parametrize("suffix", KEEPS_NAMES)
def test_names_that_differ_in_case_are_kept(tmp_path, suffix):
    assert is_written(tmp_path, suffix, ["neck", "Neck", "NECK", "hip"])


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a;b", "a'b"])
def test_a_table_quotes_names(tmp_path, name):
    assert is_written(tmp_path, ".csv", [name, "B"])


@pytest.mark.parametrize("frames", [65535, 65536, 140000])
def test_a_long_take_is_whole_in_c3d(tmp_path, frames):
    """The header holds 65,535 frames; other parameters state the number of more."""
    path = tmp_path / "take.c3d"
    positions = motion(frames, 2)
    notes = write_recording(path, Recording("take", positions, 60.0, ""), body_of("A", "B"))
    back = read_marker_file(path).positions
    np.testing.assert_allclose(0.001 * back, positions, atol=1e-5)
    assert any("only the first 65,535" in note for note in notes) == (frames > 65535)


def test_a_c3d_file_holds_more_than_255_markers(tmp_path):
    assert is_written(tmp_path, ".c3d", [f"M{number}" for number in range(600)])


@pytest.mark.parametrize("suffix", HOLDS_GAPS)
def test_gaps_at_the_ends_and_places_at_the_origin_are_kept(tmp_path, suffix):
    positions = motion(9, 4)
    positions[:2], positions[-2:] = np.nan, np.nan  # whole frames
    positions[:, 1] = np.nan  # a whole marker
    positions[3, 2] = 0
    positions[4, 2] = (0, -1e-7, 0)
    positions[:, 3] = np.where(np.isnan(positions[:, 3]), np.nan, 0)
    positions[6, 0, 1] = np.nan  # one coordinate: the position is unknown
    skeleton = body_of("A", "B", "C", "D")
    write_recording(tmp_path / f"take{suffix}", Recording("take", positions, 60.0, ""), skeleton)
    back = read_recording(tmp_path / f"take{suffix}", skeleton).positions
    missing = np.isnan(positions).any(axis=2)
    np.testing.assert_array_equal(np.isnan(back).all(axis=2), missing)
    assert np.abs(back - positions)[~missing].max() < MAX_OFFSET_M


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize(("frames", "markers"), [(1, 4), (2, 4), (5, 2)])
def test_a_short_take_and_a_small_body_are_written(tmp_path, suffix, frames, markers):
    names = list("ABCD")[:markers]
    take = Recording("take", motion(frames, markers), 60.0, "")
    notes = write_recording(tmp_path / f"take{suffix}", take, body_of(*names))
    unstated = [note for note in notes if "does not hold the rate, 60 Hz" in note]
    assert len(unstated) == (frames == 1 and suffix in (".csv", ".glb"))


@pytest.mark.parametrize("suffix", [suffix for suffix in ALL if suffix != ".npy"])
@pytest.mark.parametrize("rate_hz", [23.976, 59.94005994, 120.0, 999.5])
def test_a_rate_is_kept(tmp_path, suffix, rate_hz):
    path = tmp_path / f"take{suffix}"
    write_recording(path, Recording("take", motion(40, 4), rate_hz, ""), body_of(*"ABCD"))
    row = table.FORMATS[suffix]
    found = row.read_back(path) if row.read_back else read_marker_file(path)
    assert found.rate_hz == pytest.approx(rate_hz, rel=1e-4)


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rate_hz": float("nan")}, "its rate is nan Hz"),
        ({"rate_hz": 0.0}, "its rate is 0 Hz"),
        ({"rate_hz": float("inf")}, "its rate is inf Hz"),
        ({"positions": np.full((4, 4, 3), np.nan, np.float32)}, "no positions"),
        ({"positions": np.full((4, 4, 3), np.inf, np.float32)}, "A in frame 1 is more than 1 km"),
        ({"positions": np.full((4, 4, 3), 2e5, np.float32)}, "A in frame 1 is more than 1 km"),
    ],
)
def test_what_no_format_holds_is_refused(tmp_path, suffix, change, why):
    take = dataclasses.replace(Recording("take", motion(4, 4), 60.0, ""), **change)
    with pytest.raises(UserError, match=why):
        write_recording(tmp_path / f"take{suffix}", take, body_of(*"ABCD"))
    assert not list(tmp_path.iterdir())


def shortened(recording):
    return dataclasses.replace(recording, positions=recording.positions[:-1])


def swapped(recording):
    return dataclasses.replace(recording, positions=recording.positions[:, [1, 0, 2, 3]])


def filled(recording):
    return dataclasses.replace(recording, positions=np.nan_to_num(recording.positions, nan=1.0))


def emptied(recording):
    positions = recording.positions.copy()
    positions[1, 2] = np.nan
    return dataclasses.replace(recording, positions=positions)


def slowed(recording):
    return dataclasses.replace(recording, rate_hz=recording.rate_hz * 0.999)


@pytest.mark.parametrize("suffix", HOLDS_GAPS)
@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (shortened, "8 frames; 7 are read back"),
        (swapped, "'A' at .* m in frame 1; it is at .* m when read back"),
        (filled, "'D' lost in frame 4; it is at 1, 1, 1 m when read back"),
        (emptied, "'C' at .* m in frame 2; it is lost when read back"),
        (slowed, r"a rate of 60 Hz; 59.9\d+ is read back"),
    ],
)
def test_a_writer_that_loses_something_leaves_no_file(tmp_path, monkeypatch, suffix, spoil, what):
    positions = motion(8, 4)
    positions[3, 3] = np.nan
    row = table.FORMATS[suffix]

    def write(path, recording, skeleton, layout):
        whole = row.write(path, recording, skeleton, layout).content
        return row.write(path, spoil(recording), skeleton, layout)._replace(content=whole)

    monkeypatch.setitem(table.FORMATS, suffix, dataclasses.replace(row, write=write))
    path = tmp_path / f"take{suffix}"
    path.write_text("the file that was here before")
    with pytest.raises(UserError, match=f"take{suffix}: not written, as {suffix} cannot .*{what}"):
        write_recording(path, Recording("take", positions, 60.0, ""), body_of(*"ABCD"))
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "the file that was here before"


@pytest.mark.parametrize(
    "fault", [RuntimeError("no\nroom"), UnicodeEncodeError("ascii", "é", 0, 1, "")]
)
def test_an_error_of_a_writer_is_one_line(tmp_path, monkeypatch, fault):
    def write(*_):
        raise fault

    row = dataclasses.replace(table.FORMATS[".bvh"], write=write)
    monkeypatch.setitem(table.FORMATS, ".bvh", row)
    with pytest.raises(UserError, match=r"take\.bvh: not written, as \.bvh cannot hold") as error:
        write_recording(
            tmp_path / "take.bvh", Recording("take", motion(4, 4), 60.0, ""), body_of(*"ABCD")
        )
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ALL)
def test_a_suffix_in_capitals_and_a_long_file_name_are_written(tmp_path, suffix):
    path = tmp_path / ("x" * 240 + suffix.upper())
    write_recording(path, Recording("take", motion(4, 4), 60.0, ""), body_of(*"ABCD"))
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 0.9 * MAX_DISTANCE_M))
def test_places_of_any_size_are_kept(tmp_path_factory, seed, size_m):
    folder = tmp_path_factory.mktemp("places")
    rng = np.random.default_rng(seed)
    positions = rng.uniform(-size_m, size_m, (3, 4, 3)).astype(np.float32)
    for suffix in (".npz", *TEXT):
        write_recording(
            folder / f"take{suffix}", Recording("take", positions, 60.0, ""), body_of(*"ABCD")
        )
        found = read_marker_file(folder / f"take{suffix}")
        assert found.positions.shape == positions.shape
