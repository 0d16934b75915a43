"""Duets: files are matched or refused with the pair's names, and both dancers keep the same frames."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mariel_gnn.data.duets import pair_dancers
from mariel_gnn.data.options import DataOptions
from mariel_gnn.data.read_duets import ReadDuets, duets_by_role, read_duets
from mariel_gnn.data.recorded_split import record_split, take_split
from mariel_gnn.data.run_data import load_run_data
from mariel_gnn.data.splits import Split, prove_clean, split_recordings
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.numpy_files import write_npz
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import combine_skeletons


@pytest.fixture
def write(smooth, tmp_path, mariel53):
    """A writer of one dancer's `.npz` file; the seed decides her movement."""

    def make(name: str, frames: int = 100, seed: int = 0, rate_hz: float = 35.0) -> Path:
        path = tmp_path / f"{name}.npz"
        path.parent.mkdir(exist_ok=True)
        take = Recording(path.stem, smooth(frames, seed), rate_hz, str(path))
        write_npz(path, take, mariel53)
        return path

    return make


@pytest.fixture
def two_lists(write, tmp_path):
    """Three pairs of files of 100, 110 and 120 frames, and the options that read them."""
    for number in range(3):
        write(f"a_{number + 1:02}", 100 + 10 * number, number)
        write(f"b_{number + 1:02}", 100 + 10 * number, 10 + number)
    return DataOptions(
        recordings=str(tmp_path / "a_*.npz"), partners=str(tmp_path / "b_*.npz"), seq_len=32
    )


def refused(options: DataOptions) -> str:
    with pytest.raises(UserError) as caught:
        read_duets(options).duets()
    message = str(caught.value)
    assert "\n" not in message
    return message


# ------------------------------------------------------------------ two lists


def test_files_are_matched_in_sorted_order(two_lists, smooth):
    read = read_duets(two_lists)
    duets = read.duets()
    assert [duet.name for duet in duets] == [f"a_{n:02} with b_{n:02}" for n in (1, 2, 3)]
    for number, duet in enumerate(duets):
        assert len(duet) == 100 + 10 * number
        for dancer, seed in zip(duet.dancers, (number, 10 + number), strict=True):
            np.testing.assert_array_equal(dancer.positions, smooth(len(duet), seed))
        assert duet.measured.all()
    assert "a_01 with b_01, a_02 with b_02, a_03 with b_03" in " ".join(read.notes)


def test_folders_may_hold_the_same_names(write, tmp_path):
    for folder, seed in (("first", 1), ("second", 2)):
        write(f"{folder}/take", 60, seed)
    duets = read_duets(
        DataOptions(
            recordings=str(tmp_path / "first/*.npz"), partners=str(tmp_path / "second/*.npz")
        )
    ).duets()
    assert len(duets) == 1
    one, other = (dancer.positions for dancer in duets[0].dancers)
    assert np.abs(one - other).max() > 0.1


@pytest.mark.parametrize(
    ("removed", "named"), [("b_03", "a_03"), ("b_01", "a_01"), ("a_02", "b_02")]
)
def test_a_missing_partner_is_named(two_lists, tmp_path, removed, named):
    (tmp_path / f"{removed}.npz").unlink()
    message = refused(two_lists)
    assert named in message
    assert "2" in message
    assert "3 files" in message or "3 in" in message


def test_different_lengths_name_the_pair_and_both_lengths(two_lists, write):
    write("b_02", 111, 3)
    message = refused(two_lists)
    assert "a_02 with b_02" in message
    assert "110 and 111 frames" in message


def test_different_rates_name_the_pair_and_both_rates(two_lists, write):
    write("b_03", 120, 3, rate_hz=60.0)
    message = refused(two_lists)
    assert "a_03 with b_03" in message
    assert "35 and 60 frames a second" in message


def test_pairs_of_different_rates_are_refused(two_lists, write):
    for name, seed in (("a_03", 1), ("b_03", 2)):
        write(name, 120, seed, rate_hz=60.0)
    assert "resample" in refused(two_lists)


def test_a_file_cannot_be_its_own_partner(two_lists, tmp_path):
    both = dataclasses.replace(two_lists, partners=str(tmp_path / "[ab]_*.npz"))
    assert "data.recordings and in data.partners" in refused(both)


def test_a_copied_file_is_no_partner(two_lists, write):
    write("b_01", 100, 0)
    assert "same movement" in refused(two_lists)


def test_partners_that_do_not_exist_are_named_with_their_option(two_lists):
    gone = dataclasses.replace(two_lists, partners="nothing_*.npz")
    assert refused(gone).startswith("data.partners: no file matches")


def test_different_marker_sets_are_refused(two_lists, tmp_path, smooth, mariel18):
    other = Recording("b_02", smooth(110, 5, markers=18), 35.0, "b_02")
    write_npz(tmp_path / "b_02.npz", other, mariel18)
    message = refused(two_lists)
    assert "b_02" in message
    assert "different skeletons" in message


def test_recordings_without_partners_are_refused(two_lists):
    assert "data.partners" in refused(dataclasses.replace(two_lists, partners=None))


