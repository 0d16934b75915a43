"""Matches the labels of a file to the markers of a skeleton and to dancers."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

MAX_LISTED = 5  # names in a message
UNNAMED = "unnamed"  # the dancer whose labels have no prefix
# A dancer has at least this number of markers, and this share of the largest dancer's: a prop has fewer.
MIN_MARKERS, MIN_SHARE = 4, 1 / 3
_GENERATED = re.compile(r"\*|u?name\*|unlabel|uname|$", re.IGNORECASE)
_SEPARATORS = ":_- "  # between the name of a dancer and of a marker
# Share of the names that occur several times in a file of several dancers; fewer are duplicates.
MIN_REPEATED = 0.75
_COUNTS = ("", "once", "twice", "three times", "four times")


def is_unnamed(label: str) -> bool:
    """Return whether capture software generated the label of an unidentified point, such as `*12`."""
    return _GENERATED.match(label) is not None


def distinct_labels(labels: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give every column of a file its own label, and say what was changed. All readers use it.

    A label that occurs again gets a number: `LANK`, `LANK#2`. If nearly all labels with one prefix
    occur several times, they belong to as many dancers: `1:LANK`, `2:LANK`. An empty label becomes that
    of an unidentified point, `*7` in column 7.

    Args:
        labels: as in the file, without surrounding spaces; they are compared exactly.

    Returns:
        the labels, each once, and the notes for `MarkerFile.notes`.
    """
    named = [label or f"*{column + 1}" for column, label in enumerate(labels)]
    counts = Counter(label for label in named if not is_unnamed(label))
    dancers = _repeated_sets(counts)
    taken, seen = set(named), Counter[str]()
    distinct: list[str] = []
    for label in named:
        seen[label] += 1
        many = dancers.get(_prefix(label), 0) if counts[label] > 1 else 0
        if seen[label] <= many:
            distinct.append(_unused(f"{seen[label]}:{label}", taken))
        else:
            distinct.append(_unused(label, taken) if seen[label] > 1 else label)
    return tuple(distinct), _distinct_notes(labels, distinct, counts, dancers)


def _prefix(label: str) -> str:
    """Return the text before the last colon: the name of a dancer or of a prop."""
    return label.rpartition(":")[0]


def _repeated_sets(counts: Counter[str]) -> dict[str, int]:
    """Return how often nearly all labels with a prefix occur, for prefixes where that is twice or more."""
    by_prefix: dict[str, list[int]] = {}
    for label, count in counts.items():
        by_prefix.setdefault(_prefix(label), []).append(count)
    often = {  # the number that three quarters of the labels reach
        prefix: sorted(numbers, reverse=True)[math.ceil(MIN_REPEATED * len(numbers)) - 1]
        for prefix, numbers in by_prefix.items()
        if len(numbers) >= MIN_MARKERS
    }
    return {prefix: count for prefix, count in often.items() if count > 1}


def _unused(label: str, taken: set[str]) -> str:
    """Return the label, with a number if a column has it: `LANK#2`; and take it."""
    numbered = (f"{label}#{number}" for number in itertools.count(2))
    unused = next(one for one in itertools.chain([label], numbered) if one not in taken)
    taken.add(unused)
    return unused


def _distinct_notes(
    labels: Sequence[str],
    distinct: Sequence[str],
    counts: Counter[str],
    dancers: Mapping[str, int],
) -> tuple[str, ...]:
    """Describe what `distinct_labels` changed."""
    notes = []
    if empty := sum(not label for label in labels):
        notes.append(f"{empty} {'marker has' if empty == 1 else 'markers have'} no name: left out")
    for prefix, many in dancers.items():
        whole = [label for label in counts if _prefix(label) == prefix]
        others = [label for label in whole if counts[label] != many]
        each = "each name" if not others else f"each of {len(whole) - len(others)} names"
        notes.append(
            f"{each} {f'of {prefix} ' if prefix else ''}occurs {_times(many)}: read as {many} dancers, "
            f"{' and '.join(f'{n}:{whole[0]}, …' for n in range(1, many + 1))}"
            + (f"; not so {shorten_list(others)}" if others else "")
        )
    renamed = [
        f"{new} is another {old}"
        for old, new in zip(labels, distinct, strict=True)
        if old and old != new and not is_unnamed(old) and new.startswith(f"{old}#")
    ]
    if renamed:
        notes.append(f"names that occur again are numbered: {shorten_list(renamed)}")
    return tuple(notes)


def _times(count: int) -> str:
    return _COUNTS[count] if count < len(_COUNTS) else f"{count} times"


def find_markers(labels: Sequence[str], markers: Sequence[str]) -> list[int | None]:
    """Find the column of each marker by name, with any prefix; None if there is none.

    `Anna:LANK`, `Anna_LANK` and `AnnaLANK` match LANK if `Anna` is the prefix with the most matches.
    Case is ignored.

    Args:
        labels: the labels of one dancer in a file.
        markers: the skeleton's names, the J axis.
    """
    counts = _count_prefixes(labels, markers)
    prefix = min(counts, key=lambda text: (-counts[text], len(text)), default="")
    columns = {label.lower(): column for column, label in reversed(list(enumerate(labels)))}
    return [columns.get(f"{prefix}{marker}".lower()) for marker in markers]


