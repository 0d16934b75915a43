"""The content of a motion file in its own unit and axes, and what all readers share."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.recording import frame_blocks
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Floats = NDArray[np.float64]
AnyFloats = NDArray[np.floating]  # float32 too, as arrays of files are
SameFloats = TypeVar("SameFloats", bound=AnyFloats)
# Of a file: sixteen dancers of 60 markers each. A damaged or hostile file states any number.
MAX_MARKERS = 1000


@dataclass(frozen=True)
class MarkerFile:
    """The content of a file in its own unit and axes.

    Attributes:
        positions: `[T, J, C]`, float64 or float32, right-handed; NaN for gaps.
        labels: the J names; None for an array without names.
        unit: of length, as stated in the file, or the usual one of the format.
        up: the vertical axis, such as ``"z"`` or ``"-y"``, as stated, or the usual one of the format.
        rate_hz: frames per second; None if not stated.
        unit_stated: whether the file states its unit.
        up_stated: whether the file states its vertical axis.
        edges: pairs of labels, if the file has a joint tree.
        skeleton: the skeleton, if the file holds one.
        part_of: the source of the take and the start frame in it, if the file holds a part of a take.
        notes: what the reader guessed or left out, one sentence each without the file's name.
        rate_doubt: why the rate cannot be decided from the file; empty if it can. The file is then read
            only with a rate that the user states.
    """

    positions: AnyFloats
    labels: tuple[str, ...] | None
    unit: str = "m"
    up: str = "z"
    rate_hz: float | None = None
    unit_stated: bool = True
    up_stated: bool = True
    edges: tuple[tuple[str, str], ...] = ()
    skeleton: Skeleton | None = None
    part_of: tuple[str, int] | None = None
    notes: tuple[str, ...] = ()
    rate_doubt: str = ""


Unit = Literal["auto", "m", "cm", "mm", "in", "ft", "cmu"]
Up = Literal["auto", "x", "-x", "y", "-y", "z", "-z"]

# "cmu" is the unit of the CMU database's BVH files: 0.45 of them are one inch.
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048, "cmu": 0.0254 / 0.45}
_UNIT_WORDS = {  # the last word of each is the one in messages
    "m": ("metre", "meter", "meters", "metres"),
    "cm": ("centimetre", "centimeter", "centimeters", "centimetres"),
    "mm": ("millimetre", "millimeter", "millimeters", "millimetres"),
    "in": ("inch", "inches"),
    "ft": ("foot", "feet"),
}
_UNIT_BY_WORD = {word: unit for unit, words in _UNIT_WORDS.items() for word in (unit, *words)}
# For each vertical axis: the axes that become x, y and z, and their signs. All are rotations.
_TO_Z_UP = {
    "z": ((0, 1, 2), (1, 1, 1)),
    "-z": ((0, 1, 2), (1, -1, -1)),
    "y": ((0, 2, 1), (1, -1, 1)),
    "-y": ((0, 2, 1), (1, 1, -1)),
    "x": ((2, 1, 0), (-1, 1, 1)),
    "-x": ((2, 1, 0), (1, 1, -1)),
}


def parse_unit(text: str) -> str | None:
    """Parse the name of a unit, such as ``"Millimeters "``; None if it is unknown."""
    return _UNIT_BY_WORD.get(text.strip().strip("\0").lower())


def unit_in_words(unit: str) -> str:
    """Return a unit as a word for messages: ``"inches"`` for ``"in"``."""
    return _UNIT_WORDS[unit][-1] if unit in _UNIT_WORDS else f"{unit} units"


def metres_per(unit: str) -> float:
    """Return the length of a unit in metres.

    Raises:
        UserError: the unit is unknown.
    """
    if unit not in METRES:
        raise UserError(
            f"no unit '{unit}'.{nearest_match(unit, METRES)} There are {', '.join(METRES)}"
        )
    return METRES[unit]


def to_z_up(positions: SameFloats, up: str) -> SameFloats:
    """Rotate positions `[..., C]` with the vertical axis `up` to z up.

    Raises:
        UserError: the axis is unknown.
    """
    axes, signs = _axes_and_signs(up)
    rotated: Any = positions[..., axes] * np.array(signs, positions.dtype)
    return rotated  # type: ignore[no-any-return]


def to_metres(found: MarkerFile, unit: Unit = "auto", up: Up = "auto") -> NDArray[np.float32]:
    """Convert positions `[T, J, C]` to metres, z up, float32; not copied if they are that already, in memory.

    Raises:
        UserError: the unit or the axis is unknown.
    """
    metres = metres_per(found.unit if unit == "auto" else unit)
    axis = found.up if up == "auto" else up
    if found.positions.dtype == np.float32 and metres == 1 and axis == "z":
        # A recording does not change with its file.
        is_mapped = isinstance(found.positions, np.memmap)
        return found.positions.copy().view(np.ndarray) if is_mapped else found.positions
    positions = np.empty(found.positions.shape, np.float32)
    with np.errstate(all="ignore"):  # damaged numbers may be too large for float32
        for rows in frame_blocks(len(positions)):
            block = found.positions[rows].astype(np.float64)
            positions[rows] = to_z_up(metres * block, axis)
    return positions


def from_z_up(positions: Floats, up: str) -> Floats:
    """Rotate positions `[..., C]` from z up to the vertical axis `up`: the inverse of `to_z_up`."""
    axes, signs = _axes_and_signs(up)
    return (positions * signs)[..., np.argsort(axes)]


def _axes_and_signs(up: str) -> tuple[list[int], list[int]]:
    if up not in _TO_Z_UP:
        raise UserError(f"no axis '{up}'. There are {', '.join(get_args(Up)[1:])}")
    axes, signs = _TO_Z_UP[up]
    return list(axes), list(signs)


def check_count(markers: int, path: Path, what: str = "markers") -> None:
    """Check the number of markers before names are compared with each other.

    Raises:
        UserError: there are more than `MAX_MARKERS`.
    """
    if markers > MAX_MARKERS:
        raise UserError(
            f"{path}: has {markers:,} {what}; a recording has {MAX_MARKERS:,} at most: export the markers "
            "alone"
        )


def refuse_truncated(text: str, last_cells: Sequence[str], path: Path) -> None:
    """Refuse a table that is truncated inside its last number, if this can be detected.

    The table is truncated if the last line has no line end and its last number has fewer decimals than
    the rest of the column, where all numbers have the same count. Other truncated numbers look valid:
    of programs that write a varying number of decimals, or no last line end.

    Args:
        text: the whole file.
        last_cells: the last cell of each row.
        path: the file's name in errors.

    Raises:
        UserError: the table is truncated.
    """
    if text.endswith(("\n", "\r")) or not last_cells:
        return
    *before, last = [_decimals(cell) for cell in last_cells]
    usual = {count for count in before if count is not None}
    if len(usual) == 1 and last is not None and last < usual.pop():
        raise UserError(f"{path}: is truncated in its last number: export it again")


def _decimals(cell: str) -> int | None:
    """Count the decimals of a number; None for an empty cell or an exponent."""
    cell = cell.strip().lower()
    if not cell or "e" in cell:
        return None
    return len(cell.replace(",", ".").partition(".")[2])


def optional_module(module: str, extra: str) -> Any:
    """Import a module that only the writing of a format needs.

    Args:
        module: its name.
        extra: the extra of the package that installs it; also the suffix of its files.

    Raises:
        UserError: it is not installed; the message has the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(
            f"writing .{extra} files needs {module}, which is not installed: run pip install -e "
            f"'.[{extra}]' in the folder of mariel_gnn"
        ) from error
