"""The `Skeleton`: marker names, edges, left/right pairs, body parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Skeleton:
    """A marker set. Indices refer to `markers`, which is the order of the J axis.

    Attributes:
        name: the marker set's name.
        markers: the J marker names.
        file_rows: the names of a field file's rows in order, including rows that are not markers.
        edges: skeleton edges as index pairs, for drawing and for graphs.
        pairs: left/right partners as index pairs, left first.
        parts: body part -> marker indices.
        root: the markers with the root as their mean.
        extra_edges: number of edges at the end of `edges` that are not in the field's own list.
        not_markers: rows of a field file that are not markers.
        aliases: marker -> its other names in files.
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
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.markers)

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """The file row of each marker, `[J]`."""
        return tuple(self.file_rows.index(marker) for marker in self.markers)

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """The left/right partner of each marker, `[J]`; markers without a partner map to themselves."""
        partner = list(range(len(self)))
        for left, right in self.pairs:
            partner[left], partner[right] = right, left
        return tuple(partner)

    @cached_property
    def side(self) -> tuple[str, ...]:
        """``"left"``, ``"right"`` or ``"middle"`` for each marker, `[J]`."""
        side = ["middle"] * len(self)
        for left, right in self.pairs:
            side[left], side[right] = "left", "right"
        return tuple(side)

    @cached_property
    def part_of(self) -> tuple[str | None, ...]:
        """The body part of each marker, `[J]`; None if it belongs to none."""
        part: list[str | None] = [None] * len(self)
        for name, members in self.parts.items():
            for marker in members:
                part[marker] = name
        return tuple(part)

    @property
    def field_edges(self) -> tuple[tuple[int, int], ...]:
        """The edges of the field's own list, without `extra_edges`."""
        return self.edges[: len(self.edges) - self.extra_edges]

    def difference(self, other: Skeleton) -> str:
        """Name the first attribute that differs for recordings of two skeletons; empty if none does.

        Names and file rows are not compared.
        """
        compared = ("markers", "edges", "pairs", "parts", "root")
        return next((key for key in compared if getattr(self, key) != getattr(other, key)), "")

    def to_dict(self) -> dict[str, Any]:
        """Return the skeleton as plain data for `skeleton_from_dict`, as in checkpoints."""
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
            "aliases": {marker: list(names) for marker, names in self.aliases.items()},
        }


# mariel53's 58 edges end at the upper arm and connect neither head nor waist to the chest. These pairs
# close the gaps in drawings; they are drawn thinner than the skeleton edges.
_GAPS_OF_A_SIDE = (
    "?UPA-?ELB ?UPA-?IEL ?ELB-?FRM ?IEL-?FRM ?FRM-?OWR ?FRM-?IWR C7-?BHD MBWT-?BWT MFWT-?FWT"
)
_MIDDLE_GAPS = "C7-T10 T10-MBWT CLAV-STRN"


def gap_edges(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """Return the pairs, by marker name, that close the gaps between skeleton edges in drawings.

    Markers of two dancers (`pair_skeleton`) are named 1:NAME and 2:NAME; each has her own pairs.
    """
    index = {name: number for number, name in enumerate(skeleton.markers)}
    edges = {frozenset(edge) for edge in skeleton.edges}
    sides = [_GAPS_OF_A_SIDE.replace("?", side) for side in "LR"]
    names = [pair.split("-") for pair in " ".join([*sides, _MIDDLE_GAPS]).split()]
    dancers = dict.fromkeys("".join(name.rpartition(":")[:2]) for name in skeleton.markers)
    both = [(dancer + a, dancer + b) for dancer in dancers for a, b in names]
    pairs = [(index[a], index[b]) for a, b in both if a in index and b in index]
    return tuple(pair for pair in pairs if frozenset(pair) not in edges)
