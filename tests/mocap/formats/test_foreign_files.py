"""Files of other programs: headers, channels and names that our files do not have."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import read_marker_file, read_recording, read_with_skeleton
from mariel_gnn.mocap.skeletons.loading import skeleton_from_dict

AB = skeleton_from_dict({"name": "ab", "markers": ["A", "B"]})

BVH = """HIERARCHY
ROOT Hips
{
\tOFFSET 0.0 0.0 0.0
\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
\tJOINT Leg
\t{
\t\tOFFSET 9.0 9.0 9.0
\t\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
\t\tEnd Site
\t\t{
\t\t\tOFFSET 0.0 -50.0 0.0
\t\t}
\t}
\tJOINT Head
\t{
\t\tOFFSET 0.0 60.0 0.0
\t\tCHANNELS 3 Zrotation Xrotation Yrotation
\t\tEnd Site
\t\t{
\t\t\tOFFSET 0.0 20.0 0.0
\t\t}
\t}
}
MOTION
Frames: 2
Frame Time: 0.0166667
0 100 0 0 0 0 10 -45 0 0 0 0 0 0 0
5 100 0 90 0 0 10 -45 0 0 0 0 90 0 0
"""


def test_joints_with_six_channels_use_their_position_channels(tmp_path):
    (tmp_path / "six.bvh").write_text(BVH)
    found = read_marker_file(tmp_path / "six.bvh")
    assert found.labels == ("Hips", "Leg", "Leg_end", "Head", "Head_end")
    assert found.rate_hz == pytest.approx(60, rel=1e-4)
    assert found.edges == (
        ("Hips", "Leg"),
        ("Leg", "Leg_end"),
        ("Hips", "Head"),
        ("Head", "Head_end"),
    )
    # The position channels of the leg replace its offset.
    expected = [[0, 100, 0], [10, 55, 0], [10, 5, 0], [0, 160, 0], [0, 180, 0]]
    np.testing.assert_allclose(found.positions[0], expected, atol=1e-6)
    # A quarter turn about z maps y to -x; the head's own turn maps it to -y.
    rotated = [[5, 100, 0], [50, 110, 0], [100, 110, 0], [-55, 100, 0], [-55, 80, 0]]
    np.testing.assert_allclose(found.positions[1], rotated, atol=1e-4)


def test_windows_line_ends_and_empty_lines_are_accepted(tmp_path):
    (tmp_path / "six.bvh").write_text(BVH)
    (tmp_path / "crlf.bvh").write_bytes(BVH.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    plain, windows = (read_marker_file(tmp_path / f"{name}.bvh") for name in ("six", "crlf"))
    np.testing.assert_array_equal(plain.positions, windows.positions)


TRC = (
    "PathFileType\t4\t(X/Y/Z)\tC:\\takes\\one.trc\n"
    "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
    "100.00\t100.00\t3\t2\tm\t100.00\t1\t3\n"
    "Frame#\tTime\tAnna:A\t\t\tAnna:B\t\t\t\n"
    "\t\tX1\tY1\tZ1\tX2\tY2\tZ2\t\n"
    "\n"
    "1\t0.00\t0.1\t1.7\t0.2\t0.3\t0.1\t0.4\n"
    "2\t0.01\t\t\t\t0.3\t0.1\t0.4\n"
    "3\t0.02\t0.1\t1.7\t0.2\t0.0\t0.0\t0.0\n"
)


def test_a_trc_file_of_capture_software_is_read(tmp_path):
    (tmp_path / "one.trc").write_text(TRC)
    read = read_recording(tmp_path / "one.trc", AB)
    assert read.rate_hz == 100
    np.testing.assert_allclose(read.positions[0], [[0.1, -0.2, 1.7], [0.3, -0.4, 0.1]], atol=1e-6)
    missing = np.isnan(read.positions[..., 0])
    assert missing.tolist() == [[False, False], [True, False], [False, True]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TRC[: TRC.rindex("3\t0.02")], "states 2 markers and 3 frames"),
        (TRC.replace("Path", "Pth"), "is not a .trc file"),
        (TRC[:120], "is truncated"),
        (TRC[:-9], "truncated in its last frame"),
    ],
)
def test_a_truncated_trc_file_is_an_error(tmp_path, text, words):
    (tmp_path / "cut.trc").write_text(text)
    with pytest.raises(UserError, match=words):
        read_recording(tmp_path / "cut.trc", AB)


def test_a_trc_row_with_missing_cells_is_an_error(tmp_path):
    """A row is accepted if the last markers are missing in an adjacent row too."""
    rows = [f"{n}\t0.0{n}\t0.1\t1.7\t0.2\t0.3\t0.1\t0.4" for n in (1, 2, 3)]
    head = TRC.partition("1\t0.00")[0]
    lost = rows[1].rsplit("\t", 3)[0]
    (tmp_path / "lost.trc").write_text(head + "\n".join([rows[0], lost, rows[2]]) + "\n")
    with pytest.raises(UserError, match="line 8 has 5 cells instead of 8"):
        read_recording(tmp_path / "lost.trc", AB)
    (tmp_path / "unseen.trc").write_text(
        head + "\n".join([rows[0], lost, rows[2].rsplit("\t", 3)[0]]) + "\n"
    )
    unseen = np.isnan(read_recording(tmp_path / "unseen.trc", AB).positions[..., 0])
    assert unseen.tolist() == [[False, False], [False, True], [False, True]]


@pytest.mark.parametrize(
    "head",
    ["time,A_x_mm,A_y_mm,A_z_mm,B_x_mm,B_y_mm,B_z_mm",
     "Time (s);A X [mm];A Y [mm];A Z [mm];B X [mm];B Y [mm];B Z [mm]",
     "t\tA.X_mm\tA.Y_mm\tA.Z_mm\tB.X_mm\tB.Y_mm\tB.Z_mm"],
)  # fmt: skip
def test_tables_with_different_column_names_are_read(tmp_path, head):
    comma = "," if "," in head else ";" if ";" in head else "\t"
    rows = [["0", *"123456"], ["0.02", "", "", "", "4", "5", "6000"]]
    (tmp_path / "t.csv").write_text("\n".join([head, *(comma.join(row) for row in rows)]))
    read = read_recording(tmp_path / "t.csv", AB)
    assert read.rate_hz == 50
    np.testing.assert_allclose(read.positions[0, 0], [0.001, 0.002, 0.003], atol=1e-9)
    assert read.positions[1, 1, 2] == pytest.approx(6.0)
    assert np.isnan(read.positions[1, 0]).all()


def write_foreign_c3d(path, labels, positions_mm, residuals=None, **parameters):
    """Write a `.c3d` file like those of laboratories; positions `[T, J, C]`."""
    ezc3d = pytest.importorskip("ezc3d")
    content = ezc3d.c3d()
    points = content["parameters"]["POINT"]
    points["RATE"]["value"], points["LABELS"]["value"] = [120.0], tuple(labels)
    points["UNITS"]["value"] = (parameters.pop("UNITS", "mm"),)
    for name, value in parameters.items():
        content.add_parameter("POINT", name, value)
    values = np.ones((4, positions_mm.shape[1], len(positions_mm)))
    values[:3] = positions_mm.transpose(2, 1, 0)
    content["data"]["points"] = values
    if residuals is not None:
        content["data"]["meta_points"]["residuals"] = residuals.T[None]
        content["data"]["meta_points"]["camera_masks"] = np.zeros((7, *values.shape[1:]), bool)
    content.write(str(path))


def test_a_c3d_file_of_a_laboratory_is_read(tmp_path):
    positions = np.arange(36.0).reshape(3, 4, 3) * 10 + 100
    residuals = np.zeros((3, 4))
    residuals[1, 0] = -1
    write_foreign_c3d(
        tmp_path / "lab.c3d", ["Anna:A", "*12", "Anna:B", "LHipAngles"], positions, residuals,
        X_SCREEN=["+X"], Y_SCREEN=["+Y"], ANGLES=["LHipAngles"],
    )  # fmt: skip
    found = read_marker_file(tmp_path / "lab.c3d")
    assert found.labels == ("Anna:A", "*12", "Anna:B")  # angles are not positions
    assert (found.up, found.up_stated, found.unit, found.rate_hz) == ("y", True, "mm", 120)
    read = read_recording(tmp_path / "lab.c3d", AB)
    x, y, z = positions[0, 2] / 1000
    np.testing.assert_allclose(read.positions[0, 1], [x, -z, y], atol=1e-6)
    assert np.isnan(read.positions[..., 0]).tolist() == [[False] * 2, [True, False], [False] * 2]


def test_computed_points_are_not_markers_in_any_list(tmp_path):
    labels = ["A", "B", "AKneeCentre", "USERMO0", "USERMO1", "PELO", "PELA", "PELL", "PELP", "LTOP"]
    write_foreign_c3d(
        tmp_path / "lab.c3d", labels, np.full((3, 10, 3), 100.0),
        TYPE_GROUPS=["MODELED_MARKERS", "MODELED_MARKER", "USERMOS", "USERMO"],
        MODELED_MARKERS=["AKneeCentre"], USERMOS=["USERMO0", "USERMO1"],
    )  # fmt: skip
    assert read_marker_file(tmp_path / "lab.c3d").labels == ("A", "B", "AKneeCentre", "LTOP")


def test_a_point_at_the_origin_is_a_gap(tmp_path):
    positions = np.broadcast_to([100.0, 110.0, 120.0], (3, 2, 3)).copy()
    positions[1, 0] = 0
    positions[2, 1, :2] = 0  # on the vertical axis, but not at the origin
    write_foreign_c3d(tmp_path / "lab.c3d", ["A", "B"], positions)
    gaps = np.isnan(read_marker_file(tmp_path / "lab.c3d").positions).any(axis=2)
    assert gaps.tolist() == [[False, False], [True, False], [False, False]]


def test_an_unknown_marker_set_gets_a_new_skeleton(tmp_path):
    rng = np.random.default_rng(0)
    positions = 1000 * (rng.normal(0, 0.3, (1, 5, 3)) + rng.normal(0, 0.01, (20, 5, 3)))
    labels = [f"Anna:{name}" for name in ("Head", "LKnee", "RKnee", "Chest")] + ["*9"]
    write_foreign_c3d(tmp_path / "own.c3d", labels, positions)
    recording, skeleton, _ = read_with_skeleton(tmp_path / "own.c3d")
    assert skeleton.markers == ("Head", "LKnee", "RKnee", "Chest")
    assert skeleton.pairs == ((1, 2),)
    assert len(skeleton.edges) == 3  # a tree
    assert recording.positions.shape == (20, 4, 3)


def test_a_truncated_c3d_file_is_not_read_as_a_short_one(tmp_path):
    write_foreign_c3d(tmp_path / "whole.c3d", ["A", "B"], np.ones((200, 2, 3)))
    content = (tmp_path / "whole.c3d").read_bytes()
    (tmp_path / "cut.c3d").write_bytes(content[:-4000])
    with pytest.raises(UserError, match="truncated: it states 200 frames, the file has"):
        read_marker_file(tmp_path / "cut.c3d")


@pytest.mark.parametrize("unit", ["m", "cm", "MM  ", "inches"])
def test_the_stated_unit_is_used(tmp_path, unit):
    per_unit = {"m": 1, "cm": 0.01, "MM  ": 0.001, "inches": 0.0254}[unit]
    write_foreign_c3d(tmp_path / "u.c3d", ["A", "B"], np.ones((2, 2, 3)), UNITS=unit)
    read = read_recording(tmp_path / "u.c3d", AB).positions
    np.testing.assert_allclose(read, per_unit, rtol=1e-6)


def test_real_joint_trees_are_read(real_recordings):
    folder = real_recordings[0].parents[1] / "bvh"
    found = read_marker_file(folder / "05_02.bvh")
    assert found.positions.shape == (1124, 38, 3)
    assert found.rate_hz == pytest.approx(120)
    # Rigid bones: the distance between joint and parent is constant.
    place = {label: index for index, label in enumerate(found.labels)}
    for a, b in found.edges:
        length = np.linalg.norm(found.positions[:, place[a]] - found.positions[:, place[b]], axis=1)
        assert np.ptp(length) < 1e-6
    with pytest.raises(UserError, match="states no unit"):
        read_with_skeleton(folder / "05_02.bvh")


def test_a_field_file_of_53_markers_is_not_read_as_the_reduced_set(write_field, dance):
    path = write_field("take.npy", dance[:40])
    assert read_with_skeleton(path).skeleton.name == "mariel53"


def test_a_table_with_decimal_commas_is_read(tmp_path):
    head = [f"{name}_{axis}_m" for name in ("Head", "LFoot") for axis in "xyz"]
    rows = ["0,5;1,25;1,7;0,0;0,5;0,1"] * 3
    (tmp_path / "take.csv").write_text("\n".join([";".join(head), *rows]), encoding="utf-8")
    recording = read_with_skeleton(tmp_path / "take.csv").recording
    assert recording.positions[0, 0].tolist() == pytest.approx([0.5, 1.25, 1.7])


def table(path, head, rows, end="\n"):
    path.write_text("\n".join([head, *rows]) + end)
    return path


@pytest.mark.parametrize("column", ["index", "frame", "max", "time_max", "foot_y"])
def test_a_column_that_is_not_a_marker_does_not_affect_the_unit(tmp_path, column):
    head = f"{column},A_x_mm,A_y_mm,A_z_mm,B_x_mm,B_y_mm,B_z_mm"
    found = read_marker_file(table(tmp_path / "t.csv", head, ["1,1,2,3,4,5,6"] * 2))
    assert found.labels == ("A", "B")
    assert (found.unit, found.unit_stated) == ("mm", True)


def test_columns_of_two_units_are_converted_to_one(tmp_path):
    head = "A_x_mm,A_y_mm,A_z_mm,B_x_m,B_y_m,B_z_m"
    found = read_marker_file(table(tmp_path / "t.csv", head, ["1000,2000,3000,4,5,6"] * 2))
    assert (found.unit, found.unit_stated) == ("m", True)
    assert found.positions[0].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert any("m and mm" in note for note in found.notes)


TABLES = {
    ".csv": ("A_x_m,A_y_m,A_z_m,B_x_m,B_y_m,B_z_m\n", ","),
    ".trc": (TRC.partition("1\t0.00")[0], "\t"),
}


@pytest.mark.parametrize("suffix", TABLES)
def test_a_table_truncated_in_its_last_number_is_an_error(tmp_path, suffix):
    head, between = TABLES[suffix]
    frames = [["0.10", "1.70", "0.20", "0.30", "0.15", f"{n}.41"] for n in range(3)]
    if suffix == ".trc":
        frames = [[str(n), f"{n / 100}", *frame] for n, frame in enumerate(frames)]
    complete = head + "\n".join(between.join(frame) for frame in frames)
    path = tmp_path / f"take{suffix}"
    for end in ("", "\n", "\r\n"):  # some programs omit the last line end
        path.write_text(complete + end)
        assert read_marker_file(path).positions.shape == (3, 2, 3)
    for missing in (1, 2, 3):
        path.write_text(complete[:-missing])
        with pytest.raises(UserError, match="truncated in its last number"):
            read_marker_file(path)


@pytest.mark.parametrize("line", ["100.00\t100.00", "a\tb\tc\td\tm", ""])
def test_a_trc_file_with_a_damaged_header_is_an_error(tmp_path, line):
    values = "100.00\t100.00\t3\t2\tm\t100.00\t1\t3"
    (tmp_path / "bad.trc").write_text(TRC.replace(values, line))
    with pytest.raises(UserError, match="the header has no number for"):
        read_marker_file(tmp_path / "bad.trc")


def test_an_error_in_a_joint_tree_names_the_original_file(tmp_path):
    (tmp_path / "bad.bvh").write_text(BVH.replace("OFFSET 0.0 60.0 0.0", "OFFSET 0.0 60.0"))
    with pytest.raises(UserError) as caught:
        read_marker_file(tmp_path / "bad.bvh")
    assert str(caught.value).startswith(
        f"{tmp_path / 'bad.bvh'}: OFFSET in line 17 needs three numbers"
    )


def test_invalid_archives_are_errors(tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "set.npz", positions_m=np.zeros((3, 53, 3)), skeleton=np.array("{"))
    np.savez(tmp_path / "objects.npz", positions_m=np.array([{}, None], dtype=object))
    with (tmp_path / "bare.npz").open("wb") as file:
        np.save(file, np.zeros((3, 53, 3)))
    for name, words in (
        ("text", "is not an .npz archive"),
        ("bare", "is not an .npz archive"),
        ("set", "its skeleton is not JSON"),
        ("objects", "positions_m holds Python objects"),
    ):
        with pytest.raises(UserError, match=words):
            read_marker_file(tmp_path / f"{name}.npz")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n \n", "is empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\x89\x00\x01\xff\x00", "binary"),
    ],
)
def test_an_empty_table_and_one_that_is_no_text_are_errors(tmp_path, content, words):
    (tmp_path / "odd.csv").write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_marker_file(tmp_path / "odd.csv")


def test_a_missing_unit_is_an_error_with_the_height_in_the_usual_unit(tmp_path):
    head = ",".join(f"{name}_{axis}" for name in "AB" for axis in "xyz")
    with pytest.raises(UserError, match="in metres the dancer would be 90 m tall"):
        read_recording(table(tmp_path / "t.csv", head, ["1,0,0,0,0,90"] * 2), AB)
