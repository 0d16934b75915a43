"""The movement of body parts of duets, for relations between the dancers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.duets import Duet
from mariel_gnn.data.read_duets import ReadDuets
from mariel_gnn.errors import UserError
from mariel_gnn.metrics.duet_relations import PairMovement
from mariel_gnn.mocap.body_parts import PARTS, heading_rad, part_movement, ten_parts
from mariel_gnn.mocap.cleaning import list_places
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Take:
    """One take of two dancers on one timeline.

    Attributes:
        dancers: the whole recordings; NaN in frames that one of them lacks.
        movement: of their body parts; NaN in frames that are not used.
        used: `[T]` frames with a measured place of both dancers.
    """

    dancers: tuple[Recording, Recording]
    movement: PairMovement
    used: NDArray[np.bool_]

    @property
    def used_s(self) -> float:
        """Seconds that are used."""
        return float(self.used.sum() / self.dancers[0].rate_hz)

    @property
    def name(self) -> str:
        """The names of both recordings."""
        return " with ".join(one.whole_name for one in self.dancers)


@dataclass(frozen=True)
class DuetMovement:
    """Takes of the same two dancers.

    Attributes:
        takes: long enough to be measured.
        skeleton: of each dancer.
        rate_hz: frames per second.
        notes: what was matched, filled or left out, and what the parts are.
    """

    takes: list[Take]
    skeleton: Skeleton
    rate_hz: float
    notes: list[str]

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the body parts."""
        return tuple(ten_parts(self.skeleton))

    @property
    def names(self) -> tuple[str, str]:
        """The names of the two dancers' recordings."""
        more = f" and {len(self.takes) - 1} more" if len(self.takes) > 1 else ""
        first, second = (one.whole_name for one in self.takes[0].dancers)
        return f"{first}{more}", f"{second}{more}"

    def poses(self) -> list[NDArray[np.floating]]:
        """One pose `[J, C]` of each dancer in metres: the middle of the longest take."""
        longest = max(self.takes, key=lambda take: take.used_s)
        used = np.flatnonzero(longest.used)
        return [one.positions[used[len(used) // 2]] for one in longest.dancers]


def duet_movements(read: ReadDuets, min_take_s: float) -> list[DuetMovement]:
    """The movement of every two dancers, with all their takes.

    Files of more than two dancers give several pairs, each on its own.

    Args:
        read: the recordings.
        min_take_s: a shorter take is left out.

    Raises:
        UserError: no take is long enough.
    """
    pairs: dict[tuple[int, int], list[Take]] = {}
    for rooms in _by_take(read.duets()):
        for number, clips in enumerate(rooms):
            pairs.setdefault((len(rooms), number), []).append(_one_timeline(clips, read.skeleton))
    notes = [*read.notes, *_note_on_parts(read.skeleton)]
    return [_long_enough(takes, read.skeleton, min_take_s, notes) for takes in pairs.values()]


def _by_take(duets: Sequence[Duet]) -> list[list[list[Duet]]]:
    """Take by take, pair by pair, the clips."""
    takes: dict[str, dict[tuple[str, ...], list[Duet]]] = {}
    for duet in duets:
        who = tuple(f"{one.file} {one.whole_name}" for one in duet.dancers)
        takes.setdefault(duet.dancers[0].source, {}).setdefault(who, []).append(duet)
    return [list(pairs.values()) for pairs in takes.values()]


def _one_timeline(clips: Sequence[Duet], skeleton: Skeleton) -> Take:
    """Join the clips of a take; frames between them, and those with an interpolated body, are not used."""
    start = min(clip.dancers[0].start_frame for clip in clips)
    frames = max(clip.dancers[0].end_frame for clip in clips) - start
    positions = np.full((2, frames, len(skeleton), 3), np.nan)
    used = np.zeros(frames, dtype=np.bool_)
    for clip in clips:
        first = clip.dancers[0].start_frame - start
        part = slice(first, first + len(clip))
        positions[:, part] = [dancer.positions for dancer in clip.dancers]
        used[part] = clip.measured
    dancers = [
        replace(one, name=one.whole_name, positions=body.astype(np.float32), start_frame=start)
        for one, body in zip(clips[0].dancers, positions, strict=True)
    ]
    seen = np.where(used[:, None, None], positions, np.nan)
    first_parts, second_parts = (part_movement(body, skeleton) for body in seen)
    heading = np.stack([heading_rad(body, skeleton) for body in seen])
    return Take((dancers[0], dancers[1]), PairMovement(first_parts, second_parts, heading), used)


def _long_enough(
    takes: Sequence[Take], skeleton: Skeleton, min_take_s: float, notes: Sequence[str]
) -> DuetMovement:
    kept = [take for take in takes if take.used_s >= min_take_s]
    short = [f"{take.name} ({take.used_s:.1f} s)" for take in takes if take.used_s < min_take_s]
    if not kept:
        raise UserError(
            f"{list_places(short)}: too short to find relations: give {min_take_s:g} s or more in which both "
            "dancers are visible, or a smaller max_lag_s"
        )
    left_out = (
        [f"left out, as shorter than {min_take_s:g} s: {list_places(short)}"] if short else []
    )
    rate_hz = kept[0].dancers[0].rate_hz
    return DuetMovement(kept, skeleton, rate_hz, [*notes, *left_out])


def _note_on_parts(skeleton: Skeleton) -> list[str]:
    parts = ten_parts(skeleton)
    if not set(parts) & set(PARTS):
        return ["the markers have no names of body parts: each is a part of its own"]
    lacking = [part for part in PARTS if part not in parts]
    return [f"the skeleton {skeleton.name} has no {list_places(lacking)}"] if lacking else []
