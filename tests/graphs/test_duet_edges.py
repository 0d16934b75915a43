"""Edges between two dancers: constructed scenes with known edges, and the laws of all strengths."""

import dataclasses
import math

import networkx as nx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.graphs.duet_edge_options import CHANNELS, DuetEdgeOptions
from mariel_gnn.graphs.duet_edges import duet_edge_set, duet_strengths
from mariel_gnn.graphs.edges import build_edges
from mariel_gnn.graphs.pairs import measure_pairs

RATE_HZ = 10.0
T = 6
EVERY = DuetEdgeOptions(channels=CHANNELS)


def moving(*nodes: tuple[tuple[float, float, float], tuple[float, float, float]]) -> torch.Tensor:
    """Nodes `[T, J, C]` that start at a place and have a constant velocity in metres a second."""
    seconds = torch.arange(T)[:, None] / RATE_HZ
    return torch.stack(
        [torch.tensor(at) + seconds * torch.tensor(speed) for at, speed in nodes], dim=1
    )


def strengths(first, second, options=EVERY, roots=None) -> dict[str, torch.Tensor]:
    """The strengths `[T, J, J]` by channel; the roots are the means of the nodes unless given."""
    scene = torch.stack([first, second], dim=1)
    found = duet_strengths(scene, scene.mean(dim=2) if roots is None else roots, RATE_HZ, options)
    return dict(zip(options.channels, found.unbind(1), strict=True))


STILL = (0.0, 0.0, 0.0)
FAR = ((0.0, 5.0, 1.0), STILL)


@pytest.mark.parametrize(
    ("distance", "second_speed", "channel", "expected"),
    [
        (0.1, (1.0, 0.0, 0.0), "near_alike", 0.8),  # 1 - 0.1 / 0.5
        (0.1, (0.3, 0.0, 0.0), "near_alike", 0.8),  # the speed does not count, only the direction
        (0.25, (0.0, 0.0, 1.0), "near_alike", 0.0),  # perpendicular
        (0.1, (-1.0, 0.0, 0.0), "near_alike", 0.0),
        (0.1, (-1.0, 0.0, 0.0), "near_opposite", 0.8),
        (0.1, (1.0, 0.0, 0.0), "near_opposite", 0.0),
        (0.5, (1.0, 0.0, 0.0), "near_alike", 0.0),  # at the radius
        (0.1, (0.1, 0.0, 0.0), "near_alike", 0.0),  # at the floor of speed
        (0.1, (0.15, 0.0, 0.0), "near_alike", 0.4),  # half-way to twice the floor
        (0.1, (math.cos(0.5), math.sin(0.5), 0.0), "near_alike", 0.8 * (2 * math.cos(0.5) - 1)),
        (0.1, (math.cos(1.1), math.sin(1.1), 0.0), "near_alike", 0.0),  # cosine 0.45
    ],
)
def test_two_near_nodes(distance, second_speed, channel, expected):
    leaving = (1.0, 0.0, 0.0)
    first = moving(((0.0, 0.0, 1.0), leaving), ((0.0, -3.0, 1.0), leaving))
    second = moving(FAR, ((0.0, 0.0, 1.0 + distance), second_speed))
    found = strengths(first, second)[channel]
    start = found[:2]  # the first frame has the velocity of the second; later they are apart
    assert start[0, 0, 1].item() == pytest.approx(expected, abs=1e-4)
    start[:, 0, 1] = 0
    assert not start.any()


def test_a_single_frame_has_no_movement_but_symmetric_places():
    first, second = moving(((-1.0, 0.0, 1.0), STILL))[:1], moving(((1.0, 0.0, 1.0), STILL))[:1]
    found = strengths(first, second)
    assert not found["near_alike"].any()
    assert found["mirrored"].item() == pytest.approx(1, abs=1e-3)


@pytest.fixture(scope="module")
def body(dance) -> torch.Tensor:
    """A second of a dancer `[T, J, C]` about the origin."""
    positions = torch.from_numpy(dance[100:135].copy())
    positions[..., :2] -= positions[..., :2].mean(dim=(0, 1))
    return positions


