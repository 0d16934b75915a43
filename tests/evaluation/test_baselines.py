"""Laws of the trivial rows: PCA is the best linear map there is, and the mean pose its zero."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.evaluation.baselines import fit_mean_pose, fit_pca
from mariel_gnn.metrics.reconstruction import mpjpe_mm, without_travel

SHAPE = (5, 4, 3)  # T J C


def windows(count: int, rank: int = 100, seed: int = 0, size: float = 1.0) -> torch.Tensor:
    """`[N, T, J, C]` on a plane of so many dimensions, the further ones ever smaller."""
    generator = torch.Generator().manual_seed(seed)
    rank = min(rank, 60)
    base = torch.randn(rank, 60, generator=generator) * 0.8 ** torch.arange(rank)[:, None]
    z = torch.randn(count, rank, generator=generator)
    return size * (z @ base).view(count, *SHAPE) + torch.randn(SHAPE, generator=generator)


def residual(positions: torch.Tensor, latent_size: int, of: torch.Tensor | None = None) -> float:
    seen = positions if of is None else of
    difference = fit_pca(positions, latent_size).reconstruct(seen) - without_travel(seen)
    return difference.square().mean().sqrt().item()


@given(st.integers(1, 12), st.integers(30, 50), st.integers(0, 1000))
def test_enough_components_reconstruct_exactly(rank, count, seed):
    positions = windows(count, rank, seed)
    assert residual(positions, rank) < 1e-4
    assert residual(positions, 2 * rank) < 1e-4
    assert residual(positions, 10_000) < 1e-4


@given(st.integers(0, 1000))
def test_the_error_falls_with_every_component(seed):
    positions = windows(40, 30, seed)
    errors = [residual(positions, size) for size in (1, 2, 4, 8, 16, 29)]
    assert all(more < less for less, more in itertools.pairwise(errors))


def check_orthonormal(components: torch.Tensor) -> None:
    gram = components @ components.T
    torch.testing.assert_close(gram, torch.eye(len(gram)), rtol=0, atol=1e-3)


@pytest.mark.parametrize("latent_size", [1, 10, 39, 100])
def test_components_are_orthonormal(latent_size):
    check_orthonormal(fit_pca(windows(40), latent_size).components)


def test_components_are_orthonormal_at_a_lower_rank():
    check_orthonormal(fit_pca(windows(40, rank=3), 16).components)
    check_orthonormal(fit_pca(windows(2), 16).components)


def test_components_are_orthonormal_on_nearly_equal_windows(dance):
    overlapping = torch.from_numpy(dance).unfold(0, 32, 1)[:200].permute(0, 3, 1, 2)
    check_orthonormal(fit_pca(overlapping, 128).components)


@pytest.mark.parametrize("count", [30, 90])  # fewer windows than numbers in one, and more
def test_it_is_the_singular_value_decomposition(count):
    positions, size = windows(count), 12
    pca = fit_pca(positions, size)
    flat = without_travel(positions).flatten(1).double()
    flat = flat - flat.mean(dim=0)
    _, singular, right = torch.linalg.svd(flat, full_matrices=False)
    expected = right[:size].T @ right[:size]  # the plane; each sign is free
    torch.testing.assert_close(
        pca.components.T @ pca.components, expected.float(), rtol=0, atol=1e-3
    )
    std = singular[:size] / (count - 1) ** 0.5
    torch.testing.assert_close(pca.std, std.float(), rtol=1e-3, atol=1e-4)
    along = (flat.float() @ pca.components.T).std(dim=0)
    torch.testing.assert_close(along, pca.std, rtol=1e-3, atol=1e-4)


def test_no_other_subspace_of_that_size_is_closer(dance):
    positions = torch.from_numpy(dance)[:1400].view(-1, 10, 53, 3)
    best = residual(positions, 8)
    flat = without_travel(positions).flatten(1)
    centre = flat.mean(dim=0)
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        mixed = torch.randn(8, len(flat), generator=generator) @ (flat - centre)
        plane = torch.linalg.qr(mixed.T).Q
        other = ((flat - centre) @ plane @ plane.T - (flat - centre)).square().mean().sqrt().item()
        assert best < other


def test_the_path_has_no_effect():
    positions = windows(40)
    moved = positions + torch.randn(
        40, 5, 1, 3, generator=torch.Generator().manual_seed(0)
    ) * torch.tensor([1.0, 1.0, 0.0])
    still, travelling = fit_pca(positions, 8), fit_pca(moved, 8)
    torch.testing.assert_close(
        still.reconstruct(moved), still.reconstruct(positions), rtol=0, atol=1e-4
    )
    torch.testing.assert_close(travelling.std, still.std, rtol=1e-3, atol=1e-4)


def test_the_input_is_not_changed():
    positions = windows(40)
    before = positions.clone()
    fit_pca(positions, 8).reconstruct(positions)
    fit_mean_pose(positions).reconstruct(positions)
    assert torch.equal(positions, before)


def test_samples_have_the_means_and_the_stds_of_the_data():
    positions = windows(400)
    pca = fit_pca(positions, 20)
    samples = pca.sample(4000, positions.shape[1:], seed=1)
    assert samples.shape == (4000, *SHAPE)
    assert torch.equal(samples, pca.sample(4000, positions.shape[1:], seed=1))
    assert not torch.equal(samples, pca.sample(4000, positions.shape[1:], seed=2))
    flat = samples.flatten(1)
    std = ((flat - pca.mean) @ pca.components.T).std(dim=0)
    torch.testing.assert_close(std, pca.std, rtol=0.08, atol=0)
    assert (flat.mean(dim=0) - pca.mean).abs().max() < 0.2


def test_the_mean_pose_is_one_pose_and_the_best_one():
    positions = windows(40)
    pose = fit_mean_pose(positions)
    given_back = pose.reconstruct(positions)
    assert given_back.shape == positions.shape
    assert torch.equal(given_back, given_back[:1, :1].expand_as(positions))
    torch.testing.assert_close(pose.pose, without_travel(positions).mean(dim=(0, 1)))
    best = (given_back - without_travel(positions)).square().mean()
    for seed in range(5):
        nudge = 0.01 * torch.randn(4, 3, generator=torch.Generator().manual_seed(seed))
        assert best < (given_back + nudge - without_travel(positions)).square().mean()


def test_pca_beats_the_mean_pose_on_dances(dance):
    positions = torch.from_numpy(dance).view(-1, 20, 53, 3)
    pca, pose = fit_pca(positions, 16), fit_mean_pose(positions)
    errors = [mpjpe_mm(positions, row.reconstruct(positions)).mean() for row in (pca, pose)]
    assert errors[0] < 0.7 * errors[1]
