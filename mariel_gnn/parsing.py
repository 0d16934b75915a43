"""Parses YAML and JSON of unknown origin: bounded in size and depth, and with one type of error."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

MAX_DEPTH = 32  # of lists and mappings within each other; skeletons and configurations have four
MAX_CHARACTERS = 500_000  # with all aliases written out; five thousand names of files
# A number of this length is none of ours, and Python does not print one of thousands of digits.
_LONG_NUMBER = re.compile(r"[-+]?[0-9][0-9a-fA-FxX_:.]{300,}")
# libyaml's loader if it is there: fifty times faster on a large file.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What the constructors of PyYAML raise for a value that does not fit its type, such as the 30th of February.
BAD_VALUE = (ValueError, TypeError, KeyError, AttributeError, OverflowError)


class ParseError(ValueError):
    """The text is not of its language, or is too large."""


class TooLargeError(ParseError):
    """The text is nested too deeply, or is too long with its aliases written out."""


def load_yaml(text: str) -> Any:
    """Parse YAML into plain values; no tag of Python is read.

    Raises:
        ParseError: the text is not YAML, has a value that does not fit its type, or is too large.
    """
    check_yaml(text)
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, *BAD_VALUE) as error:
        raise _parse_error(error) from error


def check_yaml(text: str) -> None:
    """Check the depth of YAML, and its length with all aliases written out, before it is loaded.

    Raises:
        ParseError: the text is not YAML, or is too large.
    """
    try:
        _measure(text)
    except (yaml.YAMLError, UnicodeError) as error:
        raise _parse_error(error) from error


def load_json(text: str | bytes) -> Any:
    """Parse JSON.

    Raises:
        ParseError: the text is not JSON, or is nested too deeply.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _parse_error(error) from error


def _parse_error(error: Exception) -> ParseError:
    return ParseError(" ".join(str(error).split()) or type(error).__name__)


def _measure(text: str) -> None:
    """Add up the events of the parser, which neither recurses nor follows aliases."""
    total = 0
    lengths: dict[str, int] = {}  # of what has an anchor
    opened: list[tuple[str | None, int]] = []  # anchor and start of each list and mapping
    for event in yaml.parse(text, Loader=_Loader):
        total += 1
        if isinstance(event, yaml.ScalarEvent):
            total += _length(event.value)
            lengths |= {event.anchor: 1 + len(event.value)} if event.anchor else {}
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in opened):
                raise TooLargeError(f"*{event.anchor} contains itself: write its content out")
            total += lengths.get(event.anchor or "", 0)
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, total))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, start = opened.pop()
            lengths |= {anchor: total - start} if anchor else {}
        if len(opened) > MAX_DEPTH:
            raise TooLargeError(f"lists and mappings are nested more than {MAX_DEPTH} deep")
        if total > MAX_CHARACTERS:
            raise TooLargeError(f"it has over {MAX_CHARACTERS:,} characters, aliases written out")


def _length(scalar: str) -> int:
    if _LONG_NUMBER.fullmatch(scalar):
        raise TooLargeError(f"{scalar[:20]}… has {len(scalar):,} digits")
    return len(scalar)
