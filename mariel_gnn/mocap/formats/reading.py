"""All formats are read through this interface: a file of any format and any marker set."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.interpretation import (
    MatchedSkeleton,
    identify_skeleton,
    nearly_contains,
    select_dancer,
    select_markers,
    select_with_gaps,
    split_dancers,
    to_recording,
)
from mariel_gnn.mocap.formats.labels import describe_missing
from mariel_gnn.mocap.formats.marker_file import MarkerFile, Unit, Up
from mariel_gnn.mocap.formats.new_skeleton import new_skeleton
from mariel_gnn.mocap.formats.numpy_files import Layout
from mariel_gnn.mocap.formats.table import reader_of
from mariel_gnn.mocap.plausibility import RATES_HZ, body_extent, check_range, upright_axis
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import combine_skeletons, load_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


def read_recording(
    path: str | Path,
    skeleton: Skeleton,
    rate_hz: float | None = None,
    layout: Layout = "auto",
    *,
    unit: Unit = "auto",
    up: Up = "auto",
    subject: str | None = None,
) -> Recording:
    """Read one file; gaps stay NaN, cleaning is another step.

    Args:
        path: a file of any readable format (`FORMATS`).
        skeleton: the marker set. Markers are found by name, whatever stands before it; a bare array
            must have its rows.
        rate_hz: frames per second, whatever the file says; None takes the file's, or the field's 35.
        layout: of bare arrays: ``"field"`` for `(rows, T, 3)` with z down, ``"plain"`` for
            `(T, J, 3)` with z up, ``"auto"`` to tell them apart by shape.
        unit: of length, whatever the file says.
        up: the axis that points up, whatever the file says.
        subject: whose markers, where the file holds several dancers.

    Raises:
        UserError: not such a file; the text names the file, what was found and what to do.
    """
    path = Path(path)
    found = select_dancer(read_marker_file(path, skeleton, layout), subject, path, skeleton)
    return to_recording(select_markers(found, skeleton, path), path, rate_hz, unit, up)


def read_marker_file(
    path: Path, skeleton: Skeleton | None = None, layout: Layout = "auto"
) -> MarkerFile:
    """What a file holds, in its own units and axes.

    Args:
        path: the file.
        skeleton: the marker set of a bare array; None takes the shipped one that fits.
        layout: of bare arrays.

    Raises:
        UserError: it cannot be read; whatever a damaged file does to its reader ends here.
    """
    read = reader_of(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = read(path, skeleton, layout)
    except UserError:
        raise
    except Exception as error:  # a damaged file may raise anything in a reader that is not ours
        raise UserError(
            f"{path}: is no readable {path.suffix} file: {_why(error, path)}"
        ) from error
    return _checked(found, path)


def _why(error: Exception, path: Path) -> str:
    if path.suffix.lower() == ".npy":
        return "it must be one array of numbers, saved with numpy.save, without pickle"
    return f"{' '.join(str(error).split())[:200] or type(error).__name__}: export it again"


def _checked(found: MarkerFile, path: Path) -> MarkerFile:
    shape = found.positions.shape
    if len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise UserError(f"{path}: has positions of shape {shape}: no frames or no markers")
    if found.labels is not None and len(found.labels) != shape[1]:
        raise UserError(f"{path}: has {len(found.labels)} names for {shape[1]} markers")
    if found.rate_hz is not None and not 0.01 <= found.rate_hz <= 1e5:
        raise UserError(f"{path}: states {found.rate_hz:g} frames a second: export it again")
    return found


@dataclass(frozen=True)
class ReadingOptions:
    """What the user says of a file.

    Args:
        skeleton: the marker set of a dancer: mariel53, mariel18 or the path of a YAML file; null takes
            what the file holds. One that is named keeps the places of a few missing markers, as gaps.
        rate_hz: frames per second, whatever the file says.
        unit: of length in the file (m, cm, mm, in, ft, cmu), whatever it says.
        up: the axis that points up in the file, whatever it says.
        subject: whose markers, where the file holds several dancers; null takes all.
        layout: of an .npy file: field for (rows, frames, 3) with z down, plain for
            (frames, markers, 3) with z up; auto tells by shape.
    """

    skeleton: str | None = None
    rate_hz: float | None = None
    unit: Unit = "auto"
    up: Up = "auto"
    subject: str | None = None
    layout: Layout = "auto"


class ReadRecording(NamedTuple):
    """A file as it was understood.

    Attributes:
        recording: in metres, z up; gaps stay NaN.
        skeleton: its marker set; a new one where the file's is not known.
        notes: what it holds, and what was taken as usual because it does not say, in lines.
    """

    recording: Recording
    skeleton: Skeleton
    notes: list[str]


def read_with_skeleton(path: str | Path, options: ReadingOptions | None = None) -> ReadRecording:
    """Read one file of any marker set; several dancers in it are one set, `Anna:LANK`.

    Args:
        path: any readable file.
        options: what is known of it.

    Raises:
        UserError: it cannot be read.
    """
    dancers = read_dancers(path, options)
    return _combined(dancers) if len(dancers) > 1 else next(iter(dancers.values()))


def read_dancers(
    path: str | Path, options: ReadingOptions | None = None
) -> dict[str, ReadRecording]:
    """Read each dancer of one file, by name; of one dancer there may be no name.

    Args:
        path: any readable file.
        options: what is known of it.

    Raises:
        UserError: it cannot be read.
    """
    path, options = Path(path), options or ReadingOptions()
    check_range("rate_hz", options.rate_hz, *RATES_HZ)
    given = load_skeleton(options.skeleton) if options.skeleton else None
    found = read_marker_file(path, given, options.layout)
    dancers = split_dancers(found, options.subject, path, given)
    several = len(dancers) > 1
    return {
        dancer: _read(part, path, given, options, f" {dancer}" if several else "")
        for dancer, part in dancers.items()
    }


def _read(
    found: MarkerFile, path: Path, given: Skeleton | None, options: ReadingOptions, whose: str
) -> ReadRecording:
    """One dancer of a file."""
    name = f"{path.stem}{whose}"
    known = _known(found, name, given)
    skeleton = known.skeleton
    kept = (
        select_with_gaps(found, skeleton) if known.lacks else select_markers(found, skeleton, path)
    )
    recording = to_recording(kept, path, options.rate_hz, options.unit, options.up)
    recording = dataclasses.replace(recording, name=name)
    notes = [_summary(recording, skeleton, found, options, whose)]
    if known.lacks:
        done = "their places are kept, as never seen"
        way_out = f"the others are taken (--skeleton {known.whole} keeps places for all)"
        notes.append(f"{path}{whose}: {known.lacks}: {done if given else way_out}")
    notes += _not_upright(recording, skeleton, path, options)
    return ReadRecording(recording, skeleton, notes)


def _known(found: MarkerFile, name: str, given: Skeleton | None) -> MatchedSkeleton:
    """The marker set that is given, brought or held; a new one keeps all markers that have a name."""
    labels = found.labels or ()
    if given is None:
        known = identify_skeleton(found)
        return known or MatchedSkeleton(
            new_skeleton(found, name, height=body_extent(found.positions), twins=True), name
        )
    nearly = nearly_contains(labels, given)
    return MatchedSkeleton(
        given, given.name, describe_missing(labels, given.markers, given.name) if nearly else ""
    )


def _combined(dancers: Mapping[str, ReadRecording]) -> ReadRecording:
    """Several dancers as one body of all their markers."""
    recordings = [read.recording for read in dancers.values()]
    whole = dataclasses.replace(
        recordings[0],
        name=Path(recordings[0].source).stem,
        positions=np.concatenate([each.positions for each in recordings], axis=1),
    )
    skeleton = combine_skeletons({dancer: read.skeleton for dancer, read in dancers.items()})
    told = (
        f"{whole.source}: {skeleton.name} together are {len(skeleton)} markers, such as "
        f"{skeleton.markers[0]}; --subject takes one of them"
    )
    return ReadRecording(
        whole, skeleton, [*(note for read in dancers.values() for note in read.notes), told]
    )


def _summary(
    recording: Recording,
    skeleton: Skeleton,
    found: MarkerFile,
    options: ReadingOptions,
    whose: str,
) -> str:
    seconds = len(recording) / recording.rate_hz
    gaps = float(np.isnan(recording.positions[..., 0]).mean())
    usual = [
        word
        for word, stated in (
            (f"{found.unit} as usual", found.unit_stated or options.unit != "auto"),
            (f"{found.up} up as usual", found.up_stated or options.up != "auto"),
            ("rate taken as the field's", found.rate_hz or options.rate_hz),
        )
        if not stated
    ]
    return (
        f"{recording.source}{whose}: {len(skeleton)} markers ({skeleton.name}), {len(recording)} frames, "
        f"{seconds:.1f} s at {recording.rate_hz:g} Hz, {gaps:.1%} gaps"
        + (f"; not stated: {', '.join(usual)}" if usual else "")
    )


def _not_upright(
    recording: Recording, skeleton: Skeleton, source: Path, options: ReadingOptions
) -> list[str]:
    seen = upright_axis(recording.positions.astype(np.float64), skeleton.markers)
    if options.up != "auto" or seen in (None, "z"):
        return []
    return [
        f"{source}: the head is not over the feet: if the dancer stands, say which axis is up (--up)"
    ]
