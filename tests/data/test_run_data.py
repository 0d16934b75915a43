"""Laws of the data of a run: statistics come from training data only; leaks are reported."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from mariel_gnn.data.notebook import NoisyQuarter
from mariel_gnn.data.options import DataOptions
from mariel_gnn.data.run_data import load_run_data
from mariel_gnn.errors import UserError

T = 16


@pytest.fixture
def takes(smooth, write_field, tmp_path):
    """Seven recordings as files, and options that select them."""
    for number in range(7):
        write_field(f"take{number}.npy", smooth(90, number))
    return DataOptions(recordings=str(tmp_path / "take*.npy"), seq_len=T)


def frames(dataset) -> set[bytes]:
    """Every frame of a dataset's recordings, to the millimetre."""
    positions = dataset.normalizer.positions_to_metres(dataset.nodes[..., :3])
    return {frame.tobytes() for frame in (positions * 1000).round().short().numpy()}


@pytest.mark.parametrize("normalization", ["train", "notebook"])
def test_trap_04_only_training_windows_are_augmented_and_after_the_split(takes, normalization):
    data = load_run_data(
        dataclasses.replace(takes, noisy_quarter=True, normalization=normalization)
    )
    assert isinstance(data.windows, NoisyQuarter)
    assert data.windows.dataset is data.train
    assert len(data.windows) == len(data.train) + len(data.train) // 4
    for held_out in (data.validation, data.test):
        assert not isinstance(held_out, NoisyQuarter)
        assert len(held_out) > 0
        assert not frames(data.train) & frames(held_out)


@pytest.mark.parametrize("normalization", ["train", "notebook"])
def test_trap_05_held_out_recordings_change_no_statistics(
    takes, smooth, write_field, tmp_path, normalization
):
    options = dataclasses.replace(
        takes,
        validation=str(tmp_path / "take1.npy"),
        test=[str(tmp_path / "take2.npy"), str(tmp_path / "take3.npy")],
        normalization=normalization,
    )
    before = load_run_data(options)
    for number in (1, 2, 3):
        write_field(f"take{number}.npy", 1.4 * smooth(90, 100 + number))
    after = load_run_data(options)
    assert torch.equal(before.train.nodes, after.train.nodes)
    assert not torch.equal(before.test.nodes, after.test.nodes)
    for data in (before, after):
        for dataset in (data.validation, data.test):
            for name, value in data.train.normalizer.state_dict().items():
                assert torch.equal(dataset.normalizer.state_dict()[name], value)
    for name, value in before.train.normalizer.state_dict().items():
        assert torch.equal(after.train.normalizer.state_dict()[name], value)
    # and training recordings do change them
    write_field("take0.npy", 1.4 * smooth(90, 100))
    changed = load_run_data(options).train.normalizer
    assert not torch.equal(changed.position_scale, before.train.normalizer.position_scale)


def test_whole_recordings_are_held_out_and_the_check_says_so(takes):
    data = load_run_data(takes)
    assert any("proved clean" in note for note in data.notes)
    assert not any("LEAK" in note for note in data.notes)
    sources = {role: {part["source"] for part in parts} for role, parts in data.record.items()}
    assert sorted(map(len, sources.values())) == [2, 2, 3]
    assert len(set.union(*sources.values())) == 7
    assert all(any(f"  {role}:" in note for note in data.notes) for role in sources)
    roles = [frames(dataset) for dataset in (data.train, data.validation, data.test)]
    assert not roles[0] & roles[1]
    assert not roles[0] & roles[2]
    assert not roles[1] & roles[2]


def test_files_named_for_a_role_get_that_role(takes, tmp_path):
    named = dataclasses.replace(
        takes, validation=str(tmp_path / "take[12].npy"), test=str(tmp_path / "take5.npy")
    )
    record = load_run_data(named).record
    stems = {role: [part["source"][-9:-4] for part in parts] for role, parts in record.items()}
    assert stems == {
        "train": ["take0", "take3", "take4", "take6"],
        "validation": ["take1", "take2"],
        "test": ["take5"],
    }


def test_the_notebooks_split_reports_its_leak(takes):
    data = load_run_data(
        dataclasses.replace(takes, split="notebook_random_windows", normalization="notebook")
    )
    assert any("THIS SPLIT LEAKS" in note for note in data.notes)
    assert not any("proved clean" in note for note in data.notes)
    everything = len(data.train)
    assert len(data.validation) == int(0.1 * everything)
    assert len(data.windows) + len(data.validation) == everything
    assert not set(data.windows.starts.tolist()) & set(data.validation.starts.tolist())


def test_one_recording_is_cut_into_blocks(takes, smooth, write_field):
    path = write_field("long.npy", smooth(600, 50))
    data = load_run_data(dataclasses.replace(takes, recordings=str(path)))
    ends = [(parts[0]["start"], parts[0]["end"]) for parts in data.record.values()]
    assert [len(parts) for parts in data.record.values()] == [1, 1, 1]
    assert ends[1][0] - ends[0][1] == ends[2][0] - ends[1][1] == T


def test_one_recording_with_a_long_gap_can_be_used(takes, smooth, write_field):
    positions = smooth(900, 50)
    positions[440:450, 5] = np.nan
    path = write_field("long.npy", positions)
    data = load_run_data(dataclasses.replace(takes, recordings=str(path)))
    assert any("proved clean" in note for note in data.notes)
    assert any("10 frames with long gaps" in note for note in data.notes)


def test_a_recording_with_many_long_gaps_can_be_used(takes, smooth, write_field):
    positions = smooth(1800, 50)
    for gap in range(300, 1800, 300):
        positions[gap : gap + 10, 5] = np.nan
    data = load_run_data(
        dataclasses.replace(takes, recordings=str(write_field("long.npy", positions)))
    )
    assert all(data.record.values())


