"""Laws of the one array of frames: blocks change nothing, and recordings are released."""

import numpy as np
import pytest

from mariel_gnn.data.frames import fill_frames
from mariel_gnn.data.normalizing import Normalizer, center_horizontally, velocities
from mariel_gnn.data.notebook import velocities_over_joins
from mariel_gnn.mocap import recording

RATE_HZ = 35.0
NORMALIZER = Normalizer([2.0, 2.0, 2.0], [0.0, 0.0, -1.5], [0.5, 0.5, 0.5], [0.1, 0.1, 0.1])


@pytest.fixture(params=[5, 16, 1024])
def block_frames(request, monkeypatch) -> int:
    monkeypatch.setattr(recording, "BLOCK_FRAMES", request.param)
    return request.param


@pytest.fixture
def arrays(smooth) -> list[np.ndarray]:
    return [smooth(40, 1), smooth(16, 2), smooth(33, 3)]


@pytest.mark.parametrize("kept", [range(53), [3, 0, 20]])
@pytest.mark.parametrize("over_joins", [False, True])
def test_the_array_is_that_of_whole_recordings(arrays, kept, over_joins, block_frames):
    centred = [center_horizontally(one)[0] for one in arrays]
    speeds = (
        velocities_over_joins(arrays, RATE_HZ)
        if over_joins
        else [velocities(one, RATE_HZ) for one in centred]
    )
    scale, offset = NORMALIZER.node_map.numpy()
    expected = np.concatenate([np.concatenate(centred), np.concatenate(speeds)], axis=2)
    expected = expected[:, list(kept)] * scale + offset
    path = np.concatenate([center_horizontally(one)[1] for one in arrays])
    nodes, found_path = fill_frames([*arrays], kept, NORMALIZER, RATE_HZ, over_joins)
    np.testing.assert_array_equal(nodes, expected)
    np.testing.assert_array_equal(found_path, path)


def test_the_recordings_stay_as_they_are_and_their_list_is_emptied(arrays, block_frames):
    given, before = [*arrays], [one.copy() for one in arrays]
    fill_frames(given, range(53), NORMALIZER, RATE_HZ)
    assert given == []
    assert all(np.array_equal(one, copy) for one, copy in zip(arrays, before, strict=True))
