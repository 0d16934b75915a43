"""The pictures of marker pairs of a trained GNN-VAE: attention and influence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from torch import Tensor

from mariel_gnn.evaluation.relations import (
    FAR_HOPS,
    Relations,
    both_ways,
    marker_attention,
    strongest_pairs,
)
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.viz.colors import FAINT_INK, GRID, INK, WHITE
from mariel_gnn.viz.edge_pictures import WeightedEdges, save_edge_animation, save_edge_stills
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, unit_rgb, wrapped

WIDTH_INCH, HEIGHT_INCH, LINE_INCH = 9.0, 8.4, 0.2
NAME_PT = 6
OTHERS = "other"  # markers without a part


def save_pair_matrix(
    values: Tensor, skeleton: Skeleton, path: Path, title: str, unit: str, note: str = ""
) -> None:
    """Draw a matrix of all marker pairs without the diagonal; negative values are white, like 0.

    Args:
        values: `[J, J]` in `unit`: the effect of holding marker j still (column) on marker i (row).
        skeleton: the markers and their parts.
        path: the picture to write (png, pdf or svg).
        title: the title.
        unit: unit of the values.
        note: how to read the picture, written below it.
    """
    groups = _groups(skeleton)
    order = np.array([marker for members in groups.values() for marker in members])
    shown = np.array(values.tolist())[np.ix_(order, order)]
    np.fill_diagonal(shown, np.nan)
    lines = wrapped(note, font(LABEL_PT), (WIDTH_INCH - 0.6) * 72)
    figure = new_figure(WIDTH_INCH, HEIGHT_INCH + LINE_INCH * len(lines), title)
    axes = figure.add_subplot()
    ramp = LinearSegmentedColormap.from_list("ink", [unit_rgb(WHITE), unit_rgb(INK)])
    ink = ramp.with_extremes(bad=unit_rgb(GRID))
    top = float(max(np.nanmax(shown), 1e-9))
    # The square root keeps pairs of distant markers visible beside the pairs within a limb.
    image = axes.imshow(shown, cmap=ink, norm=PowerNorm(0.5, 0.0, top), interpolation="nearest")
    _write_names(axes, [skeleton.markers[marker] for marker in order])
    _draw_parts(axes, groups)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, pad=0.02)
    bar.set_label(unit, fontsize=LABEL_PT, color=unit_rgb(INK))
    bar.ax.tick_params(labelsize=LABEL_PT - 1, colors=unit_rgb(FAINT_INK))
    bar.outline.set_visible(False)
    figure.supxlabel("\n".join(lines), fontsize=LABEL_PT, color=unit_rgb(INK), parse_math=False)
    save_figure(figure, path)


def _groups(skeleton: Skeleton) -> dict[str, list[int]]:
    """Return part -> its markers; markers without a part come last."""
    groups = {part: list(members) for part, members in skeleton.parts.items()}
    others = [marker for marker, part in enumerate(skeleton.part_of) if part is None]
    return groups | ({OTHERS: others} if others else {})


def _write_names(axes: Axes, names: list[str]) -> None:
    """Write the names of the markers at both axes."""
    places = range(len(names))
    axes.set_yticks(places, names, fontsize=NAME_PT)
    axes.set_xticks(places, names, fontsize=NAME_PT, rotation=90)
    axes.tick_params(length=0, pad=2, colors=unit_rgb(INK))
    axes.spines[:].set_visible(False)
    axes.set_ylabel("the marker that is reconstructed", fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.set_xlabel("the marker that is held still", fontsize=LABEL_PT, color=unit_rgb(INK))


def _draw_parts(axes: Axes, groups: dict[str, list[int]]) -> None:
    """Draw lines between the parts and write their names above."""
    ends = np.cumsum([len(members) for members in groups.values()]) - 0.5
    for end in ends[:-1]:
        axes.axhline(float(end), color=unit_rgb(FAINT_INK), linewidth=0.6)
        axes.axvline(float(end), color=unit_rgb(FAINT_INK), linewidth=0.6)
    for (part, members), end in zip(groups.items(), ends, strict=True):
        axes.text(
            float(end) - len(members) / 2, -0.9, part.replace(" ", "\n"), ha="center", va="bottom",
            fontsize=LABEL_PT - 1, color=unit_rgb(INK),
        )  # fmt: skip


MOST_EDGES, MOST_FAR = 40, 20
RELATIVE_ATTENTION, RISE = "× uniform attention", "rise of the error [mm]"
NOT_A_RELATION = (
    "Attention shows which markers the encoder reads, not which markers move together: on synthetic "
    "recordings with ground-truth relations it does not find them."
)
HOW_TO_READ = (
    "The rise of one marker's reconstruction error when the other is held still in the model's input. "
    "A high rise means that two markers move together, not which of them follows. On synthetic recordings "
    "with ground-truth relations it finds them."
)
HEAD_HERE = "Attention in this phrase: which markers the encoder reads, not which move together"
HEAD_FAR = "Distant pairs of the highest influence"


def draw_relations(
    out: Path,
    run: str,
    network: GNNVAE,
    relations: Relations,
    phrase: Tensor,
    phrase_name: str,
    data_name: str,
) -> Iterator[Path]:
    """Draw attention and influence, and yield each path when it is written.

    Args:
        out: the folder of pictures.
        run: the run's name.
        network: the trained network.
        relations: measured on test windows.
        phrase: positions `[T, J, C]` of one window in metres, with the recorded trajectory.
        phrase_name: recording and seconds of the phrase.
        data_name: name of the data.
    """
    over = f"mean of {relations.windows} test windows of {data_name}"
    attention = marker_attention(network, phrase[None].to(network.log_std.device))[0].cpu()
    here, everywhere = _attention_edges(attention), _attention_edges(relations.attention)
    far = _far_edges(relations)
    for still in _stills(everywhere, here, far, over, phrase_name):
        path = out / f"{still.name}.png"
        pose, title = phrase[len(phrase) // 2][None], f"{run}: {still.title}"
        save_edge_stills(pose, relations.skeleton, still.edges, path, title, still.unit, still.note)
        yield path
    path, title = out / "influence.png", f"{run}: influence of markers on each other, {over}"
    rise = relations.influence.rise_mm
    save_pair_matrix(rise, relations.skeleton, path, title, RISE, HOW_TO_READ)
    yield path
    panels = {HEAD_HERE: here} | ({f"{HEAD_FAR}, {over}": far} if far.pairs else {})
    yield from save_edge_animation(
        phrase, relations.skeleton, panels, out / "relations",
        f"{run}: attention, {phrase_name}", network.shape.rate_hz,
    )  # fmt: skip


class _Still(NamedTuple):
    """A picture of edges over one pose."""

    name: str
    edges: WeightedEdges
    title: str
    unit: str
    note: str


def _stills(
    everywhere: WeightedEdges, here: WeightedEdges, far: WeightedEdges, over: str, phrase_name: str
) -> Iterator[_Still]:
    """Yield the pictures of edges over one pose."""
    unit, what = RELATIVE_ATTENTION, "attention between markers"
    yield _Still("attention", everywhere, f"{what}, {over}", unit, NOT_A_RELATION)
    yield _Still("attention_of_phrase", here, f"{what}, {phrase_name}", unit, NOT_A_RELATION)
    if far.pairs:  # a small skeleton has none
        title = f"pairs of the highest influence, {FAR_HOPS} edges or more from each other, {over}"
        yield _Still("far_pairs", far, title, RISE, HOW_TO_READ)


def relative_attention(attention: Tensor) -> Tensor:
    """Return attention `[..., J, J]` relative to uniform attention over the same edges."""
    return attention * attention.gt(0).sum(dim=-1, keepdim=True)


def _attention_edges(attention: Tensor) -> WeightedEdges:
    """Return the pairs of the highest attention."""
    relative = relative_attention(attention)
    pairs = strongest_pairs(relative, MOST_EDGES, both_ways(relative) > 0)
    return _weighted_edges(relative, pairs)


def _far_edges(relations: Relations) -> WeightedEdges:
    """Return the distant pairs of the highest positive rise."""
    rise = relations.influence.rise_mm
    rises = both_ways(rise) > 0
    return _weighted_edges(rise, strongest_pairs(rise, MOST_FAR, relations.far & rises))


def _weighted_edges(score: Tensor, pairs: list[tuple[int, int]]) -> WeightedEdges:
    values = both_ways(score)
    return WeightedEdges(pairs, [float(values[pair]) for pair in pairs])
