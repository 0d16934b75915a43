"""From a file of one format to a file of another, any marker set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mariel_gnn.data.bringing.new_skeleton import new_skeleton
from mariel_gnn.data.bringing.upright import upright_axis
from mariel_gnn.data.files.door import read_markers, write_recording
from mariel_gnn.data.files.interpreting import (
    as_recording,
    extent,
    matched,
    of_subject_only,
    skeleton_of,
)
from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.data.files.numpy_array import Layout
from mariel_gnn.data.files.table import format_of
from mariel_gnn.data.files.units import RATES_HZ, Unit, Up, check_between
from mariel_gnn.data.recording import Recording
from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton, load_skeleton


@dataclass(frozen=True)
class ConvertOptions:
    """What the user says of the file that is read, and of the one that is written.

    Args:
        skeleton: the marker set: mariel53, mariel18 or the path of a YAML file; null takes what the
            file holds.
        rate_hz: frames per second, whatever the file says.
        unit: of length in the file (m, cm, mm, in, ft, cmu), whatever it says.
        up: the axis that points up in the file, whatever it says.
        subject: whose markers, where the file holds several dancers.
        layout: of an .npy file that is read: field for (rows, frames, 3) with z down, plain for
            (frames, markers, 3) with z up; auto tells by shape.
        out_layout: of an .npy file that is written; auto is plain.
    """

    skeleton: str | None = None
    rate_hz: float | None = None
    unit: Unit = "auto"
    up: Up = "auto"
    subject: str | None = None
    layout: Layout = "auto"
    out_layout: Layout = "auto"


def convert(source: Path, target: Path, options: ConvertOptions) -> list[str]:
    """Read one file and write it in the format of another's suffix.

    Args:
        source: any readable file.
        target: where to; an existing file is replaced once the new one is whole.
        options: what is known of the file.

    Returns:
        What was read and what was written, in lines.

    Raises:
        UserError: a file that cannot be read, or a format that cannot hold it.
    """
    format_of(target)
    check_between("rate_hz", options.rate_hz, *RATES_HZ)
    if source.resolve() == target.resolve():
        raise UserError(f"{source}: is both what is read and what is written: give another name")
    given = load_skeleton(options.skeleton) if options.skeleton else None
    found = read_markers(source, given, options.layout)
    if options.subject:  # else a new marker set holds all dancers
        found = of_subject_only(found, options.subject, source)
    skeleton = given or _skeleton_in(found, source)
    kept = matched(found, skeleton, source)
    recording = as_recording(kept, source, options.rate_hz, options.unit, options.up)
    notes = [_read(recording, skeleton, found, options)]
    notes += _not_upright(recording, skeleton, source, options)
    written = write_recording(target, recording, skeleton, options.out_layout)
    size_kb = target.stat().st_size / 1000
    return [*notes, f"{target}: {size_kb:,.0f} kB", *(f"{target}: {note}" for note in written)]


def read_with_skeleton(
    path: str | Path, skeleton: Skeleton | None = None, rate_hz: float | None = None
) -> tuple[Recording, Skeleton]:
    """Read one file of any marker set.

    Args:
        path: any readable file.
        skeleton: the marker set; None takes what the file brings or holds, or makes one of it.
        rate_hz: frames per second, whatever the file says.

    Returns:
        The recording, and its marker set.

    Raises:
        UserError: it cannot be read.
    """
    path = Path(path)
    found = read_markers(path, skeleton)
    skeleton = skeleton or _skeleton_in(found, path)
    return as_recording(matched(found, skeleton, path), path, rate_hz), skeleton


def _skeleton_in(found: MarkerFile, path: Path) -> Skeleton:
    """The marker set that a file brings or holds; a new one keeps all markers that have a name."""
    return skeleton_of(found) or new_skeleton(
        found, path.stem, height=extent(found.positions), twins=True
    )


def _read(
    recording: Recording, skeleton: Skeleton, found: MarkerFile, options: ConvertOptions
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
        f"{recording.source}: {len(skeleton)} markers ({skeleton.name}), {len(recording)} frames, "
        f"{seconds:.1f} s at {recording.rate_hz:g} Hz, {gaps:.1%} gaps"
        + (f"; not stated: {', '.join(usual)}" if usual else "")
    )


def _not_upright(
    recording: Recording, skeleton: Skeleton, source: Path, options: ConvertOptions
) -> list[str]:
    seen = upright_axis(recording.positions.astype(np.float64), skeleton.markers)
    if options.up != "auto" or seen in (None, "z"):
        return []
    return [
        f"{source}: the head is not over the feet: if the dancer stands, say which axis is up (--up)"
    ]
