"""The split of a run as a file: written once with the hashes of its files, taken as it is on resume."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mariel_gnn.data.splits import Split
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import Recording

ROLES = ("train", "validation", "test")
LEFT_OUT = "left_out"  # files that match the patterns and have no part in the split
Record = Mapping[
    str, Sequence[Mapping[str, Any]]
]  # role -> file, sha256, source, start, end of its parts
_OTHERWISE = "or train anew under another --name"


def record_split(split: Split, files: Iterable[Path]) -> dict[str, list[dict[str, Any]]]:
    """The parts of each role, and the files without a part, for `split.json`.

    Args:
        split: the recordings by role.
        files: all files that the patterns match.
    """
    hashes = {str(path): _sha256(path) for path in files}
    record = {
        role: [
            _part(_file(one), one.source, one.start_frame, one.end_frame, hashes)
            for one in recordings
        ]
        for role, recordings in split.roles()
    }
    used = {part["file"] for parts in record.values() for part in parts}
    left_out = [_part(file, file, 0, 0, hashes) for file in sorted(hashes.keys() - used)]
    return record | ({LEFT_OUT: left_out} if left_out else {})


def check_record(record: Mapping[str, Any], where: str) -> None:
    """Check that the content of a `split.json` is a record.

    Args:
        record: the content.
        where: its file, for the message.

    Raises:
        UserError: it is not, or of an earlier version.
    """
    if not record.get("train") or not all(
        isinstance(parts, list) and all(map(_is_part, parts)) for parts in record.values()
    ):
        raise UserError(
            f"{where}: is of an earlier version (it has no hashes of files) or damaged; the run cannot be "
            "resumed: train anew under another --name"
        )


def _is_part(part: Any) -> bool:
    """Whether a value of a `split.json` has what `_part` writes."""
    if not isinstance(part, dict):
        return False
    texts = [part.get(key) for key in ("file", "sha256", "source")]
    frames = [part.get(key) for key in ("start", "end")]
    return (
        all(isinstance(text, str) and "\0" not in text for text in texts)
        and all(type(frame) is int for frame in frames)
        and 0 <= part["start"] <= part["end"]
    )


def check_files(record: Record) -> None:
    """Check that the recorded files are there, unchanged.

    Args:
        record: the content of `split.json`.

    Raises:
        UserError: names a file that is missing or changed.
    """
    for file, (role, before) in _files(record).items():
        if not Path(file).is_file():
            raise UserError(
                f"{file}: is missing; the run has it as {_described(role)}: put it back, {_OTHERWISE}"
            )
        if (now := _sha256(Path(file))) != before:
            raise UserError(
                f"{file}: has changed since the run started (sha256 was {before[:12]}, is {now[:12]}); "
                f"the run has it as {_described(role)}: put the old file back, {_OTHERWISE}"
            )


def check_matches(record: Record, files: Iterable[Path]) -> None:
    """Check that the patterns match the recorded files and no others.

    Args:
        record: the content of `split.json`.
        files: the files that the patterns match now.

    Raises:
        UserError: names a file that was added, or is not matched any more.
    """
    recorded, matched = _files(record), {str(path) for path in files}
    if new := sorted(matched - recorded.keys()):
        raise UserError(
            f"{new[0]}: matches the run's patterns, but was not there when the run started, so its split "
            f"has no role for it: move it to another folder, {_OTHERWISE}"
        )
    if gone := sorted(recorded.keys() - matched):
        raise UserError(
            f"{gone[0]}: the run has it as {_described(recorded[gone[0]][0])}, and its patterns do not "
            f"match it any more (a link was changed?): restore it, {_OTHERWISE}"
        )


def take_split(record: Record, recordings: Sequence[Recording]) -> Split:
    """The recorded split, of recordings read from its files.

    Raises:
        UserError: a recorded part is not in the recordings.
    """
    parts = {
        role: [one for part in _once(record.get(role, [])) for one in _find(part, recordings)]
        for role in ROLES
    }
    return Split(
        parts["train"], parts["validation"], parts["test"], "of split.json, as the run began"
    )


def _once(parts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The parts without repetition: dancers of one file are recorded as the same part of it."""
    return list({(part["file"], part["start"], part["end"]): part for part in parts}.values())


def _find(part: Mapping[str, Any], recordings: Sequence[Recording]) -> list[Recording]:
    """The recordings of a part: one, or all dancers of its file."""
    file, start, end = part["file"], part["start"], part["end"]
    found = []
    for one in recordings:
        if _file(one) == file and one.start_frame <= start and end <= one.end_frame:
            whole = (start, end) == (one.start_frame, one.end_frame)
            found.append(one if whole else one.part(start - one.start_frame, end - one.start_frame))
    if found:
        return found
    raise UserError(
        f"{file}: frames {start} to {end} of split.json are no longer read as one part without gaps: "
        f"resume with the version that trained the run, {_OTHERWISE}"
    )


def _files(record: Record) -> dict[str, tuple[str, str]]:
    """File -> its role (the last of several) and hash."""
    return {
        part["file"]: (role, part["sha256"]) for role, parts in record.items() for part in parts
    }


def _part(
    file: str, source: str, start: int, end: int, hashes: Mapping[str, str]
) -> dict[str, Any]:
    """The file that is read, and the frames of the take that it comes from."""
    return {"file": file, "sha256": hashes[file], "source": source, "start": start, "end": end}


def _file(recording: Recording) -> str:
    return recording.file or recording.source


def _described(role: str) -> str:
    return "a file without a role" if role == LEFT_OUT else f"a {role} recording"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
