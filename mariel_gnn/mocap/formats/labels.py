"""Matches the labels of a file to the markers of a skeleton and to dancers."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.skeletons.anatomy import names_of_several_bodies
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

MAX_LISTED = 5  # names in a message
UNNAMED = "unnamed"  # the dancer whose labels have no prefix
# A dancer has at least this number of markers, and this share of the largest dancer's: a prop has fewer.
MIN_MARKERS, MIN_SHARE = 4, 1 / 3
_GENERATED = re.compile(r"\*|u?name\*|unlabel|uname|$", re.IGNORECASE)
_SEPARATORS = ":_-. "  # between the name of a dancer and of a marker
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
            first = max(2, seen[label] - many)  # those before are taken
            distinct.append(_unused(label, taken, first) if seen[label] > 1 else label)
    return tuple(distinct), _distinct_notes(labels, distinct, counts, dancers)


def _prefix(label: str) -> str:
    """Return the text before the last colon: the name of a dancer or of a prop."""
    return label.rpartition(":")[0]


def _bare(label: str) -> str:
    """Return the text after the last colon."""
    return label.rpartition(":")[2]


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


def _unused(label: str, taken: set[str], first: int = 2) -> str:
    """Return the label, with a number from `first` on if a column has it: `LANK#2`; and take it."""
    numbered = (f"{label}#{number}" for number in itertools.count(first))
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
    """Find the column of each marker by its exact name, behind at most a dancer's name; None if none.

    `Anna:LANK`, `Anna_LANK` and `AnnaLANK` match LANK if `Anna` is the prefix of most markers. A marker
    that has no such label, such as `Sword:tip`, is found by its whole name.

    Args:
        labels: the labels of one dancer in a file.
        markers: the skeleton's names, the J axis.
    """
    prefix = next(iter(_likely_prefixes(labels, markers)), "")
    columns = {label: column for column, label in reversed(list(enumerate(labels)))}
    return [columns.get(f"{prefix}{marker}", columns.get(marker)) for marker in markers]


def find_any_case(labels: Sequence[str], markers: Sequence[str]) -> list[int | None]:
    """Find the columns like `find_markers` without regard to case, for suggestions only."""
    return find_markers(list(map(str.lower, labels)), list(map(str.lower, markers)))


def _likely_prefixes(labels: Sequence[str], markers: Sequence[str]) -> list[str]:
    """Return the prefixes that most markers share: usually one; none alone if it is among them."""
    counts = _count_prefixes(labels, markers)
    most = max(counts.values(), default=0)
    likely = [prefix for prefix, count in counts.items() if count == most]
    return [""] if "" in likely else likely


def match_labels(labels: Sequence[str], markers: Sequence[str], source: str) -> list[int]:
    """Find the column of each marker `[J]`, see `find_markers`.

    Args:
        labels: the labels of one dancer in a file.
        markers: the skeleton's names, the J axis.
        source: the file's name in errors.

    Raises:
        UserError: markers are missing, with the nearest labels, or are there with several prefixes.
    """
    columns = find_markers(labels, markers)
    named = [label for label in labels if not is_unnamed(label)]
    if set(columns) == {None} and not any(_nearest(marker, named) for marker in markers):
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
    if len(prefixes := _likely_prefixes(labels, markers)) > 1:
        several = " and ".join(f"{prefix}{markers[0]}" for prefix in prefixes)
        raise UserError(f"{source}: {markers[0]} may be {several}: rename one of them in the file")
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
    missing = [index for index, at in enumerate(columns) if at is None]
    if not missing:
        return ""
    unused = [
        _bare(label)
        for at, label in enumerate(labels)
        if at not in columns and not is_unnamed(label)
    ]
    any_case = find_any_case(labels, markers)
    near = {
        index: _nearest(markers[index], unused) if at is None else f" (nearest: {labels[at]})"
        for index in missing[:MAX_LISTED]
        for at in [any_case[index]]
    }
    listed = ", ".join(f"{markers[index]}{hint}" for index, hint in near.items())
    more = f" and {len(missing) - MAX_LISTED} more" if len(missing) > MAX_LISTED else ""
    differs = any(any_case[index] is not None for index in missing)
    case = " (upper and lower case differ)" if differs else ""
    return f"lacks {len(missing)} of {name}'s {len(markers)} markers: {listed}{more}{case}"


def describe_left_out(labels: Sequence[str], columns: Collection[int], skeleton: Skeleton) -> str:
    """Name the labels that are in no column of a skeleton; empty if there are none."""
    left_out = [
        label for at, label in enumerate(labels) if at not in columns and not is_unnamed(label)
    ]
    verb = "is" if len(left_out) == 1 else "are"
    listed = f"{verb} not in {skeleton.name}, left out: {shorten_list(left_out)}"
    return f"{len(left_out)} of {len(labels)} markers {listed}" if left_out else ""


def strip_dancer_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Remove the dancer's name up to a colon, if there is one dancer and the labels stay unique.

    The names of props stay whole.
    """
    dancers = list(dancer_columns(labels).values())
    if len(dancers) != 1:
        return tuple(labels)
    stripped = [_bare(label) if at in dancers[0] else label for at, label in enumerate(labels)]
    return tuple(stripped if len({*stripped} - {""}) == len(labels) else labels)


