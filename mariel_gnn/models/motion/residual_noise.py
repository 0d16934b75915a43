"""The movement that latents do not tell: too fast or too small for them, yet a third of all motion.

What a reconstruction leaves out of a training phrase is measured along the pose axes, frequency by
frequency, and drawn anew for a sample, in proportion to how much the phrase moves:

    detail_kq ~ N(0, (g m^b std_kq)²),    m = size of the phrase's own movement

so that lively phrases get lively detail and quiet ones little. Reconstructions have none of it: it
would only add error.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ResidualNoise(nn.Module):
    """Draws what is left out of reconstructions.

    Args:
        frequencies: K.
        axes: Q.
    """

    std: Tensor
    intercept: Tensor
    slope: Tensor

    def __init__(self, frequencies: int, axes: int) -> None:
        super().__init__()
        self.register_buffer("std", torch.zeros(frequencies, axes))
        self.register_buffer("intercept", torch.zeros(()))
        self.register_buffer("slope", torch.zeros(()))

    @torch.no_grad()
    def fit(
        self,
        known: Float[Tensor, "N K D"],
        told: Float[Tensor, "N K D"],
        axes: Float[Tensor, "D Q"],
    ) -> None:
        """Measure the detail on training phrases.

        Args:
            known: spectra of the poses as recorded, about the mean pose.
            told: those of their reconstructions.
            axes: of the pose, orthonormal.
        """
        left_out = (known - told) @ axes
        amount = left_out.square().mean(dim=(1, 2)).sqrt().log()
        movement = _movement(told)
        centred = movement - movement.mean()
        self.slope.copy_((centred * amount).sum() / centred.square().sum().clamp(min=1e-6))
        self.intercept.copy_(amount.mean() - self.slope * movement.mean())
        shape = left_out / self._amount(told)[:, None, None]
        self.std.copy_(shape.square().mean(0).sqrt())

    def forward(
        self,
        spectrum: Float[Tensor, "B M D"],
        drawn: Float[Tensor, "B K Q"],
        axes: Float[Tensor, "D Q"],
    ) -> Float[Tensor, "B M D"]:
        """Phrases with detail.

        Args:
            spectrum: spectra of poses, about any pose.
            drawn: standard normal numbers.
            axes: of the pose.
        """
        detail = drawn * self.std * self._amount(spectrum)[:, None, None]
        count = detail.shape[1]
        return torch.cat([spectrum[:, :count] + detail @ axes.T, spectrum[:, count:]], dim=1)

    def draw(self, count: int, temperature: float, generator: torch.Generator) -> Tensor:
        """`temperature` times standard normal numbers `[count, K, Q]`."""
        drawn = torch.randn(count, *self.std.shape, generator=generator)
        return temperature * drawn.to(self.std.device)

    def _amount(self, spectrum: Float[Tensor, "B M D"]) -> Float[Tensor, " B"]:
        return (self.intercept + self.slope * _movement(spectrum)).exp()


def _movement(spectrum: Float[Tensor, "B M D"]) -> Float[Tensor, " B"]:
    """Logarithm of how much a phrase moves: frequency counts, standing does not."""
    place = torch.arange(spectrum.shape[1], device=spectrum.device)[:, None]
    return (spectrum * place).square().mean(dim=(1, 2)).clamp(min=1e-8).sqrt().log()
