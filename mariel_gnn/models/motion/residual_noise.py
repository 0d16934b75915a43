"""Residual noise: motion that the latents do not encode, about a third of all motion.

The residual of reconstructions is measured on training phrases, for each pose axis and frequency. Samples
get Gaussian noise of that size, scaled by their own movement:

    noise_kq ~ N(0, (g m^b std_kq)²),    m = scale of the phrase's movement

Reconstructions have no noise: it would only add error.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ResidualNoise(nn.Module):
    """Samples the residual of reconstructions.

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
        target: Float[Tensor, "N K D"],
        decoded: Float[Tensor, "N K D"],
        axes: Float[Tensor, "D Q"],
    ) -> None:
        """Measure the residual on training phrases.

        Args:
            target: spectra of the recorded poses, minus the mean pose.
            decoded: spectra of their reconstructions.
            axes: of the pose, orthonormal.
        """
        residual = (target - decoded) @ axes
        log_size = residual.square().mean(dim=(1, 2)).sqrt().log()
        movement = _movement(decoded)
        centred = movement - movement.mean()
        self.slope.copy_((centred * log_size).sum() / centred.square().sum().clamp(min=1e-6))
        self.intercept.copy_(log_size.mean() - self.slope * movement.mean())
        shape = residual / self._scale(decoded)[:, None, None]
        self.std.copy_(shape.square().mean(0).sqrt())

    def forward(
        self,
        spectrum: Float[Tensor, "B M D"],
        noise: Float[Tensor, "B K Q"],
        axes: Float[Tensor, "D Q"],
    ) -> Float[Tensor, "B M D"]:
        """Spectra with noise.

        Args:
            spectrum: spectra of poses, minus any constant pose.
            noise: standard normal numbers.
            axes: of the pose.
        """
        sized = noise * self.std * self._scale(spectrum)[:, None, None]
        count = sized.shape[1]
        return torch.cat([spectrum[:, :count] + sized @ axes.T, spectrum[:, count:]], dim=1)

    def draw(self, count: int, temperature: float, generator: torch.Generator) -> Tensor:
        """`temperature` times standard normal numbers `[count, K, Q]`."""
        noise = torch.randn(count, *self.std.shape, generator=generator)
        return temperature * noise.to(self.std.device)

    def _scale(self, spectrum: Float[Tensor, "B M D"]) -> Float[Tensor, " B"]:
        return (self.intercept + self.slope * _movement(spectrum)).exp()


def _movement(spectrum: Float[Tensor, "B M D"]) -> Float[Tensor, " B"]:
    """Logarithm of a phrase's movement: rms of its spectrum times frequency."""
    frequency = torch.arange(spectrum.shape[1], device=spectrum.device)[:, None]
    return (spectrum * frequency).square().mean(dim=(1, 2)).clamp(min=1e-8).sqrt().log()
