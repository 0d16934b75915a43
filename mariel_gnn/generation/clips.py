"""Reads the clips of a task: of one dancer, of pairs, or of a dancer and the recorded partner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mariel_gnn.data.duets import as_one_take
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import ReadingOptions
from mariel_gnn.mocap.loading import cut_clip, dancers_of_clip, fill_clip, read_clip
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Clips = tuple[list[Recording], list[str]]  # and what was assumed or filled when they were read


class _Cut(NamedTuple):
    """A clip of one dancer as it is recorded."""

    name: str
    recording: Recording
    notes: list[str]


def read_clips(names: Sequence[str], skeleton: Skeleton, options: ReadingOptions) -> Clips:
    """Read clips of one dancer.

    Args:
        names: as for `read_clip`.
        skeleton: the marker set.
        options: facts about the files.

    Raises:
        UserError: a clip cannot be used.
    """
    read = [read_clip(name, skeleton, options) for name in names]
    return [clip for clip, _ in read], [note for _, notes in read for note in notes]


def read_pairs(names: Sequence[str], skeleton: Skeleton, options: ReadingOptions) -> Clips:
    """Read clips of pairs.

    Args:
        names: for each pair the clips of two files, the first dancer's first, or a clip of a file that holds
            both; as for `read_clip`.
        skeleton: the marker set of one dancer.
        options: facts about the files.

    Returns:
        The first and the second dancer of each pair, one pair after the other, with the same frames.

    Raises:
        UserError: a clip cannot be used, has no partner, or its partner's does not fit; names the pair.
    """
    clips: list[Recording] = []
    notes: list[str] = []
    waiting: _Cut | None = None
    for name in names:
        dancers = _cut_dancers(name, skeleton, options)
        if waiting is not None and len(dancers) > 1:
            raise UserError(
                f"{name}: holds two dancers, and {waiting.name} before it one: give a pair as two files of "
                "one dancer each, or as one file of two"
            )
        if waiting is None and len(dancers) == 1:
            (waiting,) = dancers
            continue
        pair, found = _filled(*([waiting] if waiting else []), *dancers, skeleton=skeleton)
        clips, notes, waiting = [*clips, *pair], [*notes, *found], None
    if waiting is not None:
        raise UserError(
            f"{waiting.name}: has no partner: give the partner's clip after it (FIRST SECOND), or a file "
            "that holds both"
        )
    return clips, notes


def read_dancer_and_partner(
    names: Sequence[str], skeleton: Skeleton, options: ReadingOptions, is_first: bool
) -> Clips:
    """Read the clip of a dancer, and that of the recorded partner if it is given.

    Args:
        names: the clip of the dancer, and of the partner; or one of a file that holds both.
        skeleton: the marker set of one dancer.
        options: facts about the files.
        is_first: whether the dancer is the first of a file that holds both.

    Returns:
        The dancer, and the partner if there is one.

    Raises:
        UserError: a clip cannot be used, or the partner's does not fit; names the pair.
    """
    if len(names) > 1:
        clips, notes = read_pairs(names, skeleton, options)
        if len(clips) > 2:
            raise UserError(
                f"{names[1]}: {names[0]} before it holds two dancers: give it alone, or two files of one "
                "dancer"
            )
        return clips, notes
    dancers = _cut_dancers(names[0], skeleton, options)
    if len(dancers) == 1:
        return read_clips(names, skeleton, options)
    pair, notes = _filled(*dancers, skeleton=skeleton)
    return (pair if is_first else pair[::-1]), notes


def _cut_dancers(name: str, skeleton: Skeleton, options: ReadingOptions) -> list[_Cut]:
    """The clip of each dancer of a file, one or two."""
    subjects = dancers_of_clip(name, skeleton, options)
    if len(subjects) > 2:
        raise UserError(
            f"{name}: holds the dancers {', '.join(map(str, subjects))}, and a pair is two: run "
            "experiments.prepare on it, and give the files of two of them"
        )
    cuts = [
        _Cut(name, *cut_clip(name, skeleton, replace(options, subject=subject)))
        for subject in subjects
    ]
    if len(cuts) == 1:
        return cuts
    first, second = (
        cut._replace(recording=replace(cut.recording, name=f"{cut.recording.whole_name} {subject}"))
        for cut, subject in zip(cuts, subjects, strict=True)
    )
    order = f"{name}: {subjects[0]} is the first dancer, {subjects[1]} the second"
    notes = [order, *dict.fromkeys([*first.notes, *second.notes])]
    return [first._replace(notes=notes), second._replace(notes=[])]


def _filled(first: _Cut, second: _Cut, *, skeleton: Skeleton) -> Clips:
    """Two dancers with their gaps filled, cut to the frames that both have."""
    _check_starts(first.recording, second.recording)
    pair = as_one_take(first.recording, second.recording)
    filled = [
        fill_clip(cut.name, one, skeleton) for cut, one in zip((first, second), pair, strict=True)
    ]
    notes = [*first.notes, *second.notes, *(note for _, notes in filled for note in notes)]
    start = max(one.start_frame for one, _ in filled)
    stop = min(one.end_frame for one, _ in filled)
    if start >= stop:
        raise UserError(
            f"{first.name} with {second.name}: have no frame in common without a calibration pose: choose "
            "other seconds"
        )
    both = [_frames(one, start, stop) for one, _ in filled]
    if lost := len(pair[0]) - len(both[0]):
        notes.append(f"{pair[0].name}: {lost} frames left out in which a partner has none")
    return both, notes


def _frames(one: Recording, start: int, stop: int) -> Recording:
    """The frames of a take from `start` to before `stop`."""
    if (one.start_frame, one.end_frame) == (start, stop):
        return one
    return one.part(start - one.start_frame, stop - one.start_frame)


def _check_starts(first: Recording, second: Recording) -> None:
    """Check that clips of two takes start at the same second: `as_one_take` knows only those of one."""
    if first.source == second.source:
        return
    starts = [one.file_frame / one.rate_hz for one in (first, second)]
    if abs(starts[0] - starts[1]) > 0.5 / first.rate_hz:
        names = " with ".join(Path(one.file).name for one in (first, second))
        raise UserError(
            f"{names}: start at {starts[0]:g} s and {starts[1]:g} s: a duet has one clock: give the same "
            "seconds of both files"
        )
