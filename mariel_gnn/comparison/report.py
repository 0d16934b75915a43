"""The files of a comparison that need no browser: `comparison.md`, `comparison.csv`, `paired.csv`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mariel_gnn.comparison.comparison import Comparison
from mariel_gnn.comparison.tables import main_records, main_tables, paired_records, paired_table
from mariel_gnn.files import write_text
from mariel_gnn.tracking.tracker import rows_as_csv

HOW_TO_READ = (  # term -> what it means
    ("±", "half of the 95 % interval over seeds (Student's t): the range of the mean of many more seeds."),
    ("over recordings", "the 95 % interval from resampling whole test recordings (bootstrap): the range "
     "of the error of the same models on other recordings of this kind."),
    ("better, worse", "no 95 % interval of the difference contains zero. Otherwise the difference is not "
     "significant, which does not mean that the models are equal."),
    ("limits", "partners of one duet, or a take and its repeat, count as separate recordings, which makes "
     "the intervals over recordings slightly too narrow. docs/compare.md explains all numbers."),
)  # fmt: skip


def write_report(
    comparison: Comparison, folder: Path, pictures: Iterable[Path], command: str
) -> None:
    """Write the tables as CSV, and all results as Markdown.

    Args:
        comparison: all numbers.
        folder: where the files go; links to pictures are relative to it.
        pictures: the drawn pictures.
        command: the command line.
    """
    write_text(folder / "comparison.csv", rows_as_csv(main_records(comparison)))
    write_text(folder / "paired.csv", rows_as_csv(paired_records(comparison)))
    write_text(folder / "comparison.md", _markdown(comparison, folder, pictures, command))


def title(comparison: Comparison) -> str:
    """Return ``Comparison of A | B``."""
    return f"Comparison of {' | '.join(group.name for group in comparison.groups)}"


def verdicts(comparison: Comparison) -> list[str]:
    """Return the result of each pair as a sentence."""
    return [f"{pair.verdict()}." for pair in comparison.pairs] or [
        "No model reconstructs the test windows, so there is no paired difference."
    ]


def run_lines(comparison: Comparison, folder: Path) -> Iterator[str]:
    """Yield a line for each run: group, seed, folder (relative to `folder`), commit."""
    for group in comparison.groups:
        for run in group.runs:
            path = os.path.relpath(run.folder, folder)
            yield f"{group.name}, seed {run.seed}: {path}, commit {run.commit}"


def caption(picture: Path) -> str:
    """Return the name of a picture as words."""
    return picture.stem.replace("_", " ")


def _markdown(comparison: Comparison, folder: Path, pictures: Iterable[Path], command: str) -> str:
    count = len(comparison.recordings)
    parts = [
        f"# {title(comparison)}",
        f"On {count} test recordings of `{comparison.data}`, by the command",
        f"    {command}",
        _bulleted("## Verdict", verdicts(comparison)),
        *(table.markdown().rstrip() for table in main_tables(comparison)),
        "## Paired differences",
        paired_table(comparison).markdown().rstrip(),
        _bulleted("## How to read the numbers", [f"**{a}**: {b}" for a, b in HOW_TO_READ]),
        *([_bulleted("## Notes", comparison.notes)] if comparison.notes else []),
        "## Pictures",
        *(f"![{caption(path)}]({path.relative_to(folder).as_posix()})" for path in pictures),
        _bulleted("## Runs", run_lines(comparison, folder)),
        f"## Test recordings\n{count}: {', '.join(comparison.recordings)}.",
    ]
    return "\n\n".join(parts) + "\n"


def _bulleted(head: str, lines: Iterable[str]) -> str:
    return "\n".join([head, *(f"* {line}" for line in lines)])
