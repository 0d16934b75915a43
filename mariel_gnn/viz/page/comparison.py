"""`comparison.html` of a comparison: verdict, tables and pictures in one self-contained page."""

from __future__ import annotations

import html
import os
from base64 import b64encode
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from mariel_gnn.comparison.comparison import Comparison
from mariel_gnn.comparison.report import HOW_TO_READ, caption, run_lines, title, verdicts
from mariel_gnn.comparison.tables import TextTable, main_tables, paired_table
from mariel_gnn.files import write_text
from mariel_gnn.run_folder import REPORT
from mariel_gnn.viz.colors import theme_css
from mariel_gnn.viz.page.build import section, unfolding

FILE = "comparison.html"
QUESTIONS = {  # picture -> the question that it answers
    "error": "Which model has the smallest reconstruction error?",
    "difference": "Is a model better than the first, and on which recordings?",
    "difference_to_pca": "Is a model better than PCA of the same latent size?",
    "error_by_body_part": "Which body parts have large errors?",
    "error_by_frame": "Which frames of a phrase have large errors?",
    "error_over_training": "How fast does the validation error fall?",
    "samples": "Do samples move like the data? Shaded: the acceptable range. Vertical line: the data.",
    "error_by_latent_size": "How does the error depend on the latent size?",
    "samples_by_latent_size": "How do samples depend on the latent size?",
}
_FOLDER = files(__package__)


def write_comparison_page(
    comparison: Comparison, folder: Path, pictures: Iterable[Path], command: str
) -> Path:
    """Write `comparison.html` to the folder of a comparison, atomically, and return its path.

    Args:
        comparison: all numbers.
        folder: the folder of the comparison; links to run reports are relative to it.
        pictures: the drawn pictures (PNG); the page embeds them.
        command: the command line.
    """
    styles = [theme_css(), *(_asset(name) for name in ("style.css", "comparison.css"))]
    content = _asset(FILE).format(
        title=html.escape(title(comparison)),
        subtitle=html.escape(_subtitle(comparison)),
        style="\n".join(styles),
        sections="\n".join(_sections(comparison, folder, pictures, command)),
    )
    write_text(folder / FILE, content)
    return folder / FILE


def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _subtitle(comparison: Comparison) -> str:
    count = len(comparison.recordings)
    return f"On {count} test recording{'s' if count > 1 else ''} of {comparison.data}"


def _sections(
    comparison: Comparison, folder: Path, pictures: Iterable[Path], command: str
) -> list[str]:
    names = {group.name for group in comparison.groups}
    tables = [_table(table, names) for table in main_tables(comparison)]
    notes = _list(comparison.notes, "notes") if comparison.notes else ""
    how = "".join(f"<dt>{html.escape(a)}</dt><dd>{html.escape(b)}</dd>" for a, b in HOW_TO_READ)
    recordings = ", ".join(comparison.recordings)
    return [
        section("Verdict", _verdicts(comparison), notes),
        section("Results", *tables),
        section("Paired differences", _table(paired_table(comparison), set())),
        section("Pictures", f'<div class="pictures">{"".join(map(_figure, pictures))}</div>'),
        section("How to read the numbers", f"<dl>{how}</dl>"),
        section("Runs", _reports(comparison, folder), unfolding("Test recordings", recordings)),
        section("Command", f"<pre>{html.escape(command)}</pre>"),
    ]


def _verdicts(comparison: Comparison) -> str:
    kinds = [" class=significant" if pair.is_significant else "" for pair in comparison.pairs]
    items = "".join(
        f"<li{kind}>{html.escape(text)}</li>"
        for kind, text in zip(kinds or [""], verdicts(comparison), strict=True)
    )
    return f'<ul class="verdict">{items}</ul>'


def _list(lines: Iterable[str], kind: str) -> str:
    return f'<ul class="{kind}">{"".join(f"<li>{html.escape(line)}</li>" for line in lines)}</ul>'


def _table(table: TextTable, bold: set[str]) -> str:
    """A table as HTML, with the rows named in `bold` emphasized."""
    heads = "".join(
        f"<th>{html.escape(head)}<small>{html.escape(unit)}</small></th>"
        for head, unit in table.head
    )
    rows = "".join(_row(row, row[0] in bold) for row in table.rows)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(cells: Sequence[str], bold: bool) -> str:
    kind = ' class="own"' if bold else ""
    return f"<tr{kind}>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _figure(picture: Path) -> str:
    data = b64encode(picture.read_bytes()).decode()
    name = caption(picture)
    question = html.escape(QUESTIONS.get(picture.stem, name))
    image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(name)}">'
    return f"<figure>{image}<figcaption>{question}</figcaption></figure>"


def _reports(comparison: Comparison, folder: Path) -> str:
    """A line for each run, linked to its report if there is one."""
    items = []
    for run, line in zip(comparison.runs, run_lines(comparison, folder), strict=True):
        text = html.escape(line)
        if (report := run.folder / REPORT).exists():
            path = Path(os.path.relpath(report, folder)).as_posix()
            text += f' · <a href="{html.escape(path)}">report</a>'
        items.append(f"<li>{text}</li>")
    return f'<ul class="notes">{"".join(items)}</ul>'
