"""The interface of a trained model: metres in, metres out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.generation.alignment import align_first_frame
from mariel_gnn.generation.continuation import (
    continuation_starts,
    continue_motion,
    overlap_frames,
)
from mariel_gnn.generation.edits import MOTION_SCALE, TEMPO, change_tempo, mirror_phrase
from mariel_gnn.generation.foot_locking import lock_feet, lock_phrases
from mariel_gnn.generation.joining import join_clips, longest_transition
from mariel_gnn.generation.latents import interpolate_latents, random_step
from mariel_gnn.generation.motion_range import MotionRange, load_motion_range
from mariel_gnn.generation.phrase_codec import PhraseCodec, Phrases
from mariel_gnn.generation.transitions import SPEED_FRAMES
from mariel_gnn.mocap.plausibility import check_range
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion_model import MotionModel
from mariel_gnn.models.vae import VAE
from mariel_gnn.models.weights import BEST, PRIOR, load_weights

if TYPE_CHECKING:
    from mariel_gnn.models.prior import FlowPrior  # imports zuko, which takes a second


class PhraseModel(PhraseCodec):
    """Samples, continues, reconstructs, varies, interpolates and joins phrases.

    Models without latents sample and continue only.

    Args:
        network: the trained network.
        skeleton: its markers.
        prior: the flow fitted to its posteriors, if any.
        motion_range: speed and acceleration limits of the training recordings, if measured.
    """

    def __init__(
        self,
        network: MotionModel,
        skeleton: Skeleton,
        prior: FlowPrior | None = None,
        motion_range: MotionRange | None = None,
    ) -> None:
        super().__init__(network, skeleton)
        self.prior, self.motion_range = prior, motion_range

    def __repr__(self) -> str:
        size = sum(parameter.numel() for parameter in self.network.parameters())
        return (
            f"PhraseModel({type(self.network).__name__}, {size / 1e6:.1f} M parameters, phrases of "
            f"{self.shape.frames} frames at {self.shape.rate_hz:g} Hz, {self.skeleton.name})"
        )

    def sample(
        self,
        count: int,
        temperature: float = 1.0,
        seed: int = 0,
        prior: str | None = None,
        foot_locking: bool = True,
    ) -> Tensor:
        """New phrases `[count, T, J, C]`.

        Args:
            count: how many.
            temperature: scale of the randomness: 0 gives the most typical phrase, 1 samples as
                trained, above 1 varies more.
            seed: the same seed gives the same phrases.
            prior: of a model with latents: ``"normal"`` for N(0, I), ``"flow"`` for the flow fitted
                after training; None takes the flow if the run has one.
            foot_locking: as of all tasks: move the body onto the floor and keep standing feet in place
                (see `lock_feet`), if the run has a motion range.

        Raises:
            UserError: an unavailable prior, or an invalid count or temperature.
        """
        _at_least("sample", count=(count, 1), temperature=(temperature, 0))
        generator = torch.Generator().manual_seed(seed)
        flow = self._prior(prior)
        if isinstance(self.network, VAE):
            new = self.network.sample(count, temperature, generator, flow)
        else:
            new = self.network.sample(count, temperature, generator)
        return self._locked(new, foot_locking)

    @torch.no_grad()
    def vary(
        self,
        phrase: Phrases,
        sigmas: float,
        count: int = 4,
        seed: int = 0,
        mirror: bool = False,
        tempo: float = 1.0,
        motion_scale: float = 1.0,
        foot_locking: bool = True,
    ) -> Tensor:
        """Variations `[count, T, J, C]` of a phrase `[T, J, C]`, from the same start.

        Args:
            phrase: the phrase, or a longer clip, of which the first T frames are taken.
            sigmas: distance in standard deviations of the prior per latent: 0 is the reconstruction,
                0.3 a close variation, 1.4 or more another phrase.
            count: how many.
            seed: the same seed gives the same variations.
            mirror: exchange left and right (see `mirror_phrase`).
            tempo: how many times as fast; the duration is divided by it.
            motion_scale: how many times as much motion and travel, for models with these latents (gnn_vae).
            foot_locking: as of `sample`.

        Raises:
            UserError: a model without latents, a phrase of wrong shape, or an invalid number.
        """
        _at_least("vary", sigmas=(sigmas, 0), count=(count, 1))
        check_range("vary: tempo", tempo, *TEMPO)
        check_range("vary: motion_scale", motion_scale, *MOTION_SCALE)
        given = self._checked_phrase(phrase)
        if mirror:
            given = mirror_phrase(given[0], self.skeleton)[None]
        generator = torch.Generator().manual_seed(seed)
        z = self.encode(given)
        if motion_scale != 1:
            z = self.vae.scale_motion(z, motion_scale)
        z = random_step(z[0], sigmas, count, generator, self._heading_latents)
        path = given[..., :2].mean(dim=2)
        varied = self.decode(z, path[:, 0].expand(count, -1), path.expand(count, -1, -1))
        aligned = align_first_frame(varied, self.reconstruct(given))
        return self._locked(change_tempo(aligned, tempo), foot_locking)

    @torch.no_grad()
    def interpolate(
        self, first: Phrases, last: Phrases, steps: int = 5, foot_locking: bool = True
    ) -> Tensor:
        """Phrases `[steps, T, J, C]` between the reconstructions of two, both included.

        Args:
            first: `[T, J, C]`, or a longer clip, of which the first T frames are taken.
            last: the same.
            steps: how many, both ends included.
            foot_locking: as of `sample`.

        Raises:
            UserError: a model without latents, a phrase of wrong shape, or fewer than two steps.
        """
        _at_least("interpolate", steps=(steps, 2))
        ends = torch.cat([self._checked_phrase(one) for one in (first, last)])
        start, end = self.encode(ends)
        z = interpolate_latents(start, end, steps, self._heading_latents)
        share = torch.linspace(0, 1, steps, device=ends.device)[:, None, None]
        paths = ends[..., :2].mean(dim=2)
        path = (1 - share) * paths[0] + share * paths[1]
        return self._locked(self.decode(z, path[:, 0], path), foot_locking)

    def continue_phrase(
        self,
        given: Phrases,
        seconds: float,
        temperature: float = 1.0,
        seed: int = 0,
        prior: str | None = None,
        foot_locking: bool = True,
        on_frames: Callable[[int, int], None] | None = None,
    ) -> Tensor:
        """A clip `[A, J, C]`, unchanged, and its generated continuation.

        Args:
            given: a phrase or a longer clip, in metres.
            seconds: length of the continuation.
            temperature: as of `sample`.
            seed: the same seed gives the same continuation.
            prior: as of `sample`.
            foot_locking: as of `sample`.
            on_frames: called with the number of finished frames and their total.

        Raises:
            UserError: a clip of wrong shape or too short, or an invalid number.
        """
        _at_least("continue", seconds=(seconds, 0), temperature=(temperature, 0))
        clip = self._checked_clip(given, overlap_frames(self.shape))
        generator = torch.Generator().manual_seed(seed)
        frames, flow = round(seconds * self.shape.rate_hz), self._prior(prior)
        if not isinstance(self.network, VAE):
            new = self.network.continue_from(clip, frames, temperature, generator)
            if foot_locking and self.motion_range is not None and len(new):
                near_floor = self.motion_range.near_floor()
                new = lock_feet(new, clip[-1], near_floor, self.shape.rate_hz)
            return torch.cat([clip, new])
        draw = partial(self._draw_latents, self.network, temperature, generator, flow)
        return continue_motion(
            self,
            clip,
            frames,
            temperature,
            draw,
            generator,
            self.motion_range,
            foot_locking=foot_locking,
            on_frames=on_frames,
        )

    def transition_starts(self, given: int, total: int) -> list[int]:
        """The frames of a continuation at which newly generated windows begin.

        Args:
            given: frames of the given clip.
            total: frames of the clip and its continuation.
        """
        return continuation_starts(self.shape, given, total) if self.has_latents else [given]

    def join(
        self,
        clips: Sequence[Phrases],
        transition_s: float = 1.0,
        foot_locking: bool = True,
        on_frames: Callable[[int, int], None] | None = None,
    ) -> Tensor:
        """Clips `[A, J, C]` joined to one of their total length; the first stays in place.

        Args:
            clips: two or more, in metres, each half a window or longer.
            transition_s: seconds of each transition; half of it replaces the end of one clip, half the
                start of the next.
            foot_locking: as of `sample`.
            on_frames: called with the number of finished frames and their total.

        Raises:
            UserError: a model without latents, a clip of wrong shape or too short, or a transition of
                invalid length.
        """
        _ = self.vae  # refuses models without latents before anything else
        if len(clips) < 2:
            raise UserError(f"join: takes two or more clips; {len(clips)} were given")
        longest_s = longest_transition(self.shape) / self.shape.rate_hz
        frames = round(transition_s * self.shape.rate_hz)
        if not 2 <= frames <= longest_transition(self.shape):
            raise UserError(
                f"join: transition_s is {transition_s:g}; it must be {2 / self.shape.rate_hz:.2f} to "
                f"{longest_s:.1f}"
            )
        shortest = max(self.shape.frames - self.shape.frames // 2, frames + SPEED_FRAMES)
        whole, *rest = (self._checked_clip(clip, shortest) for clip in clips)
        total = len(whole) + sum(map(len, rest))
        for clip in rest:
            whole = join_clips(
                self, whole, clip, frames, self.motion_range if foot_locking else None
            )
            if on_frames is not None:
                on_frames(len(whole), total)
        return whole

    def _locked(self, phrases: Tensor, foot_locking: bool) -> Tensor:
        """Generated phrases `[N, T, J, C]` on the floor; unchanged without a motion range."""
        if not foot_locking or self.motion_range is None:
            return phrases
        return lock_phrases(phrases.cpu(), self.motion_range.near_floor(), self.shape.rate_hz)

    @staticmethod
    @torch.no_grad()
    def _draw_latents(
        network: VAE,
        temperature: float,
        generator: torch.Generator,
        flow: FlowPrior | None,
        count: int,
    ) -> Tensor:
        return network.draw_latents(count, temperature, generator, flow)

    @property
    def _heading_latents(self) -> int:
        """How many of the first latents hold the heading."""
        return 0 if self.vae.heading is None else self.vae.heading.SIZE

    def _prior(self, name: str | None) -> FlowPrior | None:
        """The flow, or None for N(0, I).

        Raises:
            UserError: no such prior.
        """
        if name not in (None, "normal", "flow"):
            hint = nearest_match(str(name), ("normal", "flow"))
            raise UserError(f"no prior '{name}'.{hint} There are normal, flow")
        if name is not None and not self.has_latents:
            raise UserError(
                f"prior {name}: {type(self.network).__name__} has no latents: omit the prior"
            )
        if name == "flow" and self.prior is None:
            raise UserError(
                "this run has no prior 'flow': sample from 'normal', or fit one by resuming the "
                "run (--trainer.resume RUN --prior flow)"
            )
        return None if name == "normal" else self.prior


def _at_least(task: str, **numbers: tuple[float, float]) -> None:
    """Check numbers, each given with its smallest allowed value.

    Raises:
        UserError: one is smaller, or not finite.
    """
    for name, (given, least) in numbers.items():
        if not least <= given < math.inf:
            raise UserError(f"{task}: {name} is {given:g}; it must be {least:g} or more")


def load(run: str | Path) -> PhraseModel:
    """Load a trained model, with the prior fitted to its best weights, if any.

    Args:
        run: a run folder (its best weights), or a `.safetensors` file of one.

    Raises:
        UserError: no such folder or file.
    """
    network, identity = load_weights(run)
    weights = Path(run) / BEST if Path(run).is_dir() else Path(run)
    fitted = weights.with_name(PRIOR)
    prior = _load_prior(fitted) if weights.name == BEST and fitted.exists() else None
    return PhraseModel(network, identity.skeleton, prior, load_motion_range(weights.parent))


def _load_prior(path: Path) -> FlowPrior:
    from mariel_gnn.models.prior import load_prior  # imports zuko: only for runs with a flow

    return load_prior(path)
