"""Where things stand in an animation's picture: computed from the texts, so nothing is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mariel_gnn.viz.lettering import font, wrapped

MARGIN = 16
GAP = 12
TITLE_PX, PANEL_TITLE_PX, LABEL_PX = 19, 15, 13
TITLE_LINE, PANEL_TITLE_LINE, LABEL_LINE = 26, 21, 19
FOOTER = 36
# Room at the start of a body's label for a sample of its strokes.
SWATCH = 34

WIDEST_PICTURE = 900
NARROWEST_PANEL, WIDEST_PANEL = 240, 480


@dataclass(frozen=True)
class Layout:
    """The places of an animation's parts in pixels; widths and heights are even, as H.264 wants.

    Attributes:
        size: width and height of the picture.
        title: the picture's title, in lines.
        heads: for each panel its title, in lines.
        labels: for each panel its bodies' labels, each in lines.
        head_y: where the panels' titles begin, and `label_y` where their labels begin.
        label_y: see `head_y`.
        stages: for each panel its box (left, top, width, height).
    """

    size: tuple[int, int]
    title: list[str]
    heads: list[list[str]]
    labels: list[list[list[str]]]
    head_y: int
    label_y: int
    stages: list[tuple[int, int, int, int]]


def panel_width(panels: int) -> int:
    """Return the width in pixels of each of `panels` panels side by side."""
    share = (WIDEST_PICTURE - 2 * MARGIN + GAP) // panels - GAP
    return min(max(share, NARROWEST_PANEL), WIDEST_PANEL) // 2 * 2


def arrange(
    title: str, heads: Sequence[str], labels: Sequence[Sequence[str]], stage_height: int
) -> Layout:
    """Return the layout of a picture with this title and, for each panel, this head and labels."""
    width = panel_width(len(heads))
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
        size=(total, (top + stage_height + FOOTER + 1) // 2 * 2),
        title=title_lines,
        heads=head_lines,
        labels=label_lines,
        head_y=head_y,
        label_y=label_y,
        stages=[(left, top, width, stage_height) for left in lefts],
    )
