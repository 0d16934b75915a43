"""What a task has result, to look at: a page for a browser, and a film if asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.evaluate import Evaluation
from mariel_gnn.evaluation.relations import measure_relations, save_relations
from mariel_gnn.evaluation.window_errors import describe_window_sources
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.generation.tasks import GenerationResult
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.curves import save_bar, save_curves
from mariel_gnn.viz.page.build import write_page
from mariel_gnn.viz.page.run_scenes import generation_scenes
from mariel_gnn.viz.relation_pictures import draw_relations
from mariel_gnn.viz.stills import save_stills

TEMPERATURES = (1.0, 1.5, 2.0)


def draw_run(
    folder: Path,
    model: PhraseModel,
    test: MarielDataset,
    evaluation: Evaluation,
    data_name: str,
    seed: int = 0,
    films: bool = True,
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
        films: whether GIF and MP4 files are drawn beside the stills.
    """
    out, run = folder / "pictures", folder.name
    yield from _draw_numbers(folder, out, evaluation, data_name)
    samples = {f"temperature {t:g}": model.sample(1, t, seed)[0] for t in TEMPERATURES}
    shown = [("samples", samples, f"{run}: samples, seed {seed}, trained on {data_name}")]
    if evaluation.reconstructs:
        place = _median_window(evaluation.by_window_mm)
        error_mm = float(evaluation.by_window_mm[place])
        original = test.positions_m([place])
        where = describe_window_sources(test)[place]
        bodies = {"original": original[0], "reconstruction": model.reconstruct(original)[0]}
        shown.insert(
            0, ("reconstruction", bodies, f"{run}: {where}, median error {error_mm:.0f} mm")
        )
        if isinstance(model.network, GNNVAE):
            relations = measure_relations(model.network, test)
            save_relations(folder, relations)
            yield from draw_relations(
                out, run, model.network, relations, original[0], where, data_name
            )
    for name, rows, title in shown:
        stills = out / f"{name}_stills.png"
        save_stills(rows, model.skeleton, stills, title, rate_hz=test.rate_hz)
        yield stills
        if films:
            panels = [Panel(label, {label: body}) for label, body in rows.items()]
            if name == "reconstruction":
                panels.append(Panel("over each other", rows))
            path = out / f"{name}.mp4"
            yield from save_animation(panels, model.skeleton, path, title, test.rate_hz)


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


MOST_PANELS = 5


def draw_generation(
    result: GenerationResult, skeleton: Skeleton, folder: Path, title: str, film: bool = False
) -> Iterator[Path]:
    """Write what shows what was result, and yield each file's path.

    Args:
        made: recordings, transitions, and what they were made from.
        skeleton: their markers.
        folder: where to write.
        title: run, task and phrases in words.
        film: whether a GIF and an MP4 are drawn too, which takes longer.
    """
    yield write_page(folder / "page.html", generation_scenes(result, skeleton, title), title)
    if film:
        panels = [_one_body(result)] if result.transitions else _side_by_side(result)
        rate_hz = result.recordings[0].rate_hz
        yield from save_animation(panels, skeleton, folder / "film.mp4", title, rate_hz)


def _one_body(result: GenerationResult) -> Panel:
    """One body that changes its colours where it was made and not given."""
    (recording,) = result.recordings
    new = np.zeros(len(recording), dtype=bool)
    if len(result.inputs) == 1:
        new[len(result.inputs[0]) :] = True
    else:
        for transition in result.transitions:
            new[
                round(transition.start_s * recording.rate_hz) : round(
                    transition.stop_s * recording.rate_hz
                )
            ] = True
    bodies = {"given": _only(recording.positions, ~new), "made": _only(recording.positions, new)}
    return Panel(recording.name, bodies)


def _only(positions: NDArray[np.float32], which: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(which[:, None, None], positions, np.float32(np.nan))


def _side_by_side(result: GenerationResult) -> list[Panel]:
    """What was given, if it is one phrase, and what was result, or some of it spread evenly."""
    frames = len(result.recordings[0])
    given = (
        [Panel("given", {"given": result.inputs[0].positions[:frames]})]
        if len(result.inputs) == 1
        else []
    )
    count = min(len(result.recordings), MOST_PANELS - len(given))
    shown: Sequence[int] = (
        np.linspace(0, len(result.recordings) - 1, count).round().astype(int).tolist()
    )
    names = [result.recordings[place].name.replace("_", " ") for place in shown]
    bodies = [result.recordings[place].positions for place in shown]
    made_panels = [Panel(name, {name: body}) for name, body in zip(names, bodies, strict=True)]
    return given + made_panels
