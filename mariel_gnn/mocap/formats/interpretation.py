"""From the content of a file to a recording: dancers and markers by name, metres, z up."""

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
from mariel_gnn.mocap.plausibility import BODY_EXTENT_M, MAX_DISTANCE_M, body_extent
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import reduce_skeleton, shipped_by_size
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

RATE_HZ = 35.0  # of the field's files, which do not state it
MIN_SHARE = 0.75  # of a skeleton's markers; a file with fewer has another skeleton


class MatchedSkeleton(NamedTuple):
    """The skeleton of a file.

    Attributes:
        skeleton: the skeleton, without the markers that the file lacks.
        whole: the name of the skeleton with all markers.
        lacks: a description of the missing markers; empty if there are none.
    """

    skeleton: Skeleton
    whole: str
    lacks: str = ""


def identify_skeleton(found: MarkerFile) -> MatchedSkeleton | None:
    """Return the skeleton in a file, or the shipped one that its labels match; None if neither.

    The shipped skeleton with the most matching markers is taken, so no marker is lost to a reduced
    skeleton; with equally many, the smaller one is taken.
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
    """Return whether labels match at least `MIN_SHARE` of a skeleton's markers."""
    return len(_contained(labels, skeleton)) >= MIN_SHARE * len(skeleton)


def _contained(labels: Sequence[str], skeleton: Skeleton) -> list[str]:
    columns = find_markers(labels, skeleton.markers)
    return [marker for marker, at in zip(skeleton.markers, columns, strict=True) if at is not None]


def select_markers(found: MarkerFile, skeleton: Skeleton, path: Path) -> MarkerFile:
    """Select the markers of a skeleton, in its order, from a file with one dancer.

    Raises:
        UserError: markers are missing.
    """
    labels = found.labels or skeleton.markers
    columns = match_labels(labels, skeleton.markers, str(path))
    return dataclasses.replace(
        found, positions=found.positions[:, columns], labels=skeleton.markers
    )


def select_with_gaps(found: MarkerFile, skeleton: Skeleton) -> MarkerFile:
    """Select markers like `select_markers`; missing markers are NaN in every frame."""
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
    """Convert the content of a file to a recording in metres, z up.

    Raises:
        UserError: the file states no unit and the usual one gives no plausible body, or all is NaN.
    """
    metres = metres_per(found.unit if unit == "auto" else unit)
    rotated = to_z_up(metres * found.positions, found.up if up == "auto" else up)
    if unit == "auto" and not found.unit_stated:
        _refuse_implausible_extent(rotated, found.unit, path)
    positions = mask_out_of_range(rotated)
    if np.isnan(positions).all():
        raise UserError(f"{path}: has no positions (every value is NaN): export it again")
    rate = rate_hz or found.rate_hz or RATE_HZ
    source, start_frame = found.part_of or (str(path.resolve()), 0)
    return Recording(path.stem, positions, rate, source, start_frame, found.notes)


def _refuse_implausible_extent(positions: Floats, unit: str, path: Path) -> None:
    extent = body_extent(positions)
    if not np.isfinite(extent) or BODY_EXTENT_M[0] <= extent <= BODY_EXTENT_M[1]:
        return
    raise UserError(
        f"{path}: states no unit, and in {unit_in_words(unit)} the dancer would be {extent:.2g} m tall: "
        f"state the unit (--unit {', '.join(METRES)}; for training, in experiments.prepare)"
    )


def mask_out_of_range(positions: Floats) -> NDArray[np.float32]:
    """Convert to float32; a position that is infinite or out of range on any axis becomes NaN."""
    with np.errstate(all="ignore"):
        invalid = ~(np.abs(positions) < MAX_DISTANCE_M).all(axis=2, keepdims=True)
    masked = np.where(invalid, np.nan, positions)
    return np.ascontiguousarray(masked, dtype=np.float32)


def split_dancers(
    found: MarkerFile, subject: str | None, path: Path, skeleton: Skeleton | None = None
) -> dict[str, MarkerFile]:
    """Split the content of a file by dancer; a file without dancers' names stays whole.

    Args:
        found: the content of the file.
        subject: the only dancer to return; None returns all.
        path: the file's name in errors.
        skeleton: the marker set of one dancer, or of all combined; None tries the shipped ones.

    Raises:
        UserError: there is no such dancer.
    """
    labels = found.labels or ()
    if subject is None and skeleton and len(dancer_columns(skeleton.markers)) > 1:
        return {UNNAMED: found}
    candidates = [skeleton] if skeleton else shipped_by_size()
    dancers = dancer_columns(labels, [one.markers for one in candidates])
    if subject is not None:
        dancers = {subject: _columns_of(subject, dancers, path)}
    if not dancers:
        return {UNNAMED: found}
    unidentified = [column for column, label in enumerate(labels) if is_unnamed(label)]
    return {
        dancer: _part(found, sorted({*columns, *unidentified}))
        for dancer, columns in dancers.items()
    }


def select_dancer(
    found: MarkerFile, subject: str | None, path: Path, skeleton: Skeleton | None = None
) -> MarkerFile:
    """Return the content of a file for one dancer; for the arguments see `split_dancers`.

    Raises:
        UserError: there are several dancers and no `subject`, or there is no such dancer.
    """
    dancers = split_dancers(found, subject, path, skeleton)
    if len(dancers) > 1:
        raise UserError(
            f"{path}: holds the dancers {' and '.join(sorted(dancers))}: choose one (--subject)"
        )
    return next(iter(dancers.values()))


def _columns_of(subject: str, dancers: dict[str, list[int]], path: Path) -> list[int]:
    if subject in dancers:
        return dancers[subject]
    named = [dancer for dancer in dancers if dancer != UNNAMED]
    hint = f"{nearest_match(subject, named)} Choose another" if named else " Leave out"
    raise UserError(f"{path}: has no markers of '{subject}'.{hint} --subject")


def _part(found: MarkerFile, columns: Sequence[int]) -> MarkerFile:
    """Select columns, with the edges and the part of the skeleton that belong to them."""
    labels = tuple((found.labels or ())[column] for column in columns)
    edges = tuple(edge for edge in found.edges if {*edge} <= {*labels})
    part = dataclasses.replace(
        found, positions=found.positions[:, columns], labels=labels, edges=edges, skeleton=None
    )
    if found.skeleton is None or {*found.skeleton.markers} <= {*labels}:
        return dataclasses.replace(part, skeleton=found.skeleton)
    shipped = identify_skeleton(part)
    if shipped and not shipped.lacks:
        return dataclasses.replace(part, skeleton=shipped.skeleton)
    own = _without_dancer_name(reduce_skeleton(found.skeleton, labels, ""))
    return dataclasses.replace(part, skeleton=own)


def _without_dancer_name(skeleton: Skeleton) -> Skeleton:
    """Move the dancer's name from the markers of a skeleton to the skeleton's name."""
    stripped = strip_dancer_names(skeleton.markers)
    if stripped == skeleton.markers:
        return skeleton
    name = skeleton.markers[0].rpartition(":")[0]
    return dataclasses.replace(skeleton, name=name, markers=stripped, file_rows=stripped)
