"""What does not forbid a comparison, but a reader should know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import mean
from typing import Any

from mariel_gnn.comparing.arms import Arm

SAME_MINUTES = 0.1  # relative: an epoch more or less is no matter
FEW_RECORDINGS = 6


def notes(arms: Sequence[Arm], recordings: int) -> Iterator[str]:
    """A sentence for each thing to know.

    Args:
        arms: what is compared.
        recordings: how many are tested on.
    """
    runs = [run for arm in arms for run in arm.runs]
    if single := [arm.name for arm in arms if len(arm.runs) < 2]:
        yield (
            f"One seed only, so no interval over seeds: {' | '.join(single)}. How much another seed "
            "would change is not known."
        )
    if len({arm.seeds for arm in arms}) > 1:
        told = "; ".join(f"{arm.name} {_listed(arm.seeds)}" for arm in arms)
        yield f"Not of the same seeds: {told}. Differences are between the seeds that both have."
    if recordings < FEW_RECORDINGS:
        yield f"Test recordings: {recordings}. Intervals from so few are a rough guide at best."
    yield from _minutes(arms)
    yield from _different("code of different commits", [_short(run.commit) for run in runs])
    samples = [run.options.get("evaluation.samples") for run in runs]
    yield from _different("different numbers of samples", samples)


def _listed(seeds: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(seeds)))


def _minutes(arms: Sequence[Arm]) -> Iterator[str]:
    """Whether some were trained for longer than others."""
    taken = {
        arm.name: mean(run.summary.get("training_minutes", 0.0) for run in arm.runs) for arm in arms
    }
    if min(taken.values()) < (1 - SAME_MINUTES) * max(taken.values()):
        told = " | ".join(f"{name} {minutes:.1f}" for name, minutes in taken.items())
        yield f"Not trained for the same time, in minutes: {told}."


def _different(what: str, values: Sequence[Any]) -> Iterator[str]:
    if len(set(values)) > 1:
        told = ", ".join(map(str, dict.fromkeys(values)))
        yield f"The runs were made with {what}: {told}."


def _short(commit: str) -> str:
    """The first letters of a commit, and whether files were changed after it."""
    name, dash, changed = commit.partition("-")
    return name[:10] + dash + changed
