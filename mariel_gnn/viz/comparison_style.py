"""Styles, titles and logarithmic axes of the pictures of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from mariel_gnn.comparison.comparison import Comparison
from mariel_gnn.comparison.groups import RunGroup, families
from mariel_gnn.viz.colors import FAINT_INK, Colour

_COLOURS: tuple[Colour, ...] = (  # Okabe and Ito
    (0, 114, 178), (230, 130, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0),
)  # fmt: skip
_MARKERS = "osD^vP"
_STROKES = ("-", "--", "-.", ":")
MOST_NAMES = 4  # of groups in a title
LONG_DECADES = 1.5  # from here on, ticks at 2 and 5 would overlap
FINE, COARSE = (1.0, 2.0, 3.0, 5.0), (1.0, 3.0)  # ticks of a decade


@dataclass(frozen=True)
class Style:
    """Colour, marker and stroke."""

    colour: Colour
    marker: str
    stroke: str


BASELINE = Style(FAINT_INK, "x", ":")


def style_of(number: int) -> Style:
    """Return the style of group or family `number`, counted from 0."""
    return Style(
        _COLOURS[number % len(_COLOURS)],
        _MARKERS[number % len(_MARKERS)],
        _STROKES[number % len(_STROKES)],
    )


def group_styles(groups: Sequence[RunGroup]) -> dict[str, Style]:
    """Return group name -> style. The latent sizes of one model share a style if there are more models."""
    grouped = families(groups)
    if len(grouped) == 1:
        return {group.name: style_of(number) for number, group in enumerate(groups)}
    return {
        group.name: style_of(number) for number, members in enumerate(grouped) for group in members
    }


def shown_groups(groups: Sequence[RunGroup]) -> list[RunGroup]:
    """Return the groups of a picture: the largest of each family, or all groups of a single family."""
    grouped = families(groups)
    return list(groups) if len(grouped) == 1 else [members[-1] for members in grouped]


def comparison_title(what: str, groups: Sequence[RunGroup], on: str) -> str:
    """Return the title: what is drawn, of which groups, on which data."""
    names = [group.name for group in groups]
    listed = " | ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} models"
    return f"{what}: {listed} ({_seeds(groups)}); {on}"


def on_test(comparison: Comparison) -> str:
    """Return the number and the data of the test recordings, in words."""
    count = len(comparison.recordings)
    return f"{count} test recording{'s' if count > 1 else ''} of {comparison.data}"


def _seeds(groups: Sequence[RunGroup]) -> str:
    counts = sorted({len(group.runs) for group in groups})
    if len(counts) > 1:
        return f"{counts[0]} to {counts[-1]} seeds each"
    return "one seed each" if counts == [1] else f"{counts[0]} seeds each"


def make_log(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, with plain numbers at few ticks of each decade."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis.set_major_locator(_FewTicks())
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())


class _FewTicks(LogLocator):
    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the ticks between `vmin` and `vmax`, fewer for each decade of a long axis."""
        decades = abs(math.log10(vmax / vmin)) if vmin > 0 else 0.0
        self.set_params(subs=COARSE if decades > LONG_DECADES else FINE)
        return list(super().tick_values(vmin, vmax))
