"""Names are identities: whole, compared exactly, duplicates numbered and reported."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.interpretation import select_dancer, select_props, split_dancers
from mariel_gnn.mocap.formats.labels import (
    dancer_columns,
    distinct_labels,
    find_markers,
    is_unnamed,
    match_labels,
    replace_aliases,
)
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.reading import (
    ReadingOptions,
    read_dancers,
    read_marker_file,
    read_recording,
    read_with_skeleton,
)
from mariel_gnn.mocap.formats.writing import convert, write_recording
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton, skeleton_from_dict
from tests.mocap.preparing import prepare_file

NAMES = st.lists(st.sampled_from(["A", "B", "A#2", "1:A", "Anna:A", "*1", "", "a"]), max_size=9)
BODY = ("Head", "Chest", "LHand", "RHand", "LFoot", "RFoot")


@given(NAMES)
def test_every_column_gets_its_own_label_and_what_changed_is_told(labels):
    distinct, notes = distinct_labels(labels)
    assert len(distinct) == len(set(distinct)) == len(labels)
    assert distinct_labels(distinct) == (distinct, ())
    for old, new in zip(labels, distinct, strict=True):
        assert is_unnamed(old) == is_unnamed(new)
        assert old in new
        assert old == new or is_unnamed(old) or notes
    for label in set(labels) - {""}:
        if labels.count(label) == 1:
            assert label in distinct


def test_a_duplicate_is_numbered_and_told():
    distinct, notes = distinct_labels(["LANK", "C7", "LANK", "LANK#2", "T10", "LANK"])
    assert distinct == ("LANK", "C7", "LANK#3", "LANK#2", "T10", "LANK#4")
    assert notes == (
        "names that occur again are numbered: LANK#3 is another LANK, LANK#4 is another LANK",
    )


def test_a_set_that_occurs_twice_is_two_dancers():
    both = tuple(f"1:{name}" for name in BODY) + tuple(f"2:{name}" for name in BODY)
    distinct, notes = distinct_labels(BODY * 2)
    assert distinct == both
    assert notes == ("each name occurs twice: read as 2 dancers, 1:Head, … and 2:Head, …",)
    interleaved, _ = distinct_labels([name for name in BODY for _ in range(2)])
    assert set(interleaved) == set(both)
    three, _ = distinct_labels([f"Anna:{name}" for name in BODY] * 3 + ["Ben:Head", "*1", "*1"])
    assert three[6] == "2:Anna:Head"
    assert three[-3:] == ("Ben:Head", "*1", "*1#2")


def test_a_name_that_only_one_of_two_dancers_has_belongs_to_neither():
    distinct, notes = distinct_labels([*BODY, "Hat", *BODY])
    assert distinct[6] == "Hat"
    assert notes == (
        "each of 6 names occurs twice: read as 2 dancers, 1:Head, … and 2:Head, …; not so Hat",
    )


# Comparison with a skeleton


MARKERS = load_skeleton("mariel53").markers
SWORD = ("Sword:tip", "Sword:hilt")


def held(labels):
    """A file with these labels; each marker's coordinates are its column."""
    columns = np.arange(len(labels), dtype=float)
    return MarkerFile(np.repeat(columns[None, :, None], 3, axis=2), tuple(labels))


@given(st.sampled_from(["", "Anna:", "Anna_", "Q:Anna"]), st.permutations([*MARKERS[:8], *SWORD]))
def test_names_are_compared_exactly_behind_the_name_of_one_dancer(prefix, markers):
    labels = [name if name in SWORD else f"{prefix}{name}" for name in markers]
    assert find_markers(labels, markers) == list(range(len(markers)))
    swapped = [label.swapcase() for label in labels]
    assert set(find_markers(swapped, markers)) == {None}
    with pytest.raises(UserError, match="upper and lower case differ"):
        match_labels(swapped, markers, "take.c3d")


def test_names_that_differ_in_case_are_two_markers():
    assert find_markers(["Lank", "LANK"], ["LANK", "Lank"]) == [1, 0]


