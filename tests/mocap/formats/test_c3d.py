"""`.c3d` files of every processor, number type and size, and files that contradict themselves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from c3d_bytes import DEC, INTEL, MIPS, C3dBytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.reading import read_marker_file, read_recording, read_with_skeleton

RNG = np.random.default_rng(0)
POSITIONS = RNG.normal(0, 500, (40, 4, 3)).round()
WHOLE = C3dBytes(POSITIONS, "ABCD")
SCALE_MM = 0.1


@pytest.fixture
def read(tmp_path):
    """A function that writes the bytes of a file and reads it."""

    def read_bytes(content: C3dBytes | bytes) -> MarkerFile:
        (tmp_path / "take.c3d").write_bytes(bytes(content))
        return read_marker_file(tmp_path / "take.c3d")

    return read_bytes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([INTEL, DEC, MIPS]),
    st.sampled_from([None, SCALE_MM]),
    st.integers(0, 3),
    st.integers(1, 300),
    st.integers(0, 2**32 - 1),
)
def test_points_are_equal_for_every_processor_and_number_type(
    read, processor, scale, analog, markers, seed
):
    rng = np.random.default_rng(seed)
    positions = rng.normal(0, 800, (5, markers, 3))
    residuals = np.where(rng.random((5, markers)) < 0.3, -1.0, 0.5)
    residuals[0, 0] = 0  # at least one point is seen
    labels = [f"M{n}" for n in range(markers)]
    found = read(C3dBytes(positions, labels, processor, scale, residuals, analog))
    expected = np.where(residuals[..., None] < 0, np.nan, positions)
    np.testing.assert_allclose(found.positions, expected, rtol=1e-6, atol=(scale or 0) / 2)
    assert found.labels == tuple(labels)
    assert (found.rate_hz, found.unit, found.unit_stated) == (100, "mm", True)
    assert found.notes == ()


@pytest.mark.parametrize("processor", [INTEL, DEC])
@pytest.mark.parametrize("scale", [None, SCALE_MM])
def test_points_are_those_of_ezc3d(tmp_path, processor, scale):
    ezc3d = pytest.importorskip("ezc3d")
    residuals = np.where(RNG.random((40, 4)) < 0.2, -1.0, 0.0)
    content = C3dBytes(POSITIONS, "ABCD", processor, scale, residuals, analog=2)
    (tmp_path / "take.c3d").write_bytes(bytes(content))
    other = ezc3d.c3d(str(tmp_path / "take.c3d"))["data"]
    expected = other["points"][:3].transpose(2, 1, 0)
    expected[(other["meta_points"]["residuals"][0] < 0).T] = np.nan
    found = read_marker_file(tmp_path / "take.c3d")
    np.testing.assert_allclose(found.positions, expected, atol=1e-4)


@pytest.mark.parametrize(
    "analog",
    [
        {"OFFSET": [0.5, 0.5, 0.5]},
        {"OFFSET": None, "SCALE": None, "LABELS": None, "GEN_SCALE": None},
        {"OFFSET": [0], "SCALE": ["text"]},
        {"RATE": None},
    ],
)
def test_parameters_of_channels_that_nobody_needs_do_not_matter(read, analog):
    found = read(replace(WHOLE, analog=3, groups={"ANALOG": analog}))
    np.testing.assert_array_equal(found.positions, POSITIONS)


@pytest.mark.parametrize("name", ["SCALE", "FRAMES", "DATA_START", "USED", "UNITS", "RATE"])
def test_a_missing_parameter_is_taken_from_the_header(read, name):
    found = read(replace(WHOLE, parameters={name: None}))
    np.testing.assert_array_equal(found.positions, POSITIONS)
    assert found.rate_hz == 100
    assert found.unit_stated == (name != "UNITS")


# Frames


LONG = np.tile(POSITIONS[:, :1], (1700, 1, 1))  # 68,000 frames
OVER = len(LONG) - 0x10000


@pytest.mark.parametrize(
    "stated",
    [
        {"parameters": {"LONG_FRAMES": float(len(LONG)), "FRAMES": -1}},
        {"parameters": {"FRAMES": float(len(LONG))}},
        {"groups": {"TRIAL": {"ACTUAL_START_FIELD": [1, 0], "ACTUAL_END_FIELD": [OVER, 1]}}},
        {"groups": {"TRIAL": {"ACTUAL_START_FIELD": [1, 0], "ACTUAL_END_FIELD": [OVER, 1]}},
         "parameters": {"FRAMES": OVER}, "header": {5: OVER}},
    ],
)  # fmt: skip
def test_a_take_of_more_than_65535_frames_is_read_whole(read, stated):
    content = C3dBytes(LONG, "A", **stated)
    found = read(content)
    np.testing.assert_array_equal(found.positions, LONG)
    assert found.notes == ()
    with pytest.raises(UserError, match="truncated: it states 68000 frames, the file has 67"):
        read(bytes(content)[:-2048])


@pytest.mark.parametrize("last", [0xFFFF, OVER])
def test_frames_beyond_what_the_header_can_state_are_read_and_told(read, last):
    header = {"header": {5: last}, "parameters": {"FRAMES": last - 0x10000 * (last > 0x7FFF)}}
    found = read(C3dBytes(LONG, "A", **header))
    np.testing.assert_array_equal(found.positions, LONG)
    assert found.notes == (
        f"the header states {last} frames, the file's size shows 68000: all are read",
    )


def test_statements_that_differ_are_decided_by_the_size_of_the_file(read):
    for content, words in (
        (replace(WHOLE, parameters={"FRAMES": 4}), "40 fit"),
        (replace(WHOLE, header={5: 4}), "40 fit"),
        (replace(WHOLE, parameters={"USED": 3}), "4 points, 0 analog numbers, scale -1 fit"),
        (replace(WHOLE, header={2: 5}), "4 points, 0 analog numbers, scale -1 fit"),
        (replace(WHOLE, analog=8, groups={"ANALOG": {"USED": 0}}), "4 points, 8 analog"),
    ):
        found = read(content)
        np.testing.assert_array_equal(found.positions, POSITIONS)
        (note,) = found.notes
        assert words in note


def test_statements_between_which_nothing_decides_are_an_error(read):
    for content in (
        replace(WHOLE, scale=SCALE_MM, parameters={"SCALE": 0.2}),
        replace(WHOLE, parameters={"FRAMES": 4}, header={5: 9}),
    ):
        with pytest.raises(UserError, match="contradicts itself"):
            read(content)
    small = C3dBytes(POSITIONS[:2], "ABCD", parameters={"USED": 3})
    with pytest.raises(UserError, match=r"the header states 4 points.*the parameters 3 points"):
        read(small)


def test_a_truncated_file_is_called_so_and_no_other(read):
    content = bytes(WHOLE)
    with pytest.raises(UserError, match="is truncated: it states 40 frames, the file has 3"):
        read(content[:-512])
    for end in (100, 600):
        with pytest.raises(UserError, match="truncated"):
            read(content[:end])


def test_two_rates_need_the_users_word(tmp_path):
    (tmp_path / "take.c3d").write_bytes(bytes(replace(WHOLE, parameters={"RATE": 50.0})))
    with pytest.raises(UserError, match=r"POINT:RATE is 50 Hz, the header states 100 Hz.*rate_hz"):
        read_with_skeleton(tmp_path / "take.c3d")
    assert read_recording(tmp_path / "take.c3d", rate_hz=50).rate_hz == 50
    (tmp_path / "take.c3d").write_bytes(bytes(replace(WHOLE, parameters={"RATE": 0.0})))
    assert read_marker_file(tmp_path / "take.c3d").rate_hz == 100


# Names


def test_names_go_on_in_further_lists_whatever_their_numbers(read):
    labels = [f"M{n}" for n in range(600)]
    positions = RNG.normal(0, 500, (3, 600, 3))
    assert read(C3dBytes(positions, labels)).labels == tuple(labels)
    lists = {"LABELS": None, "LABELS1": labels[:250], "LABELS4": labels[250:400]}
    lists |= {"LABELS11": labels[400:], "LABELSX": ["no"]}
    assert read(C3dBytes(positions, [], parameters=lists)).labels == tuple(labels)


def test_points_and_names_of_different_number_are_told(read):
    fewer = read(replace(WHOLE, labels="AB"))
    assert fewer.labels == ("A", "B", "*3", "*4")
    assert fewer.notes == ("2 markers have no name: left out",)
    more = read(replace(WHOLE, labels="ABCDEF"))
    assert more.labels == ("A", "B", "C", "D")
    assert more.notes == ("E, F: names without data",)
    assert read(replace(WHOLE, parameters={"LABELS": None})).labels == ("*1", "*2", "*3", "*4")


def test_two_points_of_one_name_keep_their_own_data(read):
    found = read(replace(WHOLE, labels=["A", "B", "A", "a"]))
    assert found.labels == ("A", "B", "A#2", "a")
    np.testing.assert_array_equal(found.positions, POSITIONS)
    assert found.notes == ("names that occur again are numbered: A#2 is another A",)


def test_computed_points_are_told(read):
    found = read(replace(WHOLE, labels=["A", "B", "C", "Angle"], parameters={"ANGLES": ["Angle"]}))
    assert found.labels == ("A", "B", "C")
    assert found.notes == (
        "1 point is computed (angles, forces, axes of segments), left out: Angle",
    )


def test_names_are_read_in_utf_8_and_latin_1(read):
    content = bytes(replace(WHOLE, labels=["Hüfte", "B", "C", "D"]))
    assert read(content).labels[0] == "Hüfte"
    latin = content.replace("Hüfte".encode(), "Hüfte".encode("latin-1") + b" ")
    assert read(latin).labels[0] == "Hüfte"


# Gaps


@pytest.mark.parametrize("lost", [0.0, np.nan, -9999.0, 9999999.0, 1e30, np.inf])
def test_a_lost_point_is_a_gap_in_any_spelling(read, lost):
    positions = POSITIONS.copy()
    positions[5:9, 1] = lost
    gaps = np.isnan(read(C3dBytes(positions, "ABCD")).positions).any(axis=2)
    assert gaps[5:9, 1].all()
    assert gaps.sum() == 4


def test_marks_of_points_that_are_all_unseen_are_ignored_and_told(read):
    found = read(replace(WHOLE, residuals=-np.ones((40, 4))))
    np.testing.assert_array_equal(found.positions, POSITIONS)
    assert found.notes == ("every point is marked as not seen: the marks are ignored",)


def test_two_dancers_of_one_laboratory_file_become_two(tmp_path: Path) -> None:
    names = ["Head", "Chest", "LHand", "RHand", "LFoot", "RFoot"]
    body = RNG.normal(0, 300, (1, 6, 3)) + RNG.normal(0, 5, (40, 6, 3))
    duet = np.concatenate([body, body + np.array([1000, 0, 0])], axis=1)
    (tmp_path / "duet.c3d").write_bytes(bytes(C3dBytes(duet, names * 2)))
    both, skeleton, notes = read_with_skeleton(tmp_path / "duet.c3d")
    assert skeleton.markers == (*(f"1:{n}" for n in names), *(f"2:{n}" for n in names))
    np.testing.assert_allclose(both.positions, duet / 1000, atol=1e-4)
    assert sum("each name occurs twice: read as 2 dancers" in note for note in notes) >= 1
    with pytest.raises(UserError, match="holds the dancers 1 and 2: choose one"):
        read_recording(tmp_path / "duet.c3d")
