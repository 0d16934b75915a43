"""The one door by which recordings come in and go out, whatever the format."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from mariel_gnn.data.files.dancers import of_subject_only
from mariel_gnn.data.files.interpreting import as_recording, matched
from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.data.files.numpy_array import Layout
from mariel_gnn.data.files.table import format_of, reader_of
from mariel_gnn.data.files.units import Unit, Up
from mariel_gnn.data.recording import Recording
from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton


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
    found = of_subject_only(read_markers(path, skeleton, layout), subject, path, skeleton)
    return as_recording(matched(found, skeleton, path), path, rate_hz, unit, up)


def write_recording(
    path: str | Path, recording: Recording, skeleton: Skeleton, layout: Layout = "auto"
) -> list[str]:
    """Write one recording in the format of the path's suffix, aside and renamed.

    Args:
        path: where; its folder is made if it is missing.
        recording: in metres, z up; NaN where a marker was not seen.
        skeleton: its marker set.
        layout: of bare arrays; ``"field"`` for the field's own, else plain.

    Returns:
        What there is to tell: what the format cannot hold, how well a joint tree fits.

    Raises:
        UserError: no such format, or one that cannot hold this.
    """
    path = Path(path)
    return format_of(path).write(path, recording, skeleton, layout)


def read_markers(
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
