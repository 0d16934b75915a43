"""Reconstruction errors: positions in metres, errors in millimetres.

Each frame's mean x and y is subtracted from target and prediction first, so models trained without the
root trajectory can be compared. The error of the trajectory itself is `path_error_mm`.
Names follow the field: MPJPE (mean per-joint position error), MPJVE (velocity error), RMS-3D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

FIRST_FRAMES = (
    5  # the original notebook's decoder starts from a zero state: its error is larger here
)


def without_travel(positions: Float[Tensor, "*N T J 3"]) -> Float[Tensor, "*N T J 3"]:
    """Return positions `[..., T, J, C]` with each frame's mean x and y subtracted."""
    horizontal = positions[..., :2] - positions[..., :2].mean(dim=-2, keepdim=True)
    return torch.cat([horizontal, positions[..., 2:]], dim=-1)


def mpjpe_mm(
    target: Float[Tensor, "N T J 3"], predicted: Float[Tensor, "N T J 3"]
) -> Float[Tensor, " N"]:
    """Return MPJPE of each window `[B]` without travel, millimetres.

    Args:
        target: `[B, T, J, C]` metres.
        predicted: `[B, T, J, C]` metres.
    """
    error = without_travel(target) - without_travel(predicted)
    distance: Tensor = error.norm(dim=-1).mean(dim=(1, 2))
    return 1000 * distance


@dataclass(frozen=True)
class RowErrors:
    """The errors of one row of the table on each window.

    Attributes:
        frame_mm: `[N, T]` position error of each frame, mean over markers, millimetres.
        marker_mm: `[N, J]` position error of each marker, mean over frames, millimetres.
    """

    frame_mm: Float[Tensor, "N T"]
    marker_mm: Float[Tensor, "N J"]

    def window_mm(self) -> Float[Tensor, " N"]:
        """Return MPJPE of each window `[N]`, millimetres."""
        return self.frame_mm.mean(dim=1)


class ReconstructionErrors:
    """Accumulates all errors over batches of windows.

    Args:
        rate_hz: frames per second.
        root: the root's markers.
        notebook_units_per_metre: scale of the original notebook's normalisation, for `notebook_loss`.
    """

    def __init__(
        self, rate_hz: float, root: Sequence[int], notebook_units_per_metre: float
    ) -> None:
        self.rate_hz, self.root = rate_hz, list(root)
        self.notebook_units_per_metre = notebook_units_per_metre
        self.windows: list[RowErrors] = []
        self.sums: dict[str, Tensor] = {}
        self.count = 0

    def update(self, target: Float[Tensor, "N T J 3"], predicted: Float[Tensor, "N T J 3"]) -> None:
        """Add windows `[B, T, J, C]`, metres."""
        path_error = target[..., :2].mean(2) - predicted[..., :2].mean(2)
        self._add("path", path_error.norm(dim=-1).mean(1))
        root_error = self._relative_to_root(target) - self._relative_to_root(predicted)
        self._add("root", root_error.norm(dim=-1).mean((1, 2)))
        error = without_travel(target) - without_travel(predicted)
        distance = error.norm(dim=-1)  # [B, T, J]
        self.windows.append(RowErrors(1000 * distance.mean(2), 1000 * distance.mean(1)))
        self._add("square", distance.square().mean((1, 2)))
        self._add("frame", distance.mean(2))
        self._add("velocity", error.diff(dim=1).norm(dim=-1).mean((1, 2)))
        self._add("acceleration", error.diff(n=2, dim=1).norm(dim=-1).mean((1, 2)))
        self.values_per_window = distance[0].numel()
        self.count += len(target)

    def compute(self) -> dict[str, float]:
        """Return all errors; each name ends with its unit."""
        mean = {name: value / self.count for name, value in self.sums.items()}
        frames, square = mean["frame"], mean["square"]
        first, rest = frames[:FIRST_FRAMES].mean(), frames[FIRST_FRAMES:].mean()
        units2 = self.notebook_units_per_metre**2
        return {
            "mpjpe_mm": 1000 * float(frames.mean()),
            "root_mpjpe_mm": 1000 * float(mean["root"]),
            "rms3d_mm": 1000 * float(square.sqrt()),
            "mpjve_mm_per_s": 1000 * self.rate_hz * float(mean["velocity"]),
            "accel_mm_per_frame2": 1000 * float(mean["acceleration"]),
            "first_frames_ratio": float(first / rest),
            "path_error_mm": 1000 * float(mean["path"]),
            "notebook_loss": float(square) * self.values_per_window * units2,
        }

    def by_window(self) -> RowErrors:
        """Return the errors of each window, in the order in which the windows were added."""
        return RowErrors(
            torch.cat([window.frame_mm for window in self.windows]),
            torch.cat([window.marker_mm for window in self.windows]),
        )

    def _relative_to_root(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        return positions - positions[:, :, self.root].mean(dim=2, keepdim=True)

    def _add(self, name: str, values: Tensor) -> None:
        total = values.sum(dim=0)
        self.sums[name] = total if name not in self.sums else self.sums[name] + total
