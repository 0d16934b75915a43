"""Titles of a comparison's pictures: what, of whom, on what."""

from __future__ import annotations

from collections.abc import Sequence

from mariel_gnn.comparing.arms import Arm
from mariel_gnn.comparing.comparison import Comparison

MOST_NAMES = 4


def comparison_title(what: str, arms: Sequence[Arm], on: str) -> str:
    """Return ``what: which runs; on which data``."""
    names = [arm.name for arm in arms]
    told = " | ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} models"
    return f"{what}: {told} ({_seeds(arms)}); {on}"


def on_test(comparison: Comparison) -> str:
    """Return the test recordings in words."""
    count = len(comparison.recordings)
    return f"{count} test recording{'s' if count > 1 else ''} of {comparison.data}"


def _seeds(arms: Sequence[Arm]) -> str:
    counts = sorted({len(arm.runs) for arm in arms})
    if len(counts) > 1:
        return f"{counts[0]} to {counts[-1]} seeds each"
    return "one seed each" if counts == [1] else f"{counts[0]} seeds each"
