"""How long a window may be so that there is something to hold out and enough to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mariel_gnn.data.recording import Recording
from mariel_gnn.data.splits import split_recordings

# Frames: windows are lengthened in steps, and shorter ones than this hold no movement.
WINDOW_STEP, SHORTEST_WINDOW = 8, 16


def longest_window(
    recordings: Sequence[Recording],
    at_most: int,
    roles: Sequence[str] = ("validation", "test"),
    seed: int = 0,
) -> int | None:
    """The longest window with which the roles can be held out and half of it all is left to learn from.

    Args:
        recordings: all there are, also those shorter than a window.
        at_most: frames of the longest window wanted.
        roles: as of `split_recordings`.
        seed: likewise.

    Returns:
        Frames, in steps of eight; None if there is too little for any.
    """
    for frames in range(at_most - at_most % WINDOW_STEP, SHORTEST_WINDOW - 1, -WINDOW_STEP):
        long_enough = [recording for recording in recordings if len(recording) >= frames]
        parts = split_recordings(long_enough, frames, roles, seed)
        learned_from = _total(parts["train"])
        if all_have_windows(parts, frames) and 2 * learned_from >= _total(recordings):
            return frames
    return None


def all_have_windows(parts: Mapping[str, Sequence[Recording]], frames: int) -> bool:
    """Whether each role has a recording as long as a window of so many frames."""
    return all(any(len(one) >= frames for one in recordings) for recordings in parts.values())


def _total(recordings: Sequence[Recording]) -> int:
    return sum(len(recording) for recording in recordings)
