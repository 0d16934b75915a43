"""From latents to motion: a linear map to pose coordinates over time, and residuals of networks."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mariel_gnn.models.fast_products import fast_products
from mariel_gnn.models.motion.basis import MotionBasis
from mariel_gnn.models.motion.motion_scale import MotionScale
from mariel_gnn.models.motion.pair_bounds import PairBounds
from mariel_gnn.models.motion.residual import DecoderResidual
from mariel_gnn.models.motion.residual_noise import ResidualNoise
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import MotionVAEOptions

SHRINKAGE = (
    0.3  # of the covariance towards its diagonal: the data has a few hundred independent phrases
)
POSE_COORDINATES = 32  # pose axes that latents control; the pose net predicts the others
POSE_GAIN = 0.3  # of the pose net, in normalised units


class PoseNet(nn.Sequential):
    """A network of two hidden layers that is initialised near zero.

    Args:
        inputs: input size.
        size: width of the hidden layers.
        outputs: output size.
    """

    def __init__(self, inputs: int, size: int, outputs: int) -> None:
        last = nn.Linear(size, outputs)
        nn.init.normal_(last.weight, std=1e-3)
        nn.init.zeros_(last.bias)
        super().__init__(nn.Linear(inputs, size), nn.SiLU(), nn.Linear(size, size), nn.SiLU(), last)


def shrunk_pca(
    code: Float[Tensor, "N W"],
    importance: Float[Tensor, " W"],
    groups: Int[Tensor, " W"],
    size: int,
) -> tuple[Float[Tensor, " W"], Float[Tensor, "P W"], Float[Tensor, "W P"]]:
    """PCA of codes with a shrunk covariance, scaled so that latents have variance 1.

    Args:
        code: of training windows.
        importance: weight of an error in each number.
        groups: numbers of different groups are treated as independent.
        size: P, components; rows beyond the rank of the codes are zero.

    Returns:
        Mean, map from centred codes to latents, map from latents to centred codes.
    """
    mean = code.mean(0)
    weighted = ((code - mean) * importance).double()
    covariance = weighted.T @ weighted / len(code)
    covariance = covariance * (groups[:, None] == groups)
    diagonal = covariance.diagonal().diag()
    values, vectors = torch.linalg.eigh((1 - SHRINKAGE) * covariance + SHRINKAGE * diagonal)
    values, vectors = values.flip(0)[:size], vectors.flip(1)[:, :size]
    std = values.clamp(min=1e-9 * float(values[0])).sqrt()
    map_in, map_out = torch.zeros(2, size, len(mean), dtype=torch.float64)
    kept = len(std)  # a short window has fewer numbers than latents
    map_in[:kept] = (vectors / std).T * importance
    map_out[:kept] = (vectors * std).T / importance
    return mean, map_in.float(), map_out.T.float()


class MotionDecoder(nn.Module):
    """Latents to positions and path.

    Args:
        options: sizes.
        shape: T and J.
        basis: the code's sizes.
        latent_size: P, latents without those of heading and motion scale.

    Attributes:
        residual: a network that changes the spectrum of the poses; None for none.
    """

    residual: DecoderResidual | None

    def __init__(
        self,
        options: MotionVAEOptions,
        shape: WindowShape,
        basis: MotionBasis,
        latent_size: int,
    ) -> None:
        super().__init__()
        markers = shape.markers
        self.coordinates = min(POSE_COORDINATES, basis.axes)
        decoded = basis.frequencies * self.coordinates + basis.size - basis.pose_size
        self.from_latent = nn.Linear(latent_size, decoded)
        self.pose_axes = nn.Parameter(basis.pose_axes[:, : self.coordinates].T.clone())
        self.pose_mean = nn.Parameter(torch.zeros(3 * markers))
        self.pose_residual = PoseNet(self.coordinates, options.pose_size, 3 * markers)
        self.residual = None
        self.bounds = PairBounds(markers) if options.pair_bounds else None
        self.residual_noise = ResidualNoise(basis.frequencies, basis.axes)

    def forward(
        self,
        z: Float[Tensor, "B L"],
        heading: Float[Tensor, " B"],
        basis: MotionBasis,
        noise: Float[Tensor, "B K Q"] | None = None,
    ) -> tuple[Float[Tensor, "B T J 3"], Float[Tensor, "B T 2"]]:
        """Positions and path, normalised.

        Args:
            z: log_scale of the motion, then the other latents without the heading.
            heading: radians, in the middle of the window.
            basis: of the motion.
            noise: standard normal numbers for residual noise; None for none.
        """
        coordinates, heading_terms, path_terms = self._terms(z, basis)
        spectrum = self._spectrum(coordinates, z, basis)
        if noise is not None:
            spectrum = self.residual_noise(spectrum, noise, basis.pose_axes)
        if self.bounds is not None and not self.training:
            knots = (basis.time.at_knots(spectrum) + self.pose_mean).unflatten(-1, (-1, 3))
            bounded = self.bounds(knots.flatten(0, 1)).reshape(knots.shape).flatten(2)
            spectrum = basis.time.from_knots(bounded - self.pose_mean)
        poses = (basis.time.at_frames(spectrum) + self.pose_mean).unflatten(-1, (-1, 3))
        return basis.synthesize(poses, heading, heading_terms, path_terms)

    def spectrum(self, z: Float[Tensor, "B L"], basis: MotionBasis) -> Float[Tensor, "B M D"]:
        """The spectrum of the rotated poses minus the mean pose, before bounds."""
        coordinates, _, _ = self._terms(z, basis)
        return self._spectrum(coordinates, z, basis)

    def _spectrum(
        self, coordinates: Float[Tensor, "B K C"], z: Float[Tensor, "B L"], basis: MotionBasis
    ) -> Float[Tensor, "B M D"]:
        over_time = basis.time.at_knots(coordinates)
        with fast_products(self, over_time):
            residual = self.pose_residual(over_time / basis.axis_std[: self.coordinates])
        residual = POSE_GAIN * residual.float()
        spectrum = basis.time.from_knots(over_time @ self.pose_axes + residual)
        if self.residual is None:
            return spectrum
        with fast_products(self, spectrum):
            change: Tensor = self.residual(spectrum, z[:, MotionScale.SIZE :], basis)
        return spectrum + change.float()

    @torch.no_grad()
    def fit(
        self,
        code_mean: Float[Tensor, " W"],
        map_out: Float[Tensor, "W P"],
        basis: MotionBasis,
        poses: Float[Tensor, "N J 3"],
    ) -> None:
        """Initialise from a linear map of the code, and measure pair bounds.

        Args:
            code_mean: of training windows.
            map_out: from latents to centred codes.
            basis: already fitted.
            poses: training frames, normalised.
        """
        self.pose_mean.copy_(basis.pose_mean)
        self.pose_axes.copy_(basis.pose_axes[:, : self.coordinates].T)
        for whole, part in ((map_out, self.from_latent.weight), (code_mean, self.from_latent.bias)):
            pose = whole[: basis.pose_size].unflatten(0, (basis.frequencies, basis.axes))
            controlled = pose[:, : self.coordinates].flatten(0, 1)
            part.copy_(torch.cat([controlled, whole[basis.pose_size :]]))
        if self.bounds is not None:
            self.bounds.fit(poses)

    def _terms(self, z: Float[Tensor, "B L"], basis: MotionBasis) -> tuple[Tensor, Tensor, Tensor]:
        """Pose coordinates `[B, K, coordinates]`, heading `[B, H]` and path `[B, P, 2]` terms."""
        log_scale, content = z[:, : MotionScale.SIZE], z[:, MotionScale.SIZE :]
        code = self.from_latent(content) * basis.scales(log_scale, self.coordinates)
        pose, heading, path = code.split(
            [basis.frequencies * self.coordinates, basis.heading_terms, 2 * basis.path_terms], dim=1
        )
        return (
            pose.unflatten(1, (basis.frequencies, self.coordinates)),
            heading,
            path.unflatten(1, (basis.path_terms, 2)),
        )
