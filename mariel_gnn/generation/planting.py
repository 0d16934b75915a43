"""Travel that follows the feet: where a foot stands, the body goes as that foot says.

A decoded body's path and its steps are told apart and agree only roughly, so feet slide. Here the path gives
way: the mean horizontal speed of the feet's markers that are near the floor is taken from the body's, softly
in height and in time, and not at all at the seam itself, whose speed is given. The pose stays as it is.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool1d, pad

SOFT_M = 0.04  # between standing and being off the floor
STILL_M_PER_S = 0.2  # among markers near the floor the stillest has most to say: a foot rolls
RAMP_FRAMES = 6
SMOOTH_FRAMES, PASSES = 5, 2


def planted(
    generated: Float[Tensor, "A J 3"],
    before: Float[Tensor, "J 3"],
    near_floor_m: Float[Tensor, " J"],
    rate_hz: float,
    goes_on: bool = False,
) -> Float[Tensor, "A J 3"]:
    """Generated frames, moved over the floor so that standing feet stand.

    Args:
        generated: `[A, J, C]` metres.
        before: `[J, C]` the frame before them.
        near_floor_m: `[J]` the height under which a marker stands on the floor; of markers that are not
            of the feet, minus infinity.
        rate_hz: frames per second.
        goes_on: whether something follows whose speed is given too, so that their end is a seam as well.
    """
    whole = torch.cat([before[None], generated])
    standing = ((near_floor_m - whole[..., 2]) / SOFT_M + 0.5).clamp(0, 1)
    standing = torch.minimum(standing[1:], standing[:-1])
    steps = whole[..., :2].diff(dim=0)
    say = standing / ((steps.norm(dim=-1) * rate_hz).square() + STILL_M_PER_S**2)
    slip = (say[..., None] * steps).sum(1) / say.sum(1).clamp(min=1e-9)[:, None]
    since = torch.arange(1, len(slip) + 1)
    share = (torch.minimum(since, since.flip(0)) if goes_on else since) / RAMP_FRAMES
    share = share.clamp(max=1)
    gate = standing.amax(dim=1) * share**2 * (3 - 2 * share)
    shift = -_smooth(slip * gate[:, None]).cumsum(dim=0)
    return torch.cat([generated[..., :2] + shift[:, None], generated[..., 2:]], dim=-1)


def _smooth(series: Float[Tensor, "A 2"]) -> Float[Tensor, "A 2"]:
    """Means over neighbouring frames, twice."""
    found, side = series.T[None], SMOOTH_FRAMES // 2
    for _ in range(PASSES):
        found = avg_pool1d(pad(found, (side, side), mode="replicate"), SMOOTH_FRAMES, 1)
    return found[0].T
