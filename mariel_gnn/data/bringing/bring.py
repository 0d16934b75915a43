"""One file of any kind, checked and cleaned: from what capture software writes to what a model hears."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.bringing.floor import on_the_floor
from mariel_gnn.data.bringing.jumps import body_jumps, leaps
from mariel_gnn.data.bringing.new_skeleton import new_skeleton
from mariel_gnn.data.bringing.opening import Opened, open_upright
from mariel_gnn.data.bringing.options import BringOptions
from mariel_gnn.data.bringing.resampling import resampled
from mariel_gnn.data.bringing.sides import MIRRORED, left_on_the_left, mirrored, traded_back, trades
from mariel_gnn.data.bringing.size import metres_per_unit
from mariel_gnn.data.bringing.words import gaps_found, jumps_found, markers_found, rate_found
from mariel_gnn.data.cleaning import clean
from mariel_gnn.data.files.interpreting import (
    RATE_HZ,
    Known,
    matched,
    skeleton_of,
    without_the_lost,
)
from mariel_gnn.data.files.marker_file import Floats
from mariel_gnn.data.recording import Recording
from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton

Mask = NDArray[np.bool_]

LEAST_S = 1.0  # shorter pieces hold no phrase
LEAST_SEEN = (
    0.5  # share of the frames; a marker seen less would cost more of the take than it gives
)


@dataclass(frozen=True)
class Brought:
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


def bring(path: Path, options: BringOptions, skeleton: Skeleton | None = None) -> Brought:
    """Check and clean one file.

    Args:
        path: a file of any readable format.
        options: what is known of it.
        skeleton: the marker set; None finds one.

    Raises:
        UserError: it cannot be read, or it is not sure what it holds and the user must say.
    """
    return make_ready(open_upright(path, options, skeleton), options, skeleton)


def make_ready(
    opened: Opened,
    options: BringOptions,
    skeleton: Skeleton | None = None,
    new_name: str = "mine",
    tallest: float | None = None,
) -> Brought:
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
    known = Known(skeleton, skeleton.name) if skeleton else skeleton_of(found)
    skeleton = (
        _named(known, new_name) if known else new_skeleton(found, new_name, height, LEAST_SEEN)
    )
    chosen = matched(dataclasses.replace(found, positions=metres * found.positions), skeleton, path)
    findings = [
        ("markers", markers_found(found, skeleton, known)),
        ("up", opened.upright),
        ("size", size),
    ]
    rate_hz = options.source_rate_hz or found.rate_hz or RATE_HZ
    before = Recording(path.stem, without_the_lost(chosen.positions), rate_hz, str(path.resolve()))
    parts = _cleaned(before, skeleton, options, findings)
    findings.append(("rate", rate_found(found, options, rate_hz)))
    return Brought(before, parts, skeleton, known is None, findings)


def _named(known: Known, new_name: str) -> Skeleton:
    """The known set; the part of one that a file holds is called by the new name."""
    return dataclasses.replace(known.skeleton, name=new_name) if known.lacks else known.skeleton


def _cleaned(
    before: Recording, skeleton: Skeleton, options: BringOptions, findings: list[tuple[str, str]]
) -> list[Recording]:
    """The unbroken pieces of a recording, cleaned, at the new rate; adds what was found."""
    positions = before.positions.astype(np.float64)
    positions = _sides(positions, before.rate_hz, skeleton, options, findings)
    positions, told = on_the_floor(positions, skeleton.markers, options.floor)
    findings.append(("floor", told))
    cuts = body_jumps(positions, before.rate_hz)
    leapt = leaps(
        positions, before.rate_hz, options.cleaning.jump_m_per_s, options.cleaning.max_gap_s
    )
    leapt[cuts] = False
    positions[leapt] = np.nan
    mended = dataclasses.replace(before, positions=positions.astype(np.float32))
    pieces, filled, cut, odd = [], 0, 0, 0
    for start, stop in zip([0, *cuts], [*cuts, len(mended)], strict=True):
        piece = mended.part(start, stop)
        if _never_seen(piece).any():
            cut += len(piece)
            continue
        cleaned, report = clean(
            piece, skeleton, options.cleaning.max_gap_s, options.cleaning.jump_m_per_s
        )
        pieces += cleaned
        filled, cut, odd = (
            filled + report.filled_values,
            cut + report.cut_frames,
            odd + len(report.jumps),
        )
    findings.append(
        ("gaps", gaps_found(np.isnan(before.positions[..., 0]), filled, cut, mended, skeleton))
    )
    findings.append(("jumps", jumps_found(leapt, cuts, odd)))
    kept = [piece for piece in pieces if len(piece) >= LEAST_S * piece.rate_hz]
    if not kept:
        raise UserError(
            f"{before.source}: no piece of {LEAST_S:g} s is left without gaps; the marker seen least is "
            f"{_least_seen(before, skeleton)}: fill its gaps in the capture software, or leave it out "
            "(--skeleton)"
        )
    return [resampled(piece, options.rate_hz) for piece in kept]


def _sides(
    positions: Floats,
    rate_hz: float,
    skeleton: Skeleton,
    options: BringOptions,
    findings: list[tuple[str, str]],
) -> Floats:
    """Positions with left on the left."""
    told = []
    found = trades(positions, skeleton.pairs, rate_hz)
    if found:
        names = sorted({skeleton.markers[trade.pair[0]] for trade in found})
        told.append(f"{len(found)} times partners traded places, put back ({', '.join(names[:5])})")
        positions = traded_back(positions, found)
    share = left_on_the_left(positions, skeleton.markers, skeleton.pairs)
    if share is None:
        told.append("not checked: the names do not tell front from back")
    elif share < 1 - MIRRORED:
        done = "mirrored back" if options.mirror else "kept"
        told.append(f"left is on the dancer's right in {1 - share:.0%} of the frames: {done}")
        positions = mirrored(positions) if options.mirror else positions
    else:
        told.append(f"left is on the dancer's left in {share:.0%} of the frames")
    findings.append(("left and right", "; ".join(told)))
    return positions


def _never_seen(recording: Recording) -> Mask:
    return np.asarray(np.isnan(recording.positions).any(axis=2).all(axis=0))


def _least_seen(recording: Recording, skeleton: Skeleton) -> str:
    return skeleton.markers[int(np.isnan(recording.positions[..., 0]).mean(axis=0).argmax())]
