"""Whether a table of text ends where it should."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mariel_gnn.errors import UserError


def refuse_cut(text: str, last_cells: Sequence[str], path: Path) -> None:
    """Refuse a table that is cut in its last cell, as far as that can be told.

    It is told by a last line without an end whose last number has fewer decimals than all others of
    its column, which have as many as each other. Where programs write as many as a number needs, or
    leave out the last line's end, a number that lost its last digits looks like any other.

    Args:
        text: the whole file.
        last_cells: the last cell of each row.
        path: what to call the file in errors.

    Raises:
        UserError: it is cut.
    """
    if text.endswith(("\n", "\r")) or not last_cells:
        return
    *before, last = [_decimals(cell) for cell in last_cells]
    usual = {count for count in before if count is not None}
    if len(usual) == 1 and last is not None and last < usual.pop():
        raise UserError(f"{path}: is cut off in its last number: export it again")


def _decimals(cell: str) -> int | None:
    """How many decimals a number is written with; None of an empty cell or another notation."""
    cell = cell.strip().lower()
    if not cell or "e" in cell:
        return None
    return len(cell.replace(",", ".").partition(".")[2])
