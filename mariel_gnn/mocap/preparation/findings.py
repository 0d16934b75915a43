"""Sentences of the preparation report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.cleaning import CleaningReport, list_places
from mariel_gnn.mocap.formats.interpretation import MatchedSkeleton
from mariel_gnn.mocap.formats.labels import find_markers, shorten_list
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Mask = NDArray[np.bool_]


def describe_markers(found: MarkerFile, skeleton: Skeleton, matched: MatchedSkeleton | None) -> str:
    """The markers that were used, are missing, or were left out.

    Args:
        found: the content of the file.
        skeleton: the marker set that was used.
        matched: its match with the file; None for a new marker set.
    """
    if matched is None:
        reason = "unnamed, rarely visible, or at the position of another"
        sentences = [
            f"{len(skeleton)} in a new marker set",
            f"{len(skeleton.pairs)} left/right pairs",
        ]
    else:
        reason = "not in this set"
        sentences = [f"{len(skeleton)} of skeleton {matched.whole}"]
        sentences += [matched.lacks] if matched.lacks else []
    others = _unused(found.labels or (), skeleton)
    if others:
        sentences.append(f"{len(others)} others left out, {reason}: {shorten_list(others)}")
    return "; ".join(sentences)


def _unused(labels: Sequence[str], skeleton: Skeleton) -> list[str]:
    columns = set(find_markers(labels, skeleton.markers))
    return [label for column, label in enumerate(labels) if column not in columns]


def describe_gaps(
    missing: Mask, filled: Mask, cut: Mask, faulty: Mask, rate_hz: float, skeleton: Skeleton
) -> str:
    """How many positions were missing, interpolated and cut out.

    Faulty frames of a published file are counted separately: they say nothing about the capture.

    Args:
        missing: positions that the file lacks `[T, J]`.
        filled: positions that were interpolated `[T, J]`.
        cut: frames that were cut out `[T]`.
        faulty: faulty frames of a published file `[T]`.
        rate_hz: frames per second of the file.
        skeleton: the marker set.
    """
    gaps = _gaps(missing[~faulty], int(filled[~faulty].sum()), cut[~faulty], rate_hz, skeleton)
    if not faulty.any():
        return gaps
    removed = int((faulty & cut).sum())
    bridged = int((faulty & ~cut).sum())
    return f"{gaps}; faulty frames: {bridged} interpolated, {removed} cut out"


def _gaps(missing: Mask, filled: int, cut: Mask, rate_hz: float, skeleton: Skeleton) -> str:
    cut_s = cut.sum() / rate_hz
    if not missing.any():
        sentences = ["none"]
        sentences += [f"{filled} positions of jumps interpolated"] if filled else []
        sentences += [f"{cut_s:.1f} s of long jumps cut out"] if cut_s else []
        return "; ".join(sentences)
    share = missing.mean(axis=0)
    worst = int(share.argmax())
    return (
        f"{missing.mean():.1%} of all positions, most of them of {skeleton.markers[worst]} "
        f"({share[worst]:.0%}); {filled} interpolated, {cut_s:.1f} s of long gaps cut out"
    )


def describe_jumps(report: CleaningReport) -> str:
    """Leaps of markers and of the whole body.

    Args:
        report: what `clean` changed.
    """
    sentences = []
    if report.removed:
        count = sum(frames for _, _, frames in report.removed)
        places = [f"{marker} at {report.place(frame)}" for marker, frame, _ in report.removed]
        sentences.append(f"{count} impossible positions removed: {list_places(places)}")
    if report.cuts:
        places = [report.place(frame) for frame in report.cuts]
        sentences.append(
            f"{len(places)} leap{'s' * (len(places) > 1)} to stay, cut there: {list_places(places)}"
        )
    return "; ".join(sentences) or "none"


def describe_rate(
    options: PreparationOptions, rate_hz: float, stated_hz: float | None, published: bool
) -> str:
    """The rate of a file, its source, and the new rate.

    Args:
        options: the rates that the user gives.
        rate_hz: the rate of the file that was used.
        stated_hz: the rate that the file states; None if it states none.
        published: whether the file is a published one, so that its true rate is known.
    """
    if options.source_rate_hz:
        source = "as given"
    elif published:
        source = "known for this file"
    elif stated_hz is None:
        source = "not stated, the field's rate assumed: give --source_rate_hz if it is another"
    else:
        source = "as the file states"
    unchanged = abs(rate_hz - options.rate_hz) < 1e-3 * rate_hz
    change = "" if unchanged else f"; resampled to {options.rate_hz:g}"
    return f"{rate_hz:g} frames a second, {source}{change}"
