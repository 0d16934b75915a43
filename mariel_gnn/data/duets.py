"""Duets: two recordings with one clock in one room, from two lists of files or from files of two dancers.

The dancers of a duet become recordings of one take with the same frames, as those of a prepared scene are.
So the split keeps them together (`split_recordings`), and `pair_dancers` finds them again in each role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.splits import simultaneous
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import runs
from mariel_gnn.mocap.loading import SAME_RATE
from mariel_gnn.mocap.recording import Recording

Mask = NDArray[np.bool_]
MIN_INTERPOLATED = 0.5  # of a body's markers, above which her place is interpolated too


@dataclass(frozen=True)
class Duet:
    """Two dancers; frame t is one moment for both.

    Attributes:
        dancers: the two recordings, of one take and the same frames.
        measured: `[T]` False where the place of a dancer is interpolated, so that the relative place is not
            measured.
    """

    dancers: tuple[Recording, Recording]
    measured: Mask

    def __len__(self) -> int:
        return len(self.measured)

    @property
    def name(self) -> str:
        """The names of both recordings."""
        return f"{self.dancers[0].name} with {self.dancers[1].name}"


def match_files(recordings: Sequence[Path], partners: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Match the files of two lists in sorted order.

    Args:
        recordings: the first dancers' files, sorted.
        partners: the second dancers' files, sorted.

    Raises:
        UserError: the lists have different lengths, or a file is in both; names the pair.
    """
    both = {path.resolve() for path in recordings} & {path.resolve() for path in partners}
    if both:
        raise UserError(
            f"{min(both)}: is in data.recordings and in data.partners: give each dancer's files once, the "
            "first dancers' as recordings and the second dancers' as partners"
        )
    if len(recordings) != len(partners):
        more = "recordings" if len(recordings) > len(partners) else "partners"
        alone = _without_counterpart(recordings, partners)
        raise UserError(
            f"{_files(len(recordings))} in data.recordings, {len(partners)} in data.partners: one of the "
            f"{more}, such as {alone.name}, has no partner (they are matched in sorted order, the first "
            f"{recordings[0].name} with {partners[0].name}): give as many of each"
        )
    return list(zip(recordings, partners, strict=True))


def as_one_take(first: Recording, second: Recording) -> tuple[Recording, Recording]:
    """Two whole recordings as dancers of one take: the first's.

    Raises:
        UserError: their lengths, starts or rates differ, or both are one movement; names the pair.
    """
    pair = f"{first.name} with {second.name}"
    if abs(first.rate_hz - second.rate_hz) > SAME_RATE * first.rate_hz:
        raise UserError(
            f"{pair}: {first.rate_hz:g} and {second.rate_hz:g} frames a second: a duet has one clock; "
            "resample them to one rate (python -m experiments.prepare), or check that they are partners"
        )
    if len(first) != len(second):
        raise UserError(
            f"{pair}: {len(first)} and {len(second)} frames: a duet has one clock, so frame t must be the "
            "same moment in both; cut both alike, or check that they are partners (files are matched in "
            "sorted order)"
        )
    if first.source == second.source and first.start_frame != second.start_frame:
        raise UserError(
            f"{pair}: parts of one take that start at its frames {first.start_frame} and "
            f"{second.start_frame}: give parts of the same frames"
        )
    if np.array_equal(first.positions, second.positions, equal_nan=True):
        raise UserError(f"{pair}: both hold the same movement: give the file of the other dancer")
    start = first.start_frame
    return first, replace(
        second, source=first.source, start_frame=start, file_start=start - second.file_frame
    )


def common_frames(
    wholes: Sequence[Recording], parts: Sequence[Recording]
) -> tuple[list[Recording], list[str]]:
    """Cut cleaned recordings to the frames that every dancer of the room has.

    Args:
        wholes: whole recordings; those of one take and the same frames are dancers of one room.
        parts: what cleaning left of them; it cuts each dancer on her own.

    Returns:
        The parts, with the same frames for all dancers of a room, and a line for each dancer who lost some.
    """
    kept, notes = [], []
    for dancers in simultaneous(wholes):
        of_each = [[part for part in parts if _dancer(part) == _dancer(one)] for one in dancers]
        present = _in_all(of_each)
        for own in of_each:
            cut = [piece for part in own for piece in _cut(part, present)]
            kept += cut
            if lost := sum(map(len, own)) - sum(map(len, cut)):
                notes.append(
                    f"{own[0].whole_name}: {lost} frames left out in which a partner has none"
                )
    return kept, notes


