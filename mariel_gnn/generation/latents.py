"""Ways through the space of latents: a step of a given length, and a path between two points.

Latents of N(0, I) all lie near a sphere: its middle is the most ordinary phrase of all. So steps and paths
go along the sphere and keep how far from ordinary a phrase is, where straight lines would cut through. The
heading's two latents are a circle of their own: a path turns the short way round, and a step leaves them.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

_NEARLY_PARALLEL = 1e-6  # sine of the angle below which a great circle is a straight line


def random_step(
    z: Float[Tensor, " Z"], sigmas: float, count: int, generator: torch.Generator, fixed: int = 0
) -> Float[Tensor, "N Z"]:
    """Latents at a distance from `z`, in directions drawn at random.

    |z' - z| = sigmas · sqrt(Z), exactly: as far as if every latent moved by `sigmas` standard deviations of
    the prior. As long as the step is shorter than |z| · sqrt(2), z' lies as far from the middle as z does;
    from there on it leads outward.

    Args:
        z: `[Z]` where from.
        sigmas: how far.
        count: N.
        generator: draws the directions, on the CPU.
        fixed: the first latents that stay as they are: a heading.
    """
    kept, free = z[:fixed], z[fixed:]
    drawn = torch.randn(count, len(free), generator=generator).to(z)
    length, radius = sigmas * math.sqrt(len(z)), float(free.norm())
    middle = free / radius if radius > 0 else torch.zeros_like(free)
    sideways = drawn - (drawn @ middle)[:, None] * middle
    sideways = sideways / sideways.norm(dim=1, keepdim=True)
    inward = min(length / (2 * radius), math.sqrt(0.5)) if radius > 0 else 0.0
    direction = math.sqrt(1 - inward**2) * sideways - inward * middle
    return torch.cat([kept.expand(count, -1), free + length * direction], dim=1)


def interpolate_latents(
    a: Float[Tensor, " Z"], b: Float[Tensor, " Z"], steps: int, circle: int = 0
) -> Float[Tensor, "N Z"]:
    """A path of `steps` latents from `a` to `b`, both included.

    Spherical (Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985): the angle grows
    evenly, and so does the distance from the middle.

    Args:
        a: `[Z]` first.
        b: `[Z]` last.
        steps: N, two or more.
        circle: the first latents, whose direction is a heading; they turn the short way by themselves.
    """
    share = torch.linspace(0, 1, steps, dtype=a.dtype, device=a.device)[1:-1, None]
    inner = _along_the_sphere(a[circle:], b[circle:], share)
    if circle:
        inner = torch.cat([_around_the_circle(a[:circle], b[:circle], share), inner], dim=1)
    return torch.cat([a[None], inner, b[None]])


def _around_the_circle(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    """From heading to heading the short way; half a turn goes counter-clockwise."""
    first, last = torch.atan2(a[1], a[0]), torch.atan2(b[1], b[0])
    turn = math.pi - torch.remainder(math.pi - (last - first), 2 * math.pi)
    angle = first + share * turn
    radius = (1 - share) * a.norm() + share * b.norm()
    path: Tensor = radius * torch.cat([angle.cos(), angle.sin()], dim=1)
    return path


def _along_the_sphere(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    straight = (1 - share) * a + share * b
    if not (a.norm() > 0 and b.norm() > 0):
        return straight
    cosine = (a / a.norm() @ (b / b.norm())).clamp(-1, 1)
    angle, sine = torch.acos(cosine), (1 - cosine**2).sqrt()
    if float(sine) < _NEARLY_PARALLEL:
        return straight
    of_a, of_b = torch.sin((1 - share) * angle) / sine, torch.sin(share * angle) / sine
    radius = (1 - share) * a.norm() + share * b.norm()
    path: Tensor = radius * (of_a * a / a.norm() + of_b * b / b.norm())
    return path
