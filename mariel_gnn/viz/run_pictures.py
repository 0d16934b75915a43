"""The pictures of a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.generation import PhraseModel
from mariel_gnn.metrics.evaluation import Evaluation
from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.bars import save_bar
from mariel_gnn.viz.curves import save_curves
from mariel_gnn.viz.stills import save_stills

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
    phrase = f"{_whereabouts(test, place)}, median error {error_mm:.0f} mm"

    if (folder / "metrics.csv").exists():  # not after a stop in the first epoch
        save_curves(folder / "metrics.csv", out / "curves.png", f"{run}: training on {data_name}")
        yield out / "curves.png"
    save_bar(
        evaluation.by_part_mm,
        out / "error_by_body_part.png",
        f"{run}: mean error on test windows by body part, {data_name}",
        "mm",
    )
    yield out / "error_by_body_part.png"
    for name, rows, title in (
        ("reconstruction_stills", bodies, f"{run}: {phrase}"),
        ("samples_stills", samples, f"{run}: samples, seed {seed}, learned from {data_name}"),
    ):
        save_stills(rows, model.skeleton, out / f"{name}.png", title, rate_hz=test.rate_hz)
        yield out / f"{name}.png"
    together = [Panel(label, {label: body}) for label, body in bodies.items()]
    together.append(Panel("over each other", bodies))
    yield from save_animation(
        together, model.skeleton, out / "reconstruction.mp4", f"{run}: {phrase}", test.rate_hz
    )
    apart = [Panel(label, {label: body}) for label, body in samples.items()]
    yield from save_animation(
        apart,
        model.skeleton,
        out / "samples.mp4",
        f"{run}: samples, seed {seed}, learned from {data_name}",
        test.rate_hz,
    )


def _median_window(by_window_mm: Tensor) -> int:
    """The window whose error is the median: neither the best nor the worst is shown off."""
    return int(torch.argsort(by_window_mm)[len(by_window_mm) // 2])


def _whereabouts(test: MarielDataset, place: int) -> str:
    """Recording and seconds of a window, in words."""
    start = int(test.starts[place])
    for name, length in test.recordings:
        if start < length:
            seconds = start / test.rate_hz
            return f"{name}, {seconds:.1f} to {seconds + test.seq_len / test.rate_hz:.1f} s"
        start -= length
    raise IndexError(place)
