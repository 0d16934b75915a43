"""Checks that runs can be compared: same training, validation and test data.

Other differences are allowed and become notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import mean
from typing import Any

from mariel_gnn.comparison.groups import RunGroup
from mariel_gnn.comparison.runs import Run
from mariel_gnn.errors import UserError

# Options that decide which windows exist. Normalisation may differ: errors are in millimetres.
_DATA = ("seq_len", "rate_hz", "skeleton", "reduced_joints", "trim", "split")
_CLEANING = "data.cleaning."
# Relative. The original notebook's windows across recordings change the mean pose by less.
MEAN_POSE_TOLERANCE = 0.01
SAME_MINUTES = 0.1  # relative: a difference of one epoch is not noted
FEW_RECORDINGS = 6


def refuse_incompatible(runs: Sequence[Run]) -> None:
    """Check that all runs have the data and the split of the first.

    Raises:
        UserError: the message names two runs and the first difference.
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
    """The differences in data, the simplest to understand first."""
    for name in _data_options(first, other):
        mine, theirs = first.options.get(name), other.options.get(name)
        # null takes the rate of the files, which `_different_windows` compares
        rate_of_files = name == "data.rate_hz" and None in (mine, theirs)
        if mine != theirs and not rate_of_files:
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
    """The recordings of a role, identified by file name and frames.

    Folders are ignored, so runs of two machines can be compared. The error of the mean pose detects files
    of one name with different content. Parts shorter than a window contain no window and are ignored (the
    notebook normalisation keeps them).
    """
    return {
        f"{part.file}[{part.start}:{part.end}]"
        for part in run.split.get(role, [])
        if part.end - part.start >= run.options["data.seq_len"]
    }


def _different_windows(first: Run, other: Run) -> Iterator[str]:
    mine, theirs = first.errors, other.errors
    if list(mine.markers) != list(theirs.markers):
        yield f"{len(mine.markers)} and {len(theirs.markers)} markers, or another order of markers"
    if mine.rate_hz != theirs.rate_hz:
        yield f"the rate is {mine.rate_hz:g} and {theirs.rate_hz:g} frames per second"
    if windows(first) != windows(other):
        yield f"{len(mine.start)} and {len(theirs.start)} test windows, or other first frames"
    poses = [float(errors.window_mm("mean_pose").mean()) for errors in (mine, theirs)]
    if abs(poses[0] - poses[1]) > MEAN_POSE_TOLERANCE * max(poses):
        yield (
            f"the mean pose's error is {poses[0]:.1f} and {poses[1]:.1f} mm, so files of the same "
            "name have different content"
        )


def windows(run: Run) -> list[tuple[str, int]]:
    """Recording and first frame of each test window, in order."""
    errors = run.errors
    names = [errors.recordings[index] for index in errors.recording.tolist()]
    return list(zip(names, errors.start.tolist(), strict=True))


def notes(groups: Sequence[RunGroup], recordings: int) -> Iterator[str]:
    """Yield the limits of a comparison, a sentence each.

    Args:
        groups: the compared groups.
        recordings: number of test recordings.
    """
    runs = [run for group in groups for run in group.runs]
    if single := [group.name for group in groups if len(group.runs) < 2]:
        yield (
            f"One seed only, so no interval over seeds: {' | '.join(single)}. The effect of another seed "
            "is unknown."
        )
    if len({group.seeds for group in groups}) > 1:
        seeds = "; ".join(f"{group.name} {_listed(group.seeds)}" for group in groups)
        yield f"Different seeds: {seeds}. Paired differences use the seeds that both groups have."
    if recordings < FEW_RECORDINGS:
        yield f"Test recordings: {recordings}. Intervals from so few recordings are rough."
    yield from _minutes(groups)
    yield from _different("code of different commits", [_short_commit(run.commit) for run in runs])
    samples = [run.options.get("evaluation.samples") for run in runs]
    yield from _different("different numbers of samples", samples)


def _listed(seeds: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(seeds)))


def _minutes(groups: Sequence[RunGroup]) -> Iterator[str]:
    """Note different training times."""
    minutes_of = {
        group.name: mean(run.summary.get("training_minutes", 0.0) for run in group.runs)
        for group in groups
    }
    if min(minutes_of.values()) < (1 - SAME_MINUTES) * max(minutes_of.values()):
        each = " | ".join(f"{name} {minutes:.1f}" for name, minutes in minutes_of.items())
        yield f"Different training times in minutes: {each}."


def _different(what: str, values: Sequence[Any]) -> Iterator[str]:
    if len(set(values)) > 1:
        each = ", ".join(map(str, dict.fromkeys(values)))
        yield f"The runs have {what}: {each}."


def _short_commit(commit: str) -> str:
    """The first characters of a commit, and its mark of uncommitted changes."""
    name, dash, changed = commit.partition("-")
    return name[:10] + dash + changed
