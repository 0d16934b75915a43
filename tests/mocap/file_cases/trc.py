"""Cases of TRC files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.mocap.file_cases.body import FRAMES, NAMES, RATE_HZ, Body, array, dancer, y_up
from tests.mocap.file_cases.csv_text import (
    KEPT,
    LOST,
    missing_rows,
    renamed,
    rows_of,
    without,
)
from tests.mocap.file_cases.verdict import Case

_FIELDS = (
    "DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
    "OrigNumFrames",
)  # fmt: skip
Lines = list[str]


def trc(
    body: Body | None = None,
    frames: Sequence[int] = range(FRAMES),
    names: Sequence[str] | None = None,
    rate: float = RATE_HZ,
    stated_rate: str | None = None,
    stated_markers: int | None = None,
    unit: str = "mm",
    lost: str = "",
    edit: Callable[[Lines], Lines] = lambda lines: lines,
) -> Callable[[Path], object]:
    """A writer of a TRC file, y up; `edit` changes its lines."""
    body = body or dancer()
    names = list(body) if names is None else list(names)
    scale = {"mm": 1000.0, "m": 1.0}[unit]
    cells = rows_of(y_up(array(body)), scale, 4)
    stated, markers = stated_rate or f"{rate:.2f}", stated_markers or len(names)
    lines = [
        "PathFileType\t4\t(X/Y/Z)\ttake.trc",
        "\t".join(_FIELDS),
        "\t".join(
            [stated, stated, str(len(frames)), str(markers), unit, stated, "1", str(len(frames))]
        ),
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{n}" for n in range(1, len(names) + 1) for axis in "XYZ"),
        "",
    ]
    for frame in frames:
        row = [cell or lost for cell in cells[frame]]
        lines.append("\t".join([str(frame + 1), f"{frame / rate:.5f}", *row]))
    text = "\n".join(edit(lines)) + "\n"
    return lambda path: path.write_text(text)


def _spaces(lines: Lines) -> Lines:
    return [" ".join(line.split("\t")) for line in lines]


def _row(number: int, change: Callable[[str], str]) -> Callable[[Lines], Lines]:
    return lambda lines: [change(line) if at == number else line for at, line in enumerate(lines)]


def _drop(number: int) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines[:number], *lines[number + 1 :]]


_UNNAMED = ["" if name == "LWrist" else name for name in NAMES]
_TWICE = {**dancer(), "Head ": dancer(seed=1)["Head"]}
_SECOND_HEAD = {
    **without(dancer(), "Head"),
    "Head#1": dancer()["Head"],
    "Head#2": dancer(seed=1)["Head"],
}
_TWO = {**renamed(dancer(), "Anna:"), **renamed(dancer(seed=1), "Ben:")}

CASES = [
    Case(
        "A",
        "TRC: one name twice",
        "a.trc",
        trc(_TWICE, names=[*NAMES, "Head"]),
        _SECOND_HEAD,
        tells=("Head",),
        numbered=True,
    ),
    Case(
        "A",
        "TRC: names that differ in case only",
        "a.trc",
        trc({**dancer(), "HEAD": dancer(seed=1)["Head"]}),
        {**dancer(), "HEAD": dancer(seed=1)["Head"]},
    ),
    Case(
        "A",
        "TRC: a prop whose name has a colon",
        "a.trc",
        trc({**dancer(), "Sword:tip": dancer(seed=1)["Head"]}),
        {**dancer(), "Sword:tip": dancer(seed=1)["Head"]},
    ),
    Case("A", "TRC: two named dancers", "a.trc", trc(_TWO), _TWO),
    Case(
        "B",
        "TRC: an unnamed column, not counted",
        "a.trc",
        trc(names=_UNNAMED, stated_markers=16),
        without(dancer(), "LWrist"),
        tells=("without a name|unnamed|no name",),
    ),
    Case(
        "B",
        "TRC: an unnamed column, counted",
        "a.trc",
        trc(names=_UNNAMED),
        without(dancer(), "LWrist"),
        tells=("without a name|unnamed|no name",),
    ),
    Case(
        "B",
        "TRC: the last column unnamed",
        "a.trc",
        trc(names=[*NAMES[:-1], ""], stated_markers=16),
        without(dancer(), "RToe"),
        tells=("without a name|unnamed|no name",),
    ),
    Case(
        "B",
        "TRC: a row with too many cells",
        "a.trc",
        trc(edit=_row(50, lambda line: line.replace("\t", "\t0.0\t", 3))),
        refused="frame (44|45)|line 51|row",
        damaged=True,
    ),
    Case(
        "B",
        "TRC: more names than columns",
        "a.trc",
        trc(edit=_row(3, lambda line: line + "\tGhost\t\t")),
        {**dancer()},
        tells=("Ghost",),
        refused="Ghost|18|names",
    ),
    Case(
        "B",
        "TRC: NumMarkers is wrong",
        "a.trc",
        trc(stated_markers=20),
        dancer(),
        tells=("20",),
        refused="20",
    ),
    Case(
        "B",
        "TRC: NumFrames is larger than the file",
        "a.trc",
        trc(edit=lambda lines: lines[:200]),
        refused="300.*194|194.*300|truncated",
        damaged=True,
    ),
    Case(
        "D",
        "TRC: the rate contradicts the times",
        "a.trc",
        trc(stated_rate="50.00"),
        dancer(),
        tells=("50.*100|100.*50",),
        refused="50.*100|100.*50",
    ),
    Case(
        "D", "TRC: an impossible rate", "a.trc", trc(stated_rate="0.01"), dancer(), tells=("0.01",)
    ),
    Case(
        "D",
        "TRC: a second of rows dropped",
        "a.trc",
        trc(frames=KEPT),
        missing_rows(120, 220),
        tells=("missing|dropped|hole|gap",),
    ),
    Case(
        "D",
        "TRC: times in milliseconds",
        "a.trc",
        trc(
            edit=lambda lines: [
                *lines[:6],
                *(
                    "\t".join([c[0], f"{1000 * float(c[1]):.2f}", *c[2:]])
                    for c in (line.split("\t") for line in lines[6:])
                ),
            ]
        ),
        dancer(),
        tells=("millisecond|ms",),
    ),
    Case("E", "TRC: a lost marker is an empty cell", "a.trc", trc(LOST), LOST),
    *(
        Case("E", f"TRC: a lost marker is {text}", "a.trc", trc(LOST, lost=text), LOST)
        for text in ("0.0", "NaN", "NA", "null")
    ),
    *(
        Case(
            "E",
            f"TRC: a lost marker is {text}",
            "a.trc",
            trc(LOST, lost=text),
            LOST,
            tells=("LWrist|lost|gap|missing",),
        )
        for text in ("-9999", "9999999", "-999.0")
    ),
    Case("G", "TRC: spaces for tabs", "a.trc", trc(edit=_spaces), dancer()),
    Case(
        "G",
        "TRC: comments first",
        "a.trc",
        trc(edit=lambda lines: ["# exported", "", *lines]),
        dancer(),
    ),
    Case("G", "TRC: no empty line before the data", "a.trc", trc(edit=_drop(5)), dancer()),
    Case(
        "G",
        "TRC: two empty lines before the data",
        "a.trc",
        trc(edit=lambda lines: [*lines[:6], "", *lines[6:]]),
        dancer(),
    ),
    Case(
        "G",
        "TRC: decimal commas",
        "a.trc",
        trc(edit=lambda lines: [line.replace(".", ",") for line in lines]),
        dancer(),
    ),
    Case(
        "G",
        "TRC: UTF-16",
        "a.trc",
        lambda path: (trc()(path), path.write_bytes(path.read_text().encode("utf-16"))),
        dancer(),
    ),
    Case(
        "G",
        "TRC: a word in a cell",
        "a.trc",
        trc(edit=_row(50, lambda line: line.rpartition("\t")[0] + "\tx!")),
        refused="x!.*(row|line|frame|column)|(row|line|frame).*x!",
    ),
    Case(
        "G",
        "TRC: metres, no trailing tabs",
        "a.trc",
        trc(unit="m", edit=lambda lines: [line.rstrip("\t") for line in lines]),
        dancer(),
    ),
    Case(
        "G",
        "TRC: another file",
        "a.trc",
        lambda path: path.write_text("hello\n"),
        refused="PathFileType|not a .trc",
        damaged=True,
    ),
    Case("G", "TRC: lower-case fields", "a.trc", trc(edit=_row(1, str.lower)), dancer()),
    Case(
        "2",
        "pose2sim: TRC in metres with a tab at the end of each row",
        "a.trc",
        trc(unit="m", edit=lambda lines: [*lines[:6], *(line + "\t" for line in lines[6:])]),
        dancer(),
    ),
]
assert np.isfinite(array(dancer())).all()
