"""The options of the edges between two dancers; no torch, so that `--help` is quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.ranges import at_least, check_ranges

Channel = Literal["near_alike", "near_opposite", "mirrored", "point_symmetric"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)


@dataclass(frozen=True)
class DuetEdgeOptions:
    """Which edges there are between two dancers, and from when on.

    Args:
        channels: kinds of edges, in this order: near_alike (near and moving alike), near_opposite (near and
            moving oppositely), mirrored (in places that mirror each other in the vertical plane midway
            between the dancers), point_symmetric (in places half a turn apart about the vertical midway
            between them).
        radius_m: distance at which two markers are no longer near, metres (usually 0.2 to 1).
        least_cosine: cosine between two velocities, or one and the reverse of the other, above which they
            count as alike, or opposite (usually 0.3 to 0.9).
        speed_floor_m_per_s: speed up to which a marker has no direction, metres a second (usually 0.05 to
            0.3; measurement noise of 0.5 mm at 35 Hz alone has 0.04). At twice that speed it has one.
        tolerance_m: distance from the symmetric place at which a marker no longer is in it, metres
            (usually 0.1 to 0.3).
    """

    channels: list[Channel] = field(default_factory=lambda: list(CHANNELS[:3]))
    radius_m: float = at_least(0.01, default=0.5)
    least_cosine: float = at_least(0, default=0.5)
    speed_floor_m_per_s: float = at_least(0.001, default=0.1)
    tolerance_m: float = at_least(0.01, default=0.2)

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.least_cosine >= 1:
            raise UserError(f"least_cosine is {self.least_cosine:g}; it must be below 1: give 0.5")
        for name in self.channels:
            if name not in CHANNELS:
                raise UserError(
                    f"no edges '{name}' between dancers.{nearest_match(name, CHANNELS)} There are "
                    f"{', '.join(CHANNELS)}"
                )
