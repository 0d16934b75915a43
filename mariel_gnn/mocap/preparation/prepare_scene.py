"""Prepare a file with several dancers of one room as one scene.

Their relation is kept: one vertical axis, one scale, one mirroring or none, one shift of the floor, the same
cuts and the same resampling for all. Frame t is the same moment for all, and a gap of one cuts all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import Floats
from mariel_gnn.mocap.preparation.corrections import (
    MIN_MIRRORED,
    correct_sides,
    mirror_positions,
    place_on_floor,
    resample,
    share_left_on_left,
)
from mariel_gnn.mocap.preparation.opening import metres_per_unit
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.preparation.prepare_file import (
    MIN_PART_S,
    Findings,
    PreparedRecording,
    describe_content,
    faulty_mask,
    in_metres,
    prepare_opened,
    rate_of,
    uninterrupted_parts,
)
from mariel_gnn.mocap.preparation.scene import OpenedScene, called, common_markers, listed
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


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
    marker_set, matched = common_markers(scene, skeleton, new_name)
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
            f"{path}: {listed(parts)} are never whole at the same time for {MIN_PART_S:g} s: fill gaps in "
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
