"""Bars with their numbers: one value a row, such as the error of each body part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.viz.figures import LABEL_PT, new_figure, save_figure, tidy, unit_rgb
from mariel_gnn.viz.lettering import font, wrapped
from mariel_gnn.viz.palette import INK, TONES

WIDTH_INCH = 8.0
LINE_INCH = 0.2
NAME_WIDTH_PX = 190


def save_bar(values: Mapping[str, float], path: Path, title: str, unit: str) -> None:
    """Draw horizontal bars with their numbers, from top to bottom in the order given.

    A value that is not finite gets its number and no bar.

    Args:
        values: name -> value in `unit`.
        path: the picture to write (png, pdf or svg).
        title: what the bars show.
        unit: unit of the values, written at the axis; "" for a plain number.

    Raises:
        UserError: there are no values.
    """
    if not values:
        raise UserError("no values to draw: bars need one value or more")
    names = ["\n".join(wrapped(name, font(LABEL_PT), NAME_WIDTH_PX)) for name in values]
    numbers = np.array(list(values.values()), dtype=np.float64)
    lines = sum(name.count("\n") + 1 for name in names)
    height = LINE_INCH * lines + 0.14 * len(names) + 0.6
    figure = new_figure(WIDTH_INCH, height, title)
    axes = figure.add_subplot()
    tidy(axes)
    axes.grid(visible=False, axis="y")
    lengths = np.where(np.isfinite(numbers), numbers, 0.0)
    # By place, not by name: two long names may be broken into the same lines.
    bars = axes.barh(range(len(names)), lengths, height=0.62, color=unit_rgb(TONES[0].left))
    labels = [f"{number:.4g}" for number in numbers]
    axes.bar_label(bars, labels, padding=4, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.set_yticks(range(len(names)), names, fontsize=LABEL_PT, color=unit_rgb(INK))
    axes.invert_yaxis()
    # Room for the numbers beyond the longest bars.
    axes.margins(x=0.12)
    axes.set_xlabel(unit, fontsize=LABEL_PT, color=unit_rgb(INK))
    save_figure(figure, path)
