"""The options of the evaluation; no torch, so that `--help` is quick."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EvaluationOptions:
    """What the table is made of.

    Args:
        samples: phrases drawn at temperature 1 (usually 64 to 512).
        notebook_run: run folder of the seed's model (configs/lstm_vae_notebook.yaml) to stand in the table;
            it must not have been trained on this run's test recordings.
    """

    samples: int = 256
    notebook_run: str | None = None
