"""The columns of a table: what each of them holds, and which three make a marker.

Columns belong together by their name and place. What is no position of a marker (rotations,
velocities, errors) is left out, and a note says so.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mariel_gnn.mocap.formats.marker_file import parse_unit

POSITION = "positions"
MAX_NAMES = 3  # in a note
# Words for a quantity: those that also end other words (`Triangle`) only stand alone or capitalized.
_LONG_WORDS = {
    POSITION: "position|translation|coordinates?",
    "rotations": "rotation|orientation|quaternion",
    "velocities": "velocity|velocities",
    "accelerations": "acceleration",
    "errors": "residual|covariance|variance|uncertainty",
}
_SHORT_WORDS = {
    POSITION: "pos|trans|loc|location|coords?",
    "rotations": "rot|quat|ori|ang|angles?|euler|attitude",
    "velocities": "vel|speed",
    "accelerations": "acc|accel",
    "forces": "forces?|moments?|torques?|power",
    "errors": "err|errors?|std|sd|var",
}
# `RX`, `LANK_vx`: the letter before the axis.
_CODES = {"t": POSITION, "p": POSITION, "r": "rotations", "q": "rotations", "v": "velocities",
          "a": "accelerations", "f": "forces", "m": "forces"}  # fmt: skip
_UNITS = {"deg": "rotations", "rad": "rotations", "°": "rotations", "/s2": "accelerations",
          "/s^2": "accelerations", "/s²": "accelerations", "/s": "velocities"}  # fmt: skip
# Behind a label that ends in none of these signs: each run of them is looked at once.
_BETWEEN = r"(?<![ _.:\-])[ _.:\-]*"
_AXIS = re.compile(
    rf"(?P<label>.*?)(?P<between>{_BETWEEN})(?P<open>\()?(?P<axis>[xyz]|(?<=[ _.:qQ-])w)(?(open)\))"
    r"(?:\.\d+)?",
    re.I,
)
_AXIS_FIRST = re.compile(
    r"(?P<axis>[xyz])(?P<between>[ _.:\-]*)(?P<label>(?<=[ _.:\-]).+|\d+)", re.I
)
_LETTER = re.compile(r"(?P<stem>.+[ _.:\-])(?P<letter>[a-z])(?P<axis>[xyz])", re.I)
_WORDS = "|".join((*_LONG_WORDS.values(), *_SHORT_WORDS.values()))
_WORD_LAST = re.compile(
    rf"(?P<label>.*?)(?P<between>(?<![ _.:\-])[ _.:\-]+)(?P<axis>[xyz])[ _.:\-]?(?P<word>{_WORDS})",
    re.I,
)
_UNIT = re.compile(
    r"(?P<name>.*?\S)(?:\s*[\[(](?P<bracket>[^\[\]()]*)[\])]|\s*[_ ](?P<word>(?:m|cm|mm|in|ft|deg|rad)"
    r"(?:/s(?:\^?2|²)?)?))",
    re.I,
)
_AXIS_CELL = re.compile(r"(?P<code>[tpqrva]?)(?P<axis>[xyzw])\d*(?P<primes>'{0,2})", re.I)


@dataclass(frozen=True)
class Column:
    """What one column holds.

    Attributes:
        place: its place in a line, from 0.
        label: the marker; empty if it has no name.
        quantity: ``"positions"`` of markers, or what else it holds; empty if that is unknown.
        axis: ``"x"``, ``"y"``, ``"z"``, ``"w"``, or empty.
        unit: as in the file; empty if not stated.
        name: the whole name in the file, if it stands in one cell.
    """

    place: int
    label: str
    quantity: str
    axis: str = ""
    unit: str = ""
    name: str = ""


@dataclass(frozen=True)
class MarkerColumns:
    """The markers of a table.

    Attributes:
        labels: the J names as in the file; a marker without a name has an empty one.
        places: the columns of x, y and z of each marker.
        units: of each marker as in the file; empty if not stated.
        notes: what was left out.
    """

    labels: list[str]
    places: list[tuple[int, int, int]]
    units: list[str]
    notes: tuple[str, ...]


def parse_names(names: Sequence[str]) -> list[Column]:
    """Parse the names of columns, such as `LANK_x_mm`, `Head Position X [mm]`, `LANK_vx` or `x0`.

    The axis comes last or first, in all names of a table. A letter before the axis names a quantity,
    unless other letters stand there too: `Arm_RX` and `Arm_LX` are two sides, `Foot_Ax` and `Foot_Bx`
    two markers.
    """
    last, first = (
        [_parse_name(name, place, axis) for place, name in enumerate(names)]
        for axis in (_AXIS, _AXIS_FIRST)
    )
    if len(group_markers(first).labels) > len(group_markers(last).labels):
        return first
    letters: dict[str, set[str]] = {}
    for found in map(_LETTER.fullmatch, (split_unit(name)[0] for name in names)):
        if found:
            letters.setdefault(found["stem"], set()).add(found["letter"].lower())
    markers = {stem for stem, found_letters in letters.items() if found_letters - _CODES.keys()}
    return [_with_letter(column, markers) for column in last]


def _with_letter(column: Column, stems: set[str]) -> Column:
    """Take the letter before the axis as part of the name, if its stem is among those with letters."""
    found = _LETTER.fullmatch(split_unit(column.name)[0])
    if not found or found["stem"] not in stems:
        return column
    return dataclasses.replace(column, label=found["stem"] + found["letter"], quantity=POSITION)


def _parse_name(name: str, place: int, pattern: re.Pattern[str]) -> Column:
    plain, unit = split_unit(name)
    if word := _WORD_LAST.fullmatch(plain):
        return Column(
            place, word["label"], quantity_of(word["word"]), word["axis"].lower(), unit, name
        )
    found = pattern.fullmatch(plain)
    if not found:
        return Column(place, name, "", unit=unit, name=name)
    label, quantity = _quantity(found["label"] or "", found["between"])
    return Column(place, label, _by_unit(unit) or quantity, found["axis"].lower(), unit, name)


def split_unit(name: str) -> tuple[str, str]:
    """Split the unit off the end of a column's name; the unit is empty if there is none."""
    found = _UNIT.fullmatch(name)
    bracket = (found["bracket"] or "").strip() if found else ""
    if not found or re.fullmatch("[xyzw]", bracket, re.I):
        return name, ""
    return found["name"], bracket or found["word"] or ""


