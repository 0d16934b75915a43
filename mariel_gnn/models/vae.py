"""The contract of variational autoencoders: `posterior(batch) -> q(z|x)`, `decode(z) -> p(x|z)`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import DuetBatch, WindowBatch
from mariel_gnn.errors import UserError
from mariel_gnn.losses.elbo import Prediction, elbo_terms
from mariel_gnn.metrics.reconstruction import mpjpe_mm
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.heading import HeadingLatents
from mariel_gnn.models.motion_model import MotionModel, Terms, WindowShape

_BATCH = 64  # phrases decoded in one pass


class VAEOutput(NamedTuple):
    """The output of `VAE.forward`.

    Attributes:
        posterior: q(z|x), `[B, Z]`.
        prediction: p(x|z) at one z of it.
    """

    posterior: Normal
    prediction: Prediction


@runtime_checkable
class Graphs(Protocol):
    """Items of a `MarielDataset`, one or a PyG batch.

    Attributes:
        x: `[B*J, T*6]` normalised positions and velocities.
        path: `[B, T+P, 2]` path in metres.
        node_map: `[B, 2, 6]` scale and offset of `x`, from the dataset's normalization.
        xy_centering: `[B]` whether positions are relative to the horizontal mean of the markers.
    """

    x: Tensor
    path: Tensor
    node_map: Tensor
    xy_centering: bool | Tensor

    def to(self, device: torch.device) -> Graphs:
        """The same graphs on `device`."""
        ...


@runtime_checkable
class LatentPrior(Protocol):
    """A learned prior of latents, such as a `FlowPrior`."""

    def from_noise(self, noise: Tensor) -> Tensor:
        """Latents `[N, Z]` from standard normal noise `[N, Z]`."""
        ...


class StandardNormal:
    """N(0, I), the prior that a VAE is trained with."""

    def from_noise(self, noise: Tensor) -> Tensor:
        """The noise itself."""
        return noise


class WithoutLatents(StandardNormal):
    """No latents: samples of a model that can draw without them (`samples_latents` is False)."""


class VAE(MotionModel):
    """A variational autoencoder of windows.

    Args:
        options: the model's own options, with `latent_size`.
        shape: T, J and the rate.
        normalizer: statistics of the training windows.
        skeleton: the markers.

    Attributes:
        heading: holds the heading in the first latents; None if it is entangled with the rest.
        samples_latents: whether samples are decoded latents from a prior.
        other_priors: priors whose samples differ from the model's own, for rows of their own.
    """

    heading: HeadingLatents | None
    samples_latents: bool = True
    other_priors: tuple[str, ...] = ()

    def __init__(
        self, options: Any, shape: WindowShape, normalizer: Normalizer, skeleton: Skeleton
    ) -> None:
        super().__init__(options, shape, normalizer, skeleton)
        self.latent_size: int = options.latent_size
        self.heading = None

    @abstractmethod
    def posterior(self, batch: WindowBatch) -> Normal:
        """q(z|x) `[B, Z]` of a dense batch."""

    @abstractmethod
    def decode(self, z: Float[Tensor, "B Z"]) -> Prediction:
        """p(x|z) of latents `[B, Z]`."""

    def decode_sample(
        self, z: Float[Tensor, "B Z"], temperature: float, generator: torch.Generator
    ) -> Prediction:
        """p(x|z) for a new phrase; a model may add noise that the latents do not encode.

        Args:
            z: latents, sampled at `temperature`.
            temperature: scale of that noise; 0 adds none.
            generator: the source of that noise, on the CPU.
        """
        return self.decode(z)

    def scale_motion(self, z: Float[Tensor, "B Z"], factor: float) -> Float[Tensor, "B Z"]:
        """Latents of the same phrases with `factor` times their motion scale.

        Raises:
            UserError: the model has no latents of the motion scale.
        """
        raise UserError(
            f"motion_scale: {type(self).__name__} has no latents of the motion scale: omit --motion_scale, "
            "or use a run of gnn_vae"
        )

    def encode(self, windows: WindowBatch | DuetBatch | Graphs) -> Normal:
        """q(z|x) `[B, Z]` of windows, dense or as the dataset's graphs (`Data` or `Batch`)."""
        return self.posterior(self.dense(windows))

    def forward(self, windows: WindowBatch | DuetBatch | Graphs, sample: bool = True) -> VAEOutput:
        """Encode, sample z, decode.

        Args:
            windows: dense, or as the dataset's graphs.
            sample: sample z from the posterior; else take its mean, as for every reported number.
        """
        posterior = self.encode(windows)
        z = posterior.rsample() if sample else posterior.mean
        return VAEOutput(posterior, self.decode(z))

    def loss(
        self, batch: WindowBatch, target: WindowBatch | None = None, path_weight: float = 1.0
    ) -> Terms:
        """The terms `nll` and `kl` `[B]`; z is sampled in training mode, else the posterior mean."""
        output = self(batch, sample=self.training)
        target = batch if target is None else target
        return elbo_terms(output.posterior, output.prediction, target, path_weight)

    def validate(self, batch: WindowBatch, path_weight: float) -> tuple[Terms, Terms]:
        """The loss terms `[B]` at the posterior mean, and `mpjpe_mm` `[B]` of the reconstruction."""
        output = self(batch, sample=False)
        predicted, _ = self.metres_from_prediction(output.prediction)
        target = self.normalizer.positions_to_metres(batch.positions)
        terms = elbo_terms(output.posterior, output.prediction, batch, path_weight)
        return terms, {"mpjpe_mm": mpjpe_mm(target, predicted)}

    def draw_latents(
        self,
        count: int,
        temperature: float,
        generator: torch.Generator,
        prior: LatentPrior | None = None,
    ) -> Float[Tensor, "N Z"]:
        """Latents `[count, Z]` from N(0, temperature² I), mapped through a learned prior if given."""
        noise = temperature * torch.randn(count, self.latent_size, generator=generator)
        return (noise if prior is None else prior.from_noise(noise)).to(self.device)

    @torch.no_grad()
    def sample(
        self,
        count: int,
        temperature: float,
        generator: torch.Generator,
        prior: LatentPrior | None = None,
    ) -> Float[Tensor, "N T J 3"]:
        """New phrases `[count, T, J, C]` in metres; see `MotionModel.sample`.

        Args:
            count: how many.
            temperature: of latents and of noise that they do not encode.
            generator: the source of all randomness, on the CPU.
            prior: a learned prior; N(0, I) if None.
        """
        z = self.draw_latents(count, temperature, generator, prior)
        return self.decode_to_metres(
            z, lambda some: self.decode_sample(some, temperature, generator)
        )

    @torch.no_grad()
    def phrases_of(
        self,
        z: Float[Tensor, "N Z"],
        generator: torch.Generator,
        start: Float[Tensor, "N 2"] | None = None,
        path: Float[Tensor, "N T 2"] | None = None,
    ) -> Float[Tensor, "N T J 3"]:
        """The phrases `[N, T, J, C]` that latents describe, in metres, on the CPU.

        A model may draw what the latents leave open; the base class decodes.

        Args:
            z: latents.
            generator: of what the latents leave open, on the CPU.
            start: as of `decode_to_metres`.
            path: as of `decode_to_metres`.
        """
        return self.decode_to_metres(z, self.decode, start, path)

    @torch.no_grad()
    def reconstruct(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        """Decode the posterior mean of phrases `[N, T, J, C]`, metres.

        A generated path starts where the phrase does; a model without a path takes the recorded one.
        """
        parts = [self.encode(self.batch_from_metres(some)) for some in positions.split(_BATCH)]
        path = positions[..., :2].mean(dim=2)
        z = torch.cat([posterior.mean for posterior in parts])
        return self.decode_to_metres(z, self.decode, path[:, 0], path)

    @torch.no_grad()
    def decode_to_metres(
        self,
        z: Float[Tensor, "N Z"],
        decode: Callable[[Tensor], Prediction],
        start: Float[Tensor, "N 2"] | None = None,
        path: Float[Tensor, "N T 2"] | None = None,
    ) -> Float[Tensor, "N T J 3"]:
        """Phrases `[N, T, J, C]` of latents in metres, on the CPU, decoded in batches.

        Args:
            z: latents.
            decode: `decode` or a variant of it.
            start: `[N, 2]` start of a generated path, metres; the origin if None.
            path: `[N, T, 2]` metres, for a model without a path; in place if None.
        """
        z = z.to(self.device)
        return torch.cat(
            [
                self.in_metres(
                    decode(z[some]),
                    None if start is None else start[some],
                    None if path is None else path[some],
                ).cpu()
                for some in torch.arange(len(z)).split(_BATCH)
            ]
        )

    def in_metres(
        self, prediction: Prediction, start: Tensor | None = None, path: Tensor | None = None
    ) -> Float[Tensor, "N T J 3"]:
        """The means of p(x|z) in metres, along their path; see `MotionModel.metres`."""
        own = None if prediction.path is None else prediction.path.mean
        return self.metres(prediction.positions.mean, own, start, path)

    def metres_from_prediction(
        self, prediction: Prediction
    ) -> tuple[Float[Tensor, "B T J 3"], Float[Tensor, "B T 2"] | None]:
        """The means of p(x|z) in metres: positions `[B, T, J, C]` without path, and the path."""
        positions = self.normalizer.positions_to_metres(prediction.positions.mean)
        if prediction.path is None:
            return positions, None
        return positions, prediction.path.mean * self.normalizer.path_scale_m

    def dense(self, windows: WindowBatch | DuetBatch | Graphs) -> WindowBatch:
        """The windows of PyG graphs as a dense batch; edges are the model's own.

        Args:
            windows: the dataset's graphs; a dense batch is returned as it is.

        Raises:
            UserError: graphs of other sizes than the model's, or windows of two dancers.
        """
        if isinstance(windows, WindowBatch):
            return windows
        if isinstance(windows, DuetBatch):
            raise UserError(
                "windows of two dancers; this model takes one: give dancer(0) or dancer(1)"
            )
        frames, markers = self.shape.frames, self.shape.markers
        if windows.x.shape[0] % markers or windows.x.shape[1] != frames * 6:
            raise UserError(
                f"graphs with x {list(windows.x.shape)}; this model takes {markers} markers a graph "
                f"and {frames} frames of 6 numbers a marker: [B * {markers}, {frames * 6}]"
            )
        nodes = windows.x.view(-1, markers, frames, 6).transpose(1, 2)
        path = windows.path[:, :frames] / self.normalizer.path_scale_m
        return WindowBatch(self._in_own_units(nodes, windows), path - path[:, :1])

    def _in_own_units(self, nodes: Tensor, graphs: Graphs) -> Tensor:
        """Nodes `[B, T, J, 6]` of a dataset in units of the model's own statistics."""
        if bool(torch.as_tensor(graphs.xy_centering).all()) != bool(self.normalizer.xy_centering):
            raise UserError(
                "graphs and model differ in xy_centering: make the dataset with the model's"
            )
        own, theirs = self.normalizer.node_map, graphs.node_map
        if torch.equal(own.expand_as(theirs), theirs):
            return nodes
        scale, offset = theirs[:, None, None].unbind(-2)
        return (nodes - offset) / scale * own[0] + own[1]
