"""Numbers that compare rows: worked out for each round, so that load on the machine cancels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import torch

from mariel_gnn.benchmark.ceiling import best_gflop_per_s
from mariel_gnn.benchmark.models import NOTEBOOK, SECTION, VARIANTS, row_name
from mariel_gnn.benchmark.rows import Row, Rows, find

TRAINING, PRODUCTS = "training_windows_per_s", "products_windows_per_s"


def add_comparisons(rows: Rows, device: torch.device) -> None:
    """Add to each row of a model its share of the ceiling and its speed relative to others.

    * `ceiling_ratio`: operations a second over those of the best matrix products of the same round, in
      float32 and bfloat16 as the step has them;
    * `products_ratio`: seconds of its matrix products alone over those of the step;
    * `notebook_ratio`: windows a second over those of the notebook's loop at the smallest batch;
    * `slowdown_ratio`: of a variant, seconds of its step over those of the model's own row.
    """
    models = [row for row in rows if row.section == SECTION and TRAINING in row.samples]
    notebook = next((row for row in models if row.name.startswith(NOTEBOOK)), None)
    for row in models:
        speed = row.samples[TRAINING]
        if "mflop_per_window" in row.facts:
            gflop = [row.facts["mflop_per_window"] / 1e3 * each for each in speed]
            ceiling = best_gflop_per_s(rows, device, row.facts["bf16_share"])
            if ceiling:
                row.samples["ceiling_ratio"] = _ratio(gflop, ceiling)
        if PRODUCTS in row.samples:
            row.samples["products_ratio"] = _ratio(speed, row.samples[PRODUCTS])
        if notebook and not notebook.error:
            row.samples["notebook_ratio"] = _ratio(speed, notebook.samples[TRAINING])
        if base := _base(rows, row):
            row.samples["slowdown_ratio"] = _ratio(base.samples[TRAINING], speed)


def _ratio(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """The ratio of each round; a row that failed in a later round has fewer."""
    return [a / b for a, b in zip(above, below, strict=False)]


def _base(rows: Rows, row: Row) -> Row | None:
    """The model's own row of a variant's row."""
    model, _, batch = row.name.rpartition(", batch ")
    for name, variant in zip(repeat(model), VARIANTS, strict=False):
        if name.endswith(f" {variant}"):
            own = name.removesuffix(f" {variant}")
            return find(rows, SECTION, row_name(own, int(batch)))
    return None
