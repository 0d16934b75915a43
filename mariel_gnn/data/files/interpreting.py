"""From what a file says to a recording: markers by name, metres, z up."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.files.marker_file import Floats, MarkerFile
from mariel_gnn.data.files.names import match_labels, of_subject
from mariel_gnn.data.files.units import METRES, Unit, Up, metres_per, z_up
from mariel_gnn.data.recording import Recording
from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton, largest_first

FARTHEST_M = 1e5  # no dancer is a hundred kilometres away: damaged numbers are
RATE_HZ = 35.0  # the field's, for files that do not say
# From the lowest to the highest marker, at the dancer's tallest; children and arms in the air too.
DANCER_M = (0.6, 3.2)


def skeleton_of(found: MarkerFile) -> Skeleton | None:
    """The skeleton that a file brings, or the shipped one whose markers it holds; None if neither."""
    if found.skeleton is not None:
        return found.skeleton
    for shipped in largest_first():
        try:
            match_labels(found.labels or (), shipped.markers, shipped.name)
        except UserError:
            continue
        return shipped
    return None


def matched(
    found: MarkerFile, skeleton: Skeleton, path: Path, subject: str | None = None
) -> MarkerFile:
    """The markers of a skeleton, in its order, of what a file holds.

    Raises:
        UserError: markers are missing, or the file holds two dancers and none was asked for.
    """
    labels = found.labels or skeleton.markers
    kept = match_labels(labels, skeleton.markers, str(path), subject)
    return dataclasses.replace(found, positions=found.positions[:, kept], labels=skeleton.markers)


def of_subject_only(found: MarkerFile, subject: str | None, path: Path) -> MarkerFile:
    """The markers of one dancer of a file that holds several."""
    kept = of_subject(found.labels or (), subject, str(path))
    labels = tuple((found.labels or ())[index] for index in kept)
    return dataclasses.replace(found, positions=found.positions[:, kept], labels=labels)


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
        f"{path}: states no unit, and in {unit} the dancer would be {size:.2g} m tall: say which it is "
        f"(--unit {', '.join(METRES)}) to experiments.prepare or experiments.convert"
    )


def without_the_lost(positions: Floats) -> NDArray[np.float32]:
    """As float32, with NaN for what is not finite on any axis or out of all reach."""
    with np.errstate(all="ignore"):
        lost = ~(np.abs(positions) < FARTHEST_M).all(axis=2, keepdims=True)
    kept = np.where(lost, np.nan, positions)
    return np.ascontiguousarray(kept, dtype=np.float32)
