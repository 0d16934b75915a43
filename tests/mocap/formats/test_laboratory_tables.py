"""Exports of capture software, written here as these programs write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.reading import read_marker_file, read_with_skeleton
from tests.mocap.formats.table_files import (
    FRAMES,
    NAMES,
    body,
    cells,
    columns,
    over,
    times,
    trc,
    write,
)

Y_UP = body()[..., [1, 2, 0]]
TURN = [["0.1", "0.2", "0.3", "0.9"]] * FRAMES
ERROR = [["0.0004"]] * FRAMES
Block = tuple[str, str, str, list[list[str]]]  # type, name, kind of columns, cells of each frame


def check(
    path: Path, positions: np.ndarray, labels: tuple[str, ...] = NAMES, rate_hz: float | None = 100
) -> MarkerFile:
    found = read_marker_file(path)
    assert found.labels == labels
    np.testing.assert_allclose(found.positions, positions, atol=1e-5 * np.nanmax(np.abs(positions)))
    assert (found.rate_hz, found.rate_doubt) == (rate_hz, "")
    return found


def blocks(
    kind: str, names: tuple[str, ...], positions: np.ndarray, scale: float = 1
) -> list[Block]:
    return [
        (kind, name, "Position", cells(positions[:, [number]], scale))
        for number, name in enumerate(names)
    ]


def motive(
    path: Path,
    found: list[Block],
    unit: str = "Meters",
    space: str = "Global",
    parents: bool = False,
) -> Path:
    """An export of OptiTrack Motive: a line of facts, an empty line, six lines of names, the frames."""
    axes = {"Position": "XYZ", "Rotation": "XYZW", "Mean Marker Error": " ", "Marker Quality": " "}
    facts = ["Format Version", "1.24", "Take Name", "take", "Capture Frame Rate", "240.000000",
             "Export Frame Rate", "100.000000", "Capture Start Time", "2024-01-01 10.00.00.000 AM",
             "Total Frames in Take", "40", "Total Exported Frames", "40",
             "Rotation Type", "Quaternion", "Length Units", unit,
             "Coordinate Space", space]  # fmt: skip
    wide = [
        (kind, name, what, axis.strip()) for kind, name, what, _ in found for axis in axes[what]
    ]
    head = [
        ["", "Type", *(kind for kind, *_ in wide)],
        ["", "Name", *(name for _, name, *_ in wide)],
        ["", "ID", *(f"{number:X}AB" for number, _ in enumerate(wide))],
        *([["", "Parent", *("Root" for _ in wide)]] if parents else []),
        ["", "", *(what for _, _, what, _ in wide)],
        ["Frame", "Time (Seconds)", *(axis for *_, axis in wide)],
    ]
    rows = [[str(frame), f"{frame / 100:.6f}", *(cell for *_, rows in found for cell in rows[frame])]
            for frame in range(FRAMES)]  # fmt: skip
    lines = [",".join(line) for line in [facts, [], *head, *rows]]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode())
    return path


ANNA = tuple(f"Anna:{name}" for name in NAMES)


@pytest.mark.parametrize(
    ("unit", "scale"), [("Meters", 1), ("Centimeters", 100), ("Millimeters", 1000)]
)
@pytest.mark.parametrize("parents", [False, True])
def test_markers_of_motive(tmp_path, unit, scale, parents):
    path = motive(tmp_path / "t.csv", blocks("Marker", ANNA, Y_UP, scale), unit, parents=parents)
    found = check(path, scale * Y_UP, ANNA)
    assert (found.unit_stated, found.up, found.notes) == (True, "y", ())
    recording, skeleton, _ = read_with_skeleton(path)
    assert skeleton.markers == NAMES
    expected = body()[..., [1, 0, 2]] * [1, -1, 1]  # x right, y back, z up
    np.testing.assert_allclose(recording.positions, expected, atol=1e-5)


@pytest.mark.parametrize("timecode", [False, True])
def test_heads_of_motive_without_captions(tmp_path, timecode):
    """Identifiers are numbers here, and as many as there are names."""
    lines = [
        line.split(",")
        for line in motive(tmp_path / "t.csv", blocks("Marker", ANNA, Y_UP))
        .read_text()
        .splitlines()
    ]
    for line in lines[2:5]:
        line[1] = ""
    lines[4][2:] = [str(number) for number in range(4) for _ in range(3)]
    if timecode:
        for number, line in enumerate(lines[2:]):
            line.insert(2, {4: "TimeCode"}.get(number, "" if number < 4 else "15:26:46:12.02"))
    found = check(write(tmp_path / "t.csv", lines), Y_UP, ANNA)
    assert found.notes == (("1 column of other content left out: TimeCode",) if timecode else ())


def test_gaps_of_motive_are_empty_cells(tmp_path):
    positions = Y_UP.copy()
    positions[5:9, 2] = np.nan
    check(motive(tmp_path / "t.csv", blocks("Marker", ANNA, positions)), positions, ANNA)


def test_rigid_bodies_of_motive_keep_their_position_only(tmp_path):
    rows = cells(Y_UP[:, [1]] + 1)
    prop: list[Block] = [("Rigid Body", "Box", "Rotation", TURN), ("Rigid Body", "Box", "Position", rows),
                         ("Rigid Body", "Box", "Mean Marker Error", ERROR)]  # fmt: skip
    path = motive(tmp_path / "t.csv", [*prop, *blocks("Marker", ANNA, Y_UP)])
    found = check(path, np.concatenate([Y_UP[:, [1]] + 1, Y_UP], axis=1), ("Box", *ANNA))
    assert "4 columns of rotations left out: Box" in found.notes
    assert any("column of errors left out" in note for note in found.notes)


def test_solved_positions_of_motive_give_way_to_measured_ones(tmp_path):
    """Bones and the markers of a model have the names of what was measured."""
    bones = blocks("Bone", ("Anna", "Anna:Hip"), Y_UP[:, :2] + 1)
    model = blocks("Rigid Body Marker", ANNA, Y_UP + 0.01)
    path = motive(tmp_path / "t.csv", [*bones, *model, *blocks("Marker", ANNA, Y_UP)])
    found = check(path, Y_UP, ANNA)
    assert any("18 columns of solved positions left out" in note for note in found.notes)
    only = motive(tmp_path / "bones.csv", blocks("Bone", ANNA, Y_UP))
    assert check(only, Y_UP, ANNA).notes == ()


def test_positions_relative_to_a_parent_are_refused(tmp_path):
    path = motive(tmp_path / "t.csv", blocks("Bone", ANNA, Y_UP), space="Local")
    with pytest.raises(UserError, match="Coordinate Space Global"):
        read_marker_file(path)


def test_missing_frames_of_motive_are_refused(tmp_path):
    path = motive(tmp_path / "t.csv", blocks("Marker", ANNA, Y_UP))
    path.write_text("\n".join(path.read_text().splitlines()[:-5]) + "\n")
    with pytest.raises(UserError, match="states 40 exported frames and has 35"):
        read_marker_file(path)


def qualisys(
    path: Path,
    rows: list[list[str]],
    titles: list[str] | None,
    names: tuple[str, ...] = NAMES,
    frames: int = FRAMES,
) -> Path:
    head = [["NO_OF_FRAMES", str(frames)], ["NO_OF_CAMERAS", "12"], ["NO_OF_MARKERS", str(len(names))],
            ["FREQUENCY", "100"], ["NO_OF_ANALOG", "0"], ["ANALOG_FREQUENCY", "0"], ["DESCRIPTION", "--"],
            ["TIME_STAMP", "2024-01-01, 10:00:00.000", "1234.5"], ["DATA_INCLUDED", "3D"],
            ["EVENT", "Start", "12", "0.12"], ["MARKER_NAMES", *names],
            ["TRAJECTORY_TYPES", *["Measured"] * len(names)]]  # fmt: skip
    return write(path, [*head, *([titles] if titles else []), *rows], "\t")


@pytest.mark.parametrize("before", [(), ("Frame",), ("Time",), ("Frame", "Time")])
@pytest.mark.parametrize("titled", [False, True])
@pytest.mark.parametrize("end", [[], [""]])
def test_markers_of_qualisys(tmp_path, before, titled, end):
    clock = {
        "Frame": [str(n + 1) for n in range(FRAMES)],
        "Time": [f"{n / 100:.5f}" for n in range(FRAMES)],
    }
    rows = [
        [*(clock[name][n] for name in before), *row, *end]
        for n, row in enumerate(cells(body(), 1000, 3))
    ]
    titles = [*before, *columns("{label} {axis}")] if titled else None
    titles = [
        title[:-1] + title[-1].upper() if title not in before else title for title in titles or []
    ]
    found = check(qualisys(tmp_path / "t.tsv", rows, titles), 1000 * body())
    assert (found.unit, found.up, found.notes) == ("mm", "z", ())


def test_numbers_as_names_of_qualisys(tmp_path):
    rows = cells(body(), 1000, 3)
    check(
        qualisys(tmp_path / "t.tsv", rows, None, ("1", "2", "3", "4")),
        1000 * body(),
        ("1", "2", "3", "4"),
    )


@pytest.mark.parametrize("lost", ["0.000", "", "null", "NaN"])
def test_gaps_of_qualisys(tmp_path, lost):
    rows = cells(body(), 1000, 3)
    rows[7][3:6] = [lost] * 3
    gaps = np.isnan(read_marker_file(qualisys(tmp_path / "t.tsv", rows, None)).positions).all(
        axis=2
    )
    assert np.argwhere(gaps).tolist() == [[7, 1]]


def test_exports_of_qualisys_that_lack_something_are_refused(tmp_path):
    rows = cells(body(), 1000, 3)
    with pytest.raises(UserError, match="states 50 frames and has 40"):
        read_marker_file(qualisys(tmp_path / "t.tsv", rows, None, frames=50))
    with pytest.raises(UserError, match="12 cells for the 3 names"):
        read_marker_file(qualisys(tmp_path / "t.tsv", rows, None, NAMES[:3]))
    path = write(tmp_path / "b.tsv", [["NO_OF_FRAMES", "40"], ["NO_OF_BODIES", "1"], ["FREQUENCY", "100"],
                                      ["DATA_INCLUDED", "6D"], ["BODY_NAMES", "Box"],
                                      *rows], "\t")  # fmt: skip
    with pytest.raises(UserError, match="6D data and without marker names"):
        read_marker_file(path)


def nexus(
    path: Path,
    names: list[str],
    rows: list[list[str]],
    before: str = "",
    after: str = "",
    delimiter: str = ",",
) -> Path:
    count = len(rows[0]) // 3
    lines = [["Trajectories"], ["100"], ["", "", *names], ["Frame", "Sub Frame", *"XYZ" * count],
             ["", "", *["mm"] * 3 * count],
             *[[str(n + 1), "0", *row] for n, row in enumerate(rows)]]  # fmt: skip
    text = "\r\n".join(delimiter.join(line) for line in lines) + "\r\n"
    path.write_bytes((before + text + after).encode("utf-8-sig"))
    return path


DEVICES = (
    "Devices\r\n1000\r\n,,Plate - Force,,\r\nFrame,Sub Frame,Fx,Fy,Fz\r\n,,N,N,N\r\n"
    + "".join(f"{n // 10 + 1},{n % 10},1.5,2.5,{n}.5\r\n" for n in range(400))
)
MODEL = (
    "Model Outputs\r\n100\r\n,,Anna:LKneeAngles,,\r\nFrame,Sub Frame,X,Y,Z\r\n,,deg,deg,deg\r\n"
    + "".join(f"{n + 1},0,1.5,2.5,{n}.5\r\n" for n in range(40))
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("before", ["", DEVICES + "\r\n", MODEL + "\r\n" + DEVICES + "\r\n"])
@pytest.mark.parametrize("after", ["", "\r\n" + DEVICES])
def test_trajectories_of_nexus(tmp_path, delimiter, before, after):
    before, after = (text.replace(",", delimiter) for text in (before, after))
    path = nexus(
        tmp_path / "t.csv", over(list(ANNA)), cells(body(), 1000, 3), before, after, delimiter
    )
    found = check(path, 1000 * body(), ANNA)
    assert (found.unit, found.unit_stated, found.up) == ("mm", True, "z")
    assert bool(found.notes) == bool(before or after)
    assert not before or "Devices" in found.notes[0]


def test_velocities_and_unnamed_trajectories_of_nexus(tmp_path):
    names = over(["Anna:Head", "", "Anna:LHand", "Anna:RFoot"])
    path = nexus(tmp_path / "t.csv", names, cells(body(), 1000, 3))
    found = check(path, 1000 * body(), ("Anna:Head", "*2", "Anna:LHand", "Anna:RFoot"))
    assert any("no name" in note for note in found.notes)
    lines = [["Trajectories"], ["100"], ["", "", "Head", *[""] * 5, "Chest", *[""] * 5],
             ["Frame", "Sub Frame", *["X", "Y", "Z", "X'", "Y'", "Z'"] * 2],
             ["", "", *[*["mm"] * 3, *["mm/s"] * 3] * 2]]  # fmt: skip
    rows = [[str(n), "0", *row[:3], "1", "2", "3", *row[3:6], "4", "5", "6"]
            for n, row in enumerate(cells(body(), 1000, 3))]  # fmt: skip
    found = check(write(tmp_path / "v.csv", [*lines, *rows]), 1000 * body()[:, :2], NAMES[:2])
    assert found.notes == ("6 columns of velocities left out: Head, Chest",)


def test_segments_of_nexus_keep_their_position_only(tmp_path):
    lines = [["Segments"], ["100"], ["", "", "Anna:Head", *[""] * 5, "Anna:Chest", *[""] * 5],
             ["Frame", "Sub Frame", *["RX", "RY", "RZ", "TX", "TY", "TZ"] * 2],
             ["", "", *[*["deg"] * 3, *["mm"] * 3] * 2]]  # fmt: skip
    rows = [[str(n), "0", "10", "20", "30", *row[:3], "40", "50", "60", *row[3:6]]
            for n, row in enumerate(cells(body(), 1000, 3))]  # fmt: skip
    found = check(write(tmp_path / "t.csv", [*lines, *rows]), 1000 * body()[:, :2], ANNA[:2])
    assert any("6 columns of rotations left out" in note for note in found.notes)


def test_an_export_of_nexus_without_trajectories_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text(DEVICES)
    with pytest.raises(UserError, match="holds Devices, and no Trajectories"):
        read_marker_file(tmp_path / "t.csv")


MEDIAPIPE = ("nose", "left_hip", "right_hip", "left_ankle")


def long(
    path: Path,
    head: list[str],
    line,
    frames: range = range(FRAMES),
    dancers: tuple[str, ...] = ("",),
) -> Path:  # type: ignore[no-untyped-def]
    rows = cells(body())
    lines = [
        line(frame, name, rows[frame][3 * at : 3 * at + 3], dancer)
        for frame in frames
        for dancer in dancers
        for at, name in enumerate(MEDIAPIPE)
    ]
    return write(path, [head, *lines])


@pytest.mark.parametrize("head", ["landmark", "keypoint", "joint_name", "bodypart", "Marker"])
def test_landmarks_in_long_form(tmp_path, head):
    path = long(tmp_path / "t.csv", ["frame", head, "x", "y", "z", "visibility"],
                lambda frame, name, row, _: [str(frame), name, *row, "0.98"])  # fmt: skip
    found = check(path, body(), MEDIAPIPE, None)
    assert found.notes == ("columns of other content left out: visibility",)


def test_long_form_keeps_dancers_times_and_holes(tmp_path):
    frames = range(FRAMES)
    path = long(tmp_path / "t.csv", ["time_s", "person", "joint", "x_m", "y_m", "z_m"],
                lambda frame, name, row, dancer: [times()[frame], dancer, name, *row], frames,
                ("A", "B"))  # fmt: skip
    labels = tuple(f"{dancer}:{name}" for dancer in "AB" for name in MEDIAPIPE)
    assert check(path, np.concatenate([body(), body()], axis=1), labels).unit_stated
    lines = path.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("0.1") and "B,left_hip" not in line]
    (tmp_path / "holes.csv").write_text("\n".join(kept) + "\n")
    positions = np.concatenate([body(), body()], axis=1)
    positions[10:20] = np.nan
    found = read_marker_file(tmp_path / "holes.csv")
    assert found.labels == tuple(label for label in labels if label != "B:left_hip")
    np.testing.assert_allclose(found.positions, positions[:, [0, 1, 2, 3, 4, 6, 7]], atol=1e-5)


def test_one_line_for_each_dancer_of_each_frame(tmp_path):
    """As pose estimation of several people writes it; a dancer may be out of sight."""
    both = np.concatenate([body(), body() + 1], axis=1)
    both[5:8, 4:] = np.nan
    rows = [
        [str(frame), person, "0.9", *cells(both[:, 4 * number : 4 * number + 4])[frame]]
        for frame in range(FRAMES)
        for number, person in enumerate("79")
        if person == "7" or not 5 <= frame < 8
    ]
    head = ["frame", "person_id", "score", *columns()]
    path = write(tmp_path / "t.csv", [head, *rows])
    labels = tuple(f"{person}:{name}" for person in "79" for name in NAMES)
    found = check(path, both, labels, None)
    assert any("left out: score" in note for note in found.notes)
    write(tmp_path / "twice.csv", [head, *rows[:4], rows[3], *rows[4:]])
    with pytest.raises(UserError, match="line 6 has 9 a second time in one frame"):
        read_marker_file(tmp_path / "twice.csv")


def test_long_form_in_the_order_of_markers(tmp_path):
    rows = cells(body())
    lines = [[str(frame), name, *rows[frame][3 * at : 3 * at + 3]] for at, name in enumerate(NAMES)
             for frame in range(FRAMES)]  # fmt: skip
    check(
        write(tmp_path / "t.csv", [["frame", "marker", "x", "y", "z"], *lines]), body(), NAMES, None
    )


def test_long_form_without_frames_is_told_or_refused(tmp_path):
    path = long(
        tmp_path / "t.csv", ["landmark", "x", "y", "z"], lambda _, name, row, __: [name, *row]
    )
    assert any("no column of frames" in note for note in check(path, body(), MEDIAPIPE, None).notes)
    lines = path.read_text().splitlines()
    (tmp_path / "m.csv").write_text("\n".join(lines[:7] + lines[8:]) + "\n")
    with pytest.raises(UserError, match="has no column of frames or times"):
        read_marker_file(tmp_path / "m.csv")


def test_a_marker_twice_in_a_frame_is_refused_with_its_line(tmp_path):
    path = long(tmp_path / "t.csv", ["frame", "landmark", "x", "y", "z"],
                lambda frame, name, row, _: [str(frame), name, *row], dancers=("A", "B"))  # fmt: skip
    with pytest.raises(UserError, match="line 6 has nose a second time in one frame"):
        read_marker_file(path)


@pytest.mark.parametrize("style", ["{label}_{axis}", "{axis}_{label}", "{label} {axis}"])
def test_landmarks_side_by_side(tmp_path, style):
    """As FreeMoCap and many scripts around MediaPipe write them."""
    path = write(tmp_path / "t.csv", [columns(style, MEDIAPIPE), *cells(body())])
    check(path, body(), MEDIAPIPE, None)


def test_numbered_landmarks(tmp_path):
    names = [f"{axis}{number}" for number in range(4) for axis in ("x", "y", "z", "v")]
    rows = [
        [cell for at in range(4) for cell in (*row[3 * at : 3 * at + 3], "0.9")]
        for row in cells(body())
    ]
    check(write(tmp_path / "t.csv", [["frame", *names], *[[str(n), *row] for n, row in enumerate(rows)]]),
          body(), ("0", "1", "2", "3"), None)  # fmt: skip


def test_tables_of_anipose(tmp_path):
    more = ("error", "ncams", "score")
    names = [f"{label}_{what}" for label in NAMES for what in (*"xyz", *more)]
    fixed = [
        *(f"M_{row}{column}" for row in range(3) for column in range(3)),
        *(f"center_{n}" for n in range(3)),
    ]
    rows = [
        [cell for at in range(4) for cell in (*row[3 * at : 3 * at + 3], "1.2", "3", "0.9")]
        for row in cells(body())
    ]
    lines = [[*row, *["1.0"] * 12, str(n)] for n, row in enumerate(rows)]
    found = check(
        write(tmp_path / "t.csv", [[*names, *fixed, "fnum"], *lines]), body(), NAMES, None
    )
    assert any("24 columns of other content left out" in note for note in found.notes)


def test_tables_of_deeplabcut(tmp_path):
    head = [["scorer", *["model"] * 12], ["bodyparts", *[name for name in NAMES for _ in range(3)]],
            ["coords", *"xyz" * 4]]  # fmt: skip
    rows = [[str(n), *row] for n, row in enumerate(cells(body()))]
    assert check(write(tmp_path / "t.csv", [*head, *rows]), body(), NAMES, None).notes == ()
    dancers = [*head[:1], ["individuals", *["A"] * 6, *["B"] * 6], *head[1:]]
    check(
        write(tmp_path / "d.csv", [*dancers, *rows]),
        body(),
        ("A:Head", "A:Chest", "B:LHand", "B:RFoot"),
        None,
    )


def test_trc_files_of_pose2sim(tmp_path):
    """Names with three tabs behind each, metres, no empty line, frames from 0."""
    text = trc(
        names="Frame#\tTime\t" + "\t\t\t".join(NAMES) + "\t\t\t", blank=False, numbers=range(FRAMES)
    )
    (tmp_path / "t.trc").write_text(text.replace("\tmm\t", "\tm\t"))
    found = read_marker_file(tmp_path / "t.trc")
    assert (found.labels, found.unit, found.rate_hz, found.notes) == (NAMES, "m", 100, ())


def test_text_files_of_visual3d(tmp_path):
    """Four lines above the axes, of which one has the names."""
    above = (
        ["take.c3d"] * 12,
        [name for name in NAMES for _ in range(3)],
        ["TARGET"] * 12,
        ["ORIGINAL"] * 12,
    )
    head = [*(["", *cells_above] for cells_above in above), ["ITEM", *"XYZ" * 4]]
    rows = [[str(n + 1), *row] for n, row in enumerate(cells(body()))]
    assert check(write(tmp_path / "t.txt", [*head, *rows], "\t"), body(), NAMES, None).notes == ()


def test_tables_of_pandas_with_two_levels_of_names(tmp_path):
    head = [
        ["", *[name for name in NAMES for _ in range(3)]],
        ["", *"xyz" * 4],
        ["frame", *[""] * 12],
    ]
    rows = [[str(n), *row] for n, row in enumerate(cells(body()))]
    assert check(write(tmp_path / "t.csv", [*head, *rows]), body(), NAMES, None).notes == ()


def test_places_in_a_picture_are_told(tmp_path):
    names = [f"landmark_{number}" for number in range(33)]
    inside = np.random.default_rng(0).uniform(0.1, 0.9, (FRAMES, 33, 3))
    path = write(tmp_path / "t.csv", [columns("{label}_{axis}", names), *cells(inside)])
    assert any("picture" in note for note in read_marker_file(path).notes)
    path = write(tmp_path / "m.csv", [columns("{label}_{axis}_m", names), *cells(inside)])
    assert read_marker_file(path).notes == ()


def test_timecodes_are_told_and_frames_keep_their_order(tmp_path):
    rows = [[f"10:00:{n // 25:02d}:{n % 25:02d}", *row] for n, row in enumerate(cells(body()))]
    path = write(
        tmp_path / "t.csv", [["Timecode", "Time", *columns()], *[["", *row] for row in rows]]
    )
    assert any("timecodes" in note for note in check(path, body(), NAMES, None).notes)
