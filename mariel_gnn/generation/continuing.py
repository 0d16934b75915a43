"""Going on from a phrase: window after window, each fitted to the last second of what is there.

Each following window is placed by where the body is and which way it faces; what it is still off at the
seam fades away within half a second, and its travel follows its feet. It moves as much as the given piece
does. Nothing before is touched.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.bones import with_bones
from mariel_gnn.generation.easing import fading
from mariel_gnn.generation.fitting import Cost, Known, fitted
from mariel_gnn.generation.motion_range import MotionRange
from mariel_gnn.generation.movement import as_lively_as
from mariel_gnn.generation.phrase_codec import PhraseCodec
from mariel_gnn.generation.planting import planted
from mariel_gnn.models import WindowShape

OVERLAP = 0.25  # of a window is fitted to what is there: 32 of 128 frames, 0.9 s
EASE_S = 0.5
TRIES = 8  # windows at most for one seam: the first that stays within the data's range is taken

Latents = Callable[[int], Tensor]  # draws N latents `[N, Z]`


def overlap_frames(shape: WindowShape) -> int:
    """How many frames of what is there each following window is fitted to."""
    return max(2, round(OVERLAP * shape.frames))


def ease_frames(shape: WindowShape) -> int:
    """Over how many frames a window's offset at a seam fades."""
    return min(round(EASE_S * shape.rate_hz), shape.frames - overlap_frames(shape))


def continued(
    model: PhraseCodec,
    given: Float[Tensor, "A J 3"],
    frames: int,
    temperature: float,
    draw: Latents,
    generator: torch.Generator,
    motion_range: MotionRange | None = None,
    on_frames: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "A2 J 3"]:
    """The given frames, bit for bit, and `frames` more.

    Args:
        model: goes on.
        given: `[A, J, C]` metres, at least `overlap_frames(model.shape)`.
        frames: how many more.
        temperature: of detail that latents do not tell.
        draw: gives latents to start from.
        generator: draws what else is drawn.
        motion_range: what a seam is to stay within and where feet stand; None asks for neither.
        on_frames: is told the frames that are done and that are wanted.
    """
    parts, wanted = [given], len(given) + frames
    lively = as_lively_as(given, model.shape.rate_hz, overlap_frames(model.shape), model.travels)
    for start in window_starts(model.shape, len(given), wanted):
        known = torch.cat(parts[-2:])[-overlap_frames(model.shape) :]
        parts.append(_sound(model, known, lively, temperature, draw, generator, motion_range))
        if on_frames is not None:
            on_frames(start - len(given), frames)
    return torch.cat(parts)[:wanted]


def window_starts(shape: WindowShape, given: int, wanted: int) -> list[int]:
    """The first frames of the windows that follow `given` frames."""
    return list(range(given, wanted, shape.frames - overlap_frames(shape)))


def _sound(
    model: PhraseCodec,
    before: Float[Tensor, "A J 3"],
    lively: Cost,
    temperature: float,
    draw: Latents,
    generator: torch.Generator,
    motion_range: MotionRange | None,
) -> Float[Tensor, "T2 J 3"]:
    """The first following window whose seam stays within the range, or that which leaves it least."""
    found: list[tuple[float, Tensor]] = []
    for _ in range(TRIES):
        window = _following(model, before, lively, temperature, draw(1), generator)
        if motion_range is None:
            return window
        window = planted(window, before[-1], motion_range.near_floor(), model.shape.rate_hz)
        seam = torch.cat([before[-2:], window[: ease_frames(model.shape) + 2]])
        worst = max(motion_range.worst(seam.numpy(), model.shape.rate_hz))
        found.append((worst, window))
        if worst <= 1:
            break
    return min(found, key=lambda one: one[0])[1]


def _following(
    model: PhraseCodec,
    before: Float[Tensor, "A J 3"],
    lively: Cost,
    temperature: float,
    z: Float[Tensor, "1 Z"],
    generator: torch.Generator,
) -> Float[Tensor, "T2 J 3"]:
    """The frames of a window that follow those that it shares with what is there."""
    detail_seed = int(torch.randint(2**31, (1,), generator=generator))

    def decode(latents: Tensor) -> Tensor:
        # The same detail at every step of the fit, so that latents make up for it.
        detail = torch.Generator().manual_seed(detail_seed)
        return model.in_metres(model.network.decode_sample(latents, temperature, detail))

    overlap = len(before)
    heard = before if model.travels else _on_the_spot(before)
    weights = torch.linspace(1 / overlap, 1, overlap)  # the seam has most to say
    window = fitted(z, decode, Known(heard, torch.arange(overlap), weights), lively)[0][0]
    eased = window[overlap:] + fading(window, before, ease_frames(model.shape), model.skeleton)
    return with_bones(model.network, eased)


def _on_the_spot(positions: Float[Tensor, "A J 3"]) -> Float[Tensor, "A J 3"]:
    """Frames as a model without an ear for travel knows them: all where the last one is."""
    path = positions[..., :2].mean(dim=1, keepdim=True)
    return torch.cat([positions[..., :2] - path + path[-1:], positions[..., 2:]], dim=-1)
