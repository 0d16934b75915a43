"""The pictures of a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.generation import PhraseModel
from mariel_gnn.metrics.evaluation import Evaluation
from mariel_gnn.metrics.relations import measure_relations, save_relations
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.bars import save_bar
from mariel_gnn.viz.curves import save_curves
from mariel_gnn.viz.relation_pictures import draw_relations
from mariel_gnn.viz.stills import save_stills
from mariel_gnn.viz.whereabouts import told_whereabouts

TEMPERATURES = (1.0, 1.5, 2.0)


def draw_run(
    folder: Path,
    model: PhraseModel,
    test: MarielDataset,
    evaluation: Evaluation,
    data_name: str,
    seed: int = 0,
) -> Iterator[Path]:
    """Draw all pictures of a run, yielding each path as it is written.

    Args:
        folder: the run folder; pictures go to `pictures` in it, the curves are read from its
            `metrics.csv`.
        model: the trained model.
        test: held-out windows; the phrase shown is the one of median error.
        evaluation: the run's numbers.
        data_name: what data this is, for the titles.
        seed: of the samples.
    """
    out, run = folder / "pictures", folder.name
    place = _median_window(evaluation.by_window_mm)
    error_mm = float(evaluation.by_window_mm[place])
    original = test.positions_m([place])
    bodies = {"original": original[0], "reconstruction": model.reconstruct(original)[0]}
    samples = {f"temperature {t:g}": model.sample(1, t, seed)[0] for t in TEMPERATURES}
    shown = f"{run}: {told_whereabouts(test)[place]}, median error {error_mm:.0f} mm"
    drawn = f"{run}: samples, seed {seed}, learned from {data_name}"

    yield from _draw_numbers(folder, out, evaluation, data_name)
    if isinstance(model.network, GNNVAE):
        relations = measure_relations(model.network, test)
        save_relations(folder, relations)
        where = told_whereabouts(test)[place]
        yield from draw_relations(out, run, model.network, relations, original[0], where, data_name)
    for name, rows, title in (("reconstruction", bodies, shown), ("samples", samples, drawn)):
        stills = out / f"{name}_stills.png"
        save_stills(rows, model.skeleton, stills, title, rate_hz=test.rate_hz)
        yield stills
        panels = [Panel(label, {label: body}) for label, body in rows.items()]
        if rows is bodies:
            panels.append(Panel("over each other", bodies))
        yield from save_animation(panels, model.skeleton, out / f"{name}.mp4", title, test.rate_hz)


def _draw_numbers(
    folder: Path, out: Path, evaluation: Evaluation, data_name: str
) -> Iterator[Path]:
    """The curves of training and the error of each body part."""
    if (folder / "metrics.csv").exists():  # not after a stop in the first epoch
        curves = out / "curves.png"
        save_curves(folder / "metrics.csv", curves, f"{folder.name}: training on {data_name}")
        yield curves
    if evaluation.by_part_mm:  # a skeleton need not have parts
        bars = out / "error_by_body_part.png"
        title = f"{folder.name}: mean error on test windows by body part, {data_name}"
        save_bar(evaluation.by_part_mm, bars, title, "mm")
        yield bars


def _median_window(by_window_mm: Tensor) -> int:
    """The window whose error is the median: neither the best nor the worst is shown off."""
    return int(torch.argsort(by_window_mm)[len(by_window_mm) // 2])
