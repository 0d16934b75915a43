"""Statements in the head of a table: rate, unit and vertical axis, as `fps: 100` or `Frame Rate,100`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mariel_gnn.mocap.formats.marker_file import parse_unit
from mariel_gnn.mocap.formats.text_tables.cells import parse_number
from mariel_gnn.mocap.formats.text_tables.text_table import Line

RATE_NAME = re.compile(
    r"fps|hz|((frame|sampl[a-z]+|data|capture|export|video|camera|acquisition)[ _]?)?(rate|frequency)"
    r"([ _]*[\[(]?hz[\])]?)?",
    re.I,
)
# A key begins with the first letter of its words, so that each word is looked at once.
_FACT = re.compile(
    r"(?<![\w #])(?:[^\WA-Za-z]|[ #])*+([A-Za-z][\w #]*+)\s*+[:=]\s*+([^,;:=]+)(?:[,;]|$)"
)
MAX_VALUE = 100  # characters of a rate


def all_facts(lines: Sequence[Line], comments: Sequence[str]) -> dict[str, str]:
    """Return the statements of comments and of lines of the head, by key in lower case."""
    return {**_facts_of_text(comments), **facts_of(lines)}


def facts_of(lines: Sequence[Line]) -> dict[str, str]:
    """Return the statements in lines such as `Frame Rate,100` or `fps: 100`, by key in lower case."""
    facts: dict[str, str] = {}
    for line in lines:
        for key, value in zip(line.cells, line.cells[1:], strict=False):
            if key and value:
                facts.setdefault(key.lower().rstrip(": ="), value)
        facts.update(_facts_of_text(line.cells))
    return facts


def _facts_of_text(texts: Sequence[str]) -> dict[str, str]:
    return {found[1].rstrip().lower(): found[2] for text in texts for found in _FACT.finditer(text)}


def stated_rate(facts: dict[str, str]) -> float | None:
    """Return the frame rate among the facts; the rate of an export before that of the capture."""
    keys = sorted(
        (key for key in facts if RATE_NAME.fullmatch(key)), key=lambda key: "export" not in key
    )
    for key in keys:
        value = re.sub(r"\s*(hz|fps)$", "", facts[key][:MAX_VALUE], flags=re.I)
        number = parse_number(value.replace(",", "."), ".")
        if number is not None and number == number:
            return number
    return None


def stated_unit(facts: dict[str, str]) -> str | None:
    """Return the unit of length among the facts."""
    for key, value in facts.items():
        if re.fullmatch(r"(length |position )?units?( of length)?", key) and parse_unit(value):
            return parse_unit(value)
    return None


def stated_up(facts: dict[str, str]) -> str | None:
    """Return the vertical axis among the facts."""
    for key, value in facts.items():
        if re.fullmatch(r"(up|vertical)([ _-]?(axis|direction))?", key):
            found = re.match(r"\+?(-?[xyz])\b", value.strip().lower())
            if found:
                return found[1]
    return None
