"""How much a phrase moves, on the spot and over the floor, and what it costs to move otherwise.

A window fitted to a second of dance is calmer than what it follows: little movement agrees with anything.
So that going on does not die away, its two amounts are held where the given clip has them:

    cost = ½ Σ_g (log(STILL + m_g) - log(STILL + m_g given))² / SPREAD²,    m = (pose, path) metres a second
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.fitting import Cost, Target, fit_latents
from mariel_gnn.generation.motion_range import MotionRange
from mariel_gnn.generation.phrase_codec import PhraseCodec
from mariel_gnn.generation.transitions import inertialize, lock_feet, restore_bones
from mariel_gnn.metrics.samples import marker_speed_m_per_s
from mariel_gnn.models.motion_model import WindowShape

LEVEL_STD = 0.005  # of a logarithm: in nats, about as much to say as the frames at the transition
STILL_M_PER_S = 0.05  # moving less than this is standing still


def motion_level(positions: Float[Tensor, "N T J 3"], rate_hz: float) -> Float[Tensor, "N 2"]:
    """Mean speed of the markers with travel taken away, and of the body's path, metres a second.

    Args:
        positions: `[N, T, J, C]` metres; gradients go through.
        rate_hz: frames per second.
    """
    on_the_spot = marker_speed_m_per_s(positions, rate_hz).mean(dim=(1, 2))
    path = rate_hz * positions[..., :2].mean(dim=2).diff(dim=1).norm(dim=-1).mean(dim=1)
    return torch.stack([on_the_spot, path], dim=1)


def motion_level_cost(
    clip: Float[Tensor, "A J 3"], rate_hz: float, from_frame: int, travels: bool = True
) -> Cost:
    """What phrases `[N, T, J, C]` cost `[N]`, nats, for moving less or more than a clip.

    Args:
        clip: `[A, J, C]` metres.
        rate_hz: frames per second.
        from_frame: of a phrase, the first that counts.
        travels: whether their path counts too.
    """
    amounts = 2 if travels else 1

    def told(positions: Tensor) -> Tensor:
        return (motion_level(positions, rate_hz)[:, :amounts] + STILL_M_PER_S).log()

    wanted = told(clip[None])

    def cost(phrases: Tensor) -> Tensor:
        away = (told(phrases[:, from_frame:]) - wanted) / LEVEL_STD
        return 0.5 * away.square().sum(dim=1)

    return cost


OVERLAP = 0.25  # of a window is fitted to what is there: 32 of 128 frames, 0.9 s
INERTIALIZATION_S = 0.5
TRIES = (
    8  # windows at most for one transition: the first that stays within the data's range is taken
)

Latents = Callable[[int], Tensor]  # draws N latents `[N, Z]`


def overlap_frames(shape: WindowShape) -> int:
    """How many frames of what is there each following window is fitted to."""
    return max(2, round(OVERLAP * shape.frames))


def inertialization_frames(shape: WindowShape) -> int:
    """Over how many frames a window's offset at a transition fades."""
    return min(round(INERTIALIZATION_S * shape.rate_hz), shape.frames - overlap_frames(shape))


def continue_motion(
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
        motion_range: what a transition is to stay within and where feet stand; None asks for neither.
        on_frames: is told the frames that are done and that are wanted.
    """
    parts, wanted = [given], len(given) + frames
    lively = motion_level_cost(
        given, model.shape.rate_hz, overlap_frames(model.shape), model.travels
    )
    for start in continuation_starts(model.shape, len(given), wanted):
        known = torch.cat(parts[-2:])[-overlap_frames(model.shape) :]
        parts.append(_best_window(model, known, lively, temperature, draw, generator, motion_range))
        if on_frames is not None:
            on_frames(start - len(given), frames)
    return torch.cat(parts)[:wanted]


def continuation_starts(shape: WindowShape, given: int, wanted: int) -> list[int]:
    """The first frames of the windows that follow `given` frames."""
    return list(range(given, wanted, shape.frames - overlap_frames(shape)))


def _best_window(
    model: PhraseCodec,
    before: Float[Tensor, "A J 3"],
    lively: Cost,
    temperature: float,
    draw: Latents,
    generator: torch.Generator,
    motion_range: MotionRange | None,
) -> Float[Tensor, "T2 J 3"]:
    """The first following window whose transition stays within the range, or that which leaves it least."""
    found: list[tuple[float, Tensor]] = []
    for _ in range(TRIES):
        window = _following(model, before, lively, temperature, draw(1), generator)
        if motion_range is None:
            return window
        window = lock_feet(window, before[-1], motion_range.near_floor(), model.shape.rate_hz)
        transition = torch.cat([before[-2:], window[: inertialization_frames(model.shape) + 2]])
        worst = max(motion_range.worst(transition.numpy(), model.shape.rate_hz))
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
        return model.in_metres(model.vae.decode_sample(latents, temperature, detail))

    overlap = len(before)
    heard = before if model.travels else _on_the_spot(before)
    weights = torch.linspace(1 / overlap, 1, overlap)  # the transition has most to say
    window = fit_latents(z, decode, Target(heard, torch.arange(overlap), weights), lively)[0][0]
    eased = window[overlap:] + inertialize(
        window, before, inertialization_frames(model.shape), model.skeleton
    )
    return restore_bones(model.vae, eased)


def _on_the_spot(positions: Float[Tensor, "A J 3"]) -> Float[Tensor, "A J 3"]:
    """Frames as a model without an ear for travel knows them: all where the last one is."""
    path = positions[..., :2].mean(dim=1, keepdim=True)
    return torch.cat([positions[..., :2] - path + path[-1:], positions[..., 2:]], dim=-1)
