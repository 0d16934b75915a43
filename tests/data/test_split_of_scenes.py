"""Partners of one scene share a role, frame by frame, and none is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mariel_gnn.data.recorded_split import check_files, check_record, record_split, take_split
from mariel_gnn.data.splits import Split, prove_clean, split_recordings
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording


@pytest.mark.parametrize("scenes", [1, 3, 5, 8])
def test_partners_have_the_same_frames_in_each_role(record, scenes: int) -> None:
    takes = [
        record(400, seed=10 * scene + dancer, source=f"/takes/duet{scene}.c3d")
        for scene in range(scenes)
        for dancer in range(2)
    ]
    roles = split_recordings(takes, 32)
    prove_clean(Split(roles["train"], roles["validation"], roles["test"], ""), 32)
    for parts in roles.values():
        frames = [(part.source, part.start_frame, part.end_frame) for part in parts]
        assert frames
        assert all(frames.count(own) == 2 for own in frames)
    assert len({part.name for parts in roles.values() for part in parts}) == sum(
        map(len, roles.values())
    )


def test_parts_of_partners_keep_their_own_names() -> None:
    positions = np.zeros((50, 2, 3), np.float32)
    anna = Recording("duet_Anna", positions, 35.0, "/takes/duet.c3d", start_frame=100)
    assert anna.part(10, 20).name == "duet_Anna[110:120]"
    assert anna.part(10, 40).part(5, 10).name == "duet_Anna[115:120]"


def test_the_recorded_split_tells_partners_and_parts_of_one_take_apart(record, tmp_path, mariel53):
    """Prepared files share their take: the split names the file of each."""
    takes = []
    for number in range(4):
        start, dancer = divmod(number, 2)
        one = record(400, seed=number, start_frame=500 * start, source="/takes/duet.c3d")
        path = tmp_path / f"duet_{start}_{dancer}.npz"
        write_recording(path, one, mariel53)
        takes.append(read_recording(path))
    roles = split_recordings(takes, 32)
    split = Split(roles["train"], roles["validation"], roles["test"], "")
    recorded = record_split(split, [Path(one.file) for one in takes])
    assert "left_out" not in recorded
    check_record(recorded, "split.json")
    check_files(recorded)
    taken = take_split(recorded, takes)
    for (role, parts), (_, again) in zip(split.roles(), taken.roles(), strict=True):
        assert [part["file"] for part in recorded[role]] == [part.file for part in parts]
        for a, b in zip(parts, again, strict=True):
            np.testing.assert_array_equal(a.positions, b.positions)
