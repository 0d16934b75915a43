"""What a file holds of each of several dancers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from mariel_gnn.data.files.interpreting import skeleton_of
from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.data.files.names import UNNAMED, bare_labels, dancers_in, nameless
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.skeletons import Skeleton, largest_first


def dancers_of(
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
    if subject is None and skeleton and len(dancers_in(skeleton.markers)) > 1:
        return {UNNAMED: found}
    known = [skeleton] if skeleton else largest_first()
    dancers = dancers_in(labels, [one.markers for one in known])
    if subject is not None:
        if subject not in dancers:
            named = [dancer for dancer in dancers if dancer != UNNAMED]
            hint = f"{nearest_match(subject, named)} Take another" if named else " Leave out"
            raise UserError(f"{path}: has no markers of '{subject}'.{hint} --subject")
        dancers = {subject: dancers[subject]}
    if not dancers:
        return {UNNAMED: found}
    without = [column for column, label in enumerate(labels) if nameless(label)]
    return {
        dancer: _part(found, sorted({*columns, *without})) for dancer, columns in dancers.items()
    }


def of_subject_only(
    found: MarkerFile, subject: str | None, path: Path, skeleton: Skeleton | None = None
) -> MarkerFile:
    """What a file holds of one dancer, see `dancers_of`.

    Raises:
        UserError: there are several and none is asked for, or the one asked for is not there.
    """
    dancers = dancers_of(found, subject, path, skeleton)
    if len(dancers) > 1:
        raise UserError(
            f"{path}: holds the dancers {' and '.join(sorted(dancers))}: say whose markers to take "
            "(--subject)"
        )
    return next(iter(dancers.values()))


def _part(found: MarkerFile, columns: Sequence[int]) -> MarkerFile:
    """Some columns of what a file holds, with what it says of them."""
    labels = tuple((found.labels or ())[column] for column in columns)
    lines = tuple(line for line in found.lines if {*line} <= {*labels})
    part = dataclasses.replace(
        found, positions=found.positions[:, columns], labels=labels, lines=lines, skeleton=None
    )
    if found.skeleton is None or {*found.skeleton.markers} <= {*labels}:
        return dataclasses.replace(part, skeleton=found.skeleton)
    known = skeleton_of(part)
    own = found.skeleton.reduced(labels, "") if not known or known.lacks else known.skeleton
    return dataclasses.replace(part, skeleton=_bared(own))


def _bared(skeleton: Skeleton) -> Skeleton:
    """A dancer's part of a set of several as a set of its own, without the dancer's name."""
    bare = bare_labels(skeleton.markers)
    if bare == skeleton.markers:
        return skeleton
    name = skeleton.markers[0].rpartition(":")[0]
    return dataclasses.replace(skeleton, name=name, markers=bare, file_rows=bare)
