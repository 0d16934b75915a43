"""The frames of films, drawn with Pillow at twice the final size for antialiasing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image, ImageDraw

from mariel_gnn.viz.bodies import Marks
from mariel_gnn.viz.camera import Camera, Floats, project
from mariel_gnn.viz.colors import LIGHT, Colour, Theme, side_legend
from mariel_gnn.viz.figures import font, wrapped
from mariel_gnn.viz.film_style import FilmStyle

MARGIN = 16
GAP = 12
TITLE_PX, PANEL_TITLE_PX, LABEL_PX = 19, 15, 13
TITLE_LINE, PANEL_TITLE_LINE, LABEL_LINE = 26, 21, 19
FOOTER = 36
SWATCH = 34  # width of a sample of strokes before a body's label
FINE = 2  # drawn at this multiple of the final size
GRID_STEP_M = 0.5
WIDEST_PICTURE = 900
NARROWEST_PANEL, WIDEST_PANEL = 240, 480
STANDARD = FilmStyle()


@dataclass(frozen=True)
class Layout:
    """The layout of a film's frame in pixels; widths and heights are even, as H.264 requires.

    Attributes:
        size: width and height of the frame.
        title: lines of the title.
        heads: for each panel the lines of its title.
        labels: for each panel the lines of each body's label.
        head_y: top of the panels' titles.
        label_y: top of the labels.
        stages: for each panel its box (left, top, width, height).
    """

    size: tuple[int, int]
    title: list[str]
    heads: list[list[str]]
    labels: list[list[list[str]]]
    head_y: int
    label_y: int
    stages: list[tuple[int, int, int, int]]


def panel_width(panels: int, picture_width: int | None = None) -> int:
    """Return the width in pixels of each of `panels` panels.

    Args:
        panels: how many.
        picture_width: of the whole frame; None for a width between fixed limits.
    """
    share = ((picture_width or WIDEST_PICTURE) - 2 * MARGIN + GAP) // panels - GAP
    if picture_width is None:
        share = min(max(share, NARROWEST_PANEL), WIDEST_PANEL)
    return share // 2 * 2


def arrange(
    title: str,
    heads: Sequence[str],
    labels: Sequence[Sequence[str]],
    width: int,
    stage_height: int,
) -> Layout:
    """Return the layout of a frame with a title and, for each panel, a head and labels.

    Args:
        title: of the frame.
        heads: title of each panel.
        labels: of each panel.
        width: of a panel in pixels.
        stage_height: of a stage in pixels.
    """
    total = 2 * MARGIN + len(heads) * (width + GAP) - GAP
    title_lines = wrapped(title, font(TITLE_PX, bold=True), total - 2 * MARGIN)
    head_lines = [wrapped(h, font(PANEL_TITLE_PX, bold=True), width) for h in heads]
    label_lines = [[wrapped(x, font(LABEL_PX), width - SWATCH) for x in row] for row in labels]
    head_y = MARGIN + TITLE_LINE * len(title_lines) + 6
    label_y = head_y + PANEL_TITLE_LINE * max(len(lines) for lines in head_lines)
    rows = max(sum(len(lines) for lines in panel) for panel in label_lines)
    top = label_y + LABEL_LINE * rows + 6
    lefts = [MARGIN + i * (width + GAP) for i in range(len(heads))]
    return Layout(
        size=(total + total % 2, (top + stage_height + FOOTER + 1) // 2 * 2),
        title=title_lines,
        heads=head_lines,
        labels=label_lines,
        head_y=head_y,
        label_y=label_y,
        stages=[(left, top, width, stage_height) for left in lefts],
    )


def blank(layout: Layout, style: FilmStyle = STANDARD) -> Image.Image:
    """Return a frame without stages and time: titles, labels and legend."""
    theme = style.theme
    picture = _empty((layout.size[0] * FINE, layout.size[1] * FINE), style)
    draw = ImageDraw.Draw(picture)
    write = partial(_write, draw, colour=theme.ink)
    write(layout.title, MARGIN, MARGIN, TITLE_PX, TITLE_LINE, bold=True)
    for (left, *_), head, labels in zip(layout.stages, layout.heads, layout.labels, strict=True):
        write(head, left, layout.head_y, PANEL_TITLE_PX, PANEL_TITLE_LINE, bold=True)
        _body_labels(draw, labels, left, layout.label_y, theme)
    _side_legend(draw, layout.size[1] - FOOTER // 2, theme)
    return picture.reduce(FINE)


def _empty(size: tuple[int, int], style: FilmStyle) -> Image.Image:
    """An empty picture; a transparent one has the background's colour, so that edges mix with it."""
    if style.is_transparent:
        return Image.new("RGBA", size, (*style.theme.background, 0))
    return Image.new("RGB", size, style.theme.background)


