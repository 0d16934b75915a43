"""Strips of poses: a phrase at one glance, from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import radians
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.preparation.prepare_file import PreparedRecording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.bodies import Array, Integers, Marks, as_positions, body_marks
from mariel_gnn.viz.camera import Camera, Floats, facing_azimuth, fit, steady_points
from mariel_gnn.viz.colors import BODY_COLOURS, FAINT_INK, GRID, INK, side_legend
from mariel_gnn.viz.figures import LABEL_PT, font, new_figure, save_figure, unit_rgb, wrapped

# The front quarter, where both sides show; level, so that the floor is a line.
QUARTER = radians(28)
POSE_INCH, NARROWEST_INCH = 1.3, 5.0
LABEL_INCH, TIME_INCH, LEGEND_INCH = 0.2, 0.35, 0.4
AIR_M = 0.12
STROKE_PT, STROKE_M = 1.6, 0.024


def save_stills(
    rows: Mapping[str, Array],
    skeleton: Skeleton,
    path: Path,
    title: str,
    frames: int = 8,
    rate_hz: float = 35.0,
) -> None:
    """Draw a strip: one row for each sequence, poses equally spaced in time from left to right.

    All poses have one scale and one level camera at the front quarter of the first sequence. Each
    pose is centred in its place, so travel is not shown; the line below is the floor at height 0.

    Args:
        rows: label -> positions `[T, J, C]` in metres, z up.
        skeleton: markers, lines and sides of all bodies.
        path: the picture to write (png, pdf or svg).
        title: what the strip shows.
        frames: poses in a row; a sequence with fewer frames shows each of them once.
        rate_hz: frames per second of the positions.

    Raises:
        UserError: there is nothing to draw, or a sequence does not fit the skeleton.
    """
    if not rows or frames < 1:
        raise UserError("stills need one sequence or more and one pose or more in a row")
    bodies = [as_positions(row, skeleton) for row in rows.values()]
    azimuth = facing_azimuth(bodies[0], skeleton.side) + QUARTER
    moments = [_moments(len(body), frames) for body in bodies]
    poses = [body[[t]] for body, ts in zip(bodies, moments, strict=True) for t in ts]
    look_at, room = fit([steady_points(pose) for pose in poses], azimuth, elevation_rad=0.0)
    view = Camera(azimuth, elevation_rad=0.0)
    marks = iter(
        body_marks(pose, skeleton, BODY_COLOURS[0], view, at, STROKE_M)
        for pose, at in zip(poses, look_at, strict=True)
    )
    figure, places = _strip(list(rows), max(map(len, moments)), room, title)
    for axes, ts in zip(places, moments, strict=True):
        _draw_row(axes, [next(marks) for _ in ts], ts / rate_hz, _place_width(room))
    save_figure(figure, path)


def _moments(frames: int, wanted: int) -> Integers:
    """Return `wanted` frame numbers, or fewer, spread evenly from the first frame to the last."""
    return np.unique(np.rint(np.linspace(0, frames - 1, wanted)).astype(np.int64))


def _place_width(room: Floats) -> float:
    """Return the width in metres of one pose's place; poses are looked at in its middle."""
    return float(2 * (np.abs(room[:, 0]).max() + AIR_M))


def _strip(
    labels: Sequence[str], across: int, room: Floats, title: str
) -> tuple[Figure, list[Axes]]:
    """Return a figure with one empty row of `across` places for each label, and the rows."""
    place = _place_width(room)
    width = max(across * POSE_INCH, NARROWEST_INCH)
    texts = [wrapped(label, font(LABEL_PT), width * 72 * 0.95) for label in labels]
    bottom, top = -float(room[1, 1]) - AIR_M, -float(room[0, 1]) + AIR_M
    row_inch = (top - bottom) * POSE_INCH / place + TIME_INCH
    text_inch = LABEL_INCH * sum(map(len, texts))
    figure = new_figure(width, row_inch * len(labels) + text_inch + LEGEND_INCH, title)
    rows = [figure.add_subplot(len(labels), 1, n + 1) for n in range(len(labels))]
    for axes, text in zip(rows, texts, strict=True):
        axes.set(xlim=(-place / 2, (across - 0.5) * place), ylim=(bottom, top), aspect="equal")
        axes.set_title("\n".join(text), loc="left", fontsize=LABEL_PT, color=unit_rgb(INK))
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, colors=unit_rgb(FAINT_INK), labelsize=LABEL_PT - 1)
        axes.set_yticks([])
        axes.axhline(0.0, color=unit_rgb(GRID), linewidth=1.5, zorder=0)
    figure.legend(
        handles=_side_handles(), loc="outside lower left", ncols=3, frameon=False, fontsize=LABEL_PT
    )
    return figure, rows


def _side_handles() -> list[Line2D]:
    """Return the legend's entries: which colour is the dancer's left, right and middle."""
    return [
        Line2D([], [], color=unit_rgb(colour), linewidth=STROKE_PT, marker="o", label=side)
        for side, colour in side_legend()
    ]


def _draw_row(axes: Axes, poses: Sequence[Marks], times_s: Floats, place_m: float) -> None:
    """Draw the poses (one frame each) of a row side by side, with their times below."""
    middles = np.arange(len(poses)) * place_m
    for middle, marks in zip(middles, poses, strict=True):
        order = marks.order(frame=0)
        # Pixels count downwards, the axes upwards.
        ends = marks.ends[0, order].reshape(-1, 2, 2) * [1.0, -1.0] + [middle, 0.0]
        # A very short stroke with round ends is a dot, where snapping does not make it vanish.
        ends[marks.is_dot[order], 1, 0] += 1e-3
        axes.add_collection(
            LineCollection(
                list(ends),
                colors=list(marks.colour[0, order] / 255),
                linewidths=marks.width_px[order] * 72 * POSE_INCH / place_m,
                capstyle="round",
                snap=False,
            ),
            autolim=False,
        )
    axes.set_xticks(middles, [f"{time:.2f} s" for time in times_s])


def draw_preparation(brought: PreparedRecording, picture: Path) -> None:
    """Draw the longest piece beside the same moments of the file."""
    longest = max(brought.parts, key=len)
    rows = {
        "as in the file": _same_moments(brought.before, longest),
        "made ready": longest.positions,
    }
    title = f"{brought.before.name} before and after, skeleton {brought.skeleton.name}"
    save_stills(rows, brought.skeleton, picture, title, rate_hz=longest.rate_hz)


def _same_moments(before: Recording, after: Recording) -> NDArray[np.float32]:
    """The frames of the file that are nearest in time to those of a piece made of it."""
    moments_s = (after.start_frame + np.arange(len(after))) / after.rate_hz
    frames = np.rint(moments_s * before.rate_hz).astype(int)
    moved: NDArray[np.float32] = before.positions[np.minimum(frames, len(before) - 1)]
    return moved
