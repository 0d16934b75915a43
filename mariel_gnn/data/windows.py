"""Windows by index: where each window starts in one contiguous array; nothing is copied out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor


def window_starts(
    lengths: Sequence[int], seq_len: int, stride: int = 1, predicted_timesteps: int = 0
) -> Int[Tensor, " N"]:
    """The first frames of all windows that lie inside one recording.

    A recording of `n` frames has `n - (seq_len + predicted_timesteps) + 1` windows at stride 1.

    Args:
        lengths: frames of each recording, in the order in which they are concatenated.
        seq_len: T, frames of a window.
        stride: frames from one window's start to the next.
        predicted_timesteps: P, frames after the window that must exist too.

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


def seed_window_starts(frames: int, seq_len: int, no_overlap: bool = False) -> Int[Tensor, " N"]:
    """The seed notebook's windows, quirks included: recordings are crossed, the count is `frames - seq_len`.

    Args:
        frames: length of the concatenation of all recordings.
        seq_len: T, frames of a window.
        no_overlap: `frames // seq_len` windows side by side instead.

    Returns:
        `[N]` int64 indices into the concatenation.
    """
    if no_overlap:
        return torch.arange(frames // seq_len, dtype=torch.int64) * seq_len
    return torch.arange(max(frames - seq_len, 0), dtype=torch.int64)


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


def gather_at_speed(
    array: Float[Tensor, "frames ..."],
    starts: Int[Tensor, " B"],
    length: int,
    speed: Float[Tensor, " B"],
) -> Float[Tensor, "B {length} ..."]:
    """Copy windows out of a contiguous array, each sped up, with frames interpolated in straight lines.

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


def spread(count: int, at_most: int) -> Int[Tensor, " N"]:
    """At most so many of `count` indices, evenly spread, the first among them."""
    return torch.arange(0, count, max(1, -(-count // at_most)))
