"""Takes of duets on one timeline: gaps between clips, interpolated frames, three dancers, short takes."""

import numpy as np
import pytest

from mariel_gnn.data.read_duets import ReadDuets
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.duet_movement import duet_movements
from mariel_gnn.mocap.body_parts import PARTS, part_movement
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

RATE_HZ = 35.0


def dancer(name: str, positions: np.ndarray, take: str = "take", start: int = 0) -> Recording:
    return Recording(
        name,
        positions.astype(np.float32),
        RATE_HZ,
        f"/{take}.npy",
        start,
        file=f"/{name}_{take}.npy",
    )


def clips_of(recording: Recording, *frames: tuple[int, int]) -> list[Recording]:
    return [recording.part(*each) for each in frames]


def test_clips_of_a_take_are_on_one_timeline_with_gaps(dance, mariel53):
    frames = (0, 300), (340, 600)
    pair = [dancer("A", dance[:600]), dancer("B", dance[700:1300])]
    recordings = [part for one in pair for part in clips_of(one, *frames)]
    (found,) = duet_movements(ReadDuets(recordings, [], mariel53, []), 8.0)
    (take,) = found.takes
    first = take.movement.first
    assert first.shape == (600, 10, 3)
    assert np.isnan(first[300:340]).all()
    assert np.allclose(first[340:], part_movement(dance[340:600], mariel53), atol=1e-5)
    assert take.used_s == pytest.approx(560 / RATE_HZ)
    assert found.names == ("A", "B")
    assert found.parts == PARTS


def test_frames_with_an_interpolated_body_are_not_used(dance, mariel53):
    pair = [dancer("A", dance[:400]), dancer("B", dance[700:1100])]
    read = ReadDuets(pair, [pair[1].part(50, 60)], mariel53, [])
    take = duet_movements(read, 8.0)[0].takes[0]
    for body in (take.movement.first, take.movement.second):
        assert np.isnan(body[50:60]).all()
        assert np.isfinite(body[60:]).all()


def test_three_dancers_are_three_pairs_over_all_takes(dance, mariel53):
    recordings = [
        dancer(name, dance[start : start + 300], take)
        for take in ("one", "two")
        for name, start in (("A", 0), ("B", 400), ("C", 800))
    ]
    found = duet_movements(ReadDuets(recordings, [], mariel53, []), 8.0)
    assert [pair.names for pair in found] == [
        (f"{first} and 1 more", f"{second} and 1 more") for first, second in ("AB", "AC", "BC")
    ]
    assert [len(pair.takes) for pair in found] == [2, 2, 2]


def test_short_takes_are_left_out_and_named(dance, mariel53):
    recordings = [
        dancer(name, dance[start : start + frames], take)
        for take, frames in (("long", 300), ("short", 100))
        for name, start in (("A", 0), ("B", 400))
    ]
    read = ReadDuets(recordings, [], mariel53, [])
    (found,) = duet_movements(read, 8.0)
    assert [take.dancers[0].source for take in found.takes] == ["/long.npy"]
    assert found.notes == ["left out, as shorter than 8 s: A with B (2.9 s)"]
    with pytest.raises(UserError, match="too short to find relations: give 20 s or more"):
        duet_movements(read, 20.0)


def test_unnamed_markers_are_parts_and_said_to_be(dance):
    skeleton = Skeleton("five", tuple("abcde"), tuple("abcde"))
    pair = [dancer("A", dance[:400, :5]), dancer("B", dance[700:1100, :5])]
    (found,) = duet_movements(ReadDuets(pair, [], skeleton, []), 8.0)
    assert found.parts == tuple("abcde")
    assert found.notes == ["the markers have no names of body parts: each is a part of its own"]


def test_poses_are_seen_ones(dance, mariel53):
    pair = [dancer("A", dance[:400]), dancer("B", dance[700:1100])]
    first, second = duet_movements(ReadDuets(pair, [], mariel53, []), 8.0)[0].poses()
    assert np.allclose(first, dance[200])
    assert np.allclose(second, dance[900])
