"""Weighted edges between the markers of a body: stills from two sides, and films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import radians
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.animation import ELEVATION, QUARTER, Stage, fit_camera, stage_height, write_film
from mariel_gnn.viz.bodies import (
    Array,
    Integers,
    Marks,
    as_positions,
    body_marks,
    concatenate_marks,
    shadow_marks,
)
from mariel_gnn.viz.camera import Camera, Floats, facing_azimuth, fit, project, steady_points
from mariel_gnn.viz.canvas import FINE, Layout, arrange, draw_floor, panel_width
from mariel_gnn.viz.colors import BODY_COLOURS, EDGE_STEPS, FAINT_INK, GRID, INK, blend, side_legend
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, tidy, unit_rgb, wrapped
from mariel_gnn.viz.stills import add_marks

PALE_BODY = BODY_COLOURS[2]  # under the dark edges; its sides stay distinguishable
NARROWEST, WIDEST = 0.5, 1.9  # in strokes of the body
PALEST = 0.7
OVER_EVERYTHING_M = 1e3
WIDTH_INCH, HEIGHT_INCH, LINE_INCH = 11.0, 5.6, 0.2
VIEW_INCH = (3.2, 4.5)  # approximate width and height of one view
# The front quarter, as in all pictures, and about a quarter turn from it.
VIEWS = {"from the front": radians(28), "from the dancer's left": radians(100)}
NAMED = 14  # edges that are named
STROKE_M, AIR_M = 0.024, 0.12  # in stills
STROKE_PX = 3.0  # in films


@dataclass(frozen=True)
class WeightedEdges:
    """Pairs of markers with weights.

    Attributes:
        pairs: K pairs of marker indices.
        strength: K weights, 0 or more, in any unit.
    """

    pairs: Sequence[tuple[int, int]]
    strength: Sequence[float]

    def share(self) -> Floats:
        """Return the strengths `[K]` scaled from 0 (weakest) to 1 (strongest)."""
        values = np.asarray(self.strength, dtype=np.float64)
        extent = np.ptp(values)
        return (values - values.min()) / extent if extent > 0 else np.ones_like(values)


def edge_marks(
    positions: Floats, edges: WeightedEdges, camera: Camera, target: Floats, stroke_px: float
) -> Marks:
    """Return the marks of edges between the markers of a body `[T, J, C]`: over it, strongest on top."""
    pairs: Integers = np.array(edges.pairs, dtype=np.int64).reshape(-1, 2)
    share = edges.share()
    pixels, _ = project(positions, camera, target)
    shape = (len(positions), len(pairs))
    # In the steps of the GIF palette.
    paleness = np.rint((1 - share) * PALEST * (EDGE_STEPS - 1)) / (EDGE_STEPS - 1)
    return Marks(
        ends=pixels[:, pairs].reshape(*shape, 4),
        nearness=np.broadcast_to(OVER_EVERYTHING_M + share, shape),
        colour=np.broadcast_to(blend(INK, paleness), (*shape, 3)),
        width_px=stroke_px * (NARROWEST + (WIDEST - NARROWEST) * share),
        is_dot=np.zeros(len(pairs), dtype=bool),
    )


def save_edge_stills(
    pose: Array,
    skeleton: Skeleton,
    edges: WeightedEdges,
    path: Path,
    title: str,
    unit: str,
    note: str = "",
) -> None:
    """Draw edges over one pose from two sides, with names and strengths of the strongest.

    Args:
        pose: positions `[1, J, C]` in metres, z up.
        skeleton: the markers.
        edges: edges, strongest first.
        path: the picture to write (png, pdf or svg).
        title: the title.
        unit: unit of the strengths.
        note: how to read the picture, written below it.

    Raises:
        UserError: there are no edges, or the pose does not fit the skeleton.
    """
    if not edges.pairs:
        raise UserError("no edges to draw: a picture of edges needs one pair or more")
    body = as_positions(pose, skeleton)
    lines = wrapped(note, font(LABEL_PT), (WIDTH_INCH - 0.6) * 72)
    figure = new_figure(WIDTH_INCH, HEIGHT_INCH + LINE_INCH * (len(lines) + 1), title)
    views = figure.subplots(1, len(VIEWS) + 1, width_ratios=[1.0] * len(VIEWS) + [0.9])
    for axes, (view, turn_rad) in zip(views, VIEWS.items(), strict=False):
        _draw_body(axes, body, skeleton, edges, turn_rad)
        axes.set_title(view, loc="left", fontsize=LABEL_PT, color=unit_rgb(INK))
    _draw_names(views[-1], skeleton, edges, unit)
    figure.legend(
        handles=_legend(len(edges.pairs)), title="\n".join(lines), alignment="left",
        loc="outside lower left", ncols=4, frameon=False,
        fontsize=LABEL_PT, title_fontsize=LABEL_PT,
    )  # fmt: skip
    save_figure(figure, path)


def _draw_body(
    axes: Axes, body: Floats, skeleton: Skeleton, edges: WeightedEdges, turn_rad: float
) -> None:
    """Draw the body and its edges on axes in metres; the floor is a line."""
    azimuth = facing_azimuth(body, skeleton.side) + turn_rad
    (target,), bounds = fit([steady_points(body)], azimuth, elevation_rad=0.0)
    camera = Camera(azimuth, elevation_rad=0.0)
    marks = [
        body_marks(body, skeleton, PALE_BODY, camera, target, STROKE_M),
        edge_marks(body, edges, camera, target, STROKE_M),
    ]
    (left, top), (right, bottom) = bounds[0] - AIR_M, bounds[1] + AIR_M
    axes.set(xlim=(left, right), ylim=(-bottom, -top), aspect="equal", anchor="S")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.axhline(0.0, color=unit_rgb(GRID), linewidth=1.5, zorder=0)
    inch_per_m = min(VIEW_INCH[0] / (right - left), VIEW_INCH[1] / (bottom - top))
    add_marks(axes, concatenate_marks(marks), points_per_m=72 * inch_per_m)


def _draw_names(axes: Axes, skeleton: Skeleton, edges: WeightedEdges, unit: str) -> None:
    """Draw the strongest edges as bars, with the names of their markers."""
    tidy(axes)
    axes.grid(visible=False, axis="y")
    names = [f"{skeleton.markers[i]} – {skeleton.markers[j]}" for i, j in edges.pairs[:NAMED]]
    strength = np.asarray(edges.strength[:NAMED])
    bars = axes.barh(range(len(names)), strength, height=0.62, color=unit_rgb(INK))
    labels = [f"{value:#.3g}" for value in strength]
    axes.bar_label(bars, labels, padding=4, fontsize=LABEL_PT - 1, color=unit_rgb(INK))
    axes.set_yticks(range(len(names)), names, fontsize=LABEL_PT - 1, color=unit_rgb(INK))
    axes.set_ylim(max(len(names), NAMED) - 0.4, -0.6)
    axes.margins(x=0.16)
    axes.set_xlabel("\n".join(wrapped(unit, font(LABEL_PT), 220)), fontsize=LABEL_PT)
    axes.xaxis.label.set_color(unit_rgb(FAINT_INK))


def _legend(count: int) -> list[Line2D]:
    """Return the legend: sides of the body, and the edges."""
    colours = (PALE_BODY.left, PALE_BODY.right, PALE_BODY.middle)
    sides = [
        Line2D([], [], color=unit_rgb(colour), linewidth=2, marker="o", label=side)
        for (side, _), colour in zip(side_legend(), colours, strict=True)
    ]
    edges = f"the {count} strongest; wider and darker is stronger"
    return [*sides, Line2D([], [], color=unit_rgb(INK), linewidth=3, label=edges)]


def save_edge_animation(
    phrase: Array,
    skeleton: Skeleton,
    panels: Mapping[str, WeightedEdges],
    path: Path,
    title: str,
    rate_hz: float = 35.0,
) -> list[Path]:
    """Write a GIF and an MP4 of one phrase at true speed, with one panel for each set of edges.

    Args:
        phrase: positions `[T, J, C]` in metres, z up.
        skeleton: its markers.
        panels: title of the panel -> its edges.
        path: the file; `.gif` and `.mp4` replace its suffix.
        title: the title above the panels.
        rate_hz: frames per second of the phrase.

    Returns:
        The paths of the GIF and of the MP4.

    Raises:
        UserError: there are no edges, or the phrase does not fit the skeleton.
    """
    if not panels or not all(edges.pairs for edges in panels.values()):
        raise UserError("no edges to draw: a film of edges needs one pair or more")
    body = as_positions(phrase, skeleton)
    layout, stages = _edge_stages(body, skeleton, panels, title)
    return write_film(layout, stages, len(body), rate_hz, path)


def _edge_stages(
    body: Floats, skeleton: Skeleton, panels: Mapping[str, WeightedEdges], title: str
) -> tuple[Layout, list[Stage]]:
    """Return the layout of a frame and its stages, all with one camera."""
    points = steady_points(body)
    azimuth = facing_azimuth(body, skeleton.side) + QUARTER
    (target,), bounds = fit([points], azimuth, ELEVATION)
    width = panel_width(len(panels))
    height = stage_height(bounds, width)
    camera = fit_camera(bounds, width, height, azimuth)
    layout = arrange(title, list(panels), [[] for _ in panels], width, height)
    empty = draw_floor((width * FINE, height * FINE), camera, target, points)
    stages = [
        Stage(empty, _stage_marks(body, skeleton, edges, camera, target))
        for edges in panels.values()
    ]
    return layout, stages


def _stage_marks(
    body: Floats, skeleton: Skeleton, edges: WeightedEdges, camera: Camera, target: Floats
) -> Marks:
    stroke_px = STROKE_PX * FINE
    return concatenate_marks(
        [
            shadow_marks(body, skeleton, camera, target, stroke_px),
            body_marks(body, skeleton, PALE_BODY, camera, target, stroke_px),
            edge_marks(body, edges, camera, target, stroke_px),
        ]
    )
