"""Fits latents to target frames.

    z = argmin  FIT_WEIGHT / FIT_SCALE_M² · |x(z) - target|² + ½ |z - z₀|² + extra(x(z))

x(z) is the decoded phrase, aligned with the target frames; the squared distance is a mean over these frames.
`extra` is an optional further cost. With z₀ sampled from the prior, z is a sample from p(z | target), which
is exact for a linear decoder (randomize-then-optimize: Bardsley et al., SIAM J. Sci. Comput. 36, 2014). The
phrase then continues the target frames and moves as much as other samples. With z₀ = 0, z is the posterior
mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.alignment import best_alignment

Decode = Callable[[Tensor], Tensor]
Cost = Callable[[Tensor], Tensor]

FIT_WEIGHT = 300.0  # about the degrees of freedom of one second of dance
FIT_SCALE_M = 0.03
STEPS = 60
STEP_SIZE = 0.15


class Target:
    """Target frames of a window.

    Args:
        positions: `[A, J, C]` metres.
        frames: `[A]` their indices in the window.
        weights: `[A]` weight of each frame.
    """

    def __init__(
        self, positions: Float[Tensor, "A J 3"], frames: Tensor, weights: Float[Tensor, " A"]
    ) -> None:
        self.positions, self.frames, self.weights = positions, frames, weights / weights.sum()

    def align(self, phrases: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        """Return phrases aligned with the target frames."""
        alignment = best_alignment(phrases[:, self.frames], self.positions[None], self.weights)
        return alignment.apply(phrases)

    def mismatch_m2(self, aligned: Float[Tensor, "N T J 3"]) -> Float[Tensor, " N"]:
        """Return the mean squared distance of aligned phrases from the target frames, square metres."""
        squared = (aligned[:, self.frames] - self.positions).square().sum(-1).mean(-1)
        return (squared * self.weights).sum(-1)


def fit_latents(
    z: Float[Tensor, "N Z"],
    decode: Decode,
    target: Target,
    extra: Cost | None = None,
    steps: int = STEPS,
) -> tuple[Float[Tensor, "N T J 3"], Float[Tensor, " N"]]:
    """Fit latents to target frames; return the aligned phrases `[N, T, J, C]` and their costs `[N]`, nats.

    Args:
        z: initial latents, which the fit stays close to.
        decode: latents -> phrases in metres, differentiable.
        target: the target frames.
        extra: further cost `[N]` of aligned phrases `[N, T, J, C]`, nats.
        steps: number of gradient steps (Adam).
    """
    start, fitted = z, z.clone().requires_grad_()
    optimizer = torch.optim.Adam([fitted], lr=STEP_SIZE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    with _deterministic():
        for _ in range(steps):
            optimizer.zero_grad()
            _cost(fitted, start, decode, target, extra)[1].sum().backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        return _cost(fitted, start, decode, target, extra)


@contextmanager
def _deterministic() -> Iterator[None]:
    """Fix the order of sums: with several threads, gradients of indexing add up in any order."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def _cost(
    z: Tensor, start: Tensor, decode: Decode, target: Target, extra: Cost | None
) -> tuple[Tensor, Tensor]:
    aligned = target.align(decode(z))
    distance = FIT_WEIGHT / FIT_SCALE_M**2 * target.mismatch_m2(aligned)
    cost = distance + 0.5 * (z - start).square().sum(-1)
    return aligned, cost if extra is None else cost + extra(aligned)
