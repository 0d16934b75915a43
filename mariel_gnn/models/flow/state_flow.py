"""The flow over sequences of states: its loss, and sequences drawn from it under conditions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.metrics.samples import find_feet
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.flow.conditions import CONTEXT, Conditions, between, draw_conditions, nothing
from mariel_gnn.models.flow.leading import LeadingLatents
from mariel_gnn.models.flow.matching import (
    draw_times,
    mix,
    time_weights,
)
from mariel_gnn.models.flow.network import TemporalUNet
from mariel_gnn.models.flow.process import given_known, smooth_noise
from mariel_gnn.models.flow.sequence_flow import SequenceFlow, at_even_times
from mariel_gnn.models.flow.states import STEP, MotionStates, Pieces
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import FlowMotionOptions

FOOT_WEIGHT, MARKER_WEIGHT = 0.3, 0.1  # of squared errors of velocity, (m/s)², feet and all markers
BONE_WEIGHT = 100.0  # of squared errors of the distances of rigid pairs, m²
EXTENSION_CONTEXT = 10  # states given before a window that extends a sequence: 0.6 s


class StateFlow(SequenceFlow[Conditions]):
    """Draws sequences of states.

    Args:
        options: of the flow.
        shape: T, J and the rate.
        skeleton: the markers.
        leading: L, how many leading latents can be given.
    """

    feet: Tensor
    rigid: Tensor

    def __init__(
        self, options: FlowMotionOptions, shape: WindowShape, skeleton: Skeleton, leading: int
    ) -> None:
        super().__init__()
        self.solver_steps = options.solver_steps
        self.states = MotionStates(skeleton, shape.rate_hz, options.pose_axes, options.pair_bounds)
        self.window = self.states.count(shape.frames)
        size = self.states.size
        self.leading = LeadingLatents(leading)
        self.network = TemporalUNet(2 * size + 3, size, options.widths, leading + 1)
        self.register_buffer("feet", torch.zeros(shape.markers))
        self.register_buffer("rigid", torch.zeros(shape.markers, shape.markers))

    @torch.no_grad()
    def fit(
        self,
        positions: Float[Tensor, "N T J 3"],
        mirrored: Float[Tensor, "M T J 3"] | None,
        pairs: PairStatistics,
    ) -> None:
        """Measure states, foot markers and rigid pairs.

        Args:
            positions: training windows in metres, with travel.
            mirrored: as of `MotionStates.fit`.
            pairs: distances between markers in the training recordings.
        """
        self.states.fit(positions, mirrored)
        self.feet.zero_()[list(find_feet(positions).markers)] = 1
        first, second = pairs.rigid_pairs().T
        self.rigid.zero_()[first, second] = 1

    def loss(
        self,
        positions: Float[Tensor, "B T J 3"],
        described: tuple[Float[Tensor, "B T J 3"], Float[Tensor, "B L"]] | None = None,
    ) -> Float[Tensor, " B"]:
        """The loss of windows, summed over the numbers of a sequence; no likelihood.

        With `described`, as in training, conditions, times and noise are random. Without it nothing is
        given, and times and noise are the same for all windows.

        Args:
            positions: windows in metres, with travel.
            described: what their latents describe, and their leading latents; None for a validation.
        """
        data = self.states.encode(positions)
        if described is not None:
            decoded, leading = described
            given = draw_conditions(data, self.states.encode(decoded), leading)
            return self._loss(data, given, draw_times(data), torch.randn_like(data))
        return at_even_times(data, lambda time, white: self._loss(data, nothing(data), time, white))

    def _loss(
        self, data: Tensor, given: Conditions, time: Tensor, white: Tensor
    ) -> Float[Tensor, " B"]:
        found = self.denoiser(given)(mix(data, self._smooth(white, given), time), time)
        return 0.5 * data[0].numel() * time_weights(time) * self._error(found, data)

    def extend(
        self,
        before: Float[Tensor, "N K D"],
        count: int,
        temperature: float,
        generator: torch.Generator,
        on_states: Callable[[int, int], None] = lambda done, total: None,
    ) -> Float[Tensor, "N K2 D"]:
        """Sequences, unchanged, and `count` more states, one window after another.

        Each window is given the last states before it and leading latents of its own.

        Args:
            before: the states that are continued.
            count: how many states follow.
            temperature: as of `draw`.
            generator: as of `draw`.
            on_states: called with the number of drawn states and `count`.
        """
        states, given = before, before.shape[1]
        while states.shape[1] < given + count:
            context = states[:, -min(EXTENSION_CONTEXT, self.window // 2) :]
            new = self.window - context.shape[1]
            leading = self.leading.draw(len(states), temperature, generator)
            given_now = between(context, new).led_by(leading)
            drawn = self.draw(given_now, temperature, generator)
            states = torch.cat([states, drawn[:, -new:]], dim=1)
            on_states(min(states.shape[1] - given, count), count)
        return states[:, : given + count]

    def context(self, count: int) -> int:
        """How many states are given on each side of `count` states between them."""
        return min(CONTEXT, (self.window - count) // 2)

    def _smooth(self, white: Float[Tensor, "B S D"], given: Conditions) -> Float[Tensor, "B S D"]:
        """The noise that the flow starts from; that of known poses and of known steps is zero."""
        parts = zip(self._split(white), given.is_known.unbind(-1), strict=True)
        return torch.cat([smooth_noise(part, self.states.state_hz, of) for part, of in parts], -1)

    def _expected(self, given: Conditions) -> tuple[Tensor, Tensor]:
        """What z and known states say of all states `[B, S, D]`, and how far others may be from it."""
        rest = self._split(given.known - given.described)
        found = [
            given_known(part, self.states.state_hz, of)
            for part, of in zip(rest, given.is_known.unbind(-1), strict=True)
        ]
        mean = torch.cat([mean for mean, _ in found], dim=-1)
        std = torch.cat([std.expand_as(mean) for mean, std in found], dim=-1)
        return given.described + mean, std

    def _split(self, states: Float[Tensor, "B S D"]) -> tuple[Tensor, Tensor]:
        """Numbers of poses, and of steps."""
        poses, steps = states.split([self.states.axes, STEP], dim=-1)
        return poses, steps

    def _error(
        self, found: Float[Tensor, "B S D"], data: Float[Tensor, "B S D"]
    ) -> Float[Tensor, " B"]:
        """Mean squared error of states, and weighted errors of velocities and rigid distances."""
        pieces, target = self.states.pieces(found), self.states.pieces(data)
        velocity = self.states.velocities(pieces) - self.states.velocities(target)
        squared = velocity.square().sum(-1).mean(1)
        feet = (squared * self.feet).sum(-1) / self.feet.sum()
        error = (found - data).square().mean((1, 2))
        error = error + FOOT_WEIGHT * feet + MARKER_WEIGHT * squared.mean(-1)
        return error + BONE_WEIGHT * self._bone_error(pieces, target)

    def _bone_error(self, pieces: Pieces, target: Pieces) -> Float[Tensor, " B"]:
        """Mean squared error of the distances of rigid pairs, m²."""
        first, second = self.rigid.nonzero().unbind(-1)
        if not len(first):
            return pieces.poses.new_zeros(len(pieces.poses))
        found, wanted = (
            torch.linalg.vector_norm(poses[:, :, first] - poses[:, :, second], dim=-1)
            for poses in (pieces.poses, target.poses)
        )
        error: Tensor = (found - wanted).square().mean((1, 2))
        return error
