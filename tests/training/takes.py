"""Windows of the synthetic dancer, to train and to validate on."""

import numpy as np

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.mocap.recording import Recording


def training_and_validation(
    dance: np.ndarray, frames: int, train: int, held_out: int
) -> tuple[MarielDataset, MarielDataset]:
    """Windows of the first `train` frames, and of `held_out` frames from 1000 on.

    Args:
        dance: positions of the dancer.
        frames: of a window.
        train: frames to train on.
        held_out: frames to validate on.
    """

    def cut(start: int, stop: int, like: MarielDataset | None = None) -> MarielDataset:
        recording = Recording("dance", dance[start:stop], 35.0, "/takes/dance.npy", start)
        return MarielDataset([recording], frames, 0, normalizer=like and like.normalizer)

    windows = cut(0, train)
    return windows, cut(1000, 1000 + held_out, windows)
