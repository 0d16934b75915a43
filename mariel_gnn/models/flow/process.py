"""A Gaussian process as smooth in time as motion: the noise of the flow, and what known states say of others.

Movement at 4 Hz has a tenth of the amplitude of movement at 1 Hz. White noise has the same at both: it hides
fast movement until the flow has nearly ended, and a network learns little of it. A process with a Matérn
kernel (smoothness 3/2) has a spectrum like that of motion:

    k(d) = (1 + λ d) exp(-λ d),   λ = sqrt(3) / LENGTH_S,   d in seconds

Given known states, its mean continues them smoothly and its standard deviation grows from zero. Noise given
zeros at known states, and predictions that are the mean plus the standard deviation times a network's output,
therefore start from the known states without a jump.

Sources: noise of a process for time series: Biloš et al., "Modeling temporal data as continuous functions
with stochastic process diffusion", ICML 2023; kernel and condition: Rasmussen and Williams, "Gaussian
processes for machine learning", 2006, chapters 2 and 4.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

LENGTH_S = (
    0.34  # of the kernel, seconds: predicts states of dance best, and knows how well (docs/log.md)
)
_JITTER = 1e-6  # added to the diagonal: nearby states are nearly dependent


def smooth_noise(
    white: Float[Tensor, "B S N"], state_hz: float, known: Float[Tensor, "B S"]
) -> Float[Tensor, "B S N"]:
    """A draw of the process, given that it is zero at known states.

    Args:
        white: independent N(0, 1).
        state_hz: states per second.
        known: 1 or 0.
    """
    noise = _kernel(white.shape[1], state_hz)[1].to(white) @ white
    mean, _ = given_known(noise, state_hz, known)
    return (noise - mean) * (1 - known)[..., None]


def given_known(
    values: Float[Tensor, "B S N"], state_hz: float, known: Float[Tensor, "B S"]
) -> tuple[Float[Tensor, "B S N"], Float[Tensor, "B S 1"]]:
    """Mean and standard deviation of the process, given its values at known states.

    Args:
        values: their values at unknown states do not matter.
        state_hz: states per second.
        known: 1 or 0.
    """
    if not bool(known.any()):
        return torch.zeros_like(values), torch.ones_like(values[..., :1])
    covariance, mask = _kernel(values.shape[1], state_hz)[0].to(known.device), known.double()
    # Rows and columns of unknown states are those of the identity: one solver for all masks.
    among = covariance * mask[:, :, None] * mask[:, None] + torch.diag_embed(1 - mask)
    gains = torch.linalg.solve(among, mask[..., None] * covariance).mT  # [B, S, S]
    mean = gains @ (mask[..., None] * values.double())
    variance = covariance.diagonal() - (gains * covariance).sum(-1)
    std = variance.clamp(min=0).sqrt() * (1 - mask)
    return mean.to(values), std[..., None].to(values)


@lru_cache(maxsize=64)
def _kernel(states: int, state_hz: float) -> tuple[Tensor, Tensor]:
    """The covariance of the process, and its Cholesky factor, `[S, S]` float64."""
    places = torch.arange(states, dtype=torch.float64)
    distance = (places[:, None] - places).abs() * math.sqrt(3) / (LENGTH_S * state_hz)
    covariance = (1 + distance) * torch.exp(-distance)
    covariance += _JITTER * torch.eye(states, dtype=torch.float64)
    return covariance, torch.linalg.cholesky(covariance)
