"""Read one file of any kind and any marker set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mariel_gnn.data.bringing.new_skeleton import new_skeleton
from mariel_gnn.data.bringing.upright import upright_axis
from mariel_gnn.data.files.door import read_markers
from mariel_gnn.data.files.interpreting import (
    as_recording,
    extent,
    matched,
    of_subject_only,
    skeleton_of,
)
from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.data.files.numpy_array import Layout
from mariel_gnn.data.files.units import RATES_HZ, Unit, Up, check_between
from mariel_gnn.data.recording import Recording
from mariel_gnn.skeletons import Skeleton, load_skeleton


@dataclass(frozen=True)
class ReadingOptions:
    """What the user says of a file.

    Args:
        skeleton: the marker set: mariel53, mariel18 or the path of a YAML file; null takes what the
            file holds.
        rate_hz: frames per second, whatever the file says.
        unit: of length in the file (m, cm, mm, in, ft, cmu), whatever it says.
        up: the axis that points up in the file, whatever it says.
        subject: whose markers, where the file holds several dancers.
        layout: of an .npy file: field for (rows, frames, 3) with z down, plain for
            (frames, markers, 3) with z up; auto tells by shape.
    """

    skeleton: str | None = None
    rate_hz: float | None = None
    unit: Unit = "auto"
    up: Up = "auto"
    subject: str | None = None
    layout: Layout = "auto"


class Read(NamedTuple):
    """A file as it was understood.

    Attributes:
        recording: in metres, z up; gaps stay NaN.
        skeleton: its marker set; a new one where the file's is not known.
        notes: what it holds, and what was taken as usual because it does not say, in lines.
    """

    recording: Recording
    skeleton: Skeleton
    notes: list[str]


def read_with_skeleton(path: str | Path, options: ReadingOptions | None = None) -> Read:
    """Read one file of any marker set.

    Args:
        path: any readable file.
        options: what is known of it.

    Raises:
        UserError: it cannot be read.
    """
    path, options = Path(path), options or ReadingOptions()
    check_between("rate_hz", options.rate_hz, *RATES_HZ)
    given = load_skeleton(options.skeleton) if options.skeleton else None
    found = read_markers(path, given, options.layout)
    if options.subject:  # else a new marker set holds all dancers
        found = of_subject_only(found, options.subject, path)
    skeleton = given or _skeleton_in(found, path)
    kept = matched(found, skeleton, path)
    recording = as_recording(kept, path, options.rate_hz, options.unit, options.up)
    notes = [_told(recording, skeleton, found, options)]
    notes += _not_upright(recording, skeleton, path, options)
    return Read(recording, skeleton, notes)


def _skeleton_in(found: MarkerFile, path: Path) -> Skeleton:
    """The marker set that a file brings or holds; a new one keeps all markers that have a name."""
    return skeleton_of(found) or new_skeleton(
        found, path.stem, height=extent(found.positions), twins=True
    )


def _told(
    recording: Recording, skeleton: Skeleton, found: MarkerFile, options: ReadingOptions
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
    recording: Recording, skeleton: Skeleton, source: Path, options: ReadingOptions
) -> list[str]:
    seen = upright_axis(recording.positions.astype(np.float64), skeleton.markers)
    if options.up != "auto" or seen in (None, "z"):
        return []
    return [
        f"{source}: the head is not over the feet: if the dancer stands, say which axis is up (--up)"
    ]
