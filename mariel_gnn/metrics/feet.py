"""Foot skating: feet that slide over the floor where a dancer's would stand."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

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
