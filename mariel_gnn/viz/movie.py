"""Frames to files: MP4 for players and editing tools, GIF for pages and messages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import imageio_ffmpeg
from PIL import Image

from mariel_gnn.viz.palette import shared_palette

# GIF counts time in hundredths of a second, and browsers play delays under two slowly.
GIF_TICKS_PER_S = 100
SHORTEST_DELAY_TICKS = 2
# A long clip's GIF skips frames rather than grow without end.
MOST_GIF_FRAMES = 400


class Sink(Protocol):
    """What takes the frames of a film, one after the other."""

    def __call__(self, frame: Image.Image) -> None:
        """Take the next frame, an RGB image."""


@contextmanager
def mp4(path: Path, size: tuple[int, int], rate_hz: float) -> Iterator[Sink]:
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
def gif(path: Path, frames: int, rate_hz: float) -> Iterator[Sink]:
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
