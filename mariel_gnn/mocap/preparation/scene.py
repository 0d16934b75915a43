"""Prepare a file with several dancers of one room as one scene.

Their relation is kept: one vertical axis, one scale, one mirroring or none, one shift of the floor, the same
cuts and the same resampling for all. Frame t is the same moment for all, and a gap of one cuts all. A file
with one dancer is a scene of one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
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
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile
from mariel_gnn.mocap.formats.new_skeleton import new_skeleton
from mariel_gnn.mocap.plausibility import upright_axis
from mariel_gnn.mocap.preparation.corrections import (
    MIN_MIRRORED,
    correct_sides,
    mirror_positions,
    place_on_floor,
    resample,
    share_left_on_left,
)
from mariel_gnn.mocap.preparation.opening import (
    OpenedFile,
    metres_per_unit,
    read_content,
    turn_upright,
    up_axis,
)
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.preparation.prepare_file import (
    MIN_PART_S,
    MIN_VISIBLE,
    Findings,
    PreparedRecording,
    describe_content,
    faulty_mask,
    in_metres,
    named_set,
    prepare_opened,
    rate_of,
    uninterrupted_parts,
)
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import reduce_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


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


def prepare_scene(
    scene: OpenedScene,
    options: PreparationOptions,
    skeleton: Skeleton | None = None,
    new_name: str = "mine",
    tallest: float | None = None,
) -> dict[str, PreparedRecording]:
    """Check and clean all dancers of a file; for the arguments see `prepare_opened`.

    Returns:
        dancer -> recording, with the same number of parts for all and the same frames in each; of one
        dancer without a name in the file, under the name ``""``.

    Raises:
        UserError: the user must state an ambiguous fact, or no part is usable for all dancers.
    """
    if len(scene.dancers) == 1:
        (opened,) = scene.dancers.values()
        return {"": prepare_opened(opened, options, skeleton, new_name, tallest)}
    marker_set, matched = _common_markers(scene, skeleton, new_name)
    metres, size = _one_scale(scene, options, tallest)
    before = {
        name: in_metres(opened, marker_set, metres, options)
        for name, opened in scene.dancers.items()
    }
    corrected, corrections = _correct_together(before, marker_set, options)
    parts, cleaning = {}, {}
    for name, opened in scene.dancers.items():
        parts[name], cleaning[name] = uninterrupted_parts(
            before[name], corrected[name], marker_set, options.cleaning, faulty_mask(opened)
        )
    shared = _shared_parts(parts, scene.path)
    return {
        name: PreparedRecording(
            before[name],
            [resample(part, options.rate_hz) for part in shared[name]],
            marker_set,
            matched is None,
            [
                ("scene", _describe_scene(name, parts, shared)),
                *describe_content(opened, marker_set, matched),
                *(("file", note) for note in before[name].notes),
                ("size", size),
                *corrections[name],
                *cleaning[name],
                ("rate", rate_of(opened, options)),
            ],
        )
        for name, opened in scene.dancers.items()
    }


def _common_markers(
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
            f"{scene.path}: {_listed(scene.dancers)} have only {common} of {most} markers in common, and a "
            "scene needs one marker set: prepare one of them (--subject)"
        )


def _one_scale(
    scene: OpenedScene, options: PreparationOptions, tallest: float | None
) -> tuple[float, str]:
    """Metres in one unit of the file from the tallest dancer, and the evidence in words."""
    found = scene.dancers[scene.tallest].found
    metres, size = metres_per_unit(found, tallest or scene.height, options, str(scene.path))
    heights = [f"{called(name)} {metres * one.height:.2f} m" for name, one in scene.dancers.items()]
    return metres, f"{size}; one scale for the scene: {', '.join(heights)}"


def _correct_together(
    before: Mapping[str, Recording], skeleton: Skeleton, options: PreparationOptions
) -> tuple[dict[str, Floats], dict[str, Findings]]:
    """Positions `[T, J, C]` of each dancer with sides and floor corrected, and what was done."""
    positions, sides = _common_sides(before, skeleton, options.mirror)
    joined = np.concatenate([*positions.values()], axis=1)
    names = skeleton.markers * len(positions)
    moved, floor = place_on_floor(joined, names, options.floor)
    bodies = np.split(moved, len(positions), axis=1)
    findings: dict[str, Findings] = {
        name: [("left and right", sides[name]), ("floor", f"{floor} (all dancers alike)")]
        for name in positions
    }
    return dict(zip(positions, bodies, strict=True)), findings


def _common_sides(
    before: Mapping[str, Recording], skeleton: Skeleton, mirror: bool
) -> tuple[dict[str, Floats], dict[str, str]]:
    """Undo label swaps of each dancer; mirror the scene if all dancers are reversed."""
    positions = {name: one.positions.astype(np.float64) for name, one in before.items()}
    shares = {
        name: share_left_on_left(one, skeleton.markers, skeleton.pairs)
        for name, one in positions.items()
    }
    known = [share for share in shares.values() if share is not None]
    reversed_ = [share < 1 - MIN_MIRRORED for share in known]
    mirrored = mirror and bool(known) and all(reversed_)
    sentences = {}
    for name, one in positions.items():
        turned = mirror_positions(one) if mirrored else one
        positions[name], sentence = correct_sides(
            turned, before[name].rate_hz, skeleton, mirror=False
        )
        sentences[name] = (
            f"the scene was reversed and is mirrored; {sentence}" if mirrored else sentence
        )
        if mirror and any(reversed_) and not mirrored and "kept" in sentence:
            sentences[name] += ", since another dancer is not: check the names of the markers"
    return positions, sentences


def _shared_parts(
    parts: Mapping[str, Sequence[Recording]], path: Path
) -> dict[str, list[Recording]]:
    """The parts of each dancer cut to the frames that are in parts of all dancers.

    Raises:
        UserError: no such part is long enough.
    """
    first, *others = parts.values()
    ranges = [(part.start_frame, part.end_frame) for part in first]
    for other in others:
        ranges = [
            (max(start, part.start_frame), min(end, part.end_frame))
            for start, end in ranges
            for part in other
        ]
        ranges = [(start, end) for start, end in ranges if start < end]
    shortest = MIN_PART_S * first[0].rate_hz
    ranges = [(start, end) for start, end in ranges if end - start >= shortest]
    if not ranges:
        raise UserError(
            f"{path}: {_listed(parts)} are never whole at the same time for {MIN_PART_S:g} s: fill gaps in "
            "the capture software, or prepare one of them (--subject)"
        )
    return {name: [_cut(own, start, end) for start, end in ranges] for name, own in parts.items()}


def _cut(parts: Sequence[Recording], start: int, end: int) -> Recording:
    """The frames of a file from `start` to before `end`, which one of the parts holds."""
    (part,) = (one for one in parts if one.start_frame <= start and end <= one.end_frame)
    return part.part(start - part.start_frame, end - part.start_frame)


def _describe_scene(
    name: str, parts: Mapping[str, Sequence[Recording]], shared: Mapping[str, Sequence[Recording]]
) -> str:
    """Who dances together, and how much of one dancer is cut because another has gaps."""
    count = _COUNTS.get(len(parts), str(len(parts)))
    text = (
        f"{count} dancers in one scene: {', '.join(map(called, parts))}; frames t are simultaneous"
    )
    lost_s = sum(len(part) / part.rate_hz for part in parts[name])
    lost_s -= sum(len(part) / part.rate_hz for part in shared[name])
    return text + (
        f"; {lost_s:.1f} s of {called(name)} cut where another has gaps" if lost_s > 0 else ""
    )


def _listed(names: Mapping[str, object]) -> str:
    every = [called(name) for name in names]
    return " and ".join(every) if len(every) < 3 else shorten_list(every)


def called(dancer: str) -> str:
    """A dancer in a sentence: one without a name in the file has a number."""
    return f"dancer {dancer}" if dancer.isdigit() else dancer
