"""Tables: names stand over their own columns, whatever the program, its delimiter and its encoding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import read_marker_file, read_with_skeleton
from mariel_gnn.mocap.formats.table import reader_of, writer_of
from mariel_gnn.mocap.formats.text_tables.columns import group_markers, parse_names
from tests.mocap.formats.table_files import (
    FRAMES,
    NAMES,
    RATE_HZ,
    body,
    cells,
    columns,
    over,
    timed,
    times,
    wide,
    write,
)

NAME_STYLES = [
    "{label}_{axis}_m", "{label} {axis} [m]", "{label}.{axis} (m)", "{label}_position_{axis}_m",
    "{label} Position {axis} [m]", "{label}_t{axis}_m", "{axis}_{label}_m", "{label}({axis}) [m]",
    "{label}_{axis}position (m)", "{label}:{axis}_m", "{label}Pos.{axis}_m",
]  # fmt: skip
LOST = ["", "NA", "N/A", "#N/A", "null", "NaN", "nan", "-", "--", "None", "inf", "-inf", ".", "?", "-9999",
        "9999999", "0", "0.0000", "1e30", "-1.#IND"]  # fmt: skip
OTHER = ["{label}_rotation_{axis}", "{label}_r{axis}", "{label} {axis} [deg]", "{label} {axis} (rad)",
         "{label}_v{axis}", "{label} {axis} [mm/s]", "{label}_acc_{axis}", "{label}_F{axis}",
         "{label} Angle {axis}", "{label}Vel.{axis}", "{label}_error_{axis}",
         "{label}_{axis}rotation"]  # fmt: skip


def check(path, positions=None, rate_hz: float | None = RATE_HZ, labels=NAMES, scale=1.0):  # type: ignore[no-untyped-def]
    found = read_marker_file(path)
    assert found.labels == tuple(labels)
    expected = body() if positions is None else positions
    np.testing.assert_allclose(found.positions, scale * expected, atol=2e-5 * scale)
    assert found.rate_hz == rate_hz
    return found


@pytest.mark.parametrize("style", NAME_STYLES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_names_may_have_any_usual_form(tmp_path, style, delimiter):
    found = check(wide(tmp_path / "t.csv", clock="time", name=style, delimiter=delimiter))
    assert (found.unit, found.unit_stated) == ("m", True)
    assert found.notes == ()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
def test_any_unicode_encoding_is_read(tmp_path, encoding, suffix):
    assert check(wide(tmp_path / f"t{suffix}", encoding=encoding)).notes == ()


def test_latin_1_is_read_and_told(tmp_path):
    path = wide(tmp_path / "t.csv")
    path.write_bytes(path.read_bytes().replace(b"LHand", b"H\xe4nd"))
    found = check(path, labels=("Head", "Chest", "Händ", "RFoot"))
    assert any("Latin-1" in note for note in found.notes)


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("quotes", [False, True])
def test_decimal_commas_are_read_and_told(tmp_path, delimiter, quotes):
    lines = wide(tmp_path / "t.csv", delimiter=delimiter).read_text().splitlines()
    lines[1:] = [line.replace(".", ",") for line in lines[1:]]
    if quotes:
        lines[1:] = [",".join(f'"{cell}"' for cell in line.split(delimiter)) for line in lines[1:]]
        lines[0] = lines[0].replace(delimiter, ",")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    found = check(tmp_path / "t.csv")
    assert any("decimal sign" in note for note in found.notes)


def test_thousands_are_separated_and_told(tmp_path):
    rows = [
        [at, *(f"{1000 * float(cell):,.2f}" for cell in row)]
        for at, row in zip(times(), cells(body()), strict=True)
    ]
    path = write(tmp_path / "t.csv", [["time_s", *columns("{label}_{axis}_mm")], *rows], "\t")
    found = check(path, scale=1000)
    assert any("thousands" in note for note in found.notes)


@pytest.mark.parametrize("word", LOST)
@pytest.mark.parametrize("clock", [True, False])
def test_a_marker_that_was_not_seen_is_a_gap(tmp_path, word, clock):
    rows = [
        [*([at] if clock else []), *row] for at, row in zip(times(), cells(body()), strict=True)
    ]
    start = 6 + clock
    for row in rows[10:15]:
        row[start : start + 3] = [word] * 3
    path = write(tmp_path / "t.csv", [[*(["time_s"] if clock else []), *columns()], *rows])
    gaps = np.isnan(read_marker_file(path).positions).all(axis=2)
    assert np.argwhere(gaps).tolist() == [[frame, 2] for frame in range(10, 15)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_frame_without_any_marker_keeps_its_place(tmp_path, delimiter):
    positions = body()
    positions[10:13] = np.nan
    path = write(tmp_path / "t.csv", [columns(), *cells(positions)], delimiter)
    check(path, positions, rate_hz=None)


@pytest.mark.parametrize("other", OTHER)
def test_what_is_no_position_is_left_out_and_told(tmp_path, other):
    names = [name for label in NAMES for style in ("{label}_{axis}", other)
             for name in columns(style, [label])]  # fmt: skip
    turned = 30 * np.cos(np.arange(FRAMES * 12)).reshape(FRAMES, 4, 3)
    rows = np.concatenate([body(), turned], axis=2).reshape(FRAMES, 8, 3)
    path = write(
        tmp_path / "t.csv",
        [["time_s", *names], *timed(cells(rows))],
    )
    found = check(path)
    assert any(note.startswith("12 columns of ") and "left out: Head, Chest, LHand and 1" in note
               for note in found.notes)  # fmt: skip


def test_quaternions_are_no_positions(tmp_path):
    names = [name for label in NAMES for style, axes in (("{}_{}", "xyz"), ("{}_q{}", "wxyz"))
             for name in [style.format(label, axis) for axis in axes]]  # fmt: skip
    rows = [[cell for marker in range(4) for cell in (*row[3 * marker : 3 * marker + 3], "1", "0", "0", "0")]
            for row in cells(body())]  # fmt: skip
    found = check(write(tmp_path / "t.csv", [names, *rows]), rate_hz=None)
    assert any("16 columns of rotations" in note for note in found.notes)
    only = [f"{label}_{axis}" for label in NAMES for axis in "wxyz"]
    path = write(tmp_path / "q.csv", [only, *[["1", "0", "0", "0"] * 4] * 3])
    with pytest.raises(UserError, match=r"has no markers.*16 columns of rotations"):
        read_marker_file(path)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["Arm_LX", "Arm_LY", "Arm_LZ", "Arm_RX", "Arm_RY", "Arm_RZ"], ["Arm_L", "Arm_R"]),
        (["F_Ax", "F_Ay", "F_Az", "F_Bx", "F_By", "F_Bz"], ["F_A", "F_B"]),
        (["Triangle_x", "Triangle_y", "Triangle_z"], ["Triangle"]),
        (["Sword:tip X", "Sword:tip Y", "Sword:tip Z"], ["Sword:tip"]),
        (["x0", "y0", "z0", "v0", "x1", "y1", "z1", "v1"], ["0", "1"]),
        (["LANK_x", "LHEE_x", "LANK_y", "LHEE_y", "LANK_z", "LHEE_z"], ["LANK", "LHEE"]),
        (["A_x", "A_y", "A_z", "A_x", "A_y", "A_z"], ["A", "A"]),
        (["index", "max", "A_x", "A_y", "A_z"], ["A"]),
        (["A_x", "A_y", "B_x", "B_y", "B_z"], ["B"]),
        (["A_x", "A_y", "A_z", "A_x.1", "A_y.1", "A_z.1"], ["A", "A"]),
        (["a_x", "a_y", "a_z", "A_x", "A_y", "A_z"], ["a", "A"]),
    ],
)
def test_columns_are_grouped_by_name_and_place(names, labels):
    found = group_markers(parse_names(names))
    assert found.labels == labels
    for label, places in zip(labels, found.places, strict=True):
        for axis, place in zip("xyz", places, strict=True):
            rest = names[place].replace(".1", "").lower().replace(label.lower(), "", 1)
            assert rest.strip("_ ") == axis


@given(st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,6}(_[A-Z][a-z]{1,4})?", fullmatch=True), min_size=1,
                max_size=8, unique=True))  # fmt: skip
def test_names_are_identities(tmp_path_factory, names):
    """Whatever the names of markers, a file written by this package has them again."""
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    positions = np.arange(2.0 * len(names) * 3).reshape(2, -1, 3) + 1
    rows = [[at, *row] for at, row in zip(["0", "0.01"], cells(positions), strict=True)]
    write(path, [["time_s", *columns(names=names)], *rows])
    found = read_marker_file(path)
    assert found.labels == tuple(names)
    assert np.array_equal(found.positions, positions)


def test_a_written_marker_may_be_called_like_a_quantity(tmp_path):
    names = ["Hand Rotation", "vel", "A_r", "x"]
    path = write(
        tmp_path / "t.csv", [["time_s", *columns(names=names)], ["0", *map(str, range(1, 13))]]
    )
    assert read_marker_file(path).labels == tuple(names)


@pytest.mark.parametrize(
    "units", [["s", *["mm"] * 12], ["[s]", *["[mm]"] * 12], ["", *["(Millimeters)"] * 12]]
)
def test_a_row_of_units_is_used(tmp_path, units):
    rows = timed(cells(body(), 1000))
    path = write(tmp_path / "t.csv", [["time", *columns("{label}_{axis}")], units, *rows])
    found = check(path, scale=1000)
    assert (found.unit, found.unit_stated) == ("mm", True)


@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("units", [False, True])
@pytest.mark.parametrize("caption", [["time"], ["Frame", "Time"]])
def test_names_over_axes_in_two_lines(tmp_path, repeated, units, caption):
    names = [label for label in NAMES for _ in range(3)] if repeated else over(NAMES)
    empty = [""] * len(caption)
    head = [[*empty, *names], [*caption, *"XYZ" * 4], *([[*empty, *["m"] * 12]] if units else [])]
    rows = [[*([str(n)] if len(caption) > 1 else []), at, *row]
            for n, (at, row) in enumerate(zip(times(), cells(body()), strict=True))]  # fmt: skip
    assert check(write(tmp_path / "t.csv", [*head, *rows])).unit_stated == units


def test_a_column_without_a_name_does_not_take_that_of_its_neighbour(tmp_path):
    head = [["time", *over(["Head", "", "LHand", "RFoot"])], ["", *"XYZ" * 4]]
    path = write(tmp_path / "t.csv", [*head, *timed(cells(body()))])
    found = check(path, labels=("Head", "*2", "LHand", "RFoot"))
    assert any("no name" in note for note in found.notes)


def test_names_over_the_middle_column_are_told_and_others_refused(tmp_path):
    rows = timed(cells(body()))
    middle = ["time", *[cell for name in NAMES for cell in ("", name, "")]]
    found = check(write(tmp_path / "t.csv", [middle, ["", *"XYZ" * 4], *rows]))
    assert any("stand over y columns" in note for note in found.notes)
    mixed = ["time", *over(NAMES)]
    mixed[4], mixed[6] = "", "Chest"
    with pytest.raises(UserError, match="line 1: the name Chest stands over column 7, which is z"):
        read_marker_file(write(tmp_path / "m.csv", [mixed, ["", *"XYZ" * 4], *rows]))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda row: row.append("1.0"), "line 12 has 14 cells for 13 columns"),
        (lambda row: row.pop(5), "line 12 has 12 cells instead of 13"),
        (lambda row: row.insert(3, "0.5"), "line 12 has 14 cells for 13 columns"),
        (
            lambda row: row.__setitem__(5, "abc"),
            r"line 12, column 6 \(Chest y\) is 'abc', not a number",
        ),
        (lambda row: row.__setitem__(5, "1_0"), r"is '1_0', not a number"),
        (lambda row: row.__setitem__(5, "0x1F"), r"is '0x1F', not a number"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, edit, words):
    rows = timed(cells(body()))
    edit(rows[10])
    with pytest.raises(UserError, match=words):
        read_marker_file(write(tmp_path / "t.csv", [["time_s", *columns()], *rows]))


def test_one_name_less_than_columns_is_refused(tmp_path):
    """As tables of R have it: the number of the row has no name."""
    rows = [[str(n), *row] for n, row in enumerate(cells(body()))]
    with pytest.raises(UserError, match="line 2 has 13 cells for 12 columns"):
        read_marker_file(write(tmp_path / "t.csv", [columns(), *rows]))


@pytest.mark.parametrize("names", [True, False])
def test_lines_may_end_with_a_delimiter(tmp_path, names):
    rows = [[at, *row, ""] for at, row in zip(times(), cells(body()), strict=True)]
    check(write(tmp_path / "t.csv", [["time_s", *columns(), *([""] if names else [])], *rows]))


def test_cells_omitted_at_the_end_of_lines_are_gaps(tmp_path):
    positions = body()
    positions[20:30, 3] = np.nan
    rows = timed(cells(positions))
    rows[20:30] = [row[:10] for row in rows[20:30]]
    found = check(write(tmp_path / "t.csv", [["time_s", *columns()], *rows]), positions)
    assert any("10 lines (the first is line 22)" in note for note in found.notes)
    rows[25] = rows[25][:9]  # within a marker
    with pytest.raises(UserError, match="line 27"):
        read_marker_file(write(tmp_path / "t.csv", [["time_s", *columns()], *rows]))


@pytest.mark.parametrize(
    ("head", "rate_hz"),
    [("# fps: 60", 60), ("Frame rate,60", 60), ("rate=60 Hz, unit=m", 60), ("Sampling rate (Hz),60", 60),
     ("% Units: m", None), ("// a note", None), ("Subject,Anna", None), ("", None)],
)  # fmt: skip
def test_facts_above_the_names_are_used(tmp_path, head, rate_hz):
    path = write(tmp_path / "t.csv", [columns("{label}_{axis}"), *cells(body())])
    path.write_text(f"{head}\n\n{path.read_text()}")
    check(path, rate_hz=rate_hz)


def test_a_rate_above_our_own_names_is_compared_with_the_times(tmp_path):
    path = wide(tmp_path / "t.csv")
    path.write_text("# fps: 50\n" + path.read_text())
    assert read_marker_file(path).rate_doubt.startswith("states 50 frames a second")


@pytest.mark.parametrize(("axes", "up"), [([0, 1, 2], "z"), ([1, 2, 0], "y"), ([2, 0, 1], "x")])
def test_the_body_tells_the_vertical_axis_of_other_tables(tmp_path, axes, up):
    head = ["time", *columns("{label}_{axis}")]
    found = check(
        write(tmp_path / "t.csv", [head, *timed(cells(body()[..., axes]))]), body()[..., axes]
    )
    assert (found.up, found.up_stated) == (up, False)
    assert any(f"{up} is read as the vertical axis" in note for note in found.notes) == (up != "z")


def test_the_vertical_axis_of_our_own_tables_is_z(tmp_path):
    """A dancer may lie, or stand on the head."""
    found = check(wide(tmp_path / "t.csv", -body()), -body())
    assert (found.up, found.up_stated, found.notes) == ("z", True, ())


def test_names_in_a_comment_are_names(tmp_path):
    """As NumPy writes them with savetxt."""
    path = wide(tmp_path / "t.csv")
    path.write_text("# made by hand\n# " + path.read_text())
    check(path)


def test_frame_numbers_in_a_first_column_without_a_name(tmp_path):
    kept = [frame for frame in range(FRAMES) if frame not in (10, 11)]
    rows = [[str(frame), *row] for frame, row in zip(kept, cells(body()[kept]), strict=True)]
    positions = body()
    positions[[10, 11]] = np.nan
    check(write(tmp_path / "t.csv", [["", *columns()], *rows]), positions, rate_hz=None)


@pytest.mark.parametrize(
    "name", ["", "Zeit", "Zeit [s]", "local_time_s", "unix timestamp (ms)", "Timestamp UTC"]
)
def test_times_under_other_names_are_found(tmp_path, name):
    scale = 1000 if "ms" in name else 1
    time = [f"{scale * (1.7e9 * ('unix' in name) + n / 100):.2f}" for n in range(FRAMES)]
    check(wide(tmp_path / "t.csv", clock=name, time=time))


def test_a_clock_that_stands_still_gives_way_to_one_that_goes(tmp_path):
    rows = [["0", *row] for row in timed(cells(body()))]
    check(write(tmp_path / "t.csv", [["time", "timestamp", *columns()], *rows]))


def test_a_rate_column_is_used(tmp_path):
    rows = [["60", *row] for row in cells(body())]
    check(write(tmp_path / "t.csv", [["fps", *columns()], *rows]), rate_hz=60)


def test_two_dancers_with_the_same_names_are_two_dancers(tmp_path):
    both = np.concatenate([body(), body() + np.array([1, 0, 0])], axis=1)
    rows = timed(cells(both))
    path = write(tmp_path / "t.csv", [["time_s", *columns() * 2], *rows])
    labels = [f"{number}:{name}" for number in (1, 2) for name in NAMES]
    assert any("dancers" in note for note in check(path, both, labels=labels).notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"PK\x03\x04..", "spreadsheet"), (b"<html>", "HTML"), (b'{"a": 1}', "JSON"), (b"%PDF-1", "PDF"),
     (b"\x00\x01" * 99, "binary|no lines"), (b"", "is empty"),
     (b"just words\nand words\n", "no lines of numbers"),
     (b"1,2,3\n4,5,6\n7,8,9\n", "has no markers")],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
def test_what_is_no_table_is_refused_with_the_reason(tmp_path, content, words, suffix):
    (tmp_path / f"t{suffix}").write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        read_marker_file(tmp_path / f"t{suffix}")
    assert "cannot be read" not in str(caught.value)


@given(st.binary(max_size=400))
def test_no_content_ends_in_words_of_python(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("odd") / "t.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_marker_file(path)
    assert "cannot be read" not in str(caught.value)


@given(st.integers(0, 1), st.data())
def test_no_deleted_or_doubled_cell_is_read_shifted(tmp_path_factory, doubled, data):
    rows = [["time_s", *columns()], *timed(cells(body()))]
    line = data.draw(st.integers(1, FRAMES))
    cell = data.draw(st.integers(0, 12))
    rows[line][cell : cell + 1] = [rows[line][cell]] * (2 * doubled)
    path = write(tmp_path_factory.mktemp("shift") / "t.csv", rows)
    with pytest.raises(UserError, match=f"line {line + 1} has {12 + 2 * doubled} cells"):
        read_marker_file(path)


def test_tsv_and_txt_files_are_only_read(tmp_path):
    for suffix in (".tsv", ".txt"):
        assert reader_of(tmp_path / f"t{suffix}")
        with pytest.raises(UserError, match="are not written"):
            writer_of(tmp_path / f"t{suffix}")


def test_notes_reach_the_reader_of_the_command(tmp_path):
    path = write(
        tmp_path / "t.csv", [[*columns(), "Head_vx"], *[[*row, "1"] for row in cells(body())]]
    )
    assert f"{path}: 1 column of velocities left out: Head" in read_with_skeleton(path).notes
