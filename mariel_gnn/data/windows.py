"""Windows as indices into one contiguous array, and batches of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor


class WindowBatch(NamedTuple):
    """Windows as the input of a model, on one device.

    Attributes:
        nodes: `[B, T, J, 6]` normalized position, then velocity.
        path: `[B, T, 2]` horizontal path of the body since the window's first frame, normalized.
    """

    nodes: Tensor
    path: Tensor

    @property
    def positions(self) -> Tensor:
        """`[B, T, J, C]` normalized positions."""
        return self.nodes[..., :3]


class DuetBatch(NamedTuple):
    """Windows of two dancers in one room as the input of a model, on one device.

    Each dancer's nodes are those of a `WindowBatch`: relative to her own horizontal mean, in the units of
    both. The paths hold where they are in the room: about the point midway between the two in the window's
    first frame, so their difference is the relative place in every frame.

    Attributes:
        nodes: `[B, T, 2J, 6]` normalized position, then velocity; the first dancer's markers come first.
        path: `[B, T, 2, 2]` horizontal place of each dancer, normalized; dancers, then x and y.
        measured: `[B, T]` whether the relative place is measured, not interpolated.
    """

    nodes: Tensor
    path: Tensor
    measured: Tensor

    @property
    def positions(self) -> Tensor:
        """`[B, T, 2J, C]` normalized positions."""
        return self.nodes[..., :3]

    def with_path_where_unmeasured(self, path: Tensor) -> DuetBatch:
        """The same windows with another path `[B, T, 2, 2]` where the relative place is not measured.

        With the path that a model predicts, such frames have no error and teach nothing.
        """
        return self._replace(path=torch.where(self.measured[..., None, None], self.path, path))

    def dancer(self, number: int) -> WindowBatch:
        """One dancer alone, 0 or 1, as `MarielDataset` would give her windows."""
        markers = self.nodes.shape[2] // 2
        nodes = self.nodes[:, :, number * markers : (number + 1) * markers]
        path = self.path[:, :, number]
        return WindowBatch(nodes, path - path[:, :1])


class Windows(Protocol):
    """The part of a dataset that the trainer uses."""

    def __len__(self) -> int: ...

    @property
    def starts(self) -> Tensor:
        """`[N]` the first frame of each window."""
        ...

    def to(self, device: torch.device) -> Windows:
        """The same windows on `device`."""
        ...

    def batch(self, indices: Tensor, speed: Tensor | None = None) -> Any:
        """The windows at `indices` `[B]`, played at `speed` `[B]`: a `WindowBatch`, or a `DuetBatch`."""
        ...


def window_starts(
    lengths: Sequence[int], seq_len: int, stride: int = 1, predicted_timesteps: int = 0
) -> Int[Tensor, " N"]:
    """The first frames of all windows that lie within one recording.

    A recording of `n` frames has `n - (seq_len + predicted_timesteps) + 1` windows at stride 1.

    Args:
        lengths: frames of each recording, in the order in which they are concatenated.
        seq_len: T, frames of a window.
        stride: frames from one window's start to the next.
        predicted_timesteps: P, frames after the window that must exist as well.

    Returns:
        `[N]` int64 indices into the concatenation.
    """
    starts, offset = [], 0
    for length in lengths:
        last = length - (seq_len + predicted_timesteps)
        starts.append(
            torch.arange(offset, offset + last + 1, stride, dtype=torch.int64)
            if last >= 0
            else torch.empty(0, dtype=torch.int64)
        )
        offset += length
    return torch.cat(starts) if starts else torch.empty(0, dtype=torch.int64)


def gather_windows(
    array: Shaped[Tensor, "frames ..."], starts: Int[Tensor, " B"], length: int
) -> Shaped[Tensor, "B {length} ..."]:
    """Copy windows out of a contiguous array.

    Args:
        array: `[frames, ...]`.
        starts: `[B]` first frames, on the same device.
        length: frames of each window.

    Returns:
        `[B, length, ...]`.
    """
    frames = starts[:, None] + torch.arange(length, device=starts.device)
    return array[frames]


def marker_rows(
    frames: Float[Tensor, "frames J D"], first: int
) -> tuple[Float[Tensor, "J first_D"], Float[Tensor, "J frames_D"]]:
    """Copy the frames of one window as rows of markers: those of the `first` frames, and of all.

    NumPy copies on one thread. Torch divides even this small copy among threads, which takes 3 to 10 ms in
    place of 0.05 while other programs keep one of them waiting.

    Args:
        frames: `[T, J, D]`.
        first: frames of the first result.

    Returns:
        `[J, first * D]` and `[J, T * D]`.
    """
    size = first * frames.shape[2]
    if frames.device.type != "cpu":
        rows = frames.transpose(0, 1).flatten(1)
        return rows[:, :size].contiguous(), rows
    copied = frames.numpy().transpose(1, 0, 2).copy().reshape(frames.shape[1], -1)
    return torch.from_numpy(copied[:, :size].copy()), torch.from_numpy(copied)


def gather_at_speed(
    array: Float[Tensor, "frames ..."],
    starts: Int[Tensor, " B"],
    length: int,
    speed: Float[Tensor, " B"],
) -> Float[Tensor, "B {length} ..."]:
    """Copy windows out of a contiguous array, each at its own speed; frames are interpolated linearly.

    Args:
        array: `[frames, ...]`.
        starts: `[B]` first frames.
        length: frames of each window.
        speed: `[B]` frames of the array from one frame of the window to the next.
    """
    place = speed[:, None] * torch.arange(length, device=starts.device)
    before = place.floor().long()
    share = (place - before).reshape(*place.shape, *(1 for _ in array.shape[1:]))
    first = starts[:, None] + before
    second = (first + 1).clamp(max=len(array) - 1)
    return torch.lerp(array[first], array[second], share)


def evenly_spaced(count: int, at_most: int) -> Int[Tensor, " N"]:
    """At most `at_most` of `count` indices, evenly spaced, the first included."""
    return torch.arange(0, count, max(1, -(-count // at_most)))
