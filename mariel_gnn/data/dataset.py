"""`MarielDataset`: windows of motion capture as torch-geometric graphs and as dense batches.

One contiguous array `[frames, J, 6]` holds all frames of all recordings once: normalized positions,
then velocities. A window is an index into this array; reading a window copies it.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from torch_geometric.data import Data

from mariel_gnn.data.frames import fill_frames
from mariel_gnn.data.normalizing import Normalizer, fit_train_normalizer
from mariel_gnn.data.notebook import fit_notebook_normalizer, notebook_window_starts
from mariel_gnn.data.options import Normalization
from mariel_gnn.data.windows import (
    WindowBatch,
    gather_at_speed,
    gather_windows,
    marker_rows,
    window_starts,
)
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.graphs.edges import EdgeSet, build_edges
from mariel_gnn.mocap.cleaning import DEFAULT_CLEANING, CleaningOptions
from mariel_gnn.mocap.formats.reading import skeleton_for
from mariel_gnn.mocap.loading import Source, load_recordings
from mariel_gnn.mocap.recording import Recording, find_files
from mariel_gnn.mocap.skeletons.loading import load_skeleton, shipped_by_size
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


class MarielDataset(Dataset[Data]):
    """Windows of recordings in the field's own item layout.

    `dataset[i]` is a `torch_geometric.data.Data` with `x` `[J, T*6]` (position then velocity of each
    frame, frames in order), `y` `[J, (T+P)*6]` (the same with P more frames), `edge_index` `[2, E]` of
    the complete graph, `edge_attr` `[E, T]` (1 on skeleton edges, for each frame; a view that takes no
    memory) and `path` `[1, T+P, 2]`, the root's horizontal path in metres since the first frame.
    `dataset.batch(indices)` holds the same numbers densely.

    Args:
        file_path: a file, a pattern or several of them; or recordings.
        seq_len: T, frames of a window (usually 64 to 256; 128 is 3.7 s at 35 Hz).
        predicted_timesteps: P, frames after the window in `y`.
        reduced_joints: keep the 18 markers of the field's reduced set.
        xy_centering: subtract each frame's mean x and y; `path` keeps it.
        no_overlap: consecutive windows share no frame; else one starts every `stride` frames.
        stride: frames from one window's start to the next.
        trim: frames to cut off at each end of each file (the field uses 500).
        normalization: ``"train"`` (statistics of these recordings; windows and velocities within a
            recording; z up, not mirrored; edge flags in both directions), or ``"notebook"``, the
            numbers of the original notebook exactly, quirks included.
        skeleton: the marker set, by name, by path or loaded; None takes the one that the files name
            or that lies beside them, else the shipped one that fits.
        rate_hz: frames per second of the files; None takes what they state (35 if nothing).
        normalizer: statistics of another dataset (the training set) in place of these recordings'.
        cleaning: the treatment of gaps and jumps; None takes recordings that are clean already.

    Raises:
        UserError: no file, wrong shape, no window; the message names the file and what to do.
    """

    def __init__(
        self,
        file_path: Source = "data/mariel_*.npy",
        seq_len: int = 128,
        predicted_timesteps: int = 1,
        reduced_joints: bool = False,
        xy_centering: bool = True,
        no_overlap: bool = False,
        stride: int = 1,
        trim: int = 0,
        normalization: Normalization = "train",
        *,
        skeleton: str | Path | Skeleton | None = None,
        rate_hz: float | None = None,
        normalizer: Normalizer | None = None,
        cleaning: CleaningOptions | None = DEFAULT_CLEANING,
    ) -> None:
        _check(seq_len, predicted_timesteps, stride, trim, normalization)
        self.seq_len, self.predicted_timesteps = seq_len, predicted_timesteps
        self.normalization: Normalization = normalization
        recorded = _skeleton(skeleton, file_path)
        self.skeleton = _reduced(recorded) if reduced_joints else recorded
        needed = 1 if normalization == "notebook" else seq_len + predicted_timesteps
        recordings = load_recordings(
            file_path, recorded, rate_hz=rate_hz, trim=trim, min_frames=needed, cleaning=cleaning
        ).recordings
        self.rate_hz = recordings[0].rate_hz
        self.recordings = [(recording.name, len(recording)) for recording in recordings]
        self.files = [
            (recording.file or recording.source, recording.file_frame) for recording in recordings
        ]
        arrays = [recording.positions for recording in recordings]
        kept = [recorded.markers.index(marker) for marker in self.skeleton.markers]
        if normalization == "train" and reduced_joints:
            # The notebook computes statistics from all markers and reduces afterwards.
            arrays = [array[:, kept] for array in arrays]
            kept = list(range(len(kept)))
        fit = fit_notebook_normalizer if normalization == "notebook" else fit_train_normalizer
        self.normalizer = normalizer or fit(arrays, self.rate_hz, xy_centering)
        lengths = [length for _, length in self.recordings]
        self.starts = self._starts(lengths, stride, no_overlap)
        if not len(self.starts):
            raise UserError(_no_window(lengths, seq_len + predicted_timesteps))
        ends = torch.tensor(lengths)
        self._stops = ends.cumsum(0).repeat_interleave(ends)  # of each frame's recording
        del recordings  # so that the arrays can be freed
        over_joins = normalization == "notebook"
        filled = fill_frames(arrays, kept, self.normalizer, self.rate_hz, over_joins)
        self.nodes, self.path_m = map(torch.from_numpy, filled)

    def __len__(self) -> int:
        return len(self.starts)

    def __repr__(self) -> str:
        return (
            f"MarielDataset({len(self)} windows of {self.seq_len} frames from {len(self.recordings)} "
            f"recordings, skeleton {self.skeleton.name}, normalization {self.normalization!r})"
        )

    def __getitem__(self, index: int) -> Data:
        start = int(self.starts[index])
        stop = start + self.seq_len
        # With the notebook's windows, the slice of the last one is shorter.
        x, y = marker_rows(self.nodes[start : stop + self.predicted_timesteps], self.seq_len)
        path = self.path_m[start : stop + self.predicted_timesteps]
        edge_index, edge_attr = self._edge_tensors
        return Data(
            x=x,
            y=y,
            edge_index=edge_index,
            edge_attr=edge_attr,
            path=(path - path[:1])[None],
            node_map=self._node_map,
            xy_centering=bool(self.normalizer.xy_centering),
        )

    def batch(self, indices: Tensor | Sequence[int], speed: Tensor | None = None) -> WindowBatch:
        """The windows at `indices` `[B]` as a dense batch on the dataset's device.

        Args:
            indices: the windows.
            speed: `[B]` playback speed of each window: 2 is twice as fast. Frames are interpolated and
                velocities scale with it. The end of the recording limits the speed.
        """
        starts = self.starts[torch.as_tensor(indices, device=self.starts.device)]
        if speed is None:
            path = gather_windows(self.path_m, starts, self.seq_len)
            nodes = gather_windows(self.nodes, starts, self.seq_len)
        else:
            speed = self.limited_speed(indices, speed)
            path = gather_at_speed(self.path_m, starts, self.seq_len, speed)
            nodes = gather_at_speed(self.nodes, starts, self.seq_len, speed)
            nodes[..., 3:] *= speed[:, None, None, None]
        path = (path - path[:, :1]) / self.normalizer.path_scale_m.to(path.device)
        return WindowBatch(nodes, path)

    def limited_speed(self, indices: Tensor | Sequence[int], speed: Tensor) -> Tensor:
        """The speeds `[B]` at which the windows at `indices` end within their recordings."""
        starts = self.starts[torch.as_tensor(indices, device=self.starts.device)]
        limit = (self._stops[starts] - 1 - starts) / (self.seq_len - 1)
        return torch.minimum(speed.to(limit), limit)

    def positions_m(self, indices: Tensor | Sequence[int]) -> Tensor:
        """The windows at `indices` `[B, T, J, C]` in metres, z up, with the root trajectory."""
        starts = self.starts[torch.as_tensor(indices, device=self.starts.device)]
        window = gather_windows(self.nodes[..., :3], starts, self.seq_len)
        positions = self.normalizer.positions_to_metres(window)
        if self.normalizer.xy_centering:
            positions[..., :2] += gather_windows(self.path_m, starts, self.seq_len)[:, :, None]
        return positions

    def recordings_m(self, with_path: bool = True) -> list[NDArray[np.float32]]:
        """The recordings `[T, J, C]` in metres as arrays, with or without the root trajectory."""
        positions = self.normalizer.positions_to_metres(self.nodes[..., :3])
        if with_path and self.normalizer.xy_centering:
            positions[..., :2] += self.path_m[:, None]
        return [part.numpy() for part in positions.split([length for _, length in self.recordings])]

    def subset(self, indices: Tensor) -> MarielDataset:
        """The same recordings restricted to the windows at `indices`; both share the storage."""
        part = copy.copy(self)
        part.starts = self.starts[indices]
        return part

    def recut(self, seq_len: int) -> MarielDataset:
        """All windows of `seq_len` frames of the same recordings; both share the storage."""
        cut = copy.copy(self)
        cut.seq_len, cut.predicted_timesteps = seq_len, 0
        cut.starts = window_starts([length for _, length in self.recordings], seq_len)
        cut.__dict__.pop("_edge_tensors", None)  # it has one flag for each frame
        return cut

    def to(self, device: torch.device) -> MarielDataset:
        """The same windows with their array on `device`."""
        moved = copy.copy(self)
        moved.nodes, moved.path_m = self.nodes.to(device), self.path_m.to(device)
        moved.starts = self.starts.to(device)
        moved._stops = self._stops.to(device)
        moved.normalizer = copy.deepcopy(self.normalizer).to(device)
        return moved

    @cached_property
    def edges(self) -> EdgeSet:
        """The complete graph, row-major, with the skeleton-edge flag."""
        return build_edges(self.skeleton, "complete", directed=self.normalization == "notebook")

    @cached_property
    def _edge_tensors(self) -> tuple[Tensor, Tensor]:
        """The tensors that all items share: the edges, and the flag of each frame as a view `[E, T]`."""
        flag = self.edges.feature("skeleton")
        return self.edges.edge_index, flag[:, None].expand(-1, self.seq_len)

    @cached_property
    def _node_map(self) -> Tensor:
        """Scale and offset `[1, 2, 6]` of `x`, so that a model can tell units of other statistics."""
        return self.normalizer.node_map[None]

    def _starts(self, lengths: Sequence[int], stride: int, no_overlap: bool) -> Tensor:
        if self.normalization == "notebook":
            return notebook_window_starts(sum(lengths), self.seq_len, no_overlap)[::stride]
        step = self.seq_len if no_overlap else stride
        return window_starts(lengths, self.seq_len, step, self.predicted_timesteps)


def _check(
    seq_len: int, predicted_timesteps: int, stride: int, trim: int, normalization: str
) -> None:
    for name, value, least in (
        ("seq_len", seq_len, 2),
        ("predicted_timesteps", predicted_timesteps, 0),
        ("stride", stride, 1),
        ("trim", trim, 0),
    ):
        if value < least:
            raise UserError(f"{name} is {value}; it must be {least} or more")
    kinds = get_args(Normalization)
    if normalization not in kinds:
        raise UserError(
            f"no normalization '{normalization}'.{nearest_match(normalization, kinds)} "
            f"There are {', '.join(kinds)}"
        )


def _skeleton(skeleton: str | Path | Skeleton | None, source: Source) -> Skeleton:
    """The marker set that is given, or else the one of the files or recordings."""
    if isinstance(skeleton, Skeleton):
        return skeleton
    if skeleton is not None:
        return load_skeleton(skeleton)
    items = [source] if isinstance(source, str | Path) else list(source)
    recordings = [item for item in items if isinstance(item, Recording)]
    if not recordings:
        return skeleton_for(find_files([item for item in items if not isinstance(item, Recording)]))
    markers = recordings[0].positions.shape[1]
    for shipped in shipped_by_size():
        if len(shipped) == markers:
            return shipped
    raise UserError(
        f"{recordings[0].source}: no shipped skeleton has {markers} markers: give the skeleton"
    )


def _reduced(skeleton: Skeleton) -> Skeleton:
    if skeleton.name != "mariel53":
        raise UserError(
            f"reduced_joints keeps 18 of mariel53's markers; the skeleton is {skeleton.name}: "
            "give a skeleton with fewer markers instead"
        )
    return load_skeleton("mariel18")


def _no_window(lengths: Sequence[int], needed: int) -> str:
    longest = max(lengths)
    return (
        f"no window fits: a window needs {needed} frames without a gap, the longest of "
        f"{len(lengths)} recordings has {longest}: lower seq_len, or give longer recordings"
    )
