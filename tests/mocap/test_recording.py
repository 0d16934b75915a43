"""Properties of reading: two layouts, one coordinate system, one-line errors."""

import gc
import io
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.loading import load_recordings
from mariel_gnn.mocap.recording import expand_home, find_files


def refusal(call) -> str:
    """The error message, checked to be one line."""
    with pytest.raises(UserError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_trap_10_the_dancer_is_rotated_not_mirrored(mariel53, dance, write_field):
    path = write_field("take.npy", dance)
    down, read = np.load(path), read_recording(path, mariel53).positions
    np.testing.assert_array_equal(read[:, 0], down[0] * np.float32([1, -1, -1]))
    np.testing.assert_array_equal(read, dance)  # right-handed, z up
    # From the chest (CLAV) away from the back (C7) is forward; up x forward is to the left.
    marker = {name: read[:, index] for index, name in enumerate(mariel53.markers)}
    forward = marker["CLAV"] - marker["C7"]
    leftward = np.cross([0, 0, 1], forward)
    right_to_left = marker["LFSH"] - marker["RFSH"]
    on_left_side = (leftward * right_to_left).sum(axis=1) > 0
    assert on_left_side.mean() > 0.9  # the trunk may be upside down for a moment
    assert (read[:, mariel53.markers.index("ARIEL"), 2] > read[..., 2].mean(axis=1)).mean() > 0.9


def test_trap_10_left_markers_of_real_dancers_are_on_the_left(real_recordings, mariel53):
    read = read_recording(real_recordings[0], mariel53).positions
    marker = {name: read[:, index] for index, name in enumerate(mariel53.markers)}
    leftward = np.cross([0, 0, 1], marker["CLAV"] - marker["C7"])
    assert ((leftward * (marker["LFSH"] - marker["RFSH"])).sum(axis=1) > 0).mean() > 0.9
    assert (marker["ARIEL"][:, 2] > marker["LHEL"][:, 2]).mean() > 0.9


def test_field_rows_become_markers_in_order_without_the_two_hip_rows(mariel53, smooth, write_field):
    positions = smooth(40)
    recording = read_recording(write_field("take.npy", positions), mariel53, rate_hz=50)
    np.testing.assert_array_equal(recording.positions, positions)
    assert recording.positions.dtype == np.float32
    assert recording.positions.flags.c_contiguous
    assert (recording.name, recording.rate_hz, recording.start_frame) == ("take", 50, 0)
    assert recording.end_frame == len(recording) == 40


def test_a_plain_file_is_read_unchanged(tmp_path, mariel53, smooth):
    positions = smooth(40)
    np.save(tmp_path / "plain.npy", positions)
    recording = read_recording(tmp_path / "plain.npy", mariel53)
    np.testing.assert_array_equal(recording.positions, positions)


def test_a_reduced_skeleton_selects_its_markers_from_a_field_file(
    mariel53, mariel18, smooth, write_field
):
    positions = smooth(40)
    kept = [mariel53.markers.index(name) for name in mariel18.markers]
    read = read_recording(write_field("take.npy", positions), mariel18).positions
    np.testing.assert_array_equal(read, positions[:, kept])


def test_a_shape_that_fits_both_layouts_is_read_as_the_body_it_gives(
    tmp_path, mariel53, smooth, write_field
):
    positions = smooth(55)
    np.save(tmp_path / "plain.npy", positions)
    field = write_field("field.npy", smooth(53))
    for skeleton in (mariel53, None):
        plain = read_recording(tmp_path / "plain.npy", skeleton)
        np.testing.assert_array_equal(plain.positions, positions)
        assert any("(55, 53, 3) read as 55 frames" in note for note in plain.notes)
        np.testing.assert_allclose(read_recording(field, skeleton).positions, smooth(53))
    np.save(tmp_path / "neither.npy", np.random.default_rng(0).uniform(size=(55, 53, 3)))
    message = refusal(lambda: read_recording(tmp_path / "neither.npy", mariel53))
    assert "choose one (layout field or plain" in message
    with pytest.raises(UserError, match="states no unit"):  # no body in that layout
        read_recording(tmp_path / "plain.npy", mariel53, layout="field")


def test_a_stated_layout_is_not_replaced_by_the_other(tmp_path, mariel53, smooth, write_field):
    np.save(tmp_path / "plain.npy", smooth(40))
    refusal(lambda: read_recording(tmp_path / "plain.npy", mariel53, layout="field"))
    field = write_field("field.npy", smooth(40))
    refusal(lambda: read_recording(field, mariel53, layout="plain"))


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32, np.uint8, ">f4"])
def test_all_real_number_types_are_read(tmp_path, mariel53, dtype):
    numbers = np.arange(40 * 53 * 3).reshape(40, 53, 3) % 7 // 2
    np.save(tmp_path / "take.npy", numbers.astype(dtype))
    read = read_recording(tmp_path / "take.npy", mariel53).positions
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, numbers)


