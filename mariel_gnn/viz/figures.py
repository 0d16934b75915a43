"""Text and layout of pictures: one font, wrapped lines, matplotlib figures of one style."""

from __future__ import annotations

import warnings
from functools import lru_cache
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from PIL import ImageFont

from mariel_gnn.files import written_aside
from mariel_gnn.viz.colors import FAINT_INK, GRID, INK, Colour


@lru_cache(maxsize=32)
def font(size_px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which matplotlib ships, at `size_px` pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size_px)


def wrapped(text: str, lettering: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    """Return `text` as lines at most `width_px` pixels wide, broken at spaces where possible."""
    lines = [""]
    for word in text.split():
        for part in _split_word(word, lettering, width_px):
            longer = f"{lines[-1]} {part}".strip()
            if lettering.getlength(longer) <= width_px:
                lines[-1] = longer
            else:
                lines.append(part)
    return lines


def _split_word(word: str, lettering: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    """Return a word in parts that fit the width; most words have one part."""
    parts = [""]
    for letter in word:
        if parts[-1] and lettering.getlength(parts[-1] + letter) > width_px:
            parts.append("")
        parts[-1] += letter
    return parts


TITLE_PT, LABEL_PT = 13, 10
DOTS_PER_INCH = 120
MARGIN_INCH = 0.15


def unit_rgb(colour: Colour) -> tuple[float, float, float]:
    """Return a colour from 0 to 255 as matplotlib's RGB from 0 to 1."""
    red, green, blue = colour
    return red / 255, green / 255, blue / 255


def new_figure(width_inch: float, height_inch: float, title: str) -> Figure:
    """Return an empty figure with a wrapped title, outside pyplot's global state.

    Args:
        width_inch: width of the figure.
        height_inch: height without the title.
        title: the title.
    """
    # At 72 pixels per inch, a point is a pixel.
    lines = wrapped(title, font(TITLE_PT, bold=True), (width_inch - 0.4) * 72)
    title_inch = 1.4 * TITLE_PT / 72 * len(lines)
    size = (width_inch, height_inch + title_inch)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=MARGIN_INCH, h_pad=0.1))
    figure.suptitle(
        "\n".join(lines), x=MARGIN_INCH / width_inch, ha="left", fontsize=TITLE_PT,
        fontweight="bold", color=unit_rgb(INK), parse_math=False,
    )  # fmt: skip
    return figure


def tidy(axes: Axes) -> None:
    """Style axes: a pale grid behind the data, no box, grey numbers."""
    axes.grid(color=unit_rgb(GRID), linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(unit_rgb(GRID))
    axes.tick_params(colors=unit_rgb(FAINT_INK), labelsize=LABEL_PT - 1)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure to `path`, in the format of its suffix (png, pdf or svg).

    All text is drawn as it is: with mathematics, names of a file such as `$\\frac{x$` would be errors.
    """
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    with (
        written_aside(path) as aside,
        matplotlib.rc_context({"text.parse_math": False}),
        warnings.catch_warnings(),
    ):
        # It would print the sign itself, which a terminal may carry out.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(aside, dpi=DOTS_PER_INCH, facecolor="white")
