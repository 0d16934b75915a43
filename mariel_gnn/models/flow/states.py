"""Motion as a sequence of states, without place and heading.

    state   [ pose on its principal axes (Q) | step: forward, sideways, turn (3) ],  about 17.5 a second
    pose    positions about the root's x and y, in the heading frame; z is the height above the floor
    step    from the state before to this one, in the heading frame of the state before

A sequence therefore has no first place and no first heading: pieces of motion are chained by their states
alone. Pose coordinates are divided by sqrt(std_i std_1), which gives small axes smaller values, and steps by
their stds. Positions between two states are cubic splines.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from mariel_gnn.data.heading import heading_rad, rotate_frames
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion.pair_bounds import PairBounds

STATE_HZ = 17.5  # aimed at; movement over 5 Hz has about 3 % of the power of the velocity
FLOOR_SHARE = 0.01  # of the training states have a marker below the floor
_BOUNDED = 4  # the bounds are measured on every fourth state
STEP = 3  # numbers of a step: forward, sideways, turn


class Pieces(NamedTuple):
    """A sequence in physical units.

    Attributes:
        poses: `[B, S, J, C]` metres, about the root, in the heading frame.
        steps: `[B, S, 3]` metres forward and sideways, radians; the first repeats the second, and is zero
            if there is none.
    """

    poses: Tensor
    steps: Tensor


class MotionStates(nn.Module):
    """Maps motion in metres to sequences of states and back.

    Args:
        skeleton: the markers.
        rate_hz: frames per second.
        pose_axes: Q, principal axes of the pose.
        bounds: whether pair distances of generated poses stay within those of the training recordings.
    """

    pose_mean: Tensor
    pose_axes: Tensor
    pose_scale: Tensor
    step_scale: Tensor
    floor: Tensor

    def __init__(
        self, skeleton: Skeleton, rate_hz: float, pose_axes: int, bounds: bool = True
    ) -> None:
        super().__init__()
        coordinates = 3 * len(skeleton)
        self.skeleton, self.axes = skeleton, min(pose_axes, coordinates)
        self.size = self.axes + STEP
        self.frames_per_state = max(1, round(rate_hz / STATE_HZ))
        self.state_hz = rate_hz / self.frames_per_state
        self.register_buffer("pose_mean", torch.zeros(coordinates))
        self.register_buffer("pose_axes", torch.eye(coordinates)[:, : self.axes].clone())
        self.register_buffer("pose_scale", torch.ones(self.axes))
        self.register_buffer("step_scale", torch.ones(STEP))
        self.register_buffer("floor", torch.full((), -math.inf))
        self.bounds = PairBounds(len(skeleton)) if bounds else None

    def count(self, frames: int) -> int:
        """How many states cover `frames` frames; the last frames may lie after the last state."""
        return -(-frames // self.frames_per_state)

    @torch.no_grad()
    def fit(
        self, positions: Float[Tensor, "N T J 3"], mirrored: Float[Tensor, "M T J 3"] | None = None
    ) -> None:
        """Measure axes, scales, the floor and the bounds.

        Args:
            positions: training windows in metres, with travel.
            mirrored: the same, mirrored; without effect on the bounds, as bodies are not quite symmetric.
        """
        poses, steps = self.measured(positions)
        if self.bounds is not None:
            self.bounds.fit(poses[:, ::_BOUNDED].flatten(0, 1))
        if mirrored is not None:
            others = self.measured(mirrored)
            poses, steps = torch.cat([poses, others.poses]), torch.cat([steps, others.steps])
        lowest = poses[..., 2].amin(dim=-1).flatten()
        self.floor.copy_(lowest.kthvalue(max(1, round(FLOOR_SHARE * len(lowest)))).values)
        frames = poses[:, ::2].flatten(0, 1).flatten(1)
        self.pose_mean.copy_(frames.mean(0))
        frames = frames - self.pose_mean
        values, vectors = torch.linalg.eigh((frames.T @ frames / len(frames)).double())
        std = values.flip(0)[: self.axes].clamp(min=1e-12).sqrt()
        self.pose_axes.copy_(vectors.flip(1)[:, : self.axes])
        self.pose_scale.copy_((std * std[0]).sqrt())
        self.step_scale.copy_(steps.flatten(0, 1).std(0).clamp(min=1e-6))

    def encode(self, positions: Float[Tensor, "B T J 3"]) -> Float[Tensor, "B S D"]:
        """The states of motion in metres, with travel, from its first frame on."""
        poses, steps = self.measured(positions)
        coordinates = (poses.flatten(2) - self.pose_mean) @ self.pose_axes / self.pose_scale
        return torch.cat([coordinates, steps / self.step_scale], dim=-1)

    def pieces(self, states: Float[Tensor, "B S D"]) -> Pieces:
        """Poses and steps of states, in physical units; gradients pass through."""
        coordinates, steps = states.split([self.axes, STEP], dim=-1)
        poses = coordinates * self.pose_scale @ self.pose_axes.T + self.pose_mean
        return Pieces(poses.unflatten(-1, (-1, 3)), steps * self.step_scale)

    def bounded(self, pieces: Pieces) -> Pieces:
        """The same pieces with pair distances within the bounds; see `PairBounds`."""
        if self.bounds is None:
            return pieces
        return pieces._replace(poses=self.bounds(pieces.poses.flatten(0, 1)).view_as(pieces.poses))

    def velocities(self, pieces: Pieces) -> Float[Tensor, "B S1 J 3"]:
        """Velocity of each marker between two states, travel and turn included, metres per second."""
        poses, steps = pieces
        moved = rotate_frames(poses[:, 1:], steps[:, 1:, 2])
        moved = torch.cat([moved[..., :2] + steps[:, 1:, None, :2], moved[..., 2:]], dim=-1)
        velocity: Tensor = (moved - poses[:, :-1]) * self.state_hz
        return velocity

    def place(
        self,
        pieces: Pieces,
        place: Float[Tensor, "B 2"] | None = None,
        heading: Float[Tensor, " B"] | None = None,
        floor: Tensor | None = None,
    ) -> Float[Tensor, "B S J 3"]:
        """Positions in metres at the states: steps are summed, and no body sinks below the floor.

        Args:
            pieces: poses and steps; the step of the first state is not used.
            place: root of the first state, metres; the origin if None.
            heading: of the first state, radians; along x if None.
            floor: height below which no marker may be, metres; that of the training recordings if None.
        """
        steps = pieces.steps.clone()
        steps[:, 0] = 0
        if heading is not None:
            steps[:, 0, 2] = heading
        headings = steps[:, :, 2].cumsum(1)
        moves = rotate_frames(steps[:, 1:, None, :2], headings[:, :-1])[:, :, 0]
        root = nn.functional.pad(moves, (0, 0, 1, 0)).cumsum(1)[:, :, None]
        if place is not None:
            root = root + place[:, None, None]
        poses = lifted(pieces.poses, self.floor if floor is None else floor)
        poses = rotate_frames(poses, headings)
        return torch.cat([poses[..., :2] + root, poses[..., 2:]], dim=-1)

    def at_frames(
        self,
        positions: Float[Tensor, "B S J 3"],
        times: NDArray[np.number],
        floor: Tensor | None = None,
    ) -> Float[Tensor, "B T J 3"]:
        """Positions at the states, interpolated by cubic splines and lifted as in `place`, on the CPU.

        Args:
            positions: metres.
            times: `[T]` frames from the first state.
            floor: as of `place`.
        """
        from scipy.interpolate import CubicSpline  # takes half a second to import

        at = np.arange(positions.shape[1]) * self.frames_per_state
        spline = CubicSpline(at, positions.double().cpu().numpy(), axis=1)
        frames = torch.from_numpy(spline(times)).float()
        return lifted(frames, (self.floor if floor is None else floor).cpu())

    def last(self, clips: Float[Tensor, "B A J 3"], most: int) -> Float[Tensor, "B A2 J 3"]:
        """The last frames of clips, from a state to a state at the last frame; at most `most` states."""
        states = min(most, (clips.shape[1] - 1) // self.frames_per_state + 1)
        return clips[:, -1 - (states - 1) * self.frames_per_state :]

    def first(self, clips: Float[Tensor, "B A J 3"], most: int) -> Float[Tensor, "B A2 J 3"]:
        """The first frames of clips, at most `most` states."""
        return clips[:, : (most - 1) * self.frames_per_state + 1]

    def root(self, positions: Float[Tensor, "B T J 3"]) -> tuple[Tensor, Tensor]:
        """Place `[B, T, 2]` of the root, metres, and heading `[B, T]`, radians."""
        root = positions[:, :, list(self.skeleton.root), :2].mean(dim=2)
        return root, heading_rad(positions, self.skeleton)

    def measured(self, positions: Float[Tensor, "B T J 3"]) -> Pieces:
        """Poses and steps of motion in metres, with travel, in physical units."""
        positions = positions[:, :: self.frames_per_state]
        root, heading = self.root(positions)
        poses = torch.cat([positions[..., :2] - root[:, :, None], positions[..., 2:]], dim=-1)
        moves = nn.functional.pad(root.diff(dim=1), (0, 1))[:, :, None]
        moves = rotate_frames(moves, -heading[:, :-1])[:, :, 0, :2]
        turns = torch.remainder(heading.diff(dim=1) + math.pi, 2 * math.pi) - math.pi
        steps = torch.cat([moves, turns[..., None]], dim=-1)
        first = steps[:, :1] if steps.shape[1] else steps.new_zeros(len(steps), 1, STEP)
        return Pieces(rotate_frames(poses, -heading), torch.cat([first, steps], dim=1))


def lifted(poses: Float[Tensor, "B S J 3"], floor: Float[Tensor, ""]) -> Float[Tensor, "B S J 3"]:
    """Poses moved up where a marker is below a height, metres."""
    depth = (floor - poses[..., 2].amin(dim=-1)).clamp(min=0)
    return poses + nn.functional.pad(depth[..., None, None], (2, 0))
