"""Writes recordings to files of any format, and converts files.

Every file is written aside, read back, compared with what was to be written, and renamed.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.mocap.cleaning import impossible_note
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.read_back import Written, check_read_back, refuse_unreadable
from mariel_gnn.mocap.formats.reading import ReadingOptions, read_marker_file, read_with_skeleton
from mariel_gnn.mocap.formats.table import FORMATS, Write, writer_of
from mariel_gnn.mocap.formats.unnamed_arrays import Layout
from mariel_gnn.mocap.plausibility import MAX_DISTANCE_M
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

# In these formats a marker at exactly 0, 0, 0 is a gap. One that is there is moved by 0.01 mm.
ZERO_IS_GAP = (".npy", ".csv", ".trc", ".c3d")
SMALLEST_STEP_M = 1e-5


def write_recording(
    path: str | Path, recording: Recording, skeleton: Skeleton, layout: Layout = "auto"
) -> list[str]:
    """Write a recording in the format of the path's suffix, and read the file back.

    The file appears when it is complete and holds names, frames, gaps, rate and positions as given.

    Args:
        path: of the file; a missing folder is created.
        recording: in metres, z up; NaN for gaps.
        skeleton: its marker set.
        layout: of an `.npy` file: ``"field"``, or else ``"plain"``.

    Returns:
        Notes for the user: on what the format cannot hold, and the fit error of a joint tree.

    Raises:
        UserError: the suffix is unknown, or the format cannot hold the recording.
    """
    path = Path(path)
    write = writer_of(path)
    recording = _checked(recording, skeleton, path)
    with written_aside(path) as aside:
        try:
            written = _write(write, aside, recording, skeleton, layout)
            return written.notes + _read_back(aside, written, skeleton, layout)
        except UserError as error:
            raise UserError(str(error).replace(str(aside), str(path))) from error


def _checked(recording: Recording, skeleton: Skeleton, path: Path) -> Recording:
    """Return the recording with whole gaps; refuse what no format can hold."""
    positions, rate_hz = recording.positions, recording.rate_hz
    if positions.shape[1:] != (len(skeleton), 3):
        raise ValueError(f"positions of shape {positions.shape} for {len(skeleton)} markers")
    missing = np.isnan(positions).any(axis=2, keepdims=True)
    if missing.all():
        raise UserError(f"{path}: not written: the recording has no positions")
    if not (np.isfinite(rate_hz) and rate_hz > 0):
        raise UserError(f"{path}: not written: its rate is {rate_hz:g} Hz, state one (--rate_hz)")
    far = np.argwhere((~missing & (np.abs(positions) >= MAX_DISTANCE_M)).any(axis=2))
    if len(far):
        frame, marker = (int(index) for index in far[0])
        raise UserError(
            f"{path}: not written: {skeleton.markers[marker]} in frame {frame + 1} is more than "
            f"{MAX_DISTANCE_M / 1000:g} km away: make it a gap (NaN)"
        )
    positions = np.where(missing, np.float32(np.nan), positions)
    if path.suffix.lower() in ZERO_IS_GAP:
        zero = (np.abs(positions) < SMALLEST_STEP_M / 2).all(axis=2)
        positions[zero, 2] = SMALLEST_STEP_M
    return dataclasses.replace(recording, positions=positions)


def _write(
    write: Write, aside: Path, recording: Recording, skeleton: Skeleton, layout: Layout
) -> Written:
    try:
        return write(aside, recording, skeleton, layout)
    except UserError:
        raise
    except (ValueError, RuntimeError, ArithmeticError) as error:  # of a third-party writer
        why = " ".join(str(error).split())[:200] or type(error).__name__
        content = MarkerFile(recording.positions.astype(np.float64), skeleton.markers)
        raise refuse_unreadable(UserError(why), content, aside) from error


def _read_back(aside: Path, written: Written, skeleton: Skeleton, layout: Layout) -> list[str]:
    """Read the file and compare it with what was written."""
    read = FORMATS[aside.suffix].read_back
    try:
        if read:
            found = read(aside)
        elif written.content.labels is None:
            found = read_marker_file(aside, skeleton, "plain" if layout == "auto" else layout)
        else:
            found = read_marker_file(aside)
    except UserError as error:
        raise refuse_unreadable(error, written.content, aside) from error
    return check_read_back(found, written.content, aside)


def convert(
    source: Path, target: Path, options: ReadingOptions, out_layout: Layout = "auto"
) -> list[str]:
    """Read a file and write it in the format of the target's suffix.

    Args:
        source: any readable file.
        target: the file to write; an existing one is replaced when the new one is complete.
        options: what the user states about the source.
        out_layout: of an `.npy` target; auto is plain.

    Returns:
        Notes on what was read and written.

    Raises:
        UserError: the source cannot be read, or the target's format cannot hold it.
    """
    writer_of(target)
    if os.path.realpath(source) == os.path.realpath(target):  # also of a link to itself
        raise UserError(
            f"{source}: is both the source and the target: give the target another name"
        )
    recording, skeleton, notes = read_with_skeleton(source, options)
    doubts = filter(None, [impossible_note(recording, skeleton)])
    written = write_recording(target, recording, skeleton, out_layout)
    size_kb = target.stat().st_size / 1000
    return [
        *notes,
        *doubts,
        f"{target}: {size_kb:,.0f} kB",
        *(f"{target}: {note}" for note in written),
    ]
