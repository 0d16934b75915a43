"""From the content of a file to a recording: dancers and markers by name, metres, z up."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.formats.labels import (
    UNNAMED,
    dancer_columns,
    describe_left_out,
    describe_missing,
    find_any_case,
    find_markers,
    is_unnamed,
    match_labels,
    shorten_list,
    strip_dancer_names,
)
from mariel_gnn.mocap.formats.marker_file import (
    MarkerFile,
    Unit,
    Up,
    to_metres,
)
from mariel_gnn.mocap.plausibility import (
    MAX_DISTANCE_M,
    Source,
    check_size,
    check_stated_rate,
    mask_out_of_range,
    motion_notes,
    out_of_range_notes,
)
from mariel_gnn.mocap.recording import Recording, missing_positions
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

    The notes name the markers that are left out.

    Raises:
        UserError: markers are missing.
    """
    labels = found.labels or skeleton.markers
    columns = match_labels(labels, skeleton.markers, str(path))
    is_whole = columns == [*range(found.positions.shape[1])]
    positions = found.positions if is_whole else found.positions[:, columns]
    selected = dataclasses.replace(found, positions=positions, labels=skeleton.markers)
    return with_note(selected, describe_left_out(labels, columns, skeleton))


def select_with_gaps(found: MarkerFile, skeleton: Skeleton) -> MarkerFile:
    """Select markers like `select_markers`; missing markers are NaN in every frame."""
    labels = found.labels or skeleton.markers
    columns = find_markers(labels, skeleton.markers)
    positions = np.full((len(found.positions), len(skeleton), 3), np.nan)
    for marker, column in enumerate(columns):
        if column is not None:
            positions[:, marker] = found.positions[:, column]
    selected = dataclasses.replace(found, positions=positions, labels=skeleton.markers)
    used = [at for at in columns if at is not None]
    return with_note(selected, describe_left_out(labels, used, skeleton))


def with_note(found: MarkerFile, note: str) -> MarkerFile:
    """Return the content with one more note; an empty one changes nothing."""
    return dataclasses.replace(found, notes=(*found.notes, note)) if note else found


def to_recording(
    found: MarkerFile,
    path: Path,
    rate_hz: float | None = None,
    unit: Unit = "auto",
    up: Up = "auto",
) -> Recording:
    """Convert the content of a file to a recording in metres, z up.

    Raises:
        UserError: the body or the rate is impossible and the user does not state them, or all is NaN.
    """
    used = found.unit if unit == "auto" else unit
    rotated = to_metres(found, unit, up)
    rate, file = recorded_rate(found, rate_hz, path), str(path.resolve())
    source: Source = "stated" if found.unit_stated else "assumed"
    notes = check_size(
        rotated, found.labels or (), used, source if unit == "auto" else "given", path
    )
    positions = mask_out_of_range(rotated)
    _refuse_empty(positions, found, path)
    notes += [
        *out_of_range_notes(found.positions, positions, found.labels or ()),
        *motion_notes(positions, rate),
    ]
    take, start_frame = found.part_of or (file, 0)
    notes = [*found.notes, *notes]
    return Recording(path.stem, positions, rate, take, start_frame, tuple(notes), file, start_frame)


def recorded_rate(
    found: MarkerFile, rate_hz: float | None, path: Path, option: str = "--rate_hz"
) -> float:
    """Return the rate that the user states, or that of the file, or the field's.

    Raises:
        UserError: the file's rate is impossible, or its statements about it contradict each other; `option`
            decides.
    """
    if rate_hz is not None:
        return rate_hz
    if found.rate_doubt:
        raise UserError(f"{path}: {found.rate_doubt}: state the right rate ({option})")
    check_stated_rate(found.rate_hz, path, option)
    return found.rate_hz or RATE_HZ


def _refuse_empty(positions: NDArray[np.float32], found: MarkerFile, path: Path) -> None:
    if not missing_positions(positions).all():
        return
    if np.isfinite(found.positions).all(axis=2).any():
        raise UserError(
            f"{path}: every position is over {MAX_DISTANCE_M:,.0f} m from the origin: move the origin "
            "into the room, or state the unit (--unit)"
        )
    raise UserError(f"{path}: has no positions (every value is NaN): export it again")


def positions_in_metres(found: MarkerFile, unit: Unit, up: Up) -> NDArray[np.float32]:
    """Convert positions `[T, J, C]` to metres, z up; those out of range are NaN."""
    return mask_out_of_range(to_metres(found, unit, up))


