"""Properties of the fitted joint tree, and of `.bvh` files written from it."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.bvh_writing import continuous_angles
from mariel_gnn.mocap.formats.joint_tree import build_tree, fit_tree
from mariel_gnn.mocap.formats.reading import (
    ReadingOptions,
    read_marker_file,
    read_recording,
    read_with_skeleton,
)
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import combine_skeletons, skeleton_from_dict

BODY = skeleton_from_dict({
    "name": "puppet", "markers": list("ABCDEF"), "root": ["A"],
    "edges": [["A", "B"], ["B", "C"], ["B", "D"], ["D", "E"], ["A", "F"]],
})  # fmt: skip
PARENTS = {1: 0, 2: 1, 3: 1, 4: 3, 5: 0}


@pytest.fixture(scope="module")
def puppet():
    """A body of rigid bones with random rotations, `[T, 6, C]`."""
    rng = np.random.default_rng(0)
    frames = 50
    offsets = rng.normal(0, 0.3, (6, 3))
    places, rotations = np.zeros((frames, 6, 3)), {}
    places[:, 0] = rng.normal(0, 1, (frames, 3))
    for joint in range(6):
        above = rotations.get(PARENTS.get(joint), Rotation.identity(frames))
        rotations[joint] = above * Rotation.from_rotvec(rng.normal(0, 0.7, (frames, 3)))
        if joint in PARENTS:
            parent = PARENTS[joint]
            places[:, joint] = places[:, parent] + rotations[parent].apply(offsets[joint])
    return places


def test_a_body_of_rigid_bones_is_fitted_exactly(puppet):
    tree = build_tree(puppet, BODY)
    assert {joint: parent for joint, parent in enumerate(tree.parents) if parent >= 0} == PARENTS
    motion = fit_tree(puppet, tree)
    np.testing.assert_allclose(motion.positions, puppet, atol=1e-4)


def test_local_rotations_and_offsets_reproduce_the_positions(dance, mariel53):
    positions = dance[:40].astype(np.float64)
    tree = build_tree(positions, mariel53)
    motion = fit_tree(positions, tree)
    place = {joint: number for number, joint in enumerate(tree.order)}
    products = motion.local_rotations @ motion.local_rotations.swapaxes(2, 3)
    np.testing.assert_allclose(products, np.broadcast_to(np.eye(3), (40, 53, 3, 3)), atol=1e-9)
    assert (np.linalg.det(motion.local_rotations) > 0).all()  # no reflections
    rotations = {}
    for joint in tree.order:
        parent = tree.parents[joint]
        local = motion.local_rotations[:, place[joint]]
        rotations[joint] = local if parent < 0 else rotations[parent] @ local
        if parent >= 0:
            reached = motion.positions[:, parent] + rotations[parent] @ tree.offsets[joint]
            np.testing.assert_allclose(motion.positions[:, joint], reached, atol=1e-9)


def test_the_tree_connects_all_markers_along_the_limbs(dance, mariel53):
    tree = build_tree(dance.astype(np.float64), mariel53)
    edges = [(joint, parent) for joint, parent in enumerate(tree.parents) if parent >= 0]
    graph = nx.Graph(edges)
    assert nx.is_tree(graph)
    assert len(graph) == 53
    lengths = np.linalg.norm(
        dance[:, [a for a, _ in edges]] - dance[:, [b for _, b in edges]], axis=2
    )
    assert lengths.mean(axis=0).max() < 0.45  # no edge from the hip to the head
    sides = {frozenset(mariel53.side[index] for index in edge) for edge in edges}
    arms = {mariel53.part_of[index] for edge in edges for index in edge
            if {mariel53.part_of[i] for i in edge} >= {"left arm", "right arm"}}  # fmt: skip
    assert not arms
    assert frozenset({"middle", "left"}) in sides


def test_rotating_the_body_rotates_the_fit(dance, mariel53):
    positions = dance[:30].astype(np.float64)
    rotation = Rotation.from_euler("xyz", [0.3, -1.0, 2.0]).as_matrix().T
    tree, rotated = build_tree(positions, mariel53), build_tree(positions @ rotation, mariel53)
    assert tree.parents == rotated.parents
    fitted = fit_tree(positions, tree).positions
    np.testing.assert_allclose(
        fit_tree(positions @ rotation, rotated).positions, fitted @ rotation, atol=2e-3
    )


def test_the_notes_state_the_fit_error(tmp_path, phrase, mariel53):
    notes = write_recording(tmp_path / "take.bvh", phrase, mariel53)
    message = next(note for note in notes if "mean" in note)
    back = read_recording(tmp_path / "take.bvh", mariel53).positions
    error_mm = 1000 * np.linalg.norm(back - phrase.positions, axis=2)
    assert float(message.split("mean ")[1].split(" mm")[0]) == pytest.approx(
        error_mm.mean(), abs=0.2
    )
    assert error_mm.mean() < 25


def test_a_tree_is_equal_after_writing_and_reading(tmp_path, puppet):
    take = Recording("puppet", (puppet / 2).astype(np.float32), 60.0, "")
    write_recording(tmp_path / "puppet.bvh", take, BODY)
    back = read_recording(tmp_path / "puppet.bvh", BODY, unit="cm")
    np.testing.assert_allclose(back.positions, take.positions, atol=1e-4)


def test_gaps_are_interpolated_with_a_note(tmp_path, gapped, phrase, mariel53):
    notes = write_recording(tmp_path / "take.bvh", gapped, mariel53)
    assert any("21 positions" in note for note in notes)
    back = read_recording(tmp_path / "take.bvh", mariel53).positions
    assert np.isfinite(back).all()
    assert np.abs(back - phrase.positions).mean() < 0.03


def compare_joints(path, back):
    """Distances between the joints of two files in metres, and labels and edges of both."""
    before, after = read_marker_file(path), read_marker_file(back)
    scale = CMU_CM if path.parent.name == "bvh" else 1.0
    distance_m = np.linalg.norm(before.positions * scale - after.positions, axis=2) / 100
    return distance_m, (before.labels, before.edges), (after.labels, after.edges)


CMU_CM = 2.54 / 0.45


def test_a_real_joint_tree_is_equal_after_reading_and_writing(tmp_path, real_recordings):
    for path in sorted((real_recordings[0].parents[1] / "bvh").glob("*.bvh")):
        take, skeleton, _ = read_with_skeleton(path, ReadingOptions(unit="cmu"))
        notes = write_recording(tmp_path / path.name, take, skeleton)
        distance_m, before, after = compare_joints(path, tmp_path / path.name)
        assert distance_m.max() < 1e-4
        assert before == after
        assert any("mean 0.0 mm" in note for note in notes)


def test_a_root_far_from_the_centre_stays_the_root(puppet):
    far_root = skeleton_from_dict({
        "name": "puppet", "markers": list("ABCDEF"), "root": ["E"],
        "edges": [["A", "B"], ["B", "C"], ["B", "D"], ["D", "E"], ["A", "F"]],
    })  # fmt: skip
    assert build_tree(puppet, far_root).parents == build_tree(puppet, BODY).parents
    np.testing.assert_allclose(
        fit_tree(puppet, build_tree(puppet, far_root)).positions, puppet, atol=1e-4
    )


def test_reading_and_writing_adds_no_joint(tmp_path, phrase, mariel53):
    write_recording(tmp_path / "once.bvh", phrase, mariel53)
    once, skeleton, _ = read_with_skeleton(tmp_path / "once.bvh")
    assert set(read_marker_file(tmp_path / "once.bvh").labels) == set(mariel53.markers)
    write_recording(tmp_path / "twice.bvh", once, skeleton)
    assert len(read_marker_file(tmp_path / "twice.bvh").labels) == 53


def test_two_dancers_are_not_one_tree(tmp_path, phrase, mariel53):
    both = combine_skeletons({"Anna": mariel53, "Bea": mariel53})
    beside = np.concatenate([phrase.positions, phrase.positions + np.float32(1)], axis=1)
    with pytest.raises(UserError, match="one dancer, not Anna and Bea"):
        write_recording(tmp_path / "duet.bvh", Recording("duet", beside, 35.0, ""), both)
    assert not list(tmp_path.iterdir())


def rotated_about_z(positions, degrees):
    """Positions `[T, J, C]` rotated about the vertical, by one angle or one for each frame."""
    rotations = rotations_about((0, 0, 1), np.broadcast_to(degrees, len(positions)))
    return np.einsum("tab,tjb->tja", rotations, positions)


def rotations_about(axis, degrees):
    """Rotation matrices `[T, 3, 3]` about an axis, by an angle for each frame."""
    return Rotation.from_rotvec(np.deg2rad(degrees)[:, None] * np.array(axis)).as_matrix()


def bvh_motion(path):
    """Channel names, one list for each joint, and the numbers `[T, channels]` of a `.bvh` file."""
    lines = path.read_text().splitlines()
    start = lines.index("MOTION")
    channels = [line.split()[2:] for line in lines[:start] if "CHANNELS" in line]
    return channels, np.array([line.split() for line in lines[start + 3 :]], dtype=float)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_rest_pose_does_not_depend_on_where_the_dancer_faces(dance, mariel53, degrees):
    positions = dance[:60].astype(np.float64)
    turned = rotated_about_z(positions, degrees)
    tree, other = build_tree(positions, mariel53), build_tree(turned, mariel53)
    np.testing.assert_allclose(other.offsets, tree.offsets, atol=1e-6)
    before, after = fit_tree(positions, tree), fit_tree(turned, other)
    np.testing.assert_allclose(
        after.positions, rotated_about_z(before.positions, degrees), atol=1e-6
    )
    turn = rotations_about((0, 0, 1), np.array([degrees]))
    expected = turn @ before.local_rotations[:, 0]  # the root's rotation holds the heading
    np.testing.assert_allclose(after.local_rotations[:, 0], expected, atol=1e-6)
    np.testing.assert_allclose(
        after.local_rotations[:, 1:], before.local_rotations[:, 1:], atol=1e-6
    )


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_written_dancer_is_upright_and_faces_forward_at_rest(tmp_path, dance, mariel53, degrees):
    positions = rotated_about_z(dance[:60], degrees).astype(np.float32)
    write_recording(tmp_path / "take.bvh", Recording("take", positions, 35.0, ""), mariel53)
    back = read_recording(tmp_path / "take.bvh", mariel53).positions.astype(np.float64)
    fitted = fit_tree(
        positions.astype(np.float64), build_tree(positions.astype(np.float64), mariel53)
    )
    assert np.abs(back - fitted.positions).max() < 1e-3
    at_rest = rest_pose(tmp_path / "take.bvh")
    assert at_rest["ARIEL"][1] > at_rest["LTOE"][1] + 100  # cm, y up
    assert at_rest["LFWT"][0] > at_rest["RFWT"][0] + 10  # the left side is at +x
    front = np.mean([at_rest[side + "FWT"][2] - at_rest[side + "BWT"][2] for side in "LR"])
    assert front > 5  # and the front at +z


def rest_pose(path):
    """The places of the joints without any rotation, by name."""
    places, stack, name = {}, [np.zeros(3)], ""
    for words in map(str.split, path.read_text().split("MOTION")[0].splitlines()):
        if words[0] in ("ROOT", "JOINT", "End"):
            name = words[1]
        elif words[0] == "OFFSET":
            stack.append(stack[-1] + np.array(words[1:], dtype=float))
            places.setdefault(name, stack[-1])
        elif words[0] == "}":
            stack.pop()
    return places


def test_a_dancer_who_turns_has_no_step_in_any_angle(tmp_path, dance, mariel53):
    positions = dance[:200].astype(np.float64)
    heading = np.linspace(0, 3 * 360, len(positions))
    turning = rotated_about_z(positions - positions.mean((0, 1)) * (1, 1, 0), heading)
    take = Recording("turning", turning.astype(np.float32), 35.0, "")
    write_recording(tmp_path / "turning.bvh", take, mariel53)
    channels, numbers = bvh_motion(tmp_path / "turning.bvh")
    assert np.abs(np.diff(numbers[:, 3:], axis=0)).max() < 180
    assert channels[0][3:] == ["Zrotation", "Xrotation", "Yrotation"]
    root_heading = numbers[:, 5]
    assert np.abs(np.diff(root_heading)).max() < 30
    own = fitted_turn(positions, mariel53)
    turned = root_heading[-1] - root_heading[0]
    assert turned == pytest.approx(3 * 360 + own, abs=20)


def fitted_turn(positions, skeleton):
    """Degrees that the root's fitted rotation turns about the vertical, first to last frame."""
    rotations = fit_tree(positions, build_tree(positions, skeleton)).local_rotations[:, 0]
    first, last = Rotation.from_matrix(rotations[[0, -1]])
    return float((last * first.inv()).as_euler("zyx", degrees=True)[0])


