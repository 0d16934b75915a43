"""The rows of the benchmark: what is measured, and the numbers that were found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, NamedTuple

Measure = Callable[[], Mapping[str, float]]
"""One measurement: number -> value; names end in units."""


class Prepared(NamedTuple):
    """A case that is ready to be measured.

    Attributes:
        measure: measures once.
        facts: numbers that no load on the machine changes, such as parameters.
    """

    measure: Measure
    facts: Mapping[str, float] = {}


@dataclass(frozen=True)
class Case:
    """A row that is to be measured.

    Attributes:
        section: the part of the benchmark.
        name: of the row, unique in its section.
        prepare: builds what is measured; called once, in the warm-up round.
    """

    section: str
    name: str
    prepare: Callable[[], Prepared]


@dataclass
class Row:
    """The numbers of a case.

    Attributes:
        section: the part of the benchmark.
        name: of the row.
        facts: numbers without a spread.
        samples: number -> its value in each round.
        error: why the row has no numbers, or not of all rounds, in one line; empty if it has.
    """

    section: str
    name: str
    facts: dict[str, float] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=dict)
    error: str = ""

    def add(self, numbers: Mapping[str, float]) -> None:
        """Add the numbers of a round."""
        for name, value in numbers.items():
            self.samples.setdefault(name, []).append(float(value))

    def numbers(self) -> dict[str, float]:
        """The facts; of each measured number the median, and as NAME_low and NAME_high its extremes."""
        found = dict(self.facts)
        for name, values in self.samples.items():
            ends = (median(values), min(values), max(values))
            found |= zip((name, f"{name}_low", f"{name}_high"), ends, strict=True)
        return found


Rows = list[Row]


def find(rows: Iterable[Row], section: str, name: str) -> Row | None:
    """The row of a name, if it was measured without an error."""
    found = (row for row in rows if (row.section, row.name) == (section, name))
    return next((row for row in found if not row.error), None)


def rows_to_json(rows: Rows) -> list[dict[str, Any]]:
    """The rows for `results.json`, with their medians."""
    return [asdict(row) | {"numbers": row.numbers()} for row in rows]


def rows_from_json(content: Iterable[Mapping[str, Any]]) -> Rows:
    """The rows of `results.json`."""
    return [
        Row(**{name: value for name, value in row.items() if name != "numbers"}) for row in content
    ]
