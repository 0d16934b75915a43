"""Joining clips: the second is placed where the first ends, and the model makes the way between them.

placed     so that all markers have least way to go, each clip carried on by half a step
known      a window's frames to both sides; those of the transition are left open
way        the window that agrees with both sides, searched from the encoding of a plain fade;
           what it is off at either end fades away over the transition
planted    its travel follows its feet, and the second clip goes where that leads
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.alignment import best_alignment
from mariel_gnn.generation.fitting import Target, fit_latents
from mariel_gnn.generation.motion_range import MotionRange
from mariel_gnn.generation.phrase_codec import PhraseCodec
from mariel_gnn.generation.transitions import SPEED_FRAMES, inertialize, lock_feet, restore_bones
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion_model import WindowShape

SIDE = 0.125  # of a window at least is known to either side of the transition


def longest_transition(shape: WindowShape) -> int:
    """Frames that a transition may have."""
    return shape.frames - 2 * max(SPEED_FRAMES + 1, round(SIDE * shape.frames))


def join_clips(
    model: PhraseCodec,
    first: Float[Tensor, "A J 3"],
    second: Float[Tensor, "B J 3"],
    frames: int,
    motion_range: MotionRange | None = None,
) -> Float[Tensor, "AB J 3"]:
    """Two clips as one: as long as both together, and as they were but for the transition.

    Args:
        model: makes the transition.
        first: `[A, J, C]` metres, half a window or more; it stays where it is.
        second: `[B, J, C]` metres, half a window or more; it is turned and moved.
        frames: of the transition, half of them taken from each clip.
        motion_range: where feet stand; None lets them slide.
    """
    second = _aligned_after(first, second)
    half = model.shape.frames // 2
    before, after = first[-half:], second[: model.shape.frames - half]
    way = _transition(model, before, after, frames)
    kept, rest = first[: len(first) - frames // 2], second[frames - frames // 2 :]
    if motion_range is None:
        return torch.cat([kept, way, rest])
    stands = lock_feet(way, kept[-1], motion_range.near_floor(), model.shape.rate_hz, goes_on=True)
    return torch.cat([kept, stands, rest + (stands[-1] - way[-1])])


def _aligned_after(
    first: Float[Tensor, "A J 3"], second: Float[Tensor, "B J 3"]
) -> Float[Tensor, "B J 3"]:
    """The second clip turned and moved to where the first one ends."""
    last = first[-1] + (first[-1] - first[-2]) / 2
    next_ = second[0] - (second[1] - second[0]) / 2
    placement = best_alignment(next_[None, None], last[None, None], torch.ones(1))
    return placement.of(second[None])[0]


def _transition(
    model: PhraseCodec, before: Float[Tensor, "A J 3"], after: Float[Tensor, "B J 3"], frames: int
) -> Float[Tensor, "W J 3"]:
    """The frames between `before` and `after`, half of them in place of either's."""
    start, stop = len(before) - frames // 2, len(before) + frames - frames // 2
    plain = crossfade(before, after, stop - len(before), model.skeleton)
    path = plain[None, ..., :2].mean(dim=2)

    def decode(z: Tensor) -> Tensor:
        return model.in_metres(model.vae.decode(z), path=path)

    known = _both_sides(plain, start, stop)
    window = fit_latents(model.encode(plain[None]), decode, known)[0][0]
    ease = max(1, frames // 2)
    from_before = inertialize(window, plain[:start], ease, model.skeleton)[:frames]
    from_after = inertialize(window.flip(0), plain[stop:].flip(0), ease, model.skeleton)[:frames]
    eased = window[start:stop] + from_before + from_after.flip(0)
    return restore_bones(model.vae, eased, goes_on=True)


def crossfade(
    first: Float[Tensor, "A J 3"], second: Float[Tensor, "B J 3"], frames: int, skeleton: Skeleton
) -> Float[Tensor, "AB J 3"]:
    """One clip after the other, what they are apart fading away over the second's first frames."""
    steps = torch.arange(-SPEED_FRAMES - 1, 0, dtype=second.dtype)[:, None, None]
    carried_back = second[0] + steps * (second[SPEED_FRAMES] - second[0]) / SPEED_FRAMES
    known = first[-len(carried_back) :]
    whole = torch.cat([carried_back, second])
    return torch.cat([first, second + inertialize(whole, known, frames, skeleton)])


def _both_sides(window: Float[Tensor, "T J 3"], start: int, stop: int) -> Target:
    """The window's frames without those of the transition; the nearer to it, the more they say."""
    places = torch.tensor([place for place in range(len(window)) if not start <= place < stop])
    away = torch.where(places < start, start - places, places - stop + 1)
    return Target(window[places], places, 1 / away.to(window.dtype))
