"""The baselines of every table: the mean pose, and PCA of windows at the same latent size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.metrics.reconstruction import without_travel

PCA_SIZE = 256  # components beside a model without latents
RANK_TOLERANCE = 1e-5  # of the greatest singular value: smaller values are float32 rounding errors


@dataclass(frozen=True)
class MeanPose:
    """Every frame is the mean pose of the training windows.

    Attributes:
        pose: `[J, C]` metres.
    """

    pose: Float[Tensor, "J 3"]

    def reconstruct(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        """The mean pose for each frame of `[N, T, J, C]`."""
        return self.pose.expand_as(positions)


@dataclass(frozen=True)
class PCA:
    """Principal components of whole windows, without travel.

    Attributes:
        mean: `[T * J * C]` metres.
        components: `[Z, T * J * C]` orthonormal rows.
        std: `[Z]` standard deviation along each, metres.
    """

    mean: Float[Tensor, " D"]
    components: Float[Tensor, "Z D"]
    std: Float[Tensor, " Z"]

    def reconstruct(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        """The projections onto the components, `[N, T, J, C]`."""
        flat = without_travel(positions).flatten(1) - self.mean
        return (flat @ self.components.T @ self.components + self.mean).view_as(positions)

    def sample(self, count: int, shape: torch.Size, seed: int = 0) -> Float[Tensor, "N T J 3"]:
        """Windows `[count, *shape]` sampled from the Gaussian of the components."""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(count, len(self.std), generator=generator) * self.std
        return (z @ self.components + self.mean).view(count, *shape)


def fit_mean_pose(positions: Float[Tensor, "N T J 3"]) -> MeanPose:
    """The mean pose of training windows `[N, T, J, C]` in metres, without travel."""
    return MeanPose(without_travel(positions).mean(dim=(0, 1)))


def fit_pca(positions: Float[Tensor, "N T J 3"], latent_size: int) -> PCA:
    """PCA of training windows by an exact singular value decomposition.

    Args:
        positions: `[N, T, J, C]` metres.
        latent_size: Z, at most the rank of the windows.
    """
    flat = without_travel(positions).flatten(1)
    mean = flat.mean(dim=0)
    # Singular vectors of [N, D] with N << D from the N x N Gram matrix: equal, and much faster.
    flat -= mean
    squares, vectors = torch.linalg.eigh(_gram(flat))
    singular = squares.flip(0).clamp(min=0).sqrt().float()
    rank = int((singular > RANK_TOLERANCE * singular[0]).sum())
    kept = min(latent_size, len(flat) - 1, rank)
    along = (vectors.flip(1)[:, :kept].float().T @ flat) / singular[:kept, None]
    components = torch.linalg.qr(
        along.T
    ).Q.T  # removes rounding errors: the columns are orthonormal already
    return PCA(mean, components, singular[:kept] / max(len(flat) - 1, 1) ** 0.5)


def _gram(flat: Float[Tensor, "N D"]) -> Float[Tensor, "N N"]:
    """The Gram matrix `[N, N]` of all rows in double precision, in blocks of columns."""
    gram = torch.zeros(len(flat), len(flat), dtype=torch.float64)
    for part in flat.split(2048, dim=1):
        gram += part.double() @ part.double().T
    return gram
