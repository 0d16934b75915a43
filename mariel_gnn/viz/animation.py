"""Films of moving bodies: panels side by side, with one camera and one scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import radians
from pathlib import Path

import numpy as np
from PIL import Image

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.bodies import (
    Array,
    Marks,
    as_positions,
    body_marks,
    concatenate_marks,
    pad_to_length,
    shadow_marks,
)
from mariel_gnn.viz.camera import Camera, Floats, facing_azimuth, fit, steady_points
from mariel_gnn.viz.canvas import (
    FINE,
    Layout,
    arrange,
    blank,
    draw_floor,
    draw_marks,
    draw_time,
    panel_width,
)
from mariel_gnn.viz.film_files import gif, video, without_fringe
from mariel_gnn.viz.film_style import VIEWS, FilmStyle

QUARTER, ELEVATION = map(radians, VIEWS["quarter"])
AIR_M = 0.2  # around the markers, because a dancer is larger than the markers
FLATTEST, TALLEST = 0.65, 1.25  # a stage's height over its width
STROKE_M, THINNEST_PX, THICKEST_PX = 0.025, 1.5, 3.5  # width of a stroke
LEAST_STAGE_PX = 120  # width and height of a stage
STANDARD_HEIGHT_PX = 600  # of a film; the strokes of a larger one are wider
STANDARD = FilmStyle()
Texts = tuple[str, list[str], list[list[str]]]  # title; title of each panel; labels of each panel


@dataclass(frozen=True)
class Panel:
    """One stage of an animation.

    Attributes:
        title: the title above the stage.
        bodies: label -> positions `[T, J, C]` in metres, z up. All are drawn on one stage: the first
            in full colours, the second in dark ones, the third in pale ones.
        colours: number of the first body's colours; 1 for a panel of generated frames.
    """

    title: str
    bodies: Mapping[str, Array]
    colours: int = 0


@dataclass(frozen=True)
class Stage:
    """A panel in pixels: its empty floor and the marks of every frame."""

    empty: Image.Image
    marks: Marks


def save_animation(
    panels: Sequence[Panel],
    skeleton: Skeleton,
    path: Path,
    title: str,
    rate_hz: float = 35.0,
    style: FilmStyle = STANDARD,
    audio: Path | None = None,
) -> list[Path]:
    """Write a GIF and an MP4 of panels side by side, at true speed; without a background a GIF and a WebM.

    All panels have one fixed camera relative to the first body, and one scale. Each panel
    is centred on its own bodies and shows their whole path. Bodies can differ in length: a body
    disappears at its end. Markers that are not finite are not drawn. The MP4 has every frame; `gif`
    describes the frames and delays of the GIF.

    Args:
        panels: one or more panels with one or more bodies each.
        skeleton: markers, edges and sides of all bodies.
        path: the file; `.gif` and `.mp4` replace its suffix.
        title: the title above the panels.
        rate_hz: frames per second of the positions.
        style: size, camera and colours.
        audio: an audio file of the film's duration, for the video.

    Returns:
        The paths of the GIF and of the video.

    Raises:
        UserError: there is nothing to draw, a body does not fit the skeleton, the rate is not positive, or
            the size is too small for the titles.
    """
    bodies = _checked(panels, skeleton, rate_hz)
    layout, stages = _staged(panels, bodies, skeleton, title, style)
    return write_film(layout, stages, len(bodies[0][0]), rate_hz, path, style, audio)


def write_film(
    layout: Layout,
    stages: Sequence[Stage],
    frames: int,
    rate_hz: float,
    path: Path,
    style: FilmStyle = STANDARD,
    audio: Path | None = None,
) -> list[Path]:
    """Write the GIF and the video of stages, and return their paths.

    Args:
        layout: the layout of a frame.
        stages: one for each stage of the layout.
        frames: the number of frames.
        rate_hz: frames per second.
        path: the file; `.gif` and `.mp4` or `.webm` replace its suffix.
        style: the colours.
        audio: an audio file of the film's duration, for the video.
    """
    suffixes = (".gif", ".webm" if style.is_transparent else ".mp4")
    targets = [Path(path).with_suffix(suffix) for suffix in suffixes]
    with (
        written_aside(targets[0]) as gif_path,
        written_aside(targets[1]) as video_path,
        gif(gif_path, frames, rate_hz, style.theme) as to_gif,
        video(video_path, layout.size, rate_hz, audio) as to_video,
    ):
        for picture in _film_frames(layout, stages, frames, rate_hz, style):
            to_video(picture)
            to_gif(picture)
    return targets


def _checked(panels: Sequence[Panel], skeleton: Skeleton, rate_hz: float) -> list[list[Floats]]:
    """Return each panel's bodies `[T, J, C]`, padded to the length of the longest."""
    if not panels or not all(panel.bodies for panel in panels):
        raise UserError(
            "no bodies to draw: an animation needs one panel or more, each with one body or more"
        )
    if not (np.isfinite(rate_hz) and rate_hz > 0):
        raise UserError(f"rate_hz is {rate_hz}: give frames per second above 0")
    bodies = [[as_positions(b, skeleton) for b in panel.bodies.values()] for panel in panels]
    frames = max(len(body) for row in bodies for body in row)
    return [[pad_to_length(body, frames) for body in row] for row in bodies]


