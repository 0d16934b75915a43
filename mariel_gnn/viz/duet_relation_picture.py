"""The picture of relations between two dancers: a matrix of parts, the strongest between two bodies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from mariel_gnn.evaluation.related_pairs import RelatedPairs, pairs_found, pairs_planted
from mariel_gnn.evaluation.relations_report import RELATED
from mariel_gnn.metrics.duet_relations import DuetRelations
from mariel_gnn.mocap.body_parts import heading_rad, rotate_about_z, ten_parts
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.colors import BODY_COLOURS, GRID, INK, KINDS, WHITE, Colour
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, unit_rgb, wrapped

Floats = NDArray[np.float64]

WIDTH_INCH, ROW_INCH, LINE_INCH = 13.0, 6.0, 0.2
NUMBER_PT, MOST_NUMBERS = 8, 25  # parts on an axis with numbers in the cells
MOST_DRAWN = 12  # relations between the bodies
APART_M = 0.9  # from the middle to each of the drawn bodies
FIRST, SECOND, NOT_TOLD = KINDS[0], KINDS[5], KINDS[7]  # who is earlier
HOW_TO_READ = (
    "Grey: correlation of what two parts do beyond the rest of their own bodies, from the usual (white) "
    f"up. A number marks a related pair (false discovery rate {RELATED:.0%}): seconds by which the second "
    "dancer's part is later, negative: earlier, in brackets if the data do not tell which is earlier. "
    f"Earlier does not mean leading. Between the bodies: the {MOST_DRAWN} strongest."
)


def save_relation_picture(
    path: Path,
    found: DuetRelations,
    poses: Sequence[NDArray[np.floating]],
    skeleton: Skeleton,
    names: tuple[str, str],
    planted: Floats | None = None,
) -> None:
    """Draw the strength of all pairs, the lag of related ones, and the strongest between the bodies.

    Args:
        path: the picture to write (png, pdf or svg).
        found: the relations.
        poses: one pose `[J, C]` of each dancer, metres, z up.
        skeleton: the J markers.
        names: of the dancers.
        planted: `[2, P, P]` planted lags in seconds; they are drawn below what was found.
    """
    lines = wrapped(HOW_TO_READ, font(LABEL_PT), (WIDTH_INCH - 0.6) * 72)
    count = 1 if planted is None else 2
    title = f"Relations between {names[0]} and {names[1]}"
    height_inch = count * ROW_INCH + LINE_INCH * len(lines)
    figure = new_figure(WIDTH_INCH, height_inch, title)
    rows = figure.subplots(count, 2, squeeze=False, width_ratios=[1.0, 1.15])
    parts, strength = list(ten_parts(skeleton)), found.strength.max(axis=0)
    _draw_row(rows[0], strength, pairs_found(found), parts, poses, skeleton, "found")
    if planted is not None:
        mask = np.isfinite(planted).any(axis=0).astype(float)
        _draw_row(rows[1], mask, pairs_planted(planted), parts, poses, skeleton, "planted")
    figure.supxlabel("\n".join(lines), fontsize=LABEL_PT, color=unit_rgb(INK), parse_math=False)
    save_figure(figure, path)


def _draw_row(
    row: NDArray[np.object_],
    strength: Floats,
    pairs: RelatedPairs,
    parts: list[str],
    poses: Sequence[NDArray[np.floating]],
    skeleton: Skeleton,
    what: str,
) -> None:
    _draw_matrix(row[0], strength, pairs, parts)
    _draw_bodies(row[1], pairs, poses, skeleton)
    row[0].set_title(what, loc="left", fontsize=LABEL_PT, color=unit_rgb(INK))


def _draw_matrix(axes: Axes, strength: Floats, pairs: RelatedPairs, parts: list[str]) -> None:
    usual, top = float(np.median(strength)), max(float(strength.max()), 0.1)
    ink = LinearSegmentedColormap.from_list("ink", [unit_rgb(WHITE), unit_rgb(INK)])
    axes.imshow(strength, cmap=ink, vmin=usual, vmax=top, interpolation="nearest")
    size = NUMBER_PT if len(parts) <= MOST_NUMBERS else NUMBER_PT / 2
    for number, (first, second) in enumerate(pairs.pairs):
        colour = WHITE if strength[first, second] > (usual + top) / 2 else INK
        style: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "fontsize": size,
            "color": unit_rgb(colour),
        }
        axes.text(second, first, pairs.label(number), **style)
    axes.set_yticks(range(len(parts)), parts, fontsize=LABEL_PT - 1)
    axes.set_xticks(range(len(parts)), parts, fontsize=LABEL_PT - 1, rotation=60, ha="right")
    axes.set_ylabel("first dancer", fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.set_xlabel("second dancer", fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.spines[:].set_color(unit_rgb(GRID))
    axes.tick_params(length=0, colors=unit_rgb(INK))


def _draw_bodies(
    axes: Axes, pairs: RelatedPairs, poses: Sequence[NDArray[np.floating]], skeleton: Skeleton
) -> None:
    """Draw both dancers as seen from their front, and lines between related parts."""
    seen = [
        _from_the_front(pose, skeleton, middle)
        for pose, middle in zip(poses, (-APART_M, APART_M), strict=True)
    ]
    for body, name in zip(seen, ("first dancer", "second dancer"), strict=True):
        _draw_body(axes, body, skeleton)
        axes.text(
            body[:, 0].mean(), -0.1, name, ha="center", va="top", fontsize=LABEL_PT, color=unit_rgb(INK)
        )  # fmt: skip
    centres = [
        np.array([body[list(members)].mean(axis=0) for members in ten_parts(skeleton).values()])
        for body in seen
    ]
    top = max(pairs.strength, default=1.0)
    for number in reversed(range(min(len(pairs.pairs), MOST_DRAWN))):
        first, second = pairs.pairs[number]
        _draw_relation(
            axes, centres[0][first], centres[1][second], pairs.earlier[number], pairs.strength[number] / top
        )  # fmt: skip
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.legend(
        handles=[
            Line2D([], [], color=unit_rgb(colour), linewidth=2.5, label=label)
            for colour, label in (
                (FIRST, "first dancer earlier"),
                (SECOND, "second dancer earlier"),
                (NOT_TOLD, "not told"),
            )
        ],
        loc="lower center", bbox_to_anchor=(0.5, -0.12), ncols=3, frameon=False, fontsize=LABEL_PT - 1,
    )  # fmt: skip


def _from_the_front(pose: NDArray[np.floating], skeleton: Skeleton, middle_m: float) -> Floats:
    """Markers `[J, 2]` on the picture, metres: the dancer's left is at the viewer's right."""
    body = pose.astype(np.float64)[None]
    turned = rotate_about_z(body - body.mean(axis=1, keepdims=True), -heading_rad(body, skeleton))
    return np.stack([turned[0, :, 1] + middle_m, body[0, :, 2]], axis=1)


def _draw_body(axes: Axes, body: Floats, skeleton: Skeleton) -> None:
    colour = unit_rgb(BODY_COLOURS[2].middle)
    for i, j in skeleton.edges:
        axes.plot(*body[[i, j]].T, color=colour, linewidth=1.4, zorder=1)
    axes.plot(*body.T, linestyle="", marker="o", markersize=3, color=colour, zorder=1)


def _draw_relation(axes: Axes, start: Floats, end: Floats, who: int | None, share: float) -> None:
    colour: Colour = NOT_TOLD if who is None else (FIRST, SECOND)[who]
    line = np.stack([start, end])
    axes.plot(*line.T, color=unit_rgb(colour), linewidth=1 + 3 * share, alpha=0.85, zorder=2)
    axes.plot(*line.T, linestyle="", marker="o", markersize=5, color=unit_rgb(colour), zorder=3)
