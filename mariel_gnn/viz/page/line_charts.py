"""Learning curves as SVG in the page's own colours: a chart a quantity, training and validation in it."""

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
_LOOKS = 3


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
    places = [splits.index(column.partition("/")[0]) % _LOOKS for column in columns]
    lines = [
        _line(across.place(steps), up.place(table.columns[column]), look)
        for column, look in zip(columns, places, strict=True)
    ]
    names = "".join(
        f'<i class="series-{look}">{html.escape(column.partition("/")[0])}</i>'
        for column, look in zip(columns, places, strict=True)
    )
    head = html.escape(f"{name}, {unit}" if unit else name)
    return (
        f"<figure><h3>{head}<span>{names}</span></h3>"
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{head} over {html.escape(step_name)}">'
        f"{_rules(up)}{_numbers(across)}{''.join(lines)}"
        f'<text x="0" y="{HEIGHT - 4}">{html.escape(step_name)}</text></svg></figure>'
    )


class _Axis:
    """From numbers to pixels, by logarithm where they span decades."""

    def __init__(self, values: Floats, first: float, last: float) -> None:
        known = values[np.isfinite(values)]
        self.log = spans_decades(values)
        self.low, self.high = float(known.min()), float(known.max())
        if self.low == self.high:
            self.low, self.high = self.low - 0.5, self.high + 0.5
        self.first, self.last = first, last

    def place(self, values: Floats) -> Floats:
        """Return the pixels of numbers; what is no number stays none."""
        low, high, at = self.low, self.high, values
        if self.log:
            low, high, at = (
                math.log(low),
                math.log(high),
                np.log(np.where(values > 0, values, np.nan)),
            )
        placed: Floats = self.first + (at - low) / (high - low) * (self.last - self.first)
        return placed

    def ticks(self) -> list[float]:
        """Return round numbers within the axis."""
        if self.log:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            every = [digit * 10.0**power for power in powers for digit in (1, 3)]
        else:
            each = _round_step((self.high - self.low) / MOST_TICKS)
            count = math.floor(self.high / each) - math.ceil(self.low / each) + 1
            every = [(math.ceil(self.low / each) + number) * each for number in range(count)]
        return [tick for tick in every if self.low <= tick <= self.high]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is no less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= least * (1 - 1e-9))


def _line(x: Floats, y: Floats, look: int) -> str:
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    kept = (
        known[np.unique(np.linspace(0, len(known) - 1, MOST_POINTS).astype(int))]
        if len(known)
        else known
    )
    corners = " ".join(f"{x[i]:.1f},{y[i]:.1f}" for i in kept)
    return f'<polyline class="series-{look}" points="{corners}"/>'


def _rules(up: _Axis) -> str:
    return "".join(
        f'<path class="rule" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in up.ticks()
        for y in up.place(np.array([tick]))
    )


def _numbers(across: _Axis) -> str:
    return "".join(
        f'<text x="{x:.1f}" y="{HEIGHT - 4}" text-anchor="middle">{tick:g}</text>'
        for tick in across.ticks()
        if tick == int(tick)
        for x in across.place(np.array([tick]))
    )
