"""A body with edges between its markers, seen from two sides, and the strongest edges by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import radians
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.animation import ELEVATION, QUARTER, Stage, film_frames, gif, mp4, room_camera
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
from mariel_gnn.viz.canvas import FINE, Layout, arrange, floor, panel_width
from mariel_gnn.viz.colors import BODY_COLOURS, EDGE_STEPS, FAINT_INK, GRID, INK, blend, side_legend
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, tidy, unit_rgb, wrapped

# Ties are ink; the body steps back, but its sides are still told apart.
PALE_BODY = BODY_COLOURS[2]
NARROWEST, WIDEST = 0.5, 1.9  # in strokes of the body
PALEST = 0.7
OVER_EVERYTHING_M = 1e3


@dataclass(frozen=True)
class WeightedEdges:
    """Pairs of markers and how strong each is.

    Attributes:
        pairs: K pairs of marker indices.
        strength: K numbers of 0 or more, in any unit.
    """

    pairs: Sequence[tuple[int, int]]
    strength: Sequence[float]

    def share(self) -> Floats:
        """Strength from 0, the weakest here, to 1, the strongest `[K]`."""
        values = np.asarray(self.strength, dtype=np.float64)
        spread = np.ptp(values)
        return (values - values.min()) / spread if spread > 0 else np.ones_like(values)


def edge_marks(
    positions: Floats, edges: WeightedEdges, camera: Camera, look_at: Floats, stroke_px: float
) -> Marks:
    """Return how edges between the markers of a body `[T, J, C]` are drawn: over it, strongest on top."""
    pairs: Integers = np.array(edges.pairs, dtype=np.int64).reshape(-1, 2)
    share = edges.share()
    pixels, _ = project(positions, camera, look_at)
    shape = (len(positions), len(pairs))
    # In the steps that the palette of a GIF has.
    paleness = np.rint((1 - share) * PALEST * (EDGE_STEPS - 1)) / (EDGE_STEPS - 1)
    return Marks(
        ends=pixels[:, pairs].reshape(*shape, 4),
        nearness=np.broadcast_to(OVER_EVERYTHING_M + share, shape),
        colour=np.broadcast_to(blend(INK, paleness), (*shape, 3)),
        width_px=stroke_px * (NARROWEST + (WIDEST - NARROWEST) * share),
        is_dot=np.zeros(len(pairs), dtype=bool),
    )


WIDTH_INCH, HEIGHT_INCH, LINE_INCH = 11.0, 5.6, 0.2
ROOM_INCH = (3.2, 4.5)  # about what a body has, across and down
# The front quarter, as in all pictures, and a quarter of a turn on from it.
VIEWS = {"from the front": radians(28), "from the dancer's left": radians(100)}
NAMED = 14
STROKE_M, AIR_M = 0.024, 0.12


def save_edge_stills(
    pose: Array,
    skeleton: Skeleton,
    edges: WeightedEdges,
    path: Path,
    title: str,
    unit: str,
    note: str = "",
) -> None:
    """Draw edges over one pose from two sides, and name the strongest with their strength.

    Args:
        pose: positions `[1, J, C]` in metres, z up.
        skeleton: the markers.
        edges: the strongest first.
        path: the picture to write (png, pdf or svg).
        title: what is shown.
        unit: of the strengths, written at their axis.
        note: how the picture is to be read, written below it.

    Raises:
        UserError: there are no edges, or the pose does not fit the skeleton.
    """
    if not edges.pairs:
        raise UserError("no edges to draw: a picture of relations needs one pair or more")
    body = as_positions(pose, skeleton)
    lines = wrapped(note, font(LABEL_PT), (WIDTH_INCH - 0.6) * 72)
    figure = new_figure(WIDTH_INCH, HEIGHT_INCH + LINE_INCH * (len(lines) + 1), title)
    places = figure.subplots(1, len(VIEWS) + 1, width_ratios=[1.0] * len(VIEWS) + [0.9])
    for axes, (view, turn) in zip(places, VIEWS.items(), strict=False):
        _draw_body(axes, body, skeleton, edges, turn)
        axes.set_title(view, loc="left", fontsize=LABEL_PT, color=unit_rgb(INK))
    _draw_names(places[-1], skeleton, edges, unit)
    figure.legend(
        handles=_legend(len(edges.pairs)), title="\n".join(lines), alignment="left",
        loc="outside lower left", ncols=4, frameon=False,
        fontsize=LABEL_PT, title_fontsize=LABEL_PT,
    )  # fmt: skip
    save_figure(figure, path)


def _draw_body(
    axes: Axes, body: Floats, skeleton: Skeleton, edges: WeightedEdges, turn: float
) -> None:
    """Draw the body and its edges on axes that are metres wide, the floor a line."""
    azimuth = facing_azimuth(body, skeleton.side) + turn
    look_at, room = fit([steady_points(body)], azimuth, elevation_rad=0.0)
    view = Camera(azimuth, elevation_rad=0.0)
    marks = [
        body_marks(body, skeleton, PALE_BODY, view, look_at[0], STROKE_M),
        edge_marks(body, edges, view, look_at[0], STROKE_M),
    ]
    (left, top), (right, bottom) = room[0] - AIR_M, room[1] + AIR_M
    axes.set(xlim=(left, right), ylim=(-bottom, -top), aspect="equal", anchor="S")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.axhline(0.0, color=unit_rgb(GRID), linewidth=1.5, zorder=0)
    inch_per_m = min(ROOM_INCH[0] / (right - left), ROOM_INCH[1] / (bottom - top))
    _draw_marks(axes, concatenate_marks(marks), points_per_m=72 * inch_per_m)


def _draw_marks(axes: Axes, marks: Marks, points_per_m: float) -> None:
    order = marks.order(frame=0)
    # Pixels count downwards, the axes upwards.
    ends = marks.ends[0, order].reshape(-1, 2, 2) * [1.0, -1.0]
    # A very short stroke with round ends is a dot.
    ends[marks.is_dot[order], 1, 0] += 1e-3
    axes.add_collection(
        LineCollection(
            list(ends), colors=list(marks.colour[0, order] / 255),
            linewidths=marks.width_px[order] * points_per_m, capstyle="round", snap=False,
        ),
        autolim=False,
    )  # fmt: skip


def _draw_names(axes: Axes, skeleton: Skeleton, edges: WeightedEdges, unit: str) -> None:
    """Draw the strongest edges as bars with the names of their markers."""
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
    """Which colour is which side of the body, and what the dark lines are."""
    colours = (PALE_BODY.left, PALE_BODY.right, PALE_BODY.middle)
    sides = [
        Line2D([], [], color=unit_rgb(colour), linewidth=2, marker="o", label=side)
        for (side, _), colour in zip(side_legend(), colours, strict=True)
    ]
    told = f"the {count} strongest: wider and darker is stronger"
    return [*sides, Line2D([], [], color=unit_rgb(INK), linewidth=3, label=told)]


STROKE_PX = 3.0


def save_edge_animation(
    phrase: Array,
    skeleton: Skeleton,
    panels: Mapping[str, WeightedEdges],
    path: Path,
    title: str,
    rate_hz: float = 35.0,
) -> list[Path]:
    """Write a GIF and an MP4 of one phrase at true speed, a panel for each set of edges.

    Args:
        phrase: positions `[T, J, C]` in metres, z up.
        skeleton: its markers.
        panels: what the edges are -> the edges.
        path: where to write; its suffix is replaced by `.gif` and `.mp4`.
        title: what is shown.
        rate_hz: frames per second of the phrase.

    Returns:
        The paths of the GIF and of the MP4.

    Raises:
        UserError: there are no edges, or the phrase does not fit the skeleton.
    """
    if not panels or not all(edges.pairs for edges in panels.values()):
        raise UserError("no edges to draw: an animation of relations needs one pair or more")
    body = as_positions(phrase, skeleton)
    layout, stages = _edge_stages(body, skeleton, panels, title)
    targets = [Path(path).with_suffix(suffix) for suffix in (".gif", ".mp4")]
    with (
        written_aside(targets[0]) as gif_path,
        written_aside(targets[1]) as mp4_path,
        gif(gif_path, len(body), rate_hz) as to_gif,
        mp4(mp4_path, layout.size, rate_hz) as to_mp4,
    ):
        for picture in film_frames(layout, stages, len(body), rate_hz):
            to_mp4(picture)
            to_gif(picture)
    return targets


def _edge_stages(
    body: Floats, skeleton: Skeleton, panels: Mapping[str, WeightedEdges], title: str
) -> tuple[Layout, list[Stage]]:
    """Return the picture's layout and its stages, all seen by one camera."""
    points = steady_points(body)
    azimuth = facing_azimuth(body, skeleton.side) + QUARTER
    look_at, room = fit([points], azimuth, ELEVATION)
    width = panel_width(len(panels))
    camera, height = room_camera(room, width, azimuth)
    layout = arrange(title, list(panels), [[] for _ in panels], height)
    empty = floor((width * FINE, height * FINE), camera, look_at[0], points)
    stages = [
        Stage(empty, _stage_marks(body, skeleton, edges, camera, look_at[0]))
        for edges in panels.values()
    ]
    return layout, stages


def _stage_marks(
    body: Floats, skeleton: Skeleton, edges: WeightedEdges, camera: Camera, look_at: Floats
) -> Marks:
    stroke_px = STROKE_PX * FINE
    return concatenate_marks(
        [
            shadow_marks(body, skeleton, camera, look_at, stroke_px),
            body_marks(body, skeleton, PALE_BODY, camera, look_at, stroke_px),
            edge_marks(body, edges, camera, look_at, stroke_px),
        ]
    )
