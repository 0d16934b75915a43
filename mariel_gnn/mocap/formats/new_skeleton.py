"""The skeleton of a file; one for a marker set that is not shipped, and its YAML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.mocap.cleaning import interpolate_gaps
from mariel_gnn.mocap.formats.interpretation import (
    MatchedSkeleton,
    identify_skeleton,
)
from mariel_gnn.mocap.formats.labels import find_markers, is_unnamed, strip_dancer_names
from mariel_gnn.mocap.formats.marker_file import AnyFloats, Floats, MarkerFile
from mariel_gnn.mocap.plausibility import body_extent
from mariel_gnn.mocap.skeletons.anatomy import body_part, left_right_pairs
from mariel_gnn.mocap.skeletons.loading import add_markers
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.skeletons.spanning_tree import distances, limb_tree

DUPLICATE_DISTANCE = 1e-3  # of the body's height
COMPARED_FRAMES = 200
_HEADER = """\
# A marker set that experiments.prepare derived from {source}. Check the marker names, the edges, the
# left and right pairs (left first) and the body parts. docs/data_and_units.md explains the keys.
"""


def new_skeleton(
    found: MarkerFile,
    name: str,
    height: float,
    min_visible: float = 0.0,
    keep_duplicates: bool = False,
) -> Skeleton:
    """Derive a skeleton from the labels and the motion of a file.

    It leaves out unidentified points (`*12`), markers with too many gaps, and duplicates: joints that
    always have the position of an earlier one. The edges are those of the file, or else `limb_tree`.

    Args:
        found: the content of the file; its labels are the markers' names.
        name: the skeleton's name.
        height: of the body, in the file's unit.
        min_visible: minimum fraction of frames in which a marker is visible.
        keep_duplicates: whether to keep duplicates.

    Raises:
        UserError: fewer than two markers remain.
    """
    labels = strip_dancer_names(found.labels or ())
    usable = _usable(found.positions, labels, min_visible)
    positions = _without_gaps(found.positions, usable)
    distance = 0.0 if keep_duplicates else DUPLICATE_DISTANCE * height
    first = _first_at_position(positions, usable, distance)
    kept = [index for index in usable if first[index] == index]
    if len(kept) < 2:
        raise UserError(
            f"{name}: fewer than two markers have names and few gaps: label them in the capture software"
        )
    markers = tuple(labels[index] for index in kept)
    edges = _file_edges(found, kept, first) or limb_tree(positions[:, kept])
    pairs = tuple(left_right_pairs(markers))
    return Skeleton(
        name, markers, markers, tuple(edges), pairs, _parts(markers, pairs), _root(markers, pairs)
    )


def own_skeleton(found: MarkerFile, name: str) -> MatchedSkeleton:
    """Return the skeleton in a file, a shipped one that fits, or a new one of all named markers.

    A shipped one is extended by the other visible markers, such as `Sword:tip` or `LANK#2`, without edges.
    """
    matched = identify_skeleton(found)
    if matched is None:
        height = body_extent(found.positions)
        return MatchedSkeleton(new_skeleton(found, name, height, keep_duplicates=True), name)
    labels, shipped = found.labels or (), matched.skeleton
    columns, names = find_markers(labels, shipped.markers), strip_dancer_names(labels)
    usable = _usable(found.positions, names, min_visible=0.0)
    more = [names[at] for at in usable if at not in columns and names[at] not in shipped.markers]
    if found.skeleton or not more:
        return matched
    return matched._replace(
        skeleton=add_markers(shipped, more, f"{shipped.name} and {len(more)} more")
    )


def write_skeleton(path: Path, skeleton: Skeleton, source: str) -> None:
    """Write a skeleton's YAML file, with a comment that names its source."""
    content = skeleton.to_dict()
    file_layout = ("file_rows", "not_markers")  # the set's own files have marker names
    content = {key: value for key, value in content.items() if value and key not in file_layout}
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=100)
    write_text(path, _HEADER.format(source=source) + text)


def _usable(positions: AnyFloats, labels: Sequence[str], min_visible: float) -> list[int]:
    visible = np.isfinite(positions).all(axis=2).mean(axis=0)
    return [
        index
        for index, label in enumerate(labels)
        if not is_unnamed(label) and visible[index] > 0 and visible[index] >= min_visible
    ]


def _without_gaps(positions: AnyFloats, usable: Sequence[int]) -> Floats:
    missing: NDArray[np.bool_] = np.asarray(np.isnan(positions).any(axis=2))
    missing[:, [n for n in range(missing.shape[1]) if n not in usable]] = False
    return interpolate_gaps(positions.astype(np.float64), missing)


def _first_at_position(
    positions: Floats, usable: Sequence[int], max_distance: float
) -> dict[int, int]:
    """Return for each marker the first one that always has its position: usually itself."""
    frames = positions[:: max(1, len(positions) // COMPARED_FRAMES)]
    first: dict[int, int] = {}
    for index in usable:
        earlier = np.array([*first], dtype=np.intp)
        for compared in (frames[:1], frames):  # few are near in the first frame
            away = distances(compared[:, earlier], compared[:, [index]])
            earlier = earlier[(away < max_distance).all(axis=0)]
        first[index] = first[int(earlier[0])] if len(earlier) else index
    return first


def _file_edges(
    found: MarkerFile, kept: Sequence[int], first: Mapping[int, int]
) -> list[tuple[int, int]]:
    """Return the file's edges between the markers that are kept, each once."""
    column = {label: index for index, label in enumerate(found.labels or ())}
    marker = {index: number for number, index in enumerate(kept)}
    columns = [(column[a], column[b]) for a, b in found.edges]
    edges = [(marker[first[a]], marker[first[b]]) for a, b in columns if {a, b} <= first.keys()]
    return list(dict.fromkeys((a, b) for a, b in edges if a != b))


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
    """Return the paired markers of the pelvis, else its other markers, else all markers."""
    pelvis = [index for index, marker in enumerate(markers) if body_part(marker) == "pelvis"]
    paired = [index for pair in pairs for index in pair if {*pair} <= {*pelvis}]
    return tuple(paired or pelvis or range(len(markers)))
