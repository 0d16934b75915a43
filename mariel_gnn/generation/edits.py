"""Edits of phrases that need no model: mirror and tempo."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.data.heading import heading_rad, rotate_about_z
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

TEMPO = (0.5, 2.0)  # allowed
SAFE_TEMPO = (0.8, 1.25)  # outside, bodies look too heavy or too light: gravity does not scale
MOTION_SCALE = (0.25, 4.0)  # allowed
SAFE_MOTION_SCALE = (0.7, 1.4)  # outside, few recorded phrases of a dancer are that calm or lively


def direction_to_partner(pair: Float[Tensor, "T J2 3"]) -> Float[Tensor, " 1"]:
    """Return the direction from the first dancer to the second in the first frame.

    Args:
        pair: `[T, 2J, C]` metres, the markers of the first dancer first.

    Returns:
        `[1]` radians from x, counter-clockwise from above.
    """
    first, second = pair[:1, :, :2].unflatten(1, (2, -1)).mean(dim=2).unbind(1)
    x, y = (second - first).unbind(-1)
    return torch.atan2(y, x)


def mirror_phrase(
    phrase: Float[Tensor, "T J 3"], skeleton: Skeleton, along: Float[Tensor, " 1"] | None = None
) -> Float[Tensor, "T J 3"]:
    """Return a phrase as in a mirror: what the left side did, the right side does.

    The mirror stands upright in the middle of the first frame, along the direction that the body faces there:
    the phrase starts at the same place and faces the same way. Along the direction from a dancer to a
    partner, both start at their places.

    Args:
        phrase: `[T, J, C]` metres.
        skeleton: pairs left and right markers.
        along: direction of the mirror, radians; None takes that which the body faces.

    Raises:
        UserError: the skeleton has no left and right markers.
    """
    partner = list(skeleton.mirror)
    if partner == list(range(len(partner))):
        raise UserError(
            f"mirror: skeleton {skeleton.name} does not say which markers are left and right: omit "
            "--mirror, or give the run's recordings a skeleton with sides"
        )
    heading = heading_rad(phrase[:1], skeleton) if along is None else along
    middle = torch.nn.functional.pad(phrase[0, :, :2].mean(dim=0), (0, 1))
    ahead = rotate_about_z((phrase - middle)[None], -heading)
    mirrored = ahead[:, :, partner] * phrase.new_tensor([1.0, -1.0, 1.0])
    return rotate_about_z(mirrored, heading)[0] + middle


def change_tempo(phrases: Float[Tensor, "N T J 3"], tempo: float) -> Float[Tensor, "N T2 J 3"]:
    """Return phrases `[N, T, J, C]` danced `tempo` times as fast, at the same frame rate.

    The first and the last pose stay; frames between are interpolated by cubic splines. T2 - 1 is
    (T - 1) / tempo, rounded.

    Args:
        phrases: metres, two frames or more.
        tempo: 1.1 is 10 % faster.
    """
    if tempo == 1:
        return phrases
    from scipy.interpolate import CubicSpline  # takes half a second to import

    last = phrases.shape[1] - 1
    times = np.linspace(0, last, max(2, round(last / tempo) + 1))
    played = CubicSpline(np.arange(last + 1), phrases.double().cpu().numpy(), axis=1)(times)
    return torch.from_numpy(played).to(phrases)
