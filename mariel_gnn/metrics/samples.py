"""What samples are measured by: do they move as much as the data, keep bones, lose no marker?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.data.heading import body_local
from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.metrics.reconstruction import FIRST_FRAMES, without_travel
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

BOX_QUANTILE = 0.999  # of frames, per marker and axis, inside the body-local box
CLOSER_BY_M = 1e-3  # than ever in the data, to be told as lost: less is rounding
_MAX_FRAMES = 20_000  # looked at for the box


def marker_speed_m_per_s(
    positions: Float[Tensor, "N T J 3"], rate_hz: float
) -> Float[Tensor, "N T-1 J"]:
    """Speed of each marker from frame to frame `[N, T-1, J]`, travel taken away, metres a second."""
    distance: Tensor = without_travel(positions).diff(dim=1).norm(dim=-1)
    return distance * rate_hz


@dataclass(frozen=True)
class BodyReference:
    """What the training data's body does and does not do.

    Attributes:
        skeleton: its markers.
        rate_hz: frames per second.
        pairs: distances between markers.
        low: `[J, C]` lower corner of each marker's body-local box, metres.
        high: `[J, C]` upper corner.
        speed_m_per_s: mean marker speed.
        rigid_error_m: mean deviation of rigid pairs from their mean distance.
    """

    skeleton: Skeleton
    rate_hz: float
    pairs: PairStatistics
    low: Float[Tensor, "J 3"]
    high: Float[Tensor, "J 3"]
    speed_m_per_s: float
    rigid_error_m: float

    def measure(self, positions: Float[Tensor, "N T J 3"]) -> dict[str, float]:
        """The numbers of phrases `[N, T, J, C]` in metres.

        ``motion_amount_ratio``: mean marker speed over the data's (travel taken away).
        ``rigid_pair_ratio``: mean error of rigid pairs' distance over the data's own.
        ``lost_marker_rate``: fraction of frames with a marker outside its body-local box, or two
        markers closer than ever in the data.
        ``first_frames_ratio``: mean marker speed in the first frames over that of the rest.
        """
        speed = marker_speed_m_per_s(positions, self.rate_hz)
        first, rest = speed[:, :FIRST_FRAMES].mean(), speed[:, FIRST_FRAMES:].mean()
        return {
            "motion_amount_ratio": float(speed.mean()) / self.speed_m_per_s,
            "rigid_pair_ratio": rigid_error_m(positions, self.pairs) / self.rigid_error_m,
            "lost_marker_rate": float(self._lost(positions).float().mean()),
            "first_frames_ratio": float(first / rest),
        }

    def _lost(self, positions: Float[Tensor, "N T J 3"]) -> Bool[Tensor, "N T"]:
        """Frames `[N, T]` with a marker out of its box or too close to another."""
        local = body_local(positions, self.skeleton)
        outside = ((local < self.low) | (local > self.high)).flatten(2).any(-1)
        # The exact mode: by matrix products, cdist is out by millimetres in float32.
        exact, least = "donot_use_mm_for_euclid_dist", self.pairs.min_m - CLOSER_BY_M
        close = torch.stack(
            [
                (torch.cdist(phrase, phrase, compute_mode=exact) < least).triu(1).flatten(1).any(-1)
                for phrase in positions
            ]
        )  # a phrase at a time: all distances of all phrases would not fit
        return outside | close


def rigid_error_m(positions: Float[Tensor, "N T J 3"], pairs: PairStatistics) -> float:
    """Mean deviation of rigid pairs from their mean distance in the data, metres.

    Args:
        positions: `[N, T, J, C]` metres.
        pairs: which pairs are rigid, and their mean distance. Without a rigid pair: NaN.
    """
    first, second = pairs.rigid_pairs().T
    distance = (positions[..., first, :] - positions[..., second, :]).norm(dim=-1)
    return float((distance - pairs.mean_m[first, second]).abs().mean())


def measure_body(
    positions: Float[Tensor, "N T J 3"], skeleton: Skeleton, rate_hz: float, pairs: PairStatistics
) -> BodyReference:
    """Measure the training data.

    Args:
        positions: `[N, T, J, C]` training windows in metres.
        skeleton: their markers.
        rate_hz: frames per second.
        pairs: distances between markers in all training frames.
    """
    local = body_local(positions, skeleton).flatten(0, 1)
    local = local[:: max(1, len(local) // _MAX_FRAMES)]
    tail = (1 - BOX_QUANTILE) / 2
    # kthvalue per axis rather than one quantile call, which has a size limit
    lowest = max(1, round(tail * len(local)))
    return BodyReference(
        skeleton=skeleton,
        rate_hz=rate_hz,
        pairs=pairs,
        low=local.kthvalue(lowest, dim=0).values,
        high=local.kthvalue(len(local) + 1 - lowest, dim=0).values,
        speed_m_per_s=float(marker_speed_m_per_s(positions, rate_hz).mean()),
        rigid_error_m=rigid_error_m(positions, pairs),
    )


FOOT_M = 0.04  # a marker is of a foot if its lowest height is no more than this over that of any
NEAR_M = 0.025  # over its lowest height a foot's marker is near the floor
_LOWEST = 0.05  # of the frames; the very lowest is a fault of the cameras


@dataclass(frozen=True)
class Feet:
    """The markers of the feet, and where the floor is for each.

    Attributes:
        markers: `[F]` indices of the feet's markers.
        near_m: `[F]` the height under which each is near the floor, metres.
    """

    markers: tuple[int, ...]
    near_m: Float[Tensor, " F"]

    def measure(self, positions: Float[Tensor, "N T J 3"], rate_hz: float) -> dict[str, float]:
        """The numbers of phrases `[N, T, J, C]` in metres, travelling as recorded.

        ``foot_contact_rate``: fraction of frames in which a foot's marker is near the floor.
        ``foot_skating_m_per_s``: mean horizontal speed of the feet's markers there; left out where
        no foot is ever near the floor.
        """
        feet = positions[:, :, list(self.markers)]
        near = feet[..., 2] < self.near_m
        near = near[:, 1:] & near[:, :-1]
        speed = rate_hz * feet[..., :2].diff(dim=1).norm(dim=-1)
        found = {"foot_contact_rate": float(near.float().mean())}
        return found | ({"foot_skating_m_per_s": float(speed[near].mean())} if near.any() else {})


def find_feet(positions: Float[Tensor, "N T J 3"]) -> Feet:
    """The lowest markers of training windows `[N, T, J, C]`, metres, z up."""
    height = positions[..., 2].flatten(0, 1)
    lowest = height.kthvalue(max(1, round(_LOWEST * len(height))), dim=0).values
    markers = (lowest < lowest.min() + FOOT_M).nonzero().flatten().tolist()
    return Feet(tuple(markers), lowest[markers] + NEAR_M)
