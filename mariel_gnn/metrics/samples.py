"""Measures of single samples: motion, bone lengths, out-of-range markers, foot contact."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.data.heading import body_local
from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.metrics.movement import low_pass
from mariel_gnn.metrics.phrase_statistics import Quantile, Ratio, Statistics, mean_of
from mariel_gnn.metrics.reconstruction import FIRST_FRAMES, without_travel
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

BOX_QUANTILE = 0.999  # fraction of frames inside the body-local box, per marker and axis
CLOSER_BY_M = (
    1e-3  # a pair is too close if it is closer than in the data by more than this: rounding
)
_MAX_FRAMES = 20_000  # frames from which the box is measured
_MAX_FILTERED = 600  # phrases from which the speed of the data is measured
_FILTERED = 64  # phrases filtered at a time, in double precision


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
        speed_m_per_s: mean marker speed under 5 Hz.
        rigid_error_m: mean bone-length error (see `rigid_error_m`).
    """

    skeleton: Skeleton
    rate_hz: float
    pairs: PairStatistics
    low: Float[Tensor, "J 3"]
    high: Float[Tensor, "J 3"]
    speed_m_per_s: float
    rigid_error_m: float

    def measure(self, positions: Float[Tensor, "N T J 3"]) -> Statistics:
        """Measure the bodies of phrases `[N, T, J, C]` in metres.

        ``speed_ratio``: mean marker speed under 5 Hz without travel, relative to the data's.
        ``bone_length_error_ratio``: mean bone-length error, relative to the data's.
        ``out_of_range_rate``: fraction of frames in which a marker is outside its body-local box, or two
        markers are closer than ever in the data.
        ``first_frames_ratio``: mean marker speed in the first frames, relative to the other frames.
        """
        speed = marker_speed_m_per_s(positions, self.rate_hz).mean(dim=2)
        smooth = smooth_speed_m_per_s(positions, self.rate_hz)
        return {
            "speed_ratio": mean_of(smooth / self.speed_m_per_s),
            "bone_length_error_ratio": mean_of(
                rigid_error_m(positions, self.pairs) / self.rigid_error_m
            ),
            "out_of_range_rate": mean_of(self._out_of_range(positions).double().mean(dim=1)),
            "first_frames_ratio": Ratio(
                speed[:, :FIRST_FRAMES].mean(dim=1), speed[:, FIRST_FRAMES:].mean(dim=1)
            ),
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


def smooth_speed_m_per_s(
    positions: Float[Tensor, "N T J 3"], rate_hz: float
) -> Float[Tensor, " N"]:
    """Return the mean marker speed of each phrase `[N]` under 5 Hz, without travel, metres per second."""
    chunks = [
        marker_speed_m_per_s(low_pass(chunk, rate_hz), rate_hz).mean(dim=(1, 2))
        for chunk in positions.split(_FILTERED)
    ]
    return torch.cat(chunks)


def rigid_error_m(
    positions: Float[Tensor, "N T J 3"], pairs: PairStatistics
) -> Float[Tensor, " N"]:
    """Return the bone-length error `[N]`: mean deviation of rigid pairs from their mean distance, metres.

    Args:
        positions: `[N, T, J, C]` metres.
        pairs: which pairs are rigid, and their mean distance in the data. No rigid pair gives NaN.
    """
    first, second = pairs.rigid_pairs().T
    distance = (positions[..., first, :] - positions[..., second, :]).norm(dim=-1)
    error: Tensor = (distance - pairs.mean_m[first, second]).abs().mean(dim=(1, 2))
    return error


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
    step = -(-len(positions) // _MAX_FILTERED)
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
        speed_m_per_s=float(smooth_speed_m_per_s(positions[::step], rate_hz).mean()),
        rigid_error_m=float(rigid_error_m(positions, pairs).mean()),
    )


FOOT_M = (
    0.04  # a marker belongs to a foot if its lowest height is within this of the lowest marker's
)
NEAR_M = 0.025  # height above its lowest height below which a foot marker is in contact
BELOW_M = 0.03  # depth under the floor that is more than the error of recordings
_LOWEST = 0.05  # quantile taken as the lowest height; the minimum itself is camera noise


@dataclass(frozen=True)
class Feet:
    """The foot markers, their contact heights and the floor.

    Attributes:
        markers: `[F]` indices of the foot markers.
        near_m: `[F]` the height below which each is in contact with the floor, metres.
    """

    markers: tuple[int, ...]
    near_m: Float[Tensor, " F"]

    @property
    def floor_m(self) -> float:
        """The height of the floor as the data say: the lowest height of the lowest foot marker, metres."""
        return float(self.near_m.min()) - NEAR_M

    def measure(self, positions: Float[Tensor, "N T J 3"], rate_hz: float) -> Statistics:
        """Measure phrases `[N, T, J, C]` in metres, with travel.

        ``foot_contact_rate``: fraction of frames and foot markers with floor contact.
        ``foot_skating_m_per_s``: mean horizontal speed of foot markers in contact; not defined without
        contact.
        ``lowest_marker_q01_m``, ``lowest_marker_q99_m``: quantiles over frames of the height of the
        lowest marker above the floor.
        ``below_floor_rate``: fraction of frames with a marker more than 3 cm under the floor.
        """
        feet = positions[:, :, list(self.markers)]
        contact = feet[..., 2] < self.near_m
        contact = contact[:, 1:] & contact[:, :-1]
        speed = rate_hz * feet[..., :2].diff(dim=1).norm(dim=-1)
        lowest = positions[..., 2].amin(dim=-1) - self.floor_m
        return {
            "foot_contact_rate": mean_of(contact.double().mean(dim=(1, 2))),
            "foot_skating_m_per_s": Ratio(
                (speed * contact).sum(dim=(1, 2)), contact.double().sum(dim=(1, 2))
            ),
            "lowest_marker_q01_m": Quantile(lowest, 0.01),
            "lowest_marker_q99_m": Quantile(lowest, 0.99),
            "below_floor_rate": mean_of((lowest < -BELOW_M).double().mean(dim=1)),
        }


def find_feet(positions: Float[Tensor, "N T J 3"]) -> Feet:
    """Find the foot markers: the lowest of training windows `[N, T, J, C]`, metres, z up."""
    height = positions[..., 2].flatten(0, 1)
    lowest = height.kthvalue(max(1, round(_LOWEST * len(height))), dim=0).values
    markers = (lowest < lowest.min() + FOOT_M).nonzero().flatten().tolist()
    return Feet(tuple(markers), lowest[markers] + NEAR_M)
