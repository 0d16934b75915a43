"""Cases of the exports of capture programs and pose estimators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.mocap.file_cases.body import (
    FRAMES,
    NAMES,
    RATE_HZ,
    Body,
    array,
    dancer,
    renamed,
    with_gap,
    y_up,
)
from tests.mocap.file_cases.csv_text import KEPT, LOST, TIMES_S, missing_rows, rows_of, without
from tests.mocap.file_cases.verdict import Case

ANNA, BEN = renamed(dancer(), "Anna:"), renamed(dancer(seed=1), "Ben:")

_STEPS = np.round(0.5 + 0.0001 * np.arange(FRAMES), 5)
PROP = np.stack([_STEPS, -_STEPS, _STEPS], axis=1)  # of `motive`, z up


def _write(path: Path, rows: Sequence[Sequence[object]], separator: str = ",") -> None:
    path.write_text("\n".join(separator.join(map(str, row)) for row in rows) + "\n")


def motive(
    path: Path, body: Body, bones: bool = False, rigid: bool = False, unit: str = "Meters"
) -> None:
    """OptiTrack Motive: five header rows; rotations (quaternions) of rigid bodies and bones."""
    scale = {"Meters": 1.0, "Millimeters": 1000.0}[unit]
    head = [
        "Format Version", "1.23", "Take Name", "take", "Capture Frame Rate", "100.000000",
        "Export Frame Rate", "100.000000", "Total Frames in Take", FRAMES, "Total Exported Frames", FRAMES,
        "Rotation Type", "Quaternion", "Length Units", unit, "Coordinate Space", "Global",
    ]  # fmt: skip
    kind = "Bone" if bones else "Marker"
    columns: list[tuple[str, str, str, str, list[str]]] = []
    rotation = [f"{step:.5f}" for step in _STEPS]
    if rigid:
        columns += [("Rigid Body", "Prop", "Rotation", axis, rotation) for axis in "XYZW"]
        columns += [("Rigid Body", "Prop", "Position", axis, rotation) for axis in "XYZ"]
        columns += [("Rigid Body", "Prop", "Mean Marker Error", "", rotation)]
    for name, positions in body.items():
        if bones:
            columns += [(kind, name, "Rotation", axis, rotation) for axis in "XYZW"]
        cells = rows_of(y_up(positions), scale, 6)
        columns += [
            (kind, name, "Position", axis, [row[at] for row in cells])
            for at, axis in enumerate("XYZ")
        ]
    rows: list[list[object]] = [
        head,
        [],
        ["", "Type", *(column[0] for column in columns)],
        ["", "Name", *(column[1] for column in columns)],
        ["", "ID", *("AB12" for _ in columns)],
        ["", "", *(column[2] for column in columns)],
        ["Frame", "Time (Seconds)", *(column[3] for column in columns)],
    ]
    rows += [
        [f, f"{f / RATE_HZ:.6f}", *(column[4][f] for column in columns)] for f in range(FRAMES)
    ]
    _write(path, rows)


def qualisys(path: Path, body: Body, frames_column: bool = True, zeros: bool = False) -> None:
    """Qualisys Track Manager: key and value lines, then a table."""
    head: list[list[object]] = [
        ["NO_OF_FRAMES", FRAMES], ["NO_OF_CAMERAS", 12], ["NO_OF_MARKERS", len(body)], ["FREQUENCY", 100],
        ["NO_OF_ANALOG", 0], ["ANALOG_FREQUENCY", 0], ["DESCRIPTION", "--"],
        ["TIME_STAMP", "2024-01-01, 10:00:00.000", "1.0"], ["DATA_INCLUDED", "3D"], ["MARKER_NAMES", *body],
    ]  # fmt: skip
    if frames_column:
        head.append(["Frame", "Time", *(f"{name} {axis}" for name in body for axis in "XYZ")])
    cells = rows_of(array(body), 1000, 3)
    cells = [[cell or ("0.000" if zeros else "") for cell in row] for row in cells]
    table = [
        [f + 1, f"{f / RATE_HZ:.5f}", *row] if frames_column else row for f, row in enumerate(cells)
    ]
    _write(path, [*head, *table], "\t")


def nexus(
    path: Path, body: Body, frames: Sequence[int] = range(FRAMES), others: bool = False
) -> None:
    """Vicon Nexus: sections of a title, a rate, a row of names, axes and units, then the table."""
    names: list[object] = ["", ""]
    for name in body:
        names += [name, "", ""]
    axes = ["Frame", "Sub Frame"] + ["X", "Y", "Z"] * len(body)
    cells = rows_of(array(body), 1000, 3)
    devices: list[list[object]] = [
        ["Devices"], [1000], ["", "", "Force Plate - Force", "", ""],
        ["Frame", "Sub Frame", "Fx", "Fy", "Fz"],
        ["", "", "N", "N", "N"], *([f + 1, sub, 1.0, 2.0, 700.0] for f in range(3) for sub in range(10)), [],
    ]  # fmt: skip
    outputs: list[list[object]] = [
        ["Model Outputs"], [100], ["", "", "Anna:LKneeAngles", "", ""], ["Frame", "Sub Frame", "X", "Y", "Z"],
        ["", "", "deg", "deg", "deg"], *([f + 1, 0, 30.0, 2.0, 1.0] for f in range(FRAMES)), [],
    ]  # fmt: skip
    rows: list[list[object]] = [*devices, *outputs] if others else []
    rows += [["Trajectories"], [100], names, axes, ["", ""] + ["mm"] * 3 * len(body)]
    rows += [[f + 1, 0, *cells[f]] for f in frames]
    _write(path, rows)


def anipose(path: Path) -> None:
    """Anipose: coordinates in millimetres, the error and the score of each joint, the camera matrix."""
    body = dancer()
    columns: dict[str, list[str]] = {}
    for name, positions in body.items():
        cells = rows_of(positions, 1000, 3)
        for at, axis in enumerate("xyz"):
            columns[f"{name}_{axis}"] = [row[at] for row in cells]
        for other in ("error", "ncams", "score"):
            columns[f"{name}_{other}"] = ["3.0"] * FRAMES
    columns |= {f"M_{i}{j}": [str(float(i == j))] * FRAMES for i in range(3) for j in range(3)}
    columns |= {f"center_{i}": ["0.0"] * FRAMES for i in range(3)}
    columns["fnum"] = [str(frame) for frame in range(FRAMES)]
    _write(path, [list(columns), *zip(*columns.values(), strict=True)])


def freemocap(path: Path) -> None:
    """FreeMoCap: `body_left_wrist_x`, millimetres, no time."""
    body = dancer()
    head = [f"body_{name.lower()}_{axis}" for name in body for axis in "xyz"]
    _write(path, [head, *rows_of(array(body), 1000, 4)])


def long_table(path: Path) -> None:
    """One row for each frame and landmark, as from MediaPipe scripts."""
    rows: list[list[object]] = [["frame", "landmark", "x", "y", "z", "visibility"]]
    for frame in range(FRAMES):
        for name, positions in dancer().items():
            rows.append([frame, name, *(f"{value:.5f}" for value in positions[frame]), 0.98])
    _write(path, rows)


def two_row_header(path: Path) -> None:
    """Names in one row, axes in the next, as pandas writes a table with two column levels."""
    rows: list[list[object]] = [
        ["joint", *(name for name in NAMES for _ in "xyz")],
        ["coordinate", *("xyz" * len(NAMES))],
    ]
    rows += [[f"{t:.3f}", *row] for t, row in zip(TIMES_S, rows_of(array(dancer())), strict=True)]
    _write(path, rows)


_LOWER = {f"body_{name.lower()}": positions for name, positions in dancer().items()}

CASES = [
    Case("2", "Motive: markers", "a.csv", lambda path: motive(path, ANNA), ANNA),
    Case(
        "2",
        "Motive: markers in millimetres",
        "a.csv",
        lambda path: motive(path, ANNA, unit="Millimeters"),
        ANNA,
    ),
    Case(
        "2",
        "Motive: a rigid body beside",
        "a.csv",
        lambda path: motive(path, ANNA, rigid=True),
        {**ANNA, "Prop": PROP},
        tells=("Prop", "rotation"),
    ),
    Case(
        "2",
        "Motive: a skeleton",
        "a.csv",
        lambda path: motive(path, ANNA, bones=True),
        ANNA,
        tells=("rotation",),
    ),
    Case(
        "2",
        "Motive: two dancers",
        "a.csv",
        lambda path: motive(path, {**ANNA, **BEN}),
        {**ANNA, **BEN},
    ),
    Case(
        "2",
        "Motive: gaps",
        "a.csv",
        lambda path: motive(path, with_gap(ANNA, "Anna:LWrist", 100, 110)),
        with_gap(ANNA, "Anna:LWrist", 100, 110),
    ),
    Case("2", "Qualisys", "a.tsv", lambda path: qualisys(path, dancer()), dancer()),
    Case(
        "2",
        "Qualisys: without frames and times",
        "a.tsv",
        lambda path: qualisys(path, dancer(), frames_column=False),
        dancer(),
    ),
    Case(
        "2", "Qualisys: gaps as zeros", "a.tsv", lambda path: qualisys(path, LOST, zeros=True), LOST
    ),
    Case(
        "2",
        "Qualisys: two dancers",
        "a.tsv",
        lambda path: qualisys(path, {**ANNA, **BEN}),
        {**ANNA, **BEN},
    ),
    Case("2", "Nexus", "a.csv", lambda path: nexus(path, ANNA), ANNA),
    Case(
        "2",
        "Nexus: devices and model outputs first",
        "a.csv",
        lambda path: nexus(path, ANNA, others=True),
        ANNA,
        tells=("Devices|Model Outputs",),
    ),
    Case(
        "2",
        "Nexus: two dancers",
        "a.csv",
        lambda path: nexus(path, {**ANNA, **BEN}),
        {**ANNA, **BEN},
    ),
    Case(
        "2",
        "Nexus: an unlabelled trajectory",
        "a.csv",
        lambda path: nexus(path, {**ANNA, "*12": dancer(seed=2)["Head"]}),
        ANNA,
        tells=(r"\*12|unlabelled|unnamed",),
    ),
    Case(
        "D",
        "Nexus: frames dropped",
        "a.csv",
        lambda path: nexus(path, dancer(), KEPT),
        missing_rows(120, 220),
        tells=("missing|dropped|hole|gap",),
    ),
    Case("2", "anipose", "a.csv", anipose, dancer(), 35.0, tells=("error|score",), refused="unit"),
    Case("2", "FreeMoCap CSV", "a.csv", freemocap, _LOWER, 35.0, refused="unit"),
    Case(
        "2",
        "a row for each frame and landmark",
        "a.csv",
        long_table,
        dancer(),
        35.0,
        refused="row for each|one row|long",
    ),
    Case(
        "2",
        "names and axes in two rows",
        "a.csv",
        two_row_header,
        dancer(),
        35.0,
        tells=("rate 35",),
    ),
]
assert np.isfinite(array(without(dancer(), "Head"))).all()
