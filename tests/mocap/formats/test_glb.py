"""The skinned joint tree in a `.glb` file, read back with pygltflib."""

import numpy as np
import pygltflib
import pytest
from scipy.spatial.transform import Rotation

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.glb import quaternions
from mariel_gnn.mocap.formats.glb_reading import read_glb
from mariel_gnn.mocap.formats.joint_tree import fit_body
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import combine_skeletons, skeleton_from_dict

KINDS = {5126: "<f4", 5123: "<u2", 5125: "<u4"}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def numbers(document, accessor):
    """The array behind an accessor."""
    found = document.accessors[accessor]
    view = document.bufferViews[found.bufferView]
    raw = document.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    return np.frombuffer(raw, KINDS[found.componentType]).reshape(found.count, WIDTHS[found.type])


def written(folder, positions, skeleton, name="take"):
    path = folder / f"{name}.glb"
    notes = write_recording(path, Recording(name, positions, 35.0, ""), skeleton)
    return pygltflib.GLTF2().load(path), notes


@pytest.fixture(scope="module")
def document(tmp_path_factory, gapped, mariel53):
    return written(tmp_path_factory.mktemp("glb"), gapped.positions, mariel53)[0]


@pytest.fixture(scope="module")
def duet(tmp_path_factory, phrase, mariel53):
    """Two dancers and a stick that one of them holds."""
    skeleton = combine_skeletons({"Anna": mariel53, "Bea": mariel53}).to_dict()
    skeleton["markers"] += ["Stick:low", "Stick:top"]
    skeleton["file_rows"] = skeleton["markers"]
    stick = phrase.positions[:, [37, 37]] + np.float32([[0, 0, 0], [0, 0, 1]])
    positions = [phrase.positions, phrase.positions + np.float32([1, 0, 0]), stick]
    return written(
        tmp_path_factory.mktemp("duet"),
        np.concatenate(positions, axis=1),
        skeleton_from_dict(skeleton),
    )[0]


def channels(document, path):
    """Node -> times `[T]` and values of the channels that animate `path`."""
    animation = document.animations[0]
    found = [channel for channel in animation.channels if channel.target.path == path]
    samplers = {channel.target.node: animation.samplers[channel.sampler] for channel in found}
    return {
        node: (numbers(document, one.input)[:, 0], numbers(document, one.output))
        for node, one in samplers.items()
    }


def node_matrices(document, frame):
    """The matrix `[4, 4]` of each node in the scene; without a frame, at rest."""
    moved = {path: channels(document, path) for path in ("translation", "rotation")}
    matrices = {}

    def visit(node, above):
        own, content = np.eye(4), document.nodes[node]
        own[:3, 3] = content.translation or (0, 0, 0)
        if frame is not None and node in moved["translation"]:
            own[:3, 3] = moved["translation"][node][1][frame]
        if frame is not None and node in moved["rotation"]:
            own[:3, :3] = Rotation.from_quat(moved["rotation"][node][1][frame]).as_matrix()
        matrices[node] = above @ own
        for child in content.children or []:
            visit(child, matrices[node])

    for root in document.scenes[document.scene].nodes:
        visit(root, np.eye(4))
    return matrices


def z_up(places):
    return np.asarray(places)[..., [0, 2, 1]] * (1, -1, 1)


def test_the_nodes_reproduce_the_fitted_positions(document, gapped, mariel53):
    fitted = fit_body(gapped.positions, mariel53, "").motion.positions
    node_of = {node.name: number for number, node in enumerate(document.nodes)}
    for frame in (0, 17, 59):
        matrices = node_matrices(document, frame)
        places = [matrices[node_of[marker]][:3, 3] for marker in mariel53.markers]
        assert np.abs(z_up(places) - fitted[frame]).max() < 1e-3


