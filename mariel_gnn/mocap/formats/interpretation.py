"""From what a file says to a recording: markers by name, metres, z up."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.formats.labels import (
    UNNAMED,
    dancer_columns,
    describe_missing,
    find_markers,
    is_unnamed,
    match_labels,
    strip_dancer_names,
)
from mariel_gnn.mocap.formats.marker_file import (
    METRES,
    Floats,
    MarkerFile,
    Unit,
    Up,
    metres_per,
    to_z_up,
    unit_in_words,
)
from mariel_gnn.mocap.plausibility import BODY_EXTENT_M, FARTHEST_M, body_extent
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import reduce_skeleton, shipped_by_size
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

RATE_HZ = 35.0  # the field's, for files that do not say
NEARLY = 0.75  # share of a set's markers; with fewer, a file is of another set


class MatchedSkeleton(NamedTuple):
    """A marker set that a file holds.

    Attributes:
        skeleton: the set, without the markers that the file lacks.
        whole: what the set is called with them.
        lacks: which those are, in words; empty if it lacks none.
    """

    skeleton: Skeleton
    whole: str
    lacks: str = ""


def identify_skeleton(found: MarkerFile) -> MatchedSkeleton | None:
    """The skeleton that a file brings, or the shipped one that it holds, nearly whole at least.

    Of the shipped ones it is the one with the most markers in the file, so that none of them is lost
    to a smaller set that is whole; the smaller one where both have as many.
    """
    if found.skeleton is not None:
        return MatchedSkeleton(found.skeleton, found.skeleton.name)
    labels = found.labels or ()
    shipped = max(reversed(shipped_by_size()), key=lambda one: len(_contained(labels, one)))
    if not nearly_contains(labels, shipped):
        return None
    lacks = describe_missing(labels, shipped.markers, shipped.name)
    if not lacks:
        return MatchedSkeleton(shipped, shipped.name)
    part = reduce_skeleton(shipped, _contained(labels, shipped), f"part of {shipped.name}")
    return MatchedSkeleton(part, shipped.name, lacks)


def nearly_contains(labels: Sequence[str], skeleton: Skeleton) -> bool:
    """Whether a file with these labels holds a marker set but for a few of its markers."""
    return len(_contained(labels, skeleton)) >= NEARLY * len(skeleton)


def select_markers(found: MarkerFile, skeleton: Skeleton, path: Path) -> MarkerFile:
    """The markers of a skeleton, in its order, of what a file holds of one dancer.

    Raises:
        UserError: markers are missing.
    """
    labels = found.labels or skeleton.markers
    kept = match_labels(labels, skeleton.markers, str(path))
    return dataclasses.replace(found, positions=found.positions[:, kept], labels=skeleton.markers)


def select_with_gaps(found: MarkerFile, skeleton: Skeleton) -> MarkerFile:
    """The same, with markers that are missing as ones that were never seen."""
    columns = find_markers(found.labels or skeleton.markers, skeleton.markers)
    positions = np.full((len(found.positions), len(skeleton), 3), np.nan)
    for marker, column in enumerate(columns):
        if column is not None:
            positions[:, marker] = found.positions[:, column]
    return dataclasses.replace(found, positions=positions, labels=skeleton.markers)


def to_recording(
    found: MarkerFile,
    path: Path,
    rate_hz: float | None = None,
    unit: Unit = "auto",
    up: Up = "auto",
) -> Recording:
    """A recording in metres, z up, of what a file holds.

    Raises:
        UserError: the file states no unit, and the usual one gives no dancer.
    """
    metres = metres_per(found.unit if unit == "auto" else unit)
    turned = to_z_up(metres * found.positions, found.up if up == "auto" else up)
    if unit == "auto" and not found.unit_stated:
        _refuse_giants(turned, found.unit, path)
    positions = mask_out_of_range(turned)
    if np.isnan(positions).all():
        raise UserError(f"{path}: holds no position at all (every value is NaN): export it again")
    rate = rate_hz or found.rate_hz or RATE_HZ
    source, start_frame = found.part_of or (str(path.resolve()), 0)
    return Recording(path.stem, positions, rate, source, start_frame)


def _refuse_giants(positions: Floats, unit: str, path: Path) -> None:
    size = body_extent(positions)
    if not np.isfinite(size) or BODY_EXTENT_M[0] <= size <= BODY_EXTENT_M[1]:
        return
    raise UserError(
        f"{path}: states no unit, and in {unit_in_words(unit)} the dancer would be {size:.2g} m tall: say which "
        f"it is (--unit {', '.join(METRES)}; to train on it, tell experiments.prepare)"
    )


def mask_out_of_range(positions: Floats) -> NDArray[np.float32]:
    """As float32, with NaN for what is not finite on any axis or out of all reach."""
    with np.errstate(all="ignore"):
        lost = ~(np.abs(positions) < FARTHEST_M).all(axis=2, keepdims=True)
    kept = np.where(lost, np.nan, positions)
    return np.ascontiguousarray(kept, dtype=np.float32)


def _contained(labels: Sequence[str], skeleton: Skeleton) -> list[str]:
    """The markers of a skeleton that are among the labels."""
    columns = find_markers(labels, skeleton.markers)
    return [marker for marker, at in zip(skeleton.markers, columns, strict=True) if at is not None]


def split_dancers(
    found: MarkerFile, subject: str | None, path: Path, skeleton: Skeleton | None = None
) -> dict[str, MarkerFile]:
    """What a file holds of each dancer, by name; all of it where it does not name several.

    Args:
        found: what the file holds.
        subject: the one dancer to take.
        path: what to call the file in errors.
        skeleton: the marker set of a dancer, or of all together; None tries those that are shipped.

    Raises:
        UserError: there is no such dancer.
    """
    labels = found.labels or ()
    if subject is None and skeleton and len(dancer_columns(skeleton.markers)) > 1:
        return {UNNAMED: found}
    known = [skeleton] if skeleton else shipped_by_size()
    dancers = dancer_columns(labels, [one.markers for one in known])
    if subject is not None:
        if subject not in dancers:
            named = [dancer for dancer in dancers if dancer != UNNAMED]
            hint = f"{nearest_match(subject, named)} Take another" if named else " Leave out"
            raise UserError(f"{path}: has no markers of '{subject}'.{hint} --subject")
        dancers = {subject: dancers[subject]}
    if not dancers:
        return {UNNAMED: found}
    without = [column for column, label in enumerate(labels) if is_unnamed(label)]
    return {
        dancer: _part(found, sorted({*columns, *without})) for dancer, columns in dancers.items()
    }


def select_dancer(
    found: MarkerFile, subject: str | None, path: Path, skeleton: Skeleton | None = None
) -> MarkerFile:
    """What a file holds of one dancer, see `split_dancers`.

    Raises:
        UserError: there are several and none is asked for, or the one asked for is not there.
    """
    dancers = split_dancers(found, subject, path, skeleton)
    if len(dancers) > 1:
        raise UserError(
            f"{path}: holds the dancers {' and '.join(sorted(dancers))}: say whose markers to take "
            "(--subject)"
        )
    return next(iter(dancers.values()))


def _part(found: MarkerFile, columns: Sequence[int]) -> MarkerFile:
    """Some columns of what a file holds, with what it says of them."""
    labels = tuple((found.labels or ())[column] for column in columns)
    lines = tuple(line for line in found.edges if {*line} <= {*labels})
    part = dataclasses.replace(
        found, positions=found.positions[:, columns], labels=labels, edges=lines, skeleton=None
    )
    if found.skeleton is None or {*found.skeleton.markers} <= {*labels}:
        return dataclasses.replace(part, skeleton=found.skeleton)
    known = identify_skeleton(part)
    own = (
        reduce_skeleton(found.skeleton, labels, "") if not known or known.lacks else known.skeleton
    )
    return dataclasses.replace(part, skeleton=_without_dancer_name(own))


def _without_dancer_name(skeleton: Skeleton) -> Skeleton:
    """A dancer's part of a set of several as a set of its own, without the dancer's name."""
    bare = strip_dancer_names(skeleton.markers)
    if bare == skeleton.markers:
        return skeleton
    name = skeleton.markers[0].rpartition(":")[0]
    return dataclasses.replace(skeleton, name=name, markers=bare, file_rows=bare)
