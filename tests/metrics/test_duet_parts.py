"""Laws of part distances, of their kernel distance and of penetration; frozen pairs fail."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.metrics.duet import PartnerState, from_heading_frame, in_heading_frame
from mariel_gnn.metrics.duet_parts import (
    fit_part_distance_kernel,
    measure_penetration,
    part_distance_features,
    part_distances_m,
    segment_distances,
)
from mariel_gnn.metrics.phrase_statistics import summarize
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

RATE_HZ = 35.0


@pytest.fixture(scope="module")
def pairs(phrases, mariel53) -> torch.Tensor:
    """`[35, 40, 2, J, C]`: the partner dances face to face with the dancer, 4 frames late."""
    dancer = phrases.flatten(0, 1)
    pose = in_heading_frame(dancer, dancer, mariel53).roll(4, dims=0)
    state = PartnerState(
        torch.tensor([0.9, 0.0]).expand(len(pose), -1), torch.full((len(pose),), math.pi), pose
    )
    partner = from_heading_frame(state.positions(), dancer, mariel53)
    return torch.stack([dancer, partner], dim=1).unflatten(0, (-1, 40))


def test_a_skeleton_without_parts_has_its_markers_as_parts():
    skeleton = Skeleton("three", ("a", "b", "c"), ("a", "b", "c"))
    assert part_distances_m(torch.randn(4, 2, 3, 3), skeleton).shape == (4, 3, 3)
    assert not measure_penetration(torch.randn(1, 4, 2, 3, 3), torch.ones(1, 4) > 0, skeleton)


def test_the_distances_of_swapped_dancers_are_transposed(pairs, mariel53):
    distances = part_distances_m(pairs, mariel53)
    assert torch.allclose(part_distances_m(pairs.flip(2), mariel53), distances.mT, atol=1e-6)


def test_features_are_invariant_to_moving_and_turning_the_pair(pairs, mariel53):
    turned = pairs[..., [1, 0, 2]] * torch.tensor([-1.0, 1, 1]) + torch.tensor([3.0, -2, 0])
    features = part_distance_features(pairs, mariel53, RATE_HZ)
    assert torch.allclose(part_distance_features(turned, mariel53, RATE_HZ), features, atol=1e-3)


@pytest.fixture(scope="module")
def long(pairs) -> torch.Tensor:
    """`[14, 100, 2, J, C]`."""
    return pairs.flatten(0, 1).unflatten(0, (-1, 100))


@pytest.fixture(scope="module")
def kernel(long, mariel53):
    """The kernel of the windows of even number, their embedding, and the others as recorded pairs."""
    kernel = fit_part_distance_kernel(long[::2], mariel53, RATE_HZ)
    return kernel, kernel.embed(long[::2]), kernel.embed(long[1::2])


def cheats(pairs: torch.Tensor) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    noise = 0.02 * torch.randn(pairs.shape, generator=generator)
    order = torch.randperm(pairs.shape[1], generator=generator)
    frozen = pairs[:, 20:21].expand_as(pairs)
    return {
        "mean": pairs.mean(dim=1, keepdim=True).expand_as(pairs),
        "frozen": frozen,
        "frozen and vibrating": frozen + noise,
        "frames in random order": pairs[:, order],
        "partner of another window": torch.stack(
            [pairs[:, :, 0], pairs[:, :, 1].roll(3, dims=0)], dim=2
        ),
    }


@pytest.mark.parametrize("name", list(cheats(torch.zeros(1, 21, 2, 1, 1))))
def test_a_cheat_is_farther_from_recorded_pairs_than_other_recorded_pairs(long, kernel, name):
    measure, training, recorded = kernel
    floor = measure.distance(training, recorded)
    assert measure.distance(measure.embed(cheats(long)[name][1::2]), recorded) > 1.5 * floor > 0


def segment(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64).view(4, 3)


POINTS = st.lists(st.floats(-2, 2).map(lambda x: round(x, 2)), min_size=12, max_size=12)


@given(POINTS)
def test_segment_distances_equal_the_least_of_many_points(numbers):
    a, b, c, d = segment(*numbers)
    share = torch.linspace(0, 1, 201, dtype=torch.float64)[:, None]
    points = torch.cdist(a + share * (b - a), c + share * (d - c)).min()
    exact = segment_distances(a, b, c, d)
    assert exact <= points + 1e-9
    assert float(exact) == pytest.approx(float(points), abs=0.02)
    for swapped in ((c, d, a, b), (b, a, c, d), (a, b, d, c)):
        assert float(segment_distances(*swapped)) == pytest.approx(float(exact), abs=1e-6)


def test_bodies_overlap_when_they_are_moved_into_each_other(pairs, mariel53):
    valid = torch.ones(pairs.shape[:2], dtype=torch.bool)

    def depth(share: float, mask: torch.Tensor = valid) -> float:
        """The partner moved along her way to the dancer."""
        way = (pairs[:, :, 0].mean(2) - pairs[:, :, 1].mean(2)) * torch.tensor([1.0, 1.0, 0.0])
        closer = pairs.clone()
        closer[:, :, 1] += share * way[:, :, None]
        return summarize(measure_penetration(closer, mask, mariel53))["penetration_mm"]

    assert depth(-1) < 1
    assert depth(-1) <= depth(0) < depth(0.7) < depth(1)
    assert depth(1) > 100
    broken = pairs.clone()
    broken[:, 10:] = torch.nan
    valid_only = valid.clone()
    valid_only[:, 10:] = False
    found = summarize(measure_penetration(broken, valid_only, mariel53))
    assert found["penetration_mm"] == pytest.approx(depth(0, valid_only))
