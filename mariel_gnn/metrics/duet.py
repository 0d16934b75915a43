"""Errors of a partner: her place, her facing and her pose as seen by the other dancer, and her hands.

A pair is `[N, T, 2, J, C]` in metres, z up: dancer 0 is given, dancer 1 is the partner. `valid` `[N, T]`
tells the frames whose relative place was recorded; all others are left out.

The *heading frame* of a dancer has its origin on the floor under the dancer's root and x along the facing;
heights stay above the floor. A partner in it is her place, her facing and her pose in her own heading frame
(Siyao et al., Duolando, ICLR 2024, and Ready-to-React, ICLR 2025, predict the partner in such a frame). The
place is horizontal: heights of two recordings are often not exact to some centimetres.

All numbers are statistics over the N windows, so takes can be weighted and left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.data.heading import heading_rad
from mariel_gnn.metrics.phrase_statistics import Ratio
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

CONTACT_M = 0.15  # of the nearest hands: recorded partners' hands miss each other by 10 to 30 cm
_DATA_DRAWS = 10  # other windows with which each window is compared in the spread of the data


@dataclass(frozen=True)
class PartnerState:
    """A partner in the heading frame of a dancer.

    Attributes:
        place_m: `[..., T, 2]` horizontal place of the partner's root, metres.
        facing_rad: `[..., T]` the partner's facing; 0 is the dancer's own facing, π is face to face.
        pose_m: `[..., T, J, C]` the partner in her own heading frame, metres.
    """

    place_m: Float[Tensor, "*N T 2"]
    facing_rad: Float[Tensor, "*N T"]
    pose_m: Float[Tensor, "*N T J 3"]

    def positions(self) -> Float[Tensor, "*N T J 3"]:
        """The partner's markers in the dancer's heading frame `[..., T, J, C]`, metres."""
        turned = _rotate(self.pose_m, self.facing_rad)
        return torch.cat([turned[..., :2] + self.place_m[..., None, :], turned[..., 2:]], dim=-1)


def in_heading_frame(
    positions: Float[Tensor, "*N T K 3"], dancer: Float[Tensor, "*N T J 3"], skeleton: Skeleton
) -> Float[Tensor, "*N T K 3"]:
    """Return positions `[..., T, K, C]` in the heading frame of a dancer `[..., T, J, C]`, metres."""
    origin = _root(dancer, skeleton)
    moved = torch.cat([positions[..., :2] - origin[..., None, :], positions[..., 2:]], dim=-1)
    return _rotate(moved, -heading_rad(dancer, skeleton))


def from_heading_frame(
    positions: Float[Tensor, "*N T K 3"], dancer: Float[Tensor, "*N T J 3"], skeleton: Skeleton
) -> Float[Tensor, "*N T K 3"]:
    """Return positions in the room, given in a dancer's heading frame: the inverse of `in_heading_frame`."""
    turned = _rotate(positions, heading_rad(dancer, skeleton))
    origin = _root(dancer, skeleton)
    return torch.cat([turned[..., :2] + origin[..., None, :], turned[..., 2:]], dim=-1)


def partner_state(
    dancer: Float[Tensor, "*N T J 3"], partner: Float[Tensor, "*N T J 3"], skeleton: Skeleton
) -> PartnerState:
    """Describe a partner in the heading frame of a dancer; both `[..., T, J, C]` in metres, in one room."""
    seen = in_heading_frame(partner, dancer, skeleton)
    return PartnerState(
        place_m=_root(seen, skeleton),
        facing_rad=heading_rad(seen, skeleton),
        pose_m=in_heading_frame(seen, seen, skeleton),
    )


def measure_partner(
    target: Float[Tensor, "N T 2 J 3"],
    predicted: Float[Tensor, "N T 2 J 3"],
    valid: Bool[Tensor, "N T"],
    skeleton: Skeleton,
) -> dict[str, Ratio]:
    """Measure a predicted partner against the recorded one.

    ``partner_mpjpe_mm``: mean distance of her markers, each partner in the heading frame of her own dancer.
    ``place_mm``: distance of the horizontal places of her root.
    ``facing_deg``: angle between the facings, 0 to 180.
    ``pose_mm``: mean distance of her markers, each in its own heading frame.
    ``hand_distance_error_mm``: error of the distance of the nearest hands of both dancers.
    ``contact_f1``: of the frames whose nearest hands are within 15 cm.
    ``always_touching_f1``: the same for a pair that touches in every frame. `contact_f1` alone is no
    measure: a pair that never lets go has this value.

    The last three are absent for a skeleton without arms.

    Args:
        target: recorded pairs, metres.
        predicted: predicted pairs, metres; the dancer is usually the recorded one.
        valid: frames with a recorded relative place.
        skeleton: the markers.
    """
    recorded, found = (
        partner_state(pair[:, :, 0], pair[:, :, 1], skeleton) for pair in (target, predicted)
    )
    distance = (recorded.positions() - found.positions()).norm(dim=-1).mean(-1)
    turn = recorded.facing_rad - found.facing_rad
    return {
        "partner_mpjpe_mm": _mean_mm(distance, valid),
        "place_mm": _mean_mm((recorded.place_m - found.place_m).norm(dim=-1), valid),
        "facing_deg": _mean(torch.atan2(turn.sin(), turn.cos()).abs().rad2deg(), valid),
        "pose_mm": _mean_mm((recorded.pose_m - found.pose_m).norm(dim=-1).mean(-1), valid),
        **_measure_hands(target, predicted, valid, skeleton),
    }


