"""From what a file says to a recording: markers by name, metres, z up."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.files.marker_file import Floats, MarkerFile
from mariel_gnn.data.files.names import find_markers, lacking, match_labels
from mariel_gnn.data.files.units import METRES, Unit, Up, metres_per, spelt, z_up
from mariel_gnn.data.recording import Recording
from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton, largest_first

FARTHEST_M = 1e5  # no dancer is a hundred kilometres away: damaged numbers are
RATE_HZ = 35.0  # the field's, for files that do not say
# From the lowest to the highest marker, at the dancer's tallest; children and arms in the air too.
DANCER_M = (0.6, 3.2)
NEARLY = 0.75  # share of a set's markers; with fewer, a file is of another set


class Known(NamedTuple):
    """A marker set that a file holds.

    Attributes:
        skeleton: the set, without the markers that the file lacks.
        whole: what the set is called with them.
        lacks: which those are, in words; empty if it lacks none.
    """

    skeleton: Skeleton
    whole: str
    lacks: str = ""


def skeleton_of(found: MarkerFile) -> Known | None:
    """The skeleton that a file brings, or the shipped one that it holds, nearly whole at least.

    Of the shipped ones it is the one with the most markers in the file, so that none of them is lost
    to a smaller set that is whole; the smaller one where both have as many.
    """
    if found.skeleton is not None:
        return Known(found.skeleton, found.skeleton.name)
    labels = found.labels or ()
    shipped = max(reversed(largest_first()), key=lambda one: len(_held(labels, one)))
    if not nearly_holds(labels, shipped):
        return None
    lacks = lacking(labels, shipped.markers, shipped.name)
    if not lacks:
        return Known(shipped, shipped.name)
    part = shipped.reduced(_held(labels, shipped), f"part of {shipped.name}")
    return Known(part, shipped.name, lacks)


def nearly_holds(labels: Sequence[str], skeleton: Skeleton) -> bool:
    """Whether a file with these labels holds a marker set but for a few of its markers."""
    return len(_held(labels, skeleton)) >= NEARLY * len(skeleton)


def matched(found: MarkerFile, skeleton: Skeleton, path: Path) -> MarkerFile:
    """The markers of a skeleton, in its order, of what a file holds of one dancer.

    Raises:
        UserError: markers are missing.
    """
    labels = found.labels or skeleton.markers
    kept = match_labels(labels, skeleton.markers, str(path))
    return dataclasses.replace(found, positions=found.positions[:, kept], labels=skeleton.markers)


def with_gaps(found: MarkerFile, skeleton: Skeleton) -> MarkerFile:
    """The same, with markers that are missing as ones that were never seen."""
    columns = find_markers(found.labels or skeleton.markers, skeleton.markers)
    positions = np.full((len(found.positions), len(skeleton), 3), np.nan)
    for marker, column in enumerate(columns):
        if column is not None:
            positions[:, marker] = found.positions[:, column]
    return dataclasses.replace(found, positions=positions, labels=skeleton.markers)


def as_recording(
    found: MarkerFile,
    path: Path,
    rate_hz: float | None = None,
    unit: Unit = "auto",
    up: Up = "auto",
) -> Recording:
    """A recording in metres, z up, of what a file holds.

    Raises:
        UserError: the file states no unit, and the usual one gives no dancer.
    """
    metres = metres_per(found.unit if unit == "auto" else unit)
    turned = z_up(metres * found.positions, found.up if up == "auto" else up)
    if unit == "auto" and not found.unit_stated:
        _refuse_giants(turned, found.unit, path)
    positions = without_the_lost(turned)
    if np.isnan(positions).all():
        raise UserError(f"{path}: holds no position at all (every value is NaN): export it again")
    rate = rate_hz or found.rate_hz or RATE_HZ
    source, start_frame = found.part_of or (str(path.resolve()), 0)
    return Recording(path.stem, positions, rate, source, start_frame)


def extent(positions: NDArray[np.floating]) -> float:
    """The tallest that the body stands: from its lowest to its highest marker, in the units given.

    The 95th percentile over frames, on the axis on which it is largest.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a frame without any marker
        size = np.nanmax(positions, axis=1) - np.nanmin(positions, axis=1)
    size = size[np.isfinite(size).all(axis=1)]
    return float(np.quantile(size, 0.95, axis=0).max()) if len(size) else float("nan")


def _refuse_giants(positions: Floats, unit: str, path: Path) -> None:
    size = extent(positions)
    if not np.isfinite(size) or DANCER_M[0] <= size <= DANCER_M[1]:
        return
    raise UserError(
        f"{path}: states no unit, and in {spelt(unit)} the dancer would be {size:.2g} m tall: say which "
        f"it is (--unit {', '.join(METRES)}; to train on it, tell experiments.prepare)"
    )


def without_the_lost(positions: Floats) -> NDArray[np.float32]:
    """As float32, with NaN for what is not finite on any axis or out of all reach."""
    with np.errstate(all="ignore"):
        lost = ~(np.abs(positions) < FARTHEST_M).all(axis=2, keepdims=True)
    kept = np.where(lost, np.nan, positions)
    return np.ascontiguousarray(kept, dtype=np.float32)


def _held(labels: Sequence[str], skeleton: Skeleton) -> list[str]:
    """The markers of a skeleton that are among the labels."""
    columns = find_markers(labels, skeleton.markers)
    return [marker for marker, at in zip(skeleton.markers, columns, strict=True) if at is not None]
