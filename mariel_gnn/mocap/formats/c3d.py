"""`.c3d`: the laboratories' format, read and written by ezc3d (optional).

A point whose residual is negative, or that is at exactly 0, 0, 0, was not seen. The file states its
rate, its unit and, where the capture software is careful, which axis is up (`POINT:Y_SCREEN`); z is up
by convention.
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
from mariel_gnn.files import written_aside
from mariel_gnn.mocap.formats.marker_file import MarkerFile, optional_module, parse_unit
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

READ_S = 120  # a damaged file may send the reader round in circles
_READER = Path(__file__).with_name("c3d_process.py")
_MAGIC = 0x50  # the second byte of every C3D file


def read_c3d(path: Path) -> MarkerFile:
    """Read marker positions, in a process of its own (see `c3d_process`).

    Raises:
        UserError: ezc3d is not installed, or cannot read the file.
    """
    optional_module("ezc3d", "c3d")
    head = path.read_bytes()[:512]
    if len(head) < 512 or head[1] != _MAGIC:
        raise UserError(
            f"{path}: is no .c3d file, or a cut one (it lacks the header): export it again"
        )
    with tempfile.TemporaryDirectory() as folder:
        read = Path(folder) / "read.npz"
        _run_reader(path, read)
        with np.load(read, allow_pickle=False) as archive:
            said = {name: archive[name] for name in archive.files}
    if not said["positions"].size:
        raise UserError(f"{path}: holds no markers, only other channels: export the markers too")
    unit, screen = parse_unit(str(said["unit"])), str(said["y_screen"]).lower().lstrip("+")
    stated = screen.lstrip("-") in ("x", "y", "z")
    rate_hz = float(said["rate_hz"])
    return MarkerFile(
        said["positions"].astype(np.float64),
        tuple(map(str, said["labels"])),
        unit or "mm",
        screen if stated else "z",
        rate_hz if rate_hz > 0 else None,
        unit_stated=unit is not None,
        up_stated=stated,
    )


def write_c3d(
    path: Path, positions: NDArray[np.floating], skeleton: Skeleton, rate_hz: float
) -> list[str]:
    """Write positions `[T, J, C]` in metres, z up, as millimetres.

    Raises:
        UserError: ezc3d is not installed.
    """
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
    with written_aside(path) as aside:
        content.write(str(aside))
    return []


def _run_reader(path: Path, read: Path) -> None:
    command = [sys.executable, str(_READER), str(path.resolve()), str(read)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=READ_S,
            check=False,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # threads would ask for memory too
        )
        why = done.stderr.strip().rpartition("\n")[2]
    except subprocess.TimeoutExpired:
        why = f"no end after {READ_S} s"
    if not read.exists():
        raise UserError(
            f"{path}: is no readable .c3d file ({why or 'the reader crashed'}): it is cut off or "
            "damaged, export it again"
        )
