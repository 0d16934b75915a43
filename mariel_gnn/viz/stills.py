"""Strips of poses: rows of stills, equally spaced in time from left to right."""

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

QUARTER = radians(28)  # the front quarter, where front and both sides are visible
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
    """Draw one row of poses for each sequence, equally spaced in time from left to right.

    All poses have one scale and one level camera at the front quarter of the first sequence. Each
    pose is centred in its column, so the trajectory is not visible. The line is the floor at height 0.

    Args:
        rows: label -> positions `[T, J, C]` in metres, z up.
        skeleton: markers, edges and sides of all bodies.
        path: the picture to write (png, pdf or svg).
        title: the title.
        frames: poses in a row; a sequence with fewer frames shows each frame once.
        rate_hz: frames per second of the positions.

    Raises:
        UserError: there is nothing to draw, or a sequence does not fit the skeleton.
    """
    if not rows or frames < 1:
        raise UserError(
            "nothing to draw: stills need one sequence or more, and one pose or more in a row"
        )
    bodies = [as_positions(row, skeleton) for row in rows.values()]
    azimuth = facing_azimuth(bodies[0], skeleton.side) + QUARTER
    chosen = [_spaced_frames(len(body), frames) for body in bodies]
    poses = [body[[t]] for body, ts in zip(bodies, chosen, strict=True) for t in ts]
    targets, bounds = fit([steady_points(pose) for pose in poses], azimuth, elevation_rad=0.0)
    camera = Camera(azimuth, elevation_rad=0.0)
    marks = iter(
        body_marks(pose, skeleton, BODY_COLOURS[0], camera, target, STROKE_M)
        for pose, target in zip(poses, targets, strict=True)
    )
    figure, row_axes = _strip(list(rows), max(map(len, chosen)), bounds, title)
    for axes, ts in zip(row_axes, chosen, strict=True):
        _draw_row(axes, [next(marks) for _ in ts], ts / rate_hz, _column_width(bounds))
    save_figure(figure, path)


def add_marks(axes: Axes, marks: Marks, points_per_m: float, middle_m: float = 0.0) -> None:
    """Draw the only frame of `marks` on axes in metres, at `middle_m`, farthest first."""
    order = marks.order(frame=0)
    # Pixels count downwards, the axes upwards.
    ends = marks.ends[0, order].reshape(-1, 2, 2) * [1.0, -1.0] + [middle_m, 0.0]
    # A dot is a very short stroke with round ends. Without snapping it stays visible.
    ends[marks.is_dot[order], 1, 0] += 1e-3
    axes.add_collection(
        LineCollection(
            list(ends), colors=list(marks.colour[0, order] / 255),
            linewidths=marks.width_px[order] * points_per_m, capstyle="round", snap=False,
        ),
        autolim=False,
    )  # fmt: skip


def draw_preparation(prepared: PreparedRecording, picture: Path) -> None:
    """Draw the longest part of a prepared recording and the same times of the input file."""
    longest = max(prepared.parts, key=len)
    rows = {
        "in the file": _at_times_of(longest, prepared.before),
        "prepared": longest.positions,
    }
    title = f"{prepared.before.name} before and after, skeleton {prepared.skeleton.name}"
    save_stills(rows, prepared.skeleton, picture, title, rate_hz=longest.rate_hz)


def _at_times_of(part: Recording, file: Recording) -> NDArray[np.float32]:
    """Return the frames of a file that are nearest in time to the frames of a part of it."""
    times_s = (part.start_frame + np.arange(len(part))) / part.rate_hz
    frames = np.rint(times_s * file.rate_hz).astype(int)
    positions: NDArray[np.float32] = file.positions[np.minimum(frames, len(file) - 1)]
    return positions


def _spaced_frames(frames: int, count: int) -> Integers:
    """Return at most `count` frame numbers, equally spaced from the first frame to the last."""
    return np.unique(np.rint(np.linspace(0, frames - 1, count)).astype(np.int64))


def _column_width(bounds: Floats) -> float:
    """Return the width in metres of one pose's column."""
    return float(2 * (np.abs(bounds[:, 0]).max() + AIR_M))


def _strip(
    labels: Sequence[str], across: int, bounds: Floats, title: str
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its axes: one empty row of `across` columns for each label."""
    column = _column_width(bounds)
    width = max(across * POSE_INCH, NARROWEST_INCH)
    texts = [wrapped(label, font(LABEL_PT), width * 72 * 0.95) for label in labels]
    bottom, top = -float(bounds[1, 1]) - AIR_M, -float(bounds[0, 1]) + AIR_M
    row_inch = (top - bottom) * POSE_INCH / column + TIME_INCH
    text_inch = LABEL_INCH * sum(map(len, texts))
    figure = new_figure(width, row_inch * len(labels) + text_inch + LEGEND_INCH, title)
    rows = [figure.add_subplot(len(labels), 1, n + 1) for n in range(len(labels))]
    for axes, text in zip(rows, texts, strict=True):
        axes.set(xlim=(-column / 2, (across - 0.5) * column), ylim=(bottom, top), aspect="equal")
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
    """Return the legend of the dancer's sides."""
    return [
        Line2D([], [], color=unit_rgb(colour), linewidth=STROKE_PT, marker="o", label=side)
        for side, colour in side_legend()
    ]


def _draw_row(axes: Axes, poses: Sequence[Marks], times_s: Floats, column_m: float) -> None:
    """Draw the poses of a row, one frame each, with their times below."""
    middles = np.arange(len(poses)) * column_m
    for middle, marks in zip(middles, poses, strict=True):
        add_marks(axes, marks, 72 * POSE_INCH / column_m, middle)
    axes.set_xticks(middles, [f"{time:.2f} s" for time in times_s])
