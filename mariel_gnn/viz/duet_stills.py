"""Stills of two dancers with the edges between them, by kind."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.bodies import Array, Marks, as_positions, body_marks, concatenate_marks
from mariel_gnn.viz.camera import Camera, Floats, facing_azimuth, fit, project, steady_points
from mariel_gnn.viz.colors import BODY_COLOURS, GRID, INK, LIGHT, BodyColours, blend_colours
from mariel_gnn.viz.edges_between import (
    StrongEdges,
    check_kinds,
    colour_number,
    strongest_edges,
    words_of,
)
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, unit_rgb, wrapped
from mariel_gnn.viz.stills import add_marks

QUARTER = radians(28)
PANEL_INCH, NARROWEST_INCH, HIGHEST_INCH, LEGEND_INCH = 3.0, 6.0, 5.0, 1.1
STROKE_M, AIR_M = 0.014, 0.12
UNDER_EDGES = 0.45  # paleness of bodies under edges
THINNEST_PT, THICKEST_PT, FAINTEST = 0.7, 2.4, 0.35
SOLID: tuple[float, Sequence[float]] = (0, ())
DASHES = (SOLID, SOLID, (0, (4, 3)), (0, (1, 2.5)))  # of each kind, as on the page


def save_duet_stills(
    positions: Array,
    skeleton: Skeleton,
    strengths: Array,
    kinds: Sequence[str],
    path: Path,
    title: str,
    labels: Sequence[str] = (),
    least: float = 0.3,
) -> None:
    """Draw two dancers at one moment or a few, with the strongest edges between them.

    All moments have one scale, and the direction of view is the front quarter of the first dancer. The first
    dancer has the usual colours of the sides, the second one the dark ones.

    Args:
        positions: `[T, 2, J, C]` metres, z up: T moments from left to right, about one to six.
        skeleton: the markers of one dancer.
        strengths: `[T, kinds, J, J]` from 0 to 1, row the first dancer's marker; see `duet_strengths`.
        kinds: a name for each kind, such as `near_alike`.
        path: the picture to write (png, pdf or svg).
        title: the title.
        labels: a label for each moment, such as its time.
        least: edges below this strength are not drawn.

    Raises:
        UserError: the positions, the strengths and the labels do not fit together.
    """
    _check(positions, strengths, kinds, labels)
    dancers = [as_positions(positions[:, number], skeleton) for number in (0, 1)]
    edges = strongest_edges(strengths, least)
    camera = Camera(facing_azimuth(dancers[0], skeleton.side) + QUARTER, elevation_rad=0.0)
    moments = list(zip(*dancers, strict=True))
    points = [np.concatenate([steady_points(body[None]) for body in both]) for both in moments]
    targets, bounds = fit(points, camera.azimuth_rad, elevation_rad=0.0)
    figure, panels, inch_per_m = _panels(len(moments), bounds, title)
    for t, (axes, both) in enumerate(zip(panels, moments, strict=True)):
        marks = _marks(both, skeleton, camera, targets[t])
        add_marks(axes, marks, points_per_m=72 * inch_per_m)
        _draw_edges(axes, both, edges.where(edges.frame == t), kinds, camera, targets[t], least)
        axes.set_title(
            labels[t] if labels else "", loc="left", fontsize=LABEL_PT, color=unit_rgb(INK)
        )
    note = wrapped(_note(least), font(LABEL_PT), (figure.get_figwidth() - 0.4) * 72)
    figure.legend(
        handles=_legend(kinds), title="\n".join(note), alignment="left", loc="outside lower left",
        ncols=2, frameon=False, fontsize=LABEL_PT, title_fontsize=LABEL_PT, handlelength=3,
    )  # fmt: skip
    save_figure(figure, path)


def _check(positions: Array, strengths: Array, kinds: Sequence[str], labels: Sequence[str]) -> None:
    check_kinds(strengths, kinds)
    shape = tuple(positions.shape)
    if len(shape) != 4 or shape[1] != 2 or len(strengths) != shape[0] or shape[0] == 0:
        raise UserError(
            f"positions have shape {shape}, strengths {tuple(strengths.shape)}: give [T, 2, J, 3] and "
            "[T, kinds, J, J]"
        )
    if labels and len(labels) != shape[0]:
        raise UserError(f"{len(labels)} labels for {shape[0]} moments: give one for each")


def _panels(count: int, bounds: Floats, title: str) -> tuple[Figure, list[Axes], float]:
    """Return a figure, its empty axes in metres with the floor as a line, and inches per metre."""
    (left, top), (right, bottom) = bounds[0] - AIR_M, bounds[1] + AIR_M
    width = max(PANEL_INCH * count, NARROWEST_INCH)
    inch_per_m = min((width - 0.4) / count / (right - left), HIGHEST_INCH / (bottom - top))
    figure = new_figure(width, (bottom - top) * inch_per_m + LEGEND_INCH, title)
    panels = list(figure.subplots(1, count, squeeze=False)[0])
    for axes in panels:
        axes.set(xlim=(left, right), ylim=(-bottom, -top), aspect="equal", anchor="S")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        axes.axhline(0.0, color=unit_rgb(GRID), linewidth=1.5, zorder=0)
    return figure, panels, inch_per_m


def _marks(both: Sequence[Floats], skeleton: Skeleton, camera: Camera, target: Floats) -> Marks:
    """Return the marks of both bodies `[J, C]`, pale."""
    return concatenate_marks(
        [
            body_marks(body[None], skeleton, _pale(colours), camera, target, STROKE_M)
            for body, colours in zip(both, BODY_COLOURS[:2], strict=True)
        ]
    )


def _draw_edges(
    axes: Axes,
    both: Sequence[Floats],
    edges: StrongEdges,
    kinds: Sequence[str],
    camera: Camera,
    target: Floats,
    least: float,
) -> None:
    """Draw the edges of one moment between bodies `[J, C]`, the strongest on top."""
    first, second = (project(body, camera, target)[0] * [1.0, -1.0] for body in both)
    for number in np.argsort(edges.strength, kind="stable"):
        kind = int(edges.kind[number])
        style = colour_number(kinds[kind], kind) % len(DASHES)
        share = (edges.strength[number] - least) / max(1 - least, 1e-9)
        ends = np.stack([first[edges.first[number]], second[edges.second[number]]])
        axes.plot(
            *ends.T, color=unit_rgb(LIGHT.between[style]), linestyle=DASHES[style], marker="o",
            markersize=2.2, linewidth=THINNEST_PT + (THICKEST_PT - THINNEST_PT) * share,
            alpha=FAINTEST + (1 - FAINTEST) * share, scalex=False, scaley=False, zorder=4,
        )  # fmt: skip


def _pale(colours: BodyColours) -> BodyColours:
    sides = (colours.left, colours.right, colours.middle)
    return BodyColours(*(blend_colours(side, LIGHT.background, UNDER_EDGES) for side in sides))


def _legend(kinds: Sequence[str]) -> list[Line2D]:
    numbers = [colour_number(kind, number) % len(DASHES) for number, kind in enumerate(kinds)]
    return [
        Line2D(
            [], [], color=unit_rgb(LIGHT.between[number]), linestyle=DASHES[number], linewidth=2,
            marker="o", markersize=3, label=words_of(kind)[0],
        )
        for kind, number in zip(kinds, numbers, strict=True)
    ]  # fmt: skip


def _note(least: float) -> str:
    return (
        f"Edges from strength {least:g}, at most one of a kind at a marker; a wider line is stronger. The "
        "second dancer has the darker colours."
    )
