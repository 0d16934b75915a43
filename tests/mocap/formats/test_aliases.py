"""Joints that two rigs name differently get one name; other files stay unchanged."""

from pathlib import Path

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.interpretation import identify_skeleton
from mariel_gnn.mocap.formats.labels import match_labels, replace_aliases
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton, reduce_skeleton, shipped_by_size

CMU21 = load_skeleton("cmu21")
OWN_NAMES = {"daz": "neck", "cmu": "Neck"}  # Neck is not neck_base
RIGS = {
    rig: [CMU21.aliases[marker][column] for marker in CMU21.aliases] + OWN_NAMES[rig].split()
    for column, rig in enumerate(("daz", "cmu"))
}
RIGS["daz"] = list(dict.fromkeys(RIGS["daz"]))


def file_with(labels, edges=()):
    """A file with these labels; each joint's coordinates are its column number."""
    columns = np.arange(len(labels), dtype=float)
    positions = np.repeat(columns[None, :, None], 3, axis=2)
    return MarkerFile(positions, tuple(labels), edges=tuple(edges))


@pytest.mark.parametrize("prefix", ["", "Anna:"])
@pytest.mark.parametrize("rig", RIGS)
def test_both_rigs_give_the_same_joints(rig, prefix):
    labels = [prefix + label for label in RIGS[rig]]
    found = replace_aliases(file_with(labels), CMU21)
    columns = match_labels(found.labels, CMU21.markers, "take.bvh")
    kept = {marker: RIGS[rig][at] for marker, at in zip(CMU21.markers, columns, strict=True)}
    expected = {"daz": ("neck", "lMid1", "head"), "cmu": ("Neck1", "LeftHandIndex1", "Head")}
    assert (kept["neck_base"], kept["left_hand"], kept["head"]) == expected[rig]
    for marker, names in CMU21.aliases.items():
        assert kept[marker] in names


def test_edges_are_renamed_with_their_joints():
    found = replace_aliases(file_with(["hip", "abdomen"], [("hip", "abdomen")]), CMU21)
    assert found.edges == (("pelvis", "spine"),)


def test_without_a_skeleton_or_aliases_nothing_changes(mariel53):
    found = file_with(RIGS["daz"])
    assert replace_aliases(found, None) is found
    assert replace_aliases(found, mariel53) is found


def test_a_set_with_aliases_is_used_only_if_the_user_names_it():
    assert [skeleton.name for skeleton in shipped_by_size()] == ["mariel53", "mariel18"]
    assert identify_skeleton(file_with(CMU21.markers)) is None


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".trc", ".c3d", ".npy"])
def test_joints_survive_a_round_trip(tmp_path, smooth, suffix):
    recording = Recording("take", smooth(40, markers=21), 35.0, "take")
    path: Path = tmp_path / f"take{suffix}"
    write_recording(path, recording, CMU21)
    again = read_recording(path, CMU21, 35.0)
    np.testing.assert_allclose(again.positions, recording.positions, atol=1e-4)


def test_a_missing_joint_is_named(tmp_path, smooth):
    short = reduce_skeleton(CMU21, CMU21.markers[:-1], "short")
    assert set(short.aliases) == set(CMU21.aliases) - {"right_toe"}
    write_recording(
        tmp_path / "take.csv", Recording("take", smooth(40, markers=20), 35.0, ""), short
    )
    with pytest.raises(UserError, match="right_toe"):
        read_recording(tmp_path / "take.csv", CMU21)
