"""Augmentation inside the training step: rotation about the vertical, mirroring, input noise.

Two dancers are always augmented together, about one origin, so their relation stays that of a duet: turned,
mirrored, re-timed (by the dataset, see `draw_speeds`), or with the dancers exchanged. Input noise is the
exception: it is drawn for each marker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.data.heading import rotate_about_z
from mariel_gnn.data.options import AugmentationOptions
from mariel_gnn.data.windows import DuetBatch, WindowBatch

Batch = TypeVar("Batch", WindowBatch, DuetBatch)


def rotate_batch(batch: Batch, angle: Float[Tensor, " B"]) -> Batch:
    """Rotate each window about the vertical.

    Args:
        batch: windows; their normalization has one horizontal scale and no horizontal offset.
        angle: radians, counter-clockwise seen from above.
    """
    vectors = batch.nodes.unflatten(-1, (2, 3)).flatten(2, 3)  # positions and velocities
    path = rotate_about_z(batch.path.reshape(*batch.path.shape[:2], -1, 2), angle)
    nodes = rotate_about_z(vectors, angle).view_as(batch.nodes)
    return batch._replace(nodes=nodes, path=path.view_as(batch.path))


def mirror_batch(batch: Batch, which: Bool[Tensor, " B"], partner: Sequence[int]) -> Batch:
    """Mirror some windows in the plane x = 0, and swap left and right markers.

    Args:
        batch: windows as for `rotate_batch`.
        which: `[B]` the windows to mirror.
        partner: `[J]` the left/right partner of each marker of one dancer (`Skeleton.mirror`).
    """
    markers = len(partner)
    swapped = [
        first + other for first in range(0, batch.nodes.shape[2], markers) for other in partner
    ]
    sign = batch.nodes.new_tensor([-1.0, 1.0, 1.0, -1.0, 1.0, 1.0])
    nodes = batch.nodes.clone()
    nodes[which] = batch.nodes[which][:, :, swapped] * sign
    return batch._replace(nodes=nodes, path=_where(which, batch.path * sign[:2], batch.path))


def swap_dancers(batch: DuetBatch, which: Bool[Tensor, " B"]) -> DuetBatch:
    """Exchange the two dancers of some windows: the second becomes the first.

    Args:
        batch: windows of two dancers.
        which: `[B]` the windows in which to exchange them.
    """
    other_nodes = batch.nodes.roll(batch.nodes.shape[2] // 2, dims=2)
    nodes = _where(which, other_nodes, batch.nodes)
    return batch._replace(nodes=nodes, path=_where(which, batch.path.flip(2), batch.path))


def draw_speeds(count: int, options: AugmentationOptions) -> Float[Tensor, " {count}"] | None:
    """Draw the playback speed of `count` windows from torch's global generator; None for no change."""
    if options.speed == 1:
        return None
    return float(options.speed) ** (2 * torch.rand(count) - 1)


def augment(
    batch: Batch,
    options: AugmentationOptions,
    partner: Sequence[int],
    units_per_metre: float,
) -> tuple[Batch, Batch]:
    """Augment a batch with torch's global generator.

    Args:
        batch: windows as recorded.
        options: the kinds of augmentation.
        partner: `[J]` the left/right partner of each marker of one dancer.
        units_per_metre: normalized units per metre.

    Returns:
        The input of the model, and its target.
    """
    count, device = len(batch.nodes), batch.nodes.device
    if options.turn:
        batch = rotate_batch(batch, torch.rand(count, device=device) * 2 * math.pi)
    if options.mirror:
        batch = mirror_batch(batch, torch.rand(count, device=device) < 0.5, partner)
    if options.swap and isinstance(batch, DuetBatch):
        batch = swap_dancers(batch, torch.rand(count, device=device) < 0.5)
    if not options.noise_mm:
        return batch, batch
    nodes = batch.nodes.clone()
    noise_std = options.noise_mm / 1000 * units_per_metre
    nodes[..., :3] += torch.randn_like(nodes[..., :3]) * noise_std
    return batch._replace(nodes=nodes), batch


def _where(which: Tensor, chosen: Tensor, other: Tensor) -> Tensor:
    """Whole windows `[B, ...]` of `chosen` where `which` `[B]` is true, else of `other`."""
    return torch.where(which.view(-1, *[1] * (chosen.dim() - 1)), chosen, other)
