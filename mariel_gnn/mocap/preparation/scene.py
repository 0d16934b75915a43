"""Open a file with several dancers of one room: one vertical axis and one marker set for all.

A file with one dancer is a scene of one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.interpretation import (
    MIN_SHARE,
    MatchedSkeleton,
    identify_skeleton,
    split_dancers,
)
from mariel_gnn.mocap.formats.labels import find_markers, shorten_list, strip_dancer_names
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.new_skeleton import new_skeleton
from mariel_gnn.mocap.plausibility import upright_axis
from mariel_gnn.mocap.preparation.opening import OpenedFile, read_content, turn_upright, up_axis
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.preparation.prepare_file import MIN_VISIBLE, named_set
from mariel_gnn.mocap.skeletons.loading import reduce_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


@dataclass(frozen=True)
class OpenedScene:
    """The dancers of one file by name, z up, in the file's unit and room."""

    path: Path
    dancers: Mapping[str, OpenedFile]

    @property
    def tallest(self) -> str:
        """The name of the dancer with the largest standing height."""
        return max(self.dancers, key=lambda name: self.dancers[name].height)

    @property
    def height(self) -> float:
        """The standing height of the tallest dancer in the file's unit."""
        return self.dancers[self.tallest].height


def open_scene(
    path: Path, options: PreparationOptions, skeleton: Skeleton | None = None
) -> OpenedScene:
    """Read all dancers of a file and rotate z up.

    Args:
        path: a file of any readable format.
        options: facts about the file; `subject` takes one of several dancers.
        skeleton: the marker set of a bare array; None uses the shipped one that fits.

    Raises:
        UserError: the file is not readable or has no body, or the axis is ambiguous.
    """
    content, take = read_content(path, skeleton)
    dancers = split_dancers(content, options.subject, path, skeleton)
    up, upright = _common_axis(dancers, options.up, path)
    opened = {}
    for name, found in dancers.items():
        source = f"{path} {name}" if len(dancers) > 1 else str(path)
        opened[name] = dataclasses.replace(
            turn_upright(Path(source), found, up, upright, take), path=path
        )
    return OpenedScene(path, opened)


def _common_axis(dancers: Mapping[str, MarkerFile], up: str, path: Path) -> tuple[str, str]:
    """The one axis that points up, and the evidence in words; one dancer may lie.

    Raises:
        UserError: the dancers contradict each other, or neither a dancer nor the file shows the axis.
    """
    seen = {
        name: upright_axis(found.positions, found.labels or ()) for name, found in dancers.items()
    }
    standing = {name: axis for name, axis in seen.items() if axis}
    usual = [name for name, axis in standing.items() if axis == dancers[name].up]
    if up == "auto" and not usual and len({*standing.values()}) > 1:
        axes = ", ".join(f"{axis} for {name}" for name, axis in standing.items())
        raise UserError(f"{path}: its dancers stand along different axes ({axes}): give it (--up)")
    chosen = next(iter([*usual, *standing, *dancers]))
    return up_axis(dancers[chosen], up, str(path))


def common_markers(
    scene: OpenedScene, skeleton: Skeleton | None, new_name: str
) -> tuple[Skeleton, MatchedSkeleton | None]:
    """The one marker set of all dancers, and its match with a known one; None for a new set.

    Raises:
        UserError: the dancers have too few markers in common.
    """
    if skeleton:
        return skeleton, MatchedSkeleton(skeleton, skeleton.name)
    found = {name: opened.found for name, opened in scene.dancers.items()}
    first, *others = (identify_skeleton(one) for one in found.values())
    if first is None or None in others:
        return _new_common_set(scene, new_name), None
    sets = [first, *(other for other in others if other is not None)]
    least = min(sets, key=lambda matched: len(matched.skeleton))
    markers = [
        marker
        for marker in least.skeleton.markers
        if all(marker in matched.skeleton.markers for matched in sets)
    ]
    _check_common(len(markers), max(len(matched.skeleton) for matched in sets), scene)
    if len(markers) == len(least.skeleton):
        return named_set(least, new_name), least
    lacks = "; ".join(dict.fromkeys(matched.lacks for matched in sets if matched.lacks))
    common = reduce_skeleton(least.skeleton, markers, new_name)
    return common, MatchedSkeleton(common, least.whole, lacks)


def _new_common_set(scene: OpenedScene, new_name: str) -> Skeleton:
    """A new set of the markers that every dancer has and shows often enough."""
    found = [opened.found for opened in scene.dancers.values()]
    names = strip_dancer_names(found[0].labels or ())
    usable = np.ones(len(names), dtype=np.bool_)
    for one in found:
        columns = find_markers(one.labels or (), names)
        visible = np.isfinite(one.positions).all(axis=2).mean(axis=0)
        usable &= [at is not None and visible[at] >= MIN_VISIBLE for at in columns]
    _check_common(int(usable.sum()), max(len(one.labels or ()) for one in found), scene)
    kept = np.flatnonzero(usable)
    labels = tuple((found[0].labels or ())[at] for at in kept)
    common = dataclasses.replace(
        found[0],
        positions=found[0].positions[:, kept],
        labels=labels,
        edges=tuple(edge for edge in found[0].edges if {*edge} <= {*labels}),
    )
    return new_skeleton(common, new_name, next(iter(scene.dancers.values())).height, MIN_VISIBLE)


def _check_common(common: int, most: int, scene: OpenedScene) -> None:
    if common < MIN_SHARE * most:
        raise UserError(
            f"{scene.path}: {listed(scene.dancers)} have only {common} of {most} markers in common, and a "
            "scene needs one marker set: prepare one of them (--subject)"
        )


def listed(names: Mapping[str, object]) -> str:
    """Dancers in a sentence."""
    every = [called(name) for name in names]
    return " and ".join(every) if len(every) < 3 else shorten_list(every)


def called(dancer: str) -> str:
    """A dancer in a sentence: one without a name in the file has a number."""
    return f"dancer {dancer}" if dancer.isdigit() else dancer
