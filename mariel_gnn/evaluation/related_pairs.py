"""The pairs of body parts that a picture or a page shows: found, or planted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.evaluation.relations_report import earlier, related_pairs, strongest_side
from mariel_gnn.metrics.duet_relations import DuetRelations

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RelatedPairs:
    """Pairs of parts to show.

    Attributes:
        pairs: part of the first dancer, part of the second; strongest first.
        strength: 0 to 1.
        lag_s: positive: the second is later.
        earlier: 0 or 1; None if it is not told.
    """

    pairs: list[tuple[int, int]]
    strength: list[float]
    lag_s: list[float]
    earlier: list[int | None]

    def label(self, number: int) -> str:
        """The lag, in brackets if it is not told who is earlier."""
        text = f"{self.lag_s[number]:+.2f}"
        text = "0.00" if float(text) == 0 else text
        return f"({text})" if self.earlier[number] is None else text


def pairs_found(found: DuetRelations) -> RelatedPairs:
    """The pairs that are related beyond chance."""
    side, pairs = strongest_side(found), related_pairs(found)
    at = [(int(side[pair]), *pair) for pair in pairs]
    return RelatedPairs(
        pairs,
        [float(found.strength[one]) for one in at],
        [float(found.lag_s[one]) * (1, -1)[one[0]] for one in at],
        [earlier(found, *pair) for pair in pairs],
    )


def pairs_planted(planted: Floats) -> RelatedPairs:
    """The pairs of planted lags `[2, P, P]`, all of strength 1; in both directions: not told."""
    pairs = [(int(i), int(j)) for i, j in np.argwhere(np.isfinite(planted).any(axis=0))]
    sides = [np.flatnonzero(np.isfinite(planted[:, i, j])) for i, j in pairs]
    who = [int(side[0]) if len(side) == 1 else None for side in sides]
    lag_s = [
        float(planted[side[0], i, j]) * (1, -1)[side[0]]
        for side, (i, j) in zip(sides, pairs, strict=True)
    ]
    return RelatedPairs(pairs, [1.0] * len(pairs), lag_s, who)
