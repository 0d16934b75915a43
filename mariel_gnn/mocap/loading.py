"""Load clean recordings: files long enough for a window, and clips such as `FILE@12.5s-20s`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.calibration_pose import cut_calibration_poses
from mariel_gnn.mocap.cleaning import DEFAULT_CLEANING, CleaningOptions, clean, list_places
from mariel_gnn.mocap.formats.interpretation import split_dancers
from mariel_gnn.mocap.formats.reading import (
    ReadingOptions,
    read_marker_file,
    read_recording,
)
from mariel_gnn.mocap.formats.unnamed_arrays import Layout
from mariel_gnn.mocap.plausibility import RATES_HZ, check_range
from mariel_gnn.mocap.recording import Recording, expand_home, find_files
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

SAME_RATE = 1e-3  # relative tolerance: headers have a few digits only
Source = str | Path | Sequence[str | Path] | Sequence[Recording]


@dataclass(frozen=True)
class Loaded:
    """Recordings, and notes on the changes to them.

    Attributes:
        recordings: cleaned, each long enough.
        notes: one line for each kind of change, each jump report and each recording left out.
    """

    recordings: list[Recording]
    notes: list[str] = field(default_factory=list)


def load_recordings(
    source: Source,
    skeleton: Skeleton,
    *,
    rate_hz: float | None = None,
    layout: Layout = "auto",
    trim: int = 0,
    min_frames: int = 1,
    cleaning: CleaningOptions | None = DEFAULT_CLEANING,
) -> Loaded:
    """Read, trim and clean recordings, and leave out those that are too short.

    Args:
        source: file, pattern or several; recordings are not read but trimmed and cleaned.
        skeleton: the marker set of the files.
        rate_hz: frames per second, overrides the files; None takes theirs, or the field's 35.
        layout: of the files, see `read_recording`.
        trim: frames removed at each end of each file.
        min_frames: shorter parts are left out, with a note.
        cleaning: options for gaps and jumps; None takes recordings that are clean already.

    Raises:
        UserError: there is no file, a file cannot be used, or no recording is long enough.
    """
    recordings: list[Recording] = []
    wholes = _read_all(source, skeleton, rate_hz, layout)
    notes: list[str] = []
    if cleaning is not None:
        wholes, notes = cut_calibration_poses(wholes)
    for whole in wholes:
        notes += [f"{whole.name}: {note}" for note in whole.notes]
        parts = _trim(whole, trim, notes)
        if parts and cleaning is not None:
            parts, report = clean(parts[0], skeleton, cleaning.max_gap_s, cleaning.jump_m_per_s)
            notes += report.messages()
        recordings += [part for part in parts if len(part) >= min_frames]
        notes += [
            f"{part.name}: {len(part)} frames, a window needs {min_frames}; left out"
            for part in parts
            if len(part) < min_frames
        ]
    if not recordings:
        raise UserError(_why_none(notes, min_frames))
    return Loaded(recordings, notes)


def _trim(whole: Recording, trim: int, notes: list[str]) -> list[Recording]:
    """The recording without `trim` frames at each end; empty, with a note, if none remain."""
    if 2 * trim >= len(whole):
        notes.append(
            f"{whole.name}: {len(whole)} frames, none remain after trimming {trim} at each end; left out"
        )
        return []
    return [whole.part(trim, len(whole) - trim) if trim > 0 else whole]


def _read_all(
    source: Source, skeleton: Skeleton, rate_hz: float | None, layout: Layout
) -> Sequence[Recording]:
    if isinstance(source, str | Path):
        source = [source]
    recordings = [item for item in source if isinstance(item, Recording)]
    patterns = [item for item in source if not isinstance(item, Recording)]
    if not patterns:
        return recordings
    files = find_files(patterns)
    recordings += [read_recording(path, skeleton, rate_hz, layout) for path in files]
    check_one_rate(recordings)
    return recordings


def check_one_rate(recordings: Sequence[Recording]) -> None:
    """Check that all recordings have the same rate.

    Raises:
        UserError: two rates differ; the message names their files.
    """
    first = recordings[0]
    for other in recordings:
        if abs(other.rate_hz - first.rate_hz) > SAME_RATE * first.rate_hz:
            raise UserError(
                f"{first.source} has {first.rate_hz:g} frames a second, {other.source} has "
                f"{other.rate_hz:g}: resample them to one rate (python -m experiments.prepare)"
            )


def _why_none(notes: Sequence[str], min_frames: int) -> str:
    if not notes:
        return "no recordings given: give a file, a pattern or recordings"
    left_out = [note for note in notes if note.endswith("left out")]
    why = left_out[0] if left_out else notes[0]
    if len(left_out) > 1:
        why = f"no recording has {min_frames} frames without a long gap; the first: {why}"
    return f"{why}: lower the window length (data.seq_len) or the trimming, or give longer files"


_SECONDS = r"(\d+(?:\.\d+)?)s?"
_CLIP = re.compile(rf"(?P<file>.+)@{_SECONDS}(?:-{_SECONDS})?")


def read_clip(
    name: str, skeleton: Skeleton, options: ReadingOptions | None = None
) -> tuple[Recording, list[str]]:
    """Read a clip and fill its short gaps.

    Args:
        name: ``FILE`` for the whole file; ``FILE@12.5s`` from there to the end; ``FILE@12.5s-20s`` for
            the seconds between.
        skeleton: the marker set; the one in the options is ignored.
        options: facts about the file.

    Returns:
        The clip, and messages about its gaps.

    Raises:
        UserError: the file does not exist, the seconds are outside it, or a gap is too long to fill.
    """
    clip, notes = cut_clip(name, skeleton, options or ReadingOptions())
    filled, changes = fill_clip(name, clip, skeleton)
    return filled, [*notes, *changes]


def cut_clip(name: str, skeleton: Skeleton, options: ReadingOptions) -> tuple[Recording, list[str]]:
    """Read a clip as it is recorded; arguments and errors as of `read_clip`, and the notes of its file."""
    file, start_s, stop_s = _split(name)
    whole = _read(file, skeleton, options)
    clip = _cut(whole, start_s, stop_s, name, file)
    return clip, [f"{file}: {note}" for note in whole.notes]


def dancers_of_clip(name: str, skeleton: Skeleton, options: ReadingOptions) -> list[str | None]:
    """The dancers of a clip's file, each to be given as `options.subject`; the given subject if it has one.

    Args:
        name: as for `read_clip`.
        skeleton: the marker set of one dancer.
        options: facts about the file.

    Raises:
        UserError: the file cannot be read.
    """
    file = Path(_split(name)[0])
    dancers = split_dancers(
        read_marker_file(file, skeleton, options.layout), options.subject, file, skeleton
    )
    return [*dancers] if len(dancers) > 1 else [options.subject]


def fill_clip(name: str, clip: Recording, skeleton: Skeleton) -> tuple[Recording, list[str]]:
    """Fill the short gaps of a clip; arguments and errors as of `read_clip`."""
    (clip,), pose = cut_calibration_poses([clip])
    parts, report = clean(clip, skeleton)
    if report.cut_frames or len(parts) != 1:
        leaps = [report.place(frame) for frame in report.cuts]
        why = f"{report.cut_frames} of {len(clip)} frames have gaps too long to fill"
        why = f"the body leaps at {list_places(leaps)}" if leaps else why
        raise UserError(f"{name}: {why}: choose other seconds")
    return parts[0], [*pose, *report.messages()]


def find_clip(name: str, recordings: Sequence[Recording]) -> list[Recording]:
    """The clip that a name means, of recordings that are read already.

    Args:
        name: as for `read_clip`; the file may be given without its folder, or without its suffix too.
        recordings: whole recordings.

    Returns:
        The clip of each recording of that file: of one dancer, or of all dancers of one take.

    Raises:
        UserError: no recording has the name, several takes have it, or the seconds are outside of it.
    """
    file, start_s, stop_s = _split(name)
    found = [one for one in recordings if file in _names(one) or os.path.realpath(file) == one.file]
    if not found:
        names = sorted({known for one in recordings for known in _names(one)})
        raise UserError(
            f"{name}: is none of the recordings.{nearest_match(file, names)} Give a file as "
            f"{names[0] if names else 'take.npy'}@12.5s-13s"
        )
    if len({one.source for one in found}) > 1:
        raise UserError(
            f"{name}: {found[0].file} and {found[-1].file} have this name: give the whole path"
        )
    return [_cut(one, start_s, stop_s, name, file) for one in found]


def _names(recording: Recording) -> set[str]:
    """What a user may call a recording: its name, or its file's."""
    return {recording.whole_name, Path(recording.file or recording.source).name}


