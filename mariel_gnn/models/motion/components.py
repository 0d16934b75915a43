"""Principal components of codes of few phrases: what the linear maps start from."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

SHRINKAGE = 0.3  # of the covariance towards its diagonal: there are a few hundred free phrases


def shrunk_components(
    code: Float[Tensor, "N W"],
    importance: Float[Tensor, " W"],
    groups: Int[Tensor, " W"],
    size: int,
) -> tuple[Float[Tensor, " W"], Float[Tensor, "P W"], Float[Tensor, "W P"]]:
    """PCA of codes with a shrunk covariance, scaled so that latents have variance 1.

    Args:
        code: of training windows.
        importance: how much an error of each number counts.
        groups: numbers of different groups are taken for independent.
        size: P, components; what the codes do not span gets none.

    Returns:
        Mean, map from codes (less the mean) to latents, map from latents to codes (less the mean).
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
    kept = len(std)  # a short window has fewer numbers than there are latents
    map_in[:kept] = (vectors / std).T * importance
    map_out[:kept] = (vectors * std).T / importance
    return mean, map_in.float(), map_out.T.float()
