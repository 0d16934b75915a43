"""All pairs of markers as a matrix, grouped by body part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from torch import Tensor

from mariel_gnn.skeletons import Skeleton
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, unit_rgb
from mariel_gnn.viz.lettering import font, wrapped
from mariel_gnn.viz.palette import FAINT_INK, GRID, INK, WHITE

WIDTH_INCH, HEIGHT_INCH, LINE_INCH = 9.0, 8.4, 0.2
NAME_PT = 6
OTHERS = "other"  # markers that are in no part


def save_pair_matrix(
    values: Tensor, skeleton: Skeleton, path: Path, title: str, unit: str, note: str = ""
) -> None:
    """Draw a matrix of all pairs, the diagonal left out; what is negative is as pale as nothing.

    Args:
        values: `[J, J]` in `unit`: row i is the marker told about, column j the one that tells.
        skeleton: the markers and their parts.
        path: the picture to write (png, pdf or svg).
        title: what is shown.
        unit: of the values.
        note: how the picture is to be read, written below it.
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
    # The root shows pairs that are far apart beside those of one limb.
    image = axes.imshow(shown, cmap=ink, norm=PowerNorm(0.5, 0.0, top), interpolation="nearest")
    _write_names(axes, [skeleton.markers[marker] for marker in order])
    _part_lines(axes, groups)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, pad=0.02)
    bar.set_label(unit, fontsize=LABEL_PT, color=unit_rgb(INK))
    bar.ax.tick_params(labelsize=LABEL_PT - 1, colors=unit_rgb(FAINT_INK))
    bar.outline.set_visible(False)
    figure.supxlabel("\n".join(lines), fontsize=LABEL_PT, color=unit_rgb(INK), parse_math=False)
    save_figure(figure, path)


def _groups(skeleton: Skeleton) -> dict[str, list[int]]:
    """Part -> its markers, every marker once; those of no part come last."""
    groups = {part: list(members) for part, members in skeleton.parts.items()}
    alone = [marker for marker, part in enumerate(skeleton.part_of) if part is None]
    return groups | ({OTHERS: alone} if alone else {})


def _write_names(axes: Axes, names: list[str]) -> None:
    """Write the markers' names at both sides."""
    places = range(len(names))
    axes.set_yticks(places, names, fontsize=NAME_PT)
    axes.set_xticks(places, names, fontsize=NAME_PT, rotation=90)
    axes.tick_params(length=0, pad=2, colors=unit_rgb(INK))
    axes.spines[:].set_visible(False)
    axes.set_ylabel("the marker that is reconstructed", fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.set_xlabel("the marker that stands still", fontsize=LABEL_PT, color=unit_rgb(INK))


def _part_lines(axes: Axes, groups: dict[str, list[int]]) -> None:
    """Draw lines between the parts, and write the parts' names above."""
    ends = np.cumsum([len(members) for members in groups.values()]) - 0.5
    for end in ends[:-1]:
        axes.axhline(float(end), color=unit_rgb(FAINT_INK), linewidth=0.6)
        axes.axvline(float(end), color=unit_rgb(FAINT_INK), linewidth=0.6)
    for (part, members), end in zip(groups.items(), ends, strict=True):
        axes.text(
            float(end) - len(members) / 2, -0.9, part.replace(" ", "\n"), ha="center", va="bottom",
            fontsize=LABEL_PT - 1, color=unit_rgb(INK),
        )  # fmt: skip
