"""Where two dancers are and where they face, in the frame of the pair.

    middle    midway between both roots;  axis: from the first dancer's root to the second's, direction a(t)
    track     log distance | a(t) - a(0) | facing of each dancer to the axis, since the start | travel of the
              middle in the axes of a(0)                                             6 numbers a frame
    start     cosine and sine of both facings to the axis in the first frame         4 numbers

A dancer's own frame will not do: a partner who turns on the spot moves the whole room in her frame. The axis
turns three times as slowly as a salsa partner does. Turning the pair changes a(0) and nothing else.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.data.heading import heading_rad, rotate_frames
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

TRACK, START = 6, 4
LEAST_M = 0.05  # of the distance: its logarithm has no bound


class PairFrame(NamedTuple):
    """Two dancers without their poses.

    Attributes:
        axis: `[B]` direction of the axis in the first frame, radians.
        track: `[B, T, 6]`; see above.
        start: `[B, 4]`.
    """

    axis: Tensor
    track: Tensor
    start: Tensor


class Stands(NamedTuple):
    """Where dancers stand.

    Attributes:
        places: `[B, T, 2, 2]` root of each dancer, metres; dancers, then x and y.
        facings: `[B, T, 2]` radians from x, continuous in time.
    """

    places: Tensor
    facings: Tensor


def stands_of(positions: Float[Tensor, "B T 2 J 3"], skeleton: Skeleton) -> Stands:
    """Return where both dancers of pairs in metres stand.

    Args:
        positions: of both dancers in one room.
        skeleton: of one dancer.
    """
    places = places_of(positions, skeleton)
    facings = torch.stack([heading_rad(positions[:, :, n], skeleton) for n in (0, 1)], dim=-1)
    return Stands(places, continuous(facings))


def places_of(
    positions: Float[Tensor, "*B T 2 J 3"], skeleton: Skeleton
) -> Float[Tensor, "*B T 2 2"]:
    """Return the places of both roots, metres; see `stands_of`."""
    places: Tensor = positions[..., list(skeleton.root), :2].mean(dim=-2)
    return places


def to_pair_frame(stands: Stands) -> PairFrame:
    """Return the frame of the pair, about the middle in the first frame."""
    first, second = stands.places.unbind(2)
    apart, middle = second - first, (first + second) / 2
    axis = continuous(torch.atan2(apart[..., 1], apart[..., 0])[..., None])[..., 0]
    facing = continuous(stands.facings - axis[..., None])
    travel = rotate_frames((middle - middle[:, :1])[:, :, None], -axis[:, :1].expand_as(axis))
    track = torch.cat(
        [
            apart.norm(dim=-1, keepdim=True).clamp(min=LEAST_M).log(),
            (axis - axis[:, :1])[..., None],
            facing - facing[:, :1],
            travel[:, :, 0],
        ],
        dim=-1,
    )
    start = torch.cat([facing[:, 0].cos(), facing[:, 0].sin()], dim=-1)
    return PairFrame(axis[:, 0], track, start)


def from_pair_frame(frame: PairFrame) -> Stands:
    """Return where both dancers stand, with the middle in the first frame at the origin."""
    track = frame.track
    axis = frame.axis[:, None] + track[..., 1]
    towards = torch.stack([axis.cos(), axis.sin()], dim=-1) * track[..., :1].exp() / 2
    since_start = frame.axis[:, None].expand_as(axis)
    middle = rotate_frames(track[:, :, None, 4:], since_start)[:, :, 0]
    places = torch.stack([middle - towards, middle + towards], dim=2)
    cosines, sines = frame.start.chunk(2, dim=-1)
    facing = torch.atan2(sines, cosines)[:, None] + track[..., 2:4]
    return Stands(places, facing + axis[..., None])


def move_to(
    positions: Float[Tensor, "B T 2 J 3"], stands: Stands, skeleton: Skeleton
) -> Float[Tensor, "B T 2 J 3"]:
    """Return two dancers with their poses and heights, moved to where they should stand."""
    own = stands_of(positions, skeleton)
    moved = []
    for number in (0, 1):
        body = positions[:, :, number]
        local = torch.cat([body[..., :2] - own.places[:, :, number, None], body[..., 2:]], dim=-1)
        turned = rotate_frames(local, stands.facings[..., number] - own.facings[..., number])
        place = stands.places[:, :, number, None]
        moved.append(torch.cat([turned[..., :2] + place, turned[..., 2:]], dim=-1))
    return torch.stack(moved, dim=2)


def continuous(angle: Float[Tensor, "B T N"]) -> Float[Tensor, "B T N"]:
    """Return angles in radians without jumps of whole turns."""
    steps = torch.remainder(angle.diff(dim=1) + math.pi, 2 * math.pi) - math.pi
    return torch.cat([angle[:, :1], steps], dim=1).cumsum(dim=1)
