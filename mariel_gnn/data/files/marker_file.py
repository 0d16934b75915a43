"""What a motion file says of itself, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.skeletons import Skeleton

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MarkerFile:
    """The content of a file in its own units and axes.

    Attributes:
        positions: `[T, J, C]`, right-handed; NaN where a marker was not seen.
        labels: the J names; None for a bare array.
        unit: of length; what the file states, or else what files of its kind usually have.
        up: the axis that points up, such as ``"z"`` or ``"-y"``, likewise.
        rate_hz: frames per second; None if the file does not say.
        unit_stated: whether the file states its unit.
        up_stated: whether the file states which axis is up.
        lines: pairs of labels that belong together, where the file has them (a joint tree).
        skeleton: the marker set, where the file brings it whole.
        part_of: the take that it is a part of and the frame of that at which it starts.
    """

    positions: Floats
    labels: tuple[str, ...] | None
    unit: str = "m"
    up: str = "z"
    rate_hz: float | None = None
    unit_stated: bool = True
    up_stated: bool = True
    lines: tuple[tuple[str, str], ...] = field(default=())
    skeleton: Skeleton | None = None
    part_of: tuple[str, int] | None = None
