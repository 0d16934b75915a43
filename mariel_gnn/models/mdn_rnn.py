"""An autoregressive LSTM with a mixture-density head: the next frame given all frames before it.

    frame    x_t = [pose coordinates, root motion (forward, sideways, turn)], standardised
    input    [x_t, x_t - x_(t-1)] -> LSTM -> weights, means, stds of M diagonal Gaussians
    target   y_t = [pose step x_(t+1) - x_t, root motion of t+1], in units of their std

Pose coordinates are principal components of positions in the body's heading frame. The loss is the
negative log-likelihood in nats under teacher forcing. Gaussian noise is added to input frames: the
model learns to correct its own errors. Its std rises over the first steps.

Sources: Bishop, "Mixture density networks", 1994; Graves, "Generating sequences with recurrent neural
networks", 2013; for dance Pettee et al., "Beyond imitation", ICCC 2019.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.data.heading import heading_rad, rotate_frames
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion_model import (
    MotionModel,
    OnFrames,
    Terms,
    TrainingWindows,
    WindowShape,
)
from mariel_gnn.models.options import MDNRNNOptions

ROOT = 3  # root motion: forward, sideways, turn
START_COMPONENTS = 16  # of the density of a first frame
LEAST_LOG_STD = -4.0  # in units of the std of a step; smaller ones make the likelihood unbounded
RESIDUAL_FRAMES = (
    8.0  # the pose that PCA leaves out decays by 1/e in so many frames of a continuation
)


class Mixture(NamedTuple):
    """A mixture of M diagonal Gaussians over D numbers.

    Attributes:
        log_weight: `[..., M]`, normalised.
        mean: `[..., M, D]`.
        log_std: `[..., M, D]`.
    """

    log_weight: Tensor
    mean: Tensor
    log_std: Tensor

    def log_prob(self, value: Float[Tensor, "... D"]) -> Float[Tensor, ...]:
        """Log-density, nats."""
        z = (value[..., None, :] - self.mean) * (-self.log_std).exp()
        log_gaussian = -(0.5 * z.square() + self.log_std + 0.5 * math.log(2 * math.pi)).sum(-1)
        return torch.logsumexp(self.log_weight + log_gaussian, dim=-1)

    def sample(self, temperature: float, generator: torch.Generator) -> Float[Tensor, "N D"]:
        """One sample of each of N mixtures; at temperature 0 the mean of the likeliest component.

        Args:
            temperature: divides the logits of the weights and multiplies the stds.
            generator: on the CPU.
        """
        count, components = self.log_weight.shape
        uniform = torch.rand(count, 1, generator=generator)
        noise = torch.randn(count, self.mean.shape[-1], generator=generator)
        weight = torch.softmax(self.log_weight / max(temperature, 1e-3), dim=-1).cpu()
        chosen = (weight.cumsum(-1) < uniform).sum(-1).clamp(max=components - 1)
        if temperature == 0:
            chosen = weight.argmax(-1)
        row = torch.arange(count), chosen
        return self.mean[row] + temperature * self.log_std[row].exp() * noise.to(self.mean.device)


class Frames(NamedTuple):
    """The standardised frames of windows, and what turns them back into positions.

    Attributes:
        features: `[B, T, D]` pose coordinates and root motion.
        heading: `[B, T]` radians.
        left_out: `[B, T, 3J]` part of the pose outside the principal components, normalised units.
    """

    features: Tensor
    heading: Tensor
    left_out: Tensor


class MDNRNN(MotionModel):
    """LSTM over frames with a mixture-density head.

    Args:
        options: the model's own options.
        shape: T, J and the rate.
        normalizer: statistics of the training windows.
        skeleton: the markers.
    """

    Options = MDNRNNOptions
    pose_mean: Tensor
    pose_axes: Tensor
    feature_std: Tensor
    step_std: Tensor
    training_steps: Tensor

    def __init__(
        self,
        options: MDNRNNOptions,
        shape: WindowShape,
        normalizer: Normalizer,
        skeleton: Skeleton,
    ) -> None:
        super().__init__(options, shape, normalizer, skeleton)
        self.options = options
        coordinates = 3 * shape.markers
        self.axes = min(options.pose_axes, coordinates)
        self.size = self.axes + ROOT
        self.register_buffer("pose_mean", torch.zeros(coordinates))
        self.register_buffer("pose_axes", torch.eye(coordinates)[:, : self.axes].clone())
        self.register_buffer("feature_std", torch.ones(self.size))
        self.register_buffer("step_std", torch.ones(self.size))
        self.register_buffer("training_steps", torch.zeros((), dtype=torch.long))
        self.lstm = nn.LSTM(2 * self.size, options.hidden_size, options.layers, batch_first=True)
        self.head = nn.Linear(options.hidden_size, options.mixtures * (1 + 2 * self.size))
        self.start_logits = nn.Parameter(torch.zeros(START_COMPONENTS))
        self.start_mean = nn.Parameter(0.5 * torch.randn(START_COMPONENTS, self.size))
        self.start_log_std = nn.Parameter(torch.full((START_COMPONENTS, self.size), -0.5))

    def loss(
        self, batch: WindowBatch, target: WindowBatch | None = None, path_weight: float = 1.0
    ) -> Terms:
        """The term `nll` `[B]`: -log p(first frame) - sum over t of log p(next step), nats.

        The density is that of standardised features, so it compares runs of the same `pose_axes` and
        training data only. `path_weight` has no effect: root motion is part of the mixture.
        """
        clean = self.frames(batch if target is None else target).features
        noisy = self._with_noise(clean if target is None else self.frames(batch).features)
        following, _ = self._next(noisy[:, :-1], noisy[:, :1])
        steps = (clean[:, 1:] - self._kept(noisy[:, :-1])) / self.step_std
        log_prob = following.log_prob(steps).sum(1) + self._start().log_prob(clean[:, 0])
        return {"nll": -log_prob}

    @torch.no_grad()
    def sample(
        self, count: int, temperature: float, generator: torch.Generator
    ) -> Float[Tensor, "N T J 3"]:
        """New phrases `[count, T, J, C]` in metres; see `MotionModel.sample`."""
        start = self._start()
        many = Mixture(*(part.expand(count, *part.shape) for part in start))
        first = many.sample(temperature, generator)[:, None]
        heading = 2 * math.pi * torch.rand(count, generator=generator).to(self.device)
        frames = self.options.lead_in_frames + self.shape.frames
        features = self._generate(first, frames - 1, temperature, generator)
        kept = torch.cat([first, features], dim=1)[:, self.options.lead_in_frames :]
        return self._in_metres(kept, heading if temperature else 0 * heading).cpu()

    @torch.no_grad()
    def continue_from(
        self,
        given: Float[Tensor, "N A J 3"],
        frames: int,
        temperature: float,
        generator: torch.Generator,
        on_frames: OnFrames | None = None,
    ) -> Float[Tensor, "N F J 3"]:
        """The `frames` that follow clips `[N, A, J, C]`; see `MotionModel.continue_from`.

        The LSTM reads all given frames. What PCA leaves out of the last one decays over `RESIDUAL_FRAMES`.
        """
        clip = given.to(self.device)
        seen = self.frames(self.batch_from_metres(clip))
        new = self._generate(seen.features, frames, temperature, generator, on_frames)
        features = torch.cat([seen.features[:, -1:], new], dim=1)
        decay = torch.exp(-torch.arange(frames + 1, device=self.device) / RESIDUAL_FRAMES)
        left_out = decay[:, None] * seen.left_out[:, -1:]
        start = clip[:, -1, :, :2].mean(1)
        return self._in_metres(features, seen.heading[:, -1], left_out, start)[:, 1:].cpu()

    @torch.no_grad()
    def before_training(self, train: TrainingWindows) -> None:
        """Measure pose components and stds on training windows, and start from training frames."""
        batches = self.training_batches(train)
        batches += self.mirrored(batches)
        poses = torch.cat([self._poses(batch)[0] for batch in batches])
        frames = poses[:, ::4].flatten(0, 1)
        self.pose_mean.copy_(frames.mean(0))
        centred = frames - self.pose_mean
        _, vectors = torch.linalg.eigh((centred.T @ centred / len(centred)).double())
        self.pose_axes.copy_(vectors.flip(1)[:, : self.axes])
        features = torch.cat([self.frames(batch).features for batch in batches])
        self.feature_std.copy_(features.flatten(0, 1).std(0).clamp(min=1e-6))
        features = features / self.feature_std
        steps = features[:, 1:] - self._kept(features[:, :-1])
        self.step_std.copy_(steps.flatten(0, 1).std(0).clamp(min=1e-6))
        places = torch.linspace(0, len(features) - 1, START_COMPONENTS).long()
        self.start_mean.copy_(features[places, 0])

    def frames(self, batch: WindowBatch) -> Frames:
        """The standardised frames of windows of any length."""
        poses, heading = self._poses(batch)
        centred = poses - self.pose_mean
        coordinates = centred @ self.pose_axes
        left_out = centred - coordinates @ self.pose_axes.T
        steps = rotate_frames(
            nn.functional.pad(batch.path.diff(dim=1), (0, 1))[:, :, None], -heading[:, :-1]
        )[:, :, 0, :2]
        turn = torch.remainder(heading.diff(dim=1) + math.pi, 2 * math.pi) - math.pi
        root = torch.cat([steps, turn[..., None]], dim=-1)
        root = torch.cat([root[:, :1], root], dim=1)  # the first frame repeats the second's motion
        features = torch.cat([coordinates, root], dim=-1) / self.feature_std
        return Frames(features, heading, left_out)

    def _poses(self, batch: WindowBatch) -> tuple[Float[Tensor, "B T D"], Float[Tensor, "B T"]]:
        """Positions in the heading frame `[B, T, 3J]`, and the heading, radians."""
        heading = heading_rad(batch.positions, self.skeleton)
        return rotate_frames(batch.positions, -heading).flatten(2), heading

    def _with_noise(self, features: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Input frames with noise, in training mode only; its std rises over the first steps."""
        if not self.training or not self.options.noise:
            return features
        self.training_steps += 1
        warmup = max(self.options.noise_warmup_steps, 1)
        std = self.options.noise * (self.training_steps / warmup).clamp(max=1)
        return features + std * self.step_std * torch.randn_like(features)

    def _kept(self, features: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """What a step is added to: the pose coordinates; root motion is predicted anew."""
        return torch.cat([features[..., : self.axes], 0 * features[..., self.axes :]], dim=-1)

    def _next(
        self,
        features: Float[Tensor, "B T D"],
        before: Float[Tensor, "B 1 D"],
        state: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Mixture, tuple[Tensor, Tensor]]:
        """The density of the step after each frame `[B, T]`, and the LSTM's state.

        Args:
            features: frames.
            before: the frame before the first of them.
            state: the LSTM's state after `before`.
        """
        steps = torch.cat([before, features], dim=1).diff(dim=1) / self.step_std
        hidden, state = self.lstm(torch.cat([features, steps], dim=-1), state)
        components = self.options.mixtures
        logits, rest = self.head(hidden).split([components, 2 * components * self.size], dim=-1)
        mean, log_std = rest.unflatten(-1, (2, components, self.size)).unbind(-3)
        return _mixture(logits, mean, log_std), state

    def _start(self) -> Mixture:
        """The density of a first frame."""
        return _mixture(self.start_logits, self.start_mean, self.start_log_std)

    def _generate(
        self,
        given: Float[Tensor, "N A D"],
        frames: int,
        temperature: float,
        generator: torch.Generator,
        on_frames: OnFrames | None = None,
    ) -> Float[Tensor, "N F D"]:
        """`frames` frames that follow the given ones."""
        found: list[Tensor] = []
        new, before, state = given, given[:, :1], None
        for _ in range(frames):
            density, state = self._next(new, before, state)
            last = new[:, -1:]
            step = Mixture(*(part[:, -1] for part in density)).sample(temperature, generator)
            before, new = last, self._kept(last) + (step * self.step_std)[:, None]
            found.append(new)
            if on_frames is not None:
                on_frames(len(found), frames)
        return torch.cat(found, dim=1) if found else given[:, :0]

    def _in_metres(
        self,
        features: Float[Tensor, "N F D"],
        heading: Float[Tensor, " N"],
        left_out: Float[Tensor, "N F J3"] | None = None,
        start: Float[Tensor, "N 2"] | None = None,
    ) -> Float[Tensor, "N F J 3"]:
        """Positions in metres.

        Args:
            features: standardised frames; the motion of the first is not used.
            heading: of the first frame, radians.
            left_out: added to the poses, normalised units.
            start: of the path, metres; the origin if None.
        """
        sized = features * self.feature_std
        poses = sized[..., : self.axes] @ self.pose_axes.T + self.pose_mean
        poses = poses if left_out is None else poses + left_out
        turn = torch.cat([heading[:, None], sized[:, 1:, -1]], dim=1).cumsum(dim=1)
        steps = rotate_frames(
            nn.functional.pad(sized[:, 1:, self.axes : -1], (0, 1))[:, :, None], turn[:, :-1]
        )[:, :, 0, :2]
        path = torch.cat([torch.zeros_like(steps[:, :1]), steps], dim=1).cumsum(dim=1)
        positions = rotate_frames(poses.unflatten(-1, (-1, 3)), turn)
        return self.metres(positions, path, start)


def _mixture(logits: Tensor, mean: Tensor, log_std: Tensor) -> Mixture:
    return Mixture(logits.log_softmax(-1), mean, log_std.clamp(min=LEAST_LOG_STD))
