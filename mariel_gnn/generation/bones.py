"""Bones keep their length: what an offset that fades stretches is pulled back to what bodies do.

Each marker's offset at a seam fades by itself, and a forearm between two of them gives by centimetres. Where
the model knows how far markers of a body are apart, the frames are brought back to that.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.easing import away_from_seams, smoothed
from mariel_gnn.models import VAE

RAMP_FRAMES = 8  # shorter ramps jerk, longer ones leave the bones that fade with the offset bent
SMOOTH_FRAMES = 3


def with_bones(
    network: VAE, generated: Float[Tensor, "A J 3"], goes_on: bool = False
) -> Float[Tensor, "A J 3"]:
    """Generated frames `[A, J, C]`, metres, with bones as long as bodies' are, the seams as they were.

    Args:
        network: knows of bones, or leaves the frames as they are.
        generated: the frames after a seam.
        goes_on: whether something follows, so that their end is a seam as well.
    """
    change = (network.with_bones(generated) - generated).flatten(1)
    free = away_from_seams(len(generated), RAMP_FRAMES, goes_on)[:, None]
    return generated + smoothed(free * change, SMOOTH_FRAMES).view_as(generated)