def pair_dancers(
    recordings: Sequence[Recording], interpolated: Sequence[Recording] = ()
) -> list[Duet]:
    """Every two dancers of the same frames of one take as a duet.

    Args:
        recordings: parts; those of one take and the same frames are dancers of one room.
        interpolated: parts of them in which a dancer's place is interpolated.

    Raises:
        UserError: a recording has no partner.
    """
    duets = []
    for dancers in simultaneous(recordings):
        if len(dancers) < 2:
            raise UserError(
                f"{dancers[0].name}: has no partner: name the partners' files (data.partners), or give "
                "files of one take that experiments.prepare wrote for each dancer"
            )
        measured = [place_is_measured(one, interpolated) for one in dancers]
        duets += [
            Duet((one, other), here & there)
            for (one, here), (other, there) in combinations(zip(dancers, measured, strict=True), 2)
        ]
    return duets


def place_is_measured(recording: Recording, interpolated: Sequence[Recording]) -> Mask:
    """The frames `[T]` of a recording in which no clip says that the dancer's place is interpolated.

    Args:
        recording: of one dancer.
        interpolated: clips of her and of others.
    """
    measured = np.ones(len(recording), dtype=np.bool_)
    for clip in interpolated:
        if clip.source == recording.source and _dancer(clip) == _dancer(recording):
            start = clip.start_frame - recording.start_frame
            measured[max(start, 0) : max(start + len(clip), 0)] = False
    return measured


def interpolated_parts(whole: Recording, parts: Sequence[Recording]) -> list[Recording]:
    """The parts of a recording in which cleaning filled half of the markers or more.

    Args:
        whole: the recording before cleaning.
        parts: the same after cleaning.
    """
    found = []
    for part in parts:
        start = part.start_frame - whole.start_frame
        before = whole.positions[start : start + len(part)]
        changed = (before != part.positions).any(axis=2).mean(axis=1)  # NaN differs
        found += [part.part(*frames) for frames in runs(changed >= MIN_INTERPOLATED)]
    return found


def _in_all(dancers: Sequence[Sequence[Recording]]) -> Mask:
    """Which frames of a take, from its frame 0, parts of every dancer have."""
    ends = [part.end_frame for parts in dancers for part in parts]
    present = np.ones(max(ends, default=0), dtype=np.bool_)
    for parts in dancers:
        own = np.zeros_like(present)
        for part in parts:
            own[part.start_frame : part.end_frame] = True
        present &= own
    return present


def _cut(part: Recording, present: Mask) -> list[Recording]:
    """The pieces of a part in frames of its take that are present."""
    own = present[part.start_frame : part.end_frame]
    return [part] if own.all() else [part.part(*frames) for frames in runs(own)]


def _dancer(recording: Recording) -> tuple[str, str]:
    """What tells the dancers of one take apart: the file, or the name in it."""
    return recording.file, recording.whole_name


def _without_counterpart(recordings: Sequence[Path], partners: Sequence[Path]) -> Path:
    """A file of the longer list that ends like none of the other; if not clear, the first left over."""
    longer, shorter = sorted((recordings, partners), key=len, reverse=True)
    endings = {path.stem[_common(shorter) :] for path in shorter}
    alone = [path for path in longer if path.stem[_common(longer) :] not in endings]
    clear = len(alone) == len(longer) - len(shorter)
    return alone[0] if clear else longer[len(shorter)]


def _common(paths: Sequence[Path]) -> int:
    """The length of the beginning that all names have in common, without digits at its end."""
    stems = [path.stem for path in paths]
    same = 0
    while all(len(stem) > same and stem[same] == stems[0][same] for stem in stems):
        same += 1
    return len(stems[0][:same].rstrip("0123456789"))


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
