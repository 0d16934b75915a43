"""`.trc`: the text format of marker tracks that OpenSim and most capture software take.

It states its unit and its rate, but not which axis is up: y by OpenSim's convention, which is what
we write.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.mocap.formats.marker_file import MarkerFile, from_z_up, parse_unit, refuse_truncated
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

UP = "y"
_FIELDS = ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate",
           "OrigDataStartFrame", "OrigNumFrames")  # fmt: skip


def read_trc(path: Path) -> MarkerFile:
    """Read marker tracks; a marker at exactly 0, 0, 0 was not seen.

    Raises:
        UserError: the head does not say what it must.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = text.splitlines()
    if not lines or not lines[0].startswith("PathFileType"):
        raise UserError(f"{path}: is no .trc file (its first line is not 'PathFileType …')")
    said = _said(lines, path)
    labels = [label.strip() for label in lines[3].split("\t")[2:] if label.strip()]
    rows = [line.rstrip("\r\n") for line in lines[5:] if line.strip()]
    if len(labels) != said["NumMarkers"] or len(rows) != said["NumFrames"]:
        raise UserError(
            f"{path}: announces {said['NumMarkers']:g} markers and {said['NumFrames']:g} frames, holds "
            f"{len(labels)} and {len(rows)}: it is cut off or damaged, export it again"
        )
    if not text.endswith(("\n", "\r")) and rows[-1].count("\t") < 3 * len(labels) + 1:
        raise UserError(f"{path}: is cut off in its last frame: export it again")
    refuse_truncated(text, [row.rpartition("\t")[2] for row in rows], path)
    _refuse_short_rows(rows, 3 * len(labels) + 2, path)
    values = np.array([_values(row, 3 * len(labels)) for row in rows])
    positions = values.reshape(len(rows), len(labels), 3)
    positions[(positions == 0).all(axis=2)] = np.nan
    unit = parse_unit(_cells(lines).get("Units", ""))
    return MarkerFile(
        positions,
        tuple(labels),
        unit or "mm",
        UP,
        said["DataRate"],
        unit_stated=unit is not None,
        up_stated=False,
    )


def _refuse_short_rows(rows: list[str], columns: int, path: Path) -> None:
    """Refuse a row that lost cells: those behind would be read as other markers'.

    Some programs leave out the empty cells at the end of a row. That is told by the rows beside it, in
    which the last marker is not seen either.
    """
    ends = [columns <= row.count("\t") + 1 and not row.endswith("\t") for row in rows]
    for place, row in enumerate(rows):
        beside = ends[max(0, place - 1) : place] + ends[place + 1 : place + 2]
        if row.count("\t") + 1 < columns and beside and all(beside):
            raise UserError(
                f"{path}: frame {place + 1} has {row.count(chr(9)) + 1} columns instead of {columns}: it is "
                "damaged, export it again"
            )


def _cells(lines: list[str]) -> dict[str, str]:
    """What the second line names and the third holds."""
    return dict(zip(lines[1].split(), lines[2].split(), strict=False))


def _said(lines: list[str], path: Path) -> dict[str, float]:
    """The numbers of the head that must be there."""
    cells = _cells(lines) if len(lines) > 5 else {}
    said = {}
    for name in ("DataRate", "NumFrames", "NumMarkers"):
        try:
            said[name] = float(cells[name])
        except (KeyError, ValueError):
            raise UserError(
                f"{path}: its head holds no number as {name}: it is damaged, export it again"
            ) from None
    return said


def write_trc(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up, as millimetres with y up."""
    frames, markers = positions.shape[:2]
    turned = from_z_up(1000 * positions.astype(np.float64), UP).reshape(frames, -1)
    rate = f"{rate_hz:.9g}"
    said = [rate, rate, str(frames), str(markers), "mm", rate, "1", str(frames)]
    axes = "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, markers + 1))
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(_FIELDS),
        "\t".join(said),
        "Frame#\tTime\t" + "\t\t\t".join(skeleton.markers) + "\t\t",
        f"\t\t{axes}",
        "",
    ]
    for frame, row in enumerate(turned.tolist()):
        cells = ["" if value != value else f"{value:.4f}" for value in row]  # NaN is not itself
        lines.append("\t".join([str(frame + 1), f"{frame / rate_hz:.6f}", *cells]))
    write_text(path, "\n".join(lines) + "\n")
    return ["y is up in it, as OpenSim has it"]


def _values(row: str, wanted: int) -> list[float]:
    """The coordinates of a frame; what is empty is a gap, and what is missing at the end too."""
    cells = row.split("\t")[2:]
    cells = cells[:wanted] + [""] * (wanted - len(cells))
    return [float(cell) if cell.strip() else float("nan") for cell in cells]
