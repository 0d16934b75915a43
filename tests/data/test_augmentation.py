"""Laws of augmentation: a rotated or mirrored phrase is still a valid phrase of the same body."""

import math

import pytest
import torch

from mariel_gnn.data.augmentation import augment, draw_speeds, mirror_batch, rotate_batch
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.heading import body_local, heading_rad
from mariel_gnn.data.options import AugmentationOptions
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.mocap.recording import Recording

T = 32


@pytest.fixture(scope="module")
def dataset(dance) -> MarielDataset:
    take = Recording("dance", dance, 35.0, "/dance.npy")
    return MarielDataset([take], seq_len=T, predicted_timesteps=0, stride=29)


@pytest.fixture(scope="module")
def batch(dataset) -> WindowBatch:
    return dataset.batch(range(len(dataset)))


def metres(dataset: MarielDataset, batch: WindowBatch) -> torch.Tensor:
    """Travelling positions `[B, T, J, C]`."""
    positions = dataset.normalizer.positions_to_metres(batch.positions)
    positions[..., :2] += batch.path[:, :, None] * dataset.normalizer.path_scale_m
    return positions


def velocity_error(dataset: MarielDataset, batch: WindowBatch) -> float:
    """Largest difference between velocities and finite differences of the positions, metres per second."""
    positions = dataset.normalizer.positions_to_metres(batch.positions)
    speeds = dataset.normalizer.velocities_to_metres(batch.nodes[..., 3:])
    return (speeds[:, 1:] - positions.diff(dim=1) * 35.0).abs().max().item()


def close(a: WindowBatch, b: WindowBatch) -> None:
    torch.testing.assert_close(a.nodes, b.nodes, rtol=0, atol=1e-4)
    torch.testing.assert_close(a.path, b.path, rtol=0, atol=1e-4)


def test_trap_11_mirroring_swaps_the_names_and_gives_a_body(dataset, batch, mariel53):
    everyone = torch.ones(len(batch.nodes), dtype=torch.bool)
    swapped = mirror_batch(batch, everyone, mariel53.mirror)
    close(mirror_batch(swapped, everyone, mariel53.mirror), batch)
    before, after = (body_local(metres(dataset, b), mariel53) for b in (batch, swapped))
    in_a_mirror = metres(dataset, batch)[:, :, list(mariel53.mirror)] * torch.tensor([-1.0, 1, 1])
    torch.testing.assert_close(metres(dataset, swapped), in_a_mirror, rtol=0, atol=1e-4)
    # In the body-local frame a raised left arm is now a raised right arm; nothing else changes.
    expected = before[:, :, list(mariel53.mirror)] * torch.tensor([1.0, -1.0, 1.0])
    torch.testing.assert_close(after, expected, rtol=0, atol=1e-4)
    for positions in (before, after):
        for left, right in mariel53.pairs:
            if mariel53.markers[left] in ("LFSH", "LBSH", "LFWT", "LBWT"):
                on_its_left = positions[..., left, 1] > positions[..., right, 1]
                assert on_its_left.float().mean() > 0.9
    assert velocity_error(dataset, swapped) < 1e-2


def test_mirroring_without_swapped_names_gives_no_body(dataset, batch, mariel53):
    """A control: the check of the test above can fail."""
    everyone = torch.ones(len(batch.nodes), dtype=torch.bool)
    wrong = mirror_batch(batch, everyone, range(53))
    before, after = (body_local(metres(dataset, b), mariel53) for b in (batch, wrong))
    expected = before[:, :, list(mariel53.mirror)] * torch.tensor([1.0, -1.0, 1.0])
    assert (after - expected).abs().max() > 0.1


def test_only_the_selected_windows_are_mirrored(batch, mariel53):
    which = torch.arange(len(batch.nodes)) % 2 == 0
    some = mirror_batch(batch, which, mariel53.mirror)
    assert torch.equal(some.nodes[~which], batch.nodes[~which])
    assert torch.equal(some.path[~which], batch.path[~which])
    assert (some.nodes[which] != batch.nodes[which]).flatten(1).any(dim=1).all()


def test_a_rotation_changes_heading_and_path_but_not_the_body(dataset, batch, mariel53):
    angle = torch.linspace(-3, 3, len(batch.nodes))
    after = rotate_batch(batch, angle)
    one, other = metres(dataset, batch), metres(dataset, after)
    gained = heading_rad(other, mariel53) - heading_rad(one, mariel53) - angle[:, None]
    assert torch.remainder(gained + math.pi, 2 * math.pi).sub(math.pi).abs().max() < 1e-3
    torch.testing.assert_close(
        body_local(other, mariel53), body_local(one, mariel53), rtol=0, atol=1e-4
    )
    torch.testing.assert_close(other[..., 2], one[..., 2])
    torch.testing.assert_close(after.path.norm(dim=-1), batch.path.norm(dim=-1))
    # A quarter to the left takes x to y, in the path as in the body.
    quarter = rotate_batch(batch, torch.full((len(batch.nodes),), math.pi / 2))
    torch.testing.assert_close(quarter.path[..., 1], batch.path[..., 0], rtol=0, atol=1e-5)
    torch.testing.assert_close(quarter.nodes[..., 1], batch.nodes[..., 0], rtol=0, atol=1e-5)
    assert velocity_error(dataset, after) < 1e-2


