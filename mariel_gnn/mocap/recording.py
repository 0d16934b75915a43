"""Recordings: one take of a dancer in metres, z up, right-handed; and the search for files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match

BLOCK_FRAMES = 1024  # of 53 markers: 0.7 MB, which stay in the processor's cache
_FRAMES = re.compile(r"\[\d+:\d+\]$")  # in the name of a part


@dataclass(frozen=True)
class Recording:
    """One take, or a part of consecutive frames.

    Attributes:
        name: the file's stem; a part has the frames of the take behind it, `take[100:200]`.
        positions: `[T, J, C]` float32 metres, z up, right-handed.
        rate_hz: frames per second.
        source: the take: the file that was recorded, absolute.
        start_frame: the frame of the take that is the first frame here.
        notes: what was guessed or left out when the whole file was read; a part has none.
        file: the file that was read, absolute. It differs from `source` for a prepared recording, which
            is a part of a take, or one dancer of it; empty if none was read.
        file_start: the frame of the take that is the first frame of `file`.
    """

    name: str
    positions: NDArray[np.float32]
    rate_hz: float
    source: str
    start_frame: int = 0
    notes: tuple[str, ...] = ()
    file: str = ""
    file_start: int = 0

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        markers = self.positions.shape[1]
        return (
            f"Recording({self.name!r}, {len(self)} frames, {markers} markers, {self.rate_hz:g} Hz, "
            f"source={self.source!r})"
        )

    @property
    def whole_name(self) -> str:
        """The name without the frames of a part."""
        return _FRAMES.sub("", self.name)

    @property
    def end_frame(self) -> int:
        """The frame of the take after the last frame here."""
        return self.start_frame + len(self)

    @property
    def file_frame(self) -> int:
        """The frame of `file` that is the first frame here."""
        return self.start_frame - self.file_start

    def part(self, start: int, stop: int) -> Recording:
        """Return the frames from `start` to before `stop` as a recording."""
        first, last = self.start_frame + start, self.start_frame + stop
        return replace(
            self,
            name=f"{self.whole_name}[{first}:{last}]",
            positions=self.positions[start:stop],
            start_frame=first,
            notes=(),
        )


def frame_blocks(frames: int, further: int = 0) -> Iterator[slice]:
    """Divide frames into blocks: a long recording is processed without temporary arrays of its size.

    Args:
        frames: of the recording.
        further: frames of the next block that each block has in addition.
    """
    for start in range(0, frames, BLOCK_FRAMES):
        yield slice(start, min(start + BLOCK_FRAMES + further, frames))


def missing_positions(positions: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which positions `[T, J, C]` are NaN on any axis, `[T, J]`."""
    missing: NDArray[np.bool_] = np.isnan(positions[..., 0])
    for axis in range(1, positions.shape[2]):  # faster than `any` over three values
        missing |= np.isnan(positions[..., axis])
    return missing


def step_lengths(positions: NDArray[np.floating]) -> NDArray[np.floating]:
    """The distance of each marker of `[T, J, C]` from its place in the frame before, `[T-1, J]`."""
    x, y, z = np.moveaxis(np.square(np.diff(positions, axis=0)), 2, 0)
    steps: NDArray[np.floating] = np.sqrt(x + y + z)  # as numpy.linalg.norm, three times as fast
    return steps


def on_one_clock(recordings: Sequence[Recording]) -> tuple[list[Recording], str]:
    """Give recordings of one take the same frames, so that frame t is one moment for all.

    A recording is NaN before its start and after its end. Recordings of different takes have no common
    clock: they stay as they are.

    Args:
        recordings: of one rate.

    Returns:
        The recordings, and a note if they have no common clock; empty if they have.
    """
    if len({one.source for one in recordings}) > 1:
        note = "recordings of different takes have no common clock: each starts at its first frame"
        return list(recordings), note
    start = min(one.start_frame for one in recordings)
    end = max(one.end_frame for one in recordings)
    placed = []
    for one in recordings:
        positions = np.full((end - start, *one.positions.shape[1:]), np.nan, dtype=np.float32)
        positions[one.start_frame - start : one.end_frame - start] = one.positions
        placed.append(replace(one, positions=positions, start_frame=start))
    return placed, ""


def nearest_file(path: Path) -> str:
    """A hint for a file or folder that is not there: what it is, or the nearest name beside it."""
    if os.path.lexists(path) and not path.is_dir():
        return " It is a link to nothing, a pipe or a device, not a file"
    while not path.parent.is_dir():
        path = path.parent
    return nearest_match(path.name, sorted(entry.name for entry in path.parent.iterdir()))


def expand_home(path: str | Path) -> Path:
    """Replace a leading ``~`` by the home folder, unless there is a file or folder of that very name."""
    path = Path(path)
    if not str(path).startswith("~") or path.exists():
        return path
    try:
        return path.expanduser()
    except RuntimeError:  # no such user
        return path


def find_files(patterns: str | Path | Sequence[str | Path]) -> list[Path]:
    """Find the files that match one or several patterns, sorted and without duplicates.

    A name that exists is taken as it is, also a folder on the way: ``takes [final]/*.npy`` finds the files
    of that folder. Paths are relative to the present working folder; ``~`` is the home folder.

    Args:
        patterns: file names, or patterns with ``*``, ``?``, ``[...]`` and ``**``.

    Raises:
        UserError: a pattern matches nothing.
    """
    found: dict[str, Path] = {}
    for pattern in [patterns] if isinstance(patterns, str | Path) else patterns:
        path = expand_home(pattern)
        matches = _matches(path)
        if not matches and path.is_dir():
            raise UserError(f"{path} is a folder: give its files, such as '{path / '*.npy'}'")
        if not matches:
            raise UserError(
                f"no file matches '{pattern}' (in {Path.cwd()}): check the folder's name, and put the "
                f"pattern in quotes.{_with_slashes(pattern) or nearest_file(path)}".rstrip(".")
            )
        found.update({str(match.resolve()): match for match in matches})
    return sorted(found.values(), key=str)


def _matches(pattern: Path) -> list[Path]:
    """The files that match; if there are none, those that match with brackets as plain letters."""
    anchor = Path(pattern.anchor)
    parts = pattern.parts[1:] if pattern.anchor else pattern.parts
    plain = [part.replace("[", "[[]") for part in parts]
    for tried in (parts, plain) if plain != [*parts] else (parts,):
        matches = [path for path in _expand(anchor, tried) if path.is_file()]
        if matches:
            return matches
    return []


def _expand(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """The paths below a folder whose parts match; a part that exists by its name is no pattern."""
    if not parts:
        yield folder
        return
    part, rest = parts[0], parts[1:]
    if (folder / part).exists():
        yield from _expand(folder / part, rest)
    elif part == "**":
        inside = glob.glob("**/", root_dir=folder, recursive=True)
        for name in ["", *inside]:
            yield from _expand(folder / name, rest or ["*"])
    else:
        for name in glob.glob(part, root_dir=folder):
            yield from _expand(folder / name, rest)


def _with_slashes(pattern: str | Path) -> str:
    """A hint for a pattern with the separators of Windows, if it matches with slashes."""
    slashed = str(pattern).replace("\\", "/")
    is_windows_only = "\\" in str(pattern) and _matches(expand_home(slashed))
    return f" Write folders with slashes: '{slashed}'" if is_windows_only else ""