def draw_floor(
    size: tuple[int, int],
    camera: Camera,
    target: Floats,
    points: Floats,
    style: FilmStyle = STANDARD,
) -> Image.Image:
    """Return an empty stage of `size` pixels with a floor grid of half-metre squares.

    Args:
        size: width and height, `FINE` times the final ones.
        camera: the view of the stage.
        target: point `[C]` at the camera's target, in metres.
        points: points `[N, C]` in metres; the floor extends below all of them.
        style: the colours.
    """
    stage = _empty(size, style)
    draw = ImageDraw.Draw(stage)
    low, high = _floor_area(points, target)
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    if not style.is_transparent:
        draw.polygon(_on_floor(corners, camera, target), fill=style.theme.raised)
    for axis in (0, 1):
        for at in np.arange(low[axis], high[axis] + GRID_STEP_M / 2, GRID_STEP_M):
            ends = np.array([low, high])
            ends[:, axis] = at
            draw.line(_on_floor(ends, camera, target), fill=style.theme.grid, width=FINE)
    return stage


def _floor_area(points: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Return the low and high corner `[2]` of the grid squares below `points`, in metres."""
    around = np.concatenate([points[:, :2], target[None, :2]])
    low = np.floor(around.min(axis=0) / GRID_STEP_M) * GRID_STEP_M
    high = np.ceil(around.max(axis=0) / GRID_STEP_M) * GRID_STEP_M
    return low, high


def draw_marks(stage: Image.Image, marks: Marks, frame: int) -> None:
    """Draw one frame of `marks` on a stage of `FINE` times its final size, farthest first."""
    draw = ImageDraw.Draw(stage)
    order = marks.order(frame)
    ends = marks.ends[frame, order].tolist()
    widths, dots = marks.width_px[order].tolist(), marks.is_dot[order].tolist()
    colours = map(tuple, marks.colour[frame, order].tolist())
    for (x0, y0, x1, y1), width, is_dot, colour in zip(ends, widths, dots, colours, strict=True):
        if is_dot:
            half = width / 2
            draw.ellipse((x0 - half, y0 - half, x0 + half, y0 + half), fill=colour)
        else:
            draw.line((x0, y0, x1, y1), fill=colour, width=max(round(width), 1))


def draw_time(
    picture: Image.Image, seconds: float, total_s: float, ink: Colour = LIGHT.ink
) -> None:
    """Write the time in the lower right corner of a frame."""
    place = (picture.width - MARGIN, picture.height - FOOTER // 2)
    text = f"{seconds:.2f} of {total_s:.2f} s"
    ImageDraw.Draw(picture).text(place, text, ink, font(LABEL_PX), anchor="rm")


def _on_floor(points: Floats, camera: Camera, target: Floats) -> list[tuple[float, float]]:
    """Return the pixels of floor points `[N, 2]`."""
    at_floor = np.column_stack([points, np.full(len(points), target[2])])
    pixels, _ = project(at_floor, camera, target)
    return [(x, y) for x, y in pixels.tolist()]


def _write(
    draw: ImageDraw.ImageDraw,
    lines: Sequence[str],
    x: int,
    y: int,
    size_px: int,
    line_px: int,
    bold: bool = False,
    colour: Colour = LIGHT.ink,
) -> None:
    """Write lines of text; `x`, `y` (final pixels) is the upper left corner."""
    for number, line in enumerate(lines):
        middle = (y + (number + 0.5) * line_px) * FINE
        draw.text((x * FINE, middle), line, colour, font(size_px * FINE, bold), anchor="lm")


def _body_labels(
    draw: ImageDraw.ImageDraw, labels: Sequence[Sequence[str]], x: int, y: int, theme: Theme
) -> None:
    """Write each body's label after a sample of its left and right strokes."""
    for number, lines in enumerate(labels):
        colours = theme.colours_of_body(number)
        middle = y + LABEL_LINE // 2
        _stroke(draw, x, middle - 3, colours.left)
        _stroke(draw, x, middle + 3, colours.right)
        _write(draw, lines, x + SWATCH, y, LABEL_PX, LABEL_LINE, colour=theme.ink)
        y += LABEL_LINE * len(lines)


def _stroke(draw: ImageDraw.ImageDraw, x: int, y: int, colour: Colour) -> None:
    """Draw a sample of a stroke from `x` (final pixels)."""
    ends = (x * FINE, y * FINE, (x + SWATCH - 10) * FINE, y * FINE)
    draw.line(ends, fill=colour, width=3 * FINE)


def _side_legend(draw: ImageDraw.ImageDraw, y: int, theme: Theme) -> None:
    """Draw the legend of the dancer's sides at height `y` (final pixels)."""
    x = MARGIN * FINE
    lettering, radius = font(LABEL_PX * FINE), 5 * FINE
    for text, colour in side_legend(theme.body_colours[0]):
        draw.ellipse((x, y * FINE - radius, x + 2 * radius, y * FINE + radius), fill=colour)
        x += 3 * radius
        draw.text((x, y * FINE), text, theme.faint, lettering, anchor="lm")
        x += round(lettering.getlength(text)) + 3 * radius
