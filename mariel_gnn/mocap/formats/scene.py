"""Several dancers of one file, and their props, as one recording."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import add_markers, combine_skeletons
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


def combine_dancers(
    recordings: Mapping[str, Recording], skeletons: Mapping[str, Skeleton]
) -> tuple[Recording, Skeleton]:
    """Combine the dancers of one file, with marker names like `Anna:LANK`.

    Args:
        recordings: the recording of each dancer, with equal frames.
        skeletons: the skeleton of each, by the same names.
    """
    first = next(iter(recordings.values()))
    positions = np.concatenate([each.positions for each in recordings.values()], axis=1)
    name = Path(first.source).stem
    combined = dataclasses.replace(first, name=name, positions=positions)
    return combined, combine_skeletons(skeletons)


def add_props(
    recording: Recording, skeleton: Skeleton, names: Sequence[str], positions: NDArray[np.float32]
) -> tuple[Recording, Skeleton]:
    """Add markers that belong to no dancer, such as `Sword:tip`; they get no edges.

    Args:
        recording: of the dancers.
        skeleton: of the dancers.
        names: of the props' markers, none of them in the skeleton.
        positions: of the props' markers `[T, J, C]`, metres, z up.
    """
    whole = np.concatenate([recording.positions, positions], axis=1)
    return dataclasses.replace(recording, positions=whole), add_markers(
        skeleton, names, skeleton.name
    )
