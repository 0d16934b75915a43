"""Laws of augmenting duets: an augmented duet is still a duet, never one dancer with an unchanged partner."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mariel_gnn.data.augmentation import augment, mirror_batch, rotate_batch, swap_dancers
from mariel_gnn.data.duet_batches import duet_positions_m
from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet
from mariel_gnn.data.heading import heading_rad
from mariel_gnn.data.options import AugmentationOptions
from mariel_gnn.data.windows import DuetBatch
from mariel_gnn.graphs.duet_edge_options import CHANNELS, DuetEdgeOptions
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.synthetic.couple import synthesize_couple

T = 32


def dataset_of(positions: np.ndarray) -> DuetDataset:
    """Windows of positions `[T, 2, J, C]`."""
    dancers = tuple(
        Recording(f"dancer {k}", positions[:, k].astype(np.float32), 35.0, "/duet.npz")
        for k in (0, 1)
    )
    duet = Duet(dancers, np.ones(len(positions), dtype=np.bool_))
    return DuetDataset([duet], seq_len=T, stride=23, edges=DuetEdgeOptions(channels=CHANNELS))


@pytest.fixture(scope="module")
def positions() -> np.ndarray:
    return synthesize_couple("in_contact", 0, 5.0).positions


@pytest.fixture(scope="module")
def dataset(positions) -> DuetDataset:
    return dataset_of(positions)


@pytest.fixture(scope="module")
def batch(dataset) -> DuetBatch:
    return dataset.batch(range(len(dataset)))


def metres(dataset: DuetDataset, batch: DuetBatch) -> torch.Tensor:
    return duet_positions_m(batch, dataset.normalizer)


def close(a: torch.Tensor, b: torch.Tensor) -> None:
    torch.testing.assert_close(a, b, rtol=0, atol=2e-3)


def distances(positions: torch.Tensor) -> torch.Tensor:
    """Distances of all markers of both dancers `[B, T, 2J, 2J]`."""
    nodes = positions.flatten(2, 3)
    return torch.cdist(nodes, nodes, compute_mode="donot_use_mm_for_euclid_dist")


def some(batch: DuetBatch) -> torch.Tensor:
    return torch.arange(len(batch.nodes)) % 2 == 0


def test_turning_a_pair_keeps_every_distance_and_edge(dataset, batch):
    angle = torch.linspace(0.5, 3, len(batch.nodes))
    turned = rotate_batch(batch, angle)
    close(distances(metres(dataset, turned)), distances(metres(dataset, batch)))
    assert (turned.path - batch.path).abs().amax(dim=(1, 2, 3)).min() > 0.01
    torch.testing.assert_close(
        dataset.strengths(turned), dataset.strengths(batch), rtol=0, atol=0.02
    )
    quarter = rotate_batch(batch, torch.full((len(batch.nodes),), math.pi / 2))
    close(metres(dataset, quarter)[..., 1], metres(dataset, batch)[..., 0])


def test_mirroring_a_pair_mirrors_the_room_and_exchanges_the_sides(dataset, batch, mariel53):
    which = some(batch)
    image = mirror_batch(batch, which, mariel53.mirror)
    before, after = metres(dataset, batch), metres(dataset, image)
    expected = before[..., list(mariel53.mirror), :] * torch.tensor([-1.0, 1.0, 1.0])
    close(after[which], expected[which])
    assert torch.equal(after[~which], before[~which])
    expected = dataset.strengths(batch)[..., list(mariel53.mirror), :][..., list(mariel53.mirror)]
    torch.testing.assert_close(dataset.strengths(image)[which], expected[which], rtol=0, atol=0.02)


def test_swapping_is_the_dataset_with_the_dancers_exchanged(dataset, batch, positions):
    which = some(batch)
    swapped = swap_dancers(batch, which)
    other = dataset_of(positions[:, ::-1])
    exchanged = other.batch(range(len(other)))
    for one, expected, unchanged in zip(swapped, exchanged, batch, strict=True):
        if one.is_floating_point():
            torch.testing.assert_close(one[which], expected[which], rtol=0, atol=1e-5)
        assert torch.equal(one[~which], unchanged[~which])
    torch.testing.assert_close(
        dataset.strengths(swapped)[which], dataset.strengths(batch)[which].mT, rtol=0, atol=0.02
    )
    again = swap_dancers(swapped, which)
    assert torch.equal(again.nodes, batch.nodes)
    assert torch.equal(again.path, batch.path)


def test_a_re_timed_pair_keeps_its_distances_at_each_moment(dataset, batch):
    """At half speed every other frame is one of the recording, of both dancers."""
    slow = dataset.batch(range(len(dataset)), torch.full((len(dataset),), 0.5))
    half = T // 2
    close(distances(metres(dataset, slow))[:, ::2], distances(metres(dataset, batch))[:, :half])


def options(**chosen) -> AugmentationOptions:
    none = {"turn": False, "mirror": False, "swap": False, "noise_mm": 0.0}
    return AugmentationOptions(**(none | chosen))


def test_without_augmentation_the_batch_is_unchanged(batch, mariel53):
    inputs, target = augment(batch, options(), mariel53.mirror, 3.0)
    assert inputs is target is batch


def bearings(positions: torch.Tensor, skeleton: Skeleton) -> torch.Tensor:
    """Where each dancer has her partner `[B, T, 2]`: radians from where she faces, counter-clockwise."""
    roots = positions[..., list(skeleton.root), :2].mean(dim=-2)
    axis = roots.flip(2) - roots
    facing = heading_rad(positions.transpose(1, 2), skeleton).transpose(1, 2)
    return torch.atan2(axis[..., 1], axis[..., 0]) - facing


def angle_between(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return torch.remainder(one - other + math.pi, 2 * math.pi).sub(math.pi).abs()


@settings(max_examples=12)
@given(seed=st.integers(0, 10_000))
def test_both_dancers_are_augmented_together(dataset, batch, mariel53, seed):
    """All distances and facings are those of the pair as recorded, its image, or with roles exchanged."""
    torch.manual_seed(seed)
    chosen = options(turn=True, mirror=True, swap=True)
    changed, target = augment(batch, chosen, mariel53.mirror, 3.0)
    assert changed is target
    assert torch.equal(changed.measured, batch.measured)
    before, after = (metres(dataset, each)[:, ::8] for each in (batch, changed))
    mirror = list(mariel53.mirror)
    image = mirror + [53 + other for other in mirror]
    recorded = distances(before)
    allowed = [recorded, recorded[..., image, :][..., image]]
    allowed += [each.roll((53, 53), dims=(2, 3)) for each in allowed]
    errors = torch.stack([(distances(after) - one).abs().amax((1, 2, 3)) for one in allowed])
    assert errors.amin(dim=0).max() < 3e-3
    assert (errors > 0.1).sum(dim=0).min() >= 1  # a control: the four are different
    facing = bearings(before, mariel53)
    facings = [facing, -facing, facing.flip(2), -facing.flip(2)]
    found = bearings(after, mariel53)
    angles = torch.stack([angle_between(found, one).amax((1, 2)) for one in facings])
    assert angles.gather(0, errors.argmin(dim=0)[None]).max() < 0.03


def test_about_half_are_swapped_only_with_the_option(batch, mariel53):
    torch.manual_seed(0)
    many = DuetBatch(*(part[:1].expand(400, *part.shape[1:]) for part in batch))
    swapped, _ = augment(many, options(swap=True), mariel53.mirror, 1.0)
    changed = (swapped.nodes != many.nodes).flatten(1).any(dim=1)
    assert 150 < changed.sum() < 250


def test_swap_draws_nothing_for_a_solo_dancer(batch, mariel53):
    drawn = []
    for swap in (False, True):
        torch.manual_seed(0)
        augment(batch.dancer(0), options(turn=True, mirror=True, swap=swap), mariel53.mirror, 1.0)
        drawn.append(torch.rand(1).item())
    assert drawn[0] == drawn[1]


def test_noise_is_added_to_input_positions_only(batch, mariel53):
    torch.manual_seed(0)
    inputs, target = augment(batch, options(noise_mm=5.0), mariel53.mirror, units_per_metre=3.0)
    assert target is batch
    assert torch.equal(inputs.nodes[..., 3:], batch.nodes[..., 3:])
    assert torch.equal(inputs.path, batch.path)
    noise = inputs.nodes[..., :3] - batch.nodes[..., :3]
    assert noise.std().item() == pytest.approx(0.015, rel=0.02)
