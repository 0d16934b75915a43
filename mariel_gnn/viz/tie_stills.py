"""A body with ties between its markers, seen from two sides, and the strongest ties by name."""

from __future__ import annotations

from math import radians
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.viz.bodies import Array, Marks, as_positions, body_marks, joined
from mariel_gnn.viz.camera import Camera, Floats, facing_azimuth, fit, steady_points
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb
from mariel_gnn.viz.lettering import font, wrapped
from mariel_gnn.viz.palette import FAINT_INK, GRID, INK, side_legend
from mariel_gnn.viz.ties import BODY_TONE, Ties, tie_marks

WIDTH_INCH, HEIGHT_INCH, LINE_INCH = 11.0, 5.6, 0.2
ROOM_INCH = (3.2, 4.5)  # about what a body has, across and down
# The front quarter, as in all pictures, and a quarter of a turn on from it.
VIEWS = {"from the front": radians(28), "from the dancer's left": radians(100)}
NAMED = 14
STROKE_M, AIR_M = 0.024, 0.12


def save_tie_stills(
    pose: Array, skeleton: Skeleton, ties: Ties, path: Path, title: str, unit: str, note: str = ""
) -> None:
    """Draw ties over one pose from two sides, and name the strongest with their strength.

    Args:
        pose: positions `[1, J, C]` in metres, z up.
        skeleton: the markers.
        ties: the strongest first.
        path: the picture to write (png, pdf or svg).
        title: what is shown.
        unit: of the strengths, written at their axis.
        note: how the picture is to be read, written below it.

    Raises:
        UserError: there are no ties, or the pose does not fit the skeleton.
    """
    if not ties.pairs:
        raise UserError("no ties to draw: a picture of relations needs one pair or more")
    body = as_positions(pose, skeleton)
    lines = wrapped(note, font(LABEL_PT), (WIDTH_INCH - 0.6) * 72)
    figure = new_figure(WIDTH_INCH, HEIGHT_INCH + LINE_INCH * (len(lines) + 1), title)
    places = figure.subplots(1, len(VIEWS) + 1, width_ratios=[1.0] * len(VIEWS) + [0.9])
    for axes, (view, turn) in zip(places, VIEWS.items(), strict=False):
        _draw_body(axes, body, skeleton, ties, turn)
        axes.set_title(view, loc="left", fontsize=LABEL_PT, color=unit_rgb(INK))
    _draw_names(places[-1], skeleton, ties, unit)
    figure.legend(
        handles=_legend(len(ties.pairs)), title="\n".join(lines), alignment="left",
        loc="outside lower left", ncols=4, frameon=False,
        fontsize=LABEL_PT, title_fontsize=LABEL_PT,
    )  # fmt: skip
    save_figure(figure, path)


def _draw_body(axes: Axes, body: Floats, skeleton: Skeleton, ties: Ties, turn: float) -> None:
    """Draw the body and its ties on axes that are metres wide, the floor a line."""
    azimuth = facing_azimuth(body, skeleton.side) + turn
    look_at, room = fit([steady_points(body)], azimuth, elevation_rad=0.0)
    view = Camera(azimuth, elevation_rad=0.0)
    marks = [
        body_marks(body, skeleton, BODY_TONE, view, look_at[0], STROKE_M),
        tie_marks(body, ties, view, look_at[0], STROKE_M),
    ]
    (left, top), (right, bottom) = room[0] - AIR_M, room[1] + AIR_M
    axes.set(xlim=(left, right), ylim=(-bottom, -top), aspect="equal", anchor="S")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.axhline(0.0, color=unit_rgb(GRID), linewidth=1.5, zorder=0)
    inch_per_m = min(ROOM_INCH[0] / (right - left), ROOM_INCH[1] / (bottom - top))
    _draw_marks(axes, joined(marks), points_per_m=72 * inch_per_m)


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


def _draw_names(axes: Axes, skeleton: Skeleton, ties: Ties, unit: str) -> None:
    """Draw the strongest ties as bars with the names of their markers."""
    tidy(axes)
    axes.grid(visible=False, axis="y")
    names = [f"{skeleton.markers[i]} – {skeleton.markers[j]}" for i, j in ties.pairs[:NAMED]]
    strength = np.asarray(ties.strength[:NAMED])
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
    colours = (BODY_TONE.left, BODY_TONE.right, BODY_TONE.middle)
    sides = [
        Line2D([], [], color=unit_rgb(colour), linewidth=2, marker="o", label=side)
        for (side, _), colour in zip(side_legend(), colours, strict=True)
    ]
    told = f"the {count} strongest: wider and darker is stronger"
    return [*sides, Line2D([], [], color=unit_rgb(INK), linewidth=3, label=told)]
