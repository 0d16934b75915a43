"""How much a phrase moves, turns and travels, apart from how it does.

Lively and quiet dances move alike but for the amount, so numbers of movement have heavy tails, and
latents drawn one by one from N(0, 1) make every phrase equally lively. Told apart, the amounts are
latents of their own that can be turned, and the rest is nearer to a Gaussian (a Gaussian scale mixture:
Wainwright and Simoncelli, NIPS 1999). Amounts go together; their levels do not:

    amount_g = rms over group g of code / std
    log amounts = mean + root levels,     root root^T = covariance over training windows
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

STILL = 0.03  # of the usual amount; a phrase that moves less is not blown up further
LEAST_VARIANCE = 1e-4  # of logarithms: groups that hardly vary, or are empty, are not blown up


class Liveliness(nn.Module):
    """Knows the amounts of codes, once they are measured.

    Args:
        groups: `[W]` of each number of a code: 0 for posture, which has no amount, or 1 to G.
    """

    groups: Tensor
    std: Tensor
    mean: Tensor
    root: Tensor

    def __init__(self, groups: Int[Tensor, " W"]) -> None:
        super().__init__()
        self.count = int(groups.max())
        self.register_buffer("groups", groups, persistent=False)
        self.register_buffer("std", torch.ones(len(groups)))
        self.register_buffer("mean", torch.zeros(self.count))
        self.register_buffer("root", torch.eye(self.count))

    @torch.no_grad()
    def fit(self, code: Float[Tensor, "N W"]) -> None:
        """Measure usual sizes, and how amounts vary together.

        Args:
            code: of training windows, with their amounts.
        """
        self.std.copy_(code.std(0).clamp(min=1e-6))
        amounts = self._log_amounts(code).double()
        self.mean.copy_(amounts.mean(0))
        values, vectors = torch.linalg.eigh(torch.cov(amounts.T).view(self.count, self.count))
        self.root.copy_(vectors * values.clamp(min=LEAST_VARIANCE).sqrt() @ vectors.T)

    def levels(self, code: Float[Tensor, "B W"]) -> Float[Tensor, "B G"]:
        """How lively phrases are: 0 as usual, 1 as much more as phrases differ."""
        apart = self._log_amounts(code) - self.mean
        levels: Tensor = torch.linalg.solve(self.root, apart, left=False)
        return levels

    def factors(self, levels: Float[Tensor, "B G"]) -> Float[Tensor, "B G1"]:
        """What each group, posture first, is larger by than in a phrase of amount 1."""
        return nn.functional.pad((self.mean + levels @ self.root).exp(), (1, 0), value=1.0)

    def _log_amounts(self, code: Float[Tensor, "B W"]) -> Float[Tensor, "B G"]:
        member = nn.functional.one_hot(self.groups, self.count + 1)[:, 1:].to(code.dtype)
        squares = (code / self.std).square() @ member / member.sum(0).clamp(min=1)
        return 0.5 * squares.clamp(min=STILL**2).log()
