"""A skeleton for a marker set that the program does not know yet, and its YAML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.mocap.cleaning import interpolate_gaps
from mariel_gnn.mocap.formats.labels import is_unnamed, strip_dancer_names
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile
from mariel_gnn.mocap.skeletons.anatomy import body_part, left_right_pairs
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.skeletons.spanning_tree import limb_tree

SAME_PLACE = 1e-3  # of the body's height
_HEADER = """\
# A marker set found by experiments.prepare in {source}. Look it over: names of markers, lines to draw,
# left and right partners (left first), body parts. The keys are explained in docs/data_and_units.md.
"""


def new_skeleton(
    found: MarkerFile, name: str, height: float, least_seen: float = 0.0, twins: bool = False
) -> Skeleton:
    """The skeleton of a file: its markers, lines, partners, parts and root, found by name and movement.

    Left out are markers without a name of their own (`*12`), those seen too little, and joints that
    always are where another one is. Lines are the file's own, or else the tree that joins near and
    steady markers.

    Args:
        found: what the file holds; its labels are the markers' names.
        name: of the marker set.
        height: of the body, in the file's units.
        least_seen: share of the frames in which a marker must be seen.
        twins: whether joints that always are where another one is are kept.

    Raises:
        UserError: fewer than two markers are left.
    """
    labels = strip_dancer_names(found.labels or ())
    seen = np.isfinite(found.positions).all(axis=2).mean(axis=0)
    named = [n for n, label in enumerate(labels) if not is_unnamed(label)]
    usable = [n for n in named if seen[n] > 0 and seen[n] >= least_seen]
    positions = _without_gaps(found.positions, usable)
    twin = _twins(positions, usable, 0.0 if twins else SAME_PLACE * height)
    kept = [index for index in usable if twin[index] == index]
    if len(kept) < 2:
        raise UserError(f"{name}: has no two markers with names that are seen often enough")
    markers = tuple(labels[index] for index in kept)
    lines = _file_edges(found, kept, twin) or limb_tree(positions[:, kept])
    pairs = tuple(left_right_pairs(markers))
    return Skeleton(
        name, markers, markers, tuple(lines), pairs, _parts(markers, pairs), _root(markers, pairs)
    )


def write_skeleton(path: Path, skeleton: Skeleton, source: str) -> None:
    """Write a skeleton's YAML file, with comments on what to look over."""
    content = skeleton.to_dict()
    bare_rows = ("file_rows", "not_markers")  # the new set's files name their markers
    content = {key: value for key, value in content.items() if value and key not in bare_rows}
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=100)
    write_text(path, _HEADER.format(source=source) + text)


def _without_gaps(positions: Floats, usable: Sequence[int]) -> Floats:
    missing: NDArray[np.bool_] = np.asarray(np.isnan(positions).any(axis=2))
    missing[:, [n for n in range(missing.shape[1]) if n not in usable]] = False
    return interpolate_gaps(positions, missing)


def _twins(positions: Floats, usable: Sequence[int], nearer_than: float) -> dict[int, int]:
    """For each marker the first one that is always in the same place: itself, mostly."""
    spread = positions[:: max(1, len(positions) // 200)]
    twins: dict[int, int] = {}
    for index in usable:
        earlier = list(twins)
        apart = np.linalg.norm(spread[:, earlier] - spread[:, [index]], axis=2)
        near = np.flatnonzero((apart < nearer_than).all(axis=0))
        twins[index] = twins[earlier[int(near[0])]] if len(near) else index
    return twins


def _file_edges(
    found: MarkerFile, kept: Sequence[int], twin: Mapping[int, int]
) -> list[tuple[int, int]]:
    """The file's own lines between the markers that are kept, each once."""
    own = {label: index for index, label in enumerate(found.labels or ())}
    place = {original: number for number, original in enumerate(kept)}
    ends = [(own[a], own[b]) for a, b in found.edges if own[a] in twin and own[b] in twin]
    drawn = [(place[twin[a]], place[twin[b]]) for a, b in ends]
    return list(dict.fromkeys((a, b) for a, b in drawn if a != b))


def _parts(
    markers: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> Mapping[str, tuple[int, ...]]:
    sides = {
        index: side for pair in pairs for index, side in zip(pair, ("left ", "right "), strict=True)
    }
    parts: dict[str, list[int]] = {}
    for index, marker in enumerate(markers):
        part = body_part(marker)
        if part in ("arm", "leg"):
            part = sides.get(index, "") + part
        parts.setdefault(part or "torso", []).append(index)
    return {part: tuple(members) for part, members in parts.items()}


def _root(markers: Sequence[str], pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The paired markers of the pelvis, or what there is of it; all markers if names tell nothing."""
    pelvis = [index for index, marker in enumerate(markers) if body_part(marker) == "pelvis"]
    paired = [index for pair in pairs for index in pair if {*pair} <= {*pelvis}]
    return tuple(paired or pelvis or range(len(markers)))
