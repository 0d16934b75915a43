"""Cases of CSV tables: names that are not unique, and columns of other quantities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.mocap.file_cases.body import NAMES, Body, array, dancer
from tests.mocap.file_cases.csv_text import (
    TWO,
    Write,
    csv,
    extra,
    lines,
    rows_of,
    unnamed_column,
    without,
)
from tests.mocap.file_cases.verdict import Case


def twice(names: Sequence[str], second: Body) -> Write:
    cells = rows_of(np.concatenate([array(dancer()), array(second)], axis=1))
    return csv(names=[*NAMES, *names], rows=cells)


def pairs() -> Body:
    first, second = dancer(), dancer(seed=1)
    return {f"{name}#1": first[name] for name in NAMES} | {
        f"{name}#2": second[name] for name in NAMES
    }


def one_twice() -> Body:
    return {
        **without(dancer(), "Head"),
        "Head#1": dancer()["Head"],
        "Head#2": dancer(seed=1)["Head"],
    }


CSV_NAMES = [
    Case(
        "A",
        "CSV: two dancers with the same names",
        "a.csv",
        twice(NAMES, dancer(seed=1)),
        pairs(),
        tells=("same|twice|two",),
        refused="twice|two|same name",
        numbered=True,
    ),
    Case(
        "A",
        "CSV: one name twice",
        "a.csv",
        csv(
            names=[*NAMES, "Head"],
            rows=rows_of(
                np.concatenate([array(dancer()), dancer(seed=1)["Head"][:, None]], axis=1)
            ),
        ),
        one_twice(),
        tells=("Head",),
        numbered=True,
    ),
    Case(
        "A",
        "CSV: names that differ in case only",
        "a.csv",
        csv(
            names=[*NAMES, "HEAD"],
            rows=rows_of(
                np.concatenate([array(dancer()), dancer(seed=1)["Head"][:, None]], axis=1)
            ),
        ),
        {**dancer(), "HEAD": dancer(seed=1)["Head"]},
    ),
    Case(
        "A",
        "CSV: a prop whose name has a colon",
        "a.csv",
        csv(
            names=[*NAMES, "Sword:tip"],
            rows=rows_of(
                np.concatenate([array(dancer()), dancer(seed=1)["Head"][:, None]], axis=1)
            ),
        ),
        {**dancer(), "Sword:tip": dancer(seed=1)["Head"]},
    ),
    Case(
        "A", "CSV: two named dancers", "a.csv", csv(names=list(TWO), rows=rows_of(array(TWO))), TWO
    ),
    Case(
        "A",
        "CSV: names with spaces and dots",
        "a.csv",
        csv(names=[f"J.{name} mm" for name in NAMES]),
        {f"J.{name} mm": positions for name, positions in dancer().items()},
    ),
]

CSV_COLUMNS = [
    Case(
        "B",
        "CSV: rotations beside positions",
        "a.csv",
        csv(edit=extra({"Head_rotation_x": 33.0, "Head_rotation_y": 12.0, "Head_rotation_z": 1.0})),
        dancer(),
        tells=("rotation",),
    ),
    Case(
        "B",
        "CSV: velocities beside positions",
        "a.csv",
        csv(edit=extra({"Head_vx": 0.3, "Head_vy": 0.2, "Head_vz": 0.1})),
        dancer(),
        tells=("velocit",),
    ),
    Case(
        "B",
        "CSV: velocities in m/s with axes",
        "a.csv",
        csv(
            edit=extra(
                {
                    "Head_velocity_x_m_per_s": 0.3,
                    "Head_velocity_y_m_per_s": 0.2,
                    "Head_velocity_z_m_per_s": 0.1,
                }
            )
        ),
        dancer(),
        tells=("velocit",),
    ),
    Case(
        "B",
        "CSV: quaternions beside positions",
        "a.csv",
        csv(edit=extra({f"Head_q{axis}": 0.5 for axis in "xyzw"})),
        dancer(),
        tells=("rotation|quaternion",),
    ),
    Case(
        "B",
        "CSV: forces of a plate",
        "a.csv",
        csv(edit=extra({"Plate1_Fx": 3.0, "Plate1_Fy": 5.0, "Plate1_Fz": 700.0})),
        dancer(),
        tells=("Plate1",),
    ),
    Case(
        "B",
        "CSV: angles in degrees",
        "a.csv",
        csv(
            edit=extra(
                {"LKneeAngles_x_deg": 30.0, "LKneeAngles_y_deg": 5.0, "LKneeAngles_z_deg": 1.0}
            )
        ),
        dancer(),
        tells=("LKnee",),
    ),
    Case(
        "B",
        "CSV: columns without a name",
        "a.csv",
        csv(edit=unnamed_column("LWrist")),
        without(dancer(), "LWrist"),
        tells=("without a name|unnamed|no name",),
    ),
    Case(
        "B",
        "CSV: a row with too many cells",
        "a.csv",
        csv(edit=lines(lambda lines: [*lines[:50], lines[50].replace(",", ",,", 1), *lines[51:]])),
        refused="row 5[01]|line 51|frame (49|50)",
        damaged=True,
    ),
    Case(
        "B",
        "CSV: a row with a cell too few",
        "a.csv",
        csv(edit=lines(lambda lines: [*lines[:50], lines[50].rpartition(",")[0], *lines[51:]])),
        refused="row 5[01]|line 51|frame (49|50)",
        damaged=True,
    ),
    Case(
        "B",
        "CSV: every row ends with a separator",
        "a.csv",
        csv(edit=lines(lambda lines: [lines[0], *(line + "," for line in lines[1:])])),
        dancer(),
    ),
    Case(
        "B",
        "CSV: a joint with x and y only",
        "a.csv",
        csv(edit=extra({"Cop_x": 0.3, "Cop_y": 0.1})),
        dancer(),
        tells=("Cop",),
    ),
    Case(
        "B",
        "CSV: columns in the order z, x, y",
        "a.csv",
        csv(
            edit=lines(
                lambda lines: [
                    ",".join(
                        [line.split(",")[0]]
                        + [line.split(",")[1 + 3 * j + c] for j in range(17) for c in (2, 0, 1)]
                    )
                    for line in lines
                ]
            )
        ),
        dancer(),
    ),
]

CASES = [*CSV_NAMES, *CSV_COLUMNS]
