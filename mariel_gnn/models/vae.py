"""The contract of every model: `encode(windows) -> q(z|x)`, `decode(z) -> p(x|z)`, `forward`.

A model hears and gives normalised windows, as a dense batch or as PyG graphs; its normalising
statistics are buffers in `normalizer`, so that its weights alone are enough to go from metres to metres.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal
from torch_geometric.data import Data

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.errors import UserError
from mariel_gnn.losses.likelihood import Prediction
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.heading import HeadingLatents


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

    Attributes:
        heading: what says that the first latents are the heading; None where it is entangled with the rest.
    """

    heading: HeadingLatents | None

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
    def posterior(self, batch: WindowBatch) -> Normal:
        """q(z|x) `[B, Z]` of a dense batch."""

    @abstractmethod
    def decode(self, z: Float[Tensor, "B Z"]) -> Prediction:
        """p(x|z) of latents `[B, Z]`."""

    def before_training(self, train: MarielDataset) -> None:
        """Measure on training windows what the model starts from; called once for a new model."""

    def after_training(self, train: MarielDataset) -> None:
        """Measure on training windows what samples need beside the decoder."""

    def decode_sample(
        self, z: Float[Tensor, "B Z"], temperature: float, generator: torch.Generator
    ) -> Prediction:
        """p(x|z) for a new phrase; a model may draw detail that latents do not tell.

        Args:
            z: latents, drawn at `temperature`.
            temperature: of what else is drawn; 0 draws nothing.
            generator: draws it, on the CPU.
        """
        return self.decode(z)

    def with_bones(self, positions: Float[Tensor, "N J 3"]) -> Float[Tensor, "N J 3"]:
        """Frames `[N, J, C]`, metres, with markers as far apart as bodies have them.

        A model that does not know how far that is leaves them as they are.
        """
        return positions

    def encode(self, windows: WindowBatch | Data) -> Normal:
        """q(z|x) `[B, Z]` of windows, dense or as the dataset's graphs (`Data` or `Batch`)."""
        return self.posterior(self.dense(windows))

    def forward(self, windows: WindowBatch | Data, sample: bool = True) -> VAEOutput:
        """Encode, draw z, decode.

        Args:
            windows: dense, or as the dataset's graphs.
            sample: draw z from the posterior; else take its mean, as for every reported number.
        """
        posterior = self.encode(windows)
        z = posterior.rsample() if sample else posterior.mean
        return VAEOutput(posterior, self.decode(z))

    def dense(self, windows: WindowBatch | Data) -> WindowBatch:
        """The windows of PyG graphs as a dense batch; edges are the model's own.

        Args:
            windows: items of a `MarielDataset`, one or a `Batch`: `x` `[B*J, T*6]`, `path`
                `[B, T+P, 2]` in metres. A dense batch is given back.

        Raises:
            UserError: graphs of other sizes than the model's.
        """
        if isinstance(windows, WindowBatch):
            return windows
        frames, markers = self.shape.frames, self.shape.markers
        if windows.x.shape[0] % markers or windows.x.shape[1] != frames * 6:
            raise UserError(
                f"graphs with x {list(windows.x.shape)}; this model hears {markers} markers a "
                f"graph and {frames} frames of 6 numbers a marker: [B * {markers}, {frames * 6}]"
            )
        nodes = windows.x.view(-1, markers, frames, 6).transpose(1, 2)
        path = windows.path[:, :frames] / self.normalizer.path_scale_m
        return WindowBatch(nodes, path - path[:, :1])

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
