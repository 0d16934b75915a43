"""The pictures of a comparison: errors, differences, training, samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from mariel_gnn.comparison.comparison import OVER_RECORDINGS, Comparison
from mariel_gnn.comparison.groups import RunGroup, families
from mariel_gnn.comparison.intervals import Array
from mariel_gnn.comparison.paired import PCA, Paired, pca_name
from mariel_gnn.viz.comparison_style import (
    BASELINE,
    comparison_title,
    group_styles,
    on_test,
    shown_groups,
)
from mariel_gnn.viz.interval_bars import Bar, save_differences, save_interval_bars
from mariel_gnn.viz.panels import Line, LinePanel, save_line_panels
from mariel_gnn.viz.sample_pictures import draw_error_by_size, draw_samples, draw_samples_by_size

VALIDATION = "validation/mpjpe_mm"
GRID_POINTS = 200


def draw_comparison(comparison: Comparison, folder: Path) -> Iterator[Path]:
    """Draw all pictures of a comparison, and yield each path when it is written.

    Args:
        comparison: the numbers of all groups.
        folder: the folder of pictures.
    """
    drawings: tuple[tuple[str, Callable[[Comparison, Path], bool]], ...] = (
        ("error", _draw_error),
        ("difference", _draw_difference),
        ("difference_to_pca", _draw_difference_to_pca),
        ("error_by_body_part", _draw_by_part),
        ("error_by_frame", _draw_by_frame),
        ("error_over_training", _draw_over_training),
        ("samples", draw_samples),
        ("error_by_latent_size", draw_error_by_size),
        ("samples_by_latent_size", draw_samples_by_size),
    )
    for name, draw in drawings:
        path = folder / f"{name}.png"
        if draw(comparison, path):
            yield path


def _draw_error(comparison: Comparison, path: Path) -> bool:
    styles = group_styles(comparison.groups)
    seeds = {group.name: group.seeds_mm() for group in comparison.groups if group.reconstructs}
    bars = {
        row: [Bar(numbers[OVER_RECORDINGS], styles.get(row, BASELINE), seeds=seeds.get(row, ()))]
        for row, numbers in comparison.rows.items()
        if OVER_RECORDINGS in numbers
    }
    title = comparison_title("Error on test phrases", comparison.groups, on_test(comparison))
    axis = "MPJPE [mm]; line: 95 % over recordings; circles: seeds"
    save_interval_bars(bars, path, title, axis)
    return True


def _draw_difference(comparison: Comparison, path: Path) -> bool:
    return _draw_pairs(
        comparison, path, "Difference in error, recording by recording", to_pca=False
    )


def _draw_difference_to_pca(comparison: Comparison, path: Path) -> bool:
    what = "Difference in error to PCA of the same latent size"
    return _draw_pairs(comparison, path, what, to_pca=True)


def _draw_pairs(comparison: Comparison, path: Path, what: str, to_pca: bool) -> bool:
    groups = shown_groups(comparison.groups)
    pairs = _shown_pairs(comparison, groups, to_pca)
    if pairs:
        title = comparison_title(what, groups, on_test(comparison))
        save_differences(pairs, comparison.recordings, group_styles(comparison.groups), path, title)
    return bool(pairs)


def _shown_pairs(comparison: Comparison, groups: Sequence[RunGroup], to_pca: bool) -> list[Paired]:
    """Return the pairs of a group and PCA, or of two models; of two latent sizes if there is one model."""
    shown = {group.name: group for group in groups}
    every = {group.name: group for group in comparison.groups}
    one_model = len(families(comparison.groups)) == 1
    pairs = [pair for pair in comparison.pairs if pair.group in shown]
    if to_pca:
        sizes = {name: group.latent_size for name, group in shown.items()}
        return [pair for pair in pairs if pair.reference == pca_name(sizes[pair.group])]
    return [
        pair
        for pair in pairs
        if pair.reference in every
        and (one_model or every[pair.group].family != every[pair.reference].family)
    ]


def _draw_by_part(comparison: Comparison, path: Path) -> bool:
    groups, styles = _reconstructing(comparison), group_styles(comparison.groups)
    parts = comparison.runs[0].errors.parts
    if not parts or not groups:  # a skeleton without body parts, or no model that reconstructs
        return False
    mean = comparison.bootstrap.mean
    bars = {
        part: [Bar(mean(group.part_mm(part)), styles[group.name], group.name) for group in groups]
        + [Bar(mean(groups[-1].part_mm(part, PCA)), BASELINE, pca_name(groups[-1].latent_size))]
        for part in parts
    }
    title = comparison_title("Error by body part", groups, on_test(comparison))
    save_interval_bars(bars, path, title, "MPJPE [mm]; line: 95 % over recordings")
    return True


def _reconstructing(comparison: Comparison) -> list[RunGroup]:
    return [group for group in shown_groups(comparison.groups) if group.reconstructs]


def _draw_by_frame(comparison: Comparison, path: Path) -> bool:
    groups, styles = _reconstructing(comparison), group_styles(comparison.groups)
    if not groups:
        return False
    curves = {group.name: (group.frame_mm(), styles[group.name]) for group in groups}
    curves[pca_name(groups[-1].latent_size)] = (groups[-1].frame_mm(PCA), BASELINE)
    lines = {}
    for name, (frames, style) in curves.items():
        low, high = comparison.bootstrap.interval(comparison.bootstrap.means(frames))
        frame = np.arange(1, frames.shape[1] + 1, dtype=np.float64)
        lines[name] = Line(frame, frames.mean(axis=0), style, low, high)
    title = comparison_title("Error by frame of the phrase", groups, on_test(comparison))
    rate_hz = comparison.runs[0].errors.rate_hz
    panel = LinePanel(
        lines, f"frame, {rate_hz:g} per second", "MPJPE [mm]; band: 95 % over recordings"
    )
    save_line_panels([panel], path, title)
    return True


def _draw_over_training(comparison: Comparison, path: Path) -> bool:
    groups, styles = shown_groups(comparison.groups), group_styles(comparison.groups)
    curves = {group.name: _validation_curves(group) for group in groups}
    lines = {
        name: Line(*_mean_curve(seeds), styles[name], seeds=seeds if len(seeds) > 1 else ())
        for name, seeds in curves.items()
        if seeds
    }
    if lines:
        on = f"validation recordings of {comparison.data}"
        title = comparison_title("Error over training", groups, on)
        panel = LinePanel(lines, "minutes of training", "validation MPJPE [mm]; faint: seeds")
        save_line_panels([panel], path, title)
    return bool(lines)


def _validation_curves(group: RunGroup) -> list[tuple[Array, Array]]:
    """Return minutes `[N]` and validation error `[N]` in millimetres for each seed."""
    rows = [[row for row in run.epochs if VALIDATION in row] for run in group.runs]
    return [
        (np.array([row["minutes"] for row in each]), np.array([row[VALIDATION] for row in each]))
        for each in rows
        if each
    ]


def _mean_curve(seeds: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Return minutes and mean error over the time that all seeds cover, linearly interpolated."""
    if len(seeds) == 1:
        return seeds[0]
    first = max(minutes[0] for minutes, _ in seeds)
    last = min(minutes[-1] for minutes, _ in seeds)
    minutes = np.linspace(first, max(first, last), GRID_POINTS)
    return minutes, np.mean([np.interp(minutes, *seed) for seed in seeds], axis=0)
