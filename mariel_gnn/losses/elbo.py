"""The negative evidence lower bound in nats, one value per example.

    -ELBO = -log p(x|z) + w * KL(q(z|x) || N(0, I)),    z ~ q(z|x)

with a Gaussian or Laplace decoder whose scale is declared: learned (sigma-VAE: Rybkin, Daniilidis, Levine,
"Simple and Effective VAE Training with Calibrated Decoders", ICML 2021) or fixed. With the scale
fixed to sqrt(1/2), -log p is the seed's summed squared error up to a constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.losses.likelihood import Prediction


@dataclass(frozen=True)
class ElboTerms:
    """The terms of each example, in nats.

    Attributes:
        nll: `[B]` -log p(x|z), positions and path together, in the model's normalised units.
        kl: `[B]` KL of the posterior to the prior.
    """

    nll: Float[Tensor, " B"]
    kl: Float[Tensor, " B"]


def kl_to_standard_normal(posterior: Normal) -> Float[Tensor, " B"]:
    """KL(q || N(0, I)) `[B]` of diagonal Gaussians `[B, Z]`, in nats."""
    prior = Normal(torch.zeros_like(posterior.loc), torch.ones_like(posterior.scale))
    return kl_divergence(posterior, prior).sum(dim=-1)


def elbo_terms(
    posterior: Normal, prediction: Prediction, target: WindowBatch, path_weight: float = 1.0
) -> ElboTerms:
    """Both terms of each example.

    Args:
        posterior: q(z|x), `[B, Z]`.
        prediction: p(x|z) at one z of it.
        target: the windows to be explained.
        path_weight: how often the path counts. 1 is the lower bound of the numbers as they are; J is
            that of the travelling markers, for all of them travel the path: their squared error is
            that of the centred ones plus J times that of the path.
    """
    nll = -prediction.positions.log_prob(target.positions).flatten(1).sum(1)
    if prediction.path is not None:
        path = -prediction.path.log_prob(target.path).sum(dim=(1, 2))
        nll = nll + path_weight * path
    return ElboTerms(nll, kl_to_standard_normal(posterior))


def negative_elbo(terms: ElboTerms, kl_weight: float = 1.0) -> Float[Tensor, " B"]:
    """The loss of each example `[B]`, nats."""
    return terms.nll + kl_weight * terms.kl
