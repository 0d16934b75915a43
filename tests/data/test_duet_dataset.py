"""Laws of the duet dataset: one scale and one room for both dancers, and equal numbers in both ways."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.duet_batches import duet_positions_m
from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet
from mariel_gnn.errors import UserError
from mariel_gnn.graphs.duet_edge_options import CHANNELS, DuetEdgeOptions
from mariel_gnn.mocap.recording import Recording

RATE_HZ = 35.0
T = 16
LENGTHS = (60, 21, 40)


def duet_of(first: np.ndarray, second: np.ndarray, name: str = "duet") -> Duet:
    dancers = tuple(
        Recording(f"{name}_{which}", positions.astype(np.float32), RATE_HZ, f"/{name}.npz")
        for which, positions in (("a", first), ("b", second))
    )
    return Duet(dancers, np.ones(len(first), dtype=np.bool_))


@pytest.fixture(scope="module")
def duets(smooth) -> list[Duet]:
    made = []
    for number, frames in enumerate(LENGTHS):
        second = smooth(frames, 10 + number) + np.float32([0.8, 0.1, 0])
        made.append(duet_of(smooth(frames, number), second, f"take{number}"))
    made[0].measured[25:28] = False
    return made


@pytest.fixture(scope="module")
def dataset(duets) -> DuetDataset:
    return DuetDataset(duets, seq_len=T)


def recorded(duets: list[Duet]) -> np.ndarray:
    """All windows `[N, T, 2, J, C]` in metres in the room."""
    windows = []
    for duet in duets:
        both = np.stack([dancer.positions for dancer in duet.dancers], axis=1)
        windows += [both[start : start + T] for start in range(len(both) - T + 1)]
    return np.stack(windows)


# ------------------------------------------------------------------ one scale and one room


def test_every_window_has_both_dancers_at_the_same_frames_in_their_room(duets, dataset):
    expected = recorded(duets)
    assert len(dataset) == len(expected) == sum(length - T + 1 for length in LENGTHS)
    found = dataset.positions_m(range(len(dataset)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_trap_25_the_dense_batch_keeps_the_relative_place_in_every_frame(duets, dataset):
    batch = dataset.batch(range(len(dataset)))
    expected = torch.from_numpy(recorded(duets))
    found = duet_positions_m(batch, dataset.normalizer)
    middle = expected[:, :1, ..., :2].mean(dim=(2, 3), keepdim=True)
    expected[..., :2] -= middle
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    assert batch.path[:, 0].sum(dim=1).abs().max() < 1e-5  # the middle of both is the origin


def test_trap_24_bodies_keep_their_size_when_the_dancers_move_apart(duets, dataset):
    apart = [
        duet_of(duet.dancers[0].positions, duet.dancers[1].positions + np.float32([9, -4, 0]))
        for duet in duets
    ]
    moved = DuetDataset(apart, seq_len=T)
    torch.testing.assert_close(moved.normalizer.position_scale, dataset.normalizer.position_scale)
    one, other = moved.batch([3, 50]), dataset.batch([3, 50])
    torch.testing.assert_close(one.nodes, other.nodes, rtol=0, atol=1e-3)
    gained = (one.path - other.path) * dataset.normalizer.path_scale_m
    between = gained[:, :, 1] - gained[:, :, 0]
    torch.testing.assert_close(
        between, torch.tensor([9.0, -4.0]).expand_as(between), atol=1e-4, rtol=0
    )


def test_both_dancers_have_one_scale_that_of_all_recordings(duets, dataset):
    both = [dancer for duet in duets for dancer in duet.dancers]
    together = MarielDataset(both, seq_len=T, cleaning=None).normalizer
    for name, value in dataset.normalizer.state_dict().items():
        torch.testing.assert_close(value, together.state_dict()[name])


def test_each_dancer_alone_is_what_the_solo_dataset_gives(duets, dataset):
    for number in (0, 1):
        solo = MarielDataset(
            [duet.dancers[number] for duet in duets],
            seq_len=T,
            predicted_timesteps=0,
            normalizer=dataset.normalizer,
        )
        indices = [0, 7, len(dataset) - 1]
        alone, own = solo.batch(indices), dataset.batch(indices).dancer(number)
        assert torch.equal(alone.nodes, own.nodes)
        torch.testing.assert_close(alone.path, own.path, rtol=0, atol=1e-5)


# ------------------------------------------------------------------ items and batches


@pytest.mark.parametrize("predicted", [0, 3])
def test_items_have_the_fields_layout_with_two_bodies(duets, predicted):
    dataset = DuetDataset(duets, seq_len=T, predicted_timesteps=predicted)
    item = dataset[5]
    edges = item.edge_index.shape[1]
    assert item.x.shape == (106, T * 6)
    assert item.y.shape == (106, (T + predicted) * 6)
    assert item.edge_attr.shape == (edges, T, len(dataset.edge_channels))
    assert item.path.shape == (1, T + predicted, 2, 2)
    assert item.measured.shape == (1, T)
    assert item.dancer.tolist() == [0] * 53 + [1] * 53
    assert item.num_nodes == 106
    assert item.validate()
    assert torch.equal(item.x, item.y[:, : T * 6])
    assert dataset.edge_channels == ("skeleton", *CHANNELS[:3])


def test_the_dense_batch_and_torch_geometrics_own_loader_hold_the_same_numbers(dataset):
    seen = 0
    for graphs in DataLoader(dataset.subset(torch.arange(0, len(dataset), 9)), batch_size=4):
        count = graphs.num_graphs
        indices = range(9 * seen, 9 * (seen + count), 9)
        dense = dataset.batch(indices)
        assert torch.equal(dense.nodes, graphs.x.view(count, 106, T, 6).transpose(1, 2))
        torch.testing.assert_close(dense.path * dataset.normalizer.path_scale_m, graphs.path)
        assert torch.equal(dense.measured, graphs.measured)
        assert graphs.dancer.view(count, 2, 53).float().mean(dim=2).tolist() == [[0, 1]] * count
        strengths = dataset.strengths(dense)
        found = torch.zeros(T, 3, 106 * count, 106 * count)
        found[:, :, *graphs.edge_index] = graphs.edge_attr[..., 1:].permute(1, 2, 0)
        for number in range(count):
            first = slice(106 * number, 106 * number + 53)
            second = slice(106 * number + 53, 106 * (number + 1))
            torch.testing.assert_close(
                found[:, :, first, second], strengths[number], rtol=0, atol=1e-5
            )
            assert torch.equal(found[:, :, second, first], found[:, :, first, second].mT)
            found[:, :, first, second] = found[:, :, second, first] = 0
        assert not found.any()  # no edge between windows, or of the other sort within a body
        seen += count
    assert seen == len(range(0, len(dataset), 9))


def test_some_edges_are_between_the_dancers(dataset):
    item = dataset[0]
    source, target = item.edge_index
    across = item.dancer[source] != item.dancer[target]
    assert 0 < across.sum() < 2 * 53 * 53
    assert (item.edge_attr[~across][:, 0, 0] == 1).sum() == 2 * 116
    assert not item.edge_attr[across][..., 0].any()


def test_other_channels_and_edges_within_can_be_chosen(duets, dataset):
    chosen = DuetEdgeOptions(channels=("point_symmetric",))
    other = DuetDataset(duets, seq_len=T, edges=chosen, within=dataset.within)
    assert other.edge_channels == ("skeleton", "point_symmetric")
    assert torch.equal(other[0].edge_index[:, :146], dataset[0].edge_index[:, :146])


def test_interpolated_frames_are_marked(dataset):
    measured = dataset.batch(range(len(dataset))).measured
    for window in range(LENGTHS[0] - T + 1):
        expected = [not 25 <= window + frame < 28 for frame in range(T)]
        assert measured[window].tolist() == expected
    assert measured[LENGTHS[0] - T + 1 :].all()


def test_a_faster_window_marks_frames_between_interpolated_ones(dataset):
    measured = dataset.batch([20], torch.tensor([1.25])).measured[0]
    place = 20 + 1.25 * torch.arange(T)
    touched = (place.ceil() >= 25) & (place.floor() < 28)
    assert measured.tolist() == (~touched).tolist()


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_both_dancers_are_played_at_one_speed(duets, dataset, speed):
    batch = dataset.batch([2], torch.tensor([speed]))
    both = torch.from_numpy(np.stack([one.positions for one in duets[0].dancers], axis=1))
    place = 2 + speed * torch.arange(T)
    before = place.floor().long()
    expected = torch.lerp(both[before], both[before + 1], (place - before)[:, None, None, None])
    expected[..., :2] -= expected[:1, ..., :2].mean(dim=(1, 2), keepdim=True)
    found = duet_positions_m(batch, dataset.normalizer)[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_a_speed_beyond_the_end_of_a_duet_is_limited_for_both(dataset):
    batch = dataset.batch([len(dataset) - 1], torch.tensor([3.0]))
    torch.testing.assert_close(
        batch.nodes, dataset.batch([len(dataset) - 1]).nodes, rtol=0, atol=1e-4
    )


# ------------------------------------------------------------------ parts and mistakes


def test_a_subset_shares_the_storage_and_keeps_the_given_order(dataset):
    chosen = torch.tensor([9, 2, 50])
    part = dataset.subset(chosen)
    assert len(part) == 3
    assert part.solo.nodes.data_ptr() == dataset.solo.nodes.data_ptr()
    assert torch.equal(part.batch([0, 2]).nodes, dataset.batch([9, 50]).nodes)
    assert torch.equal(part[1].x, dataset[2].x)
    assert torch.equal(part.starts, dataset.starts[chosen])


def test_recut_gives_all_windows_of_another_length(duets, dataset):
    cut, anew = dataset.recut(20), DuetDataset(duets, seq_len=20, normalizer=dataset.normalizer)
    assert len(cut) == len(anew) == sum(length - 19 for length in LENGTHS)
    last = [len(cut) - 1]
    for one, other in zip(cut.batch(last), anew.batch(last), strict=True):
        assert torch.equal(one, other)


def test_without_overlap_no_frame_is_in_two_windows(duets):
    dataset = DuetDataset(duets, seq_len=T, no_overlap=True)
    assert len(dataset) == sum(length // T for length in LENGTHS)


def test_the_reduced_set_has_18_markers_of_each_dancer(duets):
    dataset = DuetDataset(duets, seq_len=T, reduced_joints=True)
    assert dataset[0].x.shape == (36, T * 6)
    assert dataset.strengths(dataset.batch([0])).shape == (1, T, 3, 18, 18)


def test_an_index_past_the_end_is_an_error_so_that_iteration_stops(dataset):
    for wrong in (lambda: dataset[len(dataset)], lambda: dataset.batch([len(dataset)])):
        with pytest.raises(IndexError):
            wrong()
    assert torch.equal(dataset[-1].x, dataset[len(dataset) - 1].x)


def test_items_cannot_change_each_other(dataset):
    before = dataset.solo.nodes.clone()
    dataset[3].x.add_(1)
    batch = dataset.batch([3])
    duet_positions_m(batch, dataset.normalizer).add_(1)
    batch.nodes.add_(1)
    assert torch.equal(dataset.solo.nodes, before)


def test_short_duets_are_left_out_and_none_is_an_error(duets):
    assert len(DuetDataset(duets, seq_len=30).duets) == 2
    for given in (duets, []):
        with pytest.raises(UserError, match="a window needs 61 frames") as caught:
            DuetDataset(given, seq_len=61)
        assert "\n" not in str(caught.value)
