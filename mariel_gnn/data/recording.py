"""Recordings: one take of a dancer, read from the field's `.npy` files.

Two layouts are read: the field's own `(rows, T, 3)` with z pointing down, and plain `(T, J, 3)` with
z up. Inside the program z is always up and left is the dancer's left: the field's frame is turned
by 180 degrees about x, `(x, -y, -z)`. Negating z alone would mirror the dancer.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton

Layout = Literal["auto", "field", "plain"]

_TURN_ABOUT_X = np.array([1.0, -1.0, -1.0], dtype=np.float32)


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


def read_recording(
    path: str | Path, skeleton: Skeleton, rate_hz: float = 35.0, layout: Layout = "auto"
) -> Recording:
    """Read one file; gaps stay NaN, cleaning is another step.

    Args:
        path: an `.npy` file of positions in metres.
        skeleton: says how many rows a file has and which are markers.
        rate_hz: frames per second; the file does not say.
        layout: ``"field"`` for `(rows, T, 3)` with z down, ``"plain"`` for `(T, J, 3)` with z up,
            ``"auto"`` to tell them apart by shape.

    Raises:
        UserError: not such a file; the text names the file, what was found and what to do.
    """
    array = _load_array(Path(path))
    positions = _to_z_up(array, skeleton, layout, str(path))
    positions[~np.isfinite(positions).all(axis=2)] = np.nan
    if np.isnan(positions).all():
        raise UserError(f"{path}: holds no position at all (every value is NaN): export it again")
    return Recording(Path(path).stem, positions, rate_hz, str(Path(path).resolve()))


def _load_array(path: Path) -> NDArray[np.float32]:
    try:
        array: Any = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        raise UserError(
            f"{path}: is no readable .npy array of numbers: save it with numpy.save, without pickle"
        ) from error
    if isinstance(array, np.lib.npyio.NpzFile):
        array.close()
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise UserError(
            f"{path}: holds {getattr(array, 'dtype', 'several arrays')}, not numbers: "
            "save one array of positions in metres with numpy.save"
        )
    return array.astype(np.float32)


def _to_z_up(
    array: NDArray[np.float32], skeleton: Skeleton, layout: Layout, path: str
) -> NDArray[np.float32]:
    """`[T, J, C]`, z up, from either layout."""
    rows, markers = len(skeleton.file_rows), len(skeleton)
    wanted = f"({rows}, frames, 3) with z down, or (frames, {markers}, 3) with z up"
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise UserError(f"{path}: has shape {array.shape}; needed is {wanted}: rearrange its axes")
    is_field, is_plain = array.shape[0] == rows, array.shape[1] == markers
    if layout == "auto" and is_field and is_plain:
        raise UserError(
            f"{path}: shape {array.shape} fits both layouts: say data.layout field or plain"
        )
    if is_field and layout != "plain":
        chosen = array.transpose(1, 0, 2)[:, list(skeleton.rows)]
        return np.ascontiguousarray(chosen * _TURN_ABOUT_X)
    if is_plain and layout != "field":
        return np.ascontiguousarray(array)
    raise UserError(
        f"{path}: has shape {array.shape}; skeleton {skeleton.name} needs {wanted}: "
        "check the marker count, or give the skeleton of this marker set (data.skeleton)"
    )