def test_only_the_root_has_a_translation(document):
    (root,) = channels(document, "translation")
    assert root == document.skins[0].joints[0] == document.skins[0].skeleton
    joints = set(document.skins[0].joints)
    inner = {joint for joint in joints if document.nodes[joint].children}
    rotations = channels(document, "rotation")
    assert rotations.keys() == inner
    times_s, _ = rotations[root]
    np.testing.assert_allclose(times_s, np.arange(60) / 35, atol=1e-6)
    children = [child for joint in joints for child in document.nodes[joint].children or []]
    assert sorted([root, *children]) == sorted(joints)  # one tree


def test_quaternions_are_unit_and_have_no_sign_flip(document):
    for _, values in channels(document, "rotation").values():
        np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1, atol=1e-6)
        assert (np.sum(values[1:] * values[:-1], axis=1) > 0).all()


def test_quaternions_are_the_rotations_of_the_matrices():
    angles = np.linspace(0, 8 * np.pi, 400)
    for axis in [*np.eye(3), *-np.eye(3), np.array([0.6, 0, 0.8])]:
        rotations = Rotation.from_rotvec(angles[:, None] * axis)
        found = quaternions(rotations.as_matrix())
        np.testing.assert_allclose(
            Rotation.from_quat(found).as_matrix(), rotations.as_matrix(), atol=1e-9
        )
        assert np.abs(np.diff(found, axis=0)).max() < 0.05


