"""Measures of single samples: motion, bone lengths, out-of-range markers, foot contact."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.data.heading import body_local
from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.metrics.reconstruction import FIRST_FRAMES, without_travel
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

BOX_QUANTILE = 0.999  # fraction of frames inside the body-local box, per marker and axis
CLOSER_BY_M = (
    1e-3  # a pair is too close if it is closer than in the data by more than this: rounding
)
_MAX_FRAMES = 20_000  # frames from which the box is measured


def marker_speed_m_per_s(
    positions: Float[Tensor, "N T J 3"], rate_hz: float
) -> Float[Tensor, "N T-1 J"]:
    """Return the speed of each marker `[N, T-1, J]` without travel, metres per second."""
    distance: Tensor = without_travel(positions).diff(dim=1).norm(dim=-1)
    return distance * rate_hz


@dataclass(frozen=True)
class BodyReference:
    """Statistics of the body in the training data, with which samples are compared.

    Attributes:
        skeleton: the markers.
        rate_hz: frames per second.
        pairs: distances between markers.
        low: `[J, C]` lower corner of each marker's body-local box, metres.
        high: `[J, C]` upper corner.
        speed_m_per_s: mean marker speed.
        rigid_error_m: mean bone-length error (see `rigid_error_m`).
    """

    skeleton: Skeleton
    rate_hz: float
    pairs: PairStatistics
    low: Float[Tensor, "J 3"]
    high: Float[Tensor, "J 3"]
    speed_m_per_s: float
    rigid_error_m: float

    def measure(self, positions: Float[Tensor, "N T J 3"]) -> dict[str, float]:
        """Return the measures of phrases `[N, T, J, C]` in metres.

        ``speed_ratio``: mean marker speed without travel, relative to the data's.
        ``bone_length_error_ratio``: mean bone-length error, relative to the data's.
        ``out_of_range_rate``: fraction of frames in which a marker is outside its body-local box, or two
        markers are closer than ever in the data.
        ``first_frames_ratio``: mean marker speed in the first frames, relative to the other frames.
        """
        speed = marker_speed_m_per_s(positions, self.rate_hz)
        first, rest = speed[:, :FIRST_FRAMES].mean(), speed[:, FIRST_FRAMES:].mean()
        return {
            "speed_ratio": float(speed.mean()) / self.speed_m_per_s,
            "bone_length_error_ratio": rigid_error_m(positions, self.pairs) / self.rigid_error_m,
            "out_of_range_rate": float(self._out_of_range(positions).float().mean()),
            "first_frames_ratio": float(first / rest),
        }

    def _out_of_range(self, positions: Float[Tensor, "N T J 3"]) -> Bool[Tensor, "N T"]:
        """Frames `[N, T]` with a marker outside its box or too close to another marker."""
        local = body_local(positions, self.skeleton)
        outside = ((local < self.low) | (local > self.high)).flatten(2).any(-1)
        # Exact mode: the matrix-product mode of cdist errs by millimetres in float32.
        exact, least_m = "donot_use_mm_for_euclid_dist", self.pairs.min_m - CLOSER_BY_M
        too_close = [
            (torch.cdist(phrase, phrase, compute_mode=exact) < least_m).triu(1).flatten(1).any(-1)
            for phrase in positions  # one at a time: the distances of all phrases exceed the memory
        ]
        return outside | torch.stack(too_close)


def rigid_error_m(positions: Float[Tensor, "N T J 3"], pairs: PairStatistics) -> float:
    """Return the bone-length error: mean deviation of rigid pairs from their mean distance, metres.

    Args:
        positions: `[N, T, J, C]` metres.
        pairs: which pairs are rigid, and their mean distance in the data. No rigid pair gives NaN.
    """
    first, second = pairs.rigid_pairs().T
    distance = (positions[..., first, :] - positions[..., second, :]).norm(dim=-1)
    return float((distance - pairs.mean_m[first, second]).abs().mean())


def measure_body(
    positions: Float[Tensor, "N T J 3"], skeleton: Skeleton, rate_hz: float, pairs: PairStatistics
) -> BodyReference:
    """Measure the body in the training data.

    Args:
        positions: `[N, T, J, C]` training windows in metres.
        skeleton: their markers.
        rate_hz: frames per second.
        pairs: distances between markers in all training frames.
    """
    local = body_local(positions, skeleton).flatten(0, 1)
    local = local[:: max(1, len(local) // _MAX_FRAMES)]
    tail = (1 - BOX_QUANTILE) / 2
    # kthvalue per axis rather than one call of quantile, which has a size limit
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


FOOT_M = (
    0.04  # a marker belongs to a foot if its lowest height is within this of the lowest marker's
)
NEAR_M = 0.025  # height above its lowest height below which a foot marker is in contact
_LOWEST = 0.05  # quantile taken as the lowest height; the minimum itself is camera noise


@dataclass(frozen=True)
class Feet:
    """The foot markers and their contact heights.

    Attributes:
        markers: `[F]` indices of the foot markers.
        near_m: `[F]` the height below which each is in contact with the floor, metres.
    """

    markers: tuple[int, ...]
    near_m: Float[Tensor, " F"]

    def measure(self, positions: Float[Tensor, "N T J 3"], rate_hz: float) -> dict[str, float]:
        """Return the measures of phrases `[N, T, J, C]` in metres, with travel.

        ``foot_contact_rate``: fraction of frames and foot markers with floor contact.
        ``foot_skating_m_per_s``: mean horizontal speed of foot markers in contact; absent if there is no
        contact.
        """
        feet = positions[:, :, list(self.markers)]
        contact = feet[..., 2] < self.near_m
        contact = contact[:, 1:] & contact[:, :-1]
        speed = rate_hz * feet[..., :2].diff(dim=1).norm(dim=-1)
        measures = {"foot_contact_rate": float(contact.float().mean())}
        if contact.any():
            measures["foot_skating_m_per_s"] = float(speed[contact].mean())
        return measures


def find_feet(positions: Float[Tensor, "N T J 3"]) -> Feet:
    """Find the foot markers: the lowest of training windows `[N, T, J, C]`, metres, z up."""
    height = positions[..., 2].flatten(0, 1)
    lowest = height.kthvalue(max(1, round(_LOWEST * len(height))), dim=0).values
    markers = (lowest < lowest.min() + FOOT_M).nonzero().flatten().tolist()
    return Feet(tuple(markers), lowest[markers] + NEAR_M)
