"""Saved window errors: the file round-trips and states the source of each window."""

import pytest
import torch
from safetensors.torch import save_file

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.window_errors import (
    FILE,
    WindowErrors,
    errors_on,
    load_errors,
    save_errors,
    window_sources,
)
from mariel_gnn.metrics.reconstruction import RowErrors

T = 20


@pytest.fixture(scope="module")
def windows(record) -> MarielDataset:
    takes = [record(50, 0), record(33, 1), record(21, 2)]
    return MarielDataset(takes, seq_len=T, predicted_timesteps=0, stride=4)


@pytest.fixture(scope="module")
def errors(windows) -> WindowErrors:
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=generator)

    rows = {
        name: RowErrors(random(len(windows), T), random(len(windows), 53))
        for name in ("zebra_vae", "pca", "mean_pose")  # not in alphabetical order
    }
    return errors_on(windows, rows, "zebra_vae")


def test_a_file_round_trips(errors, tmp_path):
    path = save_errors(tmp_path, errors)
    found = load_errors(tmp_path)
    assert path == tmp_path / FILE
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert list(found.rows) == list(errors.rows)
    for name, row in errors.rows.items():
        assert torch.equal(found.rows[name].frame_mm, row.frame_mm)
        assert torch.equal(found.rows[name].marker_mm, row.marker_mm)
    for name in ("recording", "start"):
        assert torch.equal(getattr(found, name), getattr(errors, name))
    for name in ("recordings", "parts", "markers", "model", "rate_hz"):
        assert getattr(found, name) == getattr(errors, name)


def test_the_source_of_each_window_is_exact(windows, record):
    takes = [record(50, 0), record(33, 1), record(21, 2)]
    recording, start = window_sources(windows)
    found = windows.positions_m(range(len(windows)))
    for index, (take, frame) in enumerate(zip(recording.tolist(), start.tolist(), strict=True)):
        recorded = torch.from_numpy(takes[take].positions[frame : frame + T])
        torch.testing.assert_close(found[index], recorded, rtol=0, atol=1e-5)
    assert recording.bincount().tolist() == [8, 4, 1]


def test_it_states_recordings_markers_and_parts(errors, mariel53):
    assert errors.recordings == ["take0", "take1", "take2"]
    assert errors.markers == list(mariel53.markers)
    assert errors.parts == dict(mariel53.parts)


def test_window_errors_are_means_over_frames_and_part_errors_over_markers(errors, mariel53):
    row = errors.rows["pca"]
    assert torch.equal(errors.window_mm("pca"), row.frame_mm.mean(dim=1))
    head = row.marker_mm[:, list(mariel53.parts["head"])].mean().item()
    assert errors.part_mm("pca")["head"] == pytest.approx(head)


def test_an_unknown_row_gets_the_nearest_match(errors):
    with pytest.raises(UserError, match=r"no errors of the row 'pcb'\. Did you mean 'pca'"):
        errors.window_mm("pcb")


def test_a_folder_without_errors_gets_one_thing_to_do(tmp_path):
    with pytest.raises(UserError, match=r"no such file.*--trainer.resume"):
        load_errors(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no tensors", None])
def test_a_file_with_other_content_is_refused(content, tmp_path):
    if content is None:
        save_file({"weight": torch.zeros(3)}, tmp_path / FILE)
    else:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UserError, match="not a file of window errors"):
        load_errors(tmp_path)
