"""File labels that a skeleton lists as other names of its markers."""

from __future__ import annotations

import dataclasses

from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


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
