"""A preview of the W&B workspace: the panels of its layout, filled from run folders without an account."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, product
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from PIL import Image

from mariel_gnn.comparison.runs import check_finished, read_numbers
from mariel_gnn.errors import UserError
from mariel_gnn.run_folder import METRICS, PICTURES, REPORT, SUMMARY
from mariel_gnn.tracking.dashboard import SECTIONS, Panel
from mariel_gnn.tracking.tracker import media_names
from mariel_gnn.viz.colors import FAINT_INK, INK, WHITE, Colour, blend_colours
from mariel_gnn.viz.comparison_style import style_of
from mariel_gnn.viz.curves import MetricsTable, read_metrics
from mariel_gnn.viz.figures import LABEL_PT, TITLE_PT, new_figure, save_figure, tidy, unit_rgb

SUFFIXES = (".png", ".pdf", ".svg")
MOST_RUNS = 6  # one colour each
WIDTH_INCH, NAMES_INCH, HEADING_INCH = 12.0, 0.3, 0.4
NUMBERS_INCH, MEDIA_INCH = (4.0, 1.8), (6.0, 2.2)  # of a panel
PICTURE_PX = 700  # width; a larger picture is scaled down
_STROKES = ("-", "--", ":")


@dataclass(frozen=True)
class LoggedRun:
    """What a run has logged.

    Attributes:
        name: of its folder.
        colour: of its lines and bars.
        epochs: the numbers of each epoch.
        summary: the final numbers.
        media: name -> picture, film or page.
    """

    name: str
    colour: Colour
    epochs: MetricsTable
    summary: dict[str, float]
    media: dict[str, Path]

    def has(self, kind: str, key: str) -> bool:
        """Return whether a panel of this kind finds something under a name."""
        if kind == "lines":
            return key in self.epochs.columns and bool(np.isfinite(self.epochs.columns[key]).any())
        return (
            math.isfinite(self.summary.get(key, math.nan)) if kind == "bars" else key in self.media
        )


def save_preview(folders: Sequence[Path], path: Path) -> list[str]:
    """Draw all sections of the workspace with what runs have logged.

    Args:
        folders: finished runs, at most `MOST_RUNS`.
        path: the picture to write (png, pdf or svg).

    Returns:
        A line for each run that lacks names of the layout.

    Raises:
        UserError: no finished run, too many, or another suffix.
    """
    if not 1 <= len(folders) <= MOST_RUNS:
        raise UserError(f"{len(folders)} runs: a preview shows 1 to {MOST_RUNS}")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: a preview is a picture: its name ends in {', '.join(SUFFIXES)}")
    runs = [read_logged(folder, style_of(at).colour) for at, folder in enumerate(folders)]
    heights = [sum(_heights(_rows(panels))) + HEADING_INCH for panels in SECTIONS.values()]
    heights.insert(0, NAMES_INCH * math.ceil(len(runs) / 3))
    figure = new_figure(WIDTH_INCH, sum(heights), "Preview of the W&B workspace")
    parts: Any = figure.subfigures(len(heights), 1, height_ratios=heights)
    _draw_names(parts[0], runs)
    for part, (name, panels) in zip(parts[1:], SECTIONS.items(), strict=True):
        _draw_section(part, name, panels, runs)
    save_figure(figure, path)
    return [
        f"{run.name} has not logged {', '.join(names)}" for run in runs if (names := lacks(run))
    ]


def read_logged(folder: Path, colour: Colour) -> LoggedRun:
    """Read what a finished run has logged.

    Raises:
        UserError: not a finished run, or an unreadable file.
    """
    check_finished(folder)
    metrics = folder / METRICS
    return LoggedRun(
        name=folder.resolve().name,
        colour=colour,
        epochs=read_metrics(metrics) if metrics.exists() else MetricsTable({}),
        summary=read_numbers(folder / SUMMARY),
        media=media_names([*sorted((folder / PICTURES).glob("*")), *folder.glob(REPORT)]),
    )


def lacks(run: LoggedRun) -> list[str]:
    """Return the names of the layout under which a run has logged nothing."""
    panels = (panel for section in SECTIONS.values() for panel in section)
    return [key for panel in panels for key in panel.keys if not run.has(panel.kind, key)]


def _rows(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Return the panels in rows: three of numbers, or two of pictures, which are wider."""
    rows: list[list[Panel]] = []
    for is_media, group in groupby(panels, key=lambda panel: panel.kind == "media"):
        together, across = list(group), 2 if is_media else 3
        rows += [together[at : at + across] for at in range(0, len(together), across)]
    return rows


def _heights(rows: Sequence[Sequence[Panel]]) -> list[float]:
    return [MEDIA_INCH[1] if row[0].kind == "media" else NUMBERS_INCH[1] for row in rows]


def _draw_names(part: SubFigure, runs: Sequence[LoggedRun]) -> None:
    """Draw the names of the runs beside their colours."""
    handles = [Patch(color=unit_rgb(run.colour), label=run.name) for run in runs]
    part.legend(handles=handles, loc="center left", ncols=3, frameon=False, fontsize=LABEL_PT)


