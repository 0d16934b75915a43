"""A logarithmic axis that can be read: plain numbers at 1, 2, 3 and 5 of each decade, fewer on a long one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

_LONG = 1.5  # decades, from which numbers at 2 and 5 would run into each other
FINE, COARSE = (1.0, 2.0, 3.0, 5.0), (1.0, 3.0)


def make_log(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis.set_major_locator(_FewNumbers())
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())


class _FewNumbers(LogLocator):
    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Numbers between `vmin` and `vmax`: fewer of each decade where there are many decades."""
        decades = abs(math.log10(vmax / vmin)) if vmin > 0 else 0.0
        self.set_params(subs=COARSE if decades > _LONG else FINE)
        return list(super().tick_values(vmin, vmax))
