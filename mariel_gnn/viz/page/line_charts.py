"""Learning curves as SVG in the page's colours: one chart for each quantity, with all splits in it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np

from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.curves import MetricsTable, name_and_unit, spans_decades

WIDTH, HEIGHT = 320, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 24
MOST_TICKS, MOST_POINTS = 5, 400
_STYLES = 3  # line styles in style.css


def line_charts(table: MetricsTable) -> str:
    """Return a chart for each quantity of a run's metrics, as HTML."""
    step_name, steps = table.steps()
    charts = [
        _chart(table, quantity, columns, step_name, steps)
        for quantity, columns in table.quantities().items()
    ]
    return f'<div class="charts">{"".join(charts)}</div>'


def _chart(
    table: MetricsTable, quantity: str, columns: Sequence[str], step_name: str, steps: Floats
) -> str:
    name, unit = name_and_unit(quantity)
    values = np.concatenate([table.columns[column] for column in columns])
    across, up = _Axis(steps, LEFT, WIDTH - RIGHT), _Axis(values, HEIGHT - BOTTOM, TOP)
    splits = table.splits()
    styles = [splits.index(column.partition("/")[0]) % _STYLES for column in columns]
    lines = [
        _line(across.pixels(steps), up.pixels(table.columns[column]), style)
        for column, style in zip(columns, styles, strict=True)
    ]
    names = "".join(
        f'<i class="series-{style}">{html.escape(column.partition("/")[0])}</i>'
        for column, style in zip(columns, styles, strict=True)
    )
    head = html.escape(f"{name}, {unit}" if unit else name)
    return (
        f"<figure><h3>{head}<span>{names}</span></h3>"
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{head} over {html.escape(step_name)}">'
        f"{_grid_lines(up)}{_ticks(across)}{''.join(lines)}"
        f'<text x="0" y="{HEIGHT - 4}">{html.escape(step_name)}</text></svg></figure>'
    )


class _Axis:
    """A linear axis, or a logarithmic one where the values span decades."""

    def __init__(self, values: Floats, first: float, last: float) -> None:
        finite = values[np.isfinite(values)]
        self.log = spans_decades(values)
        self.low, self.high = float(finite.min()), float(finite.max())
        if self.low == self.high:
            self.low, self.high = self.low - 0.5, self.high + 0.5
        self.first, self.last = first, last

    def pixels(self, values: Floats) -> Floats:
        """Return the coordinates of values; NaN stays NaN."""
        low, high, at = self.low, self.high, values
        if self.log:
            low, high = math.log(low), math.log(high)
            at = np.log(np.where(values > 0, values, np.nan))
        pixels: Floats = self.first + (at - low) / (high - low) * (self.last - self.first)
        return pixels

    def ticks(self) -> list[float]:
        """Return round numbers within the axis."""
        if self.log:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            stride = -(-len(powers) // (MOST_TICKS + 2))
            digits = (1, 3) if stride == 1 else (1,)
            candidates = [digit * 10.0**power for power in powers[::stride] for digit in digits]
        else:
            step = _round_step((self.high - self.low) / MOST_TICKS)
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            candidates = [number * step for number in range(first, last + 1)]
        return [tick for tick in candidates if self.low <= tick <= self.high]


def _round_step(least: float) -> float:
    """Return the smallest step of 1, 2 or 5 times a power of ten that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= least * (1 - 1e-9))


def _line(x: Floats, y: Floats, style: int) -> str:
    kept = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(kept):
        kept = kept[np.unique(np.linspace(0, len(kept) - 1, MOST_POINTS).astype(int))]
    corners = " ".join(f"{x[i]:.1f},{y[i]:.1f}" for i in kept)
    return f'<polyline class="series-{style}" points="{corners}"/>'


def _grid_lines(up: _Axis) -> str:
    return "".join(
        f'<path class="grid-line" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in up.ticks()
        for y in up.pixels(np.array([tick]))
    )


def _ticks(across: _Axis) -> str:
    return "".join(
        f'<text x="{x:.1f}" y="{HEIGHT - 4}" text-anchor="middle">{tick:g}</text>'
        for tick in across.ticks()
        if tick == int(tick)
        for x in across.pixels(np.array([tick]))
    )