def test_a_marker_that_may_be_one_of_two_sides_is_an_error():
    with pytest.raises(UserError, match="KNE may be RKNE and LKNE: rename one"):
        match_labels(["RKNE", "LKNE", "RTOE", "LTOE"], ["KNE", "TOE"], "take.c3d")


def test_names_in_lower_case_are_a_set_of_their_own_with_a_suggestion():
    (part,) = split_dancers(held([m.lower() for m in MARKERS]), None, Path("take.csv")).values()
    (note,) = part.notes
    assert "match mariel53 only if upper and lower case are ignored (ariel for ARIEL)" in note
    assert not select_dancer(held(MARKERS), None, Path("take.csv")).notes


def test_two_aliases_of_one_marker_do_not_become_one_name():
    skeleton = skeleton_from_dict(
        {
            "name": "s",
            "markers": ["hip", "knee"],
            "aliases": {"hip": ["Hip", "Hips"], "knee": ["Knee"]},
        }
    )
    for labels, expected in (
        (["Hips", "Hip", "Knee"], ("Hips", "hip", "knee")),
        (["hip", "Hip", "Knee"], ("hip", "Hip", "knee")),
        (["Anna:Hips", "Ben:Hips"], ("Anna:hip", "Ben:hip")),
    ):
        assert replace_aliases(held(labels), skeleton).labels == expected


# Dancers and props


def test_a_dancer_without_a_name_keeps_its_markers_beside_a_named_one():
    labels = [*(f"Anna:{m}" for m in MARKERS), *MARKERS]
    mariel53 = load_skeleton("mariel53")
    for dancer, start in (("Anna", 0), ("unnamed", 53)):
        part = select_dancer(held(labels), dancer, Path("duet.c3d"), mariel53)
        assert part.positions[0, :, 0].tolist() == list(range(start, start + 53))
    few = [label for label in labels if label != "Anna:LANK"]
    anna = select_dancer(held(few), "Anna", Path("duet.c3d"), mariel53)
    with pytest.raises(UserError, match=r"lacks 1 .*LANK"):
        match_labels(anna.labels, MARKERS, "duet.c3d")


@pytest.mark.parametrize("between", [":", "_", ""])
def test_props_are_of_no_dancer_and_told(between):
    labels = [f"{dancer}{between}{m}" for dancer in ("Anna", "Ben") for m in MARKERS]
    found = held([*labels, *SWORD, "*3"])
    assert select_props(found).labels == SWORD
    for dancer in ("Anna", "Ben"):
        part = select_dancer(found, dancer, Path("duet.c3d"))
        assert len(part.labels) == 54
        assert part.notes == ("2 markers belong to no dancer: Sword:tip, Sword:hilt",)
    withprop = skeleton_from_dict({"name": "withprop", "markers": [*MARKERS, *SWORD]})
    part = select_dancer(found, "Ben", Path("duet.c3d"), withprop)
    assert not part.notes
    assert None not in find_markers(part.labels, withprop.markers)


def test_dancers_whose_names_differ_in_a_separator_are_kept_apart():
    labels = [f"{prefix}{m}" for prefix in ("Anna:", "Anna_:") for m in MARKERS]
    assert list(split_dancers(held(labels), None, Path("duet.c3d"))) == ["Anna", "Anna#2"]


# Files


@pytest.fixture
def scene(phrase, mariel53):
    """A recording of the phrase with a sword, and its skeleton."""
    moving = phrase.positions[:, :2] + np.float32(0.3)
    positions = np.concatenate([phrase.positions, moving], axis=1)
    content = mariel53.to_dict()
    del content["file_rows"], content["not_markers"]
    content |= {"name": "withprop", "markers": [*MARKERS, *SWORD]}
    return Recording("scene", positions, 35.0, "scene"), skeleton_from_dict(content)


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".trc", ".c3d"])
def test_a_prop_is_kept_by_every_format_and_command(tmp_path, scene, mariel53, suffix):
    recording, skeleton = scene
    path = tmp_path / f"take{suffix}"
    write_recording(path, recording, skeleton)
    read = read_with_skeleton(path)
    assert read.skeleton.markers == skeleton.markers
    np.testing.assert_allclose(read.recording.positions, recording.positions, atol=1e-4)
    (dancer,) = read_dancers(path).values()
    assert dancer.skeleton.markers == skeleton.markers
    alone = read_recording(path, mariel53)
    assert "2 of 55 markers are not in mariel53, left out: Sword:tip, Sword:hilt" in alone.notes
    report = dict(prepare_file(path, PreparationOptions()).findings)
    assert suffix == ".npz" or "Sword:tip, Sword:hilt" in report["markers"]
    convert(path, tmp_path / "again.npz", ReadingOptions())
    assert read_marker_file(tmp_path / "again.npz").labels == skeleton.markers


