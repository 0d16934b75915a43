"""Latents whose phrase agrees with frames that are there already.

    z = argmin  AGREE / AGREE_M² · |placed(decode(z)) - known|² + ½ |z - z₀|² + besides(placed(decode(z)))

The mean square is over the known frames, after the phrase is turned and moved onto them; `besides` is what
else is asked of the phrase. With z₀ drawn
from the prior this is a draw from p(z | known), exactly so for a linear decoder (randomize, then optimize:
Bardsley et al., SIAM J. Sci. Comput. 36, 2014): a phrase that goes on from what is there and is as lively
as any other. With z₀ = 0 it is the likeliest one.
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

AGREE = 300.0  # about as many numbers as a second of dance has that can be chosen freely
AGREE_M = 0.03
STEPS = 60
STEP_SIZE = 0.15


class Target:
    """Frames of a window that are there already.

    Args:
        positions: `[A, J, C]` metres.
        places: `[A]` which frames of the window they are.
        weights: `[A]` how much each has to say.
    """

    def __init__(
        self, positions: Float[Tensor, "A J 3"], places: Tensor, weights: Float[Tensor, " A"]
    ) -> None:
        self.positions, self.places, self.weights = positions, places, weights / weights.sum()

    def placed(self, phrases: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        """Phrases turned and moved onto the known frames."""
        placement = best_alignment(phrases[:, self.places], self.positions[None], self.weights)
        return placement.of(phrases)

    def mismatch_m2(self, placed: Float[Tensor, "N T J 3"]) -> Float[Tensor, " N"]:
        """Mean squared distance of placed phrases from the known frames, square metres."""
        squared = (placed[:, self.places] - self.positions).square().sum(-1).mean(-1)
        return (squared * self.weights).sum(-1)


def fit_latents(
    z: Float[Tensor, "N Z"],
    decode: Decode,
    known: Target,
    besides: Cost | None = None,
    steps: int = STEPS,
) -> tuple[Float[Tensor, "N T J 3"], Float[Tensor, " N"]]:
    """Phrases `[N, T, J, C]` near latents that agree with known frames, and what each cost, nats.

    Args:
        z: latents to start from and to stay near.
        decode: latents to phrases in metres; gradients go through it.
        known: what they are to agree with.
        besides: what placed phrases `[N, T, J, C]` cost `[N]` beside that, nats.
        steps: of gradient descent (Adam).
    """
    start, moving = z, z.clone().requires_grad_()
    optimizer = torch.optim.Adam([moving], lr=STEP_SIZE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    with _deterministic():
        for _ in range(steps):
            optimizer.zero_grad()
            _cost(moving, start, decode, known, besides)[1].sum().backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        return _cost(moving, start, decode, known, besides)


@contextmanager
def _deterministic() -> Iterator[None]:
    """Sums in one order: gradients of indexing add up in any with several threads, whatever the seed."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def _cost(
    z: Tensor, start: Tensor, decode: Decode, known: Target, besides: Cost | None
) -> tuple[Tensor, Tensor]:
    placed = known.placed(decode(z))
    cost = AGREE / AGREE_M**2 * known.mismatch_m2(placed) + 0.5 * (z - start).square().sum(-1)
    return placed, cost if besides is None else cost + besides(placed)
