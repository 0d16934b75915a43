"""The components of a window give the same window again, for every heading."""

import math

import pytest
import torch

from mariel_gnn.data.augmentation import rotate_batch
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion.basis import MotionBasis, unwrapped
from mariel_gnn.models.motion_model import WindowShape

FRAMES = 32


@pytest.fixture(scope="module")
def dataset(dance):
    return MarielDataset([Recording("dance", dance, 35.0, "/takes/dance.npy")], FRAMES, 0)


@pytest.fixture(scope="module")
def basis(dataset):
    found = MotionBasis(WindowShape(FRAMES, 53), dataset.skeleton, FRAMES)
    found.fit([dataset.batch(range(0, len(dataset), 5))])
    return found


@pytest.fixture(scope="module")
def batch(dataset):
    return dataset.batch([3, 200, 500])


def test_with_all_frequencies_only_fast_turns_and_paths_are_lost(basis, batch):
    motion = basis.analyze(batch)
    poses = (basis.time.at_frames(motion.poses) + basis.pose_mean).unflatten(-1, (-1, 3))
    code = motion.code * basis.scales(motion.log_scale, basis.axes)
    pose, heading, path = code.split([basis.pose_size, basis.heading_terms, 24], dim=1)
    positions, decoded_path = basis.synthesize(
        poses, motion.heading, heading, path.unflatten(1, (12, 2))
    )
    torch.testing.assert_close(positions, batch.positions, atol=1e-3, rtol=1e-3)
    assert (decoded_path - batch.path).norm(dim=-1).mean() < 0.05 * batch.path.norm(dim=-1).mean()
    axes = pose.unflatten(1, (FRAMES, basis.axes)) @ basis.pose_axes.T
    assert (axes - motion.poses).norm() < 0.1 * motion.poses.norm()


@pytest.mark.parametrize("angle", [0.3, -2.0, math.pi])
def test_rotating_the_window_changes_the_heading_only(basis, batch, angle):
    before = basis.analyze(batch)
    after = basis.analyze(rotate_batch(batch, torch.full((3,), angle)))
    turn = torch.remainder(after.heading - before.heading - angle + 0.1, 2 * math.pi) - 0.1
    torch.testing.assert_close(turn, torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(after.code, before.code, atol=2e-3, rtol=1e-3)


def test_the_path_starts_at_the_origin(basis):
    _, path = basis.synthesize(
        torch.zeros(2, FRAMES, 53, 3), torch.zeros(2), torch.zeros(2, 11), torch.randn(2, 12, 2)
    )
    assert path[:, 0].abs().max() == 0


def test_marker_nodes_have_unit_variance_at_every_frequency(basis, dataset):
    nodes = basis.marker_nodes(basis.analyze(dataset.batch(range(0, len(dataset), 5))).poses)
    size = nodes.unflatten(-1, (FRAMES, 3)).square().mean(dim=(0, 1, 3)).sqrt()
    torch.testing.assert_close(size, torch.ones(FRAMES), atol=1e-3, rtol=1e-3)


def test_unwrapped_angles_do_not_jump():
    angle = torch.linspace(0, 9, 40)
    wrapped = torch.remainder(angle + math.pi, 2 * math.pi) - math.pi
    torch.testing.assert_close(unwrapped(wrapped[None])[0], angle, atol=1e-4, rtol=0)