def test_a_scene_of_two_dancers_keeps_its_props(tmp_path, scene):
    recording, _ = scene
    body, sword = recording.positions[:, :53], recording.positions[:, 53:]
    names = [*(f"{dancer}:{m}" for dancer in ("Anna", "Ben") for m in MARKERS), *SWORD]
    positions = np.concatenate([body, body + np.float32(1), sword], axis=1)
    skeleton = skeleton_from_dict({"name": "duet", "markers": names})
    write_recording(tmp_path / "duet.c3d", Recording("duet", positions, 35.0, "duet"), skeleton)
    both = read_with_skeleton(tmp_path / "duet.c3d")
    assert list(both.skeleton.markers) == names
    np.testing.assert_allclose(both.recording.positions, positions, atol=1e-4)
    assert sum("2 markers belong to no dancer: Sword" in note for note in both.notes) == 1


def is_plain(name):
    """A space or a separator at an end is not part of a name in a table."""
    return name[0] != " " and name[-1] not in " _.:-"


NAMES_IN = st.lists(
    st.text("ABabXYxy12:#_- .é", min_size=1, max_size=6).filter(is_plain),
    min_size=4,
    max_size=7,
    unique=True,
)


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".trc", ".c3d"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(names=NAMES_IN.map(lambda names: ["Head", *names]))
def test_names_in_are_names_out(tmp_path, smooth, suffix, names):
    recording = Recording("take", smooth(5, markers=len(names)), 35.0, "take")
    skeleton = skeleton_from_dict({"name": "any", "markers": names})
    write_recording(tmp_path / f"take{suffix}", recording, skeleton)
    assert read_marker_file(tmp_path / f"take{suffix}").labels == tuple(names)
    again = read_recording(tmp_path / f"take{suffix}", skeleton)
    np.testing.assert_allclose(again.positions, recording.positions, atol=1e-4)


def test_names_that_occur_twice_in_an_archive_are_kept_apart(tmp_path):
    positions = np.random.default_rng(0).normal(0, 0.4, (5, 3, 3))
    np.savez(tmp_path / "take.npz", positions_m=positions, markers=np.array(["A", "B", "A"]))
    found = read_marker_file(tmp_path / "take.npz")
    assert found.labels == ("A", "B", "A#2")
    assert found.notes == ("names that occur again are numbered: A#2 is another A",)


@pytest.mark.parametrize("separator", [":", "_", "-", ".", " "])
def test_dancers_of_an_unknown_set_are_told_apart_by_any_separator(separator):
    joints = ["Head", "LElbow", "RElbow", "LToe", "RToe"]
    labels = [f"{dancer}{separator}{joint}" for dancer in ("Anna", "Ben") for joint in joints]
    assert dancer_columns(labels) == {"Anna": [0, 1, 2, 3, 4], "Ben": [5, 6, 7, 8, 9]}


@pytest.mark.parametrize("sides", [("L", "R"), ("Left", "Right"), ("left", "right")])
def test_sides_are_no_dancers(sides):
    labels = [f"{side}_{joint}" for side in sides for joint in ("Ear", "Elbow", "Knee", "Toe")]
    assert dancer_columns(labels).keys() <= {"unnamed"}


def test_parts_of_one_body_are_no_dancers():
    labels = [
        f"{part}_{limb}" for part in ("Upper", "Lower") for limb in ("ArmL", "ArmR", "LegL", "LegR")
    ]
    assert dancer_columns(labels).keys() <= {"unnamed"}
