"""Laws of the dataset: items in the field's layout, one array of frames, and known traps."""

import itertools

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.normalizing import center_horizontally
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import Recording

RATE_HZ = 35.0
T = 16


@pytest.fixture(scope="module")
def recordings(record) -> list[Recording]:
    return [record(60, 1), record(10, 2), record(16, 3), record(45, 4)]  # the second is too short


@pytest.fixture(scope="module")
def dataset(recordings) -> MarielDataset:
    return MarielDataset(recordings, seq_len=T, predicted_timesteps=0)


def spans(dataset: MarielDataset) -> list[tuple[int, int]]:
    """First frame and end of each recording in the one array."""
    ends = np.cumsum([0, *(length for _, length in dataset.recordings)]).tolist()
    return list(itertools.pairwise(ends))


# ------------------------------------------------------------------ traps


def test_trap_01_no_velocity_across_recordings(recordings):
    far_apart = [
        Recording(r.name, r.positions + np.float32([0, 0, 100 * n]), r.rate_hz, r.source)
        for n, r in enumerate(recordings)
    ]
    dataset = MarielDataset(far_apart, seq_len=T, predicted_timesteps=0)
    speeds = dataset.normalizer.velocities_to_metres(dataset.nodes[..., 3:])
    assert speeds.abs().max() < 10  # a jump of 100 m in a frame would be 3,500 m/s
    for start, _ in spans(dataset):
        assert torch.equal(dataset.nodes[start, :, 3:], dataset.nodes[start + 1, :, 3:])


@pytest.mark.parametrize("predicted", [0, 1, 3])
@pytest.mark.parametrize("no_overlap", [False, True])
def test_trap_02_no_window_crosses_recordings(recordings, predicted, no_overlap):
    dataset = MarielDataset(
        recordings, seq_len=T, predicted_timesteps=predicted, no_overlap=no_overlap
    )
    for start in dataset.starts.tolist():
        assert sum(a <= start and start + T + predicted <= b for a, b in spans(dataset)) == 1


def test_trap_06_velocities_are_of_the_input_and_travel_is_restored(recordings, dataset):
    positions = dataset.normalizer.positions_to_metres(dataset.nodes[..., :3])
    speeds = dataset.normalizer.velocities_to_metres(dataset.nodes[..., 3:])
    kept = [r for r in recordings if len(r) >= T]
    for (start, stop), recording in zip(spans(dataset), kept, strict=True):
        without = torch.from_numpy(center_horizontally(recording.positions)[0])
        torch.testing.assert_close(positions[start:stop], without, rtol=0, atol=1e-5)
        torch.testing.assert_close(
            speeds[start + 1 : stop], without.diff(dim=0) * RATE_HZ, rtol=0, atol=1e-3
        )
    windows = np.concatenate([np.stack([r.positions[t : t + T] for t in range(len(r) - T + 1)])
                              for r in kept])  # fmt: skip
    np.testing.assert_allclose(dataset.positions_m(range(len(dataset))), windows, rtol=0, atol=1e-5)


def test_trap_06_walking_changes_the_path_only(recordings, dataset):
    step = np.linspace(0, 3, 60, dtype=np.float32)[:, None, None] * np.float32([1, -2, 0])
    walked = Recording("w", recordings[0].positions + step, RATE_HZ, "/w.npy")
    walking = MarielDataset(
        [walked], seq_len=T, predicted_timesteps=0, normalizer=dataset.normalizer
    )
    torch.testing.assert_close(walking.nodes, dataset.nodes[:60], rtol=0, atol=2e-3)
    gained = walking.batch([5]).path - dataset.batch([5]).path
    expected = torch.from_numpy(step[5 : 5 + T, 0, :2] - step[5, 0, :2])
    torch.testing.assert_close(
        gained[0] * dataset.normalizer.path_scale_m, expected, rtol=0, atol=1e-5
    )


def test_trap_07_flag_in_both_directions_without_memory(dataset):
    item = dataset[0]
    assert item.edge_attr.shape == (2756, T)
    flag = torch.zeros(53, 53)
    flag[tuple(item.edge_index)] = item.edge_attr[:, 0]
    assert torch.equal(flag, flag.T)
    assert flag.sum() == 116
    assert torch.equal(item.edge_attr, item.edge_attr[:, :1].expand(-1, T))
    # At most one column of the table of all features, for any window length.
    assert item.edge_attr.untyped_storage().nbytes() <= 2756 * 4 * 5
    assert item.edge_attr.stride(1) == 0


def test_trap_08_edges_are_built_once(dataset):
    items = [dataset[index] for index in (0, 1, len(dataset) - 1)]
    for name in ("edge_index", "edge_attr"):
        assert len({getattr(item, name).data_ptr() for item in items}) == 1


