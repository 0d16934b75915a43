"""Recordings: one take of a dancer in metres, z up, right-handed; and the search for files."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match

_FRAMES = re.compile(r"\[\d+:\d+\]$")  # in the name of a part


@dataclass(frozen=True)
class Recording:
    """One take, or a part of consecutive frames.

    Attributes:
        name: the file's stem; a part has the frames of the take behind it, `take[100:200]`.
        positions: `[T, J, C]` float32 metres, z up, right-handed.
        rate_hz: frames per second.
        source: the file.
        start_frame: the frame of the file that is the first frame here.
        notes: what was guessed or left out when the whole file was read; a part has none.
    """

    name: str
    positions: NDArray[np.float32]
    rate_hz: float
    source: str
    start_frame: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        markers = self.positions.shape[1]
        return (
            f"Recording({self.name!r}, {len(self)} frames, {markers} markers, {self.rate_hz:g} Hz, "
            f"source={self.source!r})"
        )

    @property
    def end_frame(self) -> int:
        """The frame of the file after the last frame here."""
        return self.start_frame + len(self)

    def part(self, start: int, stop: int) -> Recording:
        """Return the frames from `start` to before `stop` as a recording."""
        first, last = self.start_frame + start, self.start_frame + stop
        return replace(
            self,
            name=f"{_FRAMES.sub('', self.name)}[{first}:{last}]",
            positions=self.positions[start:stop],
            start_frame=first,
            notes=(),
        )


def nearest_file(path: Path) -> str:
    """A hint for a misspelt file or folder: the nearest name beside it, or an empty string."""
    while not path.parent.is_dir():
        path = path.parent
    return nearest_match(path.name, sorted(entry.name for entry in path.parent.iterdir()))


def find_files(patterns: str | Path | Sequence[str | Path]) -> list[Path]:
    """Find the files that match one or several patterns, sorted and without duplicates.

    Args:
        patterns: file names, or patterns with ``*``, ``?`` and ``**``.

    Raises:
        UserError: a pattern matches nothing.
    """
    found: dict[str, Path] = {}
    for pattern in [patterns] if isinstance(patterns, str | Path) else patterns:
        # A file's name may have brackets, which `glob` would interpret.
        is_name = Path(pattern).is_file()
        names = [str(pattern)] if is_name else glob.glob(str(pattern), recursive=True)
        matches = [Path(name) for name in names if Path(name).is_file()]
        if not matches and Path(pattern).is_dir():
            raise UserError(f"{pattern} is a folder: give its files, such as '{pattern}/*.npy'")
        if not matches:
            raise UserError(
                f"no file matches '{pattern}' (in {Path.cwd()}): check the folder's name, and put the "
                f"pattern in quotes.{nearest_file(Path(pattern))}".rstrip(".")
            )
        found.update({str(match.resolve()): match for match in matches})
    return sorted(found.values(), key=str)
