"""Floor and feet of generated frames: no hovering, no penetration of the floor, no sliding of feet.

Every task passes its generated frames through `lock_feet`. The body moves as a whole, so poses and bone
lengths stay as they are:

1. Lowered: a body that stays above the floor for longer than a jump is moved down to it, or to the height of
   the recorded frame before. The distance is the morphological opening over `FLIGHT_S` of the height of the
   lowest marker; shorter flights are kept.
2. Lifted: a body whose lowest marker is below the floor is moved up.
3. Shifted: while a foot is in contact, the travel of the body follows it.

At a transition to recorded frames all corrections are zero and start smoothly.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import max_pool1d, pad

from mariel_gnn.generation.transitions import SMOOTHING_PASSES, smooth, transition_ramp
from mariel_gnn.metrics.samples import NEAR_M

CONTACT_RANGE_M = 0.04  # height range in which contact falls from 1 to 0
PENETRATION_M = 0.02  # tolerated depth below the contact height: feet roll, and cameras err
HOVER_M = 0.01  # tolerated height of a standing body above its lowest recorded height
FLIGHT_S = 0.8  # the longest jump; a body without floor contact for longer hovers
FOOT_STILL_M_PER_S = 0.2  # slower markers in contact get larger weights: a foot rolls
FOOT_RAMP_FRAMES, FOOT_SMOOTH_FRAMES = 6, 5


def lock_phrases(
    phrases: Float[Tensor, "N T J 3"], near_floor_m: Float[Tensor, " J"], rate_hz: float
) -> Float[Tensor, "N T J 3"]:
    """Return generated phrases `[N, T, J, C]`, metres, without transitions, each through `lock_feet`.

    A phrase that is not finite, as of a diverged model, is returned as it is.
    """
    return torch.stack(
        [
            lock_feet(phrase, None, near_floor_m, rate_hz) if phrase.isfinite().all() else phrase
            for phrase in phrases
        ]
    )


def lock_feet(
    generated: Float[Tensor, "A J 3"],
    before: Float[Tensor, "J 3"] | None,
    near_floor_m: Float[Tensor, " J"],
    rate_hz: float,
    transition_after: bool = False,
) -> Float[Tensor, "A J 3"]:
    """Return generated frames, moved so that the body stands on the floor and its feet do not slide.

    Args:
        generated: `[A, J, C]` metres.
        before: `[J, C]` the recorded frame before them; None if there is no transition.
        near_floor_m: `[J]` the contact height of each marker; minus infinity for markers that are not on a
            foot.
        rate_hz: frames per second.
        transition_after: whether a transition follows the frames too.
    """
    ramp = torch.ones(len(generated))
    if before is not None:
        ramp = transition_ramp(len(generated), FOOT_RAMP_FRAMES, transition_after)
    floor_m = HOVER_M
    if before is not None:  # a dancer on a platform, or in a jump, is not pulled down
        floor_m = max(HOVER_M, float(_height_m(before[None], near_floor_m)))
    height = _height_m(generated, near_floor_m)
    raised = generated + _rise(height, floor_m, rate_hz, ramp)[:, None]
    before = raised[0] if before is None else before
    contact, slip = _slip_m(torch.cat([before[None], raised]), near_floor_m, rate_hz)
    shift = -smooth(slip * (contact * ramp)[:, None], FOOT_SMOOTH_FRAMES).cumsum(dim=0)
    return raised + pad(shift, (0, 1))[:, None]


def _rise(
    height: Float[Tensor, " A"], floor_m: float, rate_hz: float, ramp: Float[Tensor, " A"]
) -> Float[Tensor, "A 3"]:
    """The vertical correction of each frame, metres: down where the body hovers, up where it is too low.

    Args:
        height: `[A]` of the lowest marker, metres.
        floor_m: the height above which the body hovers.
        rate_hz: frames per second.
        ramp: `[A]` weight of the correction.
    """
    hover = (_opening(height, round(FLIGHT_S * rate_hz)) - floor_m).clamp(min=0)
    down = smooth((hover * ramp)[:, None], FOOT_SMOOTH_FRAMES)[:, 0]
    # The maximum over the width of the smoothing: a smoothed peak would leave a part below the floor.
    width = SMOOTHING_PASSES * (FOOT_SMOOTH_FRAMES // 2)
    depth = _rolling_max((down - height - PENETRATION_M).clamp(min=0), width)
    up = smooth((depth * ramp)[:, None], FOOT_SMOOTH_FRAMES)[:, 0]
    return pad((up - down)[:, None], (2, 0))


def _height_m(
    positions: Float[Tensor, "A J 3"], near_floor_m: Float[Tensor, " J"]
) -> Float[Tensor, " A"]:
    """Height of the lowest marker `[A]` above the floor, metres.

    A foot marker is measured from its own lowest recorded height, which is not 0: markers are on the skin.
    The other markers, as of a hand that touches the floor, are measured from 0, or from a lower foot.
    """
    lowest = near_floor_m - NEAR_M
    is_foot = lowest.isfinite()
    floor = torch.where(is_foot, lowest, lowest[is_foot].min().clamp(max=0))
    return (positions[..., 2] - floor).amin(dim=1)


def _opening(series: Float[Tensor, " A"], frames: int) -> Float[Tensor, " A"]:
    """The greatest series below `series` `[A]` without peaks shorter than `frames`: a rolling minimum, then
    a rolling maximum (Serra, "Image Analysis and Mathematical Morphology", 1982).
    """
    side = frames // 2
    return _rolling_max(-_rolling_max(-series, side), side)


def _rolling_max(series: Float[Tensor, " A"], side: int) -> Float[Tensor, " A"]:
    padded = pad(series[None, None], (side, side), mode="replicate")
    return max_pool1d(padded, 2 * side + 1, 1)[0, 0]


def _slip_m(
    positions: Float[Tensor, "A J 3"], near_floor_m: Float[Tensor, " J"], rate_hz: float
) -> tuple[Float[Tensor, " A1"], Float[Tensor, "A1 2"]]:
    """From frame to frame, the contact in [0, 1] and the horizontal motion of feet in contact, metres."""
    contact = ((near_floor_m - positions[..., 2]) / CONTACT_RANGE_M + 0.5).clamp(0, 1)
    contact = torch.minimum(contact[1:], contact[:-1])
    steps = positions[..., :2].diff(dim=0)
    weights = contact / ((steps.norm(dim=-1) * rate_hz).square() + FOOT_STILL_M_PER_S**2)
    slip = (weights[..., None] * steps).sum(1) / weights.sum(1).clamp(min=1e-9)[:, None]
    return contact.amax(dim=1), slip
