"""Small text files of motion capture, as other programs write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

NAMES = ("Head", "Chest", "LHand", "RFoot")
RATE_HZ = 100
FRAMES = 40


def body(frames: int = FRAMES) -> np.ndarray:
    """Positions `[T, J, C]` of four markers in metres, z up; no number occurs twice."""
    time = np.arange(frames)[:, None] / RATE_HZ
    rest = np.array(
        [[0.11, 0.23, 1.71], [0.12, 0.24, 1.31], [0.61, 0.25, 1.11], [0.13, 0.33, 0.07]]
    )
    sway = np.stack(
        [0.3 * np.sin(3 * time), 0.2 * np.cos(2 * time), 0.05 * np.sin(5 * time)], axis=-1
    )
    return rest + sway + 0.001 * np.arange(4)[None, :, None] * time[..., None]


def times(frames: int = FRAMES) -> list[str]:
    return [f"{frame / RATE_HZ:.2f}" for frame in range(frames)]


def cells(positions: np.ndarray, scale: float = 1.0, decimals: int = 5) -> list[list[str]]:
    """One line of cells for each frame; a gap is empty."""
    rows = scale * positions.reshape(len(positions), -1)
    return [["" if np.isnan(x) else f"{x:.{decimals}f}" for x in row] for row in rows.tolist()]


def timed(rows: Sequence[list[str]]) -> list[list[str]]:
    """The same lines with their time in front."""
    return [[at, *row] for at, row in zip(times(len(rows)), rows, strict=True)]


def write(
    path: Path, lines: Sequence[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    path.write_text("\n".join(delimiter.join(line) for line in lines) + "\n", encoding=encoding)
    return path


def columns(name: str = "{label}_{axis}_m", names: Sequence[str] = NAMES) -> list[str]:
    return [name.format(label=label, axis=axis) for label in names for axis in "xyz"]


def over(names: Sequence[str]) -> list[str]:
    """Names over the first of three columns each."""
    return [cell for name in names for cell in (name, "", "")]


def wide(
    path: Path,
    positions: np.ndarray | None = None,
    *,
    time: Sequence[str] | None = None,
    clock: str = "time_s",
    name: str = "{label}_{axis}_m",
    scale: float = 1.0,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> Path:
    """Write a table with one line for each frame and names such as `LHand_x_m`."""
    positions = body() if positions is None else positions
    time = times(len(positions)) if time is None else time
    rows = [[at, *row] for at, row in zip(time, cells(positions, scale), strict=True)]
    return write(path, [[clock, *columns(name)], *rows], delimiter, encoding)


def trc(
    positions: np.ndarray | None = None,
    *,
    names: str | None = None,
    rate: str = "100.00",
    time: Sequence[str] | None = None,
    markers: int | None = None,
    frames: int | None = None,
    numbers: Sequence[int] | None = None,
    axes: bool = True,
    blank: bool = True,
) -> str:
    """The text of a TRC file in millimetres, with y as the vertical axis."""
    positions = body() if positions is None else positions
    count = positions.shape[1]
    time = times(len(positions)) if time is None else time
    numbers = range(1, len(positions) + 1) if numbers is None else numbers
    head = [
        "PathFileType\t4\t(X/Y/Z)\ttake.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{frames or len(positions)}\t{markers or count}\tmm\t{rate}\t1\t{len(positions)}",
        names if names is not None else "Frame#\tTime\t" + "\t".join(over(NAMES)),
    ]
    if axes:
        head.append("\t\t" + "\t".join(f"{axis}{n}" for n in range(1, count + 1) for axis in "XYZ"))
    rows = cells(positions[..., [1, 2, 0]], 1000, 3)
    lines = ["\t".join([str(n), at, *row]) for n, at, row in zip(numbers, time, rows, strict=True)]
    return "\n".join([*head, *([""] if blank else []), *lines]) + "\n"
