"""p(x|z) of windows: Gaussian per coordinate, or Laplace per marker."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal


class DecoderScale(nn.Module):
    """The scale of a decoder, in normalised units.

    Args:
        value: ``None`` to learn it (one number, starting at 1), or the fixed value.
        gain: how much faster than a weight it is learned. From 1 it has to move by about 3 (in its
            logarithm) while weights move by hundredths; started near its place (`start_at`), it
            should not outweigh them where gradients are clipped.
    """

    def __init__(self, value: float | None = None, gain: float = 20.0) -> None:
        super().__init__()
        self.gain = gain
        start = torch.zeros(()) if value is None else torch.tensor(math.log(value) / gain)
        self.raw = nn.Parameter(start, requires_grad=value is None)

    def extra_repr(self) -> str:
        """The scale, for `print(model)`."""
        return f"std={self.std.item():.4f}, learned={self.raw.requires_grad}"

    @property
    def std(self) -> Float[Tensor, ""]:
        """The scale, a scalar."""
        return torch.exp(self.gain * self.raw)

    @torch.no_grad()
    def start_at(self, value: float) -> None:
        """Learn on from this scale."""
        self.raw.fill_(math.log(max(value, 1e-6)) / self.gain)

    def forward(self, mean: Tensor) -> Normal:
        """The Gaussian about `mean`."""
        return Normal(mean, self.std.expand_as(mean), validate_args=False)


class MarkerLaplace:
    """A density of a marker's place that falls with its distance: exp(-|x - mean| / s) / (8 pi s³).

    Its negative logarithm is the distance itself, so that what is minimised is what is reported
    (MPJPE), and phrases that are hard do not outweigh the others by their squares.

    Args:
        mean: `[..., C]` places.
        scale: s, a scalar; the mean distance is 3 s.
    """

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        self.mean, self.scale = mean, scale

    def log_prob(self, value: Float[Tensor, "*N 3"]) -> Float[Tensor, "*N"]:
        """Log-density of each marker's place, nats."""
        distance: Tensor = torch.linalg.vector_norm(value - self.mean, dim=-1)
        log_volume = math.log(8 * math.pi) + 3 * self.scale.log()
        return -distance / self.scale - log_volume


class Prediction(NamedTuple):
    """p(x|z) with a declared scale.

    Attributes:
        positions: mean `[B, T, J, C]`, normalised; Gaussian per coordinate or Laplace per marker.
        path: `[B, T, 2]` normalised path of the body, None for a model that has no ear for it.
    """

    positions: Normal | MarkerLaplace
    path: Normal | None