def axis_cell(cell: str) -> tuple[str, str] | None:
    """Parse the cell of a row of axes, such as `X`, `TX`, `RY`, `X1` or `X'`: quantity and axis."""
    found = _AXIS_CELL.fullmatch(cell)
    if not found:
        return None
    derived = ("", "velocities", "accelerations")[len(found["primes"])]
    quantity = derived or _CODES.get(found["code"].lower(), POSITION)
    return quantity, found["axis"].lower()


def quantity_of(text: str) -> str:
    """Return the quantity that a word names, such as `Position` or `Mean Marker Error`; else empty."""
    for words in (_LONG_WORDS, _SHORT_WORDS):
        for quantity, pattern in words.items():
            if re.search(rf"\b({pattern})\b", text, re.I):
                return quantity
    return ""


def _quantity(label: str, between: str) -> tuple[str, str]:
    """Split a word for the quantity off the end of a marker's name."""
    for quantity, words in _LONG_WORDS.items():
        if found := re.fullmatch(rf"(.*?){_BETWEEN}({words})", label, re.I):
            return found[1], quantity
    for quantity, words in _SHORT_WORDS.items():
        capital = "|".join(word.capitalize() for word in words.split("|"))
        if found := re.fullmatch(
            rf"(?:(.*?)(?<![ _.:\-])[ _.:\-]+|)((?i:{words}))|(.*[a-z0-9])({capital})", label
        ):
            return found[1] or found[3] or "", quantity
    code = label[-1:]
    if not between and code.lower() in _CODES and label[-2:-1] in ("", *" _.:-"):
        return label[:-1].rstrip(" _.:-"), _CODES[code.lower()]
    return label, POSITION


