"""Laws of the longest window: it works, and a longer one does not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.data.splits import (
    SHORTEST_WINDOW,
    WINDOW_STEP,
    all_have_windows,
    longest_window,
    split_recordings,
)
from mariel_gnn.mocap.recording import Recording


def takes(*lengths: int) -> list[Recording]:
    """Recordings of these lengths, one per file."""
    return [
        Recording(f"take{number}", np.zeros((length, 1, 3), np.float32), 35.0, f"take{number}.npy")
        for number, length in enumerate(lengths)
    ]


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), st.integers(16, 130))
def test_the_longest_window_works_and_a_longer_one_does_not(lengths, at_most):
    recordings = takes(*lengths)
    frames = longest_window(recordings, at_most)

    def works(window):
        parts = split_recordings([one for one in recordings if len(one) >= window], window)
        learned_from = sum(map(len, parts["train"]))
        return all_have_windows(parts, window) and learned_from >= sum(lengths) / 2

    longer = SHORTEST_WINDOW if frames is None else frames + WINDOW_STEP
    assert longer > at_most or not works(longer)
    if frames is not None:
        assert frames <= at_most
        assert frames % WINDOW_STEP == 0
        assert works(frames)


def test_five_long_takes_do_not_shorten_the_window():
    assert longest_window(takes(200, 210, 220, 230, 240), 128) == 128
    assert longest_window(takes(328, 127, 350, 259), 128) == 64
    assert longest_window(takes(40), 128) is None
