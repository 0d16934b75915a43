"""Errors of reconstructions, all in metres in and millimetres out.

Before anything is measured each frame's mean x and y is taken from both sides, so that a model
without an ear for travel can be compared; the travel's own error is `path_error_mm`.
Names as in the field: MPJPE (mean per-joint position error), MPJVE (of velocity), RMS-3D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class RowErrors:
    """The errors of one row of the table.

    Attributes:
        frame_mm: `[N, T]` mean over markers of their distance from where they were, millimetres.
        marker_mm: `[N, J]` the same, mean over frames.
    """

    frame_mm: Float[Tensor, "N T"]
    marker_mm: Float[Tensor, "N J"]

    def window_mm(self) -> Float[Tensor, " N"]:
        """MPJPE of each window `[N]`, millimetres."""
        return self.frame_mm.mean(dim=1)


FIRST_FRAMES = 5  # the seed's decoder starts from a zero state, which shows in these


def without_travel(positions: Float[Tensor, "*N T J 3"]) -> Float[Tensor, "*N T J 3"]:
    """Positions `[..., T, J, C]` without each frame's mean x and y."""
    horizontal = positions[..., :2] - positions[..., :2].mean(dim=-2, keepdim=True)
    return torch.cat([horizontal, positions[..., 2:]], dim=-1)


def mpjpe_mm(
    target: Float[Tensor, "N T J 3"], predicted: Float[Tensor, "N T J 3"]
) -> Float[Tensor, " N"]:
    """Mean distance per marker of each window `[B]`, millimetres, travel taken away.

    Args:
        target: `[B, T, J, C]` metres.
        predicted: `[B, T, J, C]` metres.
    """
    error = without_travel(target) - without_travel(predicted)
    distance: Tensor = error.norm(dim=-1).mean(dim=(1, 2))
    return 1000 * distance


class ReconstructionErrors:
    """Running sums of all errors over windows.

    Args:
        rate_hz: frames per second.
        root: the root's markers.
        notebook_units_per_metre: scale of the seed's normalisation, for the seed-equivalent loss.
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
        self._add(
            "path", (target[..., :2].mean(2) - predicted[..., :2].mean(2)).norm(dim=-1).mean(1)
        )
        root_error = self._about_root(target) - self._about_root(predicted)
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
        """All errors, each name with its unit."""
        mean = {name: value / self.count for name, value in self.sums.items()}
        frames = mean["frame"]
        return {
            "mpjpe_mm": 1000 * float(frames.mean()),
            "root_mpjpe_mm": 1000 * float(mean["root"]),
            "rms3d_mm": 1000 * float(mean["square"].sqrt()),
            "mpjve_mm_per_s": 1000 * self.rate_hz * float(mean["velocity"]),
            "accel_mm_per_frame2": 1000 * float(mean["acceleration"]),
            "first_frames_ratio": float(
                frames[:FIRST_FRAMES].mean() / frames[FIRST_FRAMES:].mean()
            ),
            "path_error_mm": 1000 * float(mean["path"]),
            "notebook_loss": float(mean["square"])
            * self.values_per_window
            * self.notebook_units_per_metre**2,
        }

    def by_window(self) -> RowErrors:
        """The errors of each window by frame `[N, T]` and by marker `[N, J]`, in the order of the updates."""
        return RowErrors(
            torch.cat([window.frame_mm for window in self.windows]),
            torch.cat([window.marker_mm for window in self.windows]),
        )

    def _about_root(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        return positions - positions[:, :, self.root].mean(dim=2, keepdim=True)

    def _add(self, name: str, values: Tensor) -> None:
        total = values.sum(dim=0)
        self.sums[name] = total if name not in self.sums else self.sums[name] + total