def test_one_recording_much_longer_than_the_others_can_be_used(takes, smooth, write_field):
    write_field("take0.npy", smooth(3000, 0))
    for seed in range(8):
        data = load_run_data(dataclasses.replace(takes, split_seed=seed))
        assert all(data.record.values())


def test_a_copied_file_is_found_before_training(takes, smooth, write_field, tmp_path):
    write_field("elsewhere.npy", smooth(90, 0)[30:])
    with pytest.raises(UserError, match="take0"):
        load_run_data(dataclasses.replace(takes, test=str(tmp_path / "elsewhere.npy")))


@pytest.mark.parametrize("normalization", ["train", "notebook"])
def test_the_reduced_set_has_the_right_markers(
    takes, mariel53, mariel18, smooth, tmp_path, normalization
):
    data = load_run_data(
        dataclasses.replace(
            takes,
            reduced_joints=True,
            normalization=normalization,
            test=str(tmp_path / "take4.npy"),
        )
    )
    kept = [mariel53.markers.index(name) for name in mariel18.markers]
    expected = smooth(90, 4)[:T, kept]
    np.testing.assert_allclose(data.test.positions_m([0])[0], expected, rtol=0, atol=1e-5)


def test_equal_recordings_give_equal_training_and_test_numbers(takes, smooth, tmp_path):
    """Equal positions are equal model inputs in training and test."""
    data = load_run_data(dataclasses.replace(takes, test=str(tmp_path / "take4.npy")))
    np.testing.assert_allclose(data.test.positions_m([1])[0], smooth(90, 4)[8 : 8 + T], atol=1e-5)
    assert len(data.test) == len(range(0, 90 - T + 1, 8))


def test_without_recordings_the_synthetic_dancer_is_used(tmp_path):
    data = load_run_data(DataOptions(seq_len=128), tmp_path / "synthetic")
    assert data.description == "the synthetic dancer"
    assert list((tmp_path / "synthetic").glob("*.npy"))
    assert all(data.record.values())


def one_line(options: DataOptions) -> str:
    with pytest.raises(UserError) as caught:
        load_run_data(options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_impossible_roles_are_errors(takes, tmp_path):
    one = str(tmp_path / "take1.npy")
    assert "take1.npy" in one_line(dataclasses.replace(takes, validation=one, test=one))
    assert "no training" in one_line(dataclasses.replace(takes, test=takes.recordings))
    assert "data.test" in one_line(dataclasses.replace(takes, test=str(tmp_path / "none*.npy")))
    assert "nowhere" in one_line(dataclasses.replace(takes, recordings="nowhere/*.npy"))


def test_too_few_takes_give_an_error_with_a_window_length_that_works(
    takes, smooth, write_field, tmp_path
):
    for number in range(3):
        write_field(f"few{number}.npy", smooth(300 - 100 * number, number))
    few = dataclasses.replace(takes, recordings=str(tmp_path / "few*.npy"), seq_len=128)
    said = one_line(few)
    assert "3 takes, the longest of 300 frames without a gap, are too little" in said
    works = int(re.search(r"--data\.seq_len (\d+)", said)[1])
    assert all(load_run_data(dataclasses.replace(few, seq_len=works)).record.values())


def test_the_error_suggests_no_window_length_if_none_works(takes, smooth, write_field):
    options = dataclasses.replace(takes, recordings=str(write_field("short.npy", smooth(44, 1))))
    said = one_line(options)
    assert said.startswith("1 take, the longest of 44 frames without a gap, is too little")
    assert "--data.seq_len" not in said
    assert f"5 takes of that length or one of {8 * T} frames" in said


def test_a_folder_name_may_look_like_a_pattern(takes, smooth, tmp_path, monkeypatch):
    folder = tmp_path / "takes [2024]"
    folder.mkdir()
    for number in range(5):
        np.save(folder / f"take{number}.npy", smooth(90, number))
    monkeypatch.chdir(folder)
    data = load_run_data(dataclasses.replace(takes, recordings="*.npy"))
    assert all(data.record.values())


def test_few_held_out_windows_give_a_warning(takes, smooth, write_field, tmp_path):
    warning = "Too few windows for a reliable error"
    few = dataclasses.replace(takes, recordings=str(write_field("few.npy", smooth(400, 1))))
    assert any(warning in note for note in load_run_data(few).notes)
    enough = dataclasses.replace(takes, recordings=str(write_field("long.npy", smooth(6000, 2))))
    assert not any(warning in note for note in load_run_data(enough).notes)


def test_a_recording_without_motion_is_left_out_and_told(takes, smooth, write_field):
    write_field("take3.npy", np.repeat(smooth(1, 3), 90, axis=0))
    data = load_run_data(takes)
    assert any("take3: no marker moves in its 90 frames" in note for note in data.notes)
    used = {
        part["source"] for role in ("train", "validation", "test") for part in data.record[role]
    }
    assert len(used) == 6
    assert [Path(part["file"]).stem for part in data.record["left_out"]] == ["take3"]


def test_recordings_without_any_motion_are_one_line(takes, smooth, write_field):
    for number in range(7):
        write_field(f"take{number}.npy", np.repeat(smooth(1, number), 90, axis=0))
    assert "no marker moves" in one_line(takes)


def test_a_file_that_repeats_frames_gets_no_advice_about_two_files(takes, smooth, write_field):
    positions = smooth(600, 50)
    positions[300:] = positions[300]
    said = one_line(
        dataclasses.replace(takes, recordings=str(write_field("frozen.npy", positions)))
    )
    assert "repeats frames" in said
    assert "two files" not in said
