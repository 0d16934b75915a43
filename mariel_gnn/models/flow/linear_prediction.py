"""The best linear prediction of a sequence from its noisy version: a Wiener filter.

If the numbers of a state were independent Gaussian processes with the spectrum of the data, the expected
sequence would be, for each frequency and number with variance v,

    x_predicted = c + t v / (t² v + (1 - t)²) · (x_t - t c),      c = 0, or what the latents describe

in the coordinates of the DCT over time. The network reads this prediction beside x_t. It does not start from
it: then the error is a quarter smaller, but samples move like a Gaussian process, without rhythm and with
sliding feet, for as long as the network has not learned better (docs/log.md).
"""

from __future__ import annotations

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.models.flow.conditions import Conditions
from mariel_gnn.models.motion.basis import orthonormal_cosines

_LEAST_VARIANCE = 1e-6


class LinearPredictor(nn.Module):
    """Predicts sequences from their noisy versions, linearly.

    Args:
        states: S of the sequences that it is fitted to.
        size: D.
    """

    variance: Tensor
    variance_given_z: Tensor

    def __init__(self, states: int, size: int) -> None:
        super().__init__()
        self.register_buffer("variance", torch.ones(states, size))
        self.register_buffer("variance_given_z", torch.ones(states, size))

    @torch.no_grad()
    def fit(self, data: Float[Tensor, "N S D"], described: Float[Tensor, "N S D"]) -> None:
        """Measure the variance of each frequency and number of sequences, and of what latents leave of it."""
        cosines = _cosines(data.shape[1]).to(data)
        for variance, series in (
            (self.variance, data),
            (self.variance_given_z, data - described),
        ):
            spectrum = torch.einsum("ks,bsd->bkd", cosines, series)
            variance.copy_(spectrum.square().mean(0).clamp(min=_LEAST_VARIANCE))

    @property
    def std(self) -> Float[Tensor, " D"]:
        """Standard deviation of each number of a state."""
        return self.variance.mean(dim=0).sqrt()

    def forward(
        self, states: Float[Tensor, "B S D"], time: Float[Tensor, " B"], given: Conditions
    ) -> Float[Tensor, "B S D"]:
        """The prediction from x_t; known states have no influence on it."""
        t, count = time[:, None, None], states.shape[1]
        v = torch.lerp(
            _resampled(self.variance, count), _resampled(self.variance_given_z, count), given.has_z
        )
        total = t.square() * v + (1 - t).square()
        cosines = _cosines(count).to(states)
        spectrum = torch.einsum("ks,bsd->bkd", cosines, states - t * given.described)
        change = torch.einsum("ks,bkd->bsd", cosines, t * v / total * spectrum)
        return given.described + change


@cache
def _cosines(states: int) -> Float[Tensor, "{states} {states}"]:
    """The DCT-II over S states: rows are its functions."""
    return orthonormal_cosines(states, states).T.contiguous()


def _resampled(variance: Float[Tensor, "S D"], count: int) -> Float[Tensor, "S2 D"]:
    """The variances at the frequencies of sequences of another length."""
    if count == len(variance):
        return variance
    lines = nn.functional.interpolate(
        variance.T[None], size=count, mode="linear", align_corners=True
    )
    return lines[0].T
