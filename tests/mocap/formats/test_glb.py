"""The figure in a `.glb` file, read back with pygltflib."""

import numpy as np
import pygltflib
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import gap_edges

KINDS = {5126: "<f4", 5123: "<u2", 5125: "<u4"}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def numbers(document, accessor):
    """The array behind an accessor."""
    found = document.accessors[accessor]
    view = document.bufferViews[found.bufferView]
    raw = document.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    return np.frombuffer(raw, KINDS[found.componentType]).reshape(found.count, WIDTHS[found.type])


@pytest.fixture(scope="module")
def document(tmp_path_factory, gapped, mariel53):
    path = tmp_path_factory.mktemp("glb") / "take.glb"
    write_recording(path, gapped, mariel53)
    return pygltflib.GLTF2().load(path)


def channel(document, node, what):
    animation = document.animations[0]
    (found,) = [c for c in animation.channels if (c.target.node, c.target.path) == (node, what)]
    sampler = animation.samplers[found.sampler]
    return numbers(document, sampler.input)[:, 0], numbers(document, sampler.output)


def test_every_marker_is_a_node_with_the_motion_of_the_marker(document, gapped, mariel53):
    names = [node.name for node in document.nodes[:53]]
    assert names == list(mariel53.markers)
    for marker in range(53):
        times_s, translations = channel(document, marker, "translation")
        np.testing.assert_allclose(times_s, np.arange(60) / 35, atol=1e-6)
        visible = np.isfinite(gapped.positions[:, marker, 0])
        z_up = translations[:, [0, 2, 1]] * (1, -1, 1)  # y is up in glTF
        np.testing.assert_allclose(z_up[visible], gapped.positions[visible, marker], atol=1e-5)


def test_a_marker_in_a_gap_is_too_small_to_see(document, gapped):
    _, sizes = channel(document, 3, "scale")
    missing = np.isnan(gapped.positions[:, 3, 0])
    assert (sizes[missing] < 1e-3).all()
    assert (sizes[~missing] == 1).all()


def test_every_vertex_moves_with_its_marker(document, gapped, mariel53):
    (skin,) = document.skins
    inverse = numbers(document, skin.inverseBindMatrices).reshape(53, 4, 4).swapaxes(1, 2)
    nodes = [document.nodes[joint].translation for joint in skin.joints]
    for matrix, translation in zip(inverse, nodes, strict=True):
        np.testing.assert_allclose(matrix @ [*translation, 1], [0, 0, 0, 1], atol=1e-6)
    edges = set()
    for mesh in document.meshes:
        attributes = mesh.primitives[0].attributes
        joints = numbers(document, attributes.JOINTS_0)[:, 0].astype(int)
        points = numbers(document, attributes.POSITION)
        np.testing.assert_array_equal(numbers(document, attributes.WEIGHTS_0)[:, 0], 1)
        off = np.linalg.norm(points - np.array(nodes)[joints], axis=1)
        assert off.max() < 0.02
        triangles = numbers(document, mesh.primitives[0].indices).reshape(-1, 3)
        edges |= {frozenset(joints[t]) for t in triangles if len(set(joints[t])) > 1}
    assert edges == set(map(frozenset, [*mariel53.edges, *gap_edges(mariel53)]))
    assert [mesh.name for mesh in document.meshes] == ["left", "right", "middle"]


def test_sizes_and_alignment_follow_the_specification(document):
    assert document.asset.version == "2.0"
    assert document.buffers[0].byteLength == len(document.binary_blob())
    for accessor in document.accessors:
        view = document.bufferViews[accessor.bufferView]
        assert view.byteOffset % 4 == 0
        size = np.dtype(KINDS[accessor.componentType]).itemsize
        assert accessor.count * WIDTHS[accessor.type] * size == view.byteLength
        assert view.byteOffset + view.byteLength <= document.buffers[0].byteLength


def test_a_marker_missing_in_every_frame_is_an_error(tmp_path, phrase, mariel53):
    positions = phrase.positions.copy()
    positions[:, 4] = np.nan
    with pytest.raises(UserError, match="LBHD is missing in every frame"):
        write_recording(tmp_path / "take.glb", Recording("take", positions, 35.0, ""), mariel53)
    assert not list(tmp_path.iterdir())
