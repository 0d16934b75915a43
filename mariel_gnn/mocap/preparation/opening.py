"""Open a file: one dancer, the upright axis, the unit of length."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import (
    METRES,
    AnyFloats,
    MarkerFile,
    to_z_up,
    unit_in_words,
)
from mariel_gnn.mocap.formats.reading import read_marker_file
from mariel_gnn.mocap.plausibility import (
    body_extents,
    is_plausible_size,
    is_standing_height,
    standing_height,
    upright_axis,
)
from mariel_gnn.mocap.preparation.cmu_file import read_cmu_file
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.published import CmuTake, find_cmu_take
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

GUESSED_UNITS = ("m", "cm", "mm", "in")


@dataclass(frozen=True)
class OpenedFile:
    """One dancer of a file, z up, still in the file's unit of length.

    Attributes:
        path: the file.
        found: the markers of the dancer.
        upright: the axis that pointed up and the evidence, in words.
        height: the dancer's standing height in the file's unit.
        take: what is known about a published CMU file; None for any other file.
    """

    path: Path
    found: MarkerFile
    upright: str
    height: float
    take: CmuTake | None = None


def read_content(path: Path, skeleton: Skeleton | None) -> tuple[MarkerFile, CmuTake | None]:
    """Read a file, and what is known about it if it is a published CMU file."""
    take = find_cmu_take(path) if path.is_file() else None
    found = read_cmu_file(path, take, skeleton) if take else read_marker_file(path, skeleton)
    # Corrections are rounded once, at their end.
    return dataclasses.replace(found, positions=found.positions.astype(np.float64)), take


def turn_upright(
    path: Path, found: MarkerFile, up: str, upright: str, take: CmuTake | None
) -> OpenedFile:
    """Rotate one dancer from the vertical axis `up` to z up; `upright` is the evidence in words.

    Raises:
        UserError: there is no body.
    """
    rotated = dataclasses.replace(found, positions=to_z_up(found.positions, up), up="z")
    height = standing_height(rotated.positions, found.labels or ())
    if not height > 0:  # also true for NaN
        raise UserError(
            f"{path}: has no body: no marker is visible, or all have one position: export it again"
        )
    return OpenedFile(path, rotated, upright, height, take)


def up_axis(found: MarkerFile, up: str, source: str) -> tuple[str, str]:
    """The axis that points up, and the evidence in words.

    Args:
        found: the content of the file.
        up: the axis that the user gives, or ``"auto"``.
        source: name of the file in errors.

    Raises:
        UserError: neither the file nor the body nor the user determines the axis.
    """
    if up != "auto":
        return up, f"{up}, as given"
    seen = upright_axis(found.positions, found.labels or ())
    if seen is None and not found.up_stated:
        raise UserError(
            f"{source}: which axis points up is not sure: give it (--up {found.up} is usual for such files)"
        )
    if seen is None:
        return found.up, f"{found.up}, as the file states"
    if seen == found.up:
        return seen, f"{seen}: the head is above the feet"
    return seen, f"{seen}: the head is above the feet along this axis (usual: {found.up})"


def metres_per_unit(
    found: MarkerFile, height: float, options: PreparationOptions, source: str
) -> tuple[float, str]:
    """Metres in one unit of the file, and the evidence in words.

    Args:
        found: the content of the file.
        height: the dancer's standing height in the file's unit.
        options: the unit or the height that the user gives.
        source: name of the file in errors.

    Raises:
        UserError: no unit gives a plausible height, and the user gives none.
    """
    if options.height_m is not None:
        return options.height_m / height, f"scaled to the given height of {options.height_m:g} m"
    if options.unit != "auto":
        return METRES[options.unit], _given_unit(options.unit, METRES[options.unit] * height)
    extent, labels = body_extents(found.positions), found.labels or ()
    stated_m = METRES[found.unit] * height
    if found.unit_stated and is_standing_height(stated_m):
        return METRES[found.unit], f"{found.unit}: the dancer stands {stated_m:.2f} m tall"
    if found.unit_stated and is_plausible_size(METRES[found.unit] * extent, labels):
        return METRES[found.unit], f"{found.unit}, as stated: {_unusual(found.unit, extent)}"
    standing = [unit for unit in GUESSED_UNITS if is_standing_height(METRES[unit] * height)]
    if len(standing) == 1:
        (unit,) = standing
        stated = f"the file states {found.unit}, but " if found.unit_stated else "not stated; "
        size = f"in {unit_in_words(unit)} the dancer stands {METRES[unit] * height:.2f} m tall"
        return METRES[unit], f"{stated}{size}: {unit} used"
    others = [unit for unit in METRES if is_plausible_size(METRES[unit] * extent, labels)]
    if others != [found.unit]:
        raise UserError(_unit_question(height, source))
    return METRES[found.unit], f"not stated; {found.unit} used: {_unusual(found.unit, extent)}"


def _unusual(unit: str, extent: AnyFloats) -> str:
    return f"the markers extend over {METRES[unit] * extent.max():.2f} m, nobody stands"


def _given_unit(unit: str, size_m: float) -> str:
    doubt = "" if is_standing_height(size_m) else ", which is implausible: check the unit"
    return f"{unit}, as given: the dancer stands {size_m:.3g} m tall{doubt}"


def _unit_question(height: float, source: str) -> str:
    sizes_m = {unit: metres * height for unit, metres in METRES.items()}
    likely = [unit for unit, size_m in sizes_m.items() if is_standing_height(size_m)]
    sizes = ", ".join(
        f"{sizes_m[unit]:.3g} m with --unit {unit}" for unit in likely or GUESSED_UNITS
    )
    return (
        f"{source}: its unit is not sure; the dancer would stand {sizes}: give the unit, or the dancer's "
        "height (--height_m 1.70)"
    )