@pytest.mark.parametrize("file", ["document", "duet"])
def test_a_skin_binds_every_vertex_at_rest(request, file):
    document = request.getfixturevalue(file)
    matrices = node_matrices(document, None)
    for node in document.nodes:
        if node.mesh is None:
            continue
        skin = document.skins[node.skin]
        inverse = numbers(document, skin.inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
        bound = np.stack([matrices[joint] for joint in skin.joints]) @ inverse
        np.testing.assert_allclose(bound, np.broadcast_to(np.eye(4), bound.shape), atol=1e-6)
        for primitive in document.meshes[node.mesh].primitives:
            joints = numbers(document, primitive.attributes.JOINTS_0)
            weights = numbers(document, primitive.attributes.WEIGHTS_0)
            points = numbers(document, primitive.attributes.POSITION)
            assert joints.max() < len(skin.joints)
            assert (weights >= 0).all()
            np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
            assert np.isfinite(points).all()
            assert numbers(document, primitive.indices).max() < len(points)


def test_every_joint_is_the_end_of_a_bone_in_every_frame(document):
    """The vertices as a program skins them."""
    (skin,) = document.skins
    inverse = numbers(document, skin.inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
    for frame in (0, 31):
        matrices = node_matrices(document, frame)
        joint_matrices = np.stack([matrices[joint] for joint in skin.joints]) @ inverse
        corners = []
        for primitive in document.meshes[0].primitives:
            points = numbers(document, primitive.attributes.POSITION)
            joints = numbers(document, primitive.attributes.JOINTS_0)[:, 0].astype(int)
            homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
            corners.append(np.einsum("nab,nb->na", joint_matrices[joints], homogeneous)[:, :3])
        corners = np.concatenate(corners)
        for joint in skin.joints:
            distance = np.linalg.norm(corners - matrices[joint][:3, 3], axis=1)
            assert distance.min() < 1e-5


def test_the_rest_pose_stands_on_the_floor_and_faces_forward(document):
    matrices = node_matrices(document, None)
    place = {
        document.nodes[joint].name: matrices[joint][:3, 3] for joint in document.skins[0].joints
    }
    heights = [y for _, y, _ in place.values()]
    assert min(heights) == pytest.approx(0, abs=1e-6)
    assert place["ARIEL"][1] == max(heights) > 1
    assert place["LFWT"][0] > place["RFWT"][0] + 0.1  # the left side is at +x
    assert place["LFWT"][2] + place["RFWT"][2] > place["LBWT"][2] + place["RBWT"][2] + 0.1


def test_sizes_and_alignment_follow_the_specification(document):
    assert document.asset.version == "2.0"
    assert document.buffers[0].byteLength == len(document.binary_blob())
    for accessor in document.accessors:
        view = document.bufferViews[accessor.bufferView]
        assert view.byteOffset % 4 == 0
        size = np.dtype(KINDS[accessor.componentType]).itemsize
        assert accessor.count * WIDTHS[accessor.type] * size == view.byteLength
        assert view.byteOffset + view.byteLength <= document.buffers[0].byteLength


def test_two_dancers_and_a_prop_are_three_trees(duet, phrase, mariel53):
    assert len(duet.skins) == 3
    names = [duet.nodes[root].name for root in duet.scenes[0].nodes]
    assert names == ["Anna", "Anna bones", "Bea", "Bea bones", "Stick", "Stick bones"]
    owners = [
        {duet.nodes[joint].name.split(":")[0] for joint in skin.joints} for skin in duet.skins
    ]
    assert owners == [{"Anna"}, {"Bea"}, {"Stick"}]
    joints = [joint for skin in duet.skins for joint in skin.joints]
    assert len(set(joints)) == 108
    fitted = fit_body(phrase.positions, mariel53, "").motion.positions
    node_of = {node.name: number for number, node in enumerate(duet.nodes)}
    matrices = node_matrices(duet, 30)
    beside = [matrices[node_of[f"Bea:{marker}"]][:3, 3] for marker in mariel53.markers]
    np.testing.assert_allclose(z_up(beside), fitted[30] + (1, 0, 0), atol=1e-3)
    low, top = (matrices[node_of[f"Stick:{end}"]][:3, 3] for end in ("low", "top"))
    np.testing.assert_allclose(top - low, (0, 1, 0), atol=1e-3)


def test_a_prop_of_one_marker_is_a_tree_of_one_joint(tmp_path, phrase, mariel53):
    content = mariel53.to_dict() | {"not_markers": [], "parts": {}}
    content["markers"] = content["file_rows"] = [*mariel53.markers, "Ball:centre"]
    positions = np.concatenate([phrase.positions, phrase.positions[:, :1] + 1], axis=1)
    document, _ = written(tmp_path, positions, skeleton_from_dict(content))
    assert [len(skin.joints) for skin in document.skins] == [53, 1]
    ball = channels(document, "translation")[document.skins[1].joints[0]][1]
    np.testing.assert_allclose(z_up(ball), positions[:, -1], atol=1e-5)


def test_the_notes_state_gaps_and_fit_error(tmp_path, gapped, mariel53):
    _, notes = written(tmp_path, gapped.positions, mariel53)
    assert "the format cannot hold gaps: 21 positions are interpolated" in notes
    assert any(note.startswith("distance between joints and markers: mean ") for note in notes)


def test_reading_back_equals_the_fit_and_the_bvh_file(tmp_path, phrase, mariel53):
    written(tmp_path, phrase.positions, mariel53)
    back = read_glb(tmp_path / "take.glb")
    assert back.rate_hz == pytest.approx(35, rel=1e-6)
    columns = [back.labels.index(marker) for marker in mariel53.markers]
    write_recording(tmp_path / "take.bvh", phrase, mariel53)
    same = read_recording(tmp_path / "take.bvh", mariel53).positions
    np.testing.assert_allclose(z_up(back.positions[:, columns]), same, atol=1e-4)


def test_a_take_too_long_for_its_times_is_an_error(tmp_path):
    """At 2000 Hz, float32 moves the times of frames by an eighth of a frame after 1024 seconds."""
    skeleton = skeleton_from_dict({"name": "two", "markers": ["A", "B"]})
    positions = np.ones((2_100_000, 2, 3), np.float32)
    with pytest.raises(UserError, match="float32, which cannot hold 2,100,000 frames"):
        write_recording(tmp_path / "take.glb", Recording("take", positions, 2000.0, ""), skeleton)
    assert not list(tmp_path.iterdir())


def test_a_marker_missing_in_every_frame_is_an_error(tmp_path, phrase, mariel53):
    positions = phrase.positions.copy()
    positions[:, 4] = np.nan
    with pytest.raises(UserError, match="LBHD is missing in every frame"):
        write_recording(tmp_path / "take.glb", Recording("take", positions, 35.0, ""), mariel53)
    assert not list(tmp_path.iterdir())
