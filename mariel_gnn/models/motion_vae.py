"""The VAEs of the motion representation: linear maps from PCA, pose nets, and a residual network.

    motion     heading a, log_scale l, code c of pose, heading and path, spectrum of the poses
    encoder    q(z|x) = N([a, l, E (c + pose net) + residual(spectrum)], sigma²)
    decoder    c = D z;  pose(t) = mean + axes u(t) + pose net(u(t));  spectrum += residual(z, spectrum)
    bounds     pair distances stay within the range of the training recordings

E and D start as shrunk principal components of the code, and all networks start near zero: training
starts from PCA and improves on it. The models of this family differ in the residual networks and in
nothing else, so that a comparison of them compares networks, not representations.
"""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.losses.elbo import DecoderScale, MarkerLaplace, Prediction
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.fast_products import fast_products
from mariel_gnn.models.heading import HeadingLatents
from mariel_gnn.models.motion.basis import Motion, MotionBasis
from mariel_gnn.models.motion.decoder import MotionDecoder, PoseNet, shrunk_pca
from mariel_gnn.models.motion.motion_scale import MotionScale
from mariel_gnn.models.motion.residual import DecoderResidual, EncoderResidual
from mariel_gnn.models.motion_model import TrainingWindows, WindowShape
from mariel_gnn.models.options import MotionVAEOptions
from mariel_gnn.models.vae import VAE

CODE_GAIN = 0.1  # keeps Adam's first steps from destroying the linear map, which starts from PCA


