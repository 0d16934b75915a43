"""The windows that models are measured on: a synthetic dancer, or a synthetic couple."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mariel_gnn.config import RunOptions
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.synthetic.couple import synthesize_couple
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

MORE_FRAMES = 292  # than a window: a model's principal axes need more windows than latents
RATE_HZ = 35.0

Dataset = MarielDataset | DuetDataset


def windows_for(options: RunOptions) -> Dataset:
    """Windows of the length, the normalization and the number of dancers that a model takes."""
    data = options.data
    return _windows(data.seq_len, data.normalization, options.network.dancers)


@lru_cache
def _windows(seq_len: int, normalization: str, dancers: int) -> Dataset:
    frames = seq_len + MORE_FRAMES
    if dancers == 2:
        return DuetDataset([synthetic_duet(frames)], seq_len)
    normal = "notebook" if normalization == "notebook" else "train"
    return MarielDataset([synthetic_take(frames)], seq_len, 0, normalization=normal)  # type: ignore[arg-type]


@lru_cache
def synthetic_take(frames: int) -> Recording:
    """A recording of the synthetic dancer."""
    positions = synthesize_recording(0, (frames + 1) / RATE_HZ, RATE_HZ)[:frames]
    return Recording("dancer", positions.astype(np.float32), RATE_HZ, "dancer.npy")


@lru_cache
def synthetic_duet(frames: int) -> Duet:
    """A recording of the synthetic couple."""
    couple = synthesize_couple("in_contact", 0, (frames + 1) / RATE_HZ, RATE_HZ).positions[:frames]
    first, second = (
        Recording(name, couple[:, number].astype(np.float32), RATE_HZ, "couple.npz")
        for number, name in enumerate(("first", "second"))
    )
    return Duet((first, second), np.ones(frames, dtype=np.bool_))