def test_a_root_that_tumbles_keeps_away_from_its_gimbal_lock(tmp_path, puppet):
    """Pitch through 90 degrees in every order: the channels' order is chosen by the motion."""
    still = puppet[0] - puppet[0].mean(axis=0)
    pitch = np.linspace(0, 720, 120)
    for axis, direction in zip("xyz", np.eye(3), strict=True):
        tumbling = 0.6 * np.einsum("tab,jb->tja", rotations_about(direction, pitch), still)
        take = Recording("tumbling", tumbling.astype(np.float32), 60.0, "")
        write_recording(tmp_path / f"{axis}.bvh", take, BODY)
        _, numbers = bvh_motion(tmp_path / f"{axis}.bvh")
        assert np.abs(np.diff(numbers[:, 3:], axis=0)).max() < 15
        back = read_recording(tmp_path / f"{axis}.bvh", BODY, unit="cm")
        np.testing.assert_allclose(back.positions, take.positions, atol=1e-3)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["ZXY", "YXZ", "XYZ"]))
def test_continuous_angles_are_the_same_rotations_without_steps(seed, order):
    rng = np.random.default_rng(seed)
    angles = rng.uniform(-np.pi, np.pi, (20, 3, 3)) * (1, 0.5, 1)
    near = continuous_angles(angles)
    for joint in range(3):
        before, after = (
            Rotation.from_euler(order, each[:, joint]).as_matrix() for each in (angles, near)
        )
        np.testing.assert_allclose(after, before, atol=1e-9)
    steps = np.abs(np.diff(near, axis=0))
    assert steps.max() <= np.pi + 1e-9
    np.testing.assert_allclose(continuous_angles(near), near, atol=1e-9)
    whole_turns = angles + 2 * np.pi * rng.integers(-2, 3, angles.shape)
    whole_turns[0] = angles[0]
    np.testing.assert_allclose(continuous_angles(whole_turns), near, atol=1e-9)


def test_two_names_that_differ_in_a_space_only_are_an_error(tmp_path, puppet):
    body = skeleton_from_dict({"name": "b", "markers": ["A b", "A_b", "c", "d", "e", "f"]})
    take = Recording("puppet", puppet.astype(np.float32), 60.0, "")
    with pytest.raises(UserError, match="'A b' and 'A_b' are equal"):
        write_recording(tmp_path / "take.bvh", take, body)
    assert not list(tmp_path.iterdir())


def test_spaces_in_names_are_replaced_with_a_note(tmp_path, puppet):
    markers = ["Left Hip", "b", "c", "d", "e", "Left  Toe"]
    body = skeleton_from_dict({"name": "b", "markers": markers})
    take = Recording("puppet", puppet.astype(np.float32), 60.0, "")
    notes = write_recording(tmp_path / "take.bvh", take, body)
    assert "the format holds no spaces in names: 'Left Hip' is Left_Hip and 1 more" in notes
    labels = read_marker_file(tmp_path / "take.bvh").labels
    assert set(labels) == {"Left_Hip", "b", "c", "d", "e", "Left__Toe"}
