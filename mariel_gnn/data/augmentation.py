"""Augmentation inside the training step: rotation about the vertical, mirroring, input noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.data.heading import rotate_about_z
from mariel_gnn.data.options import AugmentationOptions
from mariel_gnn.data.windows import WindowBatch


def rotate_batch(batch: WindowBatch, angle: Float[Tensor, " B"]) -> WindowBatch:
    """Rotate each window about the vertical.

    Args:
        batch: windows; their normalization has one horizontal scale and no horizontal offset.
        angle: radians, counter-clockwise seen from above.
    """
    parts = [rotate_about_z(part, angle) for part in batch.nodes.split(3, dim=-1)]
    path = rotate_about_z(batch.path[:, :, None], angle)[:, :, 0]
    return WindowBatch(torch.cat(parts, dim=-1), path)


def mirror_batch(
    batch: WindowBatch, which: Bool[Tensor, " B"], partner: Sequence[int]
) -> WindowBatch:
    """Mirror some windows in the plane x = 0, and swap left and right markers.

    Args:
        batch: windows as for `rotate_batch`.
        which: `[B]` the windows to mirror.
        partner: `[J]` the left/right partner of each marker (`Skeleton.mirror`).
    """
    sign = batch.nodes.new_tensor([-1.0, 1.0, 1.0, -1.0, 1.0, 1.0])
    nodes = torch.where(
        which[:, None, None, None], batch.nodes[:, :, list(partner)] * sign, batch.nodes
    )
    path = torch.where(which[:, None, None], batch.path * sign[:2], batch.path)
    return WindowBatch(nodes, path)


def draw_speeds(count: int, options: AugmentationOptions) -> Float[Tensor, " {count}"] | None:
    """Draw the playback speed of `count` windows from torch's global generator; None for no change."""
    if options.speed == 1:
        return None
    return float(options.speed) ** (2 * torch.rand(count) - 1)


def augment(
    batch: WindowBatch,
    options: AugmentationOptions,
    partner: Sequence[int],
    units_per_metre: float,
) -> tuple[WindowBatch, WindowBatch]:
    """Augment a batch with torch's global generator.

    Args:
        batch: windows as recorded.
        options: the kinds of augmentation.
        partner: `[J]` the left/right partner of each marker.
        units_per_metre: normalized units per metre.

    Returns:
        The input of the model, and its target.
    """
    count, device = len(batch.nodes), batch.nodes.device
    if options.turn:
        batch = rotate_batch(batch, torch.rand(count, device=device) * 2 * math.pi)
    if options.mirror:
        batch = mirror_batch(batch, torch.rand(count, device=device) < 0.5, partner)
    if not options.noise_mm:
        return batch, batch
    nodes = batch.nodes.clone()
    noise_std = options.noise_mm / 1000 * units_per_metre
    nodes[..., :3] += torch.randn_like(nodes[..., :3]) * noise_std
    return WindowBatch(nodes, batch.path), batch