def _draw_section(
    part: SubFigure, name: str, panels: Sequence[Panel], runs: Sequence[LoggedRun]
) -> None:
    """Draw the panels of a section from left to right, below its name."""
    part.suptitle(
        name, x=0.012, ha="left", fontsize=TITLE_PT, fontweight="bold", color=unit_rgb(INK)
    )
    rows = _rows(panels)
    grid = part.add_gridspec(len(rows), 6, height_ratios=_heights(rows))
    for at, row in enumerate(rows):
        wide = 3 if row[0].kind == "media" else 2
        for place, panel in enumerate(row):
            axes = part.add_subplot(grid[at, wide * place : wide * (place + 1)])
            _draw_panel(axes, panel, runs)


def _draw_panel(axes: Axes, panel: Panel, runs: Sequence[LoggedRun]) -> None:
    """Draw one panel, or that no run has logged what it shows."""
    axes.set_title(panel.title, loc="left", fontsize=LABEL_PT, color=unit_rgb(INK))
    if any(run.has(panel.kind, key) for run in runs for key in panel.keys):
        {"lines": _draw_lines, "bars": _draw_bars, "media": _draw_media}[panel.kind](
            axes, panel, runs
        )
        return
    axes.set_axis_off()
    axes.text(
        0.5, 0.5, "not logged", transform=axes.transAxes, ha="center", va="center",
        fontsize=LABEL_PT, color=unit_rgb(FAINT_INK),
    )  # fmt: skip


def _draw_lines(axes: Axes, panel: Panel, runs: Sequence[LoggedRun]) -> None:
    """Draw the numbers of each epoch, each name in a stroke of its own."""
    tidy(axes)
    strokes = dict(zip(panel.keys, _STROKES, strict=False))
    for run in runs:
        step_name, steps = run.epochs.steps()
        axes.set_xlabel(step_name, fontsize=LABEL_PT - 1, color=unit_rgb(FAINT_INK))
        for key in filter(partial(run.has, "lines"), strokes):
            axes.plot(
                steps, run.epochs.columns[key], strokes[key], color=unit_rgb(run.colour),
                marker="o", markersize=3, linewidth=1.4,
            )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    if len(strokes) > 1:
        for key, stroke in strokes.items():
            axes.plot([], [], stroke, color=unit_rgb(INK), label=_source(key))
        axes.legend(fontsize=LABEL_PT - 1, frameon=False)


def _source(key: str) -> str:
    """Return where a number is from, such as train, validation, samples or data."""
    return key.partition("/")[0]


def _draw_bars(axes: Axes, panel: Panel, runs: Sequence[LoggedRun]) -> None:
    """Draw the final numbers, from top to bottom; the second name of a run is paler."""
    tidy(axes)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    numbers, colours, names = [], [], []
    for run, (at, key) in product(runs, enumerate(panel.keys)):
        numbers.append(run.summary[key] if run.has("bars", key) else math.nan)
        colours.append(unit_rgb(blend_colours(run.colour, WHITE, at / len(panel.keys))))
        names.append(_source(key) if len(panel.keys) > 1 else "")
    bars = axes.barh(range(len(names)), np.nan_to_num(numbers), height=0.7, color=colours)
    labels = ["not logged" if math.isnan(number) else f"{number:.4g}" for number in numbers]
    axes.bar_label(bars, labels, padding=4, fontsize=LABEL_PT - 1, color=unit_rgb(INK))
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.2)  # for the numbers


def _draw_media(axes: Axes, panel: Panel, runs: Sequence[LoggedRun]) -> None:
    """Draw the pictures of all runs, and name the films and pages, which a picture cannot show."""
    axes.set_axis_off()
    files = [run.media[key] for run in runs for key in panel.keys if key in run.media]
    pictures = [path for path in files if path.suffix == ".png"]
    others = ", ".join(dict.fromkeys(path.name for path in files if path.suffix != ".png"))
    if pictures:
        axes.imshow(_sheet([_picture(path) for path in pictures]))
        axes.set_anchor("NW")
    if others:
        title = f"{panel.title} ({'also ' if pictures else ''}{others})"
        axes.set_title(title, loc="left", fontsize=LABEL_PT, color=unit_rgb(INK))


def _picture(path: Path) -> Image.Image:
    """Read a picture on white, no wider than a panel needs.

    Raises:
        UserError: it is damaged.
    """
    try:
        with Image.open(path) as picture:
            drawn = picture.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{path}: cannot be read ({error}): draw the run again") from error
    white = Image.new("RGBA", drawn.size, "white")
    flat = Image.alpha_composite(white, drawn).convert("RGB")
    flat.thumbnail((PICTURE_PX, 4 * PICTURE_PX))
    return flat


def _sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return pictures side by side or below each other, in as many columns as leave them largest."""
    width = max(picture.width for picture in pictures)
    height = max(picture.height for picture in pictures)

    def scale(columns: int) -> float:
        rows = math.ceil(len(pictures) / columns)
        return min(MEDIA_INCH[0] / (columns * width), MEDIA_INCH[1] / (rows * height))

    columns = max(range(1, len(pictures) + 1), key=scale)
    rows = math.ceil(len(pictures) / columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    for at, picture in enumerate(pictures):
        sheet.paste(picture, (at % columns * width, at // columns * height))
    return sheet
