"""The sections of a report under the stage: tables, and texts that unfold."""

from __future__ import annotations

import html
from collections.abc import Sequence

from mariel_gnn.metrics.table import TABLES, Column, Rows, cells


def results_tables(rows: Rows, own: str) -> str:
    """Return the final tables of a run as HTML.

    Args:
        rows: row name -> its numbers.
        own: the rows whose names begin with it are the run's own.
    """
    return "".join(_table(what, rows, columns, own) for what, columns in TABLES)


def section(title: str, *parts: str) -> str:
    """Return a section with a heading."""
    return f"<section><h2>{html.escape(title)}</h2>{''.join(parts)}</section>"


def unfolding(title: str, text: str) -> str:
    """Return a text as it is, shown when its title is clicked."""
    return (
        f"<details><summary>{html.escape(title)}</summary><pre>{html.escape(text)}</pre></details>"
    )


def paragraph(text: str) -> str:
    """Return a quiet paragraph."""
    return f'<p class="quiet">{html.escape(text)}</p>'


def _table(what: str, rows: Rows, columns: Sequence[Column], own: str) -> str:
    heads = "".join(
        f"<th>{html.escape(column.head)}<small>{html.escape(column.unit)}</small></th>"
        for column in columns
    )
    body = "".join(_row(row, own) for row in cells(rows, columns))
    return (
        f'<div class="wide"><table><thead><tr><th>{html.escape(what)}</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(row: Sequence[str], own: str) -> str:
    look = ' class="own"' if row[0].startswith(own) else ""
    return f"<tr{look}>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>"