def test_partners_of_a_solo_run_are_refused_not_ignored(two_lists):
    with pytest.raises(UserError, match=r"data\.partners"):
        load_run_data(two_lists)


# ------------------------------------------------------------------ files of several dancers


def scene_file(tmp_path, smooth, mariel53, names: tuple[str, ...], frames: int = 90) -> Path:
    path = tmp_path / f"{'_'.join(names)}.npz"
    bodies = np.concatenate([smooth(frames, seed) for seed in range(len(names))], axis=1)
    both = combine_skeletons(dict.fromkeys(names, mariel53))
    write_npz(path, Recording(path.stem, bodies, 35.0, str(path)), both)
    return path


def test_a_file_of_two_dancers_is_a_duet(tmp_path, smooth, mariel53):
    path = scene_file(tmp_path, smooth, mariel53, ("Anna", "Ben"))
    read = read_duets(DataOptions(recordings=str(path)))
    (duet,) = read.duets()
    assert read.skeleton.markers == mariel53.markers
    for seed, (dancer, name) in enumerate(zip(duet.dancers, ("Anna", "Ben"), strict=True)):
        assert name in dancer.name
        np.testing.assert_array_equal(dancer.positions, smooth(90, seed))


@pytest.mark.parametrize("axes", [3, 4])
@pytest.mark.parametrize("stated", ["mariel53", None])
def test_an_array_of_two_bodies_is_a_duet(tmp_path, smooth, axes, stated):
    bodies = np.stack([smooth(90, 0), smooth(90, 1)], axis=1)
    np.save(tmp_path / "duet.npy", bodies if axes == 4 else bodies.reshape(90, 106, 3))
    read = read_duets(DataOptions(recordings=str(tmp_path / "duet.npy"), skeleton=stated))
    (duet,) = read.duets()
    for number, dancer in enumerate(duet.dancers):
        np.testing.assert_array_equal(dancer.positions, bodies[:, number])


def test_every_two_of_three_dancers_are_a_duet_and_this_is_told(tmp_path, smooth, mariel53):
    path = scene_file(tmp_path, smooth, mariel53, ("Anna", "Ben", "Cleo"))
    read = read_duets(DataOptions(recordings=str(path)))
    pairs = [tuple(dancer.name.split()[-1] for dancer in duet.dancers) for duet in read.duets()]
    assert pairs == [("Anna", "Ben"), ("Anna", "Cleo"), ("Ben", "Cleo")]
    assert "3 dancers (Anna, Ben, Cleo)" in " ".join(read.notes)


def test_prepared_files_of_one_take_are_a_duet(tmp_path, record, mariel53):
    for start in (0, 500):
        for dancer in range(2):
            part = record(80, seed=start + dancer, start_frame=start, source="/takes/duet.c3d")
            write_recording(tmp_path / f"duet_{start}_{dancer}.npz", part, mariel53)
    duets = read_duets(DataOptions(recordings=str(tmp_path / "duet_*.npz"))).duets()
    assert sorted(duet.name for duet in duets) == [
        "duet_0_0 with duet_0_1",
        "duet_500_0 with duet_500_1",
    ]


def test_a_file_of_two_dancers_has_no_partner_in_another(tmp_path, smooth, mariel53, write):
    path = scene_file(tmp_path, smooth, mariel53, ("Anna", "Ben"))
    message = refused(DataOptions(recordings=str(path), partners=str(write("b", 90))))
    assert "Anna and Ben" in message


# ------------------------------------------------------------------ cleaning and interpolated frames


def with_gap(path: Path, mariel53, start: int, stop: int, markers: slice = slice(None)) -> None:
    """Remove positions of a written file."""
    with np.load(path) as content:
        positions = content["positions_m"]
    positions[start:stop, markers] = np.nan
    write_npz(path, Recording(path.stem, positions, 35.0, str(path)), mariel53)


def test_a_long_gap_of_one_dancer_cuts_both(two_lists, tmp_path, mariel53, smooth):
    with_gap(tmp_path / "b_03.npz", mariel53, 40, 60)
    duets = read_duets(two_lists).duets()
    third = [duet for duet in duets if "a_03" in duet.name]
    assert [len(duet) for duet in third] == [40, 60]
    for duet, start in zip(third, (0, 60), strict=True):
        stop = start + len(duet)
        for dancer, seed in zip(duet.dancers, (2, 12), strict=True):
            assert (dancer.start_frame, dancer.end_frame) == (start, stop)
            np.testing.assert_array_equal(dancer.positions, smooth(120, seed)[start:stop])
    notes = " ".join(read_duets(two_lists).notes)
    assert "a_03: 20 frames left out" in notes


@pytest.mark.parametrize("markers", [slice(None), slice(0, 30)])
def test_a_filled_body_is_not_measured(two_lists, tmp_path, mariel53, markers):
    with_gap(tmp_path / "a_02.npz", mariel53, 50, 55, markers)
    read = read_duets(two_lists)
    for duet in read.duets():
        assert (~duet.measured).sum() == (5 if "a_02" in duet.name else 0)
    second = read.duets()[1]
    assert not second.measured[50:55].any()
    assert "5 frames have an interpolated place" in " ".join(read.notes)


