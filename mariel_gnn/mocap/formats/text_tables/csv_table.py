"""`.csv`, `.tsv`, `.txt`: tables with one line for each frame, three columns for each marker.

Written files have the columns `time_s, LANK_x_m, LANK_y_m, LANK_z_m, …` in metres, z up; a gap is an
empty cell. Tables of other programs are read: with names over their axes in one line or several, in
any delimiter and encoding, and tables with one line for each marker of each frame. The exports of
OptiTrack Motive, Qualisys Track Manager and Vicon Nexus have a file each.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.text_tables.clock_columns import with_clock
from mariel_gnn.mocap.formats.text_tables.columns import POSITION, Column
from mariel_gnn.mocap.formats.text_tables.facts import all_facts
from mariel_gnn.mocap.formats.text_tables.head import TIME, parse_head
from mariel_gnn.mocap.formats.text_tables.long_table import (
    has_dancers,
    is_long,
    read_dancers,
    read_long,
)
from mariel_gnn.mocap.formats.text_tables.marker_table import MarkerTable, to_marker_file
from mariel_gnn.mocap.formats.text_tables.nexus import is_nexus, read_nexus
from mariel_gnn.mocap.formats.text_tables.optitrack import is_optitrack, read_optitrack
from mariel_gnn.mocap.formats.text_tables.qualisys import is_qualisys, read_qualisys
from mariel_gnn.mocap.formats.text_tables.text_table import (
    TextTable,
    read_table,
    split_head,
    usual_width,
)
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


def read_csv(path: Path) -> MarkerFile:
    """Read a table.

    Raises:
        UserError: it is not a text table, has no markers, or is truncated or damaged.
    """
    table = read_table(path)
    for recognizes, read in (
        (is_optitrack, read_optitrack),
        (is_qualisys, read_qualisys),
        (is_nexus, read_nexus),
    ):
        if recognizes(table):
            return read(table)
    return _read_any(table)


def _read_any(table: TextTable) -> MarkerFile:
    """Read a table of no known program."""
    head_lines, rows = split_head(table)
    if head_lines and _is_ours(head_lines[-1].cells):
        columns = _our_columns(head_lines[-1].cells)
        facts = all_facts(head_lines[:-1], table.comments)
        return to_marker_file(MarkerTable(table, rows, columns, {"up": "z", **facts}))
    head = parse_head(head_lines, usual_width(rows), table.comments, table.path)
    columns = with_clock(head.columns, rows)
    content = MarkerTable(table, rows, columns, head.facts, has_convention=False, notes=head.notes)
    if is_long(content):
        return read_long(content)
    if has_dancers(content):
        return read_dancers(content)
    return to_marker_file(content)


def _is_ours(names: list[str]) -> bool:
    """Return whether the names are those that `write_csv` writes; its files have z up."""
    first, *others = names
    ends = [name[-4:] for name in others]
    return first == "time_s" and bool(ends) and ends == ["_x_m", "_y_m", "_z_m"] * (len(ends) // 3)


def _our_columns(names: list[str]) -> list[Column]:
    """Describe the columns of `write_csv`; a marker may have any name, also `Hand Rotation`."""
    markers = [Column(place, name[:-4], POSITION, name[-3:-2], "m")
               for place, name in enumerate(names) if place]  # fmt: skip
    return [Column(0, names[0], TIME), *markers]


def write_csv(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up, rounded to 0.01 mm."""
    header = [f"{marker}_{axis}_m" for marker in skeleton.markers for axis in "xyz"]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["time_s", *header])
        for frame, row in enumerate(positions.reshape(len(positions), -1).tolist()):
            lost = "NaN" if np.isnan(row).all() else ""  # a line without numbers is no frame
            cells = [lost if math.isnan(value) else f"{value:.5f}" for value in row]
            table.writerow([f"{frame / rate_hz:.9g}", *cells])
    return []
