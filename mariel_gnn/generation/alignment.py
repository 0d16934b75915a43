"""Rigid alignment of phrases on the floor: a rotation about the vertical and a horizontal shift."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.data.heading import rotate_about_z


class Alignment(NamedTuple):
    """A rotation about the vertical followed by a horizontal shift, for N phrases or one for all.

    Attributes:
        angle: `[N]` radians, counter-clockwise from above.
        shift: `[N, 2]` metres.
    """

    angle: Tensor
    shift: Tensor

    def apply(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        """Return the phrases `[N, T, J, C]` rotated and shifted."""
        rotated = rotate_about_z(positions, self.angle.expand(len(positions)))
        horizontal = rotated[..., :2] + self.shift[:, None, None]
        return torch.cat([horizontal, rotated[..., 2:]], dim=-1)


def best_alignment(
    positions: Float[Tensor, "N A J 3"],
    target: Float[Tensor, "N A J 3"],
    weights: Float[Tensor, " A"],
) -> Alignment:
    """Find the alignment with the least squared horizontal distance to a target.

    All markers count equally, so any marker set works. (Orthogonal Procrustes problem in the plane; the
    rotation is the angle of the sum of products; Schönemann, 1966.)

    Args:
        positions: `[N, A, J, C]` metres.
        target: `[N, A, J, C]` metres; N can be 1.
        weights: `[A]` weight of each frame.
    """
    share = (weights / weights.sum())[:, None, None]
    centre, target_centre = (
        (share * frames[..., :2].mean(dim=2, keepdim=True)).sum(dim=1, keepdim=True)
        for frames in (positions, target)
    )
    a, b = positions[..., :2] - centre, target[..., :2] - target_centre
    dot = (share * a * b).sum(dim=(1, 2, 3))
    cross = (share[..., 0] * (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])).sum(dim=(1, 2))
    angle = torch.atan2(cross, dot)
    rotated_centre = rotate_about_z(centre, angle)
    return Alignment(angle, (target_centre - rotated_centre)[:, 0, 0])


def align_first_frame(
    positions: Float[Tensor, "N T J 3"], target: Float[Tensor, "N T J 3"]
) -> Float[Tensor, "N T J 3"]:
    """Return phrases aligned so that their first frames match the first frames of `target`."""
    one = torch.ones(1, dtype=positions.dtype)
    return best_alignment(positions[:, :1], target[:, :1], one).apply(positions)
