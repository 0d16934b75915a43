"""Feet stand on the floor: where a foot stands, the body goes as that foot says, and no foot sinks in.

A decoded body's path and its steps are told apart and agree only roughly, so feet slide. Here the path gives
way: the mean horizontal speed of the feet's markers that are near the floor is taken from the body's, softly
in height and in time. A body whose foot is under the floor, as after a piece that ends in a jump, is lifted.
At the seam itself, whose speed is given, neither is done. The pose stays as it is.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.easing import away_from_seams, smoothed
from mariel_gnn.metrics.feet import NEAR_M

SOFT_M = 0.04  # between standing and being off the floor
SINK_M = 0.02  # under where it stands a foot may go: it rolls, and cameras err
STILL_M_PER_S = 0.2  # among markers near the floor the stillest has most to say: a foot rolls
RAMP_FRAMES, SMOOTH_FRAMES = 6, 5


def planted(
    generated: Float[Tensor, "A J 3"],
    before: Float[Tensor, "J 3"],
    near_floor_m: Float[Tensor, " J"],
    rate_hz: float,
    goes_on: bool = False,
) -> Float[Tensor, "A J 3"]:
    """Generated frames, moved so that standing feet stand and are not under the floor.

    Args:
        generated: `[A, J, C]` metres.
        before: `[J, C]` the frame before them.
        near_floor_m: `[J]` the height under which a marker stands on the floor; of markers that are not
            of the feet, minus infinity.
        rate_hz: frames per second.
        goes_on: whether something follows whose speed is given too, so that their end is a seam as well.
    """
    free = away_from_seams(len(generated), RAMP_FRAMES, goes_on)
    lift = smoothed((_under_m(generated, near_floor_m) * free)[:, None], SMOOTH_FRAMES)
    standing, slip = _slip_m(torch.cat([before[None], generated]), near_floor_m, rate_hz)
    shift = -smoothed(slip * (standing * free)[:, None], SMOOTH_FRAMES).cumsum(dim=0)
    return generated + torch.cat([shift, lift], dim=-1)[:, None]


def _under_m(positions: Float[Tensor, "A J 3"], near_floor_m: Float[Tensor, " J"]) -> Tensor:
    """How much farther `[A]` a foot is under where it stands than it may be, metres."""
    return (near_floor_m - NEAR_M - SINK_M - positions[..., 2]).amax(dim=1).clamp(min=0)


def _slip_m(
    whole: Float[Tensor, "A J 3"], near_floor_m: Float[Tensor, " J"], rate_hz: float
) -> tuple[Float[Tensor, " A1"], Float[Tensor, "A1 2"]]:
    """From frame to frame, how surely a foot stands and how far the standing ones go, metres."""
    standing = ((near_floor_m - whole[..., 2]) / SOFT_M + 0.5).clamp(0, 1)
    standing = torch.minimum(standing[1:], standing[:-1])
    steps = whole[..., :2].diff(dim=0)
    say = standing / ((steps.norm(dim=-1) * rate_hz).square() + STILL_M_PER_S**2)
    slip = (say[..., None] * steps).sum(1) / say.sum(1).clamp(min=1e-9)[:, None]
    return standing.amax(dim=1), slip
