"""The contract of every model: `encode(batch) -> q(z|x)`, `decode(z) -> p(x|z)`, `forward`.

A model hears and gives normalised windows; its normalising statistics are buffers in `normalizer`, so
that its weights alone are enough to go from metres to metres.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from mariel_gnn.data.dataset import WindowBatch
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.skeletons import Skeleton


class Prediction(NamedTuple):
    """p(x|z): independent Gaussians with a declared scale.

    Attributes:
        positions: `[B, T, J, C]` normalised positions.
        path: `[B, T, 2]` normalised path of the body, None for a model that has no ear for it.
    """

    positions: Normal
    path: Normal | None


class VAEOutput(NamedTuple):
    """What `forward` gives.

    Attributes:
        posterior: q(z|x), `[B, Z]`.
        prediction: p(x|z) at one z of it.
    """

    posterior: Normal
    prediction: Prediction


@dataclass(frozen=True)
class WindowShape:
    """The sizes that a model is built for.

    Attributes:
        frames: T of a window.
        markers: J.
        rate_hz: frames per second.
    """

    frames: int
    markers: int
    rate_hz: float = 35.0


class VAE(nn.Module, ABC):
    """A variational autoencoder of windows.

    Args:
        shape: T and J.
        latent_size: Z.
        normalizer: statistics of the training windows.
        skeleton: the markers.
    """

    def __init__(
        self, shape: WindowShape, latent_size: int, normalizer: Normalizer, skeleton: Skeleton
    ) -> None:
        super().__init__()
        self.shape, self.latent_size, self.skeleton = shape, latent_size, skeleton
        self.normalizer = normalizer

    @property
    @abstractmethod
    def travels(self) -> bool:
        """Whether the model hears and gives the body's path."""

    @abstractmethod
    def encode(self, batch: WindowBatch) -> Normal:
        """q(z|x) `[B, Z]` of windows."""

    @abstractmethod
    def decode(self, z: Float[Tensor, "B Z"]) -> Prediction:
        """p(x|z) of latents `[B, Z]`."""

    def forward(self, batch: WindowBatch, sample: bool = True) -> VAEOutput:
        """Encode, draw z, decode.

        Args:
            batch: windows.
            sample: draw z from the posterior; else take its mean, as for every reported number.
        """
        posterior = self.encode(batch)
        z = posterior.rsample() if sample else posterior.mean
        return VAEOutput(posterior, self.decode(z))

    def batch_from_metres(self, positions: Float[Tensor, "B T J 3"]) -> WindowBatch:
        """Windows `[B, T, J, C]` in metres, z up, travelling as recorded, as the model hears them.

        Velocities are differences within the window; the first frame has the second's.
        """
        path = torch.zeros_like(positions[..., 0, :2])
        if self.normalizer.xy_centering:
            path = positions[..., :2].mean(dim=2)
            positions = torch.cat([positions[..., :2] - path[:, :, None], positions[..., 2:]], -1)
        steps = positions.diff(dim=1) * self.shape.rate_hz
        velocities = torch.cat([steps[:, :1], steps], dim=1)
        nodes = torch.cat(
            [
                self.normalizer.positions_from_metres(positions),
                self.normalizer.velocities_from_metres(velocities),
            ],
            dim=-1,
        )
        return WindowBatch(nodes, (path - path[:, :1]) / self.normalizer.path_scale_m)

    def metres_from_prediction(
        self, prediction: Prediction
    ) -> tuple[Float[Tensor, "B T J 3"], Float[Tensor, "B T 2"] | None]:
        """The means of p(x|z) in metres: positions `[B, T, J, C]` without travel, path `[B, T, 2]`."""
        positions = self.normalizer.positions_to_metres(prediction.positions.mean)
        if prediction.path is None:
            return positions, None
        return positions, prediction.path.mean * self.normalizer.path_scale_m


class DecoderScale(nn.Module):
    """The standard deviation of a Gaussian decoder, in normalised units.

    Args:
        value: ``None`` to learn it (one number, starting at 1), or the fixed value.
    """

    # One number has to move by about 3 while weights move by hundredths: let it go faster.
    GAIN = 20.0

    def __init__(self, value: float | None = None) -> None:
        super().__init__()
        start = torch.zeros(()) if value is None else torch.tensor(math.log(value) / self.GAIN)
        self.raw = nn.Parameter(start, requires_grad=value is None)

    def extra_repr(self) -> str:
        """The standard deviation, for `print(model)`."""
        return f"std={self.std.item():.4f}, learned={self.raw.requires_grad}"

    @property
    def std(self) -> Float[Tensor, ""]:
        """The standard deviation, a scalar."""
        return torch.exp(self.GAIN * self.raw)

    def forward(self, mean: Tensor) -> Normal:
        """The Gaussian about `mean`."""
        return Normal(mean, self.std.expand_as(mean), validate_args=False)
