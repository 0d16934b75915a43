"""The motion scale of a phrase: how much it moves and travels, as two latents of its own.

Calm and energetic dances differ by a scale factor, so the numbers of a code have heavy tails, and samples
from N(0, 1) all have the same scale. With the scale in separate latents it can be set by hand, and the
other latents are closer to a Gaussian (Gaussian scale mixture: Wainwright and Simoncelli, NIPS 1999):

    scale_g = rms over group g of code / std,     log_scale_g = (log scale_g - mean) / std over phrases
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mariel_gnn.models.options import SCALE_SIZE

STILL = 0.03  # smallest scale, relative to the mean one: limits the amplification of still phrases


class MotionScale(nn.Module):
    """Measures the scales of codes.

    Args:
        size: W, numbers of a code.
    """

    SIZE = SCALE_SIZE
    groups: Tensor
    code_std: Tensor
    log_mean: Tensor
    log_std: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("groups", torch.zeros(size, dtype=torch.long))
        self.register_buffer("code_std", torch.ones(size))
        self.register_buffer("log_mean", torch.zeros(self.SIZE))
        self.register_buffer("log_std", torch.ones(self.SIZE))

    @torch.no_grad()
    def fit(self, code: Float[Tensor, "N W"], groups: Int[Tensor, " W"]) -> None:
        """Measure the stds of codes and the distribution of scales.

        Args:
            code: unscaled, of training windows.
            groups: of each number: 0 for posture, which has no scale, 1 for movement, 2 for travel.
        """
        self.groups.copy_(groups)
        self.code_std.copy_(code.std(0).clamp(min=1e-6))
        self.log_mean.zero_()
        self.log_std.fill_(1)
        log_scale = self.log_scale(code)
        self.log_mean.copy_(log_scale.mean(0))
        self.log_std.copy_(log_scale.std(0).clamp(min=1e-3))

    def log_scale(self, code: Float[Tensor, "B W"]) -> Float[Tensor, "B 2"]:
        """Standardised logarithms of the scales of movement and travel."""
        squares = (code / self.code_std).square()
        groups = [squares[:, self.groups == group] for group in (1, 2)]
        mean = torch.stack([part.sum(1) / max(part.shape[1], 1) for part in groups], dim=1)
        return (0.5 * mean.clamp(min=STILL**2).log() - self.log_mean) / self.log_std

    def factors(self, log_scale: Float[Tensor, "B 2"]) -> Float[Tensor, "B 3"]:
        """The factor of each group: posture, movement, travel."""
        scale = (self.log_mean + self.log_std * log_scale).exp()
        return torch.cat([torch.ones_like(scale[:, :1]), scale], dim=1)
