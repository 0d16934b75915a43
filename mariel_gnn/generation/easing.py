"""Easing: what a generated phrase is off at a seam fades away, smoothly and in the body's own frame.

At the seam the offset between what is there and what was generated has a size and a speed. It is carried
on as the polynomial of fifth degree that starts with that size and speed, without a jump of acceleration,
and ends at rest at zero: nothing before the seam is touched, and nothing jumps at it. (Bollo,
"Inertialization: high-performance animation transitions in Gears of War", GDC 2018.) The offset turns with
the body, or a spin would carry an arm's offset out of the arm.

What else is mended in generated frames is mended softly: not at all at a seam, and smoothed.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool1d, pad

from mariel_gnn.data.augmenting import turned_by
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.skeletons.body import heading_rad

PASSES = 2  # of smoothing
SPEED_FRAMES = 4  # the offset's speed is told over so many steps: one step tells the cameras' noise


def fading(
    generated: Float[Tensor, "T J 3"],
    known: Float[Tensor, "A J 3"],
    frames: int,
    skeleton: Skeleton,
) -> Float[Tensor, "T2 J 3"]:
    """What to add to generated frames so that they go on from the known ones without a jump.

    Args:
        generated: `[T, J, C]` metres; its first A frames are a guess at `known`.
        known: `[A, J, C]` what is there, A of two or more.
        frames: over how many frames the offset fades.
        skeleton: says where the body faces.

    Returns:
        `[T - A, J, C]` for the frames after the known ones; zero from frame `frames` on.
    """
    heading, overlap = heading_rad(generated, skeleton), len(known)
    off = turned_by((known - generated[:overlap])[None], -heading[None, :overlap])[0]
    steps = min(SPEED_FRAMES, overlap - 1)
    size, speed = off[-1], (off[-1] - off[-1 - steps]) / steps
    time = torch.arange(1, len(generated) - overlap + 1, dtype=generated.dtype) / frames
    time = time.clamp(max=1)[:, None, None]
    of_size = 1 - time**3 * (10 - 15 * time + 6 * time**2)
    of_speed = frames * time * (1 - time**2 * (6 - 8 * time + 3 * time**2))
    faded = of_size * size + of_speed * speed
    return turned_by(faded[None], heading[None, overlap:])[0]


def away_from_seams(frames: int, ramp_frames: int, goes_on: bool = False) -> Float[Tensor, " A"]:
    """How free each generated frame `[A]` is of the seam before them, whose speed is given: 0 at it.

    Args:
        frames: A.
        ramp_frames: from there on they are free, 1.
        goes_on: whether something follows, so that their end is a seam as well.
    """
    since = torch.arange(1, frames + 1)
    share = (torch.minimum(since, since.flip(0)) if goes_on else since) / ramp_frames
    share = share.clamp(max=1)
    return share**2 * (3 - 2 * share)


def smoothed(series: Float[Tensor, "A K"], frames: int) -> Float[Tensor, "A K"]:
    """Means over so many neighbouring frames (an odd number), twice."""
    found, side = series.T[None], frames // 2
    for _ in range(PASSES):
        found = avg_pool1d(pad(found, (side, side), mode="replicate"), frames, 1)
    return found[0].T
