"""The one skeleton of several files: in the file, beside it, or a shipped one."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.new_skeleton import write_skeleton
from mariel_gnn.mocap.formats.reading import skeleton_for
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import SKELETON_FILE, reduce_skeleton, skeleton_from_dict

FEW = skeleton_from_dict(
    {"name": "few", "markers": ["Head", "Hip", "Foot"], "edges": [["Head", "Hip"]]}
)


@pytest.fixture
def write(tmp_path, phrase, mariel53):
    """A writer of the first markers of the phrase under any names, as a file `name`."""

    def write_file(name, skeleton=mariel53, kept=None):
        columns = range(len(skeleton)) if kept is None else kept
        recording = Recording("take", phrase.positions[:, list(columns)], 35.0, "")
        write_recording(tmp_path / name, recording, skeleton)
        return tmp_path / name

    return write_file


def test_files_of_a_shipped_set_have_its_skeleton(write, write_field, dance, mariel53):
    files = [write(f"take{suffix}") for suffix in (".npz", ".npy", ".csv", ".trc", ".c3d")]
    files.append(write_field("field.npy", dance[:40]))
    assert skeleton_for(files) == mariel53
    assert skeleton_for([str(files[0])]) == mariel53


def test_an_npz_file_holds_its_skeleton(write):
    assert skeleton_for([write("a.npz", FEW), write("b.npz", FEW)]) == FEW


def test_other_files_have_the_skeleton_in_their_folder(write, tmp_path):
    files = [write("a.csv", FEW), write("b.npy", FEW)]
    write_skeleton(tmp_path / SKELETON_FILE, FEW, "a.csv")
    assert skeleton_for(files) == FEW


def test_an_array_without_names_has_the_skeleton_in_its_folder(tmp_path):
    np.savez(tmp_path / "bare.npz", positions_m=np.zeros((4, 3, 3)))
    write_skeleton(tmp_path / SKELETON_FILE, FEW, "bare.npz")
    assert skeleton_for([tmp_path / "bare.npz"]) == FEW


def test_a_file_that_lacks_a_marker_has_the_full_shipped_skeleton(write, mariel53):
    kept = [index for index, name in enumerate(mariel53.markers) if name != "LANK"]
    part = reduce_skeleton(mariel53, [mariel53.markers[index] for index in kept], "part")
    assert skeleton_for([write("take.c3d", part, kept)]) == mariel53


def test_files_with_different_skeletons_are_an_error(write, mariel18):
    first, second = write("first.npz"), write("second.npz", mariel18)
    with pytest.raises(UserError) as caught:
        skeleton_for([first, second])
    for words in (str(first), str(second), "mariel53 and mariel18 differ in markers"):
        assert words in str(caught.value)
    other_edges = skeleton_from_dict({"name": "few", "markers": list(FEW.markers)})
    with pytest.raises(UserError, match="few and few differ in edges"):
        skeleton_for([write("a.npz", FEW), write("b.npz", other_edges)])


def test_an_unknown_set_without_a_skeleton_is_an_error(write):
    with pytest.raises(UserError, match=r"take\.csv.*mariel18, mariel53.*skeleton\.yaml.*prepare"):
        skeleton_for([write("take.csv", FEW)])


def test_no_file_is_an_error():
    with pytest.raises(UserError, match="no files given"):
        skeleton_for([])
