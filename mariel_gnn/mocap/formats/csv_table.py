"""`.csv`: a row a frame, three columns a marker.

Ours has the head `time_s, LANK_x_m, LANK_y_m, LANK_z_m, …`, metres, z up, empty where a marker was
not seen. Read is any table with three columns a marker that end in x, y and z, with or without a
unit behind (`LANK_X`, `LANK.y`, `LANK_z_mm`), parted by comma, semicolon or tab.
"""

from __future__ import annotations

import csv
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
        UserError: the head names no markers, or columns of a marker are missing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path}: is no text in UTF-8: export it again as such") from None
    if not text.strip():
        raise UserError(f"{path}: is empty: export it again")
    delimiter = _delimiter(text)
    head, *rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
    columns, unit = _columns([name.strip() for name in head], path)
    if any(row and len(row) != len(head) for row in rows):
        raise UserError(
            f"{path}: its rows do not all have the head's {len(head)} columns: it is cut off or damaged, "
            "export it again"
        )
    refuse_truncated(text, [row[-1] for row in rows if row], path)
    decimal = "." if delimiter == "," else ","
    table = np.array(
        [[_number(cell.replace(decimal, ".")) for cell in row] for row in rows if row],
        dtype=np.float64,
    ).reshape(-1, len(head))
    chosen = [columns[label][axis] for label in columns for axis in "xyz"]
    positions = table[:, chosen].reshape(len(table), len(columns), 3)
    times = [number for number, name in enumerate(head) if _TIME.fullmatch(name.strip())]
    rate_hz = _rate_hz(table[:, times[0]]) if times else None
    stated = unit is not None
    return MarkerFile(
        positions, tuple(columns), unit or "m", "z", rate_hz, unit_stated=stated, up_stated=stated
    )


def write_csv(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up, to a hundredth of a millimetre."""
    head = [f"{marker}_{axis}_m" for marker in skeleton.markers for axis in "xyz"]
    lines = [",".join(["time_s", *head])]
    for frame, row in enumerate(positions.reshape(len(positions), -1).tolist()):
        cells = ["" if value != value else f"{value:.5f}" for value in row]  # NaN is not itself
        lines.append(",".join([f"{frame / rate_hz:.9g}", *cells]))
    write_text(path, "\n".join(lines) + "\n")
    return []


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _number(cell: str) -> float:
    return float(cell) if cell.strip() else float("nan")


def _columns(head: list[str], path: Path) -> tuple[dict[str, dict[str, int]], str | None]:
    """label -> axis -> column, and the unit that all columns name."""
    columns: dict[str, dict[str, int]] = {}
    units: dict[str, set[str | None]] = {}
    for number, name in enumerate(head):
        found = _COLUMN.fullmatch(name)
        if not found or _TIME.fullmatch(name):
            continue
        columns.setdefault(found["label"], {})[found["axis"].lower()] = number
        units.setdefault(found["label"], set()).add(parse_unit(found["unit"] or ""))
    whole = {label: axes for label, axes in columns.items() if len(axes) == 3}
    if not whole:
        raise UserError(
            f"{path}: its first line names no markers: needed are columns such as LANK_x_m, LANK_y_m, "
            "LANK_z_m"
        )
    named = set().union(*(units[label] for label in whole))  # `index` ends in x and is no marker
    return whole, named.pop() if len(named) == 1 else None


def _rate_hz(times_s: Floats) -> float | None:
    """Frames per second from the times of the frames; times are often cut to milliseconds."""
    lasted = float(times_s[-1] - times_s[0]) if len(times_s) > 1 else 0.0
    return round((len(times_s) - 1) / lasted, _RATE_DECIMALS) if lasted > 0 else None
