"""From patterns of files to clean recordings long enough for a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import DEFAULT_CLEANING, CleaningOptions, clean
from mariel_gnn.mocap.formats.numpy_files import Layout
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.recording import Recording, find_files
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

SAME_RATE = 1e-3  # relative: headers are cut to a few digits
Source = str | Path | Sequence[str | Path] | Sequence[Recording]


@dataclass(frozen=True)
class Loaded:
    """Recordings, and what there is to tell about them.

    Attributes:
        recordings: cleaned, each long enough.
        notes: a line for each thing that was filled, cut, dropped or found odd.
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
    """Read, trim and clean recordings, and drop what is too short.

    Args:
        source: file, pattern or several; recordings are taken as they are.
        skeleton: the marker set of the files.
        rate_hz: frames per second of the files; None takes what they say (35 if nothing).
        layout: of the files, see `read_recording`.
        trim: frames cut off at each end of each file.
        min_frames: shorter pieces are dropped, with a note.
        cleaning: the treatment of gaps and jumps; None takes recordings that are clean already.

    Raises:
        UserError: no file, a file that cannot be used, or nothing long enough.
    """
    found, notes = [], []
    for given in _opened(source, skeleton, rate_hz, layout):
        recording = given.part(trim, len(given) - trim) if 0 < 2 * trim < len(given) else given
        if 2 * trim >= len(given):
            notes.append(
                f"{given.name}: {len(given)} frames, nothing left after trimming {trim} at "
                "each end; left out"
            )
            continue
        parts = [recording]
        if cleaning is not None:
            parts, report = clean(recording, skeleton, cleaning.max_gap_s, cleaning.jump_m_per_s)
            notes += report.messages()
        found += [part for part in parts if len(part) >= min_frames]
        notes += [
            f"{part.name}: {len(part)} frames, a window needs {min_frames}; left out"
            for part in parts
            if len(part) < min_frames
        ]
    if not found:
        raise UserError(_nothing_left(notes, min_frames))
    return Loaded(found, notes)


def _opened(
    source: Source, skeleton: Skeleton, rate_hz: float | None, layout: Layout
) -> Sequence[Recording]:
    if isinstance(source, str | Path):
        source = [source]
    given = [item for item in source if isinstance(item, Recording)]
    patterns = [item for item in source if not isinstance(item, Recording)]
    if not patterns:
        return given
    files = find_files(patterns)
    opened = [*given, *(read_recording(path, skeleton, rate_hz, layout) for path in files)]
    check_one_rate(opened)
    return opened


def check_one_rate(recordings: Sequence[Recording]) -> None:
    """Check that all recordings have one rate.

    Raises:
        UserError: names two that differ.
    """
    first = recordings[0]
    for other in recordings:
        if abs(other.rate_hz - first.rate_hz) > SAME_RATE * first.rate_hz:
            raise UserError(
                f"{first.source} has {first.rate_hz:g} frames a second, {other.source} has "
                f"{other.rate_hz:g}: bring them to one rate (python -m experiments.prepare)"
            )


def _nothing_left(notes: Sequence[str], min_frames: int) -> str:
    if not notes:
        return "no recordings given: give a file, a pattern or recordings"
    left_out = [note for note in notes if note.endswith("left out")]
    if len(left_out) == 1:
        why = left_out[0]
    else:
        why = (
            f"none of the recordings has {min_frames} frames in one piece; the first: {left_out[0]}"
        )
    return f"{why}: lower the window's length (data.seq_len) or the trimming, or give longer files"
