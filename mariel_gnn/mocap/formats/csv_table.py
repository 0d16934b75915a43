"""`.csv`: one row for each frame, three columns for each marker.

Written files have the columns `time_s, LANK_x_m, LANK_y_m, LANK_z_m, …` in metres, z up; a gap is an
empty cell. Tables of other programs are read if each marker has three columns that end in x, y and z,
with or without a unit (`LANK_X`, `LANK.y`, `LANK_z_mm`), separated by comma, semicolon or tab.
"""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.mocap.formats.marker_file import Floats, MarkerFile, parse_unit, refuse_truncated
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_COLUMN = re.compile(
    r"(?P<label>.+?)[ _.:-]?\(?(?P<axis>[xyz])\)?(?:[ _]?[\[(]?(?P<unit>m|cm|mm|in|ft)[\])]?)?",
    re.IGNORECASE,
)
_TIME = re.compile(r"(time|t|seconds?)([ _]*[\[(]?s(econds?)?[\])]?)?", re.IGNORECASE)
_RATE_DECIMALS = 3


def read_csv(path: Path) -> MarkerFile:
    """Read a table.

    Raises:
        UserError: the header has no markers, or the table is truncated or damaged.
    """
    text = _text(path)
    delimiter = _delimiter(text)
    header, *rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
    header = [name.strip() for name in header]
    rows = [row for row in rows if row]
    columns, unit = _marker_columns(header, path)
    if any(len(row) != len(header) for row in rows):
        raise UserError(
            f"{path}: some rows do not have the {len(header)} columns of the header: the file is "
            "truncated or damaged, export it again"
        )
    refuse_truncated(text, [row[-1] for row in rows], path)
    table = _numbers(rows, len(header), decimal="." if delimiter == "," else ",")
    chosen = [axes[axis] for axes in columns.values() for axis in "xyz"]
    positions = table[:, chosen].reshape(len(table), len(columns), 3)
    times = [number for number, name in enumerate(header) if _TIME.fullmatch(name)]
    rate_hz = _rate_hz(table[:, times[0]]) if times else None
    stated = unit is not None
    return MarkerFile(
        positions, tuple(columns), unit or "m", "z", rate_hz, unit_stated=stated, up_stated=stated
    )


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8 text: export it again as UTF-8") from None
    if not text.strip():
        raise UserError(f"{path}: is empty: export it again")
    return text


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _marker_columns(header: list[str], path: Path) -> tuple[dict[str, dict[str, int]], str | None]:
    """Return label -> axis -> column, and the unit if all columns have the same one."""
    columns: dict[str, dict[str, int]] = {}
    units: dict[str, set[str | None]] = {}
    for number, name in enumerate(header):
        found = _COLUMN.fullmatch(name)
        if not found or _TIME.fullmatch(name):
            continue
        columns.setdefault(found["label"], {})[found["axis"].lower()] = number
        units.setdefault(found["label"], set()).add(parse_unit(found["unit"] or ""))
    complete = {label: axes for label, axes in columns.items() if len(axes) == 3}
    if not complete:
        raise UserError(
            f"{path}: the first line has no markers: use columns such as LANK_x_m, LANK_y_m, LANK_z_m"
        )
    # `index` ends in x but is not a marker, so only complete markers count.
    found_units = set().union(*(units[label] for label in complete))
    return complete, found_units.pop() if len(found_units) == 1 else None


def _numbers(rows: list[list[str]], columns: int, decimal: str) -> Floats:
    """Parse cells to `[T, columns]`; an empty cell is NaN."""
    numbers = [[_number(cell.replace(decimal, ".")) for cell in row] for row in rows]
    return np.array(numbers, dtype=np.float64).reshape(-1, columns)


def _number(cell: str) -> float:
    return float(cell) if cell.strip() else float("nan")


def _rate_hz(times_s: Floats) -> float | None:
    """Compute the rate from the times of the frames; the mean, as times are often rounded to ms."""
    duration_s = float(times_s[-1] - times_s[0]) if len(times_s) > 1 else 0.0
    return round((len(times_s) - 1) / duration_s, _RATE_DECIMALS) if duration_s > 0 else None


def write_csv(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up, rounded to 0.01 mm."""
    header = [f"{marker}_{axis}_m" for marker in skeleton.markers for axis in "xyz"]
    lines = [",".join(["time_s", *header])]
    for frame, row in enumerate(positions.reshape(len(positions), -1).tolist()):
        cells = ["" if math.isnan(value) else f"{value:.5f}" for value in row]
        lines.append(",".join([f"{frame / rate_hz:.9g}", *cells]))
    write_text(path, "\n".join(lines) + "\n")
    return []
