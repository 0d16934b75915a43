"""Continues a clip window by window.

A window fitted to one second of dance moves less than that dance, because little motion fits any target. A
cost therefore keeps the two mean speeds of each window close to those of the given clip:

    cost = ½ Σ_g (log(STILL + v_g) - log(STILL + v_g of the clip))² / SPEED_STD²

with v = (marker speed without travel, speed of the path), metres per second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.generation.foot_locking import lock_feet
from mariel_gnn.generation.latents import Cost, Target, fit_latents
from mariel_gnn.generation.motion_range import MotionRange
from mariel_gnn.generation.phrase_codec import PhraseCodec
from mariel_gnn.generation.transitions import inertialize, restore_bones
from mariel_gnn.metrics.samples import marker_speed_m_per_s
from mariel_gnn.models.motion_model import WindowShape

SPEED_STD = 0.005  # of the logarithm: about the same weight in nats as the target frames
STILL_M_PER_S = 0.05  # slower motion counts as standing still


def mean_speeds(positions: Float[Tensor, "N T J 3"], rate_hz: float) -> Float[Tensor, "N 2"]:
    """Return mean marker speed without travel and mean speed of the body's path, metres per second.

    Args:
        positions: `[N, T, J, C]` metres; the result is differentiable.
        rate_hz: frames per second.
    """
    markers = marker_speed_m_per_s(positions, rate_hz).mean(dim=(1, 2))
    path = rate_hz * positions[..., :2].mean(dim=2).diff(dim=1).norm(dim=-1).mean(dim=1)
    return torch.stack([markers, path], dim=1)


def speed_cost(
    clip: Float[Tensor, "A J 3"], rate_hz: float, from_frame: int, travels: bool = True
) -> Cost:
    """Return the cost `[N]`, nats, of phrases `[N, T, J, C]` that are slower or faster than a clip.

    Args:
        clip: `[A, J, C]` metres.
        rate_hz: frames per second.
        from_frame: first frame of a phrase that counts.
        travels: whether the speed of the path counts too.
    """
    speeds = 2 if travels else 1

    def log_speeds(positions: Tensor) -> Tensor:
        return (mean_speeds(positions, rate_hz)[:, :speeds] + STILL_M_PER_S).log()

    wanted = log_speeds(clip[None])

    def cost(phrases: Tensor) -> Tensor:
        deviation = (log_speeds(phrases[:, from_frame:]) - wanted) / SPEED_STD
        return 0.5 * deviation.square().sum(dim=1)

    return cost


OVERLAP = (
    0.25  # fraction of a window that is fitted to the preceding frames: 32 of 128 frames, 0.9 s
)
INERTIALIZATION_S = 0.5
TRIES = 8  # greatest number of windows for one transition; the first in the motion range is taken

Latents = Callable[[int], Tensor]  # N -> latents [N, Z] sampled from the prior


def overlap_frames(shape: WindowShape) -> int:
    """Return the number of preceding frames to which each window is fitted."""
    return max(2, round(OVERLAP * shape.frames))


def inertialization_frames(shape: WindowShape) -> int:
    """Return the number of frames in which the offset at a transition decays."""
    return min(round(INERTIALIZATION_S * shape.rate_hz), shape.frames - overlap_frames(shape))


def continue_motion(
    model: PhraseCodec,
    given: Float[Tensor, "A J 3"],
    frames: int,
    temperature: float,
    sample_latents: Latents,
    generator: torch.Generator,
    motion_range: MotionRange | None = None,
    foot_locking: bool = True,
    on_frames: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "A2 J 3"]:
    """Return the given frames, unchanged, and `frames` more.

    Args:
        model: generates the continuation.
        given: `[A, J, C]` metres, at least `overlap_frames(model.shape)`.
        frames: number of frames to generate.
        temperature: scale of the residual noise, which latents do not encode.
        sample_latents: samples initial latents.
        generator: of all other random numbers.
        motion_range: range for transitions and contact heights; None omits both checks.
        foot_locking: whether generated frames stand on the floor, as of `lock_feet`.
        on_frames: called with the number of generated and of requested frames.
    """
    parts, wanted = [given], len(given) + frames
    overlap = overlap_frames(model.shape)
    cost = speed_cost(given, model.shape.rate_hz, overlap, model.travels)
    for start in continuation_starts(model.shape, len(given), wanted):
        before = torch.cat(parts[-2:])[-overlap:]
        draw = partial(_next_window, model, before, cost, temperature)
        windows = (draw(sample_latents(1), generator) for _ in range(TRIES))
        parts.append(_best_window(windows, before, model.shape, motion_range, foot_locking))
        if on_frames is not None:
            on_frames(start - len(given), frames)
    return torch.cat(parts)[:wanted]


def continuation_starts(shape: WindowShape, given: int, wanted: int) -> list[int]:
    """Return the first frame of each generated window after `given` frames, up to `wanted` frames."""
    return list(range(given, wanted, shape.frames - overlap_frames(shape)))


def _best_window(
    windows: Iterator[Tensor],
    before: Float[Tensor, "A J 3"],
    shape: WindowShape,
    motion_range: MotionRange | None,
    foot_locking: bool,
) -> Float[Tensor, "T2 J 3"]:
    """The first window with a transition in the motion range, or the window closest to that range."""
    tried: list[tuple[float, Tensor]] = []
    for window in windows:
        if motion_range is None:
            return window
        if foot_locking:
            window = lock_feet(window, before[-1], motion_range.near_floor(), shape.rate_hz)
        transition = torch.cat([before[-2:], window[: inertialization_frames(shape) + 2]])
        peak = max(motion_range.peak_ratios(transition.numpy(), shape.rate_hz))
        tried.append((peak, window))
        if peak <= 1:
            break
    return min(tried, key=lambda one: one[0])[1]


def _next_window(
    model: PhraseCodec,
    before: Float[Tensor, "A J 3"],
    cost: Cost,
    temperature: float,
    z: Float[Tensor, "1 Z"],
    generator: torch.Generator,
) -> Float[Tensor, "T2 J 3"]:
    """The frames of a window after those that it shares with the preceding frames."""
    noise_seed = int(torch.randint(2**31, (1,), generator=generator))

    def decode(latents: Tensor) -> Tensor:
        # The same residual noise at every step of the fit, so the latents can compensate for it.
        noise = torch.Generator().manual_seed(noise_seed)
        return model.in_metres(model.vae.decode_sample(latents, temperature, noise))

    overlap = len(before)
    target = before if model.travels else _on_the_spot(before)
    weights = torch.linspace(1 / overlap, 1, overlap)  # the last frames have the largest weights
    window = fit_latents(z, decode, Target(target, torch.arange(overlap), weights), cost)[0][0]
    blended = window[overlap:] + inertialize(
        window, before, inertialization_frames(model.shape), model.skeleton
    )
    return restore_bones(model.vae, blended)


def _on_the_spot(positions: Float[Tensor, "A J 3"]) -> Float[Tensor, "A J 3"]:
    """Frames without travel, at the place of the last frame, for a model without the root trajectory."""
    path = positions[..., :2].mean(dim=1, keepdim=True)
    return torch.cat([positions[..., :2] - path + path[-1:], positions[..., 2:]], dim=-1)
