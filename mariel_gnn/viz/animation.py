"""Films of moving bodies: MP4 for players and editing tools, GIF for web pages and messages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import radians
from pathlib import Path

import imageio_ffmpeg
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
from mariel_gnn.viz.colors import colours_of_body, shared_palette

GIF_TICKS_PER_S = 100
SHORTEST_DELAY_TICKS = 2  # browsers slow down shorter delays
MOST_GIF_FRAMES = 400  # limits the size of the file; the GIF of a longer clip skips frames
# Slightly above the dancer, and at the front quarter, where front and both sides are visible.
ELEVATION = radians(14)
QUARTER = radians(28)
AIR_M = 0.2  # around the markers, because a dancer is larger than the markers
FLATTEST, TALLEST = 0.65, 1.25  # a stage's height over its width
STROKE_M, THINNEST_PX, THICKEST_PX = 0.025, 1.5, 3.5  # width of a stroke

FrameWriter = Callable[[Image.Image], None]


@contextmanager
def mp4(path: Path, size: tuple[int, int], rate_hz: float) -> Iterator[FrameWriter]:
    """Yield a function that appends an RGB frame to an H.264 file (yuv420p) of `rate_hz` frames/s."""
    writer = imageio_ffmpeg.write_frames(
        str(path),
        size,
        fps=rate_hz,
        codec="libx264",
        quality=None,
        macro_block_size=2,
        output_params=["-preset", "veryfast", "-crf", "22", "-movflags", "+faststart"],
    )
    writer.send(None)
    try:
        yield lambda frame: writer.send(frame.tobytes())
    finally:
        writer.close()


@contextmanager
def gif(path: Path, frames: int, rate_hz: float) -> Iterator[FrameWriter]:
    """Yield a function that appends an RGB frame to a looping GIF of `frames` frames at `rate_hz`.

    The GIF keeps every frame up to 50 Hz and 400 frames, else every n-th frame. Delays are whole
    hundredths of a second; each frame starts within 5 ms of its true time, and the total duration
    is `frames / rate_hz`.
    """
    stride = gif_stride(frames, rate_hz)
    palette = _palette_image()
    kept: list[Image.Image] = []
    count = 0

    def append(frame: Image.Image) -> None:
        nonlocal count
        if count % stride == 0:
            kept.append(frame.quantize(palette=palette, dither=Image.Dither.NONE))
        count += 1

    yield append
    delays = gif_delays_ms(frames, rate_hz, stride)
    # Disposal 1 stores only the pixels that changed since the last frame.
    kept[0].save(
        path, "GIF", save_all=True, append_images=kept[1:], duration=delays, loop=0, disposal=1
    )


def gif_stride(frames: int, rate_hz: float) -> int:
    """Return n, where the GIF keeps every n-th frame."""
    too_fast = rate_hz * SHORTEST_DELAY_TICKS / GIF_TICKS_PER_S
    return max(1, math.ceil(too_fast), math.ceil(frames / MOST_GIF_FRAMES))


def gif_delays_ms(frames: int, rate_hz: float, stride: int) -> list[int]:
    """Return the delay of each kept frame in milliseconds, a multiple of ten."""
    starts = [*range(0, frames, stride), frames]
    ticks = [round(start / rate_hz * GIF_TICKS_PER_S) for start in starts]
    # The last frame can stand for fewer than `stride` frames; browsers need the shortest delay.
    spans = [b - a for a, b in pairwise(ticks)]
    return [max(span, SHORTEST_DELAY_TICKS) * 1000 // GIF_TICKS_PER_S for span in spans]


def _palette_image() -> Image.Image:
    """Return an image with the palette that all frames share."""
    image = Image.new("P", (1, 1))
    image.putpalette(shared_palette().tobytes())
    return image


@dataclass(frozen=True)
class Panel:
    """One stage of an animation.

    Attributes:
        title: the title above the stage.
        bodies: label -> positions `[T, J, C]` in metres, z up. All are drawn on one stage: the first
            in full colours, the second in dark ones, the third in pale ones.
    """

    title: str
    bodies: Mapping[str, Array]


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
) -> list[Path]:
    """Write a GIF and an MP4 of panels side by side, at true speed.

    All panels have one fixed camera at the front quarter of the first body, and one scale. Each panel
    is centred on its own bodies and shows their whole path. Bodies can differ in length: a body
    disappears at its end. Markers that are not finite are not drawn. The MP4 has every frame; `gif`
    describes the frames and delays of the GIF.

    Args:
        panels: one or more panels with one or more bodies each.
        skeleton: markers, edges and sides of all bodies.
        path: the file; `.gif` and `.mp4` replace its suffix.
        title: the title above the panels.
        rate_hz: frames per second of the positions.

    Returns:
        The paths of the GIF and of the MP4.

    Raises:
        UserError: there is nothing to draw, a body does not fit the skeleton, or the rate is not
            positive.
    """
    bodies = _checked(panels, skeleton, rate_hz)
    layout, stages = _staged(panels, bodies, skeleton, title)
    return write_film(layout, stages, len(bodies[0][0]), rate_hz, path)


def write_film(
    layout: Layout, stages: Sequence[Stage], frames: int, rate_hz: float, path: Path
) -> list[Path]:
    """Write the GIF and the MP4 of stages, and return their paths.

    Args:
        layout: the layout of a frame.
        stages: one for each stage of the layout.
        frames: the number of frames.
        rate_hz: frames per second.
        path: the file; `.gif` and `.mp4` replace its suffix.
    """
    targets = [Path(path).with_suffix(suffix) for suffix in (".gif", ".mp4")]
    with (
        written_aside(targets[0]) as gif_path,
        written_aside(targets[1]) as mp4_path,
        gif(gif_path, frames, rate_hz) as to_gif,
        mp4(mp4_path, layout.size, rate_hz) as to_mp4,
    ):
        for picture in _film_frames(layout, stages, frames, rate_hz):
            to_mp4(picture)
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
    panels: Sequence[Panel], bodies: Sequence[Sequence[Floats]], skeleton: Skeleton, title: str
) -> tuple[Layout, list[Stage]]:
    """Return the layout of a frame and its stages, all with one camera."""
    points = [np.concatenate([steady_points(body) for body in row]) for row in bodies]
    azimuth = facing_azimuth(bodies[0][0], skeleton.side) + QUARTER
    targets, bounds = fit(points, azimuth, ELEVATION)
    width = panel_width(len(panels))
    camera, height = fit_camera(bounds, width, azimuth)
    labels = [_labels(panel) for panel in panels]
    layout = arrange(title, [panel.title for panel in panels], labels, height)
    stages = [
        Stage(
            draw_floor((width * FINE, height * FINE), camera, target, own),
            _panel_marks(row, skeleton, camera, target),
        )
        for row, target, own in zip(bodies, targets, points, strict=True)
    ]
    return layout, stages


def _labels(panel: Panel) -> list[str]:
    """Return the labels under a panel's title, or none if the only label repeats the title."""
    labels = list(panel.bodies)
    return [] if [panel.title.casefold()] == [label.casefold() for label in labels] else labels


