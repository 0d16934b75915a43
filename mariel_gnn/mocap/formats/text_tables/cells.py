"""Cells of text tables as numbers, and the words that programs write for what was not seen."""

from __future__ import annotations

import re

NOT_SEEN = frozenset(
    ("", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "-nan", "nan(ind)", "-nan(ind)", "null", "nil", "none",
     "missing", "lost", "-", "--", "---", ".", "?", "inf", "-inf", "+inf", "infinity", "-infinity",
     "#num!", "#value!", "#div/0!", "1.#qnan", "-1.#ind", "1.#inf", "-1.#inf")
)  # fmt: skip
# No two parts of a pattern may match the same text, or a long cell takes the square of its length.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def is_number(cell: str) -> bool:
    """Return whether a cell is a number, with a decimal point or comma."""
    return _NUMBER.fullmatch(cell.replace(",", "")) is not None


def parse_number(cell: str, decimal: str) -> float | None:
    """Parse a cell; NaN for a word that means "not seen", None for any other text."""
    if cell.lower() in NOT_SEEN:
        return float("nan")
    thousands = "," if decimal == "." else "."
    plain = cell.replace("\u2212", "-")  # a typographic minus
    if thousands in plain and _are_thousands(plain, thousands, decimal):
        plain = plain.replace(thousands, "")
    plain = plain.replace(decimal, ".")
    return float(plain) if _NUMBER.fullmatch(plain) else None


def _are_thousands(cell: str, separator: str, decimal: str) -> bool:
    first, *groups = cell.partition(decimal)[0].lstrip("+-").split(separator)
    return len(first) <= 3 and all(len(group) == 3 for group in groups)
