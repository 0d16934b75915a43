"""What a marker's name tells of its place on the body; marker sets name alike, if not the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Vicon's, OptiTrack's and BVH's usual names. The first part that a name fits is its part.
_WORDS = {
    "head": r"head|hd$|ariel|skull|nose|eye|ear$|chin|neck|jaw|^top$",
    "pelvis": r"hip|pelv|asi|psi|wt$|waist|sacr|upleg|upperleg",
    "arm": r"arm|hand|elb|iel$|wrist|iwr$|owr$|wra$|wrb$|finger|thumb|index|fin$|upa$|frm$",
    "leg": r"leg|knee|kne$|kni$|ank|foot|toe|heel|hel$|hee$|thi|tib|shin|shn$|mt[15]$|mtp|calf",
}
_FEET = r"foot|toe|heel|hel$|hee$|ank|mt[15]$|mtp"
# What lies before what, in three places of the body.
_FRONT_AND_BACK = (
    (r"toe|mt[15]$|mtp", r"heel|hel$|hee$|ank|foot"),
    (r"clav|strn|stern|fwt$|asi|xiph", r"c7|t10|t8$|bwt$|psi|sacr"),
    (r"fhd$|nose|forehead", r"bhd$"),
)
# Left and right as parts of names: words, then a letter at the front, at the end, or parted off.
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
    """``"head"``, ``"pelvis"``, ``"arm"`` or ``"leg"``; None for the trunk and what is not known."""
    return next((part for part, words in _WORDS.items() if _matches(label, words)), None)


def head_markers(labels: Sequence[str]) -> list[int]:
    """The labels on the head."""
    return [index for index, label in enumerate(labels) if body_part(label) == "head"]


def foot_markers(labels: Sequence[str]) -> list[int]:
    """The labels on the feet."""
    return [index for index, label in enumerate(labels) if _matches(label, _FEET)]


def front_and_back_markers(labels: Sequence[str]) -> list[tuple[list[int], list[int]]]:
    """Labels of which the first lie before the second, for each part of the body that has both."""
    found = []
    for front, back in _FRONT_AND_BACK:
        before = [index for index, label in enumerate(labels) if _matches(label, front)]
        behind = [
            index
            for index, label in enumerate(labels)
            if _matches(label, back) and not _matches(label, front)
        ]
        if before and behind:
            found.append((before, behind))
    return found


def left_right_pairs(labels: Sequence[str]) -> list[tuple[int, int]]:
    """Left and right partners by name, left first."""
    place = {label: index for index, label in enumerate(labels)}
    found: dict[int, int] = {}
    for left, right in _SIDES:
        for label, index in place.items():
            other = place.get(re.sub(left, right, label, count=1))
            if other is not None and other != index and index not in found:
                found[index] = other
    taken = set(found.values())
    return [(left, right) for left, right in found.items() if left not in taken]


def _matches(label: str, words: str) -> bool:
    bare = re.sub(r"([_.\- ]?(l|r|left|right))?([_.\- ]?\d+)?$", "", label.lower()) or label.lower()
    return re.search(words, bare) is not None or re.search(words, label.lower()) is not None
