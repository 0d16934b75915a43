"""One file of any kind, checked and cleaned: from what capture software writes to what a model hears."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import CleaningOptions, clean
from mariel_gnn.mocap.formats.interpretation import (
    RATE_HZ,
    MatchedSkeleton,
    identify_skeleton,
    mask_out_of_range,
    select_dancer,
    select_markers,
)
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile, Unit, Up, to_z_up
from mariel_gnn.mocap.formats.new_skeleton import new_skeleton
from mariel_gnn.mocap.formats.reading import read_marker_file
from mariel_gnn.mocap.plausibility import RATES_HZ, check_range, standing_height
from mariel_gnn.mocap.preparation.cmu_file import describe_take, faulty_frames, read_cmu_file
from mariel_gnn.mocap.preparation.corrections import (
    MIRRORED,
    body_jumps,
    find_label_swaps,
    marker_jumps,
    mirror_positions,
    place_on_floor,
    resample,
    share_left_on_left,
    undo_label_swaps,
)
from mariel_gnn.mocap.preparation.findings import (
    describe_gaps,
    describe_jumps,
    describe_markers,
    describe_rate,
)
from mariel_gnn.mocap.preparation.unit_and_axis import metres_per_unit, up_axis
from mariel_gnn.mocap.published import CmuTake, find_cmu_take
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

HEIGHTS_M = (0.5, 2.6)


@dataclass(frozen=True)
class PreparationOptions:
    """What the user says of the files, and what they are to become.

    Args:
        rate_hz: frames per second of what is written (the field uses 35).
        source_rate_hz: frames per second of the files, whatever they say; null takes theirs.
        unit: of length in the files (m, cm, mm, in, ft, cmu); auto takes theirs or guesses.
        height_m: the dancer's height, instead of a unit, metres.
        up: the axis that points up in the files; auto looks where the head is.
        subject: whose markers, where a file holds several dancers.
        mirror: whether a body whose left is on its right is mirrored back.
        floor: whether a body that stands under the floor or over it is set on it.
        cleaning: how gaps and jumps are treated.
    """

    rate_hz: float = RATE_HZ
    source_rate_hz: float | None = None
    unit: Unit = "auto"
    height_m: float | None = None
    up: Up = "auto"
    subject: str | None = None
    mirror: bool = True
    floor: bool = True
    cleaning: CleaningOptions = dataclasses.field(default_factory=CleaningOptions)


def check_options(options: PreparationOptions) -> None:
    """Check the numbers that a user gives.

    Raises:
        UserError: says which one, what was given and what is allowed.
    """
    check_range("rate_hz", options.rate_hz, *RATES_HZ)
    check_range("source_rate_hz", options.source_rate_hz, *RATES_HZ)
    check_range("height_m", options.height_m, *HEIGHTS_M)
    check_range("cleaning.max_gap_s", options.cleaning.max_gap_s, 0, 60)
    check_range("cleaning.jump_m_per_s", options.cleaning.jump_m_per_s, 1, 1000)


@dataclass(frozen=True)
class OpenedFile:
    """A file that was read and set upright, before its unit is known.

    Attributes:
        path: the file.
        found: what it holds of one dancer, z up.
        upright: which axis was up, and why, in words.
        height: how tall the dancer stands, in the file's units.
        take: what is known about it as a published CMU file; None for any other file.
    """

    path: Path
    found: MarkerFile
    upright: str
    height: float
    take: CmuTake | None = None


def open_upright(
    path: Path, options: PreparationOptions, skeleton: Skeleton | None = None
) -> OpenedFile:
    """Read one dancer of a file and find out which axis is up.

    Args:
        path: a file of any readable format.
        options: what is known of it.
        skeleton: the marker set of a bare array; None takes the shipped one that fits.

    Raises:
        UserError: it cannot be read, holds no body, or it is not sure who or which axis is meant.
    """
    take = find_cmu_take(path) if path.is_file() else None
    content = read_cmu_file(path, take, skeleton) if take else read_marker_file(path, skeleton)
    found = select_dancer(content, options.subject, path, skeleton)
    labels = found.labels or ()
    up, why = up_axis(found, labels, options.up, str(path))
    turned = dataclasses.replace(found, positions=to_z_up(found.positions, up), up="z")
    height = standing_height(turned.positions, labels)
    if not height > 0:  # nor NaN
        raise UserError(
            f"{path}: holds no body: its markers are never seen, or all in one place: export it again"
        )
    return OpenedFile(path, turned, why, height, take)


Mask = NDArray[np.bool_]

LEAST_S = 1.0  # shorter pieces hold no phrase
LEAST_SEEN = (
    0.5  # share of the frames; a marker seen less would cost more of the take than it gives
)


@dataclass(frozen=True)
class PreparedRecording:
    """A file made ready.

    Attributes:
        before: as it stood in the file, in metres, z up, with its gaps, at its own rate.
        parts: the unbroken pieces, cleaned, at the new rate.
        skeleton: their marker set.
        is_new: whether that is a marker set that was not known before.
        findings: what was found and done, as (topic, sentence).
    """

    before: Recording
    parts: list[Recording]
    skeleton: Skeleton
    is_new: bool
    findings: list[tuple[str, str]]


def prepare_file(
    path: Path, options: PreparationOptions, skeleton: Skeleton | None = None
) -> PreparedRecording:
    """Check and clean one file.

    Args:
        path: a file of any readable format.
        options: what is known of it.
        skeleton: the marker set; None finds one.

    Raises:
        UserError: it cannot be read, or it is not sure what it holds and the user must say.
    """
    return prepare_opened(open_upright(path, options, skeleton), options, skeleton)


def prepare_opened(
    opened: OpenedFile,
    options: PreparationOptions,
    skeleton: Skeleton | None = None,
    new_name: str = "mine",
    tallest: float | None = None,
) -> PreparedRecording:
    """Check and clean what a file holds.

    Args:
        opened: the file.
        options: what is known of it.
        skeleton: the marker set; None finds one.
        new_name: what a marker set is called that is not known yet.
        tallest: how tall the dancer stands in the tallest of several files, in their units; None
            takes this one's, for `height_m`.

    Raises:
        UserError: it is not sure what it holds and the user must say.
    """
    path, found, height = opened.path, opened.found, tallest or opened.height
    metres, size = metres_per_unit(found, height, options.unit, options.height_m, str(path))
    known = MatchedSkeleton(skeleton, skeleton.name) if skeleton else identify_skeleton(found)
    skeleton = (
        _named(known, new_name) if known else new_skeleton(found, new_name, height, LEAST_SEEN)
    )
    chosen = select_markers(
        dataclasses.replace(found, positions=metres * found.positions), skeleton, path
    )
    frames = len(found.positions)
    findings = [("published", describe_take(opened.take, frames))] if opened.take else []
    findings += [
        ("markers", describe_markers(found, skeleton, known)),
        ("up", opened.upright),
        ("size", size),
    ]
    rate_hz = options.source_rate_hz or found.rate_hz or RATE_HZ
    before = Recording(path.stem, mask_out_of_range(chosen.positions), rate_hz, str(path.resolve()))
    faulty = faulty_frames(opened.take, frames) if opened.take else np.zeros(frames, dtype=np.bool_)
    parts = _cleaned(before, skeleton, options, faulty, findings)
    known_rate = (found.rate_hz, bool(opened.take))
    findings.append(
        ("rate", describe_rate(*known_rate, options.source_rate_hz, rate_hz, options.rate_hz))
    )
    return PreparedRecording(before, parts, skeleton, known is None, findings)


def _named(known: MatchedSkeleton, new_name: str) -> Skeleton:
    """The known set; the part of one that a file holds is called by the new name."""
    return dataclasses.replace(known.skeleton, name=new_name) if known.lacks else known.skeleton


def _cleaned(
    before: Recording,
    skeleton: Skeleton,
    options: PreparationOptions,
    faulty: Mask,
    findings: list[tuple[str, str]],
) -> list[Recording]:
    """The unbroken pieces of a recording, cleaned, at the new rate; adds what was found."""
    positions = before.positions.astype(np.float64)
    positions = _sides(positions, before.rate_hz, skeleton, options, findings)
    positions, told = place_on_floor(positions, skeleton.markers, options.floor)
    findings.append(("floor", told))
    cuts = body_jumps(positions, before.rate_hz)
    leapt = marker_jumps(
        positions, before.rate_hz, options.cleaning.jump_m_per_s, options.cleaning.max_gap_s
    )
    leapt[cuts] = False
    positions[leapt] = np.nan
    mended = dataclasses.replace(before, positions=positions.astype(np.float32))
    pieces, odd = [], 0
    for start, stop in zip([0, *cuts], [*cuts, len(mended)], strict=True):
        piece = mended.part(start, stop)
        if _never_seen(piece).any():
            continue
        cleaned, report = clean(
            piece, skeleton, options.cleaning.max_gap_s, options.cleaning.jump_m_per_s
        )
        pieces += cleaned
        odd += len(report.jumps)
    findings.append(("gaps", _gaps(before, mended, pieces, faulty, skeleton)))
    findings.append(("jumps", describe_jumps(leapt, cuts, odd)))
    kept = [piece for piece in pieces if len(piece) >= LEAST_S * piece.rate_hz]
    if not kept:
        raise UserError(
            f"{before.source}: no piece of {LEAST_S:g} s is left without gaps; the marker seen least is "
            f"{_least_seen(before, skeleton)}: fill its gaps in the capture software, or leave it out "
            "(--skeleton)"
        )
    return [resample(piece, options.rate_hz) for piece in kept]


def _sides(
    positions: Floats,
    rate_hz: float,
    skeleton: Skeleton,
    options: PreparationOptions,
    findings: list[tuple[str, str]],
) -> Floats:
    """Positions with left on the left."""
    told = []
    found = find_label_swaps(positions, skeleton.pairs, rate_hz)
    if found:
        names = sorted({skeleton.markers[trade.pair[0]] for trade in found})
        told.append(f"{len(found)} times partners traded places, put back ({', '.join(names[:5])})")
        positions = undo_label_swaps(positions, found)
    share = share_left_on_left(positions, skeleton.markers, skeleton.pairs)
    if share is None:
        told.append("not checked: the names do not tell front from back")
    elif share < 1 - MIRRORED:
        done = "mirrored back" if options.mirror else "kept"
        told.append(f"left is on the dancer's right in {1 - share:.0%} of the frames: {done}")
        positions = mirror_positions(positions) if options.mirror else positions
    else:
        told.append(f"left is on the dancer's left in {share:.0%} of the frames")
    findings.append(("left and right", "; ".join(told)))
    return positions


def _gaps(
    before: Recording,
    mended: Recording,
    pieces: Sequence[Recording],
    faulty: Mask,
    skeleton: Skeleton,
) -> str:
    """The gaps of a file and how they were treated; faulty frames of published files are separate."""
    kept = np.zeros(len(before), dtype=np.bool_)
    for piece in pieces:
        kept[piece.start_frame - before.start_frame : piece.end_frame - before.start_frame] = True
    filled = np.isnan(mended.positions).any(axis=2) & kept[:, None]
    missing = np.isnan(before.positions[~faulty][..., 0])
    sentences = [
        describe_gaps(
            missing,
            int(filled[~faulty].sum()),
            int((~kept & ~faulty).sum()) / before.rate_hz,
            skeleton,
        )
    ]
    if faulty.any():
        sentences.append(
            f"faulty frames: {int((kept & faulty).sum())} interpolated, {int((~kept & faulty).sum())} cut out"
        )
    return "; ".join(sentences)


def _never_seen(recording: Recording) -> Mask:
    return np.asarray(np.isnan(recording.positions).any(axis=2).all(axis=0))


def _least_seen(recording: Recording, skeleton: Skeleton) -> str:
    return skeleton.markers[int(np.isnan(recording.positions[..., 0]).mean(axis=0).argmax())]
