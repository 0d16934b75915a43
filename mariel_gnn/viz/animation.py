"""Moving pictures of bodies side by side, from one fixed camera."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import radians
from pathlib import Path

import numpy as np
from PIL import Image

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.viz.bodies import (
    Array,
    Marks,
    as_positions,
    body_marks,
    joined,
    lengthened,
    shadow_marks,
)
from mariel_gnn.viz.camera import Camera, Floats, facing_azimuth, fit, steady_points
from mariel_gnn.viz.canvas import FINE, blank, draw_marks, draw_time, floor
from mariel_gnn.viz.layout import Layout, arrange, panel_width
from mariel_gnn.viz.movie import gif, mp4
from mariel_gnn.viz.palette import tone_of

# Slightly above, and from the dancer's front quarter, where front, back and both sides show.
ELEVATION = radians(14)
QUARTER = radians(28)
# Air around the bodies in metres: markers are points, dancers are not.
AIR_M = 0.2
# The stage's height over its width stays between these.
FLATTEST, TALLEST = 0.65, 1.25
# A stroke's width in metres, and the least and the most in pixels.
STROKE_M, THINNEST_PX, THICKEST_PX = 0.025, 1.5, 3.5


@dataclass(frozen=True)
class Panel:
    """One stage of an animation.

    Attributes:
        title: what the stage shows.
        bodies: label -> positions `[T, J, C]` in metres, z up. The first is drawn in full
            colours, the second in dark ones, the third pale; they share the stage.
    """

    title: str
    bodies: Mapping[str, Array]


@dataclass(frozen=True)
class Stage:
    """A panel made ready: its empty floor and what is drawn on it in every frame."""

    empty: Image.Image
    marks: Marks


def save_animation(
    panels: Sequence[Panel],
    skeleton: Skeleton,
    path: Path,
    title: str,
    rate_hz: float = 35.0,
) -> list[Path]:
    """Write a GIF and an MP4 of panels side by side, at true speed.

    The camera is fixed, the same for all panels, and sees the whole path of every body; it stands
    at the front quarter of the first body. Each panel is centred on its own bodies, at one scale.
    Bodies may differ in length: one that has ended is gone. Markers that are not finite are left
    out. The MP4 has every frame. The GIF has every frame up to 50 Hz and 400 frames, else every
    n-th; its delays are 20 ms or longer multiples of 10 ms that add up to the true duration.

    Args:
        panels: one or more panels with one or more bodies each.
        skeleton: markers, lines and sides of all bodies.
        path: where to write; its suffix is replaced by `.gif` and `.mp4`.
        title: what the animation shows.
        rate_hz: frames per second of the positions.

    Returns:
        The paths of the GIF and of the MP4.

    Raises:
        UserError: there is nothing to draw, a body does not fit the skeleton, or the rate is not
            a positive number.
    """
    bodies = _checked(panels, skeleton, rate_hz)
    frames = len(bodies[0][0])
    layout, stages = _staged(panels, bodies, skeleton, title)
    targets = [Path(path).with_suffix(suffix) for suffix in (".gif", ".mp4")]
    with (
        written_aside(targets[0]) as gif_path,
        written_aside(targets[1]) as mp4_path,
        gif(gif_path, frames, rate_hz) as to_gif,
        mp4(mp4_path, layout.size, rate_hz) as to_mp4,
    ):
        for picture in film_frames(layout, stages, frames, rate_hz):
            to_mp4(picture)
            to_gif(picture)
    return targets


def _checked(panels: Sequence[Panel], skeleton: Skeleton, rate_hz: float) -> list[list[Floats]]:
    """Return each panel's bodies `[T, J, C]`, all of the longest one's length."""
    if not panels or not all(panel.bodies for panel in panels):
        raise UserError("an animation needs one panel or more, each with one body or more")
    if not (np.isfinite(rate_hz) and rate_hz > 0):
        raise UserError(f"a rate of {rate_hz} Hz cannot be played: give frames per second above 0")
    bodies = [[as_positions(b, skeleton) for b in panel.bodies.values()] for panel in panels]
    frames = max(len(body) for row in bodies for body in row)
    return [[lengthened(body, frames) for body in row] for row in bodies]


def _staged(
    panels: Sequence[Panel], bodies: Sequence[Sequence[Floats]], skeleton: Skeleton, title: str
) -> tuple[Layout, list[Stage]]:
    """Return the picture's layout and its stages, seen by one camera."""
    points = [np.concatenate([steady_points(body) for body in row]) for row in bodies]
    azimuth = facing_azimuth(bodies[0][0], skeleton.side) + QUARTER
    look_at, room = fit(points, azimuth, ELEVATION)
    width = panel_width(len(panels))
    camera, height = room_camera(room, width, azimuth)
    labels = [_labels(panel) for panel in panels]
    layout = arrange(title, [panel.title for panel in panels], labels, height)
    stages = [
        Stage(
            floor((width * FINE, height * FINE), camera, at, seen),
            _panel_marks(row, skeleton, camera, at),
        )
        for row, at, seen in zip(bodies, look_at, points, strict=True)
    ]
    return layout, stages


def _labels(panel: Panel) -> list[str]:
    """Return the labels to write under a panel's title: none that would only repeat it."""
    labels = list(panel.bodies)
    return [] if [panel.title.casefold()] == [label.casefold() for label in labels] else labels


def room_camera(room: Floats, width: int, azimuth_rad: float) -> tuple[Camera, int]:
    """Return the camera that fits `room` `[2, 2]` (metres) to a stage, and the stage's height."""
    low, high = room[0] - AIR_M, room[1] + AIR_M
    across, down = high - low
    height = round(width * float(np.clip(down / across, FLATTEST, TALLEST))) // 2 * 2
    scale = float(min(width / across, height / down)) * FINE
    middle = (low + high) / 2
    target = np.array([width, height]) * FINE / 2 - middle * scale
    return Camera(azimuth_rad, ELEVATION, scale, (float(target[0]), float(target[1]))), height


def _panel_marks(
    bodies: Sequence[Floats], skeleton: Skeleton, camera: Camera, look_at: Floats
) -> Marks:
    """Return the shadows and bodies of one panel."""
    thinnest, thickest = THINNEST_PX * FINE, THICKEST_PX * FINE
    stroke_px = min(max(STROKE_M * camera.pixels_per_m, thinnest), thickest)
    shadows = [shadow_marks(body, skeleton, camera, look_at, stroke_px) for body in bodies]
    drawn = [
        body_marks(body, skeleton, tone_of(number), camera, look_at, stroke_px)
        for number, body in enumerate(bodies)
    ]
    return joined([*shadows, *drawn])


def film_frames(
    layout: Layout, stages: Sequence[Stage], frames: int, rate_hz: float
) -> Iterator[Image.Image]:
    """Yield the finished pictures, frame by frame."""
    background = blank(layout)
    for frame in range(frames):
        picture = background.copy()
        for (left, top, *_), ready in zip(layout.stages, stages, strict=True):
            stage = ready.empty.copy()
            draw_marks(stage, ready.marks, frame)
            picture.paste(stage.reduce(FINE), (left, top))
        draw_time(picture, frame / rate_hz, frames / rate_hz)
        yield picture
