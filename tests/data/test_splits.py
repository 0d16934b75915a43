"""Laws of splits: no frame, and no neighbour of a frame, has two roles."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.data.notebook import random_window_split, window_leak
from mariel_gnn.data.splits import Split, prove_clean, split_recordings
from mariel_gnn.data.windows import window_starts
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import Recording

ROLES = ("train", "validation", "test")


def takes(*lengths: int) -> list[Recording]:
    """Recordings of these lengths; no two frames are alike."""
    numbers = np.arange(3 * sum(lengths), dtype=np.float32).reshape(-1, 1, 3)
    ends = list(itertools.accumulate(lengths, initial=0))
    return [
        Recording(f"take{number}", numbers[start:stop], 35.0, f"/takes/take{number}.npy")
        for number, (start, stop) in enumerate(itertools.pairwise(ends))
    ]


def as_split(parts: dict[str, list[Recording]]) -> Split:
    return Split(parts["train"], parts["validation"], parts["test"], "by a test")


def frames_of(recordings: list[Recording]) -> set[tuple[str, int]]:
    """(file, frame) of all frames; a duplicate is an error."""
    found = [(r.source, frame) for r in recordings for frame in range(r.start_frame, r.end_frame)]
    assert len(found) == len(set(found))
    return set(found)


def check_laws(recordings: list[Recording], parts: dict[str, list[Recording]], gap: int) -> None:
    assert tuple(parts) == ROLES
    everything = frames_of(recordings)
    held = {role: frames_of(found) for role, found in parts.items()}
    for a, b in itertools.combinations(ROLES, 2):
        assert not held[a] & held[b]
    assert set().union(*held.values()) <= everything
    assert "proved clean" in prove_clean(as_split(parts), gap)
    for found in parts.values():  # the numbers are those of the frames that they say they are
        for part in found:
            of_file = [r for r in recordings if r.source == part.source]
            whole = next(r for r in of_file if r.start_frame <= part.start_frame < r.end_frame)
            first = part.start_frame - whole.start_frame
            np.testing.assert_array_equal(
                part.positions, whole.positions[first : first + len(part)]
            )


@given(st.lists(st.integers(50, 400), min_size=5, max_size=12), st.integers(0, 1000))
def test_whole_recordings_are_held_out_if_there_are_enough(lengths, seed):
    recordings = takes(*lengths)
    parts = split_recordings(recordings, gap_frames=32, seed=seed)
    check_laws(recordings, parts, 32)
    ends = {(r.source, len(r)) for r in recordings}
    assert {(r.source, len(r)) for found in parts.values() for r in found} == ends


@given(st.lists(st.integers(200, 400), min_size=7, max_size=12), st.integers(0, 1000))
def test_about_15_percent_are_held_out_for_each_role(lengths, seed):
    parts = split_recordings(takes(*lengths), gap_frames=32, seed=seed)
    for role in ("validation", "test"):
        frames = sum(len(r) for r in parts[role])
        assert 0.15 * sum(lengths) <= frames < 0.15 * sum(lengths) + max(lengths)


@given(
    st.lists(st.integers(1, 40).map(lambda n: 50 * n), min_size=5, max_size=8), st.integers(0, 99)
)
def test_no_role_is_empty_with_unequal_recordings(lengths, seed):
    parts = split_recordings(takes(*lengths), gap_frames=32, seed=seed)
    assert all(parts[role] for role in ROLES)


@given(st.lists(st.integers(10, 900), min_size=1, max_size=4), st.integers(8, 128))
def test_few_recordings_are_cut_into_blocks_a_gap_apart(lengths, gap):
    recordings = takes(*lengths)
    parts = split_recordings(recordings, gap_frames=gap)
    check_laws(recordings, parts, gap)
    for recording in recordings:
        cut = sorted((part.start_frame, part.end_frame, role) for role in ROLES
                     for part in parts[role] if part.source == recording.source)  # fmt: skip
        if len(cut) == 1:  # too short to be cut: trained on whole
            assert cut == [(0, len(recording), "train")]
            continue
        assert [role for *_, role in cut] == list(ROLES)
        assert all(b[0] - a[1] == gap for a, b in itertools.pairwise(cut))
        assert (cut[0][0], cut[-1][1]) == (0, len(recording))
        assert all(stop - start > gap for start, stop, _ in cut)


def cut_file(source: Recording, *spans: tuple[int, int]) -> list[Recording]:
    """A recording with long gaps between these spans, after cleaning."""
    return [source.part(start, stop) for start, stop in spans]


@pytest.mark.parametrize("seed", range(6))
def test_the_parts_of_a_cut_file_stay_together(seed):
    whole = takes(300, 300, 300, 300, 300, 300)
    recordings = [*whole[:5], *cut_file(whole[5], (0, 90), (92, 200), (203, 300))]
    parts = split_recordings(recordings, gap_frames=64, seed=seed)
    check_laws(recordings, parts, 64)
    roles = {role for role in ROLES for r in parts[role] if r.source == whole[5].source}
    assert len(roles) == 1


@pytest.mark.parametrize("files", [1, 2])
def test_a_few_files_cut_into_many_parts_still_fill_every_role(files):
    spans = [(start, start + 590) for start in range(0, 3000, 600)]
    recordings = [part for whole in takes(*[3000] * files) for part in cut_file(whole, *spans)]
    parts = split_recordings(recordings, gap_frames=64)
    check_laws(recordings, parts, 64)
    assert all(parts[role] for role in ROLES)


def test_blocks_of_a_cut_file_keep_the_gap_to_its_next_part():
    recordings = cut_file(takes(2000)[0], (0, 990), (1000, 2000))
    check_laws(recordings, split_recordings(recordings, gap_frames=64), 64)


def test_the_split_depends_on_the_seed_but_not_on_the_order():
    recordings = takes(*[100] * 10)
    sources = [
        [r.source for r in split_recordings(given, 32, seed=seed)["test"]]
        for given, seed in (
            (recordings, 1),
            (recordings[::-1], 1),
            (recordings, 2),
            (recordings, 3),
        )
    ]
    assert sources[0] == sources[1]
    assert sources[0] != sources[2] or sources[0] != sources[3]


@pytest.mark.parametrize("role", ["validation", "test"])
@pytest.mark.parametrize("count", [2, 8])
def test_a_single_role_can_be_held_out(role, count):
    recordings = takes(*[500] * count)
    parts = split_recordings(recordings, 32, roles=[role])
    assert set(parts) == {"train", role}
    assert parts["train"]
    assert parts[role]
    prove_clean(Split(parts["train"], [], parts[role], ""), 32)


# ------------------------------------------------------------------ the leak check


def leak(train: list[Recording], test: list[Recording], gap: int = 32) -> str:
    with pytest.raises(UserError, match="leaks") as caught:
        prove_clean(Split(train, [], test, "by a test"), gap)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_overlap_is_found():
    (whole,) = takes(300)
    assert "take0[0:200]" in leak([whole.part(0, 200)], [whole.part(190, 300)])
    assert "take0" in leak([whole], [whole])


@pytest.mark.parametrize("forwards", [True, False])
def test_only_a_gap_that_is_too_small_is_a_leak(forwards):
    (whole,) = takes(300)
    order = (lambda a, b: (a, b)) if forwards else (lambda a, b: (b, a))
    first, second = order([whole.part(0, 100)], [whole.part(131, 300)])
    assert "31 frames" in leak(first, second)
    first, second = order([whole.part(0, 100)], [whole.part(132, 300)])
    assert "clean" in prove_clean(Split(first, [], second, ""), 32)


def test_a_copied_file_under_another_name_is_found():
    one, other, third = takes(100, 100, 100)
    copied = dataclasses.replace(
        other, name="copy", source="/takes/copy.npy", positions=other.positions[40:].copy()
    )
    message = leak([one, other], [third, copied])
    assert "copy" in message
    assert "take1" in message


def test_every_pair_of_roles_is_checked():
    one, other, third = takes(100, 100, 100)
    for roles in (([one], [one], [third]), ([one], [third], [one]), ([third], [one], [one])):
        with pytest.raises(UserError, match="take0"):
            prove_clean(Split(*roles, "by a test"), 32)
    assert "train 100, validation 100, test 100" in prove_clean(
        Split([one], [other], [third], ""), 32
    )


# ------------------------------------------------------------------ the notebook's random split


def test_trap_03_a_random_split_of_windows_leaks_and_one_by_recordings_does_not(record):
    recordings = [record(150, seed) for seed in range(6)]
    starts = window_starts([len(r) for r in recordings], 32)
    train, validation = random_window_split(len(starts), seed=4)
    message = window_leak(starts[train], starts[validation], 32)
    assert "LEAKS" in message
    nearest = (starts[validation][:, None] - starts[train]).abs().amin(dim=1)
    assert (nearest <= 1).float().mean() > 0.9
    assert f"{(nearest <= 1).float().mean():.1%} have a twin" in message
    assert f"{(nearest < 32).float().mean():.1%} of the validation windows" in message

    parts = split_recordings(recordings, gap_frames=32)
    frames = {role: {frame.tobytes() for r in found for frame in r.positions}
              for role, found in parts.items()}  # fmt: skip
    assert all(frames.values())
    for a, b in itertools.combinations(ROLES, 2):
        assert not frames[a] & frames[b]


@given(st.integers(0, 400), st.integers(0, 99))
def test_the_random_split_gives_each_window_one_role(count, seed):
    train, validation = random_window_split(count, seed=seed)
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(count))
    assert len(validation) == int(0.1 * count)
    again = random_window_split(count, seed=seed)
    assert torch.equal(train, again[0])
    assert torch.equal(validation, again[1])


def test_the_leak_counts_shared_frames_and_near_duplicates():
    train = torch.arange(100)  # the last window holds the frames 99 to 130
    message = window_leak(train, torch.tensor([131, 500, 600, 700]), 32)
    assert "0.0% of the validation windows share" in message
    message = window_leak(train, torch.tensor([100, 130, 131, 500]), 32)
    assert "50.0% of the validation windows share" in message
    assert "25.0% have a twin" in message
