"""How much a phrase moves and travels, apart from how it does.

Lively and quiet dances move alike but for the amount, so numbers of movement have heavy tails, and
latents drawn one by one from N(0, 1) make every phrase equally lively. Told apart, the amount is a
latent of its own that can be turned, and the rest is nearer to a Gaussian (a Gaussian scale mixture:
Wainwright and Simoncelli, NIPS 1999):

    amount_g = rms over group g of code / std,     level_g = (log amount_g - mean) / std over phrases
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mariel_gnn.models.options import SCALE_SIZE

STILL = 0.03  # of the usual amount; a phrase that moves less is not blown up further


class MotionScale(nn.Module):
    """Knows the amounts of codes, once they are measured.

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
        """Measure usual sizes and amounts.

        Args:
            code: of training windows, with their amounts.
            groups: of each number, 0 for posture, which has no amount; 1 for movement; 2 for travel.
        """
        self.groups.copy_(groups)
        self.code_std.copy_(code.std(0).clamp(min=1e-6))
        self.log_mean.zero_()
        self.log_std.fill_(1)
        amount = self.log_scale(code)
        self.log_mean.copy_(amount.mean(0))
        self.log_std.copy_(amount.std(0).clamp(min=1e-3))

    def log_scale(self, code: Float[Tensor, "B W"]) -> Float[Tensor, "B 2"]:
        """How lively phrases are and how far they travel; usual ones are at 0."""
        sized = (code / self.code_std).square()
        squares = [sized[:, self.groups == group] for group in (1, 2)]
        amount = torch.stack([part.sum(1) / max(part.shape[1], 1) for part in squares], dim=1)
        return (0.5 * amount.clamp(min=STILL**2).log() - self.log_mean) / self.log_std

    def factors(self, log_scale: Float[Tensor, "B 2"]) -> Float[Tensor, "B 3"]:
        """What each group is larger by than in a phrase of amount 1."""
        amount = (self.log_mean + self.log_std * log_scale).exp()
        return torch.cat([torch.ones_like(amount[:, :1]), amount], dim=1)
