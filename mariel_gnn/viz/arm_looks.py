"""How the arms of a comparison look: the same in all its pictures, told apart without colour too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mariel_gnn.comparing.arms import Arm, families
from mariel_gnn.viz.palette import FAINT_INK, Colour

_COLOURS: tuple[Colour, ...] = (  # Okabe and Ito
    (0, 114, 178), (230, 130, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0),
)  # fmt: skip
_MARKERS = "osD^vP"
_STROKES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Look:
    """Colour, marker and stroke."""

    colour: Colour
    marker: str
    stroke: str


TRIVIAL = Look(FAINT_INK, "x", ":")


def look_of(number: int) -> Look:
    """The look of the arm or the family `number`, counted from 0."""
    return Look(
        _COLOURS[number % len(_COLOURS)],
        _MARKERS[number % len(_MARKERS)],
        _STROKES[number % len(_STROKES)],
    )


def arm_looks(arms: Sequence[Arm]) -> dict[str, Look]:
    """Arm name -> its look; sizes of one model look alike unless they are all there is."""
    grouped = families(arms)
    if len(grouped) == 1:
        return {arm.name: look_of(number) for number, arm in enumerate(arms)}
    return {arm.name: look_of(number) for number, members in enumerate(grouped) for arm in members}


def shown_arms(arms: Sequence[Arm]) -> list[Arm]:
    """The arms to draw where all would be too many: the largest of each family.

    If there is one family only its sizes are what is compared, and all are drawn.
    """
    grouped = families(arms)
    return list(arms) if len(grouped) == 1 else [members[-1] for members in grouped]
