"""Laws of the data of a run on two dancers: takes are split, and the same windows are measured twice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mariel_gnn.data.duet_run_data import load_duet_run_data
from mariel_gnn.data.options import DataOptions
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.mocap.synthetic.couple import write_synthetic_couples

T = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("couples")
    write_synthetic_couples(found, 6, seconds=2)
    return found


@pytest.fixture(scope="module")
def options(folder):
    return DataOptions(
        recordings=str(folder / "first_*.npy"),
        partners=str(folder / "second_*.npy"),
        seq_len=T,
        reduced_joints=True,
    )


@pytest.fixture(scope="module")
def data(options):
    return load_duet_run_data(options)


def takes(duets):
    return {one.source for duet in duets for one in duet.dancers}


def test_no_take_has_two_roles_and_every_dancer_has_her_partner(data):
    parts = data.windows, data.validation, data.duets.test
    sources = [takes(part.duets) for part in parts]
    assert sum(map(len, sources)) == len(set.union(*sources)) == 6
    for part in parts:
        for duet in part.duets:
            assert [Path(one.file).stem.split("_")[0] for one in duet.dancers] == [
                "first",
                "second",
            ]
    recorded = [
        part["file"] for role in ("train", "validation", "test") for part in data.record[role]
    ]
    assert len(recorded) == len(set(recorded)) == 12


@pytest.mark.parametrize("role", ["train", "test"])
def test_the_windows_of_pairs_are_those_of_one_body_of_two(data, role):
    pairs = data.windows if role == "train" else data.duets.test
    joined = data.train if role == "train" else data.test
    assert len(pairs) == len(joined) > 0
    assert joined.skeleton == pair_skeleton(pairs.skeleton)
    assert len(joined.skeleton) == 36
    some = torch.arange(0, len(pairs), 7)
    found, expected = joined.positions_m(some), pairs.positions_m(some).flatten(2, 3)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_statistics_are_of_the_training_takes(data):
    for held_out in (data.validation, data.duets.test):
        for name, value in data.windows.normalizer.state_dict().items():
            assert torch.equal(held_out.normalizer.state_dict()[name], value)
        assert held_out.within is data.windows.within
    assert data.measured is data.windows
    assert data.test.normalizer is data.train.normalizer


def test_named_takes_are_held_out_with_both_dancers(options, folder):
    chosen = replace(
        options, validation=str(folder / "first_02.npy"), test=[str(folder / "second_03.npy")]
    )
    data = load_duet_run_data(chosen)
    for part, number in ((data.validation, "02"), (data.duets.test, "03")):
        names = [Path(one.file).stem for duet in part.duets for one in duet.dancers]
        assert names == [f"first_{number}", f"second_{number}"]


def test_a_resumed_run_has_the_split_of_its_start(options, data):
    again = load_duet_run_data(replace(options, split_seed=5), recorded=data.record)
    for one, other in ((data.windows, again.windows), (data.validation, again.validation)):
        assert takes(one.duets) == takes(other.duets)
    assert again.record is data.record


def test_a_file_that_has_changed_is_named(options, data, tmp_path):
    record = {role: [dict(part) for part in parts] for role, parts in data.record.items()}
    record["test"][0]["sha256"] = "0" * 64
    with pytest.raises(UserError, match="has changed since the run started"):
        load_duet_run_data(options, recorded=record)


def test_without_recordings_there_are_synthetic_couples(tmp_path, monkeypatch):
    monkeypatch.setattr("mariel_gnn.data.duet_run_data.SYNTHETIC_COUPLES", 5)
    chosen = DataOptions(seq_len=64, reduced_joints=True)
    data = load_duet_run_data(chosen, tmp_path)
    assert data.description == "synthetic couples"
    assert len(list(tmp_path.glob("*.npy"))) == 10
    again = load_duet_run_data(chosen, tmp_path / "elsewhere", recorded=data.record)
    assert not (tmp_path / "elsewhere").exists()
    assert takes(again.duets.test.duets) == takes(data.duets.test.duets)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"noisy_quarter": True}, "are for one dancer"),
        ({"split": "notebook_random_windows"}, "are for one dancer"),
        ({"recordings": None}, "data.partners without data.recordings"),
        ({"seq_len": 100}, "no duet of the train role has 100 frames"),
    ],
)
def test_a_mistake_is_one_line(options, change, words):
    with pytest.raises(UserError, match=words) as refused:
        load_duet_run_data(replace(options, **change))
    assert "\n" not in str(refused.value)


def test_a_short_take_is_left_out_and_told(options, folder, tmp_path):
    for which in ("first", "second"):
        for path in folder.glob(f"{which}_*.npy"):
            rows = np.load(path)
            np.save(tmp_path / path.name, rows[:, :12] if "04" in path.name else rows)
    chosen = replace(
        options,
        recordings=str(tmp_path / "first_*.npy"),
        partners=str(tmp_path / "second_*.npy"),
    )
    data = load_duet_run_data(chosen)
    assert any("12 frames" in note and "left out" in note for note in data.notes)
    assert "left_out" in data.record