@pytest.mark.parametrize("predicted", [0, 1, 2, 3])
def test_trap_09_every_window_is_counted_and_the_last_ends_with_the_recording(
    recordings, predicted
):
    dataset = MarielDataset(recordings, seq_len=T, predicted_timesteps=predicted)
    needed = T + predicted
    lengths = [len(r) for r in recordings if len(r) >= needed]
    assert len(dataset) == sum(n - needed + 1 for n in lengths)
    last = dataset[len(dataset) - 1]
    assert torch.equal(last.y[:, -6:], dataset.nodes[-1])
    counts = np.cumsum([n - needed + 1 for n in lengths])
    for count, (_, stop) in zip(counts, spans(dataset), strict=True):
        assert dataset.starts[count - 1] + needed == stop


# ------------------------------------------------------------------ the contract


@pytest.mark.parametrize("predicted", [0, 1, 2, 3])
@pytest.mark.parametrize("reduced", [False, True])
def test_items_have_the_fields_own_shapes(recordings, write_field, predicted, reduced):
    path = write_field("take.npy", recordings[0].positions)
    item = MarielDataset(path, seq_len=T, predicted_timesteps=predicted, reduced_joints=reduced)[7]
    markers = 18 if reduced else 53
    assert item.x.shape == (markers, T * 6)
    assert item.y.shape == (markers, (T + predicted) * 6)
    assert item.edge_index.shape == (2, markers * (markers - 1))
    assert item.edge_attr.shape == (markers * (markers - 1), T)
    assert item.path.shape == (1, T + predicted, 2)
    assert item.num_nodes == markers
    assert item.validate()
    assert torch.equal(item.x, item.y[:, : T * 6])
    assert {t.dtype for t in (item.x, item.y, item.edge_attr, item.path)} == {torch.float32}


def test_an_item_holds_position_then_velocity_of_each_frame_in_order(dataset):
    item, start = dataset[50], int(dataset.starts[50])
    for frame in (0, 3, T - 1):
        row = item.x[:, 6 * frame : 6 * frame + 6]
        assert torch.equal(row, dataset.nodes[start + frame])


def test_the_dense_batch_and_torch_geometrics_own_loader_hold_the_same_numbers(dataset):
    loader = DataLoader(dataset, batch_size=7)
    seen = 0
    for graphs in loader:
        count = graphs.num_graphs
        dense = dataset.batch(range(seen, seen + count))
        nodes = graphs.x.view(count, 53, T, 6).transpose(1, 2)
        assert torch.equal(dense.nodes, nodes)
        assert torch.equal(dense.positions, nodes[..., :3])
        torch.testing.assert_close(dense.path * dataset.normalizer.path_scale_m, graphs.path)
        assert graphs.edge_index.shape == (2, 2756 * count)
        assert graphs.edge_index.max() == 53 * count - 1
        seen += count
    assert seen == len(dataset)


def test_worker_processes_give_equal_items(dataset):
    loader = DataLoader(dataset.subset(torch.arange(6)), batch_size=3, num_workers=1)
    nodes = torch.cat([graphs.x for graphs in loader])
    assert torch.equal(nodes, torch.cat([dataset[index].x for index in range(6)]))


def test_the_path_starts_at_zero_in_each_window(dataset):
    assert not dataset.batch(range(len(dataset))).path[:, 0].any()
    assert not dataset[9].path[0, 0].any()


@pytest.mark.parametrize("normalization", ["train", "notebook"])
@pytest.mark.parametrize("xy_centering", [True, False])
def test_every_normalization_can_be_inverted_to_metres(record, normalization, xy_centering):
    recording = record(60, 1)
    dataset = MarielDataset(
        [recording], seq_len=T, xy_centering=xy_centering, normalization=normalization
    )
    indices = torch.tensor([0, 5, len(dataset) - 1])
    expected = np.stack([recording.positions[t : t + T] for t in dataset.starts[indices].tolist()])
    np.testing.assert_allclose(dataset.positions_m(indices), expected, rtol=0, atol=1e-5)


def test_a_subset_shares_the_storage_and_keeps_the_given_order(dataset):
    chosen = torch.tensor([9, 2, 30])
    part = dataset.subset(chosen)
    assert len(part) == 3
    assert part.nodes.data_ptr() == dataset.nodes.data_ptr()
    assert part.path_m.data_ptr() == dataset.path_m.data_ptr()
    for index, whole in enumerate(chosen.tolist()):
        assert torch.equal(part[index].y, dataset[whole].y)
    assert torch.equal(part.batch([0, 2]).nodes, dataset.batch([9, 30]).nodes)
    assert torch.equal(part.subset(torch.tensor([1]))[0].x, dataset[2].x)
    assert len(dataset) > 3


def test_items_cannot_change_each_other(dataset):
    before = dataset.nodes.clone()
    dataset[3].x.add_(1)
    dataset.batch([3]).nodes.add_(1)
    dataset.positions_m([3]).add_(1)
    assert torch.equal(dataset.nodes, before)


def test_an_index_past_the_end_is_an_error_so_that_iteration_stops(dataset):
    with pytest.raises(IndexError):
        dataset[len(dataset)]
    assert torch.equal(dataset[-1].x, dataset[len(dataset) - 1].x)
    assert sum(1 for _ in dataset) == len(dataset)


