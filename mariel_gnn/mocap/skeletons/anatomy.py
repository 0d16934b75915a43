"""Body parts, sides and directions from marker names, which are similar in most marker sets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

# Usual names in Vicon, OptiTrack and BVH files. The first part with a match is taken.
_PART_PATTERNS = {
    "head": r"head|hd$|ariel|skull|nose|eye|ear$|chin|neck|jaw|^top$",
    "pelvis": r"hip|pelv|asi|psi|wt$|waist|sacr|upleg|upperleg",
    "arm": r"arm|hand|elb|iel$|wrist|iwr$|owr$|wra$|wrb$|finger|thumb|index|fin$|upa$|frm$",
    "leg": r"leg|knee|kne$|kni$|ank|foot|toe|heel|hel$|hee$|thi|tib|shin|shn$|mt[15]$|mtp|calf",
}
_FEET = r"foot|toe|heel|hel$|hee$|ank|mt[15]$|mtp"
# Pairs of front and back markers: on the feet, the trunk and the head.
_FRONT_AND_BACK = (
    (r"toe|mt[15]$|mtp", r"heel|hel$|hee$|ank|foot"),
    (r"clav|strn|stern|fwt$|asi|xiph", r"c7|t10|t8$|bwt$|psi|sacr"),
    (r"fhd$|nose|forehead", r"bhd$"),
)
MIN_ALIKE = 0.75  # of the names of two bodies
_PREFIXED, _SIDE = re.compile(r"(.+?)[_.\- ](.+)"), re.compile(r"l|r|left|right", re.IGNORECASE)
# Left and right in names: a word, or a letter at the start, at the end, or between separators.
_SIDES = (
    (r"left", "right"),
    (r"Left", "Right"),
    (r"LEFT", "RIGHT"),
    (r"^L(?=[A-Z_.\-])", "R"),
    (r"^l(?=[A-Z_.\-])", "r"),
    (r"(?<=[a-z_.\-])L$", "R"),
    (r"(?<=[_.\-])l$", "r"),
    (r"(?<=[_.\-])L(?=[_.\-])", "R"),
)


def body_part(label: str) -> str | None:
    """Return ``"head"``, ``"pelvis"``, ``"arm"`` or ``"leg"``; None for the trunk and unknown names."""
    return next(
        (part for part, pattern in _PART_PATTERNS.items() if _matches(label, pattern)), None
    )


def head_markers(labels: Sequence[str]) -> list[int]:
    """Return the indices of labels on the head."""
    return [index for index, label in enumerate(labels) if body_part(label) == "head"]


def foot_markers(labels: Sequence[str]) -> list[int]:
    """Return the indices of labels on the feet."""
    return [index for index, label in enumerate(labels) if _matches(label, _FEET)]


def names_of_several_bodies(labels: Sequence[str]) -> list[str]:
    """Return the names that several prefixes have in common, such as Head in `Anna_Head` and `Ben_Head`.

    A prefix is the text before the first separator. It belongs to a body if head and feet follow it and
    it is no side (`Left_`). Empty if there are not two bodies, or less than three quarters of their names
    are alike.
    """
    names: dict[str, set[str]] = {}
    for prefix, name in (match.groups() for match in map(_PREFIXED.fullmatch, labels) if match):
        names.setdefault(prefix, set()).add(name)
    bodies = [
        after
        for prefix, after in names.items()
        if not _SIDE.fullmatch(prefix) and head_markers([*after]) and foot_markers([*after])
    ]
    shared = set.intersection(*bodies) if len(bodies) > 1 else set()
    alike = bool(shared) and len(shared) >= MIN_ALIKE * max(map(len, bodies))
    return sorted(shared) if alike else []


def front_and_back_markers(labels: Sequence[str]) -> list[tuple[list[int], list[int]]]:
    """Return the indices of front and of back labels, for each body part that has both."""
    found = []
    for front, back in _FRONT_AND_BACK:
        front_indices = [index for index, label in enumerate(labels) if _matches(label, front)]
        back_indices = [
            index
            for index, label in enumerate(labels)
            if _matches(label, back) and not _matches(label, front)
        ]
        if front_indices and back_indices:
            found.append((front_indices, back_indices))
    return found


def left_right_pairs(labels: Sequence[str]) -> list[tuple[int, int]]:
    """Return left and right partners by name, as index pairs, left first."""
    index_of = {label: index for index, label in enumerate(labels)}
    found: dict[int, int] = {}
    for left, right in _SIDES:
        for label, index in index_of.items():
            other = index_of.get(re.sub(left, right, label, count=1))
            if other is not None and other != index and index not in found:
                found[index] = other
    taken = set(found.values())
    return [(left, right) for left, right in found.items() if left not in taken]


@lru_cache(maxsize=1 << 14)  # names are asked for again and again
def _matches(label: str, pattern: str) -> bool:
    """Search a label, with and without a side and a number at its end."""
    lower = label.lower()
    stem = re.sub(r"([_.\- ]?(l|r|left|right))?([_.\- ]?\d+)?$", "", lower) or lower
    return re.search(pattern, stem) is not None or re.search(pattern, lower) is not None