class MotionVAE(VAE):
    """Linear maps of the motion code with residual networks, and a Gaussian latent of a whole window.

    Args:
        options: the model's own options.
        shape: T and J.
        normalizer: statistics of the training windows.
        skeleton: the markers.
    """

    Options = MotionVAEOptions
    heading: HeadingLatents
    latent_mean: Tensor
    latent_std: Tensor

    def __init__(
        self,
        options: MotionVAEOptions,
        shape: WindowShape,
        normalizer: Normalizer,
        skeleton: Skeleton,
    ) -> None:
        super().__init__(options, shape, normalizer, skeleton)
        self.options = options
        self.heading = HeadingLatents()
        size = options.latent_size - HeadingLatents.SIZE
        self.basis = MotionBasis(shape, skeleton, options.frequencies)
        content = size - MotionScale.SIZE
        self.to_latent = nn.Linear(self.basis.size, content)
        self.pose_residual = PoseNet(3 * shape.markers, options.pose_size, self.basis.axes)
        self.residual = self.encoder_residual(content)
        self.log_std = nn.Parameter(torch.tensor(options.posterior_std).log().repeat(size))
        self.register_buffer("latent_mean", torch.zeros(size))
        self.register_buffer("latent_std", torch.ones(size))
        self.decoder = MotionDecoder(options, shape, self.basis, content)
        self.decoder.residual = self.decoder_residual(content)
        self.position_scale, self.path_scale = DecoderScale(gain=1.0), DecoderScale(gain=1.0)

    @abstractmethod
    def encoder_residual(self, latent_size: int) -> EncoderResidual | None:
        """A new residual network of the encoder, near zero; None for none.

        Called while the model is built: `options`, `shape`, `skeleton` and `basis` are there.

        Args:
            latent_size: P, latents without those of heading and motion scale.
        """

    @abstractmethod
    def decoder_residual(self, latent_size: int) -> DecoderResidual | None:
        """A new residual network of the decoder; see `encoder_residual`."""

    @property
    def travels(self) -> bool:
        """The model encodes and decodes the path."""
        return True

    def posterior(self, batch: WindowBatch) -> Normal:
        """q(z|x) `[B, Z]`: linear in the code of the motion, with residuals of the networks."""
        motion = self.basis.analyze(batch)
        content = self.to_latent(CODE_GAIN * self._code_with_poses(motion))
        if self.residual is not None:
            with fast_products(self, content):
                change = self.residual(motion.poses, self.basis)
            content = content + change.float()
        mean = torch.cat([motion.log_scale, content], dim=1)
        std = (self.log_std.exp() / self.latent_std).expand_as(mean)
        phrase = Normal((mean - self.latent_mean) / self.latent_std, std, validate_args=False)
        return self.heading.join(motion.heading, phrase)

    def _code_with_poses(self, motion: Motion) -> Float[Tensor, "B W"]:
        """The code with the residual of the pose net."""
        time = self.basis.time
        with fast_products(self, motion.poses):
            residual = time.from_knots(self.pose_residual(time.at_knots(motion.poses))).float()
        residual = residual[:, : self.basis.frequencies].flatten(1)
        change = nn.functional.pad(residual, (0, self.basis.size - residual.shape[1]))
        return motion.code + change / self.basis.scales(motion.log_scale, self.basis.axes)

    def decode(self, z: Float[Tensor, "B Z"]) -> Prediction:
        """p(x|z) of latents `[B, Z]`."""
        heading, phrase = self._split(z)
        return self._prediction(*self.decoder(phrase, heading, self.basis))

    def decode_sample(
        self, z: Float[Tensor, "B Z"], temperature: float, generator: torch.Generator
    ) -> Prediction:
        """p(x|z) with residual noise that the latents do not encode, at `temperature`."""
        heading, phrase = self._split(z)
        noise = self.decoder.residual_noise.draw(len(z), temperature, generator)
        return self._prediction(*self.decoder(phrase, heading, self.basis, noise))

    def scale_motion(self, z: Float[Tensor, "B Z"], factor: float) -> Float[Tensor, "B Z"]:
        """Latents of the same phrases with `factor` times their motion scale; the content stays."""
        first, last = self.heading.SIZE, self.heading.SIZE + MotionScale.SIZE
        std = self.basis.motion_scale.log_std * self.latent_std[: MotionScale.SIZE]
        change = torch.zeros_like(z)
        change[:, first:last] = math.log(factor) / std
        return z + change

    def without_bounds(self) -> MotionVAE:
        """A copy without pair bounds."""
        plain = copy.deepcopy(self)
        plain.decoder.bounds = None
        return plain

    @torch.no_grad()
    def before_training(self, train: TrainingWindows) -> None:
        """Measure pose axes and pair bounds, and initialise the linear maps from PCA of the code."""
        recorded = self.training_batches(train)
        batches = recorded + self.mirrored(recorded)
        code = self.basis.fit(batches)
        groups = self.basis.groups(self.basis.axes)
        mean, map_in, map_out = shrunk_pca(
            code, self.basis.importance, groups, self.to_latent.out_features
        )
        self.to_latent.weight.copy_(map_in / CODE_GAIN)
        self.to_latent.bias.copy_(-map_in @ mean)
        # As recorded only: bodies are not quite symmetric, so mirrored distances differ.
        frames = torch.cat([batch.positions[:, ::8].flatten(0, 1) for batch in recorded])
        self.decoder.fit(mean, map_out, self.basis, frames)
        output, target = self(batches[0], sample=False).prediction, batches[0]
        distance = (output.positions.mean - target.positions).norm(dim=-1)
        self.position_scale.start_at(float(distance.mean()) / 3)
        self.path_scale.start_at(float((output.path.mean - target.path).square().mean().sqrt()))

    @torch.no_grad()
    def after_training(self, train: TrainingWindows) -> None:
        """Standardise the latents on training windows and measure the residual noise."""
        windows = self.training_batches(train)
        windows += self.mirrored(windows)
        posteriors = [self.encode(batch) for batch in windows]
        target, decoded = [], []
        for batch, posterior in zip(windows, posteriors, strict=True):
            _, phrase = self._split(posterior.mean)
            target.append(self.basis.analyze(batch).poses)
            spectrum = self.decoder.spectrum(phrase, self.basis)
            decoded.append(spectrum[:, : self.basis.frequencies])
        noise = self.decoder.residual_noise
        noise.fit(torch.cat(target), torch.cat(decoded), self.basis.pose_axes)
        self._standardize(posteriors)

    def _standardize(self, posteriors: Sequence[Normal]) -> None:
        """Standardise the latents: mean 0 and variance 1 over training windows.

        Reconstructions do not change; samples from N(0, I) get the variance of the data.
        """
        _, means = self.heading.split(torch.cat([posterior.mean for posterior in posteriors]))
        within = torch.cat([posterior.variance for posterior in posteriors])[:, self.heading.SIZE :]
        std = (means.var(0) + within.mean(0)).sqrt()
        self.latent_mean.add_(self.latent_std * means.mean(0))
        self.latent_std.mul_(std)

    def _split(self, z: Float[Tensor, "B Z"]) -> tuple[Tensor, Tensor]:
        """Heading, and the other latents in the units of the networks."""
        heading, phrase = self.heading.split(z)
        return heading, self.latent_mean + self.latent_std * phrase

    def _prediction(self, positions: Tensor, path: Tensor) -> Prediction:
        return Prediction(MarkerLaplace(positions, self.position_scale.std), self.path_scale(path))
