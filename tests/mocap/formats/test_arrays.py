"""Arrays are read by the body that they give, not by their shape alone; what is guessed is reported."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import METRES, from_z_up
from mariel_gnn.mocap.formats.reading import (
    ReadingOptions,
    read_dancers,
    read_recording,
    read_with_skeleton,
    skeleton_for,
)
from mariel_gnn.mocap.formats.unnamed_arrays import CONVENTIONS
from mariel_gnn.mocap.loading import load_recordings
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from tests.mocap.formats.joint_sets import MARIEL, joints, notes_of
from tests.mocap.preparing import prepare_file

REDUCED = load_skeleton("mariel18")
OPENPOSE18 = [
    "nose",
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_eye",
    "left_eye",
    "right_ear",
    "left_ear",
]
HUMAN36M = [
    "pelvis",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "spine",
    "neck",
    "nose",
    "top",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
]


@pytest.fixture
def save(tmp_path):
    def save(array, name="take.npy"):
        np.save(tmp_path / name, array)
        return tmp_path / name

    return save


@pytest.mark.parametrize("frames", [1, 53, 55, 200])
@pytest.mark.parametrize(
    ("name", "unit", "up", "rate_hz"),
    [("smpl22", "m", "y", 20), ("coco17", "cm", "y", 60), ("coco17", "m", "z", 60),
     ("mediapipe33", "mm", "z", 35), ("mediapipe33", "m", "-y", 35)],
)  # fmt: skip
def test_joint_sets_of_the_field_are_read(save, dance, name, unit, up, rate_hz, frames):
    expected = joints(dance[:frames], load_skeleton(name).markers)
    path = save(from_z_up(expected / METRES[unit], up))
    read = read_with_skeleton(path)
    np.testing.assert_allclose(read.recording.positions, expected, atol=1e-4)
    assert (read.skeleton.name, read.recording.rate_hz) == (name, rate_hz)
    assert f"the body is one of {name}" in notes_of(read)
    assert f"{unit}, {up} up" in notes_of(read)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_training_and_preparing_read_joint_sets_alike(save, dance, name):
    expected = joints(dance[:150], load_skeleton(name).markers)
    usual = CONVENTIONS[name]
    path = save(from_z_up(expected / METRES[usual.units[0]], usual.ups[0]))
    skeleton = skeleton_for([path])
    assert skeleton.name == name
    loaded = load_recordings(path, skeleton)
    np.testing.assert_allclose(loaded.recordings[0].positions, expected, atol=1e-4)
    assert any(usual.origin in note for note in loaded.notes)
    prepared = prepare_file(path, PreparationOptions(floor=False, source_rate_hz=35))
    np.testing.assert_allclose(prepared.parts[0].positions, expected, atol=1e-4)


def test_hands_and_face_behind_the_pose_are_left_out(save, dance):
    pose = joints(dance[:60], load_skeleton("mediapipe33").markers)
    face = np.repeat(pose[:, :1], 520, axis=1) + np.random.default_rng(0).normal(0, 0.03, (520, 3))
    read = read_with_skeleton(save(1000 * np.concatenate([pose, face], axis=1)))
    np.testing.assert_allclose(read.recording.positions, pose, atol=1e-4)
    assert "520 further points (hands, face) are left out" in notes_of(read)


@given(order=st.permutations(range(18)))
def test_joints_in_another_order_are_no_markers_of_the_field(dance, tmp_path_factory, order):
    reduced = dance[:60, [MARIEL.markers.index(name) for name in REDUCED.markers]]
    path = tmp_path_factory.mktemp("orders") / "take.npy"
    np.save(path, reduced[:, order])
    read = read_with_skeleton(path)
    np.testing.assert_allclose(read.recording.positions, reduced[:, order])
    # An order close to the true one may be a body, as joint 3 and 4 in turn.
    moved = sum(place != joint for place, joint in enumerate(order))
    if moved > 9:
        assert read.skeleton.markers[0] == "joint_0"
        assert "not 60 frames of mariel18" in notes_of(read)
    elif not moved:
        assert read.skeleton == REDUCED


@pytest.mark.parametrize("names", [OPENPOSE18, HUMAN36M])
@pytest.mark.parametrize("up", ["y", "z"])
@pytest.mark.parametrize("still", [False, True])
def test_other_joint_sets_get_numbers_and_are_told(save, dance, names, up, still):
    expected = joints(dance[:1] if still else dance[:120], names).repeat(80 if still else 1, axis=0)
    path = save(from_z_up(expected, up))
    read = read_with_skeleton(path)
    np.testing.assert_allclose(read.recording.positions, expected, atol=1e-5)
    assert read.skeleton.markers == tuple(f"joint_{n}" for n in range(len(names)))
    assert len(read.skeleton.edges) == len(names) - 1
    assert f"{len(names)} joints have no names" in notes_of(read)
    with pytest.raises(UserError, match=f"give it \\(--up {up} is usual"):
        prepare_file(path, PreparationOptions())
    prepared = prepare_file(path, PreparationOptions(up=up, floor=False))
    assert len(prepared.skeleton.markers) >= len(names) - 2


def test_frames_of_joints_are_no_rows_of_the_field(save, dance):
    """55 frames of 22 joints, none of a known set."""
    numbers = dance[:55, 5:27]
    read = read_with_skeleton(save(numbers))
    np.testing.assert_allclose(read.recording.positions, numbers)
    assert "not 22 frames of mariel53 (field): its frames do not follow each other" in notes_of(
        read
    )
    with pytest.raises(UserError, match="its frames do not follow each other"):
        read_recording(save(numbers), MARIEL)


def test_rows_of_joints_are_told_from_frames(save, dance):
    expected = joints(dance[:200], load_skeleton("smpl22").markers)
    read = read_with_skeleton(save(from_z_up(expected, "y").transpose(1, 0, 2)))
    np.testing.assert_allclose(read.recording.positions, expected, atol=1e-5)
    assert "read as (joints, frames, 3)" in notes_of(read)


def test_a_skeleton_that_does_not_fit_is_used_and_told(save, dance):
    wrong = dance[:50, np.random.default_rng(0).permutation(53)]
    recording = read_recording(save(wrong), MARIEL)
    np.testing.assert_array_equal(recording.positions, wrong)
    assert "check skeleton and layout" in " ".join(recording.notes)
    assert read_recording(save(dance[:50]), MARIEL).notes == ()


REFUSED = {
    "noise": (
        np.random.default_rng(0).uniform(size=(40, 30, 3)),
        "which axis is time is not clear",
    ),
    "features": (np.zeros((100, 263)), "HumanML3D features"),
    "flat": (np.zeros((100, 66)), r"reshape it to \(frames, 22, 3\)"),
    "picture": (np.zeros((100, 17, 2)), "places in a picture"),
    "batch": (np.zeros((4, 100, 22, 3)), "one file for each take"),
    "channels first": (np.zeros((3, 100, 17)), "reorder its axes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_body_is_refused_in_one_line(save, case):
    array, reason = REFUSED[case]
    with pytest.raises(UserError, match=reason) as caught:
        read_with_skeleton(save(array))
    assert "\n" not in str(caught.value)


def test_confidences_and_a_first_axis_of_one_are_left_out(save, dance):
    pose = joints(dance[:60], load_skeleton("coco17").markers)
    seen = np.random.default_rng(0).uniform(size=(60, 17, 1))
    read = read_with_skeleton(save(np.concatenate([pose, seen], axis=2)[None]))
    np.testing.assert_allclose(read.recording.positions, pose, atol=1e-5)
    assert "column 4 is a confidence" in notes_of(read)


def test_lost_markers_of_arrays_are_gaps(save, dance):
    lost = dance[:80].copy()
    lost[10:13, 7] = 0
    lost[20, 9] = -9999
    recording = read_recording(save(lost), MARIEL)
    assert np.isnan(recording.positions[[10, 11, 12, 20], [7, 7, 7, 9]]).all()
    assert np.isnan(recording.positions[..., 0]).sum() == 4
    assert "gaps" in " ".join(recording.notes)


@pytest.mark.parametrize("shape", ["dancers", "markers"])
@pytest.mark.parametrize("skeleton", ["mariel53", None])
def test_an_array_of_two_bodies_holds_two_dancers(save, dance, shape, skeleton):
    bodies = np.stack([dance[:90], dance[400:490]], axis=1)
    path = save(bodies if shape == "dancers" else bodies.reshape(90, 106, 3))
    read = read_dancers(path, ReadingOptions(skeleton=skeleton))
    assert list(read) == ["1", "2"]
    for number, one in enumerate(read.values()):
        np.testing.assert_array_equal(one.recording.positions, bodies[:, number])
        assert one.skeleton.markers == MARIEL.markers
        assert "2 dancers of 53 joints" in " ".join(one.notes)


def test_an_array_of_bodies_of_an_unknown_set_keeps_them_apart(save, dance):
    bodies = np.stack([dance[:90, :29], dance[400:490, :29], dance[200:290, :29]], axis=1)
    read = read_dancers(save(bodies))
    assert list(read) == ["1", "2", "3"]
    assert all(len(one.skeleton) == 29 for one in read.values())


def test_twice_as_many_joints_in_another_order_are_one_body_unless_stated(save, dance):
    """A control: halves that are no bodies of the known set are not read as such."""
    shuffled = np.concatenate([dance[:90], dance[400:490]], axis=1)
    shuffled = shuffled[:, np.random.default_rng(0).permutation(106)]
    assert len(read_dancers(save(shuffled))) == 1


def test_an_array_of_two_bodies_is_refused_where_one_is_needed(save, dance):
    bodies = np.stack([dance[:90], dance[400:490]], axis=1)
    with pytest.raises(UserError, match="dancers 1 and 2"):
        read_recording(save(bodies), MARIEL)
