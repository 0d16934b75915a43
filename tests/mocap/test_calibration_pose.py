"""A pose that an exporter puts at an end of a take is cut off; dance is not."""

import dataclasses

import numpy as np
import pytest

from mariel_gnn.mocap.calibration_pose import cut_calibration_poses
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.loading import load_recordings
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from tests.mocap.preparing import prepare_file

SKELETON = load_skeleton("mariel53")


@pytest.fixture(scope="module")
def takes(dance):
    return [
        Recording(f"take{n}", dance[300 * n : 300 * n + 200], 35.0, f"/takes/take{n}.npy")
        for n in range(3)
    ]


@pytest.fixture(scope="module")
def pose(dance):
    """The standing dancer with both arms raised to the sides."""
    standing = dance[1000].copy()
    for index, name in enumerate(SKELETON.markers):
        if SKELETON.part_of[index] in ("left arm", "right arm"):
            side = 1 if name.startswith("L") else -1
            shoulder = standing[SKELETON.markers.index(f"{name[0]}FSH")]
            length = np.linalg.norm(standing[index] - shoulder)
            standing[index] = shoulder + np.float32([0, side * length, 0])
    return standing


def with_pose(take, pose, frames=1, at_end=False, place=(0, 0, 0)):
    held = np.repeat((pose + np.float32(place))[None], frames, axis=0)
    both = [take.positions, held] if at_end else [held, take.positions]
    return dataclasses.replace(take, positions=np.concatenate(both))


@pytest.mark.parametrize("frames", [1, 2, 30])
@pytest.mark.parametrize("at_end", [False, True])
def test_a_pose_that_is_left_in_one_step_is_cut_off(takes, pose, frames, at_end):
    (cut,), notes = cut_calibration_poses([with_pose(takes[0], pose, frames, at_end)])
    np.testing.assert_array_equal(cut.positions, takes[0].positions)
    assert cut.start_frame == (0 if at_end else frames)
    assert f"{frames} frame" in notes[0]
    assert ("end" if at_end else "start") in notes[0]


def test_a_pose_that_takes_share_is_cut_off_wherever_it_stands(takes):
    # The pose is nearly that of the first frame: no take alone shows that it is no dance.
    pose = takes[0].positions[0] * np.float32([1.01, 1, 1])
    shared = [with_pose(take, pose, place=(n, 2 * n, 0)) for n, take in enumerate(takes)]
    alone, notes = cut_calibration_poses(shared[:1])
    assert (len(alone[0]), notes) == (201, [])
    cut, notes = cut_calibration_poses(shared)
    for part, take in zip(cut, takes, strict=True):
        np.testing.assert_array_equal(part.positions, take.positions)
    assert len(notes) == 3


def test_dance_copies_and_still_takes_stay(takes):
    copy = dataclasses.replace(takes[0], name="copy", source="/takes/copy.npy")
    still = dataclasses.replace(
        takes[1], positions=np.repeat(takes[1].positions[:1], 200, axis=0), source="/still.npy"
    )
    given = [*takes, copy, still]
    assert cut_calibration_poses(given) == (given, [])


def test_gaps_and_short_takes_stay(takes):
    gap = dataclasses.replace(takes[0], positions=np.full_like(takes[0].positions[:9], np.nan))
    short = [takes[0].part(0, 1), takes[1].part(0, 2), takes[2].part(0, 0), gap]
    kept, notes = cut_calibration_poses(short)
    assert ([*map(len, kept)], notes) == ([1, 2, 0, 9], [])


def test_run_and_prepare_cut_the_same_frames(takes, pose, tmp_path):
    path = tmp_path / "take.npz"
    write_recording(path, with_pose(takes[0], pose, 3), SKELETON)
    loaded = load_recordings(path, SKELETON)
    assert any("3 frames at the start" in note for note in loaded.notes)
    prepared = prepare_file(path, PreparationOptions(floor=False, mirror=False))
    assert "3 frames at the start" in dict(prepared.findings)["pose"]
    assert dict(prepared.findings)["gaps"] == "none"
    for parts in (loaded.recordings, prepared.parts):
        np.testing.assert_allclose(parts[0].positions, takes[0].positions, atol=1e-6)


def test_real_recordings_have_none(real_recordings):
    recordings = [read_recording(path, SKELETON) for path in real_recordings]
    assert cut_calibration_poses(recordings) == (recordings, [])