def _cut(whole: Recording, start_s: float, stop_s: float | None, name: str, file: str) -> Recording:
    rate_hz, duration_s = whole.rate_hz, len(whole) / whole.rate_hz
    stop_s = duration_s if stop_s is None else stop_s
    if not 0 <= start_s < stop_s <= duration_s + 0.5 / rate_hz:
        raise UserError(
            f"{name}: {file} lasts {duration_s:.1f} s: give seconds inside it, in ascending order"
        )
    start, stop = (min(round(seconds * rate_hz), len(whole)) for seconds in (start_s, stop_s))
    return whole if stop - start == len(whole) else whole.part(start, stop)


def _read(file: str, skeleton: Skeleton, options: ReadingOptions) -> Recording:
    check_range("rate_hz", options.rate_hz, *RATES_HZ)
    return read_recording(
        file,
        skeleton,
        options.rate_hz,
        options.layout,
        unit=options.unit,
        up=options.up,
        subject=options.subject,
    )


def _split(name: str) -> tuple[str, float, float | None]:
    """File, start and end in seconds. A file whose own name has an `@` is read whole."""
    match = _CLIP.fullmatch(name)
    if expand_home(name).exists() or not match:
        return str(expand_home(name)), 0.0, None
    return str(expand_home(match["file"])), float(match[2]), float(match[3]) if match[3] else None
