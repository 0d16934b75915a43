"""Transitions: inertialization and bone lengths of generated frames.

At a transition, the offset between recorded and generated frames has a value and a velocity. Inertialization
adds this offset to the generated frames as a quintic polynomial that starts with the value and the velocity,
has no acceleration jump, and ends at rest at zero. Recorded frames stay unchanged, and nothing jumps.
(Bollo, "Inertialization: high-performance animation transitions in Gears of War", GDC 2018.) The offset
rotates with the body: in a fixed frame, a turn of the body would pull a limb off.

Bone lengths are corrected smoothly, with no correction at a transition.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool1d, pad

from mariel_gnn.data.heading import heading_rad, rotate_frames
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.vae import VAE

SMOOTHING_PASSES = 2
SPEED_FRAMES = 4  # frames for the offset's velocity: one frame would measure camera noise


def inertialize(
    generated: Float[Tensor, "T J 3"],
    recorded: Float[Tensor, "A J 3"],
    frames: int,
    skeleton: Skeleton,
) -> Float[Tensor, "T2 J 3"]:
    """Return the offset to add to generated frames for a smooth transition from recorded frames.

    Args:
        generated: `[T, J, C]` metres; its first A frames approximate `recorded`.
        recorded: `[A, J, C]` metres, A of two or more.
        frames: number of frames in which the offset decays.
        skeleton: defines the body's heading.

    Returns:
        `[T - A, J, C]` for the frames after the recorded ones; zero from frame `frames` on.
    """
    heading, overlap = heading_rad(generated, skeleton), len(recorded)
    offset = rotate_frames((recorded - generated[:overlap])[None], -heading[None, :overlap])[0]
    steps = min(SPEED_FRAMES, overlap - 1)
    value, velocity = offset[-1], (offset[-1] - offset[-1 - steps]) / steps
    time = torch.arange(1, len(generated) - overlap + 1, dtype=generated.dtype) / frames
    time = time.clamp(max=1)[:, None, None]
    value_weight = 1 - time**3 * (10 - 15 * time + 6 * time**2)
    velocity_weight = frames * time * (1 - time**2 * (6 - 8 * time + 3 * time**2))
    decayed = value_weight * value + velocity_weight * velocity
    return rotate_frames(decayed[None], heading[None, overlap:])[0]


def transition_ramp(
    frames: int, ramp_frames: int, transition_after: bool = False
) -> Float[Tensor, " A"]:
    """Return the weight of a correction for each generated frame `[A]`: 0 at a transition, then up to 1.

    Args:
        frames: A.
        ramp_frames: frames from 0 to 1.
        transition_after: whether a transition follows the frames too.
    """
    since = torch.arange(1, frames + 1)
    share = (torch.minimum(since, since.flip(0)) if transition_after else since) / ramp_frames
    share = share.clamp(max=1)
    return share**2 * (3 - 2 * share)


def smooth(series: Float[Tensor, "A K"], frames: int) -> Float[Tensor, "A K"]:
    """Apply a moving average over an odd number of frames twice."""
    smoothed, side = series.T[None], frames // 2
    for _ in range(SMOOTHING_PASSES):
        smoothed = avg_pool1d(pad(smoothed, (side, side), mode="replicate"), frames, 1)
    return smoothed[0].T


# A shorter ramp causes jerk; a longer ramp leaves bone-length errors of the decaying offset.
BONE_RAMP_FRAMES = 8
BONE_SMOOTH_FRAMES = 3


def restore_bones(
    network: VAE, generated: Float[Tensor, "A J 3"], transition_after: bool = False
) -> Float[Tensor, "A J 3"]:
    """Return generated frames `[A, J, C]`, metres, with corrected bone lengths except at transitions.

    Args:
        network: corrects bone lengths, or returns the frames unchanged.
        generated: the frames after a transition.
        transition_after: whether a transition follows the frames too.
    """
    change = (network.with_bones(generated) - generated).flatten(1)
    ramp = transition_ramp(len(generated), BONE_RAMP_FRAMES, transition_after)[:, None]
    return generated + smooth(ramp * change, BONE_SMOOTH_FRAMES).view_as(generated)