@pytest.mark.parametrize("stride", [1, 5, 16, 100])
def test_a_stride_is_counted_within_each_recording(recordings, stride):
    dataset = MarielDataset(recordings, seq_len=T, predicted_timesteps=0, stride=stride)
    expected = [t for a, b in spans(dataset) for t in range(a, b - T + 1, stride)]
    assert dataset.starts.tolist() == expected


def test_without_overlap_no_frame_is_in_two_windows(recordings):
    dataset = MarielDataset(recordings, seq_len=T, predicted_timesteps=0, no_overlap=True)
    assert len(dataset) == 60 // T + 16 // T + 45 // T
    frames = [frame for start in dataset.starts.tolist() for frame in range(start, start + T)]
    assert len(frames) == len(set(frames))


def test_trimming_equals_reading_a_shorter_file(smooth, write_field):
    whole, inner = write_field("a.npy", smooth(80)), write_field("b.npy", smooth(80)[11:69])
    trimmed, short = (MarielDataset(path, seq_len=T, trim=trim)
                      for path, trim in ((whole, 11), (inner, 0)))  # fmt: skip
    assert torch.equal(trimmed.nodes, short.nodes)
    assert torch.equal(trimmed.starts, short.starts)


def reduced_expected(mariel53, mariel18, positions: np.ndarray) -> np.ndarray:
    return positions[:, [mariel53.markers.index(name) for name in mariel18.markers]]


@pytest.mark.parametrize("normalization", ["train", "notebook"])
@pytest.mark.parametrize("given", ["field file", "plain file", "recording"])
def test_the_reduced_set_has_the_same_18_markers_from_any_file(
    mariel53, mariel18, smooth, write_field, tmp_path, given, normalization
):
    positions = smooth(60, 1)
    if given == "field file":
        source = write_field("take.npy", positions)
    elif given == "plain file":
        source = tmp_path / "take.npy"
        np.save(source, positions)
    else:
        source = [Recording("take", positions, RATE_HZ, "/take.npy")]
    dataset = MarielDataset(source, seq_len=60, predicted_timesteps=0, reduced_joints=True,
                            normalization=normalization, no_overlap=True)  # fmt: skip
    expected = reduced_expected(mariel53, mariel18, positions)
    np.testing.assert_allclose(dataset.positions_m([0])[0], expected, rtol=0, atol=1e-5)
    assert dataset.skeleton == mariel18


def test_statistics_of_another_dataset_are_used_unchanged(record, dataset):
    other = MarielDataset([record(60, 9)], seq_len=T, normalizer=dataset.normalizer)
    assert other.normalizer is dataset.normalizer
    np.testing.assert_allclose(
        other.positions_m([0])[0], record(60, 9).positions[:T], rtol=0, atol=1e-5
    )


def test_batches_on_another_device_are_equal(dataset):
    moved = dataset.to(torch.device("cpu"))
    assert torch.equal(moved.batch([1, 4]).nodes, dataset.batch([1, 4]).nodes)
    assert torch.equal(moved.positions_m([1, 4]), dataset.positions_m([1, 4]))


# ------------------------------------------------------------------ cost


def test_all_of_the_fields_recordings_take_less_than_150_mb(record):
    dataset = MarielDataset([record(400, 1)], seq_len=128)
    dataset[0]
    tensors = [value for value in vars(dataset).values() if isinstance(value, torch.Tensor)]
    assert dataset.nodes.untyped_storage().nbytes() == 400 * 53 * 6 * 4
    a_frame = sum(tensor.untyped_storage().nbytes() for tensor in tensors) / 400
    assert 38_000 * a_frame < 150e6


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"seq_len": 1}, "seq_len"),
        ({"seq_len": 61}, "62"),  # and the one that is predicted
        ({"predicted_timesteps": -1}, "predicted_timesteps"),
        ({"stride": 0}, "stride"),
        ({"trim": -1}, "trim"),
        ({"trim": 30}, "trim"),
        ({"normalization": "note_book"}, "Did you mean 'notebook'"),
        ({"skeleton": "mariel54"}, "Did you mean 'mariel53'"),
    ],
)
@pytest.mark.parametrize("normalization", ["train", "notebook"])
def test_impossible_windows_give_a_one_line_error(
    smooth, write_field, wrong, expected, normalization
):
    path = write_field("take.npy", smooth(60))
    with pytest.raises(UserError, match=expected) as caught:
        MarielDataset(path, **{"seq_len": T, "normalization": normalization} | wrong)
    assert "\n" not in str(caught.value)


def test_a_reduced_set_of_another_skeleton_is_an_error(smooth, write_field):
    with pytest.raises(UserError, match="reduced_joints"):
        MarielDataset(
            write_field("take.npy", smooth(60)), T, skeleton="mariel18", reduced_joints=True
        )


def test_no_recordings_is_an_error():
    with pytest.raises(UserError):
        MarielDataset([], seq_len=T)