def _by_unit(unit: str) -> str:
    """Return the quantity that a unit proves, if it is no position."""
    text = unit.strip().lower()
    return next(
        (what for end, what in _UNITS.items() if text.startswith(end) or text.endswith(end)), ""
    )


def group_markers(columns: Sequence[Column]) -> MarkerColumns:
    """Put the columns of positions together, three for each marker, by name and place.

    Columns that follow each other with one name are a marker, so two markers may have one name. Where
    all x columns come before all y columns, names are matched in their order.
    """
    complete, rest = _adjacent(columns)
    separate, rest = _separate(rest)
    markers = sorted(
        complete + separate, key=lambda columns: min(column.place for column in columns)
    )
    # A name with four columns x, y, z, w is a quaternion: it has no position.
    quaternions = {(c.label, c.quantity) for c in rest if c.axis == "w"}
    kept = [three for three in markers if three[0].quantity == POSITION
            and (three[0].label, POSITION) not in quaternions]  # fmt: skip
    used = {column.place for three in kept for column in three}
    left_out = [column for column in columns if column.place not in used]
    return MarkerColumns(
        [three[0].label for three in kept],
        [(three[0].place, three[1].place, three[2].place) for three in kept],
        [_unit(three) for three in kept],
        _describe(left_out, quaternions),
    )


def _adjacent(columns: Sequence[Column]) -> tuple[list[list[Column]], list[Column]]:
    """Return the markers whose columns stand side by side, ordered x, y, z, and the other columns."""
    complete, rest, run = [], [], [*columns[:0]]
    for column in [*columns, Column(-1, "", "end")]:
        key = (column.label, column.quantity)
        same = run and key == (run[0].label, run[0].quantity) and column.place == run[-1].place + 1
        if same and column.axis and column.axis not in [other.axis for other in run]:
            run.append(column)
            continue
        axes = {other.axis: other for other in run}
        if {"x", "y", "z"} <= axes.keys():
            complete.append([axes[axis] for axis in "xyz"])
            rest += [other for other in run if other.axis == "w"]
        else:
            rest += run
        run = [column]
    return complete, rest


def _separate(columns: Sequence[Column]) -> tuple[list[list[Column]], list[Column]]:
    """Return the markers of a table with all x columns first: names as often as x, as y and as z."""
    by_axis: dict[tuple[str, str], dict[str, list[Column]]] = {}
    for column in columns:
        if column.axis:
            axes = by_axis.setdefault((column.label, column.quantity), {})
            axes.setdefault(column.axis, []).append(column)
    complete = []
    for axes in by_axis.values():
        three = [axes.get(axis, []) for axis in "xyz"]
        if len({len(each) for each in three}) == 1 and three[0]:
            complete += [list(each) for each in zip(*three, strict=True)]
    used = {column.place for three in complete for column in three}
    return complete, [column for column in columns if column.place not in used]


def _unit(three: Sequence[Column]) -> str:
    units = {parse_unit(column.unit) for column in three}
    return next(iter(units)) or "" if len(units) == 1 else ""


def _describe(columns: Sequence[Column], quaternions: set[tuple[str, str]]) -> tuple[str, ...]:
    """Describe the columns that are left out, by what they hold."""
    kinds: Counter[str] = Counter()
    names: dict[str, list[str]] = {}
    for column in columns:
        kind = column.quantity
        if column.label.lower().replace(" ", "") == "subframe":
            continue
        if (column.label, kind) in quaternions:
            kind = "rotations"
        kind = (
            "without three axes"
            if kind == POSITION
            else f"of {kind}"
            if kind
            else "of other content"
        )
        kinds[kind] += 1
        shown = column.name if kind == "without three axes" else column.label
        names.setdefault(kind, []).append(shown or column.label or "(no name)")
    return tuple(
        f"{count} {'column' if count == 1 else 'columns'} {kind} left out: {_shorten(names[kind])}"
        for kind, count in kinds.items()
    )


def _shorten(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - MAX_NAMES} more" if len(distinct) > MAX_NAMES else ""
    return ", ".join(distinct[:MAX_NAMES]) + more
