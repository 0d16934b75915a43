"""flow_motion: a VAE of phrases, and a flow over sequences of states that is given its latents, or not.

    VAE     z ~ q(z|x),  decode(z)                        as of the pose VAE
    flow    x ~ p(states | known states, decode(z) or leading latents)    left out at random in training

The same weights sample (leading latents drawn), vary (z given), continue (states before and leading latents
given) and join (states before and after given). docs/models/flow_motion.md gives the reason for each part.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.data.heading import rotate_about_z
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.errors import UserError
from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.losses.elbo import elbo_terms
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.flow.conditions import between, described_by, nothing
from mariel_gnn.models.flow.leading import LEADING
from mariel_gnn.models.flow.state_flow import EXTENSION_CONTEXT, StateFlow
from mariel_gnn.models.flow.states import Pieces
from mariel_gnn.models.motion_model import OnFrames, Terms, TrainingWindows, WindowShape
from mariel_gnn.models.options import FlowMotionOptions
from mariel_gnn.models.pose_vae import PoseVAE
from mariel_gnn.models.vae import LatentPrior, WithoutLatents

RESIDUAL_STATES = 6.0  # what states leave out of a recorded pose decays by 1/e in so many states
LEAST_CONTEXT = 4  # states on each side of a gap that is filled


class FlowMotion(PoseVAE):
    """A VAE of phrases with a flow over states.

    Args:
        options: the model's own options.
        shape: T, J and the rate.
        normalizer: statistics of the training windows.
        skeleton: the markers.
    """

    Options = FlowMotionOptions
    samples_latents = False
    other_priors = ("none", "normal")

    def __init__(
        self,
        options: FlowMotionOptions,
        shape: WindowShape,
        normalizer: Normalizer,
        skeleton: Skeleton,
    ) -> None:
        super().__init__(options, shape, normalizer, skeleton)
        phrase = options.latent_size - self.heading.SIZE
        self.flow = StateFlow(options, shape, skeleton, min(LEADING, phrase))

    def loss(
        self, batch: WindowBatch, target: WindowBatch | None = None, path_weight: float = 1.0
    ) -> Terms:
        """The terms `nll`, `kl` and `flow` `[B]`; the flow has no effect on the VAE.

        The flow's term is a weighted squared error with scale 1 in units of states, not a likelihood.
        """
        target = batch if target is None else target
        output = self(batch, sample=self.training)
        terms = elbo_terms(output.posterior, output.prediction, target, path_weight)
        described = None
        if self.training:
            z = output.posterior.sample()
            described = self.in_metres(output.prediction).detach(), self._leading(z).detach()
        return terms | {"flow": self.flow.loss(self._recorded(target), described)}

    def validate(self, batch: WindowBatch, path_weight: float) -> tuple[Terms, Terms]:
        """Loss terms and further numbers; see `VAE.validate`."""
        terms, further = super().validate(batch, path_weight)
        return terms | {"flow": self.flow.loss(self._recorded(batch))}, further

    @torch.no_grad()
    def before_training(self, train: TrainingWindows) -> None:
        """Measure what the VAE and the states need; see `MotionVAE.before_training`."""
        super().before_training(train)
        recorded = self.training_batches(train)
        windows, mirrored = (
            torch.cat([self._recorded(batch) for batch in batches])
            for batches in (recorded, self.mirrored(recorded))
        )
        self.flow.fit(windows, mirrored, measure_pairs(train.recordings_m()))

    @torch.no_grad()
    def after_training(self, train: TrainingWindows) -> None:
        """Measure what samples need, the leading latents too; see `MotionVAE.after_training`."""
        super().after_training(train)
        batches = self.training_batches(train)
        latents = [self.encode(batch).mean for batch in batches + self.mirrored(batches)]
        self.flow.leading.fit(self._leading(torch.cat(latents)))

    @torch.no_grad()
    def sample(
        self,
        count: int,
        temperature: float,
        generator: torch.Generator,
        prior: LatentPrior | None = None,
    ) -> Float[Tensor, "N T J 3"]:
        """New phrases `[count, T, J, C]` in metres, given leading latents; or all latents, or none.

        Args:
            count: how many.
            temperature: of the noise, and of the latents.
            generator: the source of all randomness, on the CPU.
            prior: of all latents, or `WithoutLatents`; None draws leading latents.
        """
        if prior is not None and not isinstance(prior, WithoutLatents):
            z = self.draw_latents(count, temperature, generator, prior)
            return self._described(z, temperature, generator)
        leading = None if prior else self.flow.leading.draw(count, temperature, generator)
        states = self.flow.states.count(self.shape.frames) + 1  # the last one after the last frame
        blank = torch.zeros(count, states, self.flow.states.size, device=self.device)
        drawn = self.flow.draw(nothing(blank).led_by(leading), temperature, generator)
        return self._in_frames(drawn)

    @torch.no_grad()
    def phrases_of(
        self,
        z: Float[Tensor, "N Z"],
        generator: torch.Generator,
        start: Float[Tensor, "N 2"] | None = None,
        path: Float[Tensor, "N T 2"] | None = None,
    ) -> Float[Tensor, "N T J 3"]:
        """Phrases `[N, T, J, C]` in metres that the flow draws given z; see `VAE.phrases_of`."""
        return self._described(z, 1.0, generator, start)

    @torch.no_grad()
    def continue_from(
        self,
        given: Float[Tensor, "N A J 3"],
        frames: int,
        temperature: float,
        generator: torch.Generator,
        on_frames: OnFrames | None = None,
    ) -> Float[Tensor, "N F J 3"]:
        """The `frames` that follow clips `[N, A, J, C]`; see `MotionModel.continue_from`."""
        states = self.flow.states
        clip = states.last(given.to(self.device), EXTENSION_CONTEXT)
        known = states.encode(clip)

        def on_states(done: int, total: int) -> None:
            if on_frames is not None:
                on_frames(min(done * states.frames_per_state, frames), frames)

        count = states.count(frames) + 1
        chain = self.flow.extend(known, count, temperature, generator, on_states)
        pieces = states.bounded(states.pieces(chain))
        poses = _with_left_out(pieces.poses, states.measured(clip).poses)
        last = (known.shape[1] - 1) * states.frames_per_state
        floor = self._floor(clip)
        moved = self._placed(pieces._replace(poses=poses), clip, floor)
        return states.at_frames(moved, np.arange(last + 1, last + 1 + frames), floor)

    @torch.no_grad()
    def fill(
        self,
        before: Float[Tensor, "A J 3"],
        after: Float[Tensor, "B J 3"],
        frames: int,
        temperature: float,
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, "F J 3"], Float[Tensor, "B J 3"]]:
        """The frames between two clips, and the second clip where they end; see `MotionModel.fill`."""
        states = self.flow.states
        count = max(1, round((frames + 1) / states.frames_per_state) - 1)
        context = self.flow.context(count)
        if context < LEAST_CONTEXT:
            raise UserError(
                f"a transition of {frames / self.shape.rate_hz:.2f} s: this model fills at most "
                f"{self._longest_gap() / self.shape.rate_hz:.2f} s"
            )
        clip = states.last(before[None].to(self.device), context)
        next_clip = states.first(after[None].to(self.device), context)
        known, next_known = states.encode(clip), states.encode(next_clip)
        chain = self.flow.draw(between(known, count, next_known), temperature, generator)
        pieces, first = states.bounded(states.pieces(chain)), known.shape[1] + count
        poses = _with_left_out(pieces.poses, states.measured(clip).poses)
        last_poses = states.measured(next_clip).poses
        poses = _with_left_out(poses.flip(1), last_poses.flip(1)).flip(1)
        floor = self._floor(clip, next_clip)
        moved = self._placed(pieces._replace(poses=poses), clip, floor)
        place, heading = states.root(moved[:, first : first + 1])
        times = np.linspace(known.shape[1] - 1, first, frames + 2)[1:-1] * states.frames_per_state
        filled = states.at_frames(moved, times, floor)[0]
        return filled, self._moved_to(after, place[0, 0], heading[0, 0])

    def _described(
        self,
        z: Float[Tensor, "N Z"],
        temperature: float,
        generator: torch.Generator,
        start: Float[Tensor, "N 2"] | None = None,
    ) -> Float[Tensor, "N T J 3"]:
        """Phrases drawn given z, at the place and with the heading of what z decodes to."""
        decoded = self.decode_to_metres(z, self.decode, start).to(self.device)
        given = described_by(self.flow.states.encode(decoded))
        drawn = self.flow.draw(given, temperature, generator)
        place, heading = self.flow.states.root(decoded[:, :1])
        return self._in_frames(drawn, place[:, 0], heading[:, 0])

    def _leading(self, z: Float[Tensor, "B Z"]) -> Float[Tensor, "B L"]:
        """The leading latents of z, in the units of the networks."""
        return self._split(z)[1][:, : self.flow.leading.size]

    def _longest_gap(self) -> int:
        """The most frames that `fill` draws."""
        most = max(1, self.flow.window - 2 * LEAST_CONTEXT)
        return (most + 1) * self.flow.states.frames_per_state - 1

    def _moved_to(
        self, clip: Float[Tensor, "B J 3"], place: Float[Tensor, 2], heading: Float[Tensor, ""]
    ) -> Float[Tensor, "B J 3"]:
        """A clip, rotated and shifted so that its first frame has a given place and heading."""
        own_place, own_heading = self.flow.states.root(clip[None, :1])
        shift, angle = nn.functional.pad(own_place[0], (0, 1)), (heading - own_heading[0]).cpu()
        rotated = rotate_about_z((clip - shift)[None], angle)[0]
        return rotated + nn.functional.pad(place, (0, 1)).cpu()

    def _floor(self, *clips: Float[Tensor, "N _ J 3"]) -> Float[Tensor, ""]:
        """The lowest height of generated bodies: they may be as low as given clips with another floor."""
        return torch.stack([self.flow.states.floor, *(clip[..., 2].min() for clip in clips)]).min()

    def _placed(
        self, pieces: Pieces, clip: Float[Tensor, "N K J 3"], floor: Float[Tensor, ""]
    ) -> Float[Tensor, "N S J 3"]:
        """Positions of states of which the first is the first frame of a clip."""
        place, heading = self.flow.states.root(clip[:, :1])
        return self.flow.states.place(pieces, place[:, 0], heading[:, 0], floor)

    def _in_frames(
        self,
        drawn: Float[Tensor, "N S D"],
        place: Tensor | None = None,
        heading: Tensor | None = None,
    ) -> Float[Tensor, "N T J 3"]:
        """Phrases in metres of drawn states."""
        states = self.flow.states
        moved = states.place(states.bounded(states.pieces(drawn)), place, heading)
        return states.at_frames(moved, np.arange(self.shape.frames))

    def _recorded(self, batch: WindowBatch) -> Float[Tensor, "B T J 3"]:
        """Windows in metres, with travel."""
        return self.metres(batch.positions, batch.path)


def _with_left_out(
    poses: Float[Tensor, "N S J 3"], recorded: Float[Tensor, "N K J 3"]
) -> Float[Tensor, "N S J 3"]:
    """Poses with what they leave out of the first K recorded ones, which decays after those."""
    left_out = recorded - poses[:, : recorded.shape[1]]
    after = torch.arange(1, poses.shape[1] - recorded.shape[1] + 1, device=poses.device)
    decay = torch.exp(-after / RESIDUAL_STATES)[:, None, None]
    return poses + torch.cat([left_out, decay * left_out[:, -1:]], dim=1)
