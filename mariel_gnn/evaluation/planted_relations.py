"""The ground truth that lies beside the recordings of a synthetic couple."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.files import read_text
from mariel_gnn.parsing import load_json

Floats = NDArray[np.float64]
_LIMBS = {  # a part of the marker set -> body parts
    f"{side} {limb}": (f"{side} {limb}", f"{side} {end}")
    for side in ("left", "right")
    for limb, end in (("arm", "hand"), ("leg", "foot"))
}


def planted_lags(recording: str | Path, parts: Sequence[str]) -> Floats | None:
    """The lags that were planted in a recording, `[2, P, P]` seconds; NaN where there is no relation.

    [0] is where the second dancer's part (column) follows the first's (row), [1] the reverse; a relation
    without a lag is in both. None if no `couple_NN.json` lies beside `first_NN.npy`.

    Args:
        recording: the file of one of the dancers.
        parts: names of the body parts.
    """
    path = Path(recording)
    truth = path.parent / f"couple_{path.stem.rpartition('_')[2]}.json"
    if not truth.is_file():
        return None
    try:
        relations = load_json(read_text(truth))["relations"]
        return _matrix(relations, list(parts))
    except (ValueError, KeyError, TypeError):  # another file of that name
        return None


def _matrix(relations: Sequence[dict[str, Any]], parts: list[str]) -> Floats:
    lags = np.full((2, len(parts), len(parts)), np.nan)
    for relation in relations:
        (leader, led_by), (follower, led) = (
            _members(relation[who], parts) for who in ("leader", "follower")
        )
        if {leader, follower} != {"1", "2"}:
            continue
        lag_s = float(relation["lag_s"])
        side = 0 if leader == "1" else 1
        first, second = (led_by, led) if side == 0 else (led, led_by)
        for one in [side] if lag_s > 0 else [0, 1]:
            lags[np.ix_([one], first, second)] = lag_s
    return lags


def _members(name: str, parts: list[str]) -> tuple[str, list[int]]:
    """The dancer's number, and the body parts of ``"2 right arm"``."""
    dancer, _, part = name.partition(" ")
    return dancer, [parts.index(one) for one in _LIMBS.get(part, (part,)) if one in parts]
