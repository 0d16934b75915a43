"""Units of length and axes, as files and users name them."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from mariel_gnn.data.files.marker_file import Floats
from mariel_gnn.errors import UserError, nearest_match

RATES_HZ = (1.0, 2000.0)
Unit = Literal["auto", "m", "cm", "mm", "in", "ft", "cmu"]
Up = Literal["auto", "x", "-x", "y", "-y", "z", "-z"]

# The CMU database's own unit, in which its BVH files are; 0.45 inches make one.
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048, "cmu": 0.0254 / 0.45}
_SPELT = {  # the last word of each is ours
    "m": ("metre", "meter", "meters", "metres"),
    "cm": ("centimetre", "centimeter", "centimeters", "centimetres"),
    "mm": ("millimetre", "millimeter", "millimeters", "millimetres"),
    "in": ("inch", "inches"),
    "ft": ("foot", "feet"),
}
_BY_WORD = {word: unit for unit, words in _SPELT.items() for word in (unit, *words)}
# For each axis that may point up: which axis becomes x, y and z, and its sign. None mirrors.
_TO_Z_UP = {
    "z": ((0, 1, 2), (1, 1, 1)),
    "-z": ((0, 1, 2), (1, -1, -1)),
    "y": ((0, 2, 1), (1, -1, 1)),
    "-y": ((0, 2, 1), (1, 1, -1)),
    "x": ((2, 1, 0), (-1, 1, 1)),
    "-x": ((2, 1, 0), (1, 1, -1)),
}


def unit_named(text: str) -> str | None:
    """The unit that a file names, such as ``"Millimeters "``; None if it is none that we know."""
    return _BY_WORD.get(text.strip().strip("\0").lower())


def spelt(unit: str) -> str:
    """A unit as a sentence names it: "in inches", not "in in"."""
    return _SPELT[unit][-1] if unit in _SPELT else f"{unit} units"


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


def check_between(name: str, value: float | None, least: float, most: float) -> None:
    """Check a number that a user gives.

    Raises:
        UserError: it is outside the bounds (None is not asked).
    """
    if value is not None and not least <= value <= most:  # NaN is between nothing
        raise UserError(f"{name} is {value:g}; it must be {least:g} to {most:g}")


def z_up(positions: Floats, up: str) -> Floats:
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
