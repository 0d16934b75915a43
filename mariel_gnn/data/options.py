"""The options of a run's data; no torch, so that `--help` is quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mariel_gnn.mocap.cleaning import CleaningOptions
from mariel_gnn.mocap.formats.numpy_files import Layout

Patterns = str | list[str]


@dataclass(frozen=True)
class DataOptions:
    """Which recordings, and how they are cut.

    Args:
        recordings: one or several patterns of files (.npy, .npz, .csv, .trc, .c3d, .bvh), quoted;
            null makes up a dancer.
        validation: patterns of the files to validate on; they leave the training recordings. Null
            holds out some of those.
        test: patterns of the files to test on, likewise.
        skeleton: the marker set: mariel53, mariel18 or the path of a YAML file.
        rate_hz: frames per second of the files; null takes what they say, 35 where they say nothing.
        layout: field for (rows, frames, 3) with z down, plain for (frames, markers, 3) with z up,
            auto tells by shape.
        reduced_joints: keep 18 of the 53 markers.
        seq_len: frames of a window (usually 64 to 256; 128 is 3.7 s at 35 Hz).
        trim: frames cut off at each end of each file (the field uses 500).
        normalization: train (statistics of the training recordings) or seed (the seed's numbers).
        split: recordings (whole recordings, or blocks of time if there are fewer than five), or
            notebook_random_windows (the seed's own; it leaks, and the run says so).
        split_seed: of the order in which recordings are held out.
        noisy_quarter: the seed's augmentation: a quarter as many windows again, with noise.
        cleaning: how gaps and jumps are treated.
    """

    recordings: Patterns | None = None
    validation: Patterns | None = None
    test: Patterns | None = None
    skeleton: str = "mariel53"
    rate_hz: float | None = None
    layout: Layout = "auto"
    reduced_joints: bool = False
    seq_len: int = 128
    trim: int = 0
    normalization: Normalization = "train"
    split: Literal["recordings", "notebook_random_windows"] = "recordings"
    split_seed: int = 0
    noisy_quarter: bool = False
    cleaning: CleaningOptions = field(default_factory=CleaningOptions)


Normalization = Literal["train", "notebook"]


@dataclass(frozen=True)
class AugmentationOptions:
    """What happens to each training window, drawn anew each time it is seen.

    Args:
        turn: turn the phrase about the vertical by any angle.
        mirror: mirror half of the phrases, left and right markers swapped.
        speed: greatest factor by which a phrase is sped up or slowed down (usually 1, as recorded, to
            1.3); drawn evenly on a logarithmic scale.
        noise_mm: standard deviation of noise on the input positions only, millimetres (usually 0 to
            20); the target stays as recorded.
    """

    turn: bool = True
    mirror: bool = True
    speed: float = 1.0
    noise_mm: float = 5.0