def dancer_columns(
    labels: Sequence[str], marker_sets: Sequence[Sequence[str]] = ()
) -> dict[str, list[int]]:
    """Group the columns by dancer: by the prefix of the labels.

    The prefix ends at a colon. In a group with one such prefix, or none, dancers are also found by the
    text before the names of a marker set, or before names that they have in common (`Anna_Head`,
    `Ben_Head`). Props and unidentified points belong to no dancer.

    Args:
        labels: the labels in a file.
        marker_sets: the marker names of known skeletons, in the order in which they are tried.
    """
    groups: dict[str, list[int]] = {}
    for column, label in enumerate(labels):
        if not is_unnamed(label):
            groups.setdefault(_prefix(label), []).append(column)
    parts: dict[str, list[int]] = {}
    for prefix, columns in groups.items():
        repeated = names_of_several_bodies([labels[column] for column in columns])
        sets = [*marker_sets, repeated] if repeated else marker_sets
        within = _group_by_prefix(labels, columns, sets)
        parts |= within if len(within) > 1 or (within and not prefix) else {prefix: columns}
    min_markers = max(MIN_MARKERS, MIN_SHARE * max(map(len, parts.values()), default=0))
    taken: set[str] = set()
    return {
        _unused(prefix.rstrip(_SEPARATORS) or UNNAMED, taken): columns
        for prefix, columns in parts.items()
        if len(columns) >= min_markers
    }


def _group_by_prefix(
    labels: Sequence[str], columns: Sequence[int], marker_sets: Sequence[Sequence[str]]
) -> dict[str, list[int]]:
    """Group some columns by prefixes that more than half of a marker set's names follow."""
    prefixes: list[str] = []
    for markers in marker_sets:
        counts = _count_prefixes([labels[column] for column in columns], markers)
        prefixes = [prefix for prefix, count in counts.items() if count > len(markers) / 2]
        if prefixes:
            break
    groups: dict[str, list[int]] = {}
    for column in columns:
        matching = [prefix for prefix in prefixes if labels[column].startswith(prefix)]
        if matching:
            groups.setdefault(max(matching, key=len), []).append(column)
    return groups


def _count_prefixes(labels: Sequence[str], markers: Sequence[str]) -> Counter[str]:
    """Count for each prefix the markers that follow it."""
    prefixes: dict[str, dict[str, None]] = {marker: {} for marker in markers}
    lengths = {len(marker) for marker in markers}
    for label in labels:
        for start in (len(label) - length for length in lengths if length <= len(label)):
            if (marker := label[start:]) in prefixes:
                prefixes[marker][label[:start]] = None
    counts: Counter[str] = Counter()
    for marker in markers:
        counts.update(list(prefixes[marker]))
    return counts


def _nearest(marker: str, labels: Sequence[str]) -> str:
    hint = nearest_match(marker, labels)
    return f" (nearest: {hint.split(chr(39))[1]})" if hint else ""


def replace_aliases(found: MarkerFile, skeleton: Skeleton | None) -> MarkerFile:
    """The same content with aliases replaced by marker names.

    The comparison is case-sensitive because two rigs may differ in case only (`neck` and `Neck` are
    different joints). A dancer's name before a colon is kept. A label that has the marker's own name
    already, or an alias that is listed first, keeps the others from being replaced: no two columns
    become one marker.

    Args:
        found: the content of a file.
        skeleton: the marker set with its aliases; None changes nothing.
    """
    if skeleton is None or not skeleton.aliases or found.labels is None:
        return found
    taken, new_names = set(found.labels), {}
    for marker, alias in ((m, name) for m, names in skeleton.aliases.items() for name in names):
        for label in found.labels:
            new = label.removesuffix(alias) + marker
            if _bare(label) == alias and new not in taken:
                new_names[label] = new
                taken.add(new)

    def renamed(label: str) -> str:
        return new_names.get(label, label)

    return dataclasses.replace(
        found,
        labels=tuple(map(renamed, found.labels)),
        edges=tuple((renamed(a), renamed(b)) for a, b in found.edges),
    )
