"""The leading latents of a phrase: the first L, which tell its posture, tempo and amount of motion.

The latents of `MotionVAE` are ordered by the variance that they explain, as principal components are. The
first of them are a rough description: samples that are given one differ from each other as recorded
phrases do. Their distribution is that of the training phrases with noise,

    l = l_i + NOISE n,    i a random training phrase,   n ~ N(0, I)

and the flow is trained with the same noise on them, so that the two match exactly (noise on a condition:
Ho et al., "Cascaded diffusion models for high fidelity image generation", JMLR 2022).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

NOISE = 0.3  # std; the latents have std 1
LEADING = 32  # L
PHRASES = 2048  # kept, at most; fewer are repeated


def with_noise(leading: Float[Tensor, "B L"], noise: Float[Tensor, "B L"]) -> Float[Tensor, "B L"]:
    """Leading latents as the flow is given them."""
    return leading + NOISE * noise


class LeadingLatents(nn.Module):
    """Draws leading latents of phrases.

    Before `fit` they are N(0, I).

    Args:
        size: L.
    """

    phrases: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        unknown = torch.randn(PHRASES, size, generator=torch.Generator().manual_seed(0))
        self.register_buffer("phrases", unknown)

    @torch.no_grad()
    def fit(self, phrases: Float[Tensor, "N L"]) -> None:
        """Keep the leading latents of training phrases.

        Args:
            phrases: one row a phrase.
        """
        places = torch.linspace(0, len(phrases) - 1, PHRASES, device=phrases.device).round().long()
        self.phrases.copy_(phrases[places])

    def draw(
        self, count: int, temperature: float, generator: torch.Generator
    ) -> Float[Tensor, "N L"]:
        """Those of new phrases.

        Args:
            count: how many.
            temperature: scale of their distance from the mean of the training phrases.
            generator: the source of all randomness, on the CPU.
        """
        phrases = self.phrases[torch.randint(PHRASES, (count,), generator=generator)]
        noise = torch.randn(phrases.shape, generator=generator).to(phrases)
        mean = self.phrases.mean(0)
        return mean + temperature * (with_noise(phrases, noise) - mean)
