"""The baselines of every table: the mean pose, PCA of windows and PCA of motion codes at one latent size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.normalizing import fit_train_normalizer
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.metrics.reconstruction import without_travel
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import HEADING_SIZE, SCALE_SIZE, PoseVAEOptions
from mariel_gnn.models.pose_vae import PoseVAE

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


def fit_motion_pca(
    train: MarielDataset, latent_size: int, pair_bounds: bool = True
) -> PoseVAE | None:
    """PCA of motion codes: the pose VAE before training, linear in both directions.

    Args:
        train: training windows, of any normalization.
        latent_size: Z; None is returned if it is too small for heading, motion scale and one more.
        pair_bounds: keep distances between markers within those of training; off for two dancers as one
            body, whose distances have no such bounds.
    """
    if latent_size <= HEADING_SIZE + SCALE_SIZE:
        return None
    normalizer = fit_train_normalizer(train.recordings_m(), train.rate_hz)
    shape = WindowShape(train.seq_len, len(train.skeleton), train.rate_hz)
    options = PoseVAEOptions(latent_size=latent_size, pair_bounds=pair_bounds)
    with torch.random.fork_rng(devices=[]):  # its weights are set below: the row has no seed
        model = PoseVAE(options, shape, normalizer, train.skeleton)
    for net in (model.pose_residual, model.decoder.pose_residual):
        nn.init.zeros_(net[-1].get_parameter("weight"))
    windows = _InUnitsOf(model, train)
    model.before_training(windows)
    model.after_training(windows)
    return model.eval()


class _InUnitsOf:
    """Training windows in the units of a model; see `TrainingWindows`.

    Args:
        model: its normalizer has the units.
        train: windows of any normalization.
    """

    def __init__(self, model: PoseVAE, train: MarielDataset) -> None:
        self.model, self.train = model, train

    def __len__(self) -> int:
        return len(self.train)

    def batch(self, indices: Tensor) -> WindowBatch:
        """The windows at `indices` `[B]`."""
        return self.model.batch_from_metres(self.train.positions_m(indices))

    def recordings_m(self, with_path: bool = True) -> list[NDArray[np.float32]]:
        """The recordings `[T, J, C]` in metres."""
        return self.train.recordings_m(with_path)
