"""Recordings: one take of a dancer, in metres, z up, left on the dancer's left."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError


@dataclass(frozen=True)
class Recording:
    """One take, or an unbroken part of one.

    Attributes:
        name: the file's stem, with a suffix where the take was cut.
        positions: `[T, J, C]` float32 metres, z up, right-handed.
        rate_hz: frames per second.
        source: the file it came from.
        start_frame: the frame of the file at which it starts.
    """

    name: str
    positions: NDArray[np.float32]
    rate_hz: float
    source: str
    start_frame: int = 0

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def end_frame(self) -> int:
        """The frame of the file before which it ends."""
        return self.start_frame + len(self)

    def part(self, start: int, stop: int) -> Recording:
        """The frames from `start` up to `stop` as a recording of their own."""
        first, last = self.start_frame + start, self.start_frame + stop
        return replace(
            self,
            name=f"{Path(self.source).stem}[{first}:{last}]",
            positions=self.positions[start:stop],
            start_frame=first,
        )


def find_files(patterns: str | Path | Sequence[str | Path]) -> list[Path]:
    """The files that one or several patterns match, sorted, each once.

    Args:
        patterns: file names, or patterns with ``*``, ``?`` and ``**``.

    Raises:
        UserError: a pattern matches nothing.
    """
    found: dict[str, Path] = {}
    for pattern in [patterns] if isinstance(patterns, str | Path) else patterns:
        # A file's own name first: it may hold brackets, which a pattern would take for its own.
        named = (
            [str(pattern)] if Path(pattern).is_file() else glob.glob(str(pattern), recursive=True)
        )
        matches = [Path(match) for match in named]
        matches = [match for match in matches if match.is_file()]
        if not matches and Path(pattern).is_dir():
            raise UserError(f"{pattern} is a folder: give its files, such as '{pattern}/*.npy'")
        if not matches:
            raise UserError(
                f"no file matches '{pattern}' (looked from {Path.cwd()}): check the folder's name, and "
                "put quotes around a pattern so that the shell leaves it alone"
            )
        found.update({str(match.resolve()): match for match in matches})
    return sorted(found.values(), key=str)
