"""The content of a motion file in its own units and axes, and helpers that all readers share."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MarkerFile:
    """The content of a file in its own units and axes.

    Attributes:
        positions: `[T, J, C]`, right-handed; NaN where a marker was not seen.
        labels: the J names; None for a bare array.
        unit: of length; what the file states, or else what files of its kind usually have.
        up: the axis that points up, such as ``"z"`` or ``"-y"``, likewise.
        rate_hz: frames per second; None if the file does not say.
        unit_stated: whether the file states its unit.
        up_stated: whether the file states which axis is up.
        edges: pairs of labels that belong together, where the file has them (a joint tree).
        skeleton: the marker set, where the file brings it whole.
        part_of: the take that it is a part of and the frame of that at which it starts.
    """

    positions: Floats
    labels: tuple[str, ...] | None
    unit: str = "m"
    up: str = "z"
    rate_hz: float | None = None
    unit_stated: bool = True
    up_stated: bool = True
    edges: tuple[tuple[str, str], ...] = field(default=())
    skeleton: Skeleton | None = None
    part_of: tuple[str, int] | None = None


Unit = Literal["auto", "m", "cm", "mm", "in", "ft", "cmu"]
Up = Literal["auto", "x", "-x", "y", "-y", "z", "-z"]

# The CMU database's own unit, in which its BVH files are; 0.45 inches make one.
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048, "cmu": 0.0254 / 0.45}
_UNIT_WORDS = {  # the last word of each is ours
    "m": ("metre", "meter", "meters", "metres"),
    "cm": ("centimetre", "centimeter", "centimeters", "centimetres"),
    "mm": ("millimetre", "millimeter", "millimeters", "millimetres"),
    "in": ("inch", "inches"),
    "ft": ("foot", "feet"),
}
_BY_WORD = {word: unit for unit, words in _UNIT_WORDS.items() for word in (unit, *words)}
# For each axis that may point up: which axis becomes x, y and z, and its sign. None mirrors.
_TO_Z_UP = {
    "z": ((0, 1, 2), (1, 1, 1)),
    "-z": ((0, 1, 2), (1, -1, -1)),
    "y": ((0, 2, 1), (1, -1, 1)),
    "-y": ((0, 2, 1), (1, 1, -1)),
    "x": ((2, 1, 0), (-1, 1, 1)),
    "-x": ((2, 1, 0), (1, 1, -1)),
}


def parse_unit(text: str) -> str | None:
    """The unit that a file names, such as ``"Millimeters "``; None if it is none that we know."""
    return _BY_WORD.get(text.strip().strip("\0").lower())


def unit_in_words(unit: str) -> str:
    """A unit as a sentence names it: "in inches", not "in in"."""
    return _UNIT_WORDS[unit][-1] if unit in _UNIT_WORDS else f"{unit} units"


def metres_per(unit: str) -> float:
    """Metres in one unit.

    Raises:
        UserError: there is no such unit.
    """
    if unit not in METRES:
        raise UserError(
            f"no unit '{unit}'.{nearest_match(unit, METRES)} There are {', '.join(METRES)}"
        )
    return METRES[unit]


def to_z_up(positions: Floats, up: str) -> Floats:
    """Positions `[..., C]` turned so that the axis `up` points along z; left stays left.

    Raises:
        UserError: there is no such axis.
    """
    axes, signs = _turn(up)
    return positions[..., axes] * signs


def from_z_up(positions: Floats, up: str) -> Floats:
    """The way back of `z_up`."""
    axes, signs = _turn(up)
    back = np.argsort(axes)
    return (positions * signs)[..., back]


def _turn(up: str) -> tuple[list[int], list[int]]:
    if up not in _TO_Z_UP:
        raise UserError(f"no axis '{up}'; there are {', '.join(get_args(Up)[1:])}")
    axes, signs = _TO_Z_UP[up]
    return list(axes), list(signs)


def refuse_truncated(text: str, last_cells: Sequence[str], path: Path) -> None:
    """Refuse a table that is cut in its last cell, as far as that can be told.

    It is told by a last line without an end whose last number has fewer decimals than all others of
    its column, which have as many as each other. Where programs write as many as a number needs, or
    leave out the last line's end, a number that lost its last digits looks like any other.

    Args:
        text: the whole file.
        last_cells: the last cell of each row.
        path: what to call the file in errors.

    Raises:
        UserError: it is cut.
    """
    if text.endswith(("\n", "\r")) or not last_cells:
        return
    *before, last = [_decimals(cell) for cell in last_cells]
    usual = {count for count in before if count is not None}
    if len(usual) == 1 and last is not None and last < usual.pop():
        raise UserError(f"{path}: is cut off in its last number: export it again")


def _decimals(cell: str) -> int | None:
    """How many decimals a number is written with; None of an empty cell or another notation."""
    cell = cell.strip().lower()
    if not cell or "e" in cell:
        return None
    return len(cell.replace(",", ".").partition(".")[2])


def optional_module(module: str, extra: str) -> Any:
    """The module that reads and writes files of one kind.

    Args:
        module: its name.
        extra: the extra of the package that brings it, which is the files' suffix too.

    Raises:
        UserError: it is not installed; the text has the line that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(
            f".{extra} files need {module}, which is not installed: pip install -e '.[{extra}]' in the "
            "program's folder"
        ) from error
