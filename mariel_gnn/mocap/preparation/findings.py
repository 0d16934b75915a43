"""What was found in a file, in sentences for a dancer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.formats.interpretation import MatchedSkeleton
from mariel_gnn.mocap.formats.labels import find_markers, shorten_list
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Mask = NDArray[np.bool_]


def describe_markers(found: MarkerFile, skeleton: Skeleton, known: MatchedSkeleton | None) -> str:
    """Which markers were taken, which are missing, and which were left out.

    Args:
        found: what the file holds of the dancer.
        skeleton: the marker set taken.
        known: what was known of it; None of a new one.
    """
    spare = _spare(found.labels or (), skeleton)
    if known is None:
        why = "nameless, hardly seen, or always where another is"
        told = [f"{len(skeleton)}, a new set", f"{len(skeleton.pairs)} pairs of left and right"]
    else:
        why = "not in this set"
        told = [f"{len(skeleton)} of skeleton {known.whole}", known.lacks]
    left_out = [f"{len(spare)} others left out, {why}: {shorten_list(spare)}"] if spare else []
    return "; ".join([part for part in told if part] + left_out)


def _spare(labels: Sequence[str], skeleton: Skeleton) -> list[str]:
    columns = find_markers(labels, skeleton.markers)
    return [label for column, label in enumerate(labels) if column not in columns]


def describe_gaps(missing: Mask, filled: int, cut_s: float, skeleton: Skeleton) -> str:
    """The share of missing positions, and how many were filled or cut out.

    Args:
        missing: which positions of the file are missing `[T, J]`.
        filled: number of positions filled.
        cut_s: seconds cut out.
        skeleton: the marker set.
    """
    if not missing.any() and not cut_s:
        return f"none; {filled} positions of jumps filled" if filled else "none"
    worst = skeleton.markers[int(missing.mean(axis=0).argmax())]
    return (
        f"{missing.mean():.1%} of all positions, most of them of {worst} ({missing.mean(axis=0).max():.0%}); "
        f"{filled} filled on straight lines, {cut_s:.1f} s of long gaps cut out"
    )


def describe_jumps(leapt: Mask, cuts: list[int], odd: int) -> str:
    """What leapt, and what became of it."""
    told = []
    if leapt.any():
        told.append(f"{int(leapt.sum())} positions of markers that leapt away and back, taken out")
    if cuts:
        times = "once" if len(cuts) == 1 else f"{len(cuts)} times"
        told.append(f"the whole body leapt {times}: cut there")
    if odd:
        told.append(f"{odd} fast steps kept as recorded")
    return "; ".join(told) or "none"


def describe_rate(
    stated_hz: float | None,
    published: bool,
    given_hz: float | None,
    source_hz: float,
    target_hz: float,
) -> str:
    """The rate of a file, its source, and the new rate.

    Args:
        stated_hz: the rate that the file states; None if it states none.
        published: whether the file is a published one, so that its true rate is known.
        given_hz: the rate that the user gives; None if none.
        source_hz: the rate that was used.
        target_hz: the rate of the prepared recording.
    """
    known = "known of this file" if published else "as the file says"
    known = "as you say" if given_hz else known
    if not given_hz and stated_hz is None:
        known = "not stated, taken as the field's: say --source_rate_hz if it is another"
    if abs(source_hz - target_hz) < 1e-3 * source_hz:
        return f"{source_hz:g} frames a second, {known}"
    return f"{source_hz:g} frames a second, {known}; now {target_hz:g}"
