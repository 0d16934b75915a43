"""The heading of a body as the direction of two latents.

The mean of bodies with different headings has no heading: its left and right collapse. A Gaussian latent
has such a mean, a circle has none. The heading therefore has two latents of its own:
    q(z_1, z_2 | x) = N(rho (cos a, sin a), s² I),    a = atan2(z_2, z_1) in the decoder.
The direction of N(0, I) in the plane is uniform, so the headings of samples are uniform. The radius
rho = sqrt(2) minimises the KL for a given precision of the angle, s / rho; s is learned.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from mariel_gnn.models.options import HEADING_SIZE


class HeadingLatents(nn.Module):
    """Encodes a heading as two latents and decodes it."""

    SIZE = HEADING_SIZE
    RADIUS = math.sqrt(2)

    def __init__(self) -> None:
        super().__init__()
        self.log_std = nn.Parameter(torch.tensor(math.log(0.1)))  # about 4 degrees

    def join(self, angle: Float[Tensor, " B"], phrase: Normal) -> Normal:
        """The posterior `[B, 2 + P]` of the heading and the other latents.

        Args:
            angle: radians from x, counter-clockwise from above.
            phrase: posterior of the other latents, `[B, P]`.
        """
        mean = self.RADIUS * torch.stack([angle.cos(), angle.sin()], dim=-1)
        std = self.log_std.exp().expand_as(mean)
        return Normal(
            torch.cat([mean, phrase.loc], dim=-1),
            torch.cat([std, phrase.scale], dim=-1),
            validate_args=False,
        )

    def split(self, z: Float[Tensor, "B Z"]) -> tuple[Float[Tensor, " B"], Float[Tensor, "B P"]]:
        """The heading in radians, and the other latents."""
        x, y = (z[:, : self.SIZE] + 0.0).unbind(-1)  # turns -0.0 into 0.0: atan2 of both differs
        return torch.atan2(y, x), z[:, self.SIZE :]
