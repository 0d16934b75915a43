"""Edges between two bodies of a page, from strengths of all pairs of markers in each frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import runs
from mariel_gnn.viz.bodies import Array
from mariel_gnn.viz.edges_between import (
    FLOOR,
    MOST,
    check_kinds,
    strongest_edges,
)
from mariel_gnn.viz.page.scenes import Body, EdgesBetween

Mask = NDArray[np.bool_]
SMOOTHING_S = 0.3  # of the choice between edges


def edges_between(
    first: Body,
    second: Body,
    strengths: Array,
    kinds: Sequence[str],
    measured: Mask | None = None,
    *,
    floor: float = FLOOR,
    most: int = MOST,
) -> EdgesBetween:
    """Return the edges of two bodies for `Scene.between`.

    Args:
        first: the body of the rows.
        second: the body of the columns, with the same rate.
        strengths: `[T, kinds, J, J]` from 0 to 1, see `duet_strengths`; frame 0 is the first frame of both
            bodies.
        kinds: a name for each kind.
        measured: `[T]` whether the relative place is measured; frames without it have no edges. None: all.
        floor: least strength of an edge.
        most: edges of one kind in one frame.

    Raises:
        UserError: the strengths do not fit the bodies, or the bodies have different rates.
    """
    check_kinds(strengths, kinds)
    markers = tuple(len(body.clip.skeleton) for body in (first, second))
    frames = {body.end - body.start for body in (first, second)}
    if frames != {len(strengths)} or tuple(strengths.shape[2:]) != markers:
        raise UserError(
            f"{first.name} with {second.name}: strengths of shape {tuple(strengths.shape)} for "
            f"{' and '.join(map(str, sorted(frames)))} frames and {markers[0]} and {markers[1]} markers"
        )
    if first.clip.rate_hz != second.clip.rate_hz:
        raise UserError(
            f"{first.name} with {second.name}: {first.clip.rate_hz:g} and {second.clip.rate_hz:g} frames a "
            "second: edges need one rate"
        )
    edges = strongest_edges(strengths, floor, most, round(SMOOTHING_S * first.clip.rate_hz) or 1)
    if measured is None:
        return EdgesBetween(first, second, tuple(kinds), edges)
    edges = edges.where(measured[edges.frame])
    return EdgesBetween(first, second, tuple(kinds), edges, runs(~measured))
