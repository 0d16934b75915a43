"""The strongest edges between two dancers, and the words and colours of their kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mariel_gnn.errors import UserError
from mariel_gnn.graphs.duet_edge_options import CHANNELS
from mariel_gnn.viz.bodies import Array
from mariel_gnn.viz.camera import Floats

Integers = npt.NDArray[np.int64]
# label and explanation of each kind
WORDS: dict[str, tuple[str, str]] = {
    "near_alike": (
        "near, moving together",
        "two markers are near each other and move the same way",
    ),
    "near_opposite": (
        "near, moving oppositely",
        "two markers are near each other and move in opposite directions",
    ),
    "mirrored": (
        "mirrored places",
        "one marker is where the other's image would be in a mirror midway between the dancers",
    ),
    "point_symmetric": (
        "places half a turn apart",
        "half a turn about the middle between the dancers would bring one marker to the other",
    ),
}
FLOOR = 0.1  # weaker edges are not kept
MOST = 30  # edges of one kind in one frame
_NOWHERE: Integers = np.zeros(0, dtype=np.int64)
_ROUNDS = 3  # of matching; more add almost none
_CHUNK = 64  # frames at once


@dataclass(frozen=True, eq=False)
class StrongEdges:
    """N edges between two bodies, each of one kind in one frame; sorted by frame.

    Attributes:
        frame: `[N]`.
        kind: `[N]` number of the kind.
        first: `[N]` marker of the first body.
        second: `[N]` marker of the second body.
        strength: `[N]` from 0 to 1.
    """

    frame: Integers
    kind: Integers
    first: Integers
    second: Integers
    strength: Floats

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, kept: npt.NDArray[np.bool_]) -> StrongEdges:
        """Return the edges of a mask `[N]`."""
        return StrongEdges(
            self.frame[kept],
            self.kind[kept],
            self.first[kept],
            self.second[kept],
            self.strength[kept],
        )


def strongest_edges(
    strengths: Array, floor: float = FLOOR, most: int = MOST, smoothing: int = 1
) -> StrongEdges:
    """Return the strongest edges of each kind in each frame, at most one at a marker.

    The strongest edge is taken, then the strongest one between the other markers, and so on. Without this
    rule the markers of two hands that meet are all connected to each other: a bundle of lines.

    Args:
        strengths: `[T, kinds, J, J]` from 0 to 1: row is the first body's marker, column the second's; NaN
            counts as 0.
        floor: least strength.
        most: edges of one kind in one frame.
        smoothing: frames over which strengths are averaged to choose between edges, so that lines do not
            jump from marker to marker. The strength of an edge is that of its own frame.

    Raises:
        UserError: the strengths have another shape, or values outside of 0 to 1.
    """
    values = _as_strengths(strengths)
    parts = [
        _of_chunk(values, start, floor, most, smoothing) for start in range(0, len(values), _CHUNK)
    ]
    return StrongEdges(
        np.concatenate([_NOWHERE, *(part.frame for part in parts)]),
        np.concatenate([_NOWHERE, *(part.kind for part in parts)]),
        np.concatenate([_NOWHERE, *(part.first for part in parts)]),
        np.concatenate([_NOWHERE, *(part.second for part in parts)]),
        np.concatenate([np.zeros(0), *(part.strength for part in parts)]),
    )


def words_of(kind: str) -> tuple[str, str]:
    """Return the label of a kind of edges, and what it means; of an unknown kind its name."""
    return WORDS.get(kind, (kind.replace("_", " "), ""))


def colour_number(kind: str, number: int = 0) -> int:
    """Return the number of a kind's colour and dashes; `number` is that of an unknown kind."""
    return CHANNELS.index(kind) if kind in WORDS else number


def check_kinds(strengths: Array, kinds: Sequence[str]) -> None:
    """Raise `UserError` if the names are not those of the strengths `[T, kinds, J, J]`."""
    shape = tuple(strengths.shape)
    if len(shape) != 4 or shape[1] != len(kinds) or len(set(kinds)) != len(kinds):
        raise UserError(
            f"strengths have shape {shape}, and there are {len(kinds)} kinds ({', '.join(kinds)}): give "
            "[T, kinds, J, J] and a name for each kind"
        )


def _of_chunk(
    values: npt.NDArray[np.floating], start: int, floor: float, most: int, smoothing: int
) -> StrongEdges:
    """The edges of the frames from `start` on, chosen with the frames around them."""
    from scipy.ndimage import uniform_filter1d  # slow to import

    before = min(start, smoothing)
    around = values[start - before : start + _CHUNK + smoothing]
    around = np.nan_to_num(around.astype(np.float32))
    frames = slice(before, before + _CHUNK)
    part = around[frames]
    chosen = _matched(uniform_filter1d(around, smoothing, axis=0, mode="nearest")[frames])
    flat = np.where(chosen & (part >= floor), part, 0.0).reshape(*part.shape[:2], -1)
    order = np.argsort(-flat, axis=-1, kind="stable")[..., :most]
    kept = np.take_along_axis(flat, order, axis=-1)
    frame, kind, rank = np.nonzero(kept)
    first, second = np.divmod(order[frame, kind, rank], part.shape[-1])
    return StrongEdges(frame + start, kind, first, second, kept[frame, kind, rank].astype(float))


def _matched(score: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Which pairs are the strongest of both markers, then of those left over, `_ROUNDS` times."""
    left = score.copy()
    chosen = np.zeros(score.shape, dtype=np.bool_)
    for _ in range(_ROUNDS):
        best = (left > 0) & (left == left.max(axis=-1, keepdims=True))
        best &= left == left.max(axis=-2, keepdims=True)
        best &= (best.cumsum(axis=-1) == 1) & (best.cumsum(axis=-2) == 1)  # of equal ones the first
        chosen |= best
        left[(best.any(axis=-1, keepdims=True) | best.any(axis=-2, keepdims=True))] = 0
    return chosen


def _as_strengths(array: Array) -> npt.NDArray[np.floating]:
    values = np.asarray(array.detach().cpu().numpy() if hasattr(array, "detach") else array)
    if values.ndim != 4 or not np.issubdtype(values.dtype, np.floating):
        raise UserError(f"strengths have shape {values.shape}: give numbers [T, kinds, J, J]")
    if ((values < 0) | (values > 1 + 1e-3)).any():
        low, high = np.nanmin(values), np.nanmax(values)
        raise UserError(f"strengths are from {low:.3g} to {high:.3g}: give 0 to 1")
    return values
