"""`.trc`: text files of marker positions, used by OpenSim and most capture software.

The file states its unit and its rate. It does not state the vertical axis: y by OpenSim's convention,
for reading and writing. Cells are separated by tabs; files with spaces or other delimiters are read if
their names stand over their columns all the same.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.labels import shorten_list
from mariel_gnn.mocap.formats.marker_file import MarkerFile, from_z_up
from mariel_gnn.mocap.formats.text_tables.cells import parse_number
from mariel_gnn.mocap.formats.text_tables.columns import axis_cell, group_markers, parse_names
from mariel_gnn.mocap.formats.text_tables.head import column_kind, parse_head
from mariel_gnn.mocap.formats.text_tables.marker_table import MarkerTable, to_marker_file
from mariel_gnn.mocap.formats.text_tables.text_table import (
    Line,
    Split,
    TextTable,
    is_data,
    read_table,
    splitter,
    without_empty_end,
)
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

UP = "y"
_FIELDS = ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate",
           "OrigDataStartFrame", "OrigNumFrames")  # fmt: skip


def read_trc(path: Path) -> MarkerFile:
    """Read marker positions.

    Raises:
        UserError: it is no TRC file, or its header or its table is truncated or damaged.
    """
    table = read_table(path, _splitter)
    start = next((at for at, line in enumerate(table.lines) if _is_first(line)), None)
    if start is None:
        raise UserError(
            f"{path}: is not a .trc file (no line begins with 'PathFileType'): export it again"
        )
    facts, lines = _fields(table, start)
    frames, markers = (_field(facts, name, path) for name in ("NumFrames", "NumMarkers"))
    first = next((at for at, line in enumerate(lines) if is_data(line)), len(lines))
    head, rows = (
        [line for line in lines[:first] if any(line.cells)],
        without_empty_end(lines[first:]),
    )
    if len(rows) < frames:
        raise UserError(
            f"{path}: states {markers:g} markers and {frames:g} frames, but has {len(rows)} frames: it is "
            "truncated, export it again (or, if frames were removed on purpose, correct NumFrames)"
        )
    head, width = _aligned(head, rows, path)
    described = parse_head(head, width, (), path)
    notes = [*described.notes, *_count_notes(markers, frames, head, rows, width)]
    rate = {"rate": f"{_field(facts, 'DataRate', path):.12g}", "units": facts.get("units", "")}
    return to_marker_file(MarkerTable(table, rows, described.columns, rate, "mm", UP, tuple(notes)))


def _splitter(lines: Sequence[str]) -> Split:
    """Split at tabs where a line has any, otherwise as most lines of the data."""
    split = splitter(lines)
    return lambda line: line.split("\t") if "\t" in line else split(line)


def _is_first(line: Line) -> bool:
    return line.cells[0].lower().startswith("pathfiletype")


def _fields(table: TextTable, start: int) -> tuple[dict[str, str], list[Line]]:
    """Return the values of the header by field in lower case, and the lines below."""
    below = itertools.dropwhile(lambda line: not any(line.cells), table.lines[start + 1 :])
    lines = list(below)
    if len(lines) < 3:
        raise UserError(f"{table.path}: ends in its header: it is truncated, export it again")
    names, values = ([cell for cell in " ".join(line.cells).split() if cell] for line in lines[:2])
    return {name.lower(): value for name, value in zip(names, values, strict=False)}, lines[2:]


def _field(facts: dict[str, str], name: str, path: Path) -> float:
    number = parse_number(facts.get(name.lower(), "-").replace(",", "."), ".")
    if number is None or not math.isfinite(number):
        found = facts.get(name.lower())
        raise UserError(
            f"{path}: the header has no number for {name}"
            + (f" but '{found}'" if found else "")
            + ": correct it, or export the file again"
        )
    return number


def _aligned(head: list[Line], rows: list[Line], path: Path) -> tuple[list[Line], int]:
    """Return the head with a line of axes, and names that stand over every third column.

    Names that follow each other without empty cells are accepted if they are as many as there are
    markers; otherwise it would be unclear whose columns are missing.
    """
    if not head or not rows:
        raise UserError(f"{path}: has no names or no frames: it is truncated, export it again")
    axes = [line for line in head if sum(axis_cell(cell) is not None for cell in line.cells) >= 3]
    names = [line for line in head if line not in axes]
    cells = [cell for cell in axes[-1].cells if cell] if axes else []
    triples = max(len(cells) // 3, *(_triples(line.cells) for line in rows))
    if cells != [cell for cell in cells if axis_cell(cell)] or len(cells) != 3 * triples:
        # Missing or incomplete: the order of the axes is always the same.
        cells = [f"{axis}{marker}" for marker in range(1, triples + 1) for axis in "XYZ"]
    number = axes[-1].number if axes else rows[0].number
    spread = [_spread_names(line, triples, path) for line in names]
    return [*spread, Line(number, ["", "", *cells])], 2 + 3 * triples


def _triples(cells: Sequence[str]) -> int:
    """Count the markers in a line of the data; an empty cell at its end is none."""
    filled = max((place + 1 for place, cell in enumerate(cells) if cell), default=0)
    return max(math.ceil((filled - 2) / 3), (len(cells) - 2) // 3, 0)


def _spread_names(line: Line, triples: int, path: Path) -> Line:
    """Put names that stand side by side over every third column."""
    cells = list(line.cells)
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > 1 and not column_kind(cells[0]) and cells[0]:
        cells = ["Frame#", "Time", *cells]
    if len(cells) < 4 or not all(cells[2:]):
        return Line(line.number, cells)
    names = cells[2:]
    if len(set(names)) * 3 == len(names) and all(
        names[at] == names[at + 1] == names[at + 2] for at in range(0, len(names), 3)
    ):
        return Line(line.number, cells)  # each name over its three columns
    if len(names) == 3 * triples and (labels := _labels_of_axes(names)):
        return Line(
            line.number, [*cells[:2], *(cell for label in labels for cell in (label, "", ""))]
        )
    if len(names) != triples:
        raise UserError(
            f"{path}: line {line.number} has {len(names)} names without their columns, and the frames have "
            f"{triples} markers, so it is unclear which has no name: write a tab for each column, or export "
            "the file again"
        )
    return Line(line.number, [*cells[:2], *(cell for name in names for cell in (name, "", ""))])


def _labels_of_axes(names: Sequence[str]) -> list[str]:
    """Return the markers of names such as `nose_x, nose_y, nose_z`; empty if names are no such."""
    markers = group_markers(parse_names(names))
    in_order = markers.places == [(at, at + 1, at + 2) for at in range(0, len(names), 3)]
    return markers.labels if in_order else []


def _count_notes(
    markers: float, frames: float, head: Sequence[Line], rows: Sequence[Line], width: int
) -> list[str]:
    """Compare the counts that the header states with those of the table."""
    notes = []
    triples = (width - 2) // 3
    if markers != triples:
        notes.append(f"states {markers:g} markers and has the columns of {triples}: all are read")
    if len(rows) > frames:
        notes.append(f"states {frames:g} frames and has {len(rows)}: all are read")
    if beyond := [cell for line in head for cell in line.cells[width:] if cell]:
        notes.append(f"names without a column are left out: {shorten_list(beyond)}")
    return notes


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
        lost = "NaN" if np.isnan(row).all() else ""  # a line without numbers is no frame
        cells = [lost if math.isnan(value) else f"{value:.4f}" for value in row]
        lines.append("\t".join([str(frame + 1), f"{frame / rate_hz:.6f}", *cells]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["y up (OpenSim convention)"]
