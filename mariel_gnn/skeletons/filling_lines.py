"""Thin strokes where the listed lines leave gaps: drawing only, no model sees them.

Found by marker name, and left out where a skeleton lacks the names.
"""

from __future__ import annotations

from mariel_gnn.skeletons.skeleton import Skeleton

# The field's 58 lines stop at the upper arm and join neither head nor waist to the
# chest: on real dancers the pieces float. These fill the gaps, thinner and paler than the lines.
_BOTH_SIDES = (
    "?UPA-?ELB ?UPA-?IEL ?ELB-?FRM ?IEL-?FRM ?FRM-?OWR ?FRM-?IWR C7-?BHD MBWT-?BWT MFWT-?FWT"
)
_MIDDLE = "C7-T10 T10-MBWT CLAV-STRN"


def filling_lines(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """Return the marker index pairs, none of them listed, that close a body's gaps."""
    index = {name: number for number, name in enumerate(skeleton.markers)}
    listed = {frozenset(line) for line in skeleton.lines}
    sides = [_BOTH_SIDES.replace("?", side) for side in "LR"]
    pairs = [pair.split("-") for pair in " ".join([*sides, _MIDDLE]).split()]
    found = [(index[a], index[b]) for a, b in pairs if a in index and b in index]
    return tuple(pair for pair in found if frozenset(pair) not in listed)
