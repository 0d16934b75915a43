"""The interface of a trained model: metres in, metres out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.generation.alignment import align_first_frame
from mariel_gnn.generation.edits import (
    MOTION_SCALE,
    TEMPO,
    change_tempo,
    direction_to_partner,
    mirror_phrase,
)
from mariel_gnn.generation.hub import HubModel, Origin
from mariel_gnn.generation.latents import interpolate_latents, random_step
from mariel_gnn.generation.motion_range import MotionRange
from mariel_gnn.generation.phrase_codec import PhraseCodec, Phrases
from mariel_gnn.mocap.plausibility import check_range
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion_model import MotionModel, OnFrames
from mariel_gnn.models.options import PRIORS
from mariel_gnn.models.vae import VAE, LatentPrior, StandardNormal, WithoutLatents

if TYPE_CHECKING:
    from mariel_gnn.models.duet.duet_vae import DuetVAE
    from mariel_gnn.models.prior import FlowPrior  # imports zuko, which takes a second


class PhraseModel(PhraseCodec, HubModel):
    """Samples, continues, reconstructs, varies, interpolates and joins phrases.

    Models without latents sample and continue only. Models of two dancers do not join, and give a dancer
    partners.

    Args:
        network: the trained network.
        skeleton: its markers.
        prior: the flow fitted to its posteriors, if any.
        motion_range: speed and acceleration limits of the training recordings, if measured.
        origin: where it was loaded from, if it was.
    """

    def __init__(
        self,
        network: MotionModel,
        skeleton: Skeleton,
        prior: FlowPrior | None = None,
        motion_range: MotionRange | None = None,
        origin: Origin | None = None,
    ) -> None:
        super().__init__(network, skeleton)
        self.prior, self.motion_range, self.origin = prior, motion_range, origin

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
        seconds: float | None = None,
        on_frames: OnFrames | None = None,
    ) -> Tensor:
        """New phrases `[count, T, J, C]`.

        Args:
            count: how many.
            temperature: scale of the randomness: 0 gives the most typical phrase, 1 samples as
                trained, above 1 varies more.
            seed: the same seed gives the same phrases.
            prior: of a model with latents: ``"normal"`` for N(0, I), ``"flow"`` for the flow fitted
                after training, ``"none"`` for a model that can draw without latents (flow_motion). None
                takes the fitted flow if the run has one, else N(0, I); flow_motion draws some latents
                from those of the training phrases, and the rest of a phrase without latents.
            seconds: their duration; None for T frames. A longer phrase is continued, by models that can.
            on_frames: called with the number of finished frames of a continuation and their total.

        Raises:
            UserError: an unavailable prior, an invalid number, or a model that does not continue motion.
        """
        _at_least("sample", count=(count, 1), temperature=(temperature, 0))
        generator = torch.Generator().manual_seed(seed)
        chosen = self._prior(prior)
        if isinstance(self.network, VAE):
            new = self.network.sample(count, temperature, generator, chosen)
        else:
            new = self.network.sample(count, temperature, generator)
        if seconds is None:
            return new
        _at_least("sample", seconds=(seconds, 2 / self.shape.rate_hz))
        frames = round(seconds * self.shape.rate_hz)
        if frames > self.shape.frames:
            more = frames - self.shape.frames
            rest = self.network.continue_from(new, more, temperature, generator, on_frames)
            new = torch.cat([new, rest], dim=1)
        return new[:, :frames]

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
            motion_scale: how many times as much motion and travel, for models with these latents
                (all VAEs but notebook_lstm_vae).

        Raises:
            UserError: a model without latents, a phrase of wrong shape, or an invalid number.
        """
        _at_least("vary", sigmas=(sigmas, 0), count=(count, 1))
        check_range("vary: tempo", tempo, *TEMPO)
        check_range("vary: motion_scale", motion_scale, *MOTION_SCALE)
        given = self._checked_phrase(phrase)
        if mirror:
            along = direction_to_partner(given[0]) if self.dancers > 1 else None
            given = mirror_phrase(given[0], self.skeleton, along)[None]
        generator = torch.Generator().manual_seed(seed)
        z = self.encode(given)
        if motion_scale != 1:
            z = self.vae.scale_motion(z, motion_scale)
        z = random_step(z[0], sigmas, count, generator, self._heading_latents)
        path = given[..., :2].mean(dim=2)
        start, path = path[:, 0].expand(count, -1), path.expand(count, -1, -1)
        varied = self.vae.phrases_of(z, generator, start, path)
        return change_tempo(align_first_frame(varied, self.reconstruct(given)), tempo)

    @torch.no_grad()
    def interpolate(self, first: Phrases, last: Phrases, steps: int = 5, seed: int = 0) -> Tensor:
        """Phrases `[steps, T, J, C]` between the reconstructions of two, both included.

        Args:
            first: `[T, J, C]`, or a longer clip, of which the first T frames are taken.
            last: the same.
            steps: how many, both ends included.
            seed: of what the latents leave open.

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
        generator = torch.Generator().manual_seed(seed)
        return self.vae.phrases_of(z, generator, path[:, 0], path)

    def continue_phrase(
        self,
        given: Phrases,
        seconds: float,
        temperature: float = 1.0,
        seed: int = 0,
        on_frames: OnFrames | None = None,
    ) -> Tensor:
        """A clip `[A, J, C]`, unchanged, and its generated continuation.

        Args:
            given: a phrase or a longer clip, in metres.
            seconds: length of the continuation.
            temperature: as of `sample`.
            seed: the same seed gives the same continuation.
            on_frames: called with the number of finished frames and their total.

        Raises:
            UserError: a clip of wrong shape or too short, an invalid number, or a model that does not
                continue motion.
        """
        _at_least("continue", seconds=(seconds, 0), temperature=(temperature, 0))
        clip = self._checked_clip(given, 2)
        generator = torch.Generator().manual_seed(seed)
        frames = round(seconds * self.shape.rate_hz)
        if not frames:
            return clip
        new = self.network.continue_from(clip[None], frames, temperature, generator, on_frames)
        return torch.cat([clip, new[0]])

    def partners(
        self,
        dancer: Phrases,
        count: int = 5,
        temperature: float = 1.0,
        seed: int = 0,
        is_first: bool = True,
    ) -> Tensor:
        """Partners `[count, A, J, C]` of one dancer `[A, J, C]`, in the same room, frame by frame.

        Args:
            dancer: a clip of one dancer, in metres.
            count: how many.
            temperature: as of `sample`; 0 gives the mean of all partners, who moves less than one does.
            seed: the same seed gives the same partners.
            is_first: whether the dancer is the first of the pair, as the recordings of training were given.

        Raises:
            UserError: a model of one dancer, a clip of wrong shape or too short, or an invalid number.
        """
        self.check_dancers("partner")
        _at_least("partner", count=(count, 1), temperature=(temperature, 0))
        clip = self._checked_clip(dancer, 2, self.one_dancer)
        generator = torch.Generator().manual_seed(seed)
        network = cast("DuetVAE", self.network)
        return network.partners(clip, count, temperature, generator, is_first)

    def join(
        self,
        clips: Sequence[Phrases],
        transition_s: float = 1.0,
        temperature: float = 1.0,
        seed: int = 0,
        on_frames: OnFrames | None = None,
    ) -> Tensor:
        """Clips `[A, J, C]` joined to one of their total length; the first stays in place.

        Args:
            clips: two or more, in metres, each longer than the transitions at its ends.
            transition_s: seconds of each transition; half of it replaces the end of one clip, half the
                start of the next.
            temperature: as of `sample`.
            seed: the same seed gives the same transitions.
            on_frames: called with the number of finished frames and their total.

        Raises:
            UserError: a clip of wrong shape or too short, a transition of invalid length, or a model
                that does not fill gaps.
        """
        self.check_dancers("join")
        _at_least(
            "join",
            transition_s=(transition_s, 2 / self.shape.rate_hz),
            temperature=(temperature, 0),
        )
        if len(clips) < 2:
            raise UserError(f"join: takes two or more clips; {len(clips)} were given")
        frames = round(transition_s * self.shape.rate_hz)
        whole, *rest = (self._checked_clip(clip, frames + 2) for clip in clips)
        total = len(whole) + sum(map(len, rest))
        generator = torch.Generator().manual_seed(seed)
        for clip in rest:
            before, after = whole[: len(whole) - frames // 2], clip[frames - frames // 2 :]
            filled, moved = self.network.fill(before, after, frames, temperature, generator)
            whole = torch.cat([before, filled, moved])
            if on_frames is not None:
                on_frames(len(whole), total)
        return whole

    @property
    def _heading_latents(self) -> int:
        """How many of the first latents hold the heading."""
        return 0 if self.vae.heading is None else self.vae.heading.SIZE

    def _prior(self, name: str | None) -> LatentPrior | None:
        """The prior of a name; for None the fitted flow, if the model samples latents.

        Raises:
            UserError: no such prior.
        """
        if name is None:
            return self.prior if self.has_latents and self.vae.samples_latents else None
        if name not in PRIORS:
            hint = nearest_match(str(name), PRIORS)
            raise UserError(f"no prior '{name}'.{hint} There are {', '.join(PRIORS)}")
        if not self.has_latents:
            raise UserError(
                f"prior {name}: {type(self.network).__name__} has no latents: omit the prior"
            )
        if name == "normal":
            return StandardNormal()
        if name == "none":
            if self.vae.samples_latents:
                raise UserError(
                    f"prior none: {type(self.network).__name__} draws latents: omit the prior, or take normal"
                )
            return WithoutLatents()
        if self.prior is None:
            raise UserError(
                "this run has no prior 'flow': sample from 'normal', or fit one by resuming the "
                "run (--trainer.resume RUN --prior flow)"
            )
        return self.prior


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
        run: a run folder (its best weights), a `.safetensors` file of one, or a folder of
            `save_pretrained`.

    Raises:
        UserError: no such folder or file.
    """
    return PhraseModel.from_pretrained(run)
