"""The options of preparation, for all files of one call."""

from __future__ import annotations

from dataclasses import dataclass, field

from mariel_gnn.mocap.cleaning import CleaningOptions
from mariel_gnn.mocap.formats.interpretation import RATE_HZ
from mariel_gnn.mocap.formats.marker_file import Unit, Up
from mariel_gnn.mocap.plausibility import RATES_HZ, check_range

HEIGHTS_M = (0.5, 2.6)


@dataclass(frozen=True)
class PreparationOptions:
    """Facts about the files and requirements for the output.

    Args:
        rate_hz: frames per second of the output (the field uses 35).
        source_rate_hz: frames per second of the files, instead of the stated rate; null uses that.
        unit: unit of length in the files (m, cm, mm, in, ft, cmu); auto uses the stated unit or guesses.
        height_m: the dancer's height in metres, as an alternative to the unit.
        up: the axis that points up in the files; auto finds it from head and feet.
        subject: the only dancer to take from a file with several; null keeps all as one scene.
        mirror: whether to mirror a body that has left and right reversed.
        floor: whether to move a body that stands clearly below or above the floor.
        cleaning: how to treat gaps and jumps.
    """

    rate_hz: float = RATE_HZ
    source_rate_hz: float | None = None
    unit: Unit = "auto"
    height_m: float | None = None
    up: Up = "auto"
    subject: str | None = None
    mirror: bool = True
    floor: bool = True
    cleaning: CleaningOptions = field(default_factory=CleaningOptions)


def check_options(options: PreparationOptions) -> None:
    """Check the ranges of the numbers.

    Raises:
        UserError: a number is out of range; the message names it, its value and the range.
    """
    check_range("rate_hz", options.rate_hz, *RATES_HZ)
    check_range("source_rate_hz", options.source_rate_hz, *RATES_HZ)
    check_range("height_m", options.height_m, *HEIGHTS_M)
    check_range("cleaning.max_gap_s", options.cleaning.max_gap_s, 0, 60)
    check_range("cleaning.jump_m_per_s", options.cleaning.jump_m_per_s, 1, 1000)
