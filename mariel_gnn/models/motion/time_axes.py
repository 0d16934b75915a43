"""Movement over a window as few numbers: principal components over time.

Axis 0 is constant; the others are the principal components over time of training windows, each taken
less its mean, of one symmetry: dances may be played backwards. They come out as cosines that are free
at both ends, in the order of their frequencies: 24 of 128 frames reach 3.3 Hz at 35 Hz. Plain cosines
(DCT) stand still in the first and last frame, where dancers do not: with them the path was told twice
as badly (docs/log.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn


class TimeAxes(nn.Module):
    """Orthonormal functions of time.

    Args:
        frames: T.
        count: M, how many; at most T.
    """

    axes: Tensor

    def __init__(self, frames: int, count: int) -> None:
        super().__init__()
        self.frames, self.count = frames, min(count, frames)
        self.register_buffer("axes", orthonormal_cosines(frames, self.count))

    def forward(self, series: Float[Tensor, "B T D"]) -> Float[Tensor, "B M D"]:
        """The coefficients of each column."""
        return torch.einsum("btd,tm->bmd", series, self.axes)

    def at_frames(self, coefficients: Float[Tensor, "B K D"]) -> Float[Tensor, "B T D"]:
        """The series of the first K coefficients."""
        return torch.einsum("bkd,tk->btd", coefficients, self.axes[:, : coefficients.shape[1]])

    def at_knots(self, coefficients: Float[Tensor, "B K D"]) -> Float[Tensor, "B M D"]:
        """The series at M knots, evenly from the first frame to the last."""
        basis = self._knot_axes[:, : coefficients.shape[1]]
        return torch.einsum("bkd,mk->bmd", coefficients, basis)

    def from_knots(self, series: Float[Tensor, "B M D"]) -> Float[Tensor, "B M D"]:
        """The coefficients of the series that goes through given values at the knots."""
        return torch.einsum("bmd,km->bkd", series, torch.linalg.inv(self._knot_axes))

    @torch.no_grad()
    def fit(self, windows: Iterable[Tensor]) -> None:
        """Measure the axes on batches `[B, T, D]` of training windows."""
        covariance = torch.zeros(self.frames, self.frames, dtype=torch.float64)
        for series in windows:
            moving = series - series.mean(dim=1, keepdim=True)
            covariance += torch.einsum("btd,bsd->ts", moving, moving).double().cpu()
        covariance = (covariance + covariance.flip(0, 1)) / 2
        # The constant has the eigenvalue 0; made the largest, it comes first and the others free of it.
        constant = torch.ones_like(covariance)
        _, vectors = torch.linalg.eigh(covariance + (1 + covariance.trace()) * constant)
        axes = vectors.flip(1)[:, : self.count]
        axes[:, 0].abs_()
        self.axes.copy_(axes)

    @property
    def _knot_axes(self) -> Float[Tensor, "M M"]:
        """The axes at the knots, between frames on the straight line."""
        place = torch.linspace(0, self.frames - 1, self.count, device=self.axes.device)
        before = place.floor().long().clamp(max=max(self.frames - 2, 0))
        after = (before + 1).clamp(max=self.frames - 1)
        part = (place - before)[:, None]
        return torch.lerp(self.axes[before], self.axes[after], part)


def orthonormal_cosines(frames: int, count: int) -> Float[Tensor, "{frames} {count}"]:
    """The first functions of the DCT-II, columns of length 1."""
    place = (torch.arange(frames) + 0.5) / frames
    cosines = torch.cos(math.pi * place[:, None] * torch.arange(count)) * math.sqrt(2 / frames)
    cosines[:, 0] /= math.sqrt(2)
    return cosines
