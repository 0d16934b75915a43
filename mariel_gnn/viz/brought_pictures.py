"""A recording before and after it was made ready."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.bringing import Brought
from mariel_gnn.data.recording import Recording
from mariel_gnn.viz.stills import save_stills


def draw_brought(brought: Brought, picture: Path) -> None:
    """Draw the longest piece beside the same moments of the file."""
    longest = max(brought.parts, key=len)
    rows = {
        "as in the file": _same_moments(brought.before, longest),
        "made ready": longest.positions,
    }
    title = f"{brought.before.name} before and after, skeleton {brought.skeleton.name}"
    save_stills(rows, brought.skeleton, picture, title, rate_hz=longest.rate_hz)


def _same_moments(before: Recording, after: Recording) -> NDArray[np.float32]:
    """The frames of the file that are nearest in time to those of a piece made of it."""
    moments_s = (after.start_frame + np.arange(len(after))) / after.rate_hz
    frames = np.rint(moments_s * before.rate_hz).astype(int)
    moved: NDArray[np.float32] = before.positions[np.minimum(frames, len(before) - 1)]
    return moved
