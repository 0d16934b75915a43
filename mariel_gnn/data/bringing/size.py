"""How tall the dancer is, and so in which unit a file is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mariel_gnn.data.bringing.anatomy import feet, heads
from mariel_gnn.data.files.interpreting import extent
from mariel_gnn.data.files.marker_file import Floats, MarkerFile
from mariel_gnn.data.files.units import METRES, spelt
from mariel_gnn.errors import UserError

GUESSED = ("m", "cm", "mm", "in")
# From the soles to the top of the head. No two of the guessed units can both fit: the least factor
# between two of them, 2.54, is more than that between the bounds.
DANCER_M = (1.1, 2.4)


def standing_height(positions: Floats, labels: Sequence[str]) -> float:
    """How tall the body stands, z up, in the units of the positions `[T, J, C]`.

    From the feet to the head where names tell them, else from the lowest marker to the highest, in the
    frames in which the body is at its tallest (the 90th percentile).
    """
    head, foot = heads(labels), feet(labels)
    if not head or not foot:
        return extent(positions)
    up = positions[..., 2]
    seen = np.isfinite(up[:, head]).any(axis=1) & np.isfinite(up[:, foot]).any(axis=1)
    if not seen.any():
        return extent(positions)
    height = np.nanmax(up[seen][:, head], axis=1) - np.nanmin(up[seen][:, foot], axis=1)
    return float(np.quantile(height, 0.9))


def metres_per_unit(
    found: MarkerFile, height: float, unit: str, height_m: float | None, source: str
) -> tuple[float, str]:
    """Metres in one unit of the file, and why, in words.

    Args:
        found: what the file says.
        height: how tall the body stands, in the file's units.
        unit: what the user says, or ``"auto"``.
        height_m: the dancer's height, if the user says that.
        source: what to call the file in errors.

    Raises:
        UserError: no unit gives a dancer, and none was told.
    """
    if height_m is not None:
        return (
            height_m / height,
            f"scaled so that the dancer stands {height_m:g} m tall, as you say",
        )
    if unit != "auto":
        size_m = METRES[unit] * height
        sure = "" if _is_dancer(size_m) else ", which is no dancer's height: look at the unit again"
        return METRES[unit], f"{unit}, as you say: the dancer stands {size_m:.3g} m tall{sure}"
    size_m = METRES[found.unit] * height
    if found.unit_stated and _is_dancer(size_m):
        return METRES[found.unit], f"{found.unit}: the dancer stands {size_m:.2f} m tall"
    fitting = [name for name in GUESSED if _is_dancer(METRES[name] * height)]
    if len(fitting) != 1:
        raise UserError(_question(height, source))
    (guessed,) = fitting
    said = f"the file says {found.unit}, but " if found.unit_stated else "not stated; "
    size_m = METRES[guessed] * height
    return METRES[
        guessed
    ], f"{said}in {spelt(guessed)} the dancer stands {size_m:.2f} m tall: so {guessed}"


def _is_dancer(size_m: float) -> bool:
    return DANCER_M[0] <= size_m <= DANCER_M[1]


def _question(height: float, source: str) -> str:
    sizes_m = {name: metres * height for name, metres in METRES.items()}
    likely = [name for name, size_m in sizes_m.items() if _is_dancer(size_m)] or GUESSED
    sizes = ", ".join(f"{sizes_m[name]:.3g} m with --unit {name}" for name in likely)
    return (
        f"{source}: its unit is not sure; the dancer would stand {sizes}: give the unit, or how tall "
        "the dancer is (--height_m 1.70)"
    )
