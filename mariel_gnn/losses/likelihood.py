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
        value: None to learn one number that starts at 1, or the fixed value.
        gain: how much faster than a weight it is learned. Starting at 1, its logarithm has to change by
            about 3 while weights change by hundredths. If `start_at` sets it near its optimum, a gain of
            1 keeps it from dominating a clipped gradient.
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
        """Set the scale that learning starts from."""
        self.raw.fill_(math.log(max(value, 1e-6)) / self.gain)

    def forward(self, mean: Tensor) -> Normal:
        """The Gaussian around `mean`."""
        return Normal(mean, self.std.expand_as(mean), validate_args=False)


class MarkerLaplace:
    """A density of a marker's position that decays with its distance: exp(-|x - mean| / s) / (8 pi s³).

    Its negative logarithm is the distance, so training minimises the reported metric (MPJPE), and hard
    phrases do not dominate by squared distances.

    Args:
        mean: `[..., C]` positions.
        scale: s, a scalar; the mean distance is 3 s.
    """

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        self.mean, self.scale = mean, scale

    def log_prob(self, value: Float[Tensor, "*N 3"]) -> Float[Tensor, "*N"]:
        """Log-density of each marker's position, nats."""
        distance: Tensor = torch.linalg.vector_norm(value - self.mean, dim=-1)
        log_volume = math.log(8 * math.pi) + 3 * self.scale.log()
        return -distance / self.scale - log_volume


class Prediction(NamedTuple):
    """p(x|z) with its scale.

    Attributes:
        positions: mean `[B, T, J, C]`, normalised; Gaussian per coordinate or Laplace per marker.
        path: `[B, T, 2]` normalised path of the body; None for a model without one.
    """

    positions: Normal | MarkerLaplace
    path: Normal | None
