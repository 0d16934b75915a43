"""Batches of two dancers from metres and back; no torch-geometric, so that a trained model starts quickly."""

from __future__ import annotations

import torch
from torch import Tensor

from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import DuetBatch


def duet_positions_m(batch: DuetBatch, normalizer: Normalizer) -> Tensor:
    """The positions `[B, T, 2, J, C]` of a batch in metres, z up, about the middle in the first frame."""
    return pairs_in_metres(batch.positions, batch.path * normalizer.path_scale_m, normalizer)


def pairs_in_metres(positions: Tensor, places_m: Tensor, normalizer: Normalizer) -> Tensor:
    """Positions `[B, T, 2, J, C]` in metres of normalized ones `[B, T, 2J, C]`; gradients pass through.

    Args:
        positions: of each dancer about her own horizontal mean.
        places_m: `[B, T, 2, 2]` these means, metres.
        normalizer: their statistics.
    """
    local = normalizer.positions_to_metres(positions).unflatten(2, (2, -1))
    return torch.cat([local[..., :2] + places_m[:, :, :, None], local[..., 2:]], dim=-1)


def duet_batch_from_metres(pairs: Tensor, normalizer: Normalizer, rate_hz: float) -> DuetBatch:
    """Windows of pairs `[B, T, 2, J, C]` in metres in one room as a batch; all places count as measured.

    Gradients pass through.
    """
    places = pairs[..., :2].mean(dim=3)
    local = torch.cat([pairs[..., :2] - places[:, :, :, None], pairs[..., 2:]], dim=-1)
    nodes = normalizer.nodes_from_metres(local, rate_hz)
    path = (places - places[:, :1].mean(dim=2, keepdim=True)) / normalizer.path_scale_m
    measured = torch.ones(pairs.shape[:2], dtype=torch.bool, device=pairs.device)
    return DuetBatch(nodes.flatten(2, 3), path, measured)
