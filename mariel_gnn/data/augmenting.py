"""Augmentation inside the training step: turn about the vertical, mirror, noise on the input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.data.dataset import WindowBatch


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


def turned_about_z(
    vectors: Float[Tensor, "B T J C"], angle: Float[Tensor, " B"]
) -> Float[Tensor, "B T J C"]:
    """Vectors turned about the vertical, each window by its own angle.

    Args:
        vectors: their first two coordinates are x and y; a third is left alone.
        angle: radians, counter-clockwise seen from above.
    """
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    x, y = vectors[..., 0], vectors[..., 1]
    horizontal = torch.stack([cos * x - sin * y, sin * x + cos * y], dim=-1)
    return torch.cat([horizontal, vectors[..., 2:]], dim=-1)


def turned_by(
    positions: Float[Tensor, "B T J 3"], angle: Float[Tensor, "B T"]
) -> Float[Tensor, "B T J 3"]:
    """Each frame turned about the vertical by its own angle, radians counter-clockwise from above."""
    frames = positions.flatten(0, 1)[:, None]
    return turned_about_z(frames, angle.flatten())[:, 0].view_as(positions)


def turned(batch: WindowBatch, angle: Float[Tensor, " B"]) -> WindowBatch:
    """Each window turned about the vertical.

    Args:
        batch: windows whose normalisation has one horizontal scale and no horizontal offset.
        angle: radians, counter-clockwise seen from above.
    """
    parts = [turned_about_z(part, angle) for part in batch.nodes.split(3, dim=-1)]
    path = turned_about_z(batch.path[:, :, None], angle)[:, :, 0]
    return WindowBatch(torch.cat(parts, dim=-1), path)


def mirrored(batch: WindowBatch, which: Bool[Tensor, " B"], partner: Sequence[int]) -> WindowBatch:
    """Some windows mirrored in the plane x = 0, each marker taking its partner's name.

    Args:
        batch: windows as for `turned`.
        which: `[B]` bool.
        partner: `[J]` the left/right partner of each marker (`Skeleton.mirror`).
    """
    sign = batch.nodes.new_tensor([-1.0, 1.0, 1.0, -1.0, 1.0, 1.0])
    nodes = torch.where(
        which[:, None, None, None], batch.nodes[:, :, list(partner)] * sign, batch.nodes
    )
    path = torch.where(which[:, None, None], batch.path * sign[:2], batch.path)
    return WindowBatch(nodes, path)


def drawn_speed(count: int, options: AugmentationOptions) -> Float[Tensor, " {count}"] | None:
    """How much each of `count` phrases is sped up, from torch's global generator; None for not at all."""
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
        options: what to do.
        partner: `[J]` the left/right partner of each marker.
        units_per_metre: normalised units in a metre.

    Returns:
        What the model hears, and what it is to explain.
    """
    count, device = len(batch.nodes), batch.nodes.device
    if options.turn:
        batch = turned(batch, torch.rand(count, device=device) * 2 * math.pi)
    if options.mirror:
        batch = mirrored(batch, torch.rand(count, device=device) < 0.5, partner)
    if not options.noise_mm:
        return batch, batch
    nodes = batch.nodes.clone()
    noise_std = options.noise_mm / 1000 * units_per_metre
    nodes[..., :3] += torch.randn_like(nodes[..., :3]) * noise_std
    return WindowBatch(nodes, batch.path), batch
