"""NumPy archives are read by the names of their arrays, or say what they hold."""

import numpy as np
import pytest

from experiments import convert
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import from_z_up
from mariel_gnn.mocap.formats.reading import read_dancers, read_recording, read_with_skeleton
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from tests.mocap.formats.joint_sets import MARIEL, joints, notes_of


@pytest.fixture
def archive(tmp_path):
    def archive(**arrays):
        np.savez(tmp_path / "take.npz", **arrays)
        return tmp_path / "take.npz"

    return archive


@pytest.mark.parametrize("positions", ["joints", "Positions", "keypoints3d", "poses", "my_array"])
@pytest.mark.parametrize("names", ["names", "joint_names", "markers"])
@pytest.mark.parametrize("rate", ["fps", "rate", "framerate", "mocap_framerate"])
def test_positions_names_and_rate_are_read_under_usual_keys(archive, dance, positions, names, rate):
    path = archive(
        **{positions: 1000 * dance[:60], names: np.array(MARIEL.markers), rate: 120.0},
        units="mm", velocities=dance[:60, 0],
    )  # fmt: skip
    read = read_with_skeleton(path)
    np.testing.assert_allclose(read.recording.positions, dance[:60], atol=1e-4)
    assert (read.skeleton, read.recording.rate_hz) == (MARIEL, 120)
    assert f"positions are those under '{positions}'" in notes_of(read)
    assert "left out: velocities" in notes_of(read)


def test_names_tell_the_vertical_axis(archive, dance):
    names = load_skeleton("smpl22").markers
    expected = joints(dance[:60], names)
    path = archive(joints=from_z_up(expected, "y"), names=np.array(names), fps=30)
    np.testing.assert_allclose(read_recording(path).positions, expected, atol=1e-5)


def test_equal_names_are_kept_apart(archive, dance):
    path = archive(positions=dance[:60, :3], names=np.array(["A", "B", "A"]), fps=30)
    read = read_with_skeleton(path)
    assert read.skeleton.markers == ("A", "B", "A#2")
    np.testing.assert_array_equal(read.recording.positions, dance[:60, :3])


def test_a_stated_rate_replaces_the_usual_one(archive, dance):
    path = archive(keypoints3d=joints(dance[:60], load_skeleton("coco17").markers), fps=24.0)
    read = read_with_skeleton(path)
    assert read.recording.rate_hz == 24
    assert "no rate stated" not in notes_of(read)


def test_a_file_of_a_body_model_gets_a_way_out(archive, run_command, tmp_path):
    path = archive(
        poses=np.zeros((30, 156)),
        trans=np.zeros((30, 3)),
        betas=np.zeros(16),
        mocap_framerate=120.0,
    )
    line, code = run_command(convert, path, tmp_path / "out.csv")
    assert code
    assert "SMPL body model" in line
    assert "smplx" in line
    assert "Traceback" not in line


def test_an_archive_without_positions_says_what_it_holds(archive):
    with pytest.raises(UserError, match="holds foo, bar, no array") as caught:
        read_recording(archive(foo=np.zeros(3), bar="x"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("dancers", [2, 3])
def test_an_archive_of_several_bodies_is_read_as_the_array_is(archive, dance, named, dancers):
    bodies = np.stack([dance[start : start + 90] for start in (0, 200, 400)[:dancers]], axis=1)
    names = {"names": np.array(MARIEL.markers)} if named else {}
    read = read_dancers(archive(keypoints3d=bodies, fps=60, left_out=np.zeros(3), **names))
    assert list(read) == ["1", "2", "3"][:dancers]
    for number, one in enumerate(read.values()):
        np.testing.assert_allclose(one.recording.positions, bodies[:, number], atol=1e-6)
        assert one.skeleton.markers == MARIEL.markers
        assert one.recording.rate_hz == 60
        assert f"{dancers} dancers of 53 joints" in " ".join(one.notes)