def measure_draws(
    target: Float[Tensor, "N T 2 J 3"],
    draws: Float[Tensor, "S N T J 3"],
    valid: Bool[Tensor, "N T"],
) -> dict[str, Ratio]:
    """Measure several answers to the same dancer.

    ``partner_best_of_S_mm``: MPJPE of the best draw of each window. The longer the window, the harder.
    ``spread_mm``: mean distance between the markers of two draws; 0 for a model with one answer. Noise
    spreads as well: read it beside the error and beside `spread_of_data`.

    Args:
        target: recorded pairs, metres.
        draws: S partners of each recorded dancer, in the room of the recording, metres.
        valid: frames with a recorded relative place.
    """
    frames = valid.sum(dim=1)

    def sums(first: Tensor, second: Tensor) -> Tensor:
        distance = (first - second).norm(dim=-1).mean(-1)
        total: Tensor = 1000 * (distance * valid).sum(dim=1)
        return total

    errors = torch.stack([sums(draw, target[:, :, 1]) for draw in draws])
    statistics = {f"partner_best_of_{len(draws)}_mm": Ratio(errors.amin(dim=0), frames)}
    if len(draws) > 1:
        pairs = torch.triu_indices(len(draws), len(draws), offset=1).T.tolist()
        apart = torch.stack([sums(draws[a], draws[b]) for a, b in pairs])
        statistics["spread_mm"] = Ratio(apart.mean(dim=0), frames)
    return statistics


def spread_of_data(
    target: Float[Tensor, "N T 2 J 3"], valid: Bool[Tensor, "N T"], skeleton: Skeleton
) -> dict[str, Ratio]:
    """Measure the spread of recorded partners: ``spread_mm`` of windows that have nothing in common.

    A partner in one dancer's heading frame is compared with the partners of other windows in the frames of
    theirs. An answer that ignores the dancer but moves as the data do has this spread.

    Args:
        target: recorded pairs, metres; two windows or more.
        valid: frames with a recorded relative place.
        skeleton: the markers.
    """
    seen = in_heading_frame(target[:, :, 1], target[:, :, 0], skeleton)
    total, frames = torch.zeros(len(seen)), torch.zeros(len(seen))
    count = min(_DATA_DRAWS, len(seen) - 1)
    for shift in torch.linspace(1, len(seen) - 1, count).round().int().tolist():
        both = valid & valid.roll(shift, dims=0)
        distance = 1000 * (seen - seen.roll(shift, dims=0)).norm(dim=-1).mean(-1)
        total, frames = total + (distance * both).sum(dim=1), frames + both.sum(dim=1)
    return {"spread_mm": Ratio(total, frames)}


def hand_markers(skeleton: Skeleton) -> list[list[int]]:
    """Return the markers of each hand: of the arm parts those named hand, or wrist, or the last marker."""
    hands = []
    for name, members in skeleton.parts.items():
        if "arm" not in name:
            continue
        named = (
            [index for index in members if re.search(pattern, skeleton.markers[index].lower())]
            for pattern in (r"hand", r"wrist|wr[ab]$|[io]wr$")
        )
        hands.append(next(filter(None, named), [members[-1]]))
    return hands


def nearest_hand_distance_m(
    pair: Float[Tensor, "*N 2 J 3"], skeleton: Skeleton
) -> Float[Tensor, "*N"]:
    """Return the distance of the nearest hands of both dancers `[...]`, metres; a hand is its markers' mean.

    Args:
        pair: `[..., 2, J, C]` metres.
        skeleton: the markers; it has arms.
    """
    hands = torch.stack([pair[..., hand, :].mean(-2) for hand in hand_markers(skeleton)], dim=-2)
    distances: Tensor = torch.cdist(hands[..., 0, :, :], hands[..., 1, :, :])
    return distances.flatten(-2).amin(-1)


def _measure_hands(
    target: Tensor, predicted: Tensor, valid: Tensor, skeleton: Skeleton
) -> dict[str, Ratio]:
    if not hand_markers(skeleton):
        return {}
    recorded, found = (nearest_hand_distance_m(pair, skeleton) for pair in (target, predicted))
    touching, touched = (recorded < CONTACT_M) & valid, (found < CONTACT_M) & valid
    return {
        "hand_distance_error_mm": _mean_mm((recorded - found).abs(), valid),
        "contact_f1": _f1(touching, touched),
        "always_touching_f1": _f1(touching, valid),
    }


def _f1(recorded: Bool[Tensor, "N T"], found: Bool[Tensor, "N T"]) -> Ratio:
    """F1 = 2 TP / (2 TP + FP + FN); undefined where neither is ever true."""
    return Ratio(2 * (recorded & found).sum(dim=1), recorded.sum(dim=1) + found.sum(dim=1))


def _mean(values: Float[Tensor, "N T"], valid: Bool[Tensor, "N T"]) -> Ratio:
    """The mean over valid frames of all windows; what stands in other frames has no effect, even NaN."""
    return Ratio(values.where(valid, torch.zeros(())).sum(dim=1), valid.sum(dim=1))


def _mean_mm(values: Float[Tensor, "N T"], valid: Bool[Tensor, "N T"]) -> Ratio:
    return _mean(1000 * values, valid)


def _root(positions: Tensor, skeleton: Skeleton) -> Float[Tensor, "*N T 2"]:
    """The horizontal place of the root, of all markers for a skeleton without root."""
    markers = list(skeleton.root) or list(range(len(skeleton)))
    return positions[..., markers, :2].mean(dim=-2)


def _rotate(positions: Float[Tensor, "*N T K 3"], angle: Float[Tensor, "*N T"]) -> Tensor:
    """Rotate each frame about the vertical by its own angle, radians."""
    cos, sin = angle.cos()[..., None], angle.sin()[..., None]
    x, y, z = positions.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y, z], dim=-1)
