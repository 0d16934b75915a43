"""The options of the evaluation, without torch, so that `--help` starts quickly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mariel_gnn.ranges import at_least


@dataclass(frozen=True)
class EvaluationOptions:
    """The table and the pictures.

    Args:
        samples: phrases sampled at temperature 1 (usually 64 to 512).
        notebook_run: run folder of the original notebook's model (configs/notebook_lstm_vae.yaml), added
            to the table; it must not be trained on this run's test recordings.
        pictures: all (stills, films and report.html), stills (no films) or none (no report either).
    """

    samples: int = at_least(2, default=256)
    notebook_run: str | None = None
    pictures: Literal["all", "stills", "none"] = "all"
