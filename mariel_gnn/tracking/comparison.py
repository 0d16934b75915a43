"""A comparison as a W&B run, in the group of the runs that it compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mariel_gnn.tracking.tracker import Tracker, TrackingOptions, _media

Records = Sequence[Mapping[str, object]]


def track_comparison(
    folder: Path,
    options: TrackingOptions,
    tables: Mapping[str, Records],
    pictures: Sequence[Path] = (),
    warn: Callable[[str], None] = print,
) -> None:
    """Give W&B the tables and pictures of a comparison; what fails there is told once.

    Args:
        folder: the comparison's folder; an offline run is kept in `wandb` in it.
        options: where numbers go; the group is that of the runs.
        tables: name -> records of the same names.
        pictures: PNG files.
        warn: called with a line when W&B fails.
    """
    tracker = Tracker(folder, options, warn=warn)
    tracker._tell(lambda run: run.log(_tables(tables) | _media(pictures)))
    tracker.close()


def _tables(tables: Mapping[str, Records]) -> dict[str, Any]:
    import wandb

    return {
        name: wandb.Table(
            columns=list(records[0]),
            # A column has one type: an empty cell, an interval that is not known, is None.
            data=[[None if cell == "" else cell for cell in row.values()] for row in records],
        )
        for name, records in tables.items()
        if records
    }
