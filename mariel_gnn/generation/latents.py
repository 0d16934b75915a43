"""Steps and paths in latent space.

Latents of N(0, I) lie close to a sphere, and its centre is the mean phrase. Steps and paths therefore follow
the sphere and keep the norm of the latents; a straight line would pass near the mean phrase. The two latents
of the heading form a circle: a path follows the shorter arc, and a step does not change them.
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