def test_rotations_add_up(batch):
    a, b = torch.rand(2, len(batch.nodes), generator=torch.Generator().manual_seed(0)) * 6
    close(rotate_batch(rotate_batch(batch, a), b), rotate_batch(batch, a + b))
    close(rotate_batch(rotate_batch(batch, a), -a), batch)


def options(**chosen) -> AugmentationOptions:
    return AugmentationOptions(**({"turn": False, "mirror": False, "noise_mm": 0.0} | chosen))


def test_without_augmentation_the_batch_is_unchanged(batch, mariel53):
    inputs, target = augment(batch, options(), mariel53.mirror, 3.0)
    assert inputs is target
    assert torch.equal(inputs.nodes, batch.nodes)


def test_noise_is_added_to_input_positions_only(batch, mariel53):
    torch.manual_seed(0)
    before = batch.nodes.clone()
    inputs, target = augment(batch, options(noise_mm=5.0), mariel53.mirror, units_per_metre=3.0)
    assert torch.equal(target.nodes, before)
    assert torch.equal(inputs.nodes[..., 3:], before[..., 3:])
    assert torch.equal(inputs.path, batch.path)
    noise = inputs.nodes[..., :3] - before[..., :3]
    assert noise.std().item() == pytest.approx(0.005 * 3.0, rel=0.02)


def test_input_and_target_are_rotated_and_mirrored_alike(batch, mariel53):
    torch.manual_seed(0)
    chosen = options(turn=True, mirror=True, noise_mm=1.0)
    inputs, target = augment(batch, chosen, mariel53.mirror, units_per_metre=1.0)
    assert (inputs.nodes - target.nodes).abs().max() < 0.01
    assert (target.nodes - batch.nodes).flatten(1).abs().amax(dim=1).min() > 0.1


def test_about_half_are_mirrored_and_different_ones_each_time(batch, mariel53):
    torch.manual_seed(0)
    many = WindowBatch(batch.nodes[:1].expand(400, -1, -1, -1), batch.path[:1].expand(400, -1, -1))
    first, second = (augment(many, options(mirror=True), mariel53.mirror, 1.0)[0] for _ in "ab")
    changed = [(b.nodes != many.nodes).flatten(1).any(dim=1) for b in (first, second)]
    assert 150 < changed[0].sum() < 250
    assert not torch.equal(*changed)


def test_speeds_are_log_uniform_and_absent_without_the_option():
    assert draw_speeds(10, options(speed=1.0)) is None
    torch.manual_seed(0)
    log = draw_speeds(4000, options(speed=1.25)).log() / math.log(1.25)
    assert -1 <= log.min() < -0.99
    assert 0.99 < log.max() <= 1
    assert log.mean().item() == pytest.approx(0, abs=0.05)
    assert log.std().item() == pytest.approx(1 / math.sqrt(3), abs=0.02)


def test_at_speed_1_a_phrase_is_as_recorded(dataset, batch):
    close(dataset.batch(range(len(dataset)), torch.ones(len(dataset))), batch)


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_a_faster_phrase_reaches_the_same_positions_sooner(dataset, speed):
    first = dataset.batch([0], torch.tensor([speed]))
    recorded = torch.from_numpy(dataset.recordings_m()[0])
    place = speed * torch.arange(T)
    before = place.floor().long()
    expected = torch.lerp(recorded[before], recorded[before + 1], (place - before)[:, None, None])
    start = expected[0, :, :2].mean(dim=0)
    expected[..., :2] -= start
    found = metres(dataset, first)[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    # Velocities are interpolated between frames and multiplied by the speed.
    speeds = dataset.normalizer.velocities_to_metres(first.nodes[..., 3:])[0]
    own = dataset.normalizer.velocities_to_metres(dataset.batch([0]).nodes[..., 3:])[0]
    torch.testing.assert_close(speeds[0], speed * own[0], rtol=1e-4, atol=1e-4)


def test_no_phrase_extends_past_the_end_of_its_recording(dataset):
    last = [len(dataset) - 1]
    fast, at_most = (dataset.batch(last, torch.tensor([speed])) for speed in (50.0, 1e3))
    close(fast, at_most)
    end = torch.from_numpy(dataset.recordings_m()[0])[-1]
    body = metres(dataset, fast)[0, -1]
    torch.testing.assert_close(body - body.mean(0), end - end.mean(0), rtol=0, atol=1e-3)
