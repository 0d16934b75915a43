"""Splits into training, validation and test recordings, and the proof that no split leaks.

A split consists of recordings, or of parts of one recording with a gap of one window between them.
Windows are cut afterwards, so no window belongs to two roles.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import Recording

MIN_RECORDINGS = 5  # with fewer, one recording more or less in a role changes too much
HELD_OUT_FRACTION = 0.15  # of all frames, for validation and for test each


@dataclass(frozen=True)
class Split:
    """Recordings by role.

    Attributes:
        train: recordings to train on.
        validation: recordings that decide when to stop and which weights are best.
        test: recordings of the final table.
        how: a description of how the split was made.
    """

    train: list[Recording]
    validation: list[Recording]
    test: list[Recording]
    how: str

    def roles(self) -> Iterator[tuple[str, list[Recording]]]:
        """Pairs of a role and its recordings, in order."""
        yield from (("train", self.train), ("validation", self.validation), ("test", self.test))

    def messages(self) -> list[str]:
        """A line for each role."""
        lines = [f"split {self.how}"]
        for role, recordings in self.roles():
            seconds = sum(len(recording) / recording.rate_hz for recording in recordings)
            names = [recording.name for recording in recordings]
            shown = ", ".join(names[:6]) + (f", … ({len(names)} in all)" if len(names) > 6 else "")
            lines.append(f"  {role}: {seconds / 60:.1f} minutes: {shown}")
        return lines


def split_recordings(
    recordings: Sequence[Recording],
    gap_frames: int,
    roles: Sequence[str] = ("validation", "test"),
    seed: int = 0,
) -> dict[str, list[Recording]]:
    """Hold out recordings, or blocks of time if there are too few recordings.

    Args:
        recordings: all recordings.
        gap_frames: frames left out between blocks of one recording: the length of a window.
        roles: the roles to hold out, each about 15 % of the frames.
        seed: random seed of the order in which recordings are drawn.

    Returns:
        role -> recordings, with ``"train"`` first.
    """
    if len({recording.source for recording in recordings}) >= MIN_RECORDINGS:
        return _by_recording(recordings, roles, seed)
    return _by_blocks(recordings, gap_frames, roles)


def _by_recording(
    recordings: Sequence[Recording], roles: Sequence[str], seed: int
) -> dict[str, list[Recording]]:
    files: dict[str, list[Recording]] = {}  # the parts of one file share a role
    for recording in _in_order(recordings):
        files.setdefault(recording.source, []).append(recording)
    longest = max(files, key=lambda source: _frames(files[source]))
    kept = files.pop(longest)  # without it, too little could remain to train on
    left = list(files.values())
    random.Random(seed).shuffle(left)
    wanted = HELD_OUT_FRACTION * _frames(recordings)
    held_out: dict[str, list[Recording]] = {role: [] for role in roles}
    for roles_left, chosen in zip(reversed(range(len(roles))), held_out.values(), strict=True):
        while len(left) > roles_left and _frames(chosen) < wanted:
            chosen += left.pop(0)
    train = kept + [recording for parts in left for recording in parts]
    return {"train": train} | held_out


def _frames(recordings: Sequence[Recording]) -> int:
    return sum(len(recording) for recording in recordings)


def _in_order(recordings: Sequence[Recording]) -> list[Recording]:
    return sorted(recordings, key=lambda recording: (recording.source, recording.start_frame))


def _by_blocks(
    recordings: Sequence[Recording], gap_frames: int, roles: Sequence[str]
) -> dict[str, list[Recording]]:
    """Hold out the last parts of each recording; train on recordings that are too short for that."""
    parts: dict[str, list[Recording]] = {role: [] for role in ("train", *roles)}
    held_until: dict[str, int] = {}  # the frame of a file at which its held-out part ends
    for scene in simultaneous(_in_order(recordings)):
        first = scene[0]
        near = held_until.get(first.source, -gap_frames) + gap_frames - first.start_frame
        if near >= len(first):
            continue
        scene = [one.part(near, len(one)) if near > 0 else one for one in scene]
        end = len(scene[0])
        block = max(int(HELD_OUT_FRACTION * end), gap_frames + 1)
        if end - len(roles) * (block + gap_frames) <= gap_frames:
            parts["train"] += scene
            continue
        held_until[first.source] = first.end_frame
        for role in reversed(roles):
            parts[role] += [one.part(end - block, end) for one in scene]
            end -= block + gap_frames
        parts["train"] += [one.part(0, end) for one in scene]
    return parts


def simultaneous(recordings: Sequence[Recording]) -> list[list[Recording]]:
    """Recordings of the same frames of one take together: the dancers of one scene, in their order."""
    scenes: dict[tuple[str, int, int], list[Recording]] = {}
    for one in recordings:
        scenes.setdefault((one.source, one.start_frame, one.end_frame), []).append(one)
    return list(scenes.values())


def prove_clean(split: Split, gap_frames: int) -> str:
    """Prove that no frame of one role occurs in another, and that none is a neighbour.

    Two checks: parts of one file in different roles are at least `gap_frames` apart, and no frame of
    one role has the same numbers as a frame of another (a copied file under another name).

    Args:
        split: the recordings by role.
        gap_frames: the required distance between parts of one file.

    Returns:
        A line that states the proof.

    Raises:
        UserError: the split leaks; the message names the recordings.
    """
    for (role_a, ours), (role_b, theirs) in combinations(split.roles(), 2):
        _check_distance(role_a, ours, role_b, theirs, gap_frames)
        _no_frame_twice(role_a, ours, role_b, theirs)
    frames = {role: sum(len(recording) for recording in held) for role, held in split.roles()}
    counts = ", ".join(f"{role} {count}" for role, count in frames.items())
    return (
        f"split proved clean: no frame in two roles, parts of one file at least {gap_frames} "
        f"frames apart ({counts} frames)"
    )


def _check_distance(
    role_a: str, ours: list[Recording], role_b: str, theirs: list[Recording], gap_frames: int
) -> None:
    for a in ours:
        for b in theirs:
            distance = max(a.start_frame, b.start_frame) - min(a.end_frame, b.end_frame)
            if a.source == b.source and distance < gap_frames:
                raise UserError(
                    f"the split leaks: {a.name} ({role_a}) and {b.name} ({role_b}) are parts of one "
                    f"file {distance} frames apart; windows need {gap_frames}"
                )


def _no_frame_twice(
    role_a: str, ours: list[Recording], role_b: str, theirs: list[Recording]
) -> None:
    seen = {frame.tobytes(): recording for recording in ours for frame in recording.positions}
    for recording in theirs:
        for number, frame in enumerate(recording.positions):
            twin = seen.get(frame.tobytes())
            if twin is None:
                continue
            what_to_do = "remove one of the two files"
            if twin.source == recording.source:
                what_to_do = (
                    "the file repeats frames, as a frozen export does: cut those frames out, or name whole "
                    "files with data.validation and data.test"
                )
            raise UserError(
                f"the split leaks: frame {recording.start_frame + number} of {recording.name} "
                f"({role_b}) also occurs in {twin.name} ({role_a}): {what_to_do}"
            )


# Frames: the step of window lengths, and the shortest window that still holds movement.
WINDOW_STEP, SHORTEST_WINDOW = 8, 16


def longest_window(
    recordings: Sequence[Recording],
    at_most: int,
    roles: Sequence[str] = ("validation", "test"),
    seed: int = 0,
) -> int | None:
    """The longest window that leaves windows in each role and half of all frames to train on.

    Args:
        recordings: all recordings, also those shorter than a window.
        at_most: upper limit of the window, frames.
        roles: see `split_recordings`.
        seed: see `split_recordings`.

    Returns:
        Frames, in steps of eight; None if there is too little data for any window.
    """
    for frames in range(at_most - at_most % WINDOW_STEP, SHORTEST_WINDOW - 1, -WINDOW_STEP):
        long_enough = [recording for recording in recordings if len(recording) >= frames]
        parts = split_recordings(long_enough, frames, roles, seed)
        trained_on = _frames(parts["train"])
        if all_have_windows(parts, frames) and 2 * trained_on >= _frames(recordings):
            return frames
    return None


def all_have_windows(parts: Mapping[str, Sequence[Recording]], frames: int) -> bool:
    """Whether each role has a recording of at least `frames` frames."""
    return all(any(len(one) >= frames for one in recordings) for recordings in parts.values())
