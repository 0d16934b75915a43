"""Edges between two dancers: their strengths in each frame, and the edge set of a window.

    near          = max(0, 1 - distance / radius)
    alike         = max(0, (cos(v, w) - least) / (1 - least)),       opposite: the same of -cos
    moving        = min(1, max(0, slower speed / floor - 1))
    near_alike    = near * alike * moving,                           near_opposite likewise
    symmetric     = max(0, 1 - |image of the first's marker - second's marker| / tolerance)

The image is the reflection in the vertical plane midway between the two roots, or half a turn about the
vertical line midway between them. Strengths are in [0, 1] and continuous: small noise changes them little.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from mariel_gnn.graphs.duet_edge_options import DuetEdgeOptions
from mariel_gnn.graphs.edges import EdgeSet

LEAST_AXIS_M = 0.05  # roots closer than this, seen from above, have no plane between them
_TINY = 1e-9


def duet_strengths(
    positions: Float[Tensor, "*N T 2 J 3"],
    roots: Float[Tensor, "*N T 2 _"],
    rate_hz: float,
    options: DuetEdgeOptions | None = None,
) -> Float[Tensor, "*N T E J J"]:
    """The strength of the edge from each node of the first dancer to each of the second, per frame.

    Nodes are markers, or anything else with a place, such as centres of body parts. Velocities are backward
    differences; the first frame has those of the second, and a single frame has none.

    Args:
        positions: `[..., T, 2, J, C]` metres in one room, z up.
        roots: `[..., T, 2, 2 or 3]` the root of each dancer, metres; z is not used.
        rate_hz: frames per second.
        options: channels and thresholds; None takes the defaults.

    Returns:
        `[..., T, channels, J, J]` in [0, 1]: row is the first dancer's node, column the second's. With the
        dancers exchanged it is transposed.
    """
    options = options or DuetEdgeOptions()
    middle = roots[..., :2].mean(dim=-2)
    positions = positions.clone()
    positions[..., :2] -= middle[..., None, None, :]  # small numbers: distances lose no digits
    nearness = None
    channels = []
    for name in options.channels:
        if name in ("near_alike", "near_opposite"):
            nearness = _near(positions, middle, rate_hz, options) if nearness is None else nearness
            channels.append(_moving_with(nearness, -1 if name == "near_opposite" else 1, options))
        else:
            image = _mirrored if name == "mirrored" else _half_turned
            places, exists = image(positions[..., 0, :, :], roots)
            near = _nearness(places, positions[..., 1, :, :], options.tolerance_m)
            channels.append(near if exists is None else near * exists)
    if not channels:
        return positions.new_zeros(*positions.shape[:-3], 0, *2 * positions.shape[-2:-1])
    return torch.stack(channels, dim=-3)


def duet_edge_set(
    strengths: Float[Tensor, "T E J J"], within: EdgeSet, channels: Sequence[str]
) -> EdgeSet:
    """The edges of two bodies in one graph of 2J nodes, with features that change from frame to frame.

    Each body has the edges `within`; their features are constant. Between the bodies there is an edge, in
    both directions, for each pair of nodes with a strength above 0 in any frame. Features of the other sort
    are 0.

    Args:
        strengths: `[T, channels, J, J]` of one window, see `duet_strengths`.
        within: the edges of one body of J nodes; features `[E, F]`.
        channels: names of the strengths.

    Returns:
        Edges in order: first body, second body, first to second, second to first; features `[E, T, F +
        channels]`.
    """
    frames, count, nodes, _ = strengths.shape
    linked = strengths.flatten(0, 1).sum(dim=0) > 0
    first, second = linked.nonzero().unbind(1)
    across = torch.stack([first, second + nodes])
    index = torch.cat([within.edge_index, within.edge_index + nodes, across, across.flip(0)], dim=1)
    own = within.features.repeat(2, 1)[:, None].expand(-1, frames, -1)
    values = strengths.flatten(2)[..., linked.flatten()].permute(2, 0, 1)
    values = pad(values, (within.features.shape[1], 0))
    features = torch.cat([pad(own, (0, count)), values, values])
    return EdgeSet(index, features, (*within.names, *channels))


def _near(
    positions: Tensor, middle: Tensor, rate_hz: float, options: DuetEdgeOptions
) -> tuple[Tensor, Tensor]:
    """How near `[..., T, J, J]`, times how clearly both move; and the cosine of their velocities."""
    velocities = _velocities(positions, middle, rate_hz)
    speed = velocities.norm(dim=-1)
    moving = (speed / options.speed_floor_m_per_s - 1).clamp(0, 1)
    unit = velocities / speed.clamp(min=_TINY)[..., None]
    both = torch.minimum(moving[..., 0, :, None], moving[..., 1, None, :])
    cosine = unit[..., 0, :, :] @ unit[..., 1, :, :].transpose(-1, -2)
    near = _nearness(positions[..., 0, :, :], positions[..., 1, :, :], options.radius_m)
    return near * both, cosine


def _moving_with(near: tuple[Tensor, Tensor], sign: int, options: DuetEdgeOptions) -> Tensor:
    nearness, cosine = near
    slope = sign / (1 - options.least_cosine)
    return (cosine * slope).add_(1 - abs(slope)).clamp_(0, 1) * nearness


def _velocities(positions: Tensor, middle: Tensor, rate_hz: float) -> Tensor:
    """Velocities `[..., T, 2, J, C]` in the room of positions about a moving `middle` `[..., T, 2]`."""
    if positions.shape[-4] < 2:
        return torch.zeros_like(positions)
    steps = positions.diff(dim=-4)
    steps[..., :2] += middle.diff(dim=-2)[..., None, None, :]
    return torch.cat([steps[..., :1, :, :, :], steps], dim=-4) * rate_hz


def _nearness(first: Tensor, second: Tensor, end: float) -> Tensor:
    """Between nodes `[..., J, C]`: 1 at distance 0, falling to 0 at distance `end`, `[..., J, J]`."""
    first, second = first / end, second / end
    # |a - b|^2 as one product of (-2a, |a|^2, 1) and (b, 1, |b|^2): large tensors are passed once.
    one, two = (each.square().sum(-1, keepdim=True) for each in (first, second))
    left = torch.cat([-2 * first, one, torch.ones_like(one)], dim=-1)
    right = torch.cat([second, torch.ones_like(two), two], dim=-1)
    squares = left @ right.transpose(-1, -2)
    return (1 - squares.clamp_(min=_TINY).sqrt()).relu_()


def _mirrored(positions: Tensor, roots: Tensor) -> tuple[Tensor, Tensor | None]:
    """Nodes `[..., T, J, C]` about the middle, reflected in the plane between the roots; if there is one."""
    axis = roots[..., 1, :2] - roots[..., 0, :2]
    length = axis.norm(dim=-1, keepdim=True)
    normal = axis / length.clamp(min=_TINY)
    across = (positions[..., :2] * normal[..., None, :]).sum(-1, keepdim=True)
    horizontal = positions[..., :2] - 2 * across * normal[..., None, :]
    exists = (length / LEAST_AXIS_M - 1).clamp(0, 1)
    return torch.cat([horizontal, positions[..., 2:]], dim=-1), exists[..., None]


def _half_turned(positions: Tensor, _: Tensor) -> tuple[Tensor, Tensor | None]:
    """Nodes `[..., T, J, C]` about the middle after half a turn about the vertical; this always exists."""
    return positions * positions.new_tensor([-1.0, -1.0, 1.0]), None
