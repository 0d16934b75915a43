"""Ties between markers over a body: the stronger, the wider and the darker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mariel_gnn.viz.bodies import Integers, Marks
from mariel_gnn.viz.camera import Camera, Floats, project
from mariel_gnn.viz.palette import EDGE_STEPS, INK, TONES, blend

# Ties are ink; the body steps back, but its sides are still told apart.
BODY_TONE = TONES[2]
NARROWEST, WIDEST = 0.5, 1.9  # in strokes of the body
PALEST = 0.7
OVER_EVERYTHING_M = 1e3


@dataclass(frozen=True)
class Ties:
    """Pairs of markers and how strong each is.

    Attributes:
        pairs: K pairs of marker indices.
        strength: K numbers of 0 or more, in any unit.
    """

    pairs: Sequence[tuple[int, int]]
    strength: Sequence[float]

    def share(self) -> Floats:
        """Strength from 0, the weakest here, to 1, the strongest `[K]`."""
        values = np.asarray(self.strength, dtype=np.float64)
        spread = np.ptp(values)
        return (values - values.min()) / spread if spread > 0 else np.ones_like(values)


def tie_marks(
    positions: Floats, ties: Ties, camera: Camera, look_at: Floats, stroke_px: float
) -> Marks:
    """Return how ties between the markers of a body `[T, J, C]` are drawn: over it, strongest on top."""
    pairs: Integers = np.array(ties.pairs, dtype=np.int64).reshape(-1, 2)
    share = ties.share()
    pixels, _ = project(positions, camera, look_at)
    shape = (len(positions), len(pairs))
    # In the steps that the palette of a GIF has.
    paleness = np.rint((1 - share) * PALEST * (EDGE_STEPS - 1)) / (EDGE_STEPS - 1)
    return Marks(
        ends=pixels[:, pairs].reshape(*shape, 4),
        nearness=np.broadcast_to(OVER_EVERYTHING_M + share, shape),
        colour=np.broadcast_to(blend(INK, paleness), (*shape, 3)),
        width_px=stroke_px * (NARROWEST + (WIDEST - NARROWEST) * share),
        is_dot=np.zeros(len(pairs), dtype=bool),
    )
