"""`.trc`: text files of marker positions, used by OpenSim and most capture software.

The file states its unit and its rate. It does not state the vertical axis: y by OpenSim's convention,
for reading and writing.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.mocap.formats.marker_file import (
    Floats,
    MarkerFile,
    from_z_up,
    parse_unit,
    refuse_truncated,
)
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

UP = "y"
_FIELDS = ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate",
           "OrigDataStartFrame", "OrigNumFrames")  # fmt: skip


def read_trc(path: Path) -> MarkerFile:
    """Read marker positions; a marker at exactly 0, 0, 0 is a gap.

    Raises:
        UserError: the header or the table is truncated or damaged.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = text.splitlines()
    header = _header(lines, path)
    rate_hz, frames, markers = (
        _header_number(header, name, path) for name in ("DataRate", "NumFrames", "NumMarkers")
    )
    labels = [label.strip() for label in lines[3].split("\t")[2:] if label.strip()]
    rows = [line.rstrip("\r\n") for line in lines[5:] if line.strip()]
    if (len(labels), len(rows)) != (markers, frames):
        raise UserError(
            f"{path}: the header states {markers:g} markers and {frames:g} frames, the file has "
            f"{len(labels)} and {len(rows)}: it is truncated or damaged, export it again"
        )
    _refuse_truncated_row(text, rows, 3 * len(labels) + 2, path)
    _refuse_short_rows(rows, 3 * len(labels) + 2, path)
    unit = parse_unit(header.get("Units", ""))
    return MarkerFile(
        _positions(rows, len(labels)),
        tuple(labels),
        unit or "mm",
        UP,
        rate_hz,
        unit_stated=unit is not None,
        up_stated=False,
    )


def _header(lines: list[str], path: Path) -> dict[str, str]:
    """Return the names in the second line with the values in the third; empty if truncated."""
    if not lines or not lines[0].startswith("PathFileType"):
        raise UserError(
            f"{path}: is not a .trc file (the first line is not 'PathFileType …'): export it again"
        )
    return dict(zip(lines[1].split(), lines[2].split(), strict=False)) if len(lines) > 5 else {}


def _header_number(header: dict[str, str], name: str, path: Path) -> float:
    try:
        return float(header[name])
    except (KeyError, ValueError):
        raise UserError(
            f"{path}: the header has no number for {name}: the file is damaged, export it again"
        ) from None


def _refuse_truncated_row(text: str, rows: list[str], columns: int, path: Path) -> None:
    if not text.endswith(("\n", "\r")) and rows[-1].count("\t") + 1 < columns:
        raise UserError(f"{path}: is truncated in its last frame: export it again")
    refuse_truncated(text, [row.rpartition("\t")[2] for row in rows], path)


def _refuse_short_rows(rows: list[str], columns: int, path: Path) -> None:
    """Refuse a row with missing cells: the remaining cells would belong to other markers.

    Some programs omit empty cells at the end of a row. Then the last marker is usually missing in an
    adjacent row too, and the row is accepted.
    """
    complete = [columns <= row.count("\t") + 1 and not row.endswith("\t") for row in rows]
    for frame, row in enumerate(rows):
        adjacent = complete[max(0, frame - 1) : frame] + complete[frame + 1 : frame + 2]
        found = row.count("\t") + 1
        if found < columns and adjacent and all(adjacent):
            raise UserError(
                f"{path}: frame {frame + 1} has {found} columns instead of {columns}: the file is "
                "damaged, export it again"
            )


def _positions(rows: list[str], markers: int) -> Floats:
    """Parse rows to positions `[T, J, C]`; a marker at exactly 0, 0, 0 becomes NaN."""
    values = np.array([_values(row, 3 * markers) for row in rows])
    positions = values.reshape(len(rows), markers, 3)
    positions[(positions == 0).all(axis=2)] = np.nan
    return positions


def _values(row: str, count: int) -> list[float]:
    """Parse the coordinates of a frame; empty cells and omitted cells at the end are gaps."""
    cells = row.split("\t")[2:]
    cells = cells[:count] + [""] * (count - len(cells))
    return [float(cell) if cell.strip() else float("nan") for cell in cells]


def write_trc(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up; the file has millimetres, y up."""
    frames, markers = positions.shape[:2]
    rate = f"{rate_hz:.9g}"
    values = [rate, rate, str(frames), str(markers), "mm", rate, "1", str(frames)]
    axes = "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, markers + 1))
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(_FIELDS),
        "\t".join(values),
        "Frame#\tTime\t" + "\t\t\t".join(skeleton.markers) + "\t\t",
        f"\t\t{axes}",
        "",
    ]
    rotated = from_z_up(1000 * positions.astype(np.float64), UP).reshape(frames, -1)
    for frame, row in enumerate(rotated.tolist()):
        cells = ["" if math.isnan(value) else f"{value:.4f}" for value in row]
        lines.append("\t".join([str(frame + 1), f"{frame / rate_hz:.6f}", *cells]))
    write_text(path, "\n".join(lines) + "\n")
    return ["y up (OpenSim convention)"]
