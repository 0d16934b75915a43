"""The training state: all that a resumed run needs, in one file.

The file is replaced by one rename after each epoch, so the weights, the optimiser and the row of
`metrics.csv` of an epoch become valid together. The files of weights and `metrics.csv` are written after it,
and again from it on resume.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from mariel_gnn.errors import UserError
from mariel_gnn.files import check_plain, written_aside
from mariel_gnn.parsing import load_json

STATE = "training_state.pt"
PARTS = ("model", "average", "best", "optimizer", "progress", "rows", "limits", "identity")


def save_state(path: str | Path, state: dict[str, Any]) -> None:
    """Write the training state, by a temporary file.

    Args:
        path: its file.
        state: the parts that `PARTS` names.
    """
    content = io.BytesIO()  # torch's own errors on a full disk do not say so
    torch.save(state, content)
    with written_aside(path) as aside, aside.open("wb") as file:
        file.write(content.getbuffer())
        file.flush()
        os.fsync(file.fileno())  # the rename must not reach the disk before the content


def load_state(folder: str | Path) -> dict[str, Any]:
    """The training state of a run folder; no code runs on load.

    Raises:
        UserError: the folder has none, or it is damaged, or of an earlier version.
    """
    path = Path(folder) / STATE
    if not path.exists():
        raise UserError(
            f"{folder}: has no {STATE} to resume from: remove the folder and train again"
        )
    with damage_told(path):
        check_plain(path)
        state = dict(torch.load(path, map_location="cpu", weights_only=True))
    if missing := [part for part in PARTS if part not in state]:
        raise UserError(
            f"{path}: was written by an earlier version (it has no {missing[0]}); the run cannot be "
            "resumed: train again under another --name"
        )
    with damage_told(path):
        _check(state)
    return state


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Turn any error in the block, which reads a training state, into one line.

    Raises:
        UserError: the block raised an error; torch has many types for a damaged or edited file.
    """
    try:
        yield
    except Exception as error:
        why = " ".join(str(error).split())[:120]
        raise UserError(
            f"{path}: is damaged ({why}); the run cannot be resumed: train again under another --name"
        ) from error


def _check(state: dict[str, Any]) -> None:
    """Check the parts that are no tensors: what torch loads may be edited."""
    progress, rows = state["progress"], state["rows"]
    if not isinstance(load_json(state["identity"]), dict):
        raise ValueError("its identity is no mapping")
    if not all(isinstance(n, int | float) for row in rows for n in row.values()):
        raise ValueError("its rows are no numbers")
    numbers = [progress[name] for name in ("epoch", "best_epoch", "best_loss", "seconds")]
    if not all(isinstance(n, int | float) for n in numbers) or len(rows) != progress["epoch"]:
        raise ValueError("its progress is not that of its rows")
