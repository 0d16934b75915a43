"""Loss terms in nats, one value per example, and their weighted sum.

    -ELBO = -log p(x|z) + w * KL(q(z|x) || N(0, I)),    z ~ q(z|x)

The decoder is Gaussian or Laplace and its scale is declared: learned (sigma-VAE: Rybkin, Daniilidis,
Levine, "Simple and Effective VAE Training with Calibrated Decoders", ICML 2021) or fixed. With the scale
sqrt(1/2), -log p is the summed squared error of the original notebook up to a constant.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.losses.likelihood import Prediction


def kl_to_standard_normal(posterior: Normal) -> Float[Tensor, " B"]:
    """KL(q || N(0, I)) `[B]` of diagonal Gaussians `[B, Z]`, in nats."""
    prior = Normal(torch.zeros_like(posterior.loc), torch.ones_like(posterior.scale))
    return kl_divergence(posterior, prior).sum(dim=-1)


def elbo_terms(
    posterior: Normal, prediction: Prediction, target: WindowBatch, path_weight: float = 1.0
) -> dict[str, Tensor]:
    """Both terms of the negative ELBO for each example, in nats.

    `nll` is -log p(x|z) of positions and path in the model's normalised units; `kl` is the KL divergence
    of the posterior from the prior.

    Args:
        posterior: q(z|x), `[B, Z]`.
        prediction: p(x|z) at one z of it.
        target: the windows to explain.
        path_weight: weight of the path's likelihood. 1 gives the lower bound of the numbers as they
            are. J gives the squared error of travelling markers, because every marker takes the path:
            it is the squared error of the centred markers plus J times that of the path.
    """
    nll = -prediction.positions.log_prob(target.positions).flatten(1).sum(1)
    if prediction.path is not None:
        path = -prediction.path.log_prob(target.path).sum(dim=(1, 2))
        nll = nll + path_weight * path
    return {"nll": nll, "kl": kl_to_standard_normal(posterior)}


def weighted_sum(
    terms: Mapping[str, Tensor], weights: Mapping[str, float] | None = None
) -> Float[Tensor, " B"]:
    """The loss of each example `[B]`: the sum of its terms times their weights.

    Args:
        terms: name -> `[B]` nats; at least one.
        weights: name -> weight; 1 for terms without one.
    """
    weights = weights or {}
    weighted = [weights.get(name, 1.0) * values for name, values in terms.items()]
    total = weighted[0]
    for term in weighted[1:]:
        total = total + term
    return total
