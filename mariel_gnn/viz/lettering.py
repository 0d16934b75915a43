"""Text on pictures: one font that looks the same everywhere, broken into lines that fit."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import matplotlib
from PIL import ImageFont


@lru_cache(maxsize=32)
def font(size_px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which comes with matplotlib, at `size_px` pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size_px)


def wrapped(text: str, lettering: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    """Return `text` as lines at most `width_px` pixels wide, broken at spaces where possible."""
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, lettering, width_px):
            longer = f"{lines[-1]} {piece}".strip()
            if lettering.getlength(longer) <= width_px:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def wrapped_title(text: str, width_inch: float, size_pt: float) -> str:
    """Return a matplotlib title broken into lines that fit a figure `width_inch` wide."""
    pixels_per_inch = 72  # at which a point is a pixel
    lettering = font(round(size_pt), bold=True)
    return "\n".join(wrapped(text, lettering, width_inch * pixels_per_inch * 0.94))


def _pieces(word: str, lettering: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    """Return a word cut into pieces that fit the width; most words are one piece."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and lettering.getlength(pieces[-1] + letter) > width_px:
            pieces.append("")
        pieces[-1] += letter
    return pieces
