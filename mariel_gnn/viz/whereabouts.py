"""Where a window of a dataset comes from, in words."""

from __future__ import annotations

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.metrics.errors_by_window import whereabouts


def told_whereabouts(windows: MarielDataset) -> list[str]:
    """Recording and seconds of each window."""
    recording, start = whereabouts(windows)
    length_s = windows.seq_len / windows.rate_hz
    return [
        f"{windows.recordings[number][0]}, {first:.1f} to {first + length_s:.1f} s"
        for number, first in zip(
            recording.tolist(), (start / windows.rate_hz).tolist(), strict=True
        )
    ]
