"""`.mvnx`: the XML export of Xsens MVN (Movella).

The positions of the segments' origins are read: metres, z up, right-handed, by the definition of the format.
A file may hold several subjects, which share one clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.gaps import mask_sentinels
from mariel_gnn.mocap.formats.labels import distinct_labels, shorten_list
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile, check_count
from mariel_gnn.mocap.formats.mvnx_xml import CAPTURED, Subject, parse_subjects
from mariel_gnn.mocap.formats.text_tables.time_cells import parse_times
from mariel_gnn.mocap.formats.times import SAME_RATE, Timing, place_rows, timing

MAX_SPARSE = 20  # frames of the common clock for each frame of the longest subject


def read_mvnx(path: Path) -> MarkerFile:
    """Read the positions of all segments of all subjects.

    Frames that are missing, by their numbers or times, become gaps. With several subjects, the names are
    like `Anna:Pelvis`.

    Raises:
        UserError: the file is damaged, has no positions, or its frames are not in one order of time.
    """
    subjects = [subject for subject in parse_subjects(path) if subject.positions]
    if not subjects:
        raise UserError(f"{path}: has no captured frames (type {CAPTURED}): export it again")
    check_count(sum(len(subject.segments) for subject in subjects), path, "segments")
    clocks = [_clock(subject, path) for subject in subjects]
    prefixes = _prefixes(subjects)
    named = [
        prefix + segment
        for prefix, subject in zip(prefixes, subjects, strict=True)
        for segment in subject.segments
    ]
    labels, label_notes = distinct_labels(named)
    positions, gap_notes = mask_sentinels(_on_one_clock(subjects, clocks, path), labels)
    notes = [note for subject in subjects for note in _notes(subject)]
    notes += [_of_frames(note) for clock in clocks for note in clock.notes]
    return MarkerFile(
        positions,
        labels,
        rate_hz=_common_rate(clocks, path),
        edges=tuple(
            (prefix + a, prefix + b)
            for prefix, subject in zip(prefixes, subjects, strict=True)
            for a, b in subject.joints
        ),
        notes=tuple(dict.fromkeys([*notes, *label_notes, *gap_notes])),
        rate_doubt=next((clock.doubt for clock in clocks if clock.doubt), ""),
    )


def _clock(subject: Subject, path: Path) -> Timing:
    """Decide the rate and the frames of a subject from its numbers, times and stated rate.

    Raises:
        UserError: the frames are not in one order of time.
    """
    frames = range(len(subject.positions))
    numbers = None if None in subject.numbers else np.array(subject.numbers, dtype=np.float64)
    values = np.array([float(time or "nan") for time in subject.times])
    times = parse_times(subject.times, "time ms", values)._replace(name="time")
    try:
        return timing(path, frames, times, numbers, subject.rate_hz)
    except UserError as error:
        raise UserError(f"{path}: {_of_frames(str(error).removeprefix(f'{path}: '))}") from None


def _of_frames(text: str) -> str:
    """A sentence about a table's lines as one about the captured frames of this format."""
    return text.replace("column time", "time").replace("line", "captured frame")


def _common_rate(clocks: Sequence[Timing], path: Path) -> float | None:
    known = sorted({clock.rate_hz for clock in clocks if clock.rate_hz is not None})
    if known and known[-1] - known[0] > SAME_RATE * known[0]:
        raise UserError(
            f"{path}: its subjects have {known[0]:g} and {known[-1]:g} frames a second: export each into "
            "a file of its own"
        )
    return known[0] if known else None


def _on_one_clock(subjects: Sequence[Subject], clocks: Sequence[Timing], path: Path) -> Floats:
    """Return the positions `[T, J, C]` of all subjects; NaN in frames that a subject does not have."""
    starts = [subject.numbers[0] or 0 for subject in subjects]
    bodies = [
        place_rows(_rows(subject), clock) for subject, clock in zip(subjects, clocks, strict=True)
    ]
    first = min(starts)
    frames = max(start - first + len(body) for start, body in zip(starts, bodies, strict=True))
    longest = max(map(len, bodies))
    if frames > MAX_SPARSE * longest:
        raise UserError(
            f"{path}: its subjects were not captured at one time (frames {', '.join(map(str, starts))}): "
            "export each into a file of its own"
        )
    columns = []
    for start, body in zip(starts, bodies, strict=True):
        whole = np.full((frames, *body.shape[1:]), np.nan)
        whole[start - first : start - first + len(body)] = body
        columns.append(whole)
    return np.concatenate(columns, axis=1)


def _rows(subject: Subject) -> Floats:
    """Return the positions `[rows, J, C]` of a subject's captured frames."""
    rows = np.full((len(subject.positions), len(subject.segments), 3), np.nan)
    for row, coordinates in zip(rows, subject.positions, strict=True):
        if len(coordinates):
            row[:] = coordinates.reshape(-1, 3)
    return rows


def _prefixes(subjects: Sequence[Subject]) -> list[str]:
    """Return the prefix of each subject's names: empty for one, distinct for several."""
    if len(subjects) == 1:
        return [""]
    names = [subject.name or f"subject {place + 1}" for place, subject in enumerate(subjects)]
    return [
        f"{name} {place + 1}:" if names.count(name) > 1 else f"{name}:"
        for place, name in enumerate(names)
    ]


def _notes(subject: Subject) -> list[str]:
    """What was guessed or left out of one subject."""
    notes = [*subject.notes]
    if subject.calibration:
        kinds = ", ".join(subject.calibration)
        notes.append(f"{subject.calibration.total()} calibration frames are left out ({kinds})")
    if subject.others:
        notes.append(f"only positions are read, not {shorten_list([*subject.others])}")
    lost = sum(not len(coordinates) for coordinates in subject.positions)
    if lost:
        notes.append(f"frames without positions: {lost}, they are gaps")
    return notes
