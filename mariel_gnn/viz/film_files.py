"""The files of a film: MP4 for players and editing tools, WebM with transparency, GIF for web pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

from mariel_gnn.viz.canvas import WIDEST_PICTURE
from mariel_gnn.viz.colors import Theme, shared_palette

GIF_TICKS_PER_S = 100
SHORTEST_DELAY_TICKS = 2  # browsers slow down shorter delays
MOST_GIF_FRAMES = 400  # limits the size of the file; the GIF of a longer clip skips frames
CLEAR_BELOW = (
    110  # alpha below which a pixel of a transparent GIF is clear: a GIF has no shades of it
)
CODECS = {
    ".mp4": (
        "libx264",
        "yuv420p",
        "aac",
        ["-preset", "veryfast", "-crf", "22", "-movflags", "+faststart"],
    ),
    ".webm": ("libvpx-vp9", "yuva420p", "libopus", ["-crf", "32", "-b:v", "0", "-cpu-used", "6"]),
}

FrameWriter = Callable[[Image.Image], None]


@contextmanager
def video(
    path: Path, size: tuple[int, int], rate_hz: float, audio: Path | None = None
) -> Iterator[FrameWriter]:
    """Yield a function that appends a frame to a video of `rate_hz` frames/s: H.264 or, with alpha, VP9.

    Args:
        path: an `.mp4`, which takes RGB frames, or a `.webm`, which takes RGBA frames.
        size: width and height of a frame.
        rate_hz: frames per second.
        audio: an audio file of the film's duration.
    """
    codec, pixels, audio_codec, parameters = CODECS[path.suffix]
    writer = imageio_ffmpeg.write_frames(
        str(path),
        size,
        pix_fmt_in="rgba" if path.suffix == ".webm" else "rgb24",
        pix_fmt_out=pixels,
        fps=rate_hz,
        codec=codec,
        quality=None,
        macro_block_size=2,
        output_params=list(parameters),
        audio_path=None if audio is None else str(audio),
        audio_codec=None if audio is None else audio_codec,
    )
    writer.send(None)
    try:
        yield lambda frame: writer.send(frame.tobytes())
    finally:
        writer.close()


@contextmanager
def gif(path: Path, frames: int, rate_hz: float, theme: Theme) -> Iterator[FrameWriter]:
    """Yield a function that appends an RGB or RGBA frame to a looping GIF of `frames` frames at `rate_hz`.

    The GIF keeps every frame up to 50 Hz and 400 frames, else every n-th frame. Delays are whole
    hundredths of a second; each frame starts within 5 ms of its true time, and the total duration
    is `frames / rate_hz`. Frames wider than `WIDEST_PICTURE` are made smaller.
    """
    stride = gif_stride(frames, rate_hz)
    palette = _palette_image(theme)
    kept: list[Image.Image] = []
    count = 0

    def append(frame: Image.Image) -> None:
        nonlocal count
        if count % stride == 0:
            kept.append(_indexed(frame, palette))
        count += 1

    yield append
    delays = gif_delays_ms(frames, rate_hz, stride)
    # Disposal 1 stores only the pixels that changed since the last frame; clear pixels need disposal 2.
    is_clear = "transparency" in kept[0].info
    kept[0].save(
        path,
        "GIF",
        save_all=True,
        append_images=kept[1:],
        duration=delays,
        loop=0,
        disposal=2 if is_clear else 1,
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


def _indexed(frame: Image.Image, palette: Image.Image) -> Image.Image:
    """Return a frame in the colours of the palette, with an index of its own for clear pixels."""
    if frame.width > WIDEST_PICTURE:
        height = round(frame.height * WIDEST_PICTURE / frame.width)
        frame = frame.resize((WIDEST_PICTURE, height), Image.Resampling.BOX)
    indexed = frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    if frame.mode == "RGBA":
        clear = len(palette.getpalette() or []) // 3
        indexed.paste(
            clear, mask=frame.getchannel("A").point(lambda alpha: 255 * (alpha < CLEAR_BELOW))
        )
        indexed.info["transparency"] = clear
    return indexed


def _palette_image(theme: Theme) -> Image.Image:
    """Return an image with the palette that all frames share."""
    image = Image.new("P", (1, 1))
    image.putpalette(shared_palette(theme).tobytes())
    return image


def without_fringe(frame: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    """Return an antialiased RGBA frame whose half-clear pixels have no share of the background's colour."""
    pixels = np.asarray(frame).astype(np.float32)
    alpha = pixels[..., 3:] / 255
    colour = (pixels[..., :3] - (1 - alpha) * np.asarray(background)) / np.maximum(alpha, 1e-3)
    clean = np.concatenate([colour.clip(0, 255), pixels[..., 3:]], axis=-1)
    return Image.fromarray(np.rint(clean).astype(np.uint8), "RGBA")
