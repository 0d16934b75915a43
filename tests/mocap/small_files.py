"""A small valid file of every format that is read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mariel_gnn.mocap.formats.table import WRITABLE
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from tests.mocap.formats.test_mvnx import document, subject, walk

FRAMES = 30
_AS_TABLE = {".tsv": b"\t", ".txt": b" "}


@cache
def small_file(suffix: str, frames: int = FRAMES) -> bytes:
    """The bytes of a file of 53 markers of the synthetic dancer, or of a body of MVNX."""
    if suffix == ".mvnx":
        return document(subject(walk(frames))).encode()
    if suffix in _AS_TABLE:
        return small_file(".csv", frames).replace(b",", _AS_TABLE[suffix])
    assert suffix in WRITABLE, f"tests/mocap/small_files.py has no file of the new format {suffix}"
    positions = synthesize_recording(3, seconds=4)[:frames].astype(np.float32)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"take{suffix}"
        write_recording(path, Recording("take", positions, 35.0, ""), load_skeleton("mariel53"))
        return path.read_bytes()