def _staged(
    panels: Sequence[Panel],
    bodies: Sequence[Sequence[Floats]],
    skeleton: Skeleton,
    title: str,
    style: FilmStyle,
) -> tuple[Layout, list[Stage]]:
    """Return the layout of a frame and its stages, all with one camera."""
    points = [np.concatenate([steady_points(body) for body in row]) for row in bodies]
    azimuth = facing_azimuth(bodies[0][0], skeleton.side) + style.azimuth_rad
    targets, bounds = fit(points, azimuth, style.elevation_rad)
    texts = title, [panel.title for panel in panels], [_labels(panel) for panel in panels]
    width, height = _stage_size(texts, bounds, style)
    camera = fit_camera(bounds, width, height, azimuth, style.elevation_rad)
    layout = arrange(*texts, width, height)
    layout = replace(layout, size=style.size or layout.size)
    floor = partial(draw_floor, (width * FINE, height * FINE), camera, style=style)
    stages = [
        Stage(floor(target, own), _panel_marks(row, skeleton, camera, target, panel.colours, style))
        for panel, row, target, own in zip(panels, bodies, targets, points, strict=True)
    ]
    return layout, stages


def _stage_size(texts: Texts, bounds: Floats, style: FilmStyle) -> tuple[int, int]:
    """Return width and height of each stage: those that fit the dance, or what the film's size leaves.

    Raises:
        UserError: the film's size leaves no place.
    """
    panels = len(texts[1])
    if style.size is None:
        width = panel_width(panels)
        return width, stage_height(bounds, width)
    width = panel_width(panels, style.size[0])
    height = style.size[1] - arrange(*texts, width, 0).size[1]
    if width < LEAST_STAGE_PX or height < LEAST_STAGE_PX:
        raise UserError(
            f"film_size {style.size[0]}x{style.size[1]} leaves {max(0, width)}x{max(0, height)} pixels for "
            f"each of {panels} dancers under the titles: give a larger size, or fewer phrases"
        )
    return width, height


def _labels(panel: Panel) -> list[str]:
    """Return the labels under a panel's title, or none if the only label repeats the title."""
    labels = list(panel.bodies)
    return [] if [panel.title.casefold()] == [label.casefold() for label in labels] else labels


def stage_height(bounds: Floats, width: int) -> int:
    """Return the height of a stage in pixels, an even number.

    Args:
        bounds: `[2, 2]` what the stage shows, metres.
        width: of the stage in pixels.
    """
    across, down = _extent(bounds)
    return round(width * float(np.clip(down / across, FLATTEST, TALLEST))) // 2 * 2


def _extent(bounds: Floats) -> tuple[float, float]:
    across, down = bounds[1] - bounds[0] + 2 * AIR_M
    return float(across), float(down)


def fit_camera(
    bounds: Floats, width: int, height: int, azimuth_rad: float, elevation_rad: float = ELEVATION
) -> Camera:
    """Return the camera that fits `bounds` `[2, 2]` (metres) to a stage of `width` and `height` pixels."""
    across, down = _extent(bounds)
    scale = min(width / across, height / down) * FINE
    middle = bounds.mean(axis=0)
    target_px = np.array([width, height]) * FINE / 2 - middle * scale
    return Camera(azimuth_rad, elevation_rad, scale, (float(target_px[0]), float(target_px[1])))


def _panel_marks(
    bodies: Sequence[Floats],
    skeleton: Skeleton,
    camera: Camera,
    target: Floats,
    first_colours: int,
    style: FilmStyle,
) -> Marks:
    """Return the shadows and bodies of one panel."""
    larger = 1.0 if style.size is None else max(1.0, style.size[1] / STANDARD_HEIGHT_PX)
    thinnest, thickest = THINNEST_PX * FINE, THICKEST_PX * FINE * larger
    stroke_px = min(max(STROKE_M * camera.pixels_per_m, thinnest), thickest)
    theme = style.theme
    shadows = [
        shadow_marks(body, skeleton, camera, target, stroke_px, theme.shadow) for body in bodies
    ]
    colours = [theme.colours_of_body(first_colours + n) for n in range(len(bodies))]
    strokes = [
        body_marks(body, skeleton, own, camera, target, stroke_px, theme.background)
        for body, own in zip(bodies, colours, strict=True)
    ]
    return concatenate_marks([*shadows, *strokes])


def _film_frames(
    layout: Layout, stages: Sequence[Stage], frames: int, rate_hz: float, style: FilmStyle
) -> Iterator[Image.Image]:
    """Yield the finished frames: RGB, or RGBA for a film without a background."""
    background = blank(layout, style)
    for frame in range(frames):
        picture = background.copy()
        for (left, top, *_), stage in zip(layout.stages, stages, strict=True):
            image = stage.empty.copy()
            draw_marks(image, stage.marks, frame)
            picture.paste(image.reduce(FINE), (left, top))
        draw_time(picture, frame / rate_hz, frames / rate_hz, style.theme.ink)
        yield without_fringe(picture, style.theme.background) if style.is_transparent else picture
