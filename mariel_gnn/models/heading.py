"""Where a body faces, as two latents whose direction is the heading.

A Gaussian latent has a middle, a circle has none: between phrases that face all ways lies a body that
faces no way, its left and right fallen together. So the heading is kept separate. Two latents hold it,
    q(z_1, z_2 | x) = N(rho (cos a, sin a), s² I),    a = atan2(z_2, z_1) in the decoder,
and since the direction of N(0, I) in the plane is uniform, samples face all ways alike. The radius
rho = sqrt(2) has the least KL for a given precision of the angle, s / rho; s is learned.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from mariel_gnn.models.options import HEADING_SIZE


class HeadingLatents(nn.Module):
    """Puts the heading into two latents and takes it out again."""

    SIZE = HEADING_SIZE
    RADIUS = math.sqrt(2)

    def __init__(self) -> None:
        super().__init__()
        self.log_std = nn.Parameter(torch.tensor(math.log(0.1)))  # about 4 degrees

    def join(self, angle: Float[Tensor, " B"], phrase: Normal) -> Normal:
        """The posterior `[B, 2 + P]` of heading and phrase.

        Args:
            angle: radians from x, counter-clockwise from above.
            phrase: posterior of the rest, `[B, P]`.
        """
        mean = self.RADIUS * torch.stack([angle.cos(), angle.sin()], dim=-1)
        std = self.log_std.exp().expand_as(mean)
        return Normal(
            torch.cat([mean, phrase.loc], dim=-1),
            torch.cat([std, phrase.scale], dim=-1),
            validate_args=False,
        )

    def split(self, z: Float[Tensor, "B Z"]) -> tuple[Float[Tensor, " B"], Float[Tensor, "B P"]]:
        """The heading in radians, and the rest of the latents."""
        x, y = (z[:, : self.SIZE] + 0.0).unbind(-1)  # -0.0 becomes 0.0, or no heading would be two
        return torch.atan2(y, x), z[:, self.SIZE :]
