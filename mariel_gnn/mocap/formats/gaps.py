"""Positions that mean "not seen": exact zeros and the numbers that programs write for a lost marker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.formats.marker_file import AnyFloats, SameFloats
from mariel_gnn.mocap.recording import frame_blocks

Mask = NDArray[np.bool_]

MAX_NAMES = 3  # in a note
IMPOSSIBLE = 1e8  # in any unit: 100 km in millimetres
# Numbers of only nines, and the limits of integer types. They count as lost on all three axes, and on
# one axis if they are also far outside the rest of the file.
SENTINELS = (*(float("9" * digits) for digits in range(3, 9)), 32767.0, 32768.0, 65535.0)
FAR_OUTSIDE = 10.0  # times the 95th percentile of the file's coordinates
INSIDE_SHARE = 0.9  # of the frames in which the root of a centred body is inside the body


def mask_sentinels(
    positions: SameFloats, labels: Sequence[str] | None = None
) -> tuple[SameFloats, tuple[str, ...]]:
    """Replace the numbers that mean "not seen" by NaN.

    These are infinite or impossible coordinates, sentinels such as -9999, one number on all three axes
    that recurs although the marker is elsewhere in other frames, and exactly 0, 0, 0. One marker that is
    always at 0, 0, 0 inside the body is the root of a centred body and stays.

    Args:
        positions: `[T, J, C]` in any unit.
        labels: the J names, for the notes; None names no marker.

    Returns:
        The positions, NaN on all three axes where a marker was not seen, and notes with the counts.
    """
    if not any(_may_be_unseen(positions[rows]) for rows in frame_blocks(len(positions))):
        return positions, ()  # most files: nothing is copied
    unseen: Mask = np.asarray(np.isnan(positions).any(axis=2))
    zeros = ~unseen & ~positions.any(axis=2)
    lost = ~unseen & _lost_numbers(positions, unseen | zeros)
    root = _centred_root(positions, zeros, ~(unseen | lost))
    notes = []
    if root is not None:
        zeros[:, root] = False
        notes.append(f"{_names([root], labels)} is always at 0, 0, 0: read as the root of the body")
    for mask, what in ((lost, "a number that means 'not seen'"), (zeros, "exactly 0, 0, 0")):
        if mask.any():
            notes.append(_describe(mask, what, positions, labels))
    masked: Any = np.where((unseen | lost | zeros)[..., None], np.nan, positions)
    return masked, tuple(notes)


def _may_be_unseen(positions: AnyFloats) -> bool:
    """Whether a position is NaN or impossible, one number on all axes, or has a sentinel over 1000."""
    size = np.abs(positions)
    large = size[size >= 1000].astype(np.float64)
    if not (size < IMPOSSIBLE).all() or np.isin(large, SENTINELS).any():  # the first for NaN too
        return True
    x, y, z = np.moveaxis(positions, 2, 0)
    return bool(((x == y) & (x == z)).any())


def _lost_numbers(positions: AnyFloats, excluded: Mask) -> Mask:
    """Return the positions `[T, J]` that are impossible, a sentinel, or one recurring number."""
    size = np.abs(positions)
    with np.errstate(invalid="ignore"):
        impossible = ~(size < IMPOSSIBLE)
        sentinel = np.isin(size, SENTINELS)
        equal = (positions == positions[..., :1]).all(axis=2)
    usual = size[~excluded & ~impossible.any(axis=2) & ~(equal & sentinel.all(axis=2))]
    limit = FAR_OUTSIDE * float(np.quantile(usual, 0.95)) if usual.size else 0.0
    alone = sentinel & (size >= 1000) & (size > limit)
    recurring = _recurring(positions[..., 0], equal & ~excluded)
    lost: Mask = np.asarray(
        impossible.any(axis=2) | (equal & sentinel.all(axis=2)) | alone.any(axis=2) | recurring
    )
    return lost


def _recurring(numbers: AnyFloats, equal: Mask) -> Mask:
    """Return where one number stands on all axes repeatedly, of markers that are also elsewhere."""
    values, counts = np.unique(numbers[equal], return_counts=True)
    recurs: Mask = equal & np.isin(numbers, values[counts > 1])
    elsewhere = np.count_nonzero(np.isfinite(numbers) & ~recurs, axis=0) > 0
    masked: Mask = recurs & elsewhere
    return masked


def _centred_root(positions: AnyFloats, zeros: Mask, visible: Mask) -> int | None:
    """Return the marker at which the body is centred: always at the origin, inside the other markers."""
    always = np.flatnonzero((zeros | ~visible).all(axis=0) & zeros.any(axis=0))
    if len(always) != 1:
        return None
    others = np.where((visible & ~zeros)[..., None], positions, np.nan)
    frames = np.isfinite(others).any(axis=(1, 2))
    if not frames.any():
        return None
    low, high = np.nanmin(others[frames], axis=1), np.nanmax(others[frames], axis=1)
    inside = ((low <= 0) & (high >= 0)).all(axis=1).mean()
    return int(always[0]) if inside >= INSIDE_SHARE else None


def _describe(mask: Mask, what: str, positions: AnyFloats, labels: Sequence[str] | None) -> str:
    markers = np.flatnonzero(mask.any(axis=0)).tolist()
    example = positions[tuple(np.argwhere(mask)[0])]
    numbers = "" if not example.any() else f" (such as {', '.join(f'{x:.10g}' for x in example)})"
    count = int(mask.sum())
    positions_are = "1 position is" if count == 1 else f"{count} positions are"
    return f"{positions_are} {what}{numbers}: read as gaps of {_names(markers, labels)}"


def _names(markers: Sequence[int], labels: Sequence[str] | None) -> str:
    if labels is None:
        return f"{len(markers)} markers" if len(markers) > 1 else f"marker {markers[0] + 1}"
    listed = ", ".join(labels[marker] or "(no name)" for marker in markers[:MAX_NAMES])
    return listed + (f" and {len(markers) - MAX_NAMES} more" if len(markers) > MAX_NAMES else "")
