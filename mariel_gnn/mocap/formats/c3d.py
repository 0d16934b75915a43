"""`.c3d`: the format of motion capture laboratories, read and written by ezc3d (optional).

A point with a negative residual, or at exactly 0, 0, 0, is a gap. The file states its rate, its unit
and sometimes the vertical axis (`POINT:Y_SCREEN`); without it z is up by convention.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import (
    MarkerFile,
    optional_module,
    parse_unit,
    require_module,
)
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

TIMEOUT_S = 120  # a damaged file may lead the reader into an endless loop
_READER = Path(__file__).with_name("c3d_process.py")
MAX_FRAMES = 65535  # the header has two bytes for the number of the last frame
_MAGIC = 0x50  # the second byte of every C3D file


def read_c3d(path: Path) -> MarkerFile:
    """Read marker positions in a separate process (see `c3d_process`).

    Raises:
        UserError: ezc3d is not installed, or cannot read the file.
    """
    require_module("ezc3d", "c3d")
    header = path.read_bytes()[:512]
    if len(header) < 512 or header[1] != _MAGIC:
        raise UserError(f"{path}: is not a .c3d file (no header), or is truncated: export it again")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "read.npz"
        _run_reader(path, archive)
        with np.load(archive, allow_pickle=False) as arrays:
            content = {name: arrays[name] for name in arrays.files}
    if not content["positions"].size:
        raise UserError(f"{path}: has no markers, only other channels: export the markers too")
    unit, up = parse_unit(str(content["unit"])), str(content["y_screen"]).lower().lstrip("+")
    up_stated = up.lstrip("-") in ("x", "y", "z")
    rate_hz = float(content["rate_hz"])
    return MarkerFile(
        content["positions"].astype(np.float64),
        tuple(map(str, content["labels"])),
        unit or "mm",
        up if up_stated else "z",
        rate_hz if rate_hz > 0 else None,
        unit_stated=unit is not None,
        up_stated=up_stated,
    )


def write_c3d(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up; the file has millimetres.

    Raises:
        UserError: ezc3d is not installed, or the recording has too many frames.
    """
    if len(positions) > MAX_FRAMES:  # ezc3d writes them, but no program reads them
        raise UserError(
            f"{path}: .c3d holds {MAX_FRAMES:,} frames, not {len(positions):,}: write .npz, .csv or .trc, "
            "which hold any number, or write parts"
        )
    content = optional_module("ezc3d", "c3d").c3d()
    points = content["parameters"]["POINT"]
    points["RATE"]["value"] = [float(rate_hz)]
    points["LABELS"]["value"] = tuple(skeleton.markers)
    points["UNITS"]["value"] = ("mm",)
    content.add_parameter("POINT", "X_SCREEN", ["+X"])
    content.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    values: Any = np.ones((4, positions.shape[1], len(positions)))
    values[:3] = 1000 * positions.astype(np.float64).transpose(2, 1, 0)
    content["data"]["points"] = values
    content.write(str(path))
    return []


def _run_reader(path: Path, archive: Path) -> None:
    """Read a file into an `.npz` archive, in a separate process."""
    command = [sys.executable, str(_READER), str(path.resolve()), str(archive)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each thread would reserve memory
        )
        why = done.stderr.strip().rpartition("\n")[2]
    except subprocess.TimeoutExpired:
        why = f"not finished after {TIMEOUT_S} s"
    if not archive.exists():
        raise UserError(
            f"{path}: cannot be read as .c3d ({why or 'the reader crashed'}): the file is truncated "
            "or damaged, export it again"
        )