@pytest.mark.parametrize("invalid", [np.nan, np.inf, -np.inf])
def test_a_position_that_is_not_finite_on_one_axis_is_a_gap(tmp_path, mariel53, smooth, invalid):
    positions = smooth(40)
    positions[7, 3, 1] = invalid
    np.save(tmp_path / "gap.npy", positions)
    missing = np.isnan(read_recording(tmp_path / "gap.npy", mariel53).positions)
    assert missing[7, 3].all()
    assert missing.sum() == 3


def saved(array, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def zipped(array) -> bytes:
    file = io.BytesIO()
    np.savez(file, array)
    return file.getvalue()


NUMBERS = np.ones((40, 53, 3), np.float32)
BAD_FILES = {
    "two axes": (saved(NUMBERS[0]), "(53, 3)"),
    "four axes": (saved(NUMBERS[None].repeat(2, 0)), "(2, 40, 53, 3)"),
    "two coordinates": (saved(NUMBERS[..., :2]), "(40, 53, 2)"),
    "no frames": (saved(NUMBERS[:0]), "(0, 53, 3)"),
    "wrong marker count": (saved(NUMBERS[:, :41]), "(40, 41, 3)"),
    "all NaN": (saved(np.full_like(NUMBERS, np.nan)), "no positions"),
    "all infinite": (saved(np.full_like(NUMBERS, np.inf)), "no positions"),
    "objects": (saved(NUMBERS.astype(object), allow_pickle=True), "without pickle"),
    "complex numbers": (saved(NUMBERS.astype(complex)), "complex"),
    "booleans": (saved(NUMBERS > 0), "bool"),
    "texts": (saved(NUMBERS.astype(str)), "not numbers"),
    "truncated": (saved(NUMBERS)[:-100], "cannot be read as .npy"),
    "truncated header": (saved(NUMBERS)[:20], "cannot be read as .npy"),
    "empty": (b"", "cannot be read as .npy"),
    "not npy": (b"frame,x,y,z\n1,2,3,4\n", "cannot be read as .npy"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_an_invalid_file_gives_a_one_line_error(tmp_path, mariel53, kind):
    content, expected = BAD_FILES[kind]
    path = tmp_path / "bad.npy"
    path.write_bytes(content)
    message = refusal(lambda: load_recordings(path, mariel53))
    assert str(path) in message
    assert expected in message


@pytest.mark.parametrize(
    "content", [zipped(NUMBERS), saved(NUMBERS)[:-100]], ids=["npz", "truncated"]
)
def test_a_refused_file_is_closed(tmp_path, mariel53, content):
    path = tmp_path / "bad.npy"
    path.write_bytes(content)
    gc.collect()
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always")
        message = refusal(lambda: read_recording(path, mariel53))
        gc.collect()
    assert str(path) in message
    assert "number" in message
    assert not [str(warning.message) for warning in left_open]


def test_a_pickle_is_never_loaded(tmp_path, mariel53):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    np.save(tmp_path / "bomb.npy", np.array([Bomb()]), allow_pickle=True)
    refusal(lambda: read_recording(tmp_path / "bomb.npy", mariel53))
    assert not (tmp_path / "executed").exists()


def test_a_missing_file_and_a_pattern_without_a_match_are_errors(tmp_path, mariel53):
    assert "none.npy" in refusal(lambda: read_recording(tmp_path / "none.npy", mariel53))
    assert "mariel_*.npy" in refusal(lambda: load_recordings(tmp_path / "mariel_*.npy", mariel53))
    (tmp_path / "folder.npy").mkdir()
    assert "folder.npy" in refusal(lambda: find_files(tmp_path / "folder.npy"))


def test_an_empty_source_is_an_error(mariel53):
    refusal(lambda: load_recordings([], mariel53))


def test_files_are_sorted_without_duplicates(tmp_path, smooth):
    for name in ("b.npy", "a10.npy", "a2.npy", "notes.txt"):
        np.save(tmp_path / name, smooth(2)) if name.endswith("npy") else None
    found = find_files([tmp_path / "b.npy", str(tmp_path / "*.npy"), tmp_path / "a?.npy"])
    assert [path.name for path in found] == ["a10.npy", "a2.npy", "b.npy"]


def test_a_file_name_with_brackets_is_found(tmp_path, mariel53, smooth):
    path = tmp_path / "take[1].npy"
    np.save(path, smooth(40))
    assert find_files(path) == [path]
    assert len(load_recordings(str(tmp_path / "take*.npy"), mariel53).recordings) == 1


ODD_NAMES = st.text("ab1[]*?!-{}~$ '", min_size=1, max_size=6).filter(lambda name: name.strip("* "))


@given(folder=ODD_NAMES, name=ODD_NAMES, other=ODD_NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_name_that_exists_is_taken_as_it_is(tmp_path, folder, name, other):
    for path in tmp_path.rglob("*.npy"):
        path.unlink()
    wanted = tmp_path / folder / f"{name}.npy"
    for path in (wanted, tmp_path / other / f"{name}.npy", tmp_path / folder / f"{other}.npy"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert find_files(wanted) == [wanted]
    if "*" in (name, other) or "**" in (folder, other):
        return  # patterns that are names too
    inside = {wanted, tmp_path / folder / f"{other}.npy"}
    if folder == other:
        inside |= {tmp_path / other / f"{name}.npy"}
    assert {*find_files(tmp_path / folder / "*.npy")} == inside
    assert {*find_files(str(tmp_path / "**" / "*.npy"))} == {*tmp_path.rglob("*.npy")}


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A working folder with names that look like patterns."""
    for name in ("takes [final]/a.npy", "takes [final]/b.npy", "takes f/c.npy", "x/y [2]/d.npy",
                 "x/y2/e.npy", "duet[1]_A.npz", "duet[1]_B.npz", "deep/a/b/f.npy"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "takes [final]"))
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("takes [final]/*.npy", "takes [final]/a.npy takes [final]/b.npy"),
        ("takes [final]/[a].npy", "takes [final]/a.npy"),
        ("./x/../takes [final]/?.npy", "x/../takes [final]/a.npy x/../takes [final]/b.npy"),
        ("*/y [2]/*", "x/y [2]/d.npy"),
        ("x/y[0-9]/*", "x/y2/e.npy"),
        ("duet[1]_*.npz", "duet[1]_A.npz duet[1]_B.npz"),
        ("deep/**", "deep/a/b/f.npy"),
        ("deep/**/*.npy", "deep/a/b/f.npy"),
        ("~/b.npy", "{here}/takes [final]/b.npy"),
        ("~/?.npy", "{here}/takes [final]/a.npy {here}/takes [final]/b.npy"),
    ],
)
def test_patterns_find_files_in_folders_with_brackets(folders, pattern, files):
    expected = (
        files.replace("{here}", str(folders)).replace(".npy ", ".npy\n").replace(".npz ", ".npz\n")
    )
    assert [str(path) for path in find_files(pattern)] == expected.split("\n")


def test_a_name_with_a_tilde_that_exists_is_not_the_home_folder(folders):
    (folders / "~").mkdir()
    (folders / "~" / "a.npy").touch()
    assert find_files("~/a.npy") == [Path("~/a.npy")]
    assert expand_home("~nobody-of-that-name/x") == Path("~nobody-of-that-name/x")


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("takes f\\*.npy", "Write folders with slashes: 'takes f/*.npy'"),
        ("takes [finl]x/*.npy", "Did you mean 'takes [final]'"),
        ("takes [final]", "such as 'takes [final]/*.npy'"),
        ("", "such as '*.npy'"),
    ],
)
def test_a_pattern_without_a_match_has_a_hint(folders, pattern, hint):
    assert hint in refusal(lambda: find_files(pattern))


def test_a_recording_knows_its_file_from_any_folder(tmp_path, mariel53, smooth, monkeypatch):
    (tmp_path / "takes [final]").mkdir()
    np.save(tmp_path / "takes [final]" / "take.npy", smooth(40))
    monkeypatch.chdir(tmp_path / "takes [final]")
    (recording,) = load_recordings("../takes [final]/*.npy", mariel53).recordings
    assert recording.file == recording.source == str(tmp_path / "takes [final]" / "take.npy")
    assert recording.part(1, 5).file == recording.file
    write_recording("part.npz", recording.part(10, 30), mariel53)
    part = read_recording("part.npz")
    assert (part.source, part.start_frame) == (recording.source, 10)
    assert part.file == str(tmp_path / "takes [final]" / "part.npz")


@pytest.mark.parametrize("trim", [0, 1, 19])
def test_trimming_removes_the_same_number_of_frames_at_both_ends(
    mariel53, smooth, write_field, trim
):
    positions = smooth(40)
    path = write_field("take.npy", positions)
    (recording,) = load_recordings(path, mariel53, trim=trim).recordings
    np.testing.assert_array_equal(recording.positions, positions[trim : 40 - trim])
    assert (recording.start_frame, recording.end_frame) == (trim, 40 - trim)
    assert recording.source == str(path.resolve())


@pytest.mark.parametrize("trim", [20, 21, 500])
def test_trimming_everything_is_an_error(mariel53, smooth, write_field, trim):
    path = write_field("short.npy", smooth(40))
    assert "short" in refusal(lambda: load_recordings(path, mariel53, trim=trim))


def test_gaps_that_cover_all_frames_are_an_error(mariel53, record):
    recording = record(40)
    recording.positions[:20, 3] = np.nan
    recording.positions[20:, 4] = np.nan
    message = refusal(lambda: load_recordings([recording], mariel53))
    assert "cut out 40 frames with long gaps" in message


def test_a_short_recording_is_left_out_with_a_note_or_an_error_if_none_remain(
    mariel53, smooth, write_field
):
    long, short = write_field("long.npy", smooth(40)), write_field("short.npy", smooth(29))
    loaded = load_recordings([long, short], mariel53, min_frames=30)
    assert [recording.name for recording in loaded.recordings] == ["long"]
    assert any("short" in note and "29" in note for note in loaded.notes)
    message = refusal(lambda: load_recordings(short, mariel53, min_frames=30))
    assert "short" in message
    assert "30" in message


def test_a_part_keeps_its_source_and_frames(record):
    recording = record(50)
    part = recording.part(10, 40).part(5, 25)
    assert (part.start_frame, part.end_frame, part.source) == (15, 35, recording.source)
    np.testing.assert_array_equal(part.positions, recording.positions[15:35])
    assert part.name == "take0[15:35]"
