"""The `Skeleton`: marker names, edges, left/right pairs, body parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Skeleton:
    """A marker set. Indices are positions in `markers`, which is the order of the J axis.

    Attributes:
        name: the marker set's name.
        markers: the J marker names.
        file_rows: the names of a file's rows in file order, those that are no markers included.
        edges: skeleton edges as index pairs, for drawing and for graphs.
        pairs: left/right partners as index pairs, left first.
        parts: body part -> marker indices.
        root: the markers whose mean is the body's root.
        extra_edges: how many of the last `lines` the field's own list does not have.
        not_markers: rows of a file that are no markers.
    """

    name: str
    markers: tuple[str, ...]
    file_rows: tuple[str, ...]
    edges: tuple[tuple[int, int], ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    parts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    root: tuple[int, ...] = ()
    extra_edges: int = 0
    not_markers: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.markers)

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """The file row of each marker, `[J]`."""
        return tuple(self.file_rows.index(marker) for marker in self.markers)

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """Each marker's left/right partner (itself in the middle), `[J]`: its own inverse."""
        partner = list(range(len(self)))
        for left, right in self.pairs:
            partner[left], partner[right] = right, left
        return tuple(partner)

    @cached_property
    def side(self) -> tuple[str, ...]:
        """``"left"``, ``"right"`` or ``"middle"`` of each marker, `[J]`."""
        side = ["middle"] * len(self)
        for left, right in self.pairs:
            side[left], side[right] = "left", "right"
        return tuple(side)

    @cached_property
    def part_of(self) -> tuple[str | None, ...]:
        """The body part of each marker, None if it is in none, `[J]`."""
        part: list[str | None] = [None] * len(self)
        for name, members in self.parts.items():
            for marker in members:
                part[marker] = name
        return tuple(part)

    @property
    def field_edges(self) -> tuple[tuple[int, int], ...]:
        """The lines of the field's own list, without `extra_edges`."""
        return self.edges[: len(self.edges) - self.extra_edges]

    def to_dict(self) -> dict[str, Any]:
        """The skeleton as plain data that `skeleton_from_dict` takes, for checkpoints."""
        name = self.markers.__getitem__
        return {
            "name": self.name,
            "file_rows": list(self.file_rows),
            "not_markers": list(self.not_markers),
            "markers": list(self.markers),
            "root": [name(i) for i in self.root],
            "edges": [[name(a), name(b)] for a, b in self.field_edges],
            "extra_edges": [[name(a), name(b)] for a, b in self.edges[len(self.field_edges) :]],
            "pairs": [[name(a), name(b)] for a, b in self.pairs],
            "parts": {part: [name(i) for i in members] for part, members in self.parts.items()},
        }


# The field's 58 lines stop at the upper arm and join neither head nor waist to the
# chest: on real dancers the pieces float. These fill the gaps, thinner and paler than the lines.
_BOTH_SIDES = (
    "?UPA-?ELB ?UPA-?IEL ?ELB-?FRM ?IEL-?FRM ?FRM-?OWR ?FRM-?IWR C7-?BHD MBWT-?BWT MFWT-?FWT"
)
_MIDDLE = "C7-T10 T10-MBWT CLAV-STRN"


def gap_edges(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """Return the marker index pairs, none of them listed, that close a body's gaps."""
    index = {name: number for number, name in enumerate(skeleton.markers)}
    listed = {frozenset(line) for line in skeleton.edges}
    sides = [_BOTH_SIDES.replace("?", side) for side in "LR"]
    pairs = [pair.split("-") for pair in " ".join([*sides, _MIDDLE]).split()]
    found = [(index[a], index[b]) for a, b in pairs if a in index and b in index]
    return tuple(pair for pair in found if frozenset(pair) not in listed)
