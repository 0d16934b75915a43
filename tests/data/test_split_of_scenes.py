"""Partners of one scene share a role, frame by frame, and none is lost."""

from __future__ import annotations

import numpy as np
import pytest

from mariel_gnn.data.splits import Split, prove_clean, split_recordings
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
