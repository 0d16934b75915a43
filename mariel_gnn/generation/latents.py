"""Latents: steps and paths in latent space, and latents fitted to target frames.

Latents of N(0, I) lie close to a sphere, and its centre is the mean phrase. Steps and paths therefore follow
the sphere and keep the norm of the latents; a straight line would pass near the mean phrase. The two latents
of the heading form a circle: a path follows the shorter arc, and a step does not change them.

A fit to target frames minimizes

    FIT_WEIGHT / FIT_SCALE_M² · |x(z) - target|² + ½ |z - z₀|² + extra(x(z))

x(z) is the decoded phrase, aligned with the target frames; the squared distance is a mean over these frames.
`extra` is an optional further cost. With z₀ sampled from the prior, z is a sample from p(z | target), which
is exact for a linear decoder (randomize-then-optimize: Bardsley et al., SIAM J. Sci. Comput. 36, 2014). The
phrase then continues the target frames and moves as much as other samples. With z₀ = 0, z is the posterior
mode.
"""

from __future__ import annotations

import math
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
_NEARLY_PARALLEL = 1e-6  # sine of the angle below which a great circle is a straight line


def random_step(
    z: Float[Tensor, " Z"], sigmas: float, count: int, generator: torch.Generator, fixed: int = 0
) -> Float[Tensor, "N Z"]:
    """Return latents at a given distance from `z`, in random directions.

    |z' - z| = sigmas · sqrt(Z) exactly: the distance if every latent changes by `sigmas` standard deviations
    of the prior. If the step is shorter than |z| · sqrt(2), z' has the norm of z; a longer step increases it.

    Args:
        z: `[Z]` the initial latents.
        sigmas: distance in standard deviations.
        count: N.
        generator: of the directions, on the CPU.
        fixed: number of leading latents that do not change: the heading.
    """
    heading, free = z[:fixed], z[fixed:]
    noise = torch.randn(count, len(free), generator=generator).to(z)
    length, radius = sigmas * math.sqrt(len(z)), float(free.norm())
    radial = free / radius if radius > 0 else torch.zeros_like(free)
    tangent = noise - (noise @ radial)[:, None] * radial
    tangent = tangent / tangent.norm(dim=1, keepdim=True)
    inward = min(length / (2 * radius), math.sqrt(0.5)) if radius > 0 else 0.0
    direction = math.sqrt(1 - inward**2) * tangent - inward * radial
    return torch.cat([heading.expand(count, -1), free + length * direction], dim=1)


def interpolate_latents(
    a: Float[Tensor, " Z"], b: Float[Tensor, " Z"], steps: int, circle: int = 0
) -> Float[Tensor, "N Z"]:
    """Return a path of `steps` latents from `a` to `b`, both included.

    Spherical linear interpolation (Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985); the
    norm is interpolated linearly.

    Args:
        a: `[Z]` first latents.
        b: `[Z]` last latents.
        steps: N, two or more.
        circle: number of leading latents with a heading as their direction; they are interpolated separately.
    """
    share = torch.linspace(0, 1, steps, dtype=a.dtype, device=a.device)[1:-1, None]
    inner = _along_sphere(a[circle:], b[circle:], share)
    if circle:
        inner = torch.cat([_along_circle(a[:circle], b[:circle], share), inner], dim=1)
    return torch.cat([a[None], inner, b[None]])


def _along_circle(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    """Interpolate headings along the shorter arc; a half turn goes counter-clockwise."""
    first, last = torch.atan2(a[1], a[0]), torch.atan2(b[1], b[0])
    turn = math.pi - torch.remainder(math.pi - (last - first), 2 * math.pi)
    angle = first + share * turn
    radius = (1 - share) * a.norm() + share * b.norm()
    path: Tensor = radius * torch.cat([angle.cos(), angle.sin()], dim=1)
    return path


def _along_sphere(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    straight = (1 - share) * a + share * b
    if not (a.norm() > 0 and b.norm() > 0):
        return straight
    cosine = (a / a.norm() @ (b / b.norm())).clamp(-1, 1)
    angle, sine = torch.acos(cosine), (1 - cosine**2).sqrt()
    if float(sine) < _NEARLY_PARALLEL:
        return straight
    weight_a, weight_b = torch.sin((1 - share) * angle) / sine, torch.sin(share * angle) / sine
    radius = (1 - share) * a.norm() + share * b.norm()
    path: Tensor = radius * (weight_a * a / a.norm() + weight_b * b / b.norm())
    return path


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
