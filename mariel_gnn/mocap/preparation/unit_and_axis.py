"""The unit of length of a file and the axis that points up."""

from __future__ import annotations

from collections.abc import Sequence

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import METRES, MarkerFile, unit_in_words
from mariel_gnn.mocap.plausibility import is_standing_height, upright_axis

GUESSED = ("m", "cm", "mm", "in")


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
        sure = (
            ""
            if is_standing_height(size_m)
            else ", which is no dancer's height: look at the unit again"
        )
        return METRES[unit], f"{unit}, as you say: the dancer stands {size_m:.3g} m tall{sure}"
    size_m = METRES[found.unit] * height
    if found.unit_stated and is_standing_height(size_m):
        return METRES[found.unit], f"{found.unit}: the dancer stands {size_m:.2f} m tall"
    fitting = [name for name in GUESSED if is_standing_height(METRES[name] * height)]
    if len(fitting) != 1:
        raise UserError(_question(height, source))
    (guessed,) = fitting
    said = f"the file says {found.unit}, but " if found.unit_stated else "not stated; "
    size_m = METRES[guessed] * height
    return METRES[
        guessed
    ], f"{said}in {unit_in_words(guessed)} the dancer stands {size_m:.2f} m tall: so {guessed}"


def _question(height: float, source: str) -> str:
    sizes_m = {name: metres * height for name, metres in METRES.items()}
    likely = [name for name, size_m in sizes_m.items() if is_standing_height(size_m)] or GUESSED
    sizes = ", ".join(f"{sizes_m[name]:.3g} m with --unit {name}" for name in likely)
    return (
        f"{source}: its unit is not sure; the dancer would stand {sizes}: give the unit, or how tall "
        "the dancer is (--height_m 1.70)"
    )


def up_axis(found: MarkerFile, labels: Sequence[str], up: str, source: str) -> tuple[str, str]:
    """The axis that points up, and why, in words.

    Raises:
        UserError: the file does not say, the body does not show it, and it was not told.
    """
    if up != "auto":
        return up, f"{up}, as you say"
    seen = upright_axis(found.positions, labels)
    if seen == found.up or (seen is None and found.up_stated):
        return found.up, f"{found.up}" + (
            ": the head is over the feet" if seen else ", as the file says"
        )
    if seen is None:
        raise UserError(
            f"{source}: which axis points up is not sure: say it (--up {found.up} is usual for such files)"
        )
    return seen, f"{seen}: along it the head is over the feet (usual would be {found.up})"
