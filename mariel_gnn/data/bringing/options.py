"""What the user says of files that are brought, and what they are to become."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from mariel_gnn.data.files.interpreting import RATE_HZ
from mariel_gnn.data.files.units import RATES_HZ, Unit, Up, check_between
from mariel_gnn.data.loading import CleaningOptions

HEIGHTS_M = (0.5, 2.6)


@dataclass(frozen=True)
class BringOptions:
    """What the user says of the files, and what they are to become.

    Args:
        rate_hz: frames per second of what is written (the field uses 35).
        source_rate_hz: frames per second of the files, whatever they say; null takes theirs.
        unit: of length in the files (m, cm, mm, in, ft, cmu); auto takes theirs or guesses.
        height_m: the dancer's height, instead of a unit, metres.
        up: the axis that points up in the files; auto looks where the head is.
        subject: whose markers, where a file holds several dancers.
        mirror: whether a body whose left is on its right is mirrored back.
        floor: whether a body that stands under the floor or over it is set on it.
        cleaning: how gaps and jumps are treated.
    """

    rate_hz: float = RATE_HZ
    source_rate_hz: float | None = None
    unit: Unit = "auto"
    height_m: float | None = None
    up: Up = "auto"
    subject: str | None = None
    mirror: bool = True
    floor: bool = True
    cleaning: CleaningOptions = dataclasses.field(default_factory=CleaningOptions)


def check(options: BringOptions) -> None:
    """Check the numbers that a user gives.

    Raises:
        UserError: says which one, what was given and what is allowed.
    """
    check_between("rate_hz", options.rate_hz, *RATES_HZ)
    check_between("source_rate_hz", options.source_rate_hz, *RATES_HZ)
    check_between("height_m", options.height_m, *HEIGHTS_M)
    check_between("cleaning.max_gap_s", options.cleaning.max_gap_s, 0, 60)
    check_between("cleaning.jump_m_per_s", options.cleaning.jump_m_per_s, 1, 1000)