def test_a_filled_hand_leaves_the_place_measured(two_lists, tmp_path, mariel53):
    with_gap(tmp_path / "a_02.npz", mariel53, 50, 55, slice(0, 4))
    assert all(duet.measured.all() for duet in read_duets(two_lists).duets())


@pytest.mark.parametrize("name", ["b_02.npz", "b_02", "{folder}/b_02.npz"])
def test_named_clips_are_not_measured(two_lists, tmp_path, name):
    clip = f"{name.format(folder=tmp_path)}@1s-1.2s"
    read = read_duets(dataclasses.replace(two_lists, interpolated=[clip]))
    first, second, third = (duet.measured for duet in read.duets())
    assert first.all()
    assert third.all()
    assert np.flatnonzero(~second).tolist() == list(range(35, 42))


def test_clips_keep_their_place_in_trimmed_recordings(two_lists):
    options = dataclasses.replace(two_lists, interpolated="a_03@1s-1.2s", trim=10)
    third = read_duets(options).duets()[2]
    assert np.flatnonzero(~third.measured).tolist() == list(range(25, 32))


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        ("b_20@1s-2s", "Did you mean 'b_0"),
        ("b_02@1s-20s", "lasts 3.1 s"),
        ("b_02@2s-1s", "ascending"),
    ],
)
def test_an_impossible_clip_is_one_line(two_lists, clip, expected):
    assert expected in refused(dataclasses.replace(two_lists, interpolated=clip))


# ------------------------------------------------------------------ roles


def roles_of(read: ReadDuets, gap: int = 16) -> dict[str, list[Recording]]:
    roles = split_recordings(read.recordings, gap)
    prove_clean(Split(roles["train"], roles["validation"], roles["test"], ""), gap)
    return roles


@pytest.mark.parametrize("takes", [1, 3, 6])
def test_partners_share_a_role(write, tmp_path, takes):
    for number in range(takes):
        write(f"a_{number}", 300, number)
        write(f"b_{number}", 300, 20 + number)
    options = DataOptions(recordings=str(tmp_path / "a_*.npz"), partners=str(tmp_path / "b_*.npz"))
    read = read_duets(options)
    roles = roles_of(read)
    duets = [duet for part in roles.values() for duet in pair_dancers(part, read.interpolated)]
    assert 2 * len(duets) == sum(map(len, roles.values()))
    for duet in duets:
        first, second = (dancer.whole_name for dancer in duet.dancers)
        assert first.replace("a_", "b_") == second


def test_the_recorded_split_is_taken_again_also_of_dancers_in_one_file(tmp_path, smooth, mariel53):
    paths = [
        scene_file(tmp_path, smooth, mariel53, (f"Anna{take}", f"Ben{take}"), 120)
        for take in range(5)
    ]
    read = read_duets(DataOptions(recordings=[str(path) for path in paths]))
    roles = split_recordings(read.recordings, 16)
    split = Split(roles["train"], roles["validation"], roles["test"], "")
    again = take_split(record_split(split, [path.resolve() for path in paths]), read.recordings)
    for (_, parts), (_, taken) in zip(split.roles(), again.roles(), strict=True):
        assert [one.name for one in parts] == [one.name for one in taken]


def test_a_file_of_either_dancer_gives_the_take_its_role(two_lists, tmp_path):
    read = read_duets(two_lists)
    files = {"validation": [tmp_path / "b_02.npz"], "test": [tmp_path / "a_03.npz"]}
    names = {
        role: [one.name for one in parts] for role, parts in duets_by_role(read, files).items()
    }
    assert names == {
        "train": ["a_01", "b_01"],
        "validation": ["a_02", "b_02"],
        "test": ["a_03", "b_03"],
    }


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"validation": ["a_02"], "test": ["b_02"]}, "a take has one role"),
        ({"validation": ["c_02"]}, "no dancer of a duet"),
    ],
)
def test_contradicting_roles_are_one_line(two_lists, tmp_path, files, expected):
    read = read_duets(two_lists)
    paths = {role: [tmp_path / f"{name}.npz" for name in names] for role, names in files.items()}
    with pytest.raises(UserError, match=expected) as caught:
        duets_by_role(read, paths)
    assert "\n" not in str(caught.value)


def test_real_pairs_are_read_in_their_room(real_recordings):
    if not real_recordings:
        pytest.skip("no recordings")
    folder = real_recordings[0].parent
    read = read_duets(
        DataOptions(
            recordings=str(folder / "salsa_60_10_*.npy"),
            partners=str(folder / "salsa_61_10_*.npy"),
            interpolated="salsa_60_10_b.npy@1s-1.2s",
        )
    )
    duets = read.duets()
    assert [len(duet) for duet in duets] == [97, 484]
    assert [int((~duet.measured).sum()) for duet in duets] == [0, 7]
    for duet in duets:
        places = [dancer.positions[..., :2].mean(axis=1) for dancer in duet.dancers]
        apart = np.linalg.norm(places[0] - places[1], axis=1)
        assert 0.2 < np.median(apart) < 3
