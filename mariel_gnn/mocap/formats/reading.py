"""Reads recordings: files of any format and any marker set."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.interpretation import (
    MatchedSkeleton,
    identify_skeleton,
    nearly_contains,
    positions_in_metres,
    select_dancer,
    select_markers,
    select_props,
    select_with_gaps,
    split_dancers,
    to_recording,
)
from mariel_gnn.mocap.formats.labels import (
    describe_missing,
    is_unnamed,
    replace_aliases,
    shorten_list,
)
from mariel_gnn.mocap.formats.marker_file import MarkerFile, Unit, Up, check_count
from mariel_gnn.mocap.formats.new_skeleton import own_skeleton
from mariel_gnn.mocap.formats.scene import add_props, combine_dancers
from mariel_gnn.mocap.formats.table import reader_of
from mariel_gnn.mocap.formats.unnamed_arrays import Layout
from mariel_gnn.mocap.plausibility import RATES_HZ, check_range, upright_axis
from mariel_gnn.mocap.recording import Recording, nearest_file
from mariel_gnn.mocap.skeletons.loading import (
    SKELETON_FILE,
    load_skeleton,
    shipped_skeletons,
)
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


def read_recording(
    path: str | Path,
    skeleton: Skeleton | None = None,
    rate_hz: float | None = None,
    layout: Layout = "auto",
    *,
    unit: Unit = "auto",
    up: Up = "auto",
    subject: str | None = None,
) -> Recording:
    """Read the recording of one dancer; gaps stay NaN (`clean` fills them).

    Args:
        path: a file of any readable format (`FORMATS`).
        skeleton: the marker set; all its markers must be in the file, with any prefix before their
            names. None takes the file's own set, which `read_with_skeleton` returns too.
        rate_hz: frames per second, overrides the file; None takes the file's rate, or the field's 35.
        layout: of an array without names: ``"field"`` is `(rows, T, 3)` with z down, ``"plain"`` is
            `(T, J, 3)` with z up, ``"auto"`` decides by shape.
        unit: of length, overrides the file.
        up: the vertical axis, overrides the file.
        subject: the dancer, if the file holds several.

    Raises:
        UserError: the file cannot be read; the message has the file, the reason and what to do.
    """
    check_range("rate_hz", rate_hz, *RATES_HZ)
    path = Path(path)
    found = select_dancer(read_marker_file(path, skeleton, layout), subject, path, skeleton)
    skeleton = skeleton or own_skeleton(found, path.stem).skeleton
    return to_recording(select_markers(found, skeleton, path), path, rate_hz, unit, up)


def read_marker_file(
    path: Path, skeleton: Skeleton | None = None, layout: Layout = "auto"
) -> MarkerFile:
    """Read the content of a file in its own unit and axes.

    Args:
        path: the file.
        skeleton: the marker set of an array without names; None takes a shipped one by shape. Labels
            that are aliases of its markers become the names of the markers.
        layout: of an array without names.

    Raises:
        UserError: the file cannot be read.
    """
    read = reader_of(path)
    if not path.is_file():
        raise UserError(
            f"{path}: no such file: check its name and folder.{nearest_file(path)}".rstrip(".")
        )
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = read(path, skeleton, layout)
    except UserError:
        raise
    except Exception as error:  # a damaged file may raise anything in a third-party reader
        raise UserError(f"{path}: cannot be read as {path.suffix}: {_why(error, path)}") from error
    return replace_aliases(_checked(found, path), skeleton)


def _why(error: Exception, path: Path) -> str:
    if path.suffix.lower() == ".npy":
        return "it must be one array of numbers, saved with numpy.save without pickle"
    return f"{' '.join(str(error).split())[:200] or type(error).__name__}: export it again"


def _checked(found: MarkerFile, path: Path) -> MarkerFile:
    shape = found.positions.shape
    if len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise UserError(
            f"{path}: has positions of shape {shape}; frames, markers and 3 coordinates are needed: "
            "export it again"
        )
    check_count(shape[1], path)
    if found.labels is not None and len(found.labels) != shape[1]:
        raise UserError(
            f"{path}: has {len(found.labels)} names for {shape[1]} markers: export it again"
        )
    return found


@dataclass(frozen=True)
class ReadingOptions:
    """What the user states about a file.

    Args:
        skeleton: the marker set of a dancer: mariel53, mariel18 or the path of a YAML file; null takes
            the file's own. With a stated one, a few missing markers become gaps.
        rate_hz: frames per second, overrides the file.
        unit: of length in the file (m, cm, mm, in, ft, cmu), overrides the file.
        up: the vertical axis of the file, overrides the file.
        subject: the dancer, if the file holds several; null takes all.
        layout: of an .npy file: field is (rows, frames, 3) with z down, plain is (frames, markers, 3)
            with z up, auto decides by shape.
    """

    skeleton: str | None = None
    rate_hz: float | None = None
    unit: Unit = "auto"
    up: Up = "auto"
    subject: str | None = None
    layout: Layout = "auto"


class ReadRecording(NamedTuple):
    """A recording with its skeleton.

    Attributes:
        recording: in metres, z up; gaps stay NaN.
        skeleton: its marker set; a new one if no shipped set fits.
        notes: a summary of the file, and the defaults used for what it does not state.
    """

    recording: Recording
    skeleton: Skeleton
    notes: list[str]


def read_with_skeleton(path: str | Path, options: ReadingOptions | None = None) -> ReadRecording:
    """Read one file of any marker set; several dancers become one set with names like `Anna:LANK`.

    Args:
        path: any readable file.
        options: what the user states about it.

    Raises:
        UserError: the file cannot be read.
    """
    path, options = Path(path), options or ReadingOptions()
    dancers, props = _read_scene(path, options)
    if len(dancers) > 1:
        return _combined(dancers, props, options)
    (only,) = dancers.values()
    return only


def read_dancers(
    path: str | Path, options: ReadingOptions | None = None
) -> dict[str, ReadRecording]:
    """Read each dancer of one file, by name; for arguments and errors see `read_with_skeleton`."""
    return _read_scene(Path(path), options or ReadingOptions())[0]


def _read_scene(
    path: Path, options: ReadingOptions
) -> tuple[dict[str, ReadRecording], MarkerFile | None]:
    """Read each dancer, and the markers that belong to none of several dancers."""
    check_range("rate_hz", options.rate_hz, *RATES_HZ)
    stated = load_skeleton(options.skeleton) if options.skeleton else None
    found = read_marker_file(path, stated, options.layout)
    dancers = split_dancers(found, options.subject, path, stated)
    several = len(dancers) > 1
    read = {
        dancer: _read_dancer(part, path, stated, options, f" {dancer}" if several else "")
        for dancer, part in dancers.items()
    }
    return read, select_props(found, stated)


def _read_dancer(
    found: MarkerFile, path: Path, stated: Skeleton | None, options: ReadingOptions, suffix: str
) -> ReadRecording:
    """Read one dancer; `suffix` distinguishes several of one file."""
    name = f"{path.stem}{suffix}"
    matched = _stated_skeleton(found, stated) if stated else own_skeleton(found, name)
    skeleton, lacks = matched.skeleton, matched.lacks
    selected = select_with_gaps(found, skeleton) if lacks else select_markers(found, skeleton, path)
    recording = to_recording(selected, path, options.rate_hz, options.unit, options.up)
    recording = dataclasses.replace(recording, name=name)
    notes = [_summary(recording, skeleton, found, options, suffix)]
    notes += [f"{path}: {note}" for note in recording.notes]
    if lacks:
        used = f"the others are used (--skeleton {matched.whole} keeps all, the missing as gaps)"
        notes.append(f"{path}{suffix}: {lacks}: {'they become gaps' if stated else used}")
    points = [label for label in found.labels or () if is_unnamed(label)]
    if lost := [label for label in points if label not in skeleton.markers]:
        notes.append(f"{path}: {len(lost)} unidentified points left out: {shorten_list(lost)}")
    notes += _not_upright(recording, skeleton, path, options)
    lines = [note.replace("\n", "\\n") for note in notes]  # a name in a file may have line feeds
    return ReadRecording(recording, skeleton, lines)


def _stated_skeleton(found: MarkerFile, stated: Skeleton) -> MatchedSkeleton:
    labels = found.labels or ()
    lacks = describe_missing(labels, stated.markers, stated.name)
    return MatchedSkeleton(stated, stated.name, lacks if nearly_contains(labels, stated) else "")


def _combined(
    dancers: Mapping[str, ReadRecording], props: MarkerFile | None, options: ReadingOptions
) -> ReadRecording:
    """Combine several dancers into one recording of all their markers; props keep their names."""
    recordings = {dancer: read.recording for dancer, read in dancers.items()}
    skeletons = {dancer: read.skeleton for dancer, read in dancers.items()}
    combined, skeleton = combine_dancers(recordings, skeletons)
    if props:
        loose = positions_in_metres(props, options.unit, options.up)
        combined, skeleton = add_props(combined, skeleton, props.labels or (), loose)
    notes = list(dict.fromkeys(note for read in dancers.values() for note in read.notes))
    notes.append(
        f"{combined.source}: {skeleton.name} are combined, {len(skeleton)} markers with names like "
        f"{skeleton.markers[0]}; --subject takes one dancer"
    )
    return ReadRecording(combined, skeleton, notes)


def _summary(
    recording: Recording,
    skeleton: Skeleton,
    found: MarkerFile,
    options: ReadingOptions,
    suffix: str,
) -> str:
    seconds = len(recording) / recording.rate_hz
    gaps = float(np.isnan(recording.positions[..., 0]).mean())
    defaults = [
        text
        for text, stated in (
            (f"unit {found.unit}", found.unit_stated or options.unit != "auto"),
            (f"{found.up} up", found.up_stated or options.up != "auto"),
            (f"rate {recording.rate_hz:g} Hz", found.rate_hz or options.rate_hz),
        )
        if not stated
    ]
    return (
        f"{recording.source}{suffix}: {len(skeleton)} markers ({skeleton.name}), {len(recording)} frames, "
        f"{seconds:.1f} s at {recording.rate_hz:g} Hz, {gaps:.1%} gaps"
        + (f"; not stated, default used: {', '.join(defaults)}" if defaults else "")
    )


def _not_upright(
    recording: Recording, skeleton: Skeleton, path: Path, options: ReadingOptions
) -> list[str]:
    axis = upright_axis(recording.positions.astype(np.float64), skeleton.markers)
    if options.up != "auto" or axis in (None, "z"):
        return []
    return [
        f"{path}: the head is not above the feet: if the dancer stands, state the vertical axis (--up)"
    ]


def skeleton_for(paths: Sequence[str | Path]) -> Skeleton:
    """Find the one skeleton of several files.

    The skeleton of a file is the one it holds (`.npz`), else `skeleton.yaml` in its folder, else the
    shipped one that its markers match.

    Raises:
        UserError: there is no file, no skeleton fits one, or the files have different skeletons.
    """
    if not paths:
        raise UserError("no files given to find a skeleton for: give one or several")
    beside: dict[Path, Skeleton | None] = {}
    first, skeleton = Path(paths[0]), _skeleton_of(Path(paths[0]), beside)
    for path in map(Path, paths[1:]):
        other = _skeleton_of(path, beside)
        if difference := skeleton.difference(other):
            raise UserError(
                f"{first} and {path} have different skeletons ({skeleton.name} and {other.name} differ "
                f"in {difference}): use files of one skeleton, or state it (skeleton)"
            )
    return skeleton


def _skeleton_of(path: Path, beside: dict[Path, Skeleton | None]) -> Skeleton:
    """Find the skeleton of one file; `beside` caches those of folders."""
    if path.parent not in beside:
        file = path.parent / SKELETON_FILE
        beside[path.parent] = load_skeleton(file) if file.is_file() else None
    nearby = beside[path.parent]
    found = read_marker_file(path, nearby) if path.suffix.lower() == ".npz" else None
    if found and found.skeleton:
        return found.skeleton
    if nearby:
        return nearby
    matched = identify_skeleton(found or read_marker_file(path))
    if matched is None:
        raise UserError(
            f"{path}: its markers match no shipped skeleton ({', '.join(shipped_skeletons())}), and its "
            f"folder has no {SKELETON_FILE}: run experiments.prepare on it, or state its skeleton"
        )
    return load_skeleton(matched.whole) if matched.lacks else matched.skeleton
