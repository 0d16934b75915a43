"""Compares a file that was written with what it must hold, before the file gets its name.

Every format has limits: a TRC file holds no tabs in names, a BVH file no gaps. They are not listed here.
A file that does not read back whole is refused, whatever the limit was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import AnyFloats, Floats, MarkerFile, metres_per, to_z_up

# A position may differ by the rounding of text and of float32. The rate may differ by 1e-4: readers round
# rates that are nearly whole.
MAX_OFFSET_M, MAX_RELATIVE_OFFSET = 1.6e-5, 1e-6
MAX_RATE_ERROR = 1.01e-4
_ORDINARY_NAME = re.compile(r"\w[\w .:#-]*(?<! )")
_MAX_ORDINARY_LENGTH = 100


class Written(NamedTuple):
    """What a writer has put into a file.

    Attributes:
        notes: for the user: what the format cannot hold, and the fit error of a joint tree.
        content: what must be read back, in metres, z up. Without labels, only positions are compared.
    """

    notes: list[str]
    content: MarkerFile


def check_read_back(found: MarkerFile, written: MarkerFile, path: Path) -> list[str]:
    """Compare the content of a file with what was written.

    Args:
        found: the content as read, in the file's unit and axes.
        written: the content as given, in metres, z up.
        path: the file's name in errors.

    Returns:
        Notes on what the file does not state.

    Raises:
        UserError: names, frames, gaps, positions or the rate differ.
    """
    columns = list(range(written.positions.shape[1]))
    if written.labels is not None:
        columns = _columns(found.labels or (), written.labels, path)
    if len(found.positions) != len(written.positions):
        raise _refusal(
            path, f"{len(written.positions):,} frames; {len(found.positions):,} are read back"
        )
    read = to_z_up(metres_per(found.unit) * found.positions, found.up)[:, columns]
    _compare_positions(read, written, path)
    return _compare_rates(found, written.rate_hz, path)


def refuse_unreadable(error: UserError, written: MarkerFile, path: Path) -> UserError:
    """Return the error of a file that was written and cannot be read back.

    The reader's advice, behind the last colon of its message, is for files of other programs.
    """
    why = str(error).removeprefix(f"{path}: ")
    why = why.rpartition(": ")[0] or why
    unusual = [name for name in written.labels or () if not _is_ordinary(name)]
    what = f"the name {_shortened(unusual[0])}" if unusual else "this recording"
    return _refusal(path, f"{what} (reading back: {why})")


def _is_ordinary(name: str) -> bool:
    return len(name) <= _MAX_ORDINARY_LENGTH and _ORDINARY_NAME.fullmatch(name) is not None


def _columns(found: Sequence[str], written: Sequence[str], path: Path) -> list[int]:
    """Find each written name among those found, which must be the same ones."""
    twice = next((name for name in written if list(written).count(name) > 1), None)
    if twice is not None:
        raise _refusal(path, f"two markers of one name, {_shortened(twice)}")
    column = {name: number for number, name in enumerate(found)}
    lost = [name for name in written if name not in column]
    if lost:
        changed = [name for name in found if name not in written]
        instead = f"; {_shortened(changed[0])} is read back" if changed else "; it is not read back"
        raise _refusal(path, f"the name {_shortened(lost[0])}{instead}")
    if len(found) != len(written):
        raise _refusal(path, f"{len(written)} markers; {len(found)} are read back")
    return [column[name] for name in written]


def _compare_positions(read: AnyFloats, written: MarkerFile, path: Path) -> None:
    expected = written.positions
    if read.shape != expected.shape:
        raise _refusal(path, f"{expected.shape[1]} markers; {read.shape[1]} are read back")
    lost, missing = np.isnan(read).any(axis=2), np.isnan(expected).any(axis=2)
    with np.errstate(invalid="ignore"):
        allowed = MAX_OFFSET_M + MAX_RELATIVE_OFFSET * np.abs(expected)
        moved = (np.abs(read - expected) > allowed).any(axis=2)
    differs = np.argwhere((lost != missing) | (moved & ~missing))
    if len(differs):
        frame, marker = (int(index) for index in differs[0])
        name = written.labels[marker] if written.labels else f"marker {marker + 1}"
        before, after = (_place(positions[frame, marker]) for positions in (expected, read))
        raise _refusal(
            path, f"{_shortened(name)} {before} in frame {frame + 1}; it is {after} when read back"
        )


def _compare_rates(found: MarkerFile, written: float | None, path: Path) -> list[str]:
    if written is None:
        return []
    if found.rate_doubt:
        raise _refusal(path, f"a rate of {written:.9g} Hz (reading back: {found.rate_doubt})")
    if found.rate_hz is None:
        return [
            f"does not hold the rate, {written:g} Hz: state it when you read the file (--rate_hz)"
        ]
    if abs(found.rate_hz - written) > MAX_RATE_ERROR * written:
        raise _refusal(path, f"a rate of {written:.9g} Hz; {found.rate_hz:.9g} is read back")
    return []


def _place(position: Floats) -> str:
    if np.isnan(position).any():
        return "lost"
    return "at {:.9g}, {:.9g}, {:.9g} m".format(*position.tolist())


def _shortened(name: str) -> str:
    """Return a name in quotes, with its control characters visible, on one line."""
    return repr(name) if len(name) <= 40 else f"{name[:20]!r}… ({len(name)} letters)"


def _refusal(path: Path, what: str) -> UserError:
    """Return the error, on one line whatever the names or a reader's message contain."""
    suffix = path.suffix.lower()
    printed = "".join(letter if letter.isprintable() else f"{letter!a}"[1:-1] for letter in what)
    instead = "correct it" if suffix == ".npz" else "change it, or write .npz, which holds it"
    return UserError(f"{path}: not written, as {suffix} cannot hold {printed}: {instead}")
