"""`.c3d`: the format of motion capture laboratories, written by ezc3d (optional).

`c3d_file` reads the bytes; here is what they mean. A point with a negative residual is a gap. The file
states its rate, its unit and sometimes the vertical axis (`POINT:Y_SCREEN`); without it z is up by
convention.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.c3d_file import (
    C3dContent,
    DamagedFileError,
    Parameters,
    parse_c3d,
    texts,
)
from mariel_gnn.mocap.formats.gaps import mask_sentinels
from mariel_gnn.mocap.formats.labels import distinct_labels, shorten_list
from mariel_gnn.mocap.formats.marker_file import MarkerFile, optional_module, parse_unit
from mariel_gnn.mocap.plausibility import RATES_HZ
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

# Points in these lists are computed quantities, not positions; TYPE_GROUPS names further lists.
COMPUTED = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS")
MODELED_POSITIONS = "MODELED_MARKERS"
AXIS_ENDINGS = "OALP"  # Vicon's names of a segment's origin and axes: PELO, PELA, PELL, PELP
SAME_RATE = 0.01
MAX_HEADER_FRAMES = 65535  # two bytes; parameters state the number of a longer take


def read_c3d(path: Path) -> MarkerFile:
    """Read marker positions.

    Raises:
        UserError: the file is no C3D file, truncated, or contradicts itself.
    """
    try:
        content = parse_c3d(path.read_bytes())
    except DamagedFileError as error:
        raise UserError(f"{path}: {error}") from None
    names = texts(content.parameters, "POINT", "LABELS")
    markers = content.positions.shape[1]
    padded = [*names[:markers], *[""] * (markers - len(names))]
    kept, left_out = _without_computed(padded, content.parameters)
    labels, label_notes = distinct_labels([padded[n] for n in kept])
    positions, gap_notes = mask_sentinels(content.positions[:, kept], labels)
    unit = parse_unit(_first_text(content, "UNITS"))
    up = _first_text(content, "Y_SCREEN").lower().lstrip("+")
    up_stated = up.lstrip("-") in ("x", "y", "z")
    rate_hz, rate_doubt, rate_notes = _rate(content)
    more = [f"{shorten_list(names[markers:])}: names without data"] if names[markers:] else []
    return MarkerFile(
        positions,
        labels,
        unit or "mm",
        up if up_stated else "z",
        rate_hz,
        unit_stated=unit is not None,
        up_stated=up_stated,
        rate_doubt=rate_doubt,
        notes=(*content.notes, *rate_notes, *more, *left_out, *label_notes, *gap_notes),
    )


def _first_text(content: C3dContent, name: str) -> str:
    """Return the first text of a parameter of POINT; empty if there is none."""
    return (texts(content.parameters, "POINT", name) or [""])[0]


def _rate(content: C3dContent) -> tuple[float | None, str, list[str]]:
    """Return the rate of the parameter or else of the header, the doubt if they differ, and notes."""
    values = content.parameters.get(("POINT", "RATE"))
    stated = float(values[0]) if values is not None and len(values) else 0.0
    both = (stated, content.header.rate_hz)
    rates = [hz for hz in both if RATES_HZ[0] <= hz <= RATES_HZ[1]]
    notes = [f"states {hz:g} Hz, which no capture has: not used" for hz in {*both} - {*rates, 0.0}]
    if len(rates) == 2 and abs(rates[0] - rates[1]) > SAME_RATE * rates[0]:
        return None, f"POINT:RATE is {rates[0]:g} Hz, the header states {rates[1]:g} Hz", notes
    return (rates[0] if rates else None), "", notes


def _without_computed(labels: list[str], parameters: Parameters) -> tuple[list[int], list[str]]:
    """Return the columns of positions, and a note on the others: angles, forces, axes of segments."""
    lists = {*COMPUTED, *texts(parameters, "POINT", "TYPE_GROUPS")} - {MODELED_POSITIONS, ""}
    dropped = {text for name in lists for text in texts(parameters, "POINT", name)} | _axes(labels)
    kept = [n for n, label in enumerate(labels) if not label or label not in dropped]
    others = [label for label in labels if label and label in dropped]
    verb = "point is" if len(others) == 1 else "points are"
    what = f"{verb} computed (angles, forces, axes of segments), left out"
    return kept, [f"{len(others)} {what}: {shorten_list(others)}"] if others else []


def _axes(labels: list[str]) -> set[str]:
    """Return the labels of points that show a segment's axes: the origin and one on each axis."""
    stems = {label[:-1] for label in labels if label.endswith(AXIS_ENDINGS[0])}
    complete = [stem for stem in stems if {stem + end for end in AXIS_ENDINGS} <= {*labels}]
    return {stem + end for stem in complete for end in AXIS_ENDINGS}


def write_c3d(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up; the file has millimetres.

    Raises:
        UserError: ezc3d is not installed.
    """
    content = optional_module("ezc3d", "c3d").c3d()
    points = content["parameters"]["POINT"]
    points["RATE"]["value"] = [float(rate_hz)]
    points["LABELS"]["value"] = tuple(skeleton.markers)
    points["UNITS"]["value"] = ("mm",)
    content.add_parameter("POINT", "X_SCREEN", ["+X"])
    content.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    values: Any = np.ones((4, positions.shape[1], len(positions)))
    values[:3] = 1000 * positions.astype(np.float64).transpose(2, 1, 0)
    content["data"]["points"] = values
    frames = len(positions)
    if frames > MAX_HEADER_FRAMES:
        content.add_parameter("POINT", "LONG_FRAMES", [float(frames)])
        content.add_parameter("TRIAL", "ACTUAL_START_FIELD", [1, 0])
        content.add_parameter("TRIAL", "ACTUAL_END_FIELD", [frames & 0xFFFF, frames >> 16])
    content.write(str(path))
    if frames > MAX_HEADER_FRAMES:
        return [f"some programs read only the first {MAX_HEADER_FRAMES:,} of {frames:,} frames"]
    return []
