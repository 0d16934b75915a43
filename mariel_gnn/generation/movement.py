"""How much a phrase moves, on the spot and over the floor, and what it costs to move otherwise.

A window fitted to a second of dance is calmer than what it follows: little movement agrees with anything.
So that going on does not die away, its two amounts are held where the given piece has them:

    cost = ½ Σ_g (log(STILL + m_g) - log(STILL + m_g given))² / SPREAD²,    m = (pose, path) metres a second
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.fitting import Cost
from mariel_gnn.metrics.samples import marker_speed_m_per_s

SPREAD = 0.005  # of a logarithm: in nats, about as much to say as the frames at the seam
STILL_M_PER_S = 0.05  # moving less than this is standing still


def movement(positions: Float[Tensor, "N T J 3"], rate_hz: float) -> Float[Tensor, "N 2"]:
    """Mean speed of the markers with travel taken away, and of the body's path, metres a second.

    Args:
        positions: `[N, T, J, C]` metres; gradients go through.
        rate_hz: frames per second.
    """
    on_the_spot = marker_speed_m_per_s(positions, rate_hz).mean(dim=(1, 2))
    path = rate_hz * positions[..., :2].mean(dim=2).diff(dim=1).norm(dim=-1).mean(dim=1)
    return torch.stack([on_the_spot, path], dim=1)


def as_lively_as(
    piece: Float[Tensor, "A J 3"], rate_hz: float, from_frame: int, travels: bool = True
) -> Cost:
    """What phrases `[N, T, J, C]` cost `[N]`, nats, for moving less or more than a piece.

    Args:
        piece: `[A, J, C]` metres.
        rate_hz: frames per second.
        from_frame: of a phrase, the first that counts.
        travels: whether their path counts too.
    """
    amounts = 2 if travels else 1

    def told(positions: Tensor) -> Tensor:
        return (movement(positions, rate_hz)[:, :amounts] + STILL_M_PER_S).log()

    wanted = told(piece[None])

    def cost(phrases: Tensor) -> Tensor:
        away = (told(phrases[:, from_frame:]) - wanted) / SPREAD
        return 0.5 * away.square().sum(dim=1)

    return cost
