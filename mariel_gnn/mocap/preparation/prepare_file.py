"""Prepare one file: match its markers, correct faults, clean, cut into parts, resample."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.calibration_pose import calibration_frames, describe_pose
from mariel_gnn.mocap.cleaning import CleaningOptions, clean
from mariel_gnn.mocap.formats.interpretation import (
    MatchedSkeleton,
    identify_skeleton,
    recorded_rate,
    select_markers,
)
from mariel_gnn.mocap.formats.marker_file import Floats
from mariel_gnn.mocap.formats.new_skeleton import new_skeleton
from mariel_gnn.mocap.plausibility import mask_out_of_range, motion_notes, out_of_range_notes
from mariel_gnn.mocap.preparation.cmu_file import describe_take, faulty_frames
from mariel_gnn.mocap.preparation.corrections import correct_sides, place_on_floor, resample
from mariel_gnn.mocap.preparation.findings import (
    Mask,
    describe_gaps,
    describe_jumps,
    describe_markers,
    describe_rate,
)
from mariel_gnn.mocap.preparation.opening import OpenedFile, metres_per_unit
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

MIN_PART_S = 1.0  # shorter parts have no training window
# Share of frames in which a marker must be visible. Each gap of a marker cuts the take, so a marker
# that is visible less often costs more frames than it is worth.
MIN_VISIBLE = 0.5
Findings = list[tuple[str, str]]  # (topic, sentence)


@dataclass(frozen=True)
class PreparedRecording:
    """A prepared file.

    Attributes:
        before: the recording as read: metres, z up, with gaps, at the file's rate.
        parts: the uninterrupted parts, cleaned, at the new rate.
        skeleton: their marker set.
        is_new: whether the marker set was made for this file.
        findings: what was found and done, as (topic, sentence).
    """

    before: Recording
    parts: list[Recording]
    skeleton: Skeleton
    is_new: bool
    findings: Findings


def prepare_opened(
    opened: OpenedFile,
    options: PreparationOptions,
    skeleton: Skeleton | None = None,
    new_name: str = "mine",
    tallest: float | None = None,
) -> PreparedRecording:
    """Check and clean an opened file.

    Args:
        opened: the file.
        options: facts about the file and requirements for the output.
        skeleton: the marker set; None identifies it.
        new_name: the name of a marker set that is not shipped.
        tallest: the dancer's standing height in the file's unit, as the maximum over several files of
            one dancer; None uses the height in this file.

    Raises:
        UserError: the user must state an ambiguous fact, or no part of the file is usable.
    """
    found, height = opened.found, tallest or opened.height
    metres, size = metres_per_unit(found, height, options, str(opened.path))
    matched = MatchedSkeleton(skeleton, skeleton.name) if skeleton else identify_skeleton(found)
    marker_set = (
        named_set(matched, new_name)
        if matched
        else new_skeleton(found, new_name, height, MIN_VISIBLE)
    )
    before = in_metres(opened, marker_set, metres, options)
    parts, corrections = _prepare(before, marker_set, options, faulty_mask(opened))
    findings = [
        *describe_content(opened, marker_set, matched),
        *(("file", note) for note in before.notes),
        ("size", size),
        *corrections,
        ("rate", rate_of(opened, options)),
    ]
    return PreparedRecording(before, parts, marker_set, matched is None, findings)


def in_metres(
    opened: OpenedFile, skeleton: Skeleton, metres: float, options: PreparationOptions
) -> Recording:
    """The markers of a skeleton in an opened file, in metres; `metres` are in one unit of the file.

    Raises:
        UserError: markers are missing.
    """
    found = dataclasses.replace(opened.found, positions=metres * opened.found.positions)
    selected = select_markers(found, skeleton, opened.path).positions
    positions = mask_out_of_range(selected)
    rate_hz = recorded_rate(found, options.source_rate_hz, opened.path, "--source_rate_hz")
    notes = (
        *out_of_range_notes(selected, positions, skeleton.markers),
        *motion_notes(positions, rate_hz),
    )
    return Recording(opened.path.stem, positions, rate_hz, str(opened.path.resolve()), notes=notes)


def describe_content(
    opened: OpenedFile, skeleton: Skeleton, matched: MatchedSkeleton | None
) -> Findings:
    """What is in an opened file, before corrections."""
    return [
        *_published(opened),
        *(("file", note) for note in opened.found.notes),
        ("markers", describe_markers(opened.found, skeleton, matched)),
        ("up", opened.upright),
    ]


def rate_of(opened: OpenedFile, options: PreparationOptions) -> str:
    """The rate of an opened file and of the output, in words."""
    rate_hz = recorded_rate(opened.found, options.source_rate_hz, opened.path, "--source_rate_hz")
    return describe_rate(options, rate_hz, opened.found.rate_hz, opened.take is not None)


def named_set(matched: MatchedSkeleton, new_name: str) -> Skeleton:
    """The matched marker set; one that lacks markers gets the new name."""
    incomplete = bool(matched.lacks)
    return dataclasses.replace(matched.skeleton, name=new_name) if incomplete else matched.skeleton


def _published(opened: OpenedFile) -> Findings:
    if opened.take is None:
        return []
    return [("published", describe_take(opened.take, len(opened.found.positions)))]


def faulty_mask(opened: OpenedFile) -> Mask:
    """The faulty frames `[T]` of a published file."""
    frames = len(opened.found.positions)
    return faulty_frames(opened.take, frames) if opened.take else np.zeros(frames, dtype=np.bool_)


def _prepare(
    before: Recording, skeleton: Skeleton, options: PreparationOptions, faulty: Mask
) -> tuple[list[Recording], Findings]:
    """The cleaned parts of a recording at the new rate, and what was corrected."""
    positions, sides = correct_sides(
        before.positions.astype(np.float64), before.rate_hz, skeleton, options.mirror
    )
    positions, floor = place_on_floor(positions, skeleton.markers, options.floor)
    parts, findings = uninterrupted_parts(before, positions, skeleton, options.cleaning, faulty)
    findings = [("left and right", sides), ("floor", floor), *findings]
    return [resample(part, options.rate_hz) for part in parts], findings


def uninterrupted_parts(
    before: Recording,
    positions: Floats,
    skeleton: Skeleton,
    cleaning: CleaningOptions,
    faulty: Mask,
) -> tuple[list[Recording], Findings]:
    """The cleaned parts without gaps and jumps, at the file's rate, and what was filled and cut.

    Args:
        before: the recording as read.
        positions: the same `[T, J, C]` with sides and floor corrected.
        skeleton: the marker set.
        cleaning: how to treat gaps and jumps.
        faulty: faulty frames of a published file `[T]`.

    Raises:
        UserError: no part is long enough.
    """
    start, end = calibration_frames(before)
    danced = np.zeros(len(before), dtype=np.bool_)
    danced[start : len(before) - end] = True
    positions = np.where(danced[:, None, None], positions, np.nan)
    if np.isnan(positions).any(axis=2).all(axis=0).any():
        raise UserError(_no_part_left(before, skeleton))
    corrected = dataclasses.replace(before, positions=positions.astype(np.float32))
    parts, report = clean(corrected, skeleton, cleaning.max_gap_s, cleaning.jump_m_per_s)
    long_enough = [part for part in parts if len(part) >= MIN_PART_S * part.rate_hz]
    if not long_enough:
        raise UserError(_no_part_left(before, skeleton))
    cut = _cut_frames(before, parts)
    missing = np.isnan(before.positions[..., 0])
    filled = (missing | report.removed_mask) & ~cut[:, None]
    gaps = describe_gaps(missing, filled, cut & danced, faulty, before.rate_hz, skeleton)
    findings = [("gaps", gaps), ("jumps", describe_jumps(report))]
    pose = describe_pose(start, end)
    return long_enough, [*([("pose", pose)] if pose else []), *findings]


def _cut_frames(before: Recording, parts: Sequence[Recording]) -> Mask:
    """The frames `[T]` that are in no part."""
    cut = np.ones(len(before), dtype=np.bool_)
    for part in parts:
        cut[part.start_frame - before.start_frame : part.end_frame - before.start_frame] = False
    return cut


def _no_part_left(before: Recording, skeleton: Skeleton) -> str:
    rarest = skeleton.markers[int(np.isnan(before.positions[..., 0]).mean(axis=0).argmax())]
    return (
        f"{before.source}: no part of {MIN_PART_S:g} s is left without gaps; the marker with most gaps is "
        f"{rarest}: fill its gaps in the capture software, or leave it out (--skeleton)"
    )
