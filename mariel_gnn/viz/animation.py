"""Frames to files: MP4 for players and editing tools, GIF for pages and messages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import radians
from pathlib import Path
from typing import Protocol

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
    draw_marks,
    draw_time,
    floor,
    panel_width,
)
from mariel_gnn.viz.colors import colours_of_body, shared_palette

# GIF counts time in hundredths of a second, and browsers play delays under two slowly.
GIF_TICKS_PER_S = 100
SHORTEST_DELAY_TICKS = 2
# A long clip's GIF skips frames rather than grow without end.
MOST_GIF_FRAMES = 400


class FrameWriter(Protocol):
    """What takes the frames of a film, one after the other."""

    def __call__(self, frame: Image.Image) -> None:
        """Take the next frame, an RGB image."""


@contextmanager
def mp4(path: Path, size: tuple[int, int], rate_hz: float) -> Iterator[FrameWriter]:
    """Give a sink for RGB frames that writes H.264 (yuv420p) to `path`, at `rate_hz` frames/s."""
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
    """Give a sink for `frames` RGB frames at `rate_hz` that writes an endless GIF to `path`.

    Every stride-th frame is kept (all of them up to 50 Hz and 400 frames). Delays are whole
    hundredths of a second, chosen so that each frame begins within 5 ms of its true time and the
    whole lasts `frames / rate_hz`.
    """
    stride = gif_stride(frames, rate_hz)
    palette = _palette_image()
    kept: list[Image.Image] = []
    count = 0

    def take(frame: Image.Image) -> None:
        nonlocal count
        if count % stride == 0:
            kept.append(frame.quantize(palette=palette, dither=Image.Dither.NONE))
        count += 1

    yield take
    delays = gif_delays_ms(frames, rate_hz, stride)
    # With disposal 1 only what has changed since the last frame is stored.
    kept[0].save(
        path, "GIF", save_all=True, append_images=kept[1:], duration=delays, loop=0, disposal=1
    )


def gif_stride(frames: int, rate_hz: float) -> int:
    """Return how many frames of the clip go to one frame of the GIF."""
    too_fast = rate_hz * SHORTEST_DELAY_TICKS / GIF_TICKS_PER_S
    return max(1, math.ceil(too_fast), math.ceil(frames / MOST_GIF_FRAMES))


def gif_delays_ms(frames: int, rate_hz: float, stride: int) -> list[int]:
    """Return how long each kept frame stays, in milliseconds: multiples of ten that add up."""
    starts = [*range(0, frames, stride), frames]
    ticks = [round(start / rate_hz * GIF_TICKS_PER_S) for start in starts]
    # A last frame that stands for less than a stride still needs a delay that browsers obey.
    spans = [b - a for a, b in pairwise(ticks)]
    return [max(span, SHORTEST_DELAY_TICKS) * 1000 // GIF_TICKS_PER_S for span in spans]


def _palette_image() -> Image.Image:
    """Return the image that carries the palette that all frames share."""
    image = Image.new("P", (1, 1))
    image.putpalette(shared_palette().tobytes())
    return image


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
    return [[pad_to_length(body, frames) for body in row] for row in bodies]


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
        body_marks(body, skeleton, colours_of_body(number), camera, look_at, stroke_px)
        for number, body in enumerate(bodies)
    ]
    return concatenate_marks([*shadows, *drawn])


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
