"""Easing: what a generated phrase is off at a transition fades away, smoothly and in the body's own frame.

At the transition the offset between what is there and what was generated has a size and a speed. It is carried
on as the polynomial of fifth degree that starts with that size and speed, without a jump of acceleration,
and ends at rest at zero: nothing before the transition is touched, and nothing jumps at it. (Bollo,
"Inertialization: high-performance animation transitions in Gears of War", GDC 2018.) The offset turns with
the body, or a spin would carry an arm's offset out of the arm.

What else is mended in generated frames is mended softly: not at all at a transition, and smoothed.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool1d, pad

from mariel_gnn.data.heading import heading_rad, rotate_frames
from mariel_gnn.metrics.samples import NEAR_M
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.vae import VAE

PASSES = 2  # of smoothing
SPEED_FRAMES = 4  # the offset's speed is told over so many steps: one step tells the cameras' noise


def inertialize(
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
    off = rotate_frames((known - generated[:overlap])[None], -heading[None, :overlap])[0]
    steps = min(SPEED_FRAMES, overlap - 1)
    size, speed = off[-1], (off[-1] - off[-1 - steps]) / steps
    time = torch.arange(1, len(generated) - overlap + 1, dtype=generated.dtype) / frames
    time = time.clamp(max=1)[:, None, None]
    of_size = 1 - time**3 * (10 - 15 * time + 6 * time**2)
    of_speed = frames * time * (1 - time**2 * (6 - 8 * time + 3 * time**2))
    faded = of_size * size + of_speed * speed
    return rotate_frames(faded[None], heading[None, overlap:])[0]


def transition_ramp(frames: int, ramp_frames: int, goes_on: bool = False) -> Float[Tensor, " A"]:
    """How free each generated frame `[A]` is of the transition before them, whose speed is given: 0 at it.

    Args:
        frames: A.
        ramp_frames: from there on they are free, 1.
        goes_on: whether something follows, so that their end is a transition as well.
    """
    since = torch.arange(1, frames + 1)
    share = (torch.minimum(since, since.flip(0)) if goes_on else since) / ramp_frames
    share = share.clamp(max=1)
    return share**2 * (3 - 2 * share)


def smooth(series: Float[Tensor, "A K"], frames: int) -> Float[Tensor, "A K"]:
    """Means over so many neighbouring frames (an odd number), twice."""
    found, side = series.T[None], frames // 2
    for _ in range(PASSES):
        found = avg_pool1d(pad(found, (side, side), mode="replicate"), frames, 1)
    return found[0].T


BONE_RAMP_FRAMES = (
    8  # shorter ramps jerk, longer ones leave the bones that fade with the offset bent
)
BONE_SMOOTH_FRAMES = 3


def restore_bones(
    network: VAE, generated: Float[Tensor, "A J 3"], goes_on: bool = False
) -> Float[Tensor, "A J 3"]:
    """Generated frames `[A, J, C]`, metres, with bones as long as bodies' are, the transitions as they were.

    Args:
        network: knows of bones, or leaves the frames as they are.
        generated: the frames after a transition.
        goes_on: whether something follows, so that their end is a transition as well.
    """
    change = (network.with_bones(generated) - generated).flatten(1)
    free = transition_ramp(len(generated), BONE_RAMP_FRAMES, goes_on)[:, None]
    return generated + smooth(free * change, BONE_SMOOTH_FRAMES).view_as(generated)


SOFT_M = 0.04  # between standing and being off the floor
SINK_M = 0.02  # under where it stands a foot may go: it rolls, and cameras err
FOOT_STILL_M_PER_S = 0.2  # among markers near the floor the stillest has most to say: a foot rolls
FOOT_RAMP_FRAMES, FOOT_SMOOTH_FRAMES = 6, 5


def lock_feet(
    generated: Float[Tensor, "A J 3"],
    before: Float[Tensor, "J 3"],
    near_floor_m: Float[Tensor, " J"],
    rate_hz: float,
    goes_on: bool = False,
) -> Float[Tensor, "A J 3"]:
    """Generated frames, moved so that standing feet stand and are not under the floor.

    Args:
        generated: `[A, J, C]` metres.
        before: `[J, C]` the frame before them.
        near_floor_m: `[J]` the height under which a marker stands on the floor; of markers that are not
            of the feet, minus infinity.
        rate_hz: frames per second.
        goes_on: whether something follows whose speed is given too, so that their end is a transition as well.
    """
    free = transition_ramp(len(generated), FOOT_RAMP_FRAMES, goes_on)
    lift = smooth((_under_m(generated, near_floor_m) * free)[:, None], FOOT_SMOOTH_FRAMES)
    standing, slip = _slip_m(torch.cat([before[None], generated]), near_floor_m, rate_hz)
    shift = -smooth(slip * (standing * free)[:, None], FOOT_SMOOTH_FRAMES).cumsum(dim=0)
    return generated + torch.cat([shift, lift], dim=-1)[:, None]


def _under_m(positions: Float[Tensor, "A J 3"], near_floor_m: Float[Tensor, " J"]) -> Tensor:
    """How much farther `[A]` a foot is under where it stands than it may be, metres."""
    return (near_floor_m - NEAR_M - SINK_M - positions[..., 2]).amax(dim=1).clamp(min=0)


def _slip_m(
    whole: Float[Tensor, "A J 3"], near_floor_m: Float[Tensor, " J"], rate_hz: float
) -> tuple[Float[Tensor, " A1"], Float[Tensor, "A1 2"]]:
    """From frame to frame, how surely a foot stands and how far the standing ones go, metres."""
    standing = ((near_floor_m - whole[..., 2]) / SOFT_M + 0.5).clamp(0, 1)
    standing = torch.minimum(standing[1:], standing[:-1])
    steps = whole[..., :2].diff(dim=0)
    say = standing / ((steps.norm(dim=-1) * rate_hz).square() + FOOT_STILL_M_PER_S**2)
    slip = (say[..., None] * steps).sum(1) / say.sum(1).clamp(min=1e-9)[:, None]
    return standing.amax(dim=1), slip
