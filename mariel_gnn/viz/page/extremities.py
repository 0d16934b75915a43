"""The markers whose trails tell most: hands, feet and head, found without knowing their names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mariel_gnn.viz.camera import Floats

TRAILS = 5
_MOST_FRAMES = 24


def extremities(positions: Floats, mirror: Sequence[int], count: int = TRAILS) -> list[int]:
    """Return about `count` markers of a body `[T, J, C]` that are farthest from one another.

    The first is the farthest from all others; each next one is that whose nearest neighbour among
    those chosen is farthest away (Gonzalez, 1985). Its left or right partner `mirror[marker]` comes
    with it: feet that stand together are two all the same.
    """
    few = positions[
        np.linspace(0, len(positions) - 1, min(len(positions), _MOST_FRAMES)).astype(int)
    ]
    known = np.isfinite(few).all(axis=(0, 2))
    places = np.where(known[:, None], few, 0.0)
    apart = np.linalg.norm(places[:, :, None] - places[:, None], axis=-1).mean(axis=0)
    apart[~known] = apart[:, ~known] = 0.0
    chosen: list[int] = []
    while len(chosen) < min(count, int(known.sum())):
        distance = apart[chosen].min(axis=0) if chosen else apart.sum(axis=1)
        marker = int(np.where(known, distance, -1.0).argmax())
        chosen += [m for m in dict.fromkeys((marker, mirror[marker])) if known[m]]
    return chosen