def fit_camera(bounds: Floats, width: int, azimuth_rad: float) -> tuple[Camera, int]:
    """Return the camera that fits `bounds` `[2, 2]` (metres) to a stage, and the stage's height."""
    low, high = bounds[0] - AIR_M, bounds[1] + AIR_M
    across, down = high - low
    height = round(width * float(np.clip(down / across, FLATTEST, TALLEST))) // 2 * 2
    scale = float(min(width / across, height / down)) * FINE
    middle = (low + high) / 2
    target_px = np.array([width, height]) * FINE / 2 - middle * scale
    return Camera(azimuth_rad, ELEVATION, scale, (float(target_px[0]), float(target_px[1]))), height


def _panel_marks(
    bodies: Sequence[Floats], skeleton: Skeleton, camera: Camera, target: Floats
) -> Marks:
    """Return the shadows and bodies of one panel."""
    thinnest, thickest = THINNEST_PX * FINE, THICKEST_PX * FINE
    stroke_px = min(max(STROKE_M * camera.pixels_per_m, thinnest), thickest)
    shadows = [shadow_marks(body, skeleton, camera, target, stroke_px) for body in bodies]
    strokes = [
        body_marks(body, skeleton, colours_of_body(number), camera, target, stroke_px)
        for number, body in enumerate(bodies)
    ]
    return concatenate_marks([*shadows, *strokes])


def _film_frames(
    layout: Layout, stages: Sequence[Stage], frames: int, rate_hz: float
) -> Iterator[Image.Image]:
    """Yield the finished frames."""
    background = blank(layout)
    for frame in range(frames):
        picture = background.copy()
        for (left, top, *_), stage in zip(layout.stages, stages, strict=True):
            image = stage.empty.copy()
            draw_marks(image, stage.marks, frame)
            picture.paste(image.reduce(FINE), (left, top))
        draw_time(picture, frame / rate_hz, frames / rate_hz)
        yield picture