def test_a_mirror_image_has_edges_from_each_marker_to_its_image(body):
    """The plane is x = 1."""
    image = body * torch.tensor([-1.0, 1.0, 1.0]) + torch.tensor([2.0, 0.0, 0.0])
    found = strengths(body, image)
    own = found["mirrored"].diagonal(dim1=1, dim2=2)
    assert own.min() > 0.99
    apart = (body[:, :, None] - body[:, None]).norm(dim=-1)
    expected = (1 - apart / EVERY.tolerance_m).clamp(min=0)  # of nodes near the image
    torch.testing.assert_close(found["mirrored"], expected, rtol=0, atol=0.01)
    assert found["point_symmetric"].diagonal(dim1=1, dim2=2).mean() < 0.7


def test_half_a_turn_has_edges_from_each_marker_to_its_image(body):
    image = body * torch.tensor([-1.0, -1.0, 1.0]) + torch.tensor([2.0, 0.6, 0.0])
    found = strengths(body, image)
    assert found["point_symmetric"].diagonal(dim1=1, dim2=2).min() > 0.99
    assert found["mirrored"].diagonal(dim1=1, dim2=2).mean() < 0.7


def test_roots_at_one_place_have_no_plane(body):
    roots = body.mean(dim=1)[:, None].expand(-1, 2, -1)
    found = strengths(body, body.flip(1), roots=roots)
    assert not found["mirrored"].any()
    assert found["point_symmetric"].any()


def test_higher_places_are_not_symmetric(body):
    image = body * torch.tensor([-1.0, 1.0, 1.0]) + torch.tensor([2.0, 0.0, 0.1])
    own = strengths(body, image)["mirrored"].diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(own, torch.full_like(own, 0.5), rtol=0, atol=0.01)


# ------------------------------------------------------------------ laws