def split_dancers(
    found: MarkerFile, subject: str | None, path: Path, skeleton: Skeleton | None = None
) -> dict[str, MarkerFile]:
    """Split the content of a file by dancer; a file of one dancer stays whole, with its props.

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
    dancers = _dancers(found, skeleton)
    chosen = dancers if subject is None else {subject: _columns_of(subject, dancers, path)}
    if len(dancers) < 2:
        return {dancer: _noted(found, skeleton) for dancer in chosen or [UNNAMED]}
    props, asked = select_props(found, skeleton), _props_of(skeleton)
    loose = props.labels if props and props.labels else ()
    verb = "marker belongs" if len(loose) == 1 else "markers belong"
    note = f"{len(loose)} {verb} to no dancer: {shorten_list(loose)}" if loose else ""
    shared = [at for at, label in enumerate(labels) if is_unnamed(label) or label in asked]
    parts = {
        dancer: _with_colon(_part(found, sorted({*columns, *shared})), dancer)
        for dancer, columns in chosen.items()
    }
    return {dancer: _noted(with_note(part, note), skeleton) for dancer, part in parts.items()}


def _with_colon(part: MarkerFile, dancer: str) -> MarkerFile:
    """The part with `Anna:Head` for `Anna_Head`, so that partners have the same names in a new skeleton."""
    if identify_skeleton(part):
        return part
    prefix = re.compile(rf"^{re.escape(dancer)}[_.\- ](?=.)")

    def renamed(label: str) -> str:
        return prefix.sub(f"{dancer}:", label)

    return dataclasses.replace(
        part,
        labels=tuple(map(renamed, part.labels or ())),
        edges=tuple((renamed(a), renamed(b)) for a, b in part.edges),
    )


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
            f"{path}: holds the dancers {' and '.join(sorted(dancers))}: choose one (--subject); for "
            "training, experiments.prepare makes a recording of each, with one clock"
        )
    (part,) = dancers.values()
    return part


def select_props(found: MarkerFile, skeleton: Skeleton | None = None) -> MarkerFile | None:
    """Return the markers that belong to none of several dancers, without skeleton; None if none do.

    Args:
        found: the content of the file.
        skeleton: the marker set of one dancer; None tries the shipped ones.
    """
    dancers, labels = _dancers(found, skeleton), found.labels or ()
    of_dancers, asked = {*itertools.chain(*dancers.values())}, _props_of(skeleton)
    columns = [
        at
        for at, label in enumerate(labels)
        if at not in of_dancers and not is_unnamed(label) and label not in asked
    ]
    return _columns(found, columns) if len(dancers) > 1 and columns else None


def _props_of(skeleton: Skeleton | None) -> set[str]:
    """Return the markers of a skeleton that belong to no dancer, such as `Sword:tip`."""
    markers = skeleton.markers if skeleton else ()
    return {*markers}.difference(
        *([markers[at] for at in body] for body in dancer_columns(markers).values())
    )


def _dancers(found: MarkerFile, skeleton: Skeleton | None) -> dict[str, list[int]]:
    sets = [skeleton] if skeleton else shipped_by_size()
    return dancer_columns(found.labels or (), [one.markers for one in sets])


def _noted(found: MarkerFile, skeleton: Skeleton | None) -> MarkerFile:
    """Add a note if the labels match a shipped skeleton only without regard to case."""
    labels = found.labels or ()
    if skeleton or found.skeleton:
        return found
    for one in shipped_by_size():
        if nearly_contains(labels, one):
            return found
        columns = find_any_case(labels, one.markers)
        near = [
            (labels[at], m) for at, m in zip(columns, one.markers, strict=True) if at is not None
        ]
        if len(near) >= MIN_SHARE * len(one):
            label, name = next(((a, b) for a, b in near if not a.endswith(b)), near[0])
            return with_note(
                found,
                f"the names match {one.name} only if upper and lower case are ignored ({label} for "
                f"{name}), so they are a set of their own: rename them to use {one.name}",
            )
    return found


def _columns_of(subject: str, dancers: dict[str, list[int]], path: Path) -> list[int]:
    if subject in dancers:
        return dancers[subject]
    named = [dancer for dancer in dancers if dancer != UNNAMED]
    hint = f"{nearest_match(subject, named)} Choose another" if named else " Leave out"
    raise UserError(f"{path}: has no markers of '{subject}'.{hint} --subject")


def _part(found: MarkerFile, columns: Sequence[int]) -> MarkerFile:
    """Select columns, with the edges and the part of the skeleton that belong to them."""
    part = _columns(found, columns)
    labels = part.labels or ()
    if found.skeleton is None or {*found.skeleton.markers} <= {*labels}:
        return dataclasses.replace(part, skeleton=found.skeleton)
    shipped = identify_skeleton(part)
    if shipped and not shipped.lacks:
        return dataclasses.replace(part, skeleton=shipped.skeleton)
    own = _without_dancer_name(reduce_skeleton(found.skeleton, labels, ""))
    return dataclasses.replace(part, skeleton=own)


def _columns(found: MarkerFile, columns: Sequence[int]) -> MarkerFile:
    """Select columns, with the edges between them and without a skeleton."""
    labels = tuple((found.labels or ())[column] for column in columns)
    edges = tuple(edge for edge in found.edges if {*edge} <= {*labels})
    return dataclasses.replace(
        found, positions=found.positions[:, columns], labels=labels, edges=edges, skeleton=None
    )


def _without_dancer_name(skeleton: Skeleton) -> Skeleton:
    """Move the dancer's name from the markers of a skeleton to the skeleton's name."""
    stripped = strip_dancer_names(skeleton.markers)
    if stripped == skeleton.markers:
        return skeleton
    name = skeleton.markers[0].rpartition(":")[0]
    return dataclasses.replace(skeleton, name=name, markers=stripped, file_rows=stripped)
