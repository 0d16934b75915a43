"""The training state: what a resumed run needs beside its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside

STATE = "training_state.pt"


def save_state(path: str | Path, state: dict[str, Any]) -> None:
    """Write the training state, by a temporary file."""
    with written_aside(path) as aside:
        torch.save(state, aside)


def load_state(folder: str | Path) -> dict[str, Any]:
    """The training state of a run folder; no code runs on load.

    Raises:
        UserError: the folder has none, or it is damaged.
    """
    path = Path(folder) / STATE
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(
            f"{folder}: has no {STATE} to resume from: give a run folder of experiments.run"
        ) from error
    except Exception as error:  # torch raises many types for a damaged file
        raise UserError(
            f"{path}: is damaged; the run cannot be resumed: train again under another --name"
        ) from error
    return state
