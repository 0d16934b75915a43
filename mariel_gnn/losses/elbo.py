"""Loss terms in nats, one value per example: likelihoods p(x|z), KL divergence, weighted sum.

    -ELBO = -log p(x|z) + w * KL(q(z|x) || N(0, I)),    z ~ q(z|x)

The decoder is Gaussian per coordinate or Laplace per marker. Its scale is declared: learned (sigma-VAE:
Rybkin, Daniilidis, Levine, "Simple and Effective VAE Training with Calibrated Decoders", ICML 2021) or fixed.
With the scale sqrt(1/2), -log p is the summed squared error of the original notebook up to a constant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from mariel_gnn.data.windows import DuetBatch, WindowBatch


class DecoderScale(nn.Module):
    """The scale of a decoder, in normalised units.

    Args:
        value: None to learn one number that starts at 1, or the fixed value.
        gain: how much faster than a weight it is learned. Starting at 1, its logarithm has to change by
            about 3 while weights change by hundredths. If `start_at` sets it near its optimum, a gain of
            1 keeps it from dominating a clipped gradient.
    """

    def __init__(self, value: float | None = None, gain: float = 20.0) -> None:
        super().__init__()
        self.gain = gain
        start = torch.zeros(()) if value is None else torch.tensor(math.log(value) / gain)
        self.raw = nn.Parameter(start, requires_grad=value is None)

    def extra_repr(self) -> str:
        """The scale, for `print(model)`."""
        return f"std={self.std.item():.4f}, learned={self.raw.requires_grad}"

    @property
    def std(self) -> Float[Tensor, ""]:
        """The scale, a scalar."""
        return torch.exp(self.gain * self.raw)

    @torch.no_grad()
    def start_at(self, value: float) -> None:
        """Set the scale that learning starts from."""
        self.raw.fill_(math.log(max(value, 1e-6)) / self.gain)

    def forward(self, mean: Tensor) -> Normal:
        """The Gaussian around `mean`."""
        return Normal(mean, self.std.expand_as(mean), validate_args=False)


class MarkerLaplace:
    """A density of a marker's position that decays with its distance: exp(-|x - mean| / s) / (8 pi s³).

    Its negative logarithm is the distance, so training minimises the reported metric (MPJPE), and hard
    phrases do not dominate by squared distances.

    Args:
        mean: `[..., C]` positions.
        scale: s, a scalar; the mean distance is 3 s.
    """

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        self.mean, self.scale = mean, scale

    def log_prob(self, value: Float[Tensor, "*N 3"]) -> Float[Tensor, "*N"]:
        """Log-density of each marker's position, nats."""
        # In this order the gradient of the mean needs no negation, a pass over all markers.
        distance: Tensor = torch.linalg.vector_norm(self.mean - value, dim=-1)
        log_volume = math.log(8 * math.pi) + 3 * self.scale.log()
        return -distance / self.scale - log_volume


class Prediction(NamedTuple):
    """p(x|z) with its scale.

    Attributes:
        positions: mean `[B, T, J, C]`, normalised; Gaussian per coordinate or Laplace per marker.
        path: `[B, T, 2]` normalised path of the body, `[B, T, 2, 2]` of two; None for a model without one.
    """

    positions: Normal | MarkerLaplace
    path: Normal | None


def kl_to_standard_normal(posterior: Normal) -> Float[Tensor, " B"]:
    """KL(q || N(0, I)) `[B]` of diagonal Gaussians `[B, Z]`, in nats."""
    prior = Normal(torch.zeros_like(posterior.loc), torch.ones_like(posterior.scale))
    return kl_divergence(posterior, prior).sum(dim=-1)


def elbo_terms(
    posterior: Normal,
    prediction: Prediction,
    target: WindowBatch | DuetBatch,
    path_weight: float = 1.0,
) -> dict[str, Tensor]:
    """Both terms of the negative ELBO for each example, in nats.

    `nll` is -log p(x|z) of positions and path in the model's normalised units; `kl` is the KL divergence
    of the posterior from the prior. The path of two dancers counts where their relative place is measured.

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
        if isinstance(target, DuetBatch):
            target = target.with_path_where_unmeasured(prediction.path.mean.detach())
        path = -prediction.path.log_prob(target.path).flatten(1).sum(1)
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
