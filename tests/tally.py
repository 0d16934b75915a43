"""Counts what fuzzing tests meet: results and refusals, the slowest case, the most memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.parser import one_line
from mariel_gnn.errors import UserError

MAX_GROWN_MB = 1000  # beyond what the process held before the first case
_PEAK = Path("/proc/self/clear_refs")  # of Linux; elsewhere memory is not counted
_COLUMNS = ("test", "cases", "result", "refused", "slowest s", "memory MB")


@dataclass
class Tally:
    """The counts of one test; `held_mb` is the memory before the first case."""

    test: str
    cases: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    grown_mb: float = 0.0
    held_mb: float = 0.0

    def start(self) -> None:
        """Measure the peak memory from here on."""
        if _PEAK.exists():
            _PEAK.write_text("5")
            self.held_mb = _memory_mb("VmRSS")

    def told(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Return the result of a call, None if it is refused in one line; anything else fails the test."""
        said, result, code, start = "", None, 0, time.process_time()
        try:
            result = call(*arguments)
        except UserError as error:
            said = one_line(error)  # as it is printed: a name in a file may have line feeds
            self.refused += 1
        except SystemExit as ended:  # --help
            code = ended.code or 0
        self.cases += 1
        self.slowest_s = max(self.slowest_s, time.process_time() - start)
        assert "\n" not in said
        assert code == 0
        return result

    def end(self) -> dict[str, Any]:
        """The counts; a test that took too much memory fails."""
        self.grown_mb = _memory_mb("VmHWM") - self.held_mb if _PEAK.exists() else 0.0
        assert self.grown_mb < MAX_GROWN_MB
        return asdict(self)


def _memory_mb(name: str) -> float:
    """The resident memory of this process: now (VmRSS), or at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def table(tallies: Iterable[dict[str, Any]]) -> list[str]:
    """The lines of a table in Markdown."""
    lines = [f"| {' | '.join(_COLUMNS)} |", f"|---|{'--:|' * (len(_COLUMNS) - 1)}"]
    for each in tallies:
        tally = Tally(**each)
        read = tally.cases - tally.refused
        lines.append(
            f"| {tally.test} | {tally.cases:,} | {read:,} | {tally.refused:,} | {tally.slowest_s:.1f} "
            f"| {tally.grown_mb:.0f} |"
        )
    return lines