def match_labels(labels: Sequence[str], markers: Sequence[str], source: str) -> list[int]:
    """Find the column of each marker `[J]`, see `find_markers`.

    Args:
        labels: the labels of one dancer in a file.
        markers: the skeleton's names, the J axis.
        source: the file's name in errors.

    Raises:
        UserError: markers are missing; the message has the nearest labels.
    """
    columns = find_markers(labels, markers)
    if set(columns) == {None} and not any(_nearest(marker, labels) for marker in markers):
        raise UserError(
            f"{source}: has none of the skeleton's {len(markers)} markers ({shorten_list(markers)}); it has "
            f"{shorten_list(labels)}: use its own skeleton (experiments.prepare writes skeleton.yaml), or a "
            "run that was trained with it"
        )
    if None in columns:
        raise UserError(
            f"{source}: {describe_missing(labels, markers, 'the skeleton')}: rename them in the file, or "
            "use a skeleton without them (experiments.prepare writes one)"
        )
    return [column for column in columns if column is not None]


def shorten_list(names: Sequence[str]) -> str:
    """Join the first few names for a message."""
    listed = ", ".join(name or "(no name)" for name in names[:MAX_LISTED])
    return listed + ", …" * (len(names) > MAX_LISTED)


def describe_missing(labels: Sequence[str], markers: Sequence[str], name: str) -> str:
    """Describe the markers of a skeleton that a file lacks, with the nearest labels; empty if none.

    Args:
        labels: the labels of one dancer in a file.
        markers: the skeleton's names.
        name: the skeleton's name in the message.
    """
    columns = find_markers(labels, markers)
    missing = [marker for marker, at in zip(markers, columns, strict=True) if at is None]
    if not missing:
        return ""
    unused = strip_dancer_names([label for at, label in enumerate(labels) if at not in columns])
    listed = ", ".join(marker + _nearest(marker, unused) for marker in missing[:MAX_LISTED])
    more = f" and {len(missing) - MAX_LISTED} more" if len(missing) > MAX_LISTED else ""
    return f"lacks {len(missing)} of {name}'s {len(markers)} markers: {listed}{more}"


def strip_dancer_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Remove the prefixes up to a colon, if the labels stay unique."""
    stripped = [label.rpartition(":")[2] for label in labels]
    return tuple(stripped) if len(set(stripped)) == len(stripped) else tuple(labels)


def dancer_columns(
    labels: Sequence[str], marker_sets: Sequence[Sequence[str]] = ()
) -> dict[str, list[int]]:
    """Group the columns by dancer: by the prefix of the labels.

    The prefix ends at a colon. Without colons, it is the text before the names of a marker set.
    Props and unidentified points belong to no dancer.

    Args:
        labels: the labels in a file.
        marker_sets: the marker names of known skeletons, in the order in which they are tried.
    """
    groups: dict[str, list[int]] = {}
    for column, label in enumerate(labels):
        if not is_unnamed(label):
            groups.setdefault(label.rpartition(":")[0], []).append(column)
    if groups.keys() <= {""}:
        groups = _group_by_prefix(labels, marker_sets)
    min_markers = max(MIN_MARKERS, MIN_SHARE * max(map(len, groups.values()), default=0))
    return {
        prefix.rstrip(_SEPARATORS) or UNNAMED: columns
        for prefix, columns in groups.items()
        if len(columns) >= min_markers
    }


def _group_by_prefix(
    labels: Sequence[str], marker_sets: Sequence[Sequence[str]]
) -> dict[str, list[int]]:
    """Group the columns by prefixes that more than half of a marker set's names follow."""
    prefixes: list[str] = []
    for markers in marker_sets:
        counts = _count_prefixes(labels, markers)
        prefixes = [prefix for prefix, count in counts.items() if count > len(markers) / 2]
        if prefixes:
            break
    groups: dict[str, list[int]] = {}
    for column, label in enumerate(labels):
        matching = [prefix for prefix in prefixes if label.startswith(prefix)]
        if matching:
            groups.setdefault(max(matching, key=len), []).append(column)
    return groups


def _count_prefixes(labels: Sequence[str], markers: Sequence[str]) -> Counter[str]:
    """Count for each prefix the markers that follow it."""
    counts: Counter[str] = Counter()
    for marker in markers:
        endings = [label for label in labels if label.lower().endswith(marker.lower())]
        counts.update(list(dict.fromkeys(label[: len(label) - len(marker)] for label in endings)))
    return counts


def _nearest(marker: str, labels: Sequence[str]) -> str:
    hint = nearest_match(marker, labels)
    return f" (nearest: {hint.split(chr(39))[1]})" if hint else ""


def replace_aliases(found: MarkerFile, skeleton: Skeleton | None) -> MarkerFile:
    """The same content with aliases replaced by marker names.

    The comparison is case-sensitive because two rigs may differ in case only (`neck` and `Neck` are
    different joints). A dancer's name before a colon is kept.

    Args:
        found: the content of a file.
        skeleton: the marker set with its aliases; None changes nothing.
    """
    if skeleton is None or not skeleton.aliases or found.labels is None:
        return found
    marker_of = {name: marker for marker, names in skeleton.aliases.items() for name in names}

    def renamed(label: str) -> str:
        dancer, colon, name = label.rpartition(":")
        return dancer + colon + marker_of.get(name, name)

    return dataclasses.replace(
        found,
        labels=tuple(map(renamed, found.labels)),
        edges=tuple((renamed(a), renamed(b)) for a, b in found.edges),
    )
