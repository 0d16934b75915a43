"""Further cases of every kind, written after the readers: what they had not been tried on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.mocap.file_cases.arrays import joints, numbered, save, savez
from tests.mocap.file_cases.body import (
    FRAMES,
    NAMES,
    array,
    dancer,
    renamed,
    with_gap,
    y_up,
)
from tests.mocap.file_cases.bvh import truth as bvh_truth
from tests.mocap.file_cases.bvh import write as bvh
from tests.mocap.file_cases.c3d import File, c3d, of
from tests.mocap.file_cases.csv_text import (
    KEPT,
    LOST,
    TIMES_S,
    csv,
    extra,
    headings,
    lines,
    lost_frames,
    missing_rows,
    rows_of,
    without,
)
from tests.mocap.file_cases.laboratories import ANNA, BEN, motive, nexus
from tests.mocap.file_cases.trc import trc
from tests.mocap.file_cases.verdict import Case

BOTH = np.concatenate([array(dancer()), array(dancer(seed=1))], axis=1)
PAIRS = {f"{n}#1": dancer()[n] for n in NAMES} | {f"{n}#2": dancer(seed=1)[n] for n in NAMES}
THREE = {**ANNA, **BEN, **renamed(dancer(seed=2), "Cleo:")}
UNDERSCORED = {**renamed(dancer(), "Anna_"), **renamed(dancer(seed=1), "Ben_")}


def _pandas_twice() -> list[str]:
    """Column names as pandas numbers them when they occur twice: `Head_x`, `Head_x.1`."""
    return [*headings(NAMES, ""), *(f"{name}.1" for name in headings(NAMES, ""))]


def _relabelled(head: list[str]) -> Callable[[str], str]:
    return lines(lambda rows: [",".join(["time_s", *head]), *rows[1:]])


def _index_first(rows: list[str]) -> list[str]:
    return [f",{rows[0]}", *(f"{at},{row}" for at, row in enumerate(rows[1:]))]


def _axes_first(rows: list[str]) -> list[str]:
    return [
        ",".join(["time_s", *(f"{axis}_{name}" for name in NAMES for axis in "xyz")]),
        *rows[1:],
    ]


def _confidence(rows: list[str]) -> list[str]:
    cells = [row.split(",") for row in rows]
    for at, row in enumerate(cells):
        for number in range(len(NAMES), 0, -1):
            row.insert(1 + 3 * number, f"{NAMES[number - 1]}_confidence" if at == 0 else "0.98")
    return [",".join(row) for row in cells]


def _last_row_cut(path: Path) -> None:
    csv()(path)
    path.write_text(path.read_text()[:-200])


def _two_takes(rows: list[str]) -> list[str]:
    return [*rows, *rows]


CASES = [
    Case(
        "A",
        "CSV: columns that pandas numbered",
        "a.csv",
        csv(names=[*NAMES, *NAMES], rows=rows_of(BOTH), edit=_relabelled(_pandas_twice())),
        PAIRS,
        tells=("same|twice|two|\\.1",),
        numbered=True,
    ),
    Case(
        "A",
        "CSV: three named dancers",
        "a.csv",
        csv(names=list(THREE), rows=rows_of(array(THREE))),
        THREE,
    ),
    Case(
        "A",
        "CSV: two dancers named with an underscore",
        "a.csv",
        csv(names=list(UNDERSCORED), rows=rows_of(array(UNDERSCORED))),
        {**ANNA, **BEN},
        tells=("Anna and Ben",),
    ),
    Case(
        "A",
        "TRC: two dancers with the same names",
        "a.trc",
        trc({**renamed(dancer(), "a"), **renamed(dancer(seed=1), "b")}, names=[*NAMES, *NAMES]),
        PAIRS,
        tells=("same|twice|two",),
        numbered=True,
    ),
    Case(
        "A",
        "Motive: two dancers with the same names",
        "a.csv",
        lambda path: (
            motive(path, {**ANNA, **BEN}),
            path.write_text(path.read_text().replace("Ben:", "Anna:")),
        ),
        {f"{n}#1": p for n, p in dancer().items()}
        | {f"{n}#2": p for n, p in dancer(seed=1).items()},
        tells=("same|twice|two",),
        numbered=True,
    ),
    Case(
        "A",
        "C3D: labels with spaces behind",
        "a.c3d",
        of(dancer(), labels=[f"{n}   " for n in NAMES]),
        dancer(),
    ),
    Case(
        "A",
        "C3D: the same label three times",
        "a.c3d",
        c3d(
            File(
                1000
                * np.concatenate(
                    [array(dancer())] + [dancer(seed=s)["Head"][:, None] for s in (1, 2)], axis=1
                ),
                [*NAMES, "Head", "Head"],
            )
        ),
        without(dancer(), "Head") | {f"Head#{s}": dancer(seed=s)["Head"] for s in (0, 1, 2)},
        tells=("Head",),
        numbered=True,
    ),
    Case("B", "CSV: an index column first", "a.csv", csv(edit=lines(_index_first)), dancer()),
    Case(
        "B",
        "CSV: axes before names",
        "a.csv",
        csv(edit=lines(_axes_first)),
        dancer(),
        refused="name|column",
    ),
    Case(
        "B",
        "CSV: a confidence after each joint",
        "a.csv",
        csv(edit=lines(_confidence)),
        dancer(),
        tells=("confidence",),
    ),
    Case(
        "B",
        "CSV: accelerations",
        "a.csv",
        csv(edit=extra({f"Head_acc_{axis}": 3.0 for axis in "xyz"})),
        dancer(),
        tells=("acceleration",),
    ),
    Case(
        "B",
        "CSV: Euler angles",
        "a.csv",
        csv(edit=extra({f"Head_rot_{axis}": 30.0 for axis in "xyz"})),
        dancer(),
        tells=("rotation",),
    ),
    Case(
        "B",
        "CSV: rotation axes RX RY RZ",
        "a.csv",
        csv(edit=extra({f"Head_R{axis}": 30.0 for axis in "XYZ"})),
        dancer(),
        tells=("rotation",),
    ),
    Case(
        "B",
        "CSV: the last row is cut off",
        "a.csv",
        _last_row_cut,
        refused="row|line|frame|cells|columns",
        damaged=True,
    ),
    Case(
        "B",
        "TRC: the first column unnamed",
        "a.trc",
        trc(names=["", *NAMES[1:]]),
        without(dancer(), "Head"),
        tells=("without a name|unnamed|no name",),
    ),
    Case(
        "B",
        "TRC: two unnamed columns",
        "a.trc",
        trc(names=["" if n in ("Neck", "LKnee") else n for n in NAMES]),
        without(dancer(), "Neck", "LKnee"),
        tells=("without a name|unnamed|no name",),
    ),
    Case(
        "C",
        "NPY: four numbers a joint, the last a confidence",
        "a.npy",
        save(np.concatenate([joints(22, 300), np.full((300, 22, 1), 0.9)], axis=2)),
        numbered(joints(22, 300)),
        35.0,
        refused="shape|4",
        numbered=True,
    ),
    Case(
        "C",
        "NPY: two persons (T, 2, J, 3)",
        "a.npy",
        save(np.stack([joints(22, 300), joints(22, 300, 1)], axis=1)),
        numbered(np.concatenate([joints(22, 300), joints(22, 300, 1)], axis=1)),
        35.0,
        numbered=True,
        tells=("2 dancers of 22 joints",),
    ),
    Case(
        "C",
        "NPY: half floats",
        "a.npy",
        lambda path: np.save(path, joints(22, 300).astype(np.float16)),
        numbered(joints(22, 300)),
        35.0,
        numbered=True,
        tolerance_m=2e-3,
        refused="22",
    ),
    Case(
        "C",
        "NPY: whole millimetres as integers",
        "a.npy",
        lambda path: np.save(path, np.round(1000 * joints(22, 300)).astype(np.int32)),
        refused="mm|unit",
    ),
    Case(
        "C",
        "NPY: joints in inches",
        "a.npy",
        save(joints(22, 300) / 0.0254),
        refused=" in|unit|inch",
    ),
    Case(
        "C",
        "CSV: metres stated, millimetres held",
        "a.csv",
        csv(rows=rows_of(array(dancer()), 1000)),
        refused="mm|unit|tall",
    ),
    Case(
        "C",
        "TRC: metres stated, millimetres held",
        "a.trc",
        trc(edit=lambda rows: [rows[0], rows[1], rows[2].replace("mm", "m"), *rows[3:]]),
        refused="mm|unit|tall",
    ),
    Case(
        "C",
        "C3D: no unit, metres held",
        "a.c3d",
        c3d(File(array(dancer()), list(NAMES), unit="")),
        dancer(),
        refused="unit| m",
    ),
    Case(
        "C",
        "CSV: a room 3 km away",
        "a.csv",
        csv(rows=rows_of(array({n: p + np.array((3000.0, 0, 0)) for n, p in dancer().items()}))),
        {n: p + np.array((3000.0, 0, 0)) for n, p in dancer().items()},
        refused="away|origin|distance|km|room|unit",
        tells=("away|origin|distance|room|km",),
    ),
    Case(
        "C",
        "CSV: a dancer who lies",
        "a.csv",
        csv(
            rows=rows_of(
                array(
                    {
                        n: np.stack([p[:, 2], p[:, 1], p[:, 0] + 0.2], axis=1)
                        for n, p in dancer().items()
                    }
                )
            )
        ),
        {n: np.stack([p[:, 2], p[:, 1], p[:, 0] + 0.2], axis=1) for n, p in dancer().items()},
    ),
    Case(
        "D",
        "CSV: Unix time in milliseconds",
        "a.csv",
        csv(time="timestamp", times=[f"{1.7e12 + 1000 * t:.0f}" for t in TIMES_S]),
        dancer(),
        tells=("millisecond|ms",),
    ),
    Case(
        "D",
        "CSV: dates",
        "a.csv",
        csv(time="time", times=[f"2024-01-01T10:00:{t:06.3f}" for t in TIMES_S]),
        dancer(),
    ),
    Case(
        "D",
        "CSV: the time starts below 0",
        "a.csv",
        csv(times=[f"{t - 1.5:.3f}" for t in TIMES_S]),
        dancer(),
    ),
    Case(
        "D",
        "CSV: milliseconds rounded, 60 Hz",
        "a.csv",
        csv(time="time_ms", times=[f"{1000 * f / 60:.0f}" for f in range(FRAMES)]),
        dancer(),
        60.0,
    ),
    Case(
        "D",
        "CSV: a frame column and a `fps` column",
        "a.csv",
        csv(
            time="frame",
            times=range(FRAMES),
            edit=lines(lambda rows: [rows[0] + ",fps", *(row + ",60" for row in rows[1:])]),
        ),
        dancer(),
        60.0,
        tells=(),
    ),
    Case(
        "D",
        "TRC: the clock starts anew",
        "a.trc",
        trc(
            edit=lambda rows: [
                *rows[:156],
                *(
                    "\t".join([c[0], f"{float(c[1]) - 1.5:.5f}", *c[2:]])
                    for c in (row.split("\t") for row in rows[156:])
                ),
            ]
        ),
        refused="time|clock|anew|backward|order",
    ),
    Case(
        "D",
        "TRC: shuffled rows",
        "a.trc",
        trc(frames=list(range(150, 300)) + list(range(150))),
        dancer(),
        tells=("sort|order",),
        refused="time|order|backward|clock",
    ),
    Case("D", "TRC: a rate of 0", "a.trc", trc(stated_rate="0"), dancer(), tells=("0|rate",)),
    Case(
        "D",
        "BVH: frame time of 30 Hz rounded",
        "a.bvh",
        bvh(frame_time="0.0333333"),
        bvh_truth(),
        30.0,
    ),
    Case(
        "D",
        "BVH: `Frame Time: 60`",
        "a.bvh",
        bvh(frame_time="60.0"),
        bvh_truth(),
        60.0,
        tells=("60",),
        refused="60",
    ),
    Case(
        "D",
        "BVH: `Frame Time: 1e-9`",
        "a.bvh",
        bvh(frame_time="0.000000001"),
        refused="Frame Time|rate|Hz|second",
    ),
    Case(
        "D",
        "two takes in one CSV",
        "a.csv",
        csv(edit=lines(_two_takes)),
        refused="line|row|header|time",
    ),
    *(
        Case(
            "E",
            f"CSV: a lost marker is {text}",
            "a.csv",
            csv(rows=lost_frames(text)),
            LOST,
            tells=("LWrist|lost|gap|missing",),
        )
        for text in ("-1000000", "9999.99", "-99999.0", "1e38", "-32768")
    ),
    *(
        Case("E", f"CSV: a lost marker is {text}", "a.csv", csv(rows=lost_frames(text)), LOST)
        for text in (
            " ",
            "NULL",
            "n/a",
            "nil",
            "--",
            "-nan",
            "1.#QNAN",
            "missing",
            "-inf",
            "<NA>",
            ".",
        )
    ),
    Case(
        "E",
        "NPZ: a lost marker is 0,0,0",
        "a.npz",
        savez(positions_m=np.nan_to_num(array(LOST)), markers=np.array(NAMES), rate_hz=100.0),
        LOST,
        tells=("LWrist|lost|gap|missing",),
    ),
    Case(
        "E",
        "NPZ: a spike of 6 m in one frame",
        "a.npz",
        savez(
            positions_m=array(
                {**dancer(), "RToe": dancer()["RToe"] + 6.0 * (np.arange(FRAMES)[:, None] == 150)}
            ),
            markers=np.array(NAMES),
            rate_hz=100.0,
        ),
        dancer(),
        tells=("RToe",),
        cleaned=True,
        tolerance_m=0.01,
    ),
    Case(
        "E",
        "NPZ: a spike of 40 m in three frames of two markers",
        "a.npz",
        savez(
            positions_m=array(
                {
                    n: p
                    + 40.0
                    * np.isin(np.arange(FRAMES), (10, 11, 12))[:, None]
                    * (n in ("RToe", "Head"))
                    for n, p in dancer().items()
                }
            ),
            markers=np.array(NAMES),
            rate_hz=100.0,
        ),
        dancer(),
        tells=("RToe|Head",),
        cleaned=True,
        tolerance_m=0.02,
    ),
    Case(
        "G",
        "C3D: no frames",
        "a.c3d",
        c3d(File(np.zeros((0, 17, 3)), list(NAMES))),
        refused="frame|marker|empty",
        damaged=True,
    ),
    Case(
        "G",
        "C3D: a text file",
        "a.c3d",
        lambda path: path.write_text("hello " * 200),
        refused="not a .c3d",
        damaged=True,
    ),
    Case(
        "G",
        "CSV: an empty last line of commas",
        "a.csv",
        csv(edit=lines(lambda rows: [*rows, "," * rows[0].count(",")])),
        dancer(),
        tells=(),
    ),
    Case("G", "CSV: a byte order mark", "a.csv", csv(encoding="utf-8-sig"), dancer()),
    Case(
        "G",
        "CSV: UTF-16 without a mark",
        "a.csv",
        csv(encoding="utf-16-le"),
        dancer(),
        refused="UTF|encod",
    ),
    Case(
        "G",
        "CSV: spaces around cells",
        "a.csv",
        csv(edit=lambda text: text.replace(",", " , ")),
        dancer(),
    ),
    Case(
        "G",
        "CSV: numbers with an exponent",
        "a.csv",
        csv(rows=[[f"{float(cell):.7e}" for cell in row] for row in rows_of(array(dancer()))]),
        dancer(),
    ),
    Case(
        "G",
        "CSV: thousands with a comma in quotes",
        "a.csv",
        csv(
            unit="_mm",
            rows=[
                [f'"{float(cell):,.1f}"' for cell in row] for row in rows_of(array(dancer()), 1000)
            ],
        ),
        dancer(),
        refused="row|line|column",
    ),
    Case(
        "2",
        "Nexus: gaps are empty cells",
        "a.csv",
        lambda path: nexus(path, with_gap(ANNA, "Anna:LWrist", 100, 110)),
        with_gap(ANNA, "Anna:LWrist", 100, 110),
    ),
    Case(
        "2",
        "Nexus: semicolons and decimal commas",
        "a.csv",
        lambda path: (
            nexus(path, ANNA),
            path.write_text(path.read_text().replace(",", ";").replace(".", ",")),
        ),
        ANNA,
    ),
    Case(
        "2",
        "TSV: y up with a row of units",
        "a.tsv",
        csv(
            separator="\t",
            unit="",
            rows=rows_of(array(dancer()), 1000),
            edit=lines(lambda rows: [rows[0], "\t".join(["s"] + ["mm"] * 51), *rows[1:]]),
        ),
        dancer(),
    ),
    Case(
        "2",
        "NPZ: keypoints in centimetres with a unit",
        "a.npz",
        savez(
            positions=100 * array(dancer()), names=np.array(NAMES), fps=60.0, unit=np.array("cm")
        ),
        dancer(),
        60.0,
        refused="unit|cm",
    ),
    Case(
        "2",
        "NPZ: y up joints without names",
        "a.npz",
        savez(joints=y_up(joints(22, 300)), fps=20.0),
        numbered(joints(22, 300)),
        20.0,
        numbered=True,
        refused="22",
    ),
    Case(
        "2",
        "frames missing in a Nexus file of two dancers",
        "a.csv",
        lambda path: nexus(path, {**ANNA, **BEN}, KEPT),
        {
            n: np.where(
                ((np.arange(FRAMES) >= 120) & (np.arange(FRAMES) < 220))[:, None], np.nan, p
            )
            for n, p in {**ANNA, **BEN}.items()
        },
        tells=("missing|dropped|hole|gap",),
    ),
]
assert missing_rows(0, 1)
