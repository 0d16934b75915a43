"""Runs can be compared if they heard and were measured on the same dance; what differs is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from statistics import mean
from typing import Any

from mariel_gnn.comparison.groups import RunGroup
from mariel_gnn.comparison.runs import Run
from mariel_gnn.errors import UserError

# How windows were cut and what they hold. Normalising is a model's own affair: errors are in mm.
_DATA = ("seq_len", "rate_hz", "skeleton", "reduced_joints", "trim", "split")
_CLEANING = "data.cleaning."
MEAN_POSE_TOLERANCE = 0.01  # relative: the seed's windows over joins move the mean pose by less


def refuse_incompatible(runs: Sequence[Run]) -> None:
    """Check that all runs have the data and the split of the first.

    Raises:
        UserError: says in one line which runs, and what differs.
    """
    first = runs[0]
    for other in runs[1:]:
        difference = next(_differences(first, other), None)
        if difference:
            raise UserError(
                f"{first.folder} and {other.folder} cannot be compared: {difference}: train both on "
                "the same data and split"
            )


def _differences(first: Run, other: Run) -> Iterator[str]:
    """What differs, the plainest first."""
    for name in _data_options(first, other):
        mine, theirs = first.options.get(name), other.options.get(name)
        of_files = name == "data.rate_hz" and None in (mine, theirs)  # compared with the windows
        if mine != theirs and not of_files:
            yield f"{name} is {mine} and {theirs}"
    for role in ("train", "validation", "test"):
        yield from _different_role(role, first, other)
    yield from _different_windows(first, other)


def _data_options(*runs: Run) -> list[str]:
    cleaning = {name for run in runs for name in run.options if name.startswith(_CLEANING)}
    return [f"data.{name}" for name in _DATA] + sorted(cleaning)


def _different_role(role: str, first: Run, other: Run) -> Iterator[str]:
    mine, theirs = _recordings(first, role), _recordings(other, role)
    for run, only in ((first, mine - theirs), (other, theirs - mine)):
        if only:
            more = f" and {len(only) - 1} more" if len(only) > 1 else ""
            yield f"{role}: {min(only)}{more} is only in {run.folder}"


def _recordings(run: Run, role: str) -> set[str]:
    """The recordings of a role, by file name and frames.

    Not by folder, so that runs of two machines can be compared; that files of one name hold the same
    dance is seen by the mean pose. Pieces shorter than a window make none and do not count (the seed's
    normalising keeps them).
    """
    return {
        f"{part.file}[{part.start}:{part.end}]"
        for part in run.split.get(role, [])
        if part.end - part.start >= run.options["data.seq_len"]
    }


def _different_windows(first: Run, other: Run) -> Iterator[str]:
    mine, theirs = first.errors, other.errors
    if list(mine.markers) != list(theirs.markers):
        yield f"the markers are {len(mine.markers)} and {len(theirs.markers)}, or in another order"
    if mine.rate_hz != theirs.rate_hz:
        yield f"the rate is {mine.rate_hz:g} and {theirs.rate_hz:g} frames a second"
    if windows(first) != windows(other):
        yield f"the test windows are {len(mine.start)} and {len(theirs.start)}, or start elsewhere"
    poses = [float(errors.window_mm("mean_pose").mean()) for errors in (mine, theirs)]
    if abs(poses[0] - poses[1]) > MEAN_POSE_TOLERANCE * max(poses):
        yield (
            f"the mean pose's error is {poses[0]:.1f} and {poses[1]:.1f} mm, so files of the same "
            "name hold different dance"
        )


def windows(run: Run) -> list[tuple[str, int]]:
    """Recording and start frame of each test window, in order."""
    errors = run.errors
    names = [errors.recordings[index] for index in errors.recording.tolist()]
    return list(zip(names, errors.start.tolist(), strict=True))


def file_of(recording: str) -> str:
    """The file that a recording is a piece of: ``take[0:300]`` is a piece of ``take``."""
    return re.sub(r"\[\d+:\d+\]$", "", recording)


SAME_MINUTES = 0.1  # relative: an epoch more or less is no matter
FEW_RECORDINGS = 6


def notes(groups: Sequence[RunGroup], recordings: int) -> Iterator[str]:
    """A sentence for each thing to know.

    Args:
        groups: what is compared.
        recordings: how many are tested on.
    """
    runs = [run for group in groups for run in group.runs]
    if single := [group.name for group in groups if len(group.runs) < 2]:
        yield (
            f"One seed only, so no interval over seeds: {' | '.join(single)}. How much another seed "
            "would change is not known."
        )
    if len({group.seeds for group in groups}) > 1:
        told = "; ".join(f"{group.name} {_listed(group.seeds)}" for group in groups)
        yield f"Not of the same seeds: {told}. Differences are between the seeds that both have."
    if recordings < FEW_RECORDINGS:
        yield f"Test recordings: {recordings}. Intervals from so few are a rough guide at best."
    yield from _minutes(groups)
    yield from _different("code of different commits", [_short_commit(run.commit) for run in runs])
    samples = [run.options.get("evaluation.samples") for run in runs]
    yield from _different("different numbers of samples", samples)


def _listed(seeds: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(seeds)))


def _minutes(groups: Sequence[RunGroup]) -> Iterator[str]:
    """Whether some were trained for longer than others."""
    taken = {
        group.name: mean(run.summary.get("training_minutes", 0.0) for run in group.runs)
        for group in groups
    }
    if min(taken.values()) < (1 - SAME_MINUTES) * max(taken.values()):
        told = " | ".join(f"{name} {minutes:.1f}" for name, minutes in taken.items())
        yield f"Not trained for the same time, in minutes: {told}."


def _different(what: str, values: Sequence[Any]) -> Iterator[str]:
    if len(set(values)) > 1:
        told = ", ".join(map(str, dict.fromkeys(values)))
        yield f"The runs were made with {what}: {told}."


def _short_commit(commit: str) -> str:
    """The first letters of a commit, and whether files were changed after it."""
    name, dash, changed = commit.partition("-")
    return name[:10] + dash + changed
