"""The skeleton of two dancers as one marker set: the first dancer's markers, then the second's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

DANCERS = ("1", "2")


def pair_skeleton(skeleton: Skeleton) -> Skeleton:
    """Return the skeleton of two dancers of one skeleton; markers are named 1:NAME and 2:NAME.

    It keeps what files of one dancer need: their rows and other names of markers.

    Args:
        skeleton: of one dancer, J markers.
    """
    count = len(skeleton)
    both = [(dancer, number * count) for number, dancer in enumerate(DANCERS)]
    markers, rows, not_markers = (
        tuple(_of(dancer, name) for dancer, _ in both for name in names)
        for names in (skeleton.markers, skeleton.file_rows, skeleton.not_markers)
    )
    return Skeleton(
        name=f"two dancers, {skeleton.name}",
        markers=markers,
        file_rows=rows,
        edges=tuple((a + first, b + first) for _, first in both for a, b in skeleton.edges),
        pairs=tuple((a + first, b + first) for _, first in both for a, b in skeleton.pairs),
        parts={
            f"{part} {dancer}": tuple(member + first for member in members)
            for dancer, first in both
            for part, members in skeleton.parts.items()
        },
        root=tuple(member + first for _, first in both for member in skeleton.root),
        not_markers=not_markers,
        aliases={
            _of(dancer, name): tuple(_of(dancer, alias) for alias in aliases)
            for dancer, _ in both
            for name, aliases in skeleton.aliases.items()
        },
    )


def one_of_pair(skeleton: Skeleton) -> Skeleton:
    """Return the skeleton of one dancer, from that of two; the inverse of `pair_skeleton`.

    Args:
        skeleton: of two dancers, 2J markers.
    """
    count = len(skeleton) // 2
    return Skeleton(
        name=skeleton.name.partition(", ")[2],
        markers=_of_first(skeleton.markers),
        file_rows=_of_first(skeleton.file_rows),
        edges=tuple(edge for edge in skeleton.edges if max(edge) < count),
        pairs=tuple(pair for pair in skeleton.pairs if max(pair) < count),
        parts={
            part.removesuffix(f" {DANCERS[0]}"): members
            for part, members in skeleton.parts.items()
            if part.endswith(f" {DANCERS[0]}")
        },
        root=tuple(member for member in skeleton.root if member < count),
        not_markers=_of_first(skeleton.not_markers),
        aliases={
            _without_dancer(name): tuple(map(_without_dancer, aliases))
            for name, aliases in skeleton.aliases.items()
            if name in skeleton.markers[:count]
        },
    )


def join_dancers(first: Recording, second: Recording) -> Recording:
    """Return two dancers of the same frames as one recording of 2J markers.

    Args:
        first: `[T, J, C]`.
        second: `[T, J, C]`, the same frames.
    """
    both = np.concatenate([first.positions, second.positions], axis=1)
    return replace(first, name=f"{first.name} with {second.name}", positions=both)


def split_dancers(positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the positions `[T, 2J, C]` of two dancers as `[2, T, J, C]`."""
    halves = np.split(positions, 2, axis=1)
    return np.stack(halves)


def _of(dancer: str, name: str) -> str:
    return f"{dancer}:{name}"


def _without_dancer(name: str) -> str:
    return name.partition(":")[2]


def _of_first(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the first dancer, who has half of them."""
    return tuple(map(_without_dancer, names[: len(names) // 2]))
