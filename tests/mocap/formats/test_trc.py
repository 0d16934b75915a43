"""TRC files: names stand over every third column; what the header states is compared with the table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.reading import read_marker_file
from tests.mocap.formats.table_files import FRAMES, NAMES, body, over, trc

OVER = "\t".join(over(NAMES))
Y_UP_MM = 1000 * body()[..., [1, 2, 0]]


def read(tmp_path, text, encoding="utf-8") -> MarkerFile:  # type: ignore[no-untyped-def]
    path = tmp_path / "take.trc"
    path.write_bytes(text.encode(encoding))
    return read_marker_file(path)


def check(found: MarkerFile, labels=NAMES, rate_hz: float = 100) -> MarkerFile:  # type: ignore[no-untyped-def]
    assert found.labels == tuple(labels)
    np.testing.assert_allclose(found.positions, Y_UP_MM, atol=1e-3)
    assert (found.rate_hz, found.unit, found.up, found.rate_doubt) == (rate_hz, "mm", "y", "")
    return found


EQUAL = {
    "as written": lambda text: text,
    "comment first": lambda text: "# exported\n" + text,
    "empty lines first": lambda text: "\n\n" + text,
    "windows": lambda text: text.replace("\n", "\r\n"),
    "spaces for tabs": lambda text: text.replace("\t", " "),
    "commas for tabs": lambda text: text.replace("\t", ","),
    "tabs at the ends": lambda text: text.replace("\n", "\t\n"),
    "no blank line": lambda text: text.replace("\n\n", "\n"),
    "lower case fields": lambda text: text.replace("DataRate\t", "datarate\t").replace("Num", "NUM"),
    "empty lines last": lambda text: text + "\n\t\n\n",
    "exponents": lambda text: text.replace("\t0.01\t", "\t1e-2\t"),
    "names twice": lambda text: text.replace("\n\t\tX1", f"\nFrame#\tTime\t{OVER}\n\t\tX1"),
    "axes not indented": lambda text: text.replace("\n\t\tX1", "\nX1"),
    "no line of axes": lambda text: text.replace(text[text.index("\t\tX1") : text.index("\n\n") + 1], ""),
    "names side by side": lambda text: text.replace("\t\t\t", "\t"),
    "spaces around names": lambda text: text.replace("LHand", " LHand "),
}  # fmt: skip


@pytest.mark.parametrize("edit", EQUAL.values(), ids=EQUAL.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_variants_are_read_alike(tmp_path, edit, encoding):
    assert check(read(tmp_path, edit(trc()), encoding)).notes == ()


def test_aligned_columns_are_read(tmp_path):
    """Names and numbers are separated by several spaces."""
    text = (
        trc(names="Frame#\tTime\t" + "\t".join(NAMES)).replace("\t\tX1", "X1").replace("\t", "    ")
    )
    check(read(tmp_path, text))


def test_decimal_commas_are_read_and_told(tmp_path):
    head, table = trc().split("\n\n")
    found = check(read(tmp_path, head + "\n\n" + table.replace(".", ",")))
    assert any("decimal sign" in note for note in found.notes)


@pytest.mark.parametrize("marker", range(4))
@pytest.mark.parametrize("counted", [3, 4])
def test_a_column_without_a_name_shifts_no_other(tmp_path, marker, counted):
    names = [*NAMES[:marker], "", *NAMES[marker + 1 :]]
    text = trc(names="Frame#\tTime\t" + "\t".join(over(names)), markers=counted)
    found = check(read(tmp_path, text), [name or f"*{marker + 1}" for name in names])
    assert any("no name" in note for note in found.notes)
    assert (counted == 4) or any("states 3 markers" in note for note in found.notes)


@pytest.mark.parametrize("separator", ["\t", "  "])
def test_names_without_places_are_refused_if_one_is_missing(tmp_path, separator):
    text = (
        trc(names="Frame#\tTime\t" + "\t".join(NAMES[:3]))
        .replace("\t\tX1", "X1")
        .replace("\t", separator)
    )
    with pytest.raises(
        UserError, match="line 4 has 3 names without their columns, and the frames have 4"
    ):
        read(tmp_path, text)


@pytest.mark.parametrize("axes", [True, False])
def test_names_with_their_axes(tmp_path, axes):
    names = [f"{name}_{axis}" for name in NAMES for axis in "xyz"]
    check(read(tmp_path, trc(names="Frame#\tTime\t" + "\t".join(names), axes=axes)))


def test_two_frames_agree_with_their_rate_within_the_rounding(tmp_path):
    text = trc(body(2), rate="60.00", time=["0.000", "0.017"])
    found = read(tmp_path, text)
    assert (found.rate_hz, found.rate_doubt) == (60, "")


def test_a_body_that_contradicts_the_convention_is_told(tmp_path):
    found = read(tmp_path, trc(body()[..., [2, 0, 1]]))
    assert found.up == "y"
    assert any("along z, but y is the vertical axis of such files" in note for note in found.notes)


def test_names_one_column_off_are_told(tmp_path):
    found = check(read(tmp_path, trc(names="Frame#\tTime\t\t" + "\t".join(over(NAMES)))))
    assert any("stand over y columns" in note for note in found.notes)


def test_a_line_of_dancers_above_the_names(tmp_path):
    names = (
        "\t\t" + "\t".join(["Anna", *[""] * 5, "Ben"]) + "\nFrame#\tTime\t" + "\t".join(over(NAMES))
    )
    check(read(tmp_path, trc(names=names)), ["Anna:Head", "Anna:Chest", "Ben:LHand", "Ben:RFoot"])


def test_a_second_line_of_names_is_told(tmp_path):
    other = "Frame#\tTime\t" + "\t".join(over(["Kopf", "Brust", "Hand", "Fuß"]))
    found = check(read(tmp_path, trc(names=other + "\nFrame#\tTime\t" + "\t".join(over(NAMES)))))
    assert any("second line of names (Kopf, Brust, Hand" in note for note in found.notes)


def test_names_that_occur_twice_are_kept_apart(tmp_path):
    names = "Frame#\tTime\t" + "\t".join(over(["Head", "Head", "LHand", "RFoot"]))
    found = check(read(tmp_path, trc(names=names)), ["Head", "Head#2", "LHand", "RFoot"])
    assert any("Head#2" in note for note in found.notes)


def test_counts_of_the_header_are_compared(tmp_path):
    assert any("states 20 markers" in note for note in check(read(tmp_path, trc(markers=20))).notes)
    assert any("states 30 frames" in note for note in check(read(tmp_path, trc(frames=30))).notes)
    with pytest.raises(UserError, match="states 4 markers and 60 frames, but has 40"):
        read(tmp_path, trc(frames=60))


@pytest.mark.parametrize(
    ("given", "rate_hz"),
    [({"rate": "0.01"}, 100), ({"rate": "100.00", "time": ["0.0"] * FRAMES}, 100),
     ({"time": [f"{10 * n}" for n in range(FRAMES)]}, 100),
     ({"rate": "1e9"}, 100), ({"rate": "99.9"}, 99.9)],
)  # fmt: skip
def test_an_impossible_statement_gives_way_to_the_other(tmp_path, given, rate_hz):
    found = check(read(tmp_path, trc(**given)), rate_hz=rate_hz)
    assert bool(found.notes) == (rate_hz == 100)


def test_two_possible_rates_are_a_doubt(tmp_path):
    found = read(tmp_path, trc(rate="120.00"))
    assert found.rate_doubt == "states 120 frames a second, but its times give 100"


def test_dropped_frames_are_gaps(tmp_path):
    kept = [n for n in range(FRAMES) if n not in (7, 20, 21, 22)]
    text = trc(body()[kept], time=[f"{n / 100:.3f}" for n in kept], numbers=[n + 1 for n in kept])
    found = read(tmp_path, text)
    np.testing.assert_allclose(found.positions[kept], Y_UP_MM[kept], atol=1e-3)
    assert np.flatnonzero(np.isnan(found.positions).all(axis=(1, 2))).tolist() == [7, 20, 21, 22]


@pytest.mark.parametrize("number", ["0.000", "0", "-9999.000", "9999999", "NaN", "", "-"])
def test_a_marker_that_was_not_seen_is_a_gap(tmp_path, number):
    lines = trc().split("\n")
    for at in range(10, 15):
        row = lines[at].split("\t")
        row[8:11] = [number] * 3
        lines[at] = "\t".join(row)
    gaps = np.isnan(read(tmp_path, "\n".join(lines)).positions).all(axis=2)
    assert np.argwhere(gaps).tolist() == [[frame, 2] for frame in range(4, 9)]


@given(st.integers(0, FRAMES - 1), st.integers(0, 13), st.booleans())
def test_no_deleted_or_doubled_cell_is_read_shifted(tmp_path_factory, frame, cell, doubled):
    lines = trc().split("\n")
    row = lines[6 + frame].split("\t")
    row[cell : cell + 1] = [row[cell]] * (2 * doubled)
    lines[6 + frame] = "\t".join(row)
    path = tmp_path_factory.mktemp("trc") / "t.trc"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match=f"line {frame + 7} has {13 + 2 * doubled} cells"):
        read_marker_file(path)


@given(st.integers(1, 1600))
def test_a_truncated_file_is_refused(tmp_path_factory, length):
    path = tmp_path_factory.mktemp("cut") / "t.trc"
    text = trc()
    path.write_text(text[: len(text) - length - 1])
    with pytest.raises(UserError, match=r"truncated|in its last|not a .trc"):
        read_marker_file(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            trc().replace("1310.000", "abc", 1),
            r"line 7, column 7 \(Chest y\) is 'abc', not a number",
        ),
        (trc().replace("PathFileType", "Path"), "no line begins with 'PathFileType'"),
        (trc().replace("NumFrames", "Frames"), "no number for NumFrames"),
        (trc(rate="fast"), "no number for DataRate but 'fast'"),
        ("", "is empty"),
    ],
)
def test_damage_is_named(tmp_path, text, words):
    with pytest.raises(UserError, match=words) as caught:
        read(tmp_path, text)
    assert "cannot be read" not in str(caught.value)


@given(st.binary(max_size=300))
def test_no_content_ends_in_words_of_python(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("odd") / "t.trc"
    path.write_bytes(b"PathFileType\t4\n" + content)
    with pytest.raises(UserError) as caught:
        read_marker_file(path)
    assert "cannot be read" not in str(caught.value)
