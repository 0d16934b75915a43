"""`DuetDataset`: windows of two dancers in one room, as torch-geometric graphs and as dense batches.

The frames are those of a `MarielDataset` of all first dancers, then all second dancers: one scale for both,
each dancer about her own horizontal mean, and her place in the room in the path. Nothing is normalized per
frame or per pair, so a body keeps its size, and the relative place of two bodies is kept in every frame.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from torch_geometric.data import Data

from mariel_gnn.data.augmentation import mirror_batch
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.duet_batches import duet_positions_m
from mariel_gnn.data.duets import Duet
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import DuetBatch, evenly_spaced, gather_at_speed, gather_windows
from mariel_gnn.errors import UserError
from mariel_gnn.graphs.duet_edge_options import DuetEdgeOptions
from mariel_gnn.graphs.duet_edges import duet_edge_set, duet_strengths
from mariel_gnn.graphs.edges import EdgeSet, build_edges
from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_MEASURED_WINDOWS = 1100  # at most, for what models measure before and after training


class DuetDataset(Dataset[Data]):
    """Windows of duets in the field's own item layout, with the markers of both dancers as nodes.

    `dataset[i]` is a `torch_geometric.data.Data` with `x` `[2J, T*6]`, `y` `[2J, (T+P)*6]`, `dancer` `[2J]`
    (0 or 1), `edge_index` `[2, E]`, `edge_attr` `[E, T, channels]` (see `edge_channels`; the edges between
    the dancers are those of the window, so E differs), `path` `[1, T+P, 2, 2]` in metres (frame, dancer, x
    and y; about the middle of both in the first frame) and `measured` `[1, T]`. `dataset.batch(indices)`
    holds the same numbers densely, `dataset.strengths(batch)` those of the edges between the dancers.

    Args:
        duets: pairs of recordings; see `read_duets`.
        seq_len: T, frames of a window.
        predicted_timesteps: P, frames after the window in `y`.
        reduced_joints: keep the 18 markers of the field's reduced set.
        no_overlap: consecutive windows share no frame; else one starts every `stride` frames.
        stride: frames from one window's start to the next.
        skeleton: the marker set of one dancer; None takes the shipped one that fits.
        normalizer: statistics of another dataset (the training set) in place of these recordings'.
        edges: channels and thresholds of the edges between the dancers.
        within: the edges of one body; None takes the skeleton edges, completed by the fewest pairs that
            connect them (of these recordings: give those of the training set to other datasets).

    Raises:
        UserError: no duets, or no window.
    """

    def __init__(
        self,
        duets: Sequence[Duet],
        seq_len: int = 128,
        predicted_timesteps: int = 0,
        reduced_joints: bool = False,
        no_overlap: bool = False,
        stride: int = 1,
        *,
        skeleton: Skeleton | None = None,
        normalizer: Normalizer | None = None,
        edges: DuetEdgeOptions | None = None,
        within: EdgeSet | None = None,
    ) -> None:
        needed = seq_len + predicted_timesteps
        self.duets = [duet for duet in duets if len(duet) >= needed]
        if not self.duets:
            longest = max(map(len, duets), default=0)
            raise UserError(
                f"no window of two dancers fits: a window needs {needed} frames, the longest of {len(duets)} "
                f"duets has {longest}: lower seq_len, or give longer duets"
            )
        self.solo = MarielDataset(
            [duet.dancers[number] for number in (0, 1) for duet in self.duets],
            seq_len,
            predicted_timesteps,
            reduced_joints,
            no_overlap=no_overlap,
            stride=stride,
            skeleton=skeleton,
            normalizer=normalizer,
            cleaning=None,
        )
        self._measured = torch.cat([torch.from_numpy(duet.measured) for duet in self.duets])
        self.edge_options = edges or DuetEdgeOptions()
        self._within = within

    def __len__(self) -> int:
        return len(self.solo) // 2

    def __repr__(self) -> str:
        return (
            f"DuetDataset({len(self)} windows of {self.seq_len} frames from {len(self.duets)} duets, "
            f"skeleton {self.skeleton.name})"
        )

    def __getitem__(self, index: int) -> Data:
        index = range(len(self))[index]
        first, second = (self.solo[index + number * len(self)] for number in (0, 1))
        edges = self.edge_set(index)
        markers = len(self.skeleton)
        places = self._places_m(torch.tensor([index]), self.seq_len + self.predicted_timesteps)
        return Data(
            x=torch.cat([first.x, second.x]),
            y=torch.cat([first.y, second.y]),
            dancer=torch.arange(2).repeat_interleave(markers),
            edge_index=edges.edge_index,
            edge_attr=edges.features,
            path=places,
            measured=self._gather_measured(torch.tensor([index]), None),
            node_map=first.node_map,
            xy_centering=first.xy_centering,
        )

    # ------------------------------------------------------------------ what a MarielDataset has too

    @property
    def seq_len(self) -> int:
        """T, frames of a window."""
        return self.solo.seq_len

    @property
    def predicted_timesteps(self) -> int:
        """P, frames after the window in `y`."""
        return self.solo.predicted_timesteps

    @property
    def skeleton(self) -> Skeleton:
        """The marker set of one dancer."""
        return self.solo.skeleton

    @property
    def rate_hz(self) -> float:
        """Frames per second."""
        return self.solo.rate_hz

    @property
    def normalizer(self) -> Normalizer:
        """The statistics, of both dancers together."""
        return self.solo.normalizer

    @property
    def starts(self) -> Tensor:
        """`[N]` the first frame of each window in the first dancers' recordings, one after the other."""
        return self.solo.starts[: len(self)]

    @property
    def recordings(self) -> list[tuple[str, int]]:
        """The name and the number of frames of each duet."""
        return [(duet.name, len(duet)) for duet in self.duets]

    def batch(self, indices: Tensor | Sequence[int], speed: Tensor | None = None) -> DuetBatch:
        """The windows at `indices` `[B]` as a dense batch on the dataset's device.

        Args:
            indices: the windows.
            speed: `[B]` playback speed of each window, for both dancers; see `MarielDataset.batch`.
        """
        indices = self._indices(indices)
        both = None if speed is None else speed.repeat(2)
        nodes, path = self.solo.batch(self._of_both(indices), both)
        nodes, path = (torch.stack(part.chunk(2), dim=2) for part in (nodes, path))
        first = self._places_m(indices, 1) / self.normalizer.path_scale_m.to(path.device)
        speed = None if speed is None else self.solo.limited_speed(indices, speed)
        return DuetBatch(nodes.flatten(2, 3), path + first, self._gather_measured(indices, speed))

    def positions_m(self, indices: Tensor | Sequence[int]) -> Tensor:
        """The windows at `indices` `[B, T, 2, J, C]` in metres in the room, z up."""
        both = self.solo.positions_m(self._of_both(self._indices(indices)))
        return torch.stack(both.chunk(2), dim=2)

    def strengths(self, batch: DuetBatch) -> Tensor:
        """The edges between the dancers of a batch, `[B, T, channels, J, J]`; see `duet_strengths`."""
        positions = duet_positions_m(batch, self.normalizer)
        roots = positions[..., list(self.skeleton.root), :].mean(dim=-2)
        # One window at a time: the tensors of one fit into the cache, three times as fast as all at once.
        return torch.stack(
            [
                duet_strengths(*window, self.rate_hz, self.edge_options)
                for window in zip(positions, roots, strict=True)
            ]
        )

    def recordings_m(self, with_path: bool = True) -> list[NDArray[np.float32]]:
        """The recordings `[T, J, C]` in metres: all first dancers, then all second ones."""
        return self.solo.recordings_m(with_path)

    def measured_pairs_m(self) -> tuple[Tensor, Tensor]:
        """Evenly spaced windows `[N, T, 2, J, C]` in metres whose places are measured, and mirrored.

        Raises:
            UserError: fewer than two windows are measured.
        """
        batch = self.batch(evenly_spaced(len(self), _MEASURED_WINDOWS))
        whole = batch.measured.all(dim=1)
        if whole.sum() < 2:
            raise UserError(
                f"{int(whole.sum())} of {len(whole)} training windows have a measured relative place in all "
                "frames: shorten windows (data.seq_len), or give takes with fewer gaps"
            )
        batch = DuetBatch(*(part[whole] for part in batch))
        mirrored = mirror_batch(batch, torch.ones_like(whole[whole]), self.skeleton.mirror)
        first, second = (duet_positions_m(each, self.normalizer) for each in (batch, mirrored))
        return first, second

    # ------------------------------------------------------------------ edges

    def edge_set(self, index: int) -> EdgeSet:
        """The edges of one window, in the graph of both bodies, features `[E, T, channels]`."""
        strengths = self.strengths(self.batch([index]))[0]
        return duet_edge_set(strengths, self.within, self.edge_options.channels)

    @property
    def edge_channels(self) -> tuple[str, ...]:
        """The names of the channels of `edge_attr`."""
        return (*self.within.names, *self.edge_options.channels)

    @cached_property
    def within(self) -> EdgeSet:
        """The edges of one body."""
        if self._within is not None:
            return self._within
        pairs = measure_pairs(self.solo.recordings_m())
        return build_edges(self.skeleton, "skeleton_completed", pairs=pairs)

    # ------------------------------------------------------------------ parts and copies

    def subset(self, indices: Tensor) -> DuetDataset:
        """The same duets restricted to the windows at `indices`; both share the storage."""
        return self._with_solo(self.solo.subset(self._of_both(self._indices(indices))))

    def recut(self, seq_len: int) -> DuetDataset:
        """All windows of `seq_len` frames of the same duets; both share the storage."""
        return self._with_solo(self.solo.recut(seq_len))

    def to(self, device: torch.device) -> DuetDataset:
        """The same windows with their arrays on `device`."""
        moved = self._with_solo(self.solo.to(device))
        moved._measured = self._measured.to(device)
        return moved

    def _with_solo(self, solo: MarielDataset) -> DuetDataset:
        part = copy.copy(self)
        part.solo = solo
        return part

    def _indices(self, indices: Tensor | Sequence[int]) -> Tensor:
        indices = torch.as_tensor(indices, device=self.solo.starts.device)
        return torch.arange(len(self), device=indices.device)[indices]  # refuses those past the end

    def _of_both(self, indices: Tensor) -> Tensor:
        """The windows of the first dancers, then those of the second ones, in `solo`."""
        return torch.cat([indices, indices + len(self)])

    def _places_m(self, indices: Tensor, frames: int) -> Tensor:
        """The places `[B, frames, 2, 2]` of both dancers, metres from their middle in the first frame."""
        both = gather_windows(self.solo.path_m, self.solo.starts[self._of_both(indices)], frames)
        places = torch.stack(both.chunk(2), dim=2)
        return places - places[:, :1].mean(dim=2, keepdim=True)

    def _gather_measured(self, indices: Tensor, speed: Tensor | None) -> Tensor:
        """`[B, T]` whether the place is measured in the frames that a window uses."""
        starts = self.starts[indices]
        if speed is None:
            return gather_windows(self._measured, starts, self.seq_len)
        return gather_at_speed(self._measured.float(), starts, self.seq_len, speed) == 1
