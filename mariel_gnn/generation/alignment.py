"""Phrases put somewhere on the floor: turned about the vertical and moved, never bent."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.data.heading import rotate_about_z


class Alignment(NamedTuple):
    """A turn about the vertical, then a shift over the floor, of each of N phrases, or one for all.

    Attributes:
        angle: `[N]` radians, counter-clockwise from above.
        shift: `[N, 2]` metres.
    """

    angle: Tensor
    shift: Tensor

    def of(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        """The phrases `[N, T, J, C]` turned and moved."""
        turned = rotate_about_z(positions, self.angle.expand(len(positions)))
        moved = turned[..., :2] + self.shift[:, None, None]
        return torch.cat([moved, turned[..., 2:]], dim=-1)


def best_alignment(
    positions: Float[Tensor, "N A J 3"],
    onto: Float[Tensor, "N A J 3"],
    weights: Float[Tensor, " A"],
) -> Alignment:
    """The turn and shift that bring all markers of some frames nearest to where they are wanted.

    Least squares over the floor; all markers have a say, so that any marker set will do. (Procrustes'
    problem in the plane, whose rotation is the angle of the sum of products; Schönemann, 1966.)

    Args:
        positions: `[N, A, J, C]` metres.
        onto: `[N, A, J, C]` where they are to go; N may be 1.
        weights: `[A]` how much each frame has to say.
    """
    share = (weights / weights.sum())[:, None, None]
    of_middle, onto_middle = (
        (share * frames[..., :2].mean(dim=2, keepdim=True)).sum(dim=1, keepdim=True)
        for frames in (positions, onto)
    )
    a, b = positions[..., :2] - of_middle, onto[..., :2] - onto_middle
    along = (share * a * b).sum(dim=(1, 2, 3))
    across = (share[..., 0] * (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])).sum(dim=(1, 2))
    angle = torch.atan2(across, along)
    turned_middle = rotate_about_z(of_middle, angle)
    return Alignment(angle, (onto_middle - turned_middle)[:, 0, 0])


def align_first_frame(
    positions: Float[Tensor, "N T J 3"], like: Float[Tensor, "N T J 3"]
) -> Float[Tensor, "N T J 3"]:
    """Phrases turned and moved so that their first frames lie as those of `like` do."""
    one = torch.ones(1, dtype=positions.dtype)
    return best_alignment(positions[:, :1], like[:, :1], one).of(positions)