def scene(seed: int, batch: tuple[int, ...] = ()) -> torch.Tensor:
    """Two small clouds of nodes near each other, moving `[*batch, T, 2, 5, C]`."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.randn(*batch, 1, 2, 5, 3, generator=generator) * 0.3
    place[..., 1, :, 0] += 0.4
    steps = torch.randn(*batch, T, 2, 5, 3, generator=generator) * 0.05
    return place + steps.cumsum(dim=-4)


def of(positions: torch.Tensor) -> torch.Tensor:
    return duet_strengths(positions, positions.mean(dim=-2), RATE_HZ, EVERY)


@given(st.integers(0, 1000))
def test_strengths_are_between_0_and_1(seed):
    found = of(scene(seed))
    assert found.shape == (T, len(CHANNELS), 5, 5)
    assert found.min() >= 0
    assert found.max() <= 1


@given(st.integers(0, 1000))
def test_exchanged_dancers_transpose_the_strengths(seed):
    positions = scene(seed)
    torch.testing.assert_close(
        of(positions.flip(1)), of(positions).transpose(-1, -2), rtol=0, atol=1e-3
    )


@given(st.integers(0, 1000), st.floats(-3, 3), st.floats(-100, 100))
def test_turning_and_moving_the_room_changes_nothing(seed, angle, by_m):
    positions = scene(seed)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    moved = positions @ turn + torch.tensor([by_m, -by_m / 2, 0.0])
    torch.testing.assert_close(of(moved), of(positions), rtol=0, atol=5e-3)


@given(st.integers(0, 1000))
def test_mirroring_the_room_changes_nothing(seed):
    positions = scene(seed)
    image = positions * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(of(image), of(positions), rtol=0, atol=1e-3)


@given(st.integers(0, 1000))
def test_small_noise_changes_strengths_little(seed):
    positions = scene(seed)
    noise = torch.randn(positions.shape, generator=torch.Generator().manual_seed(seed + 1))
    changed = (of(positions + 1e-5 * noise) - of(positions)).abs().max()
    assert changed < 0.03


def test_windows_of_a_batch_are_those_alone():
    many = scene(1, batch=(3, 2))
    found = of(many)
    assert found.shape == (3, 2, T, len(CHANNELS), 5, 5)
    torch.testing.assert_close(found[1, 0], of(many[1, 0]), rtol=0, atol=1e-4)


def test_channels_come_in_the_order_of_the_options():
    positions = scene(2)
    roots = positions.mean(dim=-2)
    order = ("mirrored", "near_alike")
    found = duet_strengths(positions, roots, RATE_HZ, DuetEdgeOptions(channels=order))
    torch.testing.assert_close(found, of(positions)[:, [2, 0]])
    none = duet_strengths(positions, roots, RATE_HZ, DuetEdgeOptions(channels=()))
    assert none.shape == (T, 0, 5, 5)


def test_gradients_reach_the_positions():
    positions = scene(3).requires_grad_()
    of(positions).sum().backward()
    assert positions.grad is not None
    assert positions.grad.isfinite().all()


# ------------------------------------------------------------------ the edge set


@pytest.fixture(scope="module")
def window(body, mariel53, dance):
    """The strengths of a window, the edges of one body and the edges of both."""
    other = torch.from_numpy(dance[600:635].copy())
    other[..., :2] += body[..., :2].mean((0, 1)) - other[..., :2].mean((0, 1))
    other[..., 0] += 0.6
    positions = torch.stack([body, other], dim=1)
    found = duet_strengths(positions, positions[:, :, list(mariel53.root)].mean(dim=2), 35.0, EVERY)
    within = build_edges(
        mariel53, "skeleton_completed", ("skeleton", "partner"), measure_pairs([dance])
    )
    return found, within, duet_edge_set(found, within, CHANNELS)


def test_edges_between_dancers_are_in_both_directions_and_hold_the_strengths(window):
    found, within, edges = window
    assert edges.names == ("skeleton", "partner", *CHANNELS)
    assert edges.features.shape == (len(edges), 35, 6)
    for channel, name in enumerate(CHANNELS):
        dense = torch.zeros(35, 106, 106)
        dense[:, *edges.edge_index] = edges.feature(name).T
        assert torch.equal(dense[:, :53, 53:], found[:, channel])
        assert torch.equal(dense, dense.transpose(1, 2))
        assert not dense[:, :53, :53].any()
    between = edges.features[2 * len(within) :]
    assert (between[:, :, 2:] > 0).flatten(1).any(dim=1).all()
    assert not between[:, :, :2].any()


def test_edges_within_each_body_are_those_of_one_body_in_every_frame(window):
    _, within, edges = window
    for number in (0, 1):
        rows = slice(number * len(within), (number + 1) * len(within))
        assert torch.equal(edges.edge_index[:, rows], within.edge_index + 53 * number)
        expected = within.features[:, None].expand(-1, 35, -1)
        assert torch.equal(edges.features[rows, :, :2], expected)


def test_the_graph_has_no_self_loops_no_edge_twice_and_is_connected(window):
    _, _, edges = window
    listed = [tuple(edge) for edge in edges.edge_index.T.tolist()]
    assert len(set(listed)) == len(listed)
    assert all(i != j for i, j in listed)
    assert set(listed) == {(j, i) for i, j in listed}
    graph = nx.Graph(listed)
    assert len(graph) == 106
    assert nx.is_connected(graph)


def test_dancers_far_apart_have_no_edges_between_them(window):
    found, within, _ = window
    edges = duet_edge_set(torch.zeros_like(found), within, CHANNELS)
    assert len(edges) == 2 * len(within)


def test_without_channels_there_are_no_edges_between_the_dancers(window):
    found, within, _ = window
    edges = duet_edge_set(found[:, :0], within, ())
    assert len(edges) == 2 * len(within)
    assert edges.features.shape == (len(edges), 35, 2)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"channels": ("mirored",)}, "Did you mean 'mirrored'"),
        ({"radius_m": 0.0}, "radius_m"),
        ({"radius_m": float("nan")}, "radius_m"),
        ({"least_cosine": 1.0}, "below 1"),
        ({"least_cosine": -0.1}, "least_cosine"),
        ({"speed_floor_m_per_s": 0.0}, "speed_floor_m_per_s"),
        ({"tolerance_m": -1.0}, "tolerance_m"),
    ],
)
def test_an_invalid_option_is_one_line(wrong, expected):
    with pytest.raises(UserError, match=expected) as caught:
        dataclasses.replace(DuetEdgeOptions(), **wrong)
    assert "\n" not in str(caught.value)
