"""Which axis of a file points up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mariel_gnn.data.bringing.anatomy import feet, heads
from mariel_gnn.data.files.marker_file import Floats, MarkerFile
from mariel_gnn.errors import UserError

CLEAR = 0.8  # of the way from the feet to the head, on one axis, over the whole take
_AXES = ("x", "y", "z")


def upright_axis(positions: Floats, labels: Sequence[str]) -> str | None:
    """The axis along which the head is over the feet on average, such as ``"-y"``; None if unclear.

    Args:
        positions: `[T, J, C]` in any unit and axes.
        labels: the J names; without head and feet among them nothing is clear.
    """
    head, foot = heads(labels), feet(labels)
    if not head or not foot:
        return None
    rising = _middle(positions, head) - _middle(positions, foot)  # [T, C]
    rising = rising[np.isfinite(rising).all(axis=1)]
    if not len(rising):
        return None
    mean = rising.mean(axis=0)
    axis = int(np.abs(mean).argmax())
    if np.abs(mean[axis]) < CLEAR * np.linalg.norm(rising, axis=1).mean():
        return None
    return ("-" if mean[axis] < 0 else "") + _AXES[axis]


def up_axis(found: MarkerFile, labels: Sequence[str], up: str, source: str) -> tuple[str, str]:
    """The axis that points up, and why, in words.

    Raises:
        UserError: the file does not say, the body does not show it, and it was not told.
    """
    if up != "auto":
        return up, f"{up}, as you say"
    seen = upright_axis(found.positions, labels)
    if seen == found.up or (seen is None and found.up_stated):
        return found.up, f"{found.up}" + (
            ": the head is over the feet" if seen else ", as the file says"
        )
    if seen is None:
        raise UserError(
            f"{source}: which axis points up is not sure: say it (--up {found.up} is usual for such files)"
        )
    return seen, f"{seen}: along it the head is over the feet (usual would be {found.up})"


def _middle(positions: Floats, which: Sequence[int]) -> Floats:
    chosen = positions[:, which]
    seen = np.isfinite(chosen).all(axis=2, keepdims=True)
    total = np.where(seen, chosen, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        middle: Floats = total / seen.sum(axis=1)
    return middle
