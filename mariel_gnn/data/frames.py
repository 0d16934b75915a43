"""All frames of all recordings in one array `[frames, J, 6]`: normalized positions, then velocities."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.normalizing import FloatArray, Normalizer, center_horizontally, velocities
from mariel_gnn.mocap.recording import frame_blocks

Nodes = NDArray[np.float32]


def fill_frames(
    arrays: list[FloatArray],
    kept: Sequence[int],
    normalizer: Normalizer,
    rate_hz: float,
    over_joins: bool = False,
) -> tuple[Nodes, NDArray[np.float32]]:
    """The one array, and the root's path.

    Positions are in memory once: they move to the front half of the array, `arrays` is emptied, and the
    array is filled from its end, in blocks.

    Args:
        arrays: positions `[T, J, C]` of each recording, metres, z up; the list is emptied.
        kept: the markers to keep.
        normalizer: from metres to the units of the array.
        rate_hz: frames per second.
        over_joins: velocities of the original notebook: backward differences over the joins of
            recordings, of positions that are not centred; the first is zero. Else they are within a
            recording, of the positions in the array, and its first frame repeats those of the second.

    Returns:
        `[frames, J, 6]`, and the path `[frames, 2]` in metres.
    """
    lengths = [len(array) for array in arrays]
    nodes = np.empty((sum(lengths), len(kept), 6), np.float32)
    path = np.zeros((sum(lengths), 2), np.float32)
    positions = _packed(arrays, nodes)
    # A slice is no copy.
    chosen = slice(None) if [*kept] == [*range(positions.shape[1])] else kept
    scale, offset = normalizer.node_map.numpy()
    for start, stop, first in reversed([*_blocks(lengths, over_joins)]):
        block = positions[first:stop].copy()  # the nodes overwrite it
        moved = block
        if normalizer.xy_centering:
            moved, horizontal = center_horizontally(block)
            path[start:stop] = horizontal[start - first :]
        speed = velocities(block if over_joins else moved, rate_hz)[start - first :]
        if over_joins and start == 0:
            speed[0] = 0
        nodes[start:stop, :, :3] = moved[start - first :, chosen] * scale[:3] + offset[:3]
        nodes[start:stop, :, 3:] = speed[:, chosen] * scale[3:] + offset[3:]
    return nodes, path


def _packed(arrays: list[FloatArray], nodes: Nodes) -> Nodes:
    """Move the recordings behind each other, to the front of the nodes if they fit; `arrays` is emptied."""
    frames, markers = len(nodes), arrays[0].shape[1]
    size = frames * markers * 3
    place = nodes.reshape(-1)[:size] if size <= nodes.size else np.empty(size, np.float32)
    packed = place.reshape(frames, markers, 3)
    begin = 0
    while arrays:
        array = arrays.pop(0)
        packed[begin : begin + len(array)] = array
        begin += len(array)
    return packed


def _blocks(lengths: Sequence[int], over_joins: bool) -> Iterator[tuple[int, int, int]]:
    """First frame, end, and the first frame that the velocities need, of blocks within recordings."""
    for begin, length in zip(itertools.accumulate(lengths, initial=0), lengths, strict=False):
        for rows in frame_blocks(length):
            has_before = rows.start > 0 or (over_joins and begin > 0)
            start = begin + rows.start
            yield start, begin + rows.stop, start - has_before
