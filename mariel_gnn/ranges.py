"""Ranges of options: declared beside each option, checked in one place."""

from __future__ import annotations

from dataclasses import MISSING, field, fields, is_dataclass
from typing import Any

from mariel_gnn.errors import UserError

_LEAST = "at_least"
MAX_WHOLE = 2**31 - 1  # of seeds and counts: larger ones overflow in libraries


def at_least(least: float, default: Any = MISSING) -> Any:
    """A dataclass field for a number with a smallest allowed value.

    Args:
        least: the smallest allowed value; None as a value is allowed too.
        default: the default of the field; without it the field is required.
    """
    return field(default=default, metadata={_LEAST: least})


def check_ranges(options: Any, prefix: str = "") -> None:
    """Check every value of nested option dataclasses: numbers against their ranges, and what may be null.

    Args:
        options: a dataclass; its dataclass fields are checked too.
        prefix: dotted name of `options` in messages, with a dot at the end.

    Raises:
        UserError: names the option, its value and what is allowed.
    """
    for item in fields(options):
        value, name = getattr(options, item.name), prefix + item.name
        if value is None and "None" not in str(item.type):  # the parser takes null for anything
            raise UserError(
                f"{name} is null; it must be given: leave the option out for its default"
            )
        if is_dataclass(value):
            check_ranges(value, f"{name}.")
        least = item.metadata.get(_LEAST)
        if least is not None and value is not None and not value >= least:  # also refuses NaN
            raise UserError(f"{name} is {value}; it must be {least:g} or more")
        if isinstance(value, int) and value > MAX_WHOLE:
            raise UserError(f"{name} is {value}; it must be {MAX_WHOLE:,} or less")
