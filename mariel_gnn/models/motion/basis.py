"""The code of a window: heading, path, and pose over time, as a vector of few numbers.

    a(t)    smooth heading: the angle that the body faces, on its first time axes
    a       heading in the middle of the window; everything else is relative to it
    pose_t  positions rotated by -a(t): independent of the heading
    code    [ pose on its principal axes and time axes (K x Q) | heading terms (H) | path terms (2 x P) ],
            movement and travel divided by their scales (mariel_gnn/models/motion/motion_scale.py)

Rotating the window changes `a` and nothing else. Axes and variances are measured on training windows (`fit`)
and are buffers, so they are part of the weights. Separable bases (axes of pose times axes of time) have few
parameters and generalise to new dances better than principal components of whole windows (docs/log.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mariel_gnn.data.heading import heading_rad, rotate_about_z, rotate_frames
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion.motion_scale import MotionScale
from mariel_gnn.models.motion_model import WindowShape

POSE_AXES = 64  # Q; 53 markers lose 7 mm of a pose
FRAMES_PER_KNOT = 4  # networks process poses at 9 Hz: latents encode no more than half of that
HEADING_TERMS, PATH_TERMS = 11, 12  # time axes 1, 2, … of heading and path; up to 1.6 Hz in 3.7 s
PATH_MARKERS = 8.0  # importance of the path in the PCA of codes, in markers


class TimeAxes(nn.Module):
    """Orthonormal functions of time.

    Args:
        frames: T.
        count: M, how many; at most T.
    """

    axes: Tensor
    knot_axes: Tensor
    of_knots: Tensor

    def __init__(self, frames: int, count: int) -> None:
        super().__init__()
        self.frames, self.count = frames, min(count, frames)
        self.register_buffer("axes", orthonormal_cosines(frames, self.count))
        # Follow from the axes: kept for each step, not saved.
        for name in ("knot_axes", "of_knots"):
            self.register_buffer(name, torch.empty(self.count, self.count), persistent=False)
        self._measure_knots()
        self.register_load_state_dict_post_hook(_measure_after_loading)  # type: ignore[no-untyped-call]

    def forward(self, series: Float[Tensor, "B T D"]) -> Float[Tensor, "B M D"]:
        """The coefficients of each column of a series."""
        return self.axes.T @ series

    def at_frames(self, coefficients: Float[Tensor, "B K D"]) -> Float[Tensor, "B T D"]:
        """The series of the first K coefficients."""
        return self.axes[:, : coefficients.shape[1]] @ coefficients

    def at_knots(self, coefficients: Float[Tensor, "B K D"]) -> Float[Tensor, "B M D"]:
        """The series at M knots, evenly spaced from the first frame to the last."""
        return self.knot_axes[:, : coefficients.shape[1]] @ coefficients

    def from_knots(self, series: Float[Tensor, "B M D"]) -> Float[Tensor, "B M D"]:
        """The coefficients of the series with given values at the knots."""
        return self.of_knots @ series

    @torch.no_grad()
    def fit(self, windows: Iterable[Tensor]) -> None:
        """Measure the axes on batches `[B, T, D]` of training windows."""
        covariance = torch.zeros(self.frames, self.frames, dtype=torch.float64)
        for series in windows:
            moving = series - series.mean(dim=1, keepdim=True)
            covariance += torch.einsum("btd,bsd->ts", moving, moving).double().cpu()
        covariance = (covariance + covariance.flip(0, 1)) / 2
        # Make the constant the first eigenvector: the other axes are then orthogonal to it.
        constant = torch.ones_like(covariance)
        _, vectors = torch.linalg.eigh(covariance + (1 + covariance.trace()) * constant)
        axes = vectors.flip(1)[:, : self.count]
        axes[:, 0].abs_()
        self.axes.copy_(axes)
        self._measure_knots()

    @torch.no_grad()
    def _measure_knots(self) -> None:
        """The axes at the knots, linearly interpolated between frames, and the inverse."""
        position = torch.linspace(0, self.frames - 1, self.count, device=self.axes.device)
        before = position.floor().long().clamp(max=max(self.frames - 2, 0))
        after = (before + 1).clamp(max=self.frames - 1)
        share = (position - before)[:, None]
        self.knot_axes.copy_(torch.lerp(self.axes[before], self.axes[after], share))
        self.of_knots.copy_(torch.linalg.inv(self.knot_axes))


def _measure_after_loading(axes: TimeAxes, _: object) -> None:
    axes._measure_knots()


def orthonormal_cosines(frames: int, count: int) -> Float[Tensor, "{frames} {count}"]:
    """The first functions of the DCT-II, as columns of norm 1."""
    time = (torch.arange(frames) + 0.5) / frames
    cosines = torch.cos(math.pi * time[:, None] * torch.arange(count)) * math.sqrt(2 / frames)
    cosines[:, 0] /= math.sqrt(2)
    return cosines


class Motion(NamedTuple):
    """The components of windows, in normalised units.

    Attributes:
        heading: `[B]` radians from x in the middle of the window.
        log_scale: `[B, 2]` standardised logarithms of the scales of movement and travel.
        code: `[B, W]` pose, heading and path terms, relative to the heading and divided by the scales.
        poses: `[B, K, 3J]` spectrum of the rotated poses minus the mean pose: their coefficients on the
            first K time axes.
    """

    heading: Tensor
    log_scale: Tensor
    code: Tensor
    poses: Tensor


class MotionBasis(nn.Module):
    """Maps windows to codes and back.

    Args:
        shape: T and J.
        skeleton: defines the heading.
        frequencies: K, time axes of the pose (24 of 128 frames reach 3.3 Hz at 35 Hz).
    """

    pose_mean: Tensor
    pose_axes: Tensor
    axis_std: Tensor
    spectrum_std: Tensor
    importance: Tensor

    def __init__(self, shape: WindowShape, skeleton: Skeleton, frequencies: int) -> None:
        super().__init__()
        self.shape, self.skeleton = shape, skeleton
        self.frequencies = min(frequencies, shape.frames)
        self.knots = max(shape.frames // FRAMES_PER_KNOT, self.frequencies)
        self.axes = min(POSE_AXES, 3 * shape.markers)
        self.heading_terms = min(HEADING_TERMS, shape.frames - 1)
        self.path_terms = min(PATH_TERMS, shape.frames - 1)
        self.pose_size = self.frequencies * self.axes
        self.size = self.pose_size + self.heading_terms + 2 * self.path_terms
        self.time = TimeAxes(shape.frames, self.knots)
        self.heading_time = TimeAxes(shape.frames, self.heading_terms + 1)
        self.path_time = TimeAxes(shape.frames, self.path_terms + 1)
        self.motion_scale = MotionScale(self.size)
        self.register_buffer("spectrum_std", torch.ones(self.knots))
        self.register_buffer("pose_mean", torch.zeros(3 * shape.markers))
        self.register_buffer("pose_axes", torch.eye(3 * shape.markers)[:, : self.axes].clone())
        self.register_buffer("axis_std", torch.ones(self.axes))
        self.register_buffer("importance", torch.ones(self.size))

    def analyze(self, batch: WindowBatch) -> Motion:
        """The components of windows."""
        heading, code, spectrum = self._with_scale(batch)
        log_scale = self.motion_scale.log_scale(code)
        return Motion(heading, log_scale, code / self.scales(log_scale, self.axes), spectrum)

    def _with_scale(self, batch: WindowBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Heading `[B]`, unscaled code `[B, W]` and spectrum of the poses `[B, K, 3J]`."""
        heading, terms = self._heading(batch.positions)
        poses = rotate_frames(batch.positions, -self._heading_of(heading, terms)).flatten(2)
        spectrum = self.time(poses - self.pose_mean)[:, : self.frequencies]
        path = rotate_about_z(batch.path[:, :, None], -heading)[:, :, 0]
        path_terms = self.path_time(path)[:, 1:]
        code = torch.cat(
            [(spectrum @ self.pose_axes).flatten(1), terms, path_terms.flatten(1)], dim=1
        )
        return heading, code, spectrum

    def scales(self, log_scale: Float[Tensor, "B 2"], axes: int) -> Float[Tensor, "B W"]:
        """The factor of each number of a code with that many pose axes."""
        return self.motion_scale.factors(log_scale)[:, self.groups(axes)]

    def groups(self, axes: int) -> Int[Tensor, " W"]:
        """The group of each number of a code with that many pose axes: 0 posture, 1 movement, 2 travel."""
        pose = torch.ones(self.frequencies, axes, dtype=torch.long)
        pose[0] = 0
        travel = torch.full((self.size - self.pose_size,), 2)
        return torch.cat([pose.flatten(), travel]).to(self.pose_axes.device)

    def synthesize(
        self,
        poses: Float[Tensor, "B T J 3"],
        heading: Float[Tensor, " B"],
        heading_terms: Float[Tensor, "B H"],
        path_terms: Float[Tensor, "B P 2"],
    ) -> tuple[Float[Tensor, "B T J 3"], Float[Tensor, "B T 2"]]:
        """Positions and path from rotated poses, heading and path terms, normalised."""
        positions = rotate_frames(poses, self._heading_of(heading, heading_terms))
        path = _of_terms(path_terms, self.path_time)
        path = path - path[:, :1]
        return positions, rotate_about_z(path[:, :, None], heading)[:, :, 0]

    def marker_nodes(self, spectrum: Float[Tensor, "B K D"]) -> Float[Tensor, "B J K3"]:
        """The spectrum of each marker, each frequency divided by its std."""
        sized = spectrum / self.spectrum_std[: spectrum.shape[1], None]
        nodes: Tensor = sized.unflatten(-1, (-1, 3)).transpose(1, 2).flatten(2)
        return nodes

    @torch.no_grad()
    def fit(self, batches: Sequence[WindowBatch]) -> Float[Tensor, "N W"]:
        """Measure mean pose, axes and importance on training windows.

        Returns:
            The unscaled code of all windows.
        """
        self.heading_time.fit(
            [_facing(batch.positions, self.skeleton)[..., None] for batch in batches]
        )
        self.path_time.fit([batch.path for batch in batches])
        poses = torch.cat([self._poses(batch) for batch in batches])
        self.time.fit([poses])
        frames = poses[:, ::4].flatten(0, 1)
        self.pose_mean.copy_(frames.mean(0))
        frames = frames - self.pose_mean
        values, vectors = torch.linalg.eigh((frames.T @ frames / len(frames)).double())
        self.pose_axes.copy_(vectors.flip(1)[:, : self.axes])
        self.axis_std.copy_(values.flip(0)[: self.axes].clamp(min=1e-8).sqrt())
        sizes = self.time(poses - self.pose_mean)
        self.spectrum_std.copy_(sizes.square().mean(dim=(0, 2)).sqrt().clamp(min=1e-4))
        # A radian of heading moves each marker by its distance from the body's vertical axis.
        lever = poses.unflatten(-1, (-1, 3))[..., :2].square().sum(-1).mean(dim=(0, 1)).sum()
        self.importance[self.pose_size :].fill_(float(PATH_MARKERS) ** 0.5)
        self.importance[self.pose_size : self.pose_size + self.heading_terms] = lever.sqrt()
        code = torch.cat([self._with_scale(batch)[1] for batch in batches])
        self.motion_scale.fit(code, self.groups(self.axes))
        return code

    def _poses(self, batch: WindowBatch) -> Float[Tensor, "B T D"]:
        heading, terms = self._heading(batch.positions)
        return rotate_frames(batch.positions, -self._heading_of(heading, terms)).flatten(2)

    def _heading(self, positions: Float[Tensor, "B T J 3"]) -> tuple[Tensor, Tensor]:
        """The smooth heading in the middle of the window `[B]`, and its terms `[B, H]`."""
        coefficients = self.heading_time(_facing(positions, self.skeleton)[..., None])
        smooth = self.heading_time.at_frames(coefficients)
        return smooth[:, self._middle, 0], coefficients[:, 1:, 0]

    def _heading_of(
        self, heading: Float[Tensor, " B"], terms: Float[Tensor, "B H"]
    ) -> Float[Tensor, "B T"]:
        turn = _of_terms(terms[..., None], self.heading_time)[..., 0]
        return heading[:, None] + turn - turn[:, self._middle, None]

    @property
    def _middle(self) -> int:
        return self.shape.frames // 2


def _of_terms(terms: Float[Tensor, "B H D"], time: TimeAxes) -> Float[Tensor, "B T D"]:
    """The series from its coefficients on all time axes but the constant, which is 0 here."""
    return time.at_frames(torch.cat([torch.zeros_like(terms[:, :1]), terms], dim=1))


def _facing(positions: Float[Tensor, "B T J 3"], skeleton: Skeleton) -> Float[Tensor, "B T"]:
    """The heading, radians, without jumps of a full turn."""
    return unwrapped(heading_rad(positions, skeleton))


def unwrapped(angle: Float[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """Angles without jumps of a full turn, radians."""
    step = torch.remainder(angle.diff(dim=1) + math.pi, 2 * math.pi) - math.pi
    return torch.cat([angle[:, :1], angle[:, :1] + step.cumsum(1)], dim=1)
