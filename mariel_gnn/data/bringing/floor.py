"""Where the floor is, by the feet that stand on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mariel_gnn.data.bringing.anatomy import feet
from mariel_gnn.data.files.marker_file import Floats

# Markers sit on a foot, joints in it: the lowest of a foot that stands is this far under or over z = 0.
UNDER_M, OVER_M = 0.03, 0.12
LOWEST = 0.05  # of the frames; the very lowest is a fault of the cameras
NEAR_M = 0.05
STANDING = 0.5  # share of the frames in which a foot is near the floor; less is no standing


def on_the_floor(positions: Floats, markers: Sequence[str], move: bool) -> tuple[Floats, str]:
    """Positions with the feet on the floor, z = 0, and what was found, in words.

    The floor is where the lowest foot is in its lowest frames. A body is moved only if it is clearly
    off the floor, and stands there in most frames: who swings, or sinks by a fault of the file, shows
    no floor.

    Args:
        positions: `[T, J, C]` metres, z up.
        markers: the J names; without feet among them the lowest marker counts.
        move: whether to move the body.
    """
    low = _lowest(positions, feet(markers) or range(len(markers)))
    if not len(low):
        return positions, "not checked: no foot is ever seen"
    floor_m = float(np.quantile(low, LOWEST))
    if -UNDER_M <= floor_m <= OVER_M:
        return positions, "the feet are on it"
    where = f"the feet go down to {abs(floor_m):.2f} m {'under' if floor_m < 0 else 'over'} it"
    if (np.abs(low - floor_m) < NEAR_M).mean() < STANDING:
        return positions, f"{where} but seldom stand there: kept, look at the picture"
    if not move:
        return positions, f"{where}: kept"
    return positions - (0.0, 0.0, floor_m), f"{where}: {'lifted' if floor_m < 0 else 'set down'}"


def _lowest(positions: Floats, which: Sequence[int]) -> Floats:
    """The height of the lowest of some markers in each frame in which any is seen."""
    height = np.where(
        np.isfinite(positions[:, list(which), 2]), positions[:, list(which), 2], np.inf
    )
    low: Floats = height.min(axis=1)
    return low[np.isfinite(low)]
