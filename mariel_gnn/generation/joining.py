"""Joins clips: the second clip is aligned with the end of the first, and the model generates the transition.

1. Alignment: both clips are extrapolated by half a frame; the second is rotated and shifted to the least
   distance between their markers.
2. Fit: the window's frames on both sides of the transition are the target. The fit starts from the encoding
   of a plain crossfade.
3. Inertialization: the offset at each end decays over the transition.
4. Foot locking: the travel of the transition follows the feet, and the second clip is shifted accordingly.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.alignment import best_alignment
from mariel_gnn.generation.foot_locking import lock_feet
from mariel_gnn.generation.latents import Target, fit_latents
from mariel_gnn.generation.motion_range import MotionRange
from mariel_gnn.generation.phrase_codec import PhraseCodec
from mariel_gnn.generation.transitions import SPEED_FRAMES, inertialize, restore_bones
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion_model import WindowShape

SIDE = 0.125  # least fraction of a window that is target on each side of the transition


def longest_transition(shape: WindowShape) -> int:
    """Return the greatest number of frames of a transition."""
    return shape.frames - 2 * max(SPEED_FRAMES + 1, round(SIDE * shape.frames))


def join_clips(
    model: PhraseCodec,
    first: Float[Tensor, "A J 3"],
    second: Float[Tensor, "B J 3"],
    frames: int,
    motion_range: MotionRange | None = None,
) -> Float[Tensor, "AB J 3"]:
    """Join two clips; the result has their total length and differs from them only at the transition.

    Args:
        model: generates the transition.
        first: `[A, J, C]` metres, half a window or more; it keeps its place.
        second: `[B, J, C]` metres, half a window or more; it is rotated and shifted.
        frames: length of the transition, half of it taken from each clip.
        motion_range: contact heights for foot locking; None omits foot locking.
    """
    second = _aligned_after(first, second)
    half = model.shape.frames // 2
    before, after = first[-half:], second[: model.shape.frames - half]
    transition = _transition(model, before, after, frames)
    head, tail = first[: len(first) - frames // 2], second[frames - frames // 2 :]
    if motion_range is None:
        return torch.cat([head, transition, tail])
    near_floor, rate_hz = motion_range.near_floor(), model.shape.rate_hz
    locked = lock_feet(transition, head[-1], near_floor, rate_hz, transition_after=True)
    return torch.cat([head, locked, tail + (locked[-1] - transition[-1])])


def _aligned_after(
    first: Float[Tensor, "A J 3"], second: Float[Tensor, "B J 3"]
) -> Float[Tensor, "B J 3"]:
    """The second clip, rotated and shifted to the end of the first."""
    last = first[-1] + (first[-1] - first[-2]) / 2
    next_ = second[0] - (second[1] - second[0]) / 2
    alignment = best_alignment(next_[None, None], last[None, None], torch.ones(1))
    return alignment.apply(second[None])[0]


def _transition(
    model: PhraseCodec, before: Float[Tensor, "A J 3"], after: Float[Tensor, "B J 3"], frames: int
) -> Float[Tensor, "W J 3"]:
    """The frames between `before` and `after`; they replace half of their number in each."""
    start, stop = len(before) - frames // 2, len(before) + frames - frames // 2
    faded = crossfade(before, after, stop - len(before), model.skeleton)
    path = faded[None, ..., :2].mean(dim=2)

    def decode(z: Tensor) -> Tensor:
        return model.in_metres(model.vae.decode(z), path=path)

    target = _both_sides(faded, start, stop)
    window = fit_latents(model.encode(faded[None]), decode, target)[0][0]
    half = max(1, frames // 2)
    from_before = inertialize(window, faded[:start], half, model.skeleton)[:frames]
    from_after = inertialize(window.flip(0), faded[stop:].flip(0), half, model.skeleton)[:frames]
    blended = window[start:stop] + from_before + from_after.flip(0)
    return restore_bones(model.vae, blended, transition_after=True)


def crossfade(
    first: Float[Tensor, "A J 3"], second: Float[Tensor, "B J 3"], frames: int, skeleton: Skeleton
) -> Float[Tensor, "AB J 3"]:
    """Concatenate two clips; their offset decays over the first frames of the second."""
    steps = torch.arange(-SPEED_FRAMES - 1, 0, dtype=second.dtype)[:, None, None]
    extrapolated = second[0] + steps * (second[SPEED_FRAMES] - second[0]) / SPEED_FRAMES
    recorded = first[-len(extrapolated) :]
    extended = torch.cat([extrapolated, second])
    return torch.cat([first, second + inertialize(extended, recorded, frames, skeleton)])


def _both_sides(window: Float[Tensor, "T J 3"], start: int, stop: int) -> Target:
    """The window's frames outside the transition; frames close to it have larger weights."""
    frames = torch.tensor([frame for frame in range(len(window)) if not start <= frame < stop])
    distance = torch.where(frames < start, start - frames, frames - stop + 1)
    return Target(window[frames], frames, 1 / distance.to(window.dtype))
