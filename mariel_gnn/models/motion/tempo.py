"""When a phrase moves fast and when slowly, apart from what it does.

Dancers move in bursts. Told in even time a phrase moves at about one speed throughout, and its tempo
says how fast even time goes by:

    log v(t) ~ e_0 + e_1 cos_1(t) + … + e_N cos_N(t)          v: mean speed of the markers
    d tau / dt ∝ exp(s (e_1 cos_1(t) + … + e_N cos_N(t))),    tau runs through the window as t does

A spectrum in even time has most room for the moments that need it, and what is drawn evenly in it comes
out in bursts; but not all parts of a body move in one tempo, and s is less than 1. (In animation: arc
length apart from timing; Guenter and Parent, IEEE CG&A 1990.)
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.models.motion.time_axes import orthonormal_cosines

REST = 0.3  # of the usual speed, added to every speed: rests are not to be squeezed to nothing
EVENNESS = 0.8  # s; 1 makes left and right move together more than they do, 0 has no bursts


class Tempo(nn.Module):
    """Knows the usual speed and how much tempo varies, once they are measured.

    Args:
        frames: T.
        terms: N, cosines that tell the tempo; 0 leaves time as it is.
    """

    cosines: Tensor
    speed: Tensor
    std: Tensor

    def __init__(self, frames: int, terms: int) -> None:
        super().__init__()
        self.terms = min(terms, frames - 1)
        self.register_buffer("cosines", orthonormal_cosines(frames, self.terms + 1)[:, 1:])
        self.register_buffer("speed", torch.ones(()))
        self.register_buffer("std", torch.ones(self.terms))

    @torch.no_grad()
    def fit(self, positions: Float[Tensor, "B T J 3"]) -> None:
        """Measure the usual speed and how much each term varies.

        Args:
            positions: training windows, normalised.
        """
        self.speed.copy_(_speed(positions).mean())
        self.std.fill_(1)
        self.std.copy_(self.levels(positions).square().mean(0).sqrt().clamp(min=1e-3))

    def levels(self, positions: Float[Tensor, "B T J 3"]) -> Float[Tensor, "B N"]:
        """The tempo of windows; 0 is even, and each term is as large as usual at 1."""
        speed = _speed(positions) + REST * self.speed
        return speed.log() @ self.cosines / self.std

    def even_time(self, levels: Float[Tensor, "B N"]) -> Float[Tensor, "B T"]:
        """Where in even time each frame lies: from 0 to T - 1, and never backwards."""
        rate = (EVENNESS * (levels * self.std) @ self.cosines.T).exp()
        steps = (rate[:, 1:] + rate[:, :-1]) / 2
        time = nn.functional.pad(steps.cumsum(1), (1, 0))
        return time * (steps.shape[1] / time[:, -1:])


def at_places(
    series: Float[Tensor, "B T D"], places: Float[Tensor, "B S"]
) -> Float[Tensor, "B S D"]:
    """A series between its frames, along straight lines.

    Args:
        series: one value a frame.
        places: in frames, from 0 to T - 1.
    """
    before = places.detach().floor().long().clamp(0, series.shape[1] - 2)
    first, second = (
        series.gather(1, place[..., None].expand(-1, -1, series.shape[2]))
        for place in (before, before + 1)
    )
    return torch.lerp(first, second, (places - before)[..., None])


def frames_at_even_steps(even_time: Float[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """The way back: which frame, or place between frames, lies at 0, 1, 2, … of even time."""
    count = even_time.shape[1]
    steps = torch.arange(count, device=even_time.device).to(even_time).expand_as(even_time)
    after = torch.searchsorted(even_time.contiguous(), steps.contiguous()).clamp(1, count - 1)
    low, high = even_time.gather(1, after - 1), even_time.gather(1, after)
    return (after - 1 + (steps - low) / (high - low).clamp(min=1e-6)).clamp(0, count - 1)


def _speed(positions: Float[Tensor, "B T J 3"]) -> Float[Tensor, "B T"]:
    """Mean speed of the markers in each frame; the first has the second's."""
    speed = positions.diff(dim=1).norm(dim=-1).mean(dim=-1)
    return torch.cat([speed[:, :1], speed], dim=1)
