"""The options of a run's data; no torch, so that `--help` is quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mariel_gnn.graphs.duet_edge_options import DuetEdgeOptions
from mariel_gnn.mocap.cleaning import CleaningOptions
from mariel_gnn.mocap.formats.unnamed_arrays import Layout
from mariel_gnn.ranges import at_least

Patterns = str | list[str]


@dataclass(frozen=True)
class DataOptions:
    """Which recordings, and how windows are cut from them.

    Args:
        recordings: one or several files of any readable format, or patterns, quoted;
            null generates the synthetic dancer.
        partners: the files of the second dancers of duets, or patterns; matched with the recordings in
            sorted order, with one clock and one room. Null: solo dancers, or files that hold two dancers.
        interpolated: clips such as take.npy@12.5s-13s in which the place of a dancer is interpolated, so
            that the relative place of a duet is not measured there.
        validation: patterns of the files to validate on; they are removed from the training
            recordings. Null holds out some of the recordings.
        test: patterns of the files to test on, likewise.
        skeleton: the marker set: a shipped one such as mariel53, or the path of a YAML file; null takes
            the one that the files name or that lies beside them.
        rate_hz: frames per second of the files; null takes what they state, 35 if they state nothing.
        layout: field for (rows, frames, 3) with z down, plain for (frames, markers, 3) with z up,
            auto decides by shape.
        reduced_joints: keep 18 of the 53 markers.
        seq_len: frames of a window (usually 64 to 256; 128 is 3.7 s at 35 Hz).
        trim: frames to cut off at each end of each file (the field uses 500).
        normalization: train (statistics of the training recordings) or notebook (the original
            notebook's).
        split: recordings (whole recordings, or blocks of time if there are fewer than five), or
            notebook_random_windows (the original notebook's; it leaks, and the run reports it).
        split_seed: random seed of the order in which recordings are held out.
        noisy_quarter: the original notebook's augmentation: add a quarter as many windows, with noise.
        cleaning: the treatment of gaps and jumps.
        duet_edges: the edges between two dancers.
    """

    recordings: Patterns | None = None
    partners: Patterns | None = None
    interpolated: Patterns | None = None
    validation: Patterns | None = None
    test: Patterns | None = None
    skeleton: str | None = None
    rate_hz: float | None = at_least(1, default=None)
    layout: Layout = "auto"
    reduced_joints: bool = False
    seq_len: int = at_least(8, default=128)
    trim: int = at_least(0, default=0)
    normalization: Normalization = "train"
    split: Literal["recordings", "notebook_random_windows"] = "recordings"
    split_seed: int = 0
    noisy_quarter: bool = False
    cleaning: CleaningOptions = field(default_factory=CleaningOptions)
    duet_edges: DuetEdgeOptions = field(default_factory=DuetEdgeOptions)


Normalization = Literal["train", "notebook"]


@dataclass(frozen=True)
class AugmentationOptions:
    """Augmentation of training windows; each step draws it anew.

    Args:
        turn: rotate the window about the vertical by a random angle.
        mirror: mirror half of the windows and swap left and right markers.
        swap: exchange the two dancers in half of the windows of duets; off keeps their roles apart.
        speed: largest factor by which a window is played faster or slower (usually 1, as recorded, to
            1.3); uniform on a logarithmic scale.
        noise_mm: standard deviation of noise on the input positions, millimetres (usually 0 to 20; 5
            increased the error of gnn_vae); the target stays as recorded.
    """

    turn: bool = True
    mirror: bool = True
    swap: bool = True
    speed: float = at_least(1, default=1.25)
    noise_mm: float = at_least(0, default=0.0)
