"""Labels of files matched to the markers of a skeleton."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mariel_gnn.errors import UserError, nearest_match

SHOWN = 5
UNNAMED = "unnamed"  # what a dancer is called whose markers have no name before them
# A dancer has so many markers at least, and so large a share of those of the dancer with the most: a
# prop has fewer.
LEAST_MARKERS, LEAST_SHARE = 4, 1 / 3
_NAMELESS = re.compile(r"\*|u?name\*|unlabel|uname|$", re.IGNORECASE)
_BETWEEN = ":_- "  # a dancer's name and a marker's


def is_unnamed(label: str) -> bool:
    """Whether capture software made a label up for a point that it does not know, such as `*12`."""
    return _NAMELESS.match(label) is not None


def find_markers(labels: Sequence[str], markers: Sequence[str]) -> list[int | None]:
    """The column of each marker, by name, whatever stands before the names; None of one not there.

    `Anna:LANK`, `Anna_LANK` and `AnnaLANK` are LANK if most markers are found behind the same
    `Anna`; upper and lower case are one.

    Args:
        labels: the names in a file, of one dancer.
        markers: the skeleton's names, the J axis.
    """
    found = _prefixes(labels, markers)
    prefix = min(found, key=lambda text: (-found[text], len(text)), default="")
    place = {label.lower(): number for number, label in reversed(list(enumerate(labels)))}
    return [place.get(f"{prefix}{marker}".lower()) for marker in markers]


def match_labels(labels: Sequence[str], markers: Sequence[str], source: str) -> list[int]:
    """The column of each marker `[J]`, see `find_markers`.

    Args:
        labels: the names in a file, of one dancer.
        markers: the skeleton's names, the J axis.
        source: what to call the file in errors.

    Raises:
        UserError: markers are missing; the text names the nearest labels.
    """
    columns = find_markers(labels, markers)
    if set(columns) == {None} and not any(_nearest(marker, labels) for marker in markers):
        raise UserError(
            f"{source}: holds none of the {len(markers)} markers asked for ({shorten_list(markers)}) but "
            f"{shorten_list(labels)}: give the skeleton of its own marker set (the skeleton.yaml beside it that "
            "experiments.prepare writes), or a run that was trained on it"
        )
    if None in columns:
        raise UserError(
            f"{source}: {describe_missing(labels, markers, 'the skeleton')}: rename them in the file, or take a "
            "skeleton of its own marker set (experiments.prepare makes one)"
        )
    return [column for column in columns if column is not None]


def shorten_list(names: Sequence[str]) -> str:
    """The first few names, in words."""
    return ", ".join(name or "(no name)" for name in names[:SHOWN]) + ", …" * (len(names) > SHOWN)


def describe_missing(labels: Sequence[str], markers: Sequence[str], name: str) -> str:
    """What a file lacks of a marker set called `name`, with the nearest of its labels; or nothing."""
    columns = find_markers(labels, markers)
    missing = [marker for marker, at in zip(markers, columns, strict=True) if at is None]
    spare = strip_dancer_names([label for at, label in enumerate(labels) if at not in columns])
    told = [marker + _nearest(marker, spare) for marker in missing[:SHOWN]]
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    said = f"lacks {len(missing)} of {name}'s {len(markers)} markers: {', '.join(told)}{more}"
    return said if missing else ""


def strip_dancer_names(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels without the name of a dancer that stands before each of them (up to a colon)."""
    stripped = [label.rpartition(":")[2] for label in labels]
    return tuple(stripped) if len(set(stripped)) == len(stripped) else tuple(labels)


def dancer_columns(
    labels: Sequence[str], marker_sets: Sequence[Sequence[str]] = ()
) -> dict[str, list[int]]:
    """The columns of each dancer, by the name before the markers' names.

    That name ends at a colon. Where there is no colon, it is the text behind which most markers of a
    known set are found. A prop is no dancer, nor are points without names.

    Args:
        labels: the names in a file.
        marker_sets: the markers of known sets, those to be tried first in front.
    """
    owned: dict[str, list[int]] = {}
    for column, label in enumerate(labels):
        if not is_unnamed(label):
            owned.setdefault(label.rpartition(":")[0], []).append(column)
    if owned.keys() <= {""}:
        owned = _behind_prefixes(labels, marker_sets)
    least = max(LEAST_MARKERS, LEAST_SHARE * max(map(len, owned.values()), default=0))
    return {
        owner.rstrip(_BETWEEN) or UNNAMED: columns
        for owner, columns in owned.items()
        if len(columns) >= least
    }


def _behind_prefixes(
    labels: Sequence[str], marker_sets: Sequence[Sequence[str]]
) -> dict[str, list[int]]:
    """The columns behind each text behind which more than half of a set's markers are found."""
    for markers in marker_sets:
        found = _prefixes(labels, markers)
        dancers = [prefix for prefix, count in found.items() if count > len(markers) / 2]
        if dancers:
            break
    else:
        return {}
    owned: dict[str, list[int]] = {}
    for column, label in enumerate(labels):
        owners = [prefix for prefix in dancers if label.startswith(prefix)]
        if owners:
            owned.setdefault(max(owners, key=len), []).append(column)
    return owned


def _prefixes(labels: Sequence[str], markers: Sequence[str]) -> Counter[str]:
    """How many markers are found behind each text."""
    found: Counter[str] = Counter()
    for marker in markers:
        endings = [label for label in labels if label.lower().endswith(marker.lower())]
        found.update(list(dict.fromkeys(label[: len(label) - len(marker)] for label in endings)))
    return found


def _nearest(marker: str, labels: Sequence[str]) -> str:
    found = nearest_match(marker, labels)
    return f" (nearest: {found.split(chr(39))[1]})" if found else ""
