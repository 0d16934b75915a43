"""What a user's mistake raises: one clear line, never a traceback from the command line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """A mistake in what was given: says what was found, what is allowed and one thing to do."""


def nearest_match(given: str, allowed: Iterable[str]) -> str:
    """A hint for a misspelt name.

    Args:
        given: the name as typed.
        allowed: the names that exist.

    Returns:
        ``" Did you mean 'X'?"`` with the nearest of `allowed`, or an empty string if none is near.
    """
    by_lower = {name.lower(): name for name in allowed}
    found = difflib.get_close_matches(given.lower(), by_lower, n=1, cutoff=0.5)
    return f" Did you mean '{by_lower[found[0]]}'?" if found else ""
