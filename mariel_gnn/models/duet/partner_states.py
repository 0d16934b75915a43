"""A partner as a sequence of states: her own states, and where she stands as the other dancer sees her.

    state     [ her state of `MotionStates` | place: forward, sideways | facing: cosine, sine ]
    place     of her root in the other dancer's heading frame, metres
    facing    0 is the other dancer's own facing, π is face to face

Place and facing are given in every state, so errors do not add up. Her own steps stay in the state: they keep
the network that knows how one dancer moves, and her feet, in the picture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.data.heading import rotate_frames
from mariel_gnn.models.flow.states import MotionStates, Pieces

RELATION = 4  # numbers of a relation: place (2), cosine and sine of the facing
_FACING_SCALE = 0.7  # the standard deviation of cosines and sines of angles in all directions


class Track(NamedTuple):
    """The place `[B, S, 2]`, metres, and heading `[B, S]`, radians, of a dancer at the states."""

    place: Tensor
    heading: Tensor


class PartnerStates(nn.Module):
    """Maps partners in metres to sequences of states and back.

    Args:
        dancer: states of one dancer, shared by both.
    """

    place_mean: Tensor
    place_scale: Tensor

    def __init__(self, dancer: MotionStates) -> None:
        super().__init__()
        self.dancer = dancer
        self.size = dancer.size + RELATION
        self.register_buffer("place_mean", torch.zeros(2))
        self.register_buffer("place_scale", torch.ones(2))

    @torch.no_grad()
    def fit(self, pairs: Float[Tensor, "N T 2 J 3"]) -> None:
        """Measure the scale of places, from either dancer to the other.

        Args:
            pairs: training windows in metres, in one room.
        """
        both = torch.cat([pairs, pairs.flip(2)])
        place = self._relation(both[:, :, 0], both[:, :, 1])[..., :2].flatten(0, 1)
        forward = torch.tensor([1.0, 0.0], device=place.device)  # mirrored, a mean to the side is 0
        self.place_mean.copy_(place.mean(0) * forward)
        self.place_scale.copy_(place.std(0).clamp(min=1e-3))

    def encode(
        self, given: Float[Tensor, "B T J 3"], partner: Float[Tensor, "B T J 3"]
    ) -> Float[Tensor, "B S D"]:
        """The states of a partner of a given dancer, both in metres in one room."""
        relation = self._relation(given, partner)
        place = (relation[..., :2] - self.place_mean) / self.place_scale
        facing = relation[..., 2:] / _FACING_SCALE
        return torch.cat([self.dancer.encode(partner), place, facing], dim=-1)

    def relation(self, states: Float[Tensor, "B S D"]) -> Float[Tensor, "B S 4"]:
        """Place in metres, cosine and sine of the facing; gradients pass through."""
        place, facing = states[..., -RELATION:].split(2, dim=-1)
        return torch.cat(
            [place * self.place_scale + self.place_mean, facing * _FACING_SCALE], dim=-1
        )

    def pieces(self, states: Float[Tensor, "B S D"]) -> Pieces:
        """Poses and steps of the partner, in physical units."""
        return self.dancer.pieces(states[..., :-RELATION])

    def positions(self, states: Float[Tensor, "B S D"], given: Track) -> Float[Tensor, "B S J 3"]:
        """The partner's markers in the room, metres; gradients pass through.

        Cosine and sine are taken as they are: a facing that is not decided gives a smaller body, so the
        loss is smooth in it. `placed` gives bodies of their own size.
        """
        poses, relation = self.pieces(states).poses, self.relation(states)
        return _in_room(_moved(poses, relation), given)

    def placed(self, states: Float[Tensor, "B S D"], given: Track) -> Float[Tensor, "B S J 3"]:
        """The partner's markers in the room, metres, within the bounds of bodies, above the floor."""
        relation = self.relation(states)
        facing = relation[..., 2:] / relation[..., 2:].norm(dim=-1, keepdim=True).clamp(min=1e-6)
        poses = self.dancer.bounded(self.pieces(states)).poses
        return _in_room(_moved(poses, torch.cat([relation[..., :2], facing], dim=-1)), given)

    def track(self, given: Float[Tensor, "B T J 3"]) -> Track:
        """Where a dancer in metres is at the states."""
        return Track(*self.dancer.root(given[:, :: self.dancer.frames_per_state]))

    def at_frames(self, positions: Float[Tensor, "B S J 3"], frames: int) -> Tensor:
        """Positions `[B, frames, J, C]` between the states, on the CPU; see `MotionStates.at_frames`."""
        return self.dancer.at_frames(positions, np.arange(frames))

    def _relation(self, given: Tensor, partner: Tensor) -> Float[Tensor, "B S 4"]:
        step = self.dancer.frames_per_state
        place, heading = self.dancer.root(given[:, ::step])
        other, facing = self.dancer.root(partner[:, ::step])
        seen = rotate_frames((other - place)[:, :, None], -heading)[:, :, 0]
        angle = facing - heading
        return torch.cat([seen, angle.cos()[..., None], angle.sin()[..., None]], dim=-1)


def _moved(
    poses: Float[Tensor, "B S J 3"], relation: Float[Tensor, "B S 4"]
) -> Float[Tensor, "B S J 3"]:
    """Poses in the other dancer's heading frame."""
    forward, sideways, cosine, sine = relation[..., None, :].unbind(-1)
    x, y, z = poses.unbind(-1)
    return torch.stack(
        [cosine * x - sine * y + forward, sine * x + cosine * y + sideways, z], dim=-1
    )


def _in_room(seen: Float[Tensor, "B S J 3"], given: Track) -> Float[Tensor, "B S J 3"]:
    """Positions in a dancer's heading frame, in the room."""
    turned = rotate_frames(seen, given.heading)
    return torch.cat([turned[..., :2] + given.place[:, :, None], turned[..., 2:]], dim=-1)
