"""Read one file of any kind and any marker set."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mariel_gnn.data.bringing.new_skeleton import new_skeleton
from mariel_gnn.data.bringing.upright import upright_axis
from mariel_gnn.data.files.dancers import dancers_of
from mariel_gnn.data.files.door import read_markers
from mariel_gnn.data.files.interpreting import (
    Known,
    as_recording,
    extent,
    matched,
    nearly_holds,
    skeleton_of,
    with_gaps,
)
from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.data.files.names import lacking
from mariel_gnn.data.files.numpy_array import Layout
from mariel_gnn.data.files.units import RATES_HZ, Unit, Up, check_between
from mariel_gnn.data.recording import Recording
from mariel_gnn.skeletons import Skeleton, load_skeleton
from mariel_gnn.skeletons.duet import side_by_side


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
    """Read one file of any marker set; several dancers in it are one set, `Anna:LANK`.

    Args:
        path: any readable file.
        options: what is known of it.

    Raises:
        UserError: it cannot be read.
    """
    dancers = read_dancers(path, options)
    return _side_by_side(dancers) if len(dancers) > 1 else next(iter(dancers.values()))


def read_dancers(path: str | Path, options: ReadingOptions | None = None) -> dict[str, Read]:
    """Read each dancer of one file, by name; of one dancer there may be no name.

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
    dancers = dancers_of(found, options.subject, path, given)
    several = len(dancers) > 1
    return {
        dancer: _read(part, path, given, options, f" {dancer}" if several else "")
        for dancer, part in dancers.items()
    }


def _read(
    found: MarkerFile, path: Path, given: Skeleton | None, options: ReadingOptions, whose: str
) -> Read:
    """One dancer of a file."""
    name = f"{path.stem}{whose}"
    known = _known(found, name, given)
    skeleton = known.skeleton
    kept = with_gaps(found, skeleton) if known.lacks else matched(found, skeleton, path)
    recording = as_recording(kept, path, options.rate_hz, options.unit, options.up)
    recording = dataclasses.replace(recording, name=name)
    notes = [_told(recording, skeleton, found, options, whose)]
    if known.lacks:
        done = "their places are kept, as never seen"
        way_out = f"the others are taken (--skeleton {known.whole} keeps places for all)"
        notes.append(f"{path}{whose}: {known.lacks}: {done if given else way_out}")
    notes += _not_upright(recording, skeleton, path, options)
    return Read(recording, skeleton, notes)


def _known(found: MarkerFile, name: str, given: Skeleton | None) -> Known:
    """The marker set that is given, brought or held; a new one keeps all markers that have a name."""
    labels = found.labels or ()
    if given is None:
        known = skeleton_of(found)
        return known or Known(
            new_skeleton(found, name, height=extent(found.positions), twins=True), name
        )
    nearly = nearly_holds(labels, given)
    return Known(given, given.name, lacking(labels, given.markers, given.name) if nearly else "")


def _side_by_side(dancers: Mapping[str, Read]) -> Read:
    """Several dancers as one body of all their markers."""
    recordings = [read.recording for read in dancers.values()]
    whole = dataclasses.replace(
        recordings[0],
        name=Path(recordings[0].source).stem,
        positions=np.concatenate([each.positions for each in recordings], axis=1),
    )
    skeleton = side_by_side({dancer: read.skeleton for dancer, read in dancers.items()})
    told = (
        f"{whole.source}: {skeleton.name} together are {len(skeleton)} markers, such as "
        f"{skeleton.markers[0]}; --subject takes one of them"
    )
    return Read(
        whole, skeleton, [*(note for read in dancers.values() for note in read.notes), told]
    )


def _told(
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
