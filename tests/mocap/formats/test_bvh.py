"""`.bvh` files of other programs: any channels, names, roots, number formats and frame times."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.reading import read_marker_file, read_recording, read_with_skeleton

ROTATIONS = "Zrotation Xrotation Yrotation"
BODY = ("Hips", "Spine", "Head", "LeftLeg", "RightLeg")
OFFSETS = ((0, 0, 0), (0, 30, 0), (0, 30, 5), (10, -45, 0), (-10, -45, 0))


def tree(names=BODY, rotations=ROTATIONS, root="Xposition Yposition Zposition", word="ROOT"):
    """A star of joints: the root and its children, each with an end site."""
    channels = f"{root} {rotations}".split()
    lines = [
        f"{word} {names[0]}",
        "{",
        "OFFSET 0 0 0",
        f"CHANNELS {len(channels)} {' '.join(channels)}",
    ]
    for name, offset in zip(names[1:], OFFSETS[1:], strict=True):
        lines += [f"\tJOINT {name}", "\t{", f"\t\tOFFSET {' '.join(map(str, offset))}"]
        lines += [f"\t\tCHANNELS {len(rotations.split())} {rotations}"]
        lines += ["\t\tEnd Site", "\t\t{", "\t\t\tOFFSET 0 -10 0", "\t\t}", "\t}"]
    return "\n".join([*lines, "}"])


def bvh(trees, table, frame_time="0.01", frames=None, head="HIERARCHY"):
    rows = "\n".join(" ".join(f"{value:.4f}" for value in row) for row in table)
    frames = len(table) if frames is None else frames
    text = "\n".join(
        [head, *trees, "MOTION", f"Frames: {frames}", f"Frame Time: {frame_time}", rows]
    )
    return f"{text}\n"


def motion(frames=6, bodies=1, seed=0):
    """Random channels `[T, 18]` of each body; the root is near 100."""
    rng = np.random.default_rng(seed)
    table = rng.uniform(-80, 80, (frames, bodies, 18))
    table[..., :3] = 100 + table[..., :3] / 10
    return table.reshape(frames, -1)


@pytest.fixture
def read(tmp_path):
    """A function that writes text or bytes and reads the file."""

    def read_text(text: str | bytes) -> MarkerFile:
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "take.bvh").write_bytes(content)
        return read_marker_file(tmp_path / "take.bvh")

    return read_text


def test_positions_are_those_of_pybvh(tmp_path):
    pybvh = pytest.importorskip("pybvh")
    for rotations in (ROTATIONS, "Xrotation Yrotation Zrotation", "Yrotation Zrotation Xrotation"):
        (tmp_path / "take.bvh").write_text(bvh([tree(rotations=rotations)], motion()))
        found = read_marker_file(tmp_path / "take.bvh")
        other = pybvh.read_bvh_file(tmp_path / "take.bvh", world_up="+y").node_positions()
        np.testing.assert_allclose(found.positions, other, atol=1e-9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["Xposition", "Yposition", "Zposition"]), st.booleans())
def test_the_order_of_the_roots_channels_does_not_matter(read, positions, rotations_first):
    table = motion()
    expected = read(bvh([tree()], table)).positions
    columns = ["XYZ".index(name[0]) for name in positions]
    root = [3, 4, 5, *columns] if rotations_first else [*columns, 3, 4, 5]
    channels = (
        (ROTATIONS, " ".join(positions)) if rotations_first else (" ".join(positions), ROTATIONS)
    )
    text = tree().replace(f"Xposition Yposition Zposition {ROTATIONS}", " ".join(channels))
    found = read(bvh([text], table[:, [*root, *range(6, 18)]]))
    np.testing.assert_allclose(found.positions, expected, atol=1e-9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["Hips", "mixamorig:Hips", "Left Leg", "a", "A", "Hips_end", "é"]),
                min_size=5, max_size=5))  # fmt: skip
def test_names_are_kept_whole_and_each_joint_has_its_own(read, names):
    table = motion()
    expected = read(bvh([tree()], table))
    found = read(bvh([tree(names)], table))
    np.testing.assert_array_equal(found.positions, expected.positions)
    assert len(set(found.labels)) == len(found.labels)
    joints = [
        label for label, own in zip(found.labels, expected.labels, strict=True) if "_end" not in own
    ]
    for label, name in zip(joints, names, strict=True):
        assert name in label
    ends = [name for name in found.labels if name.endswith("_end")]
    assert ends or any("#" in name for name in found.labels)
    assert [found.labels.index(b) for _, b in found.edges] == list(range(1, len(found.labels)))


def test_two_roots_are_two_dancers(read, tmp_path):
    table = motion(bodies=2)
    alone = [read(bvh([tree()], table[:, at : at + 18])).positions for at in (0, 18)]
    for second in (BODY, [f"{name}2" for name in BODY]):
        found = read(bvh([tree(), tree(second)], table))
        assert found.labels[:2] == ("1:Hips", "1:Spine")
        assert f"2:{second[0]}" in found.labels
        np.testing.assert_array_equal(found.positions, np.concatenate(alone, axis=1))
        assert f"has 2 roots: read as 2 dancers, 1:Hips and 2:{second[0]}" in found.notes
        with pytest.raises(UserError, match="holds the dancers 1 and 2: choose one"):
            read_recording(tmp_path / "take.bvh", unit="cm")
    named = [[f"{dancer}:{name}" for name in BODY] for dancer in ("Anna", "Ben")]
    found = read(bvh([tree(names) for names in named], table))
    assert found.labels[0] == "Anna:Hips"
    assert "Ben:Hips" in found.labels
    both = read_with_skeleton(tmp_path / "take.bvh").skeleton
    assert both.name == "Anna and Ben"


def test_a_second_root_of_few_joints_is_a_prop(read, tmp_path):
    table = motion(bodies=2)[:, : 18 + 6]
    channels = f"Xposition Yposition Zposition {ROTATIONS}"
    prop = f"ROOT Sword:tip\n{{\nOFFSET 0 0 0\nCHANNELS 6 {channels}\n}}"
    found = read(bvh([tree(), prop], table))
    assert (found.labels[0], found.labels[-1]) == ("Hips", "Sword:tip")
    np.testing.assert_allclose(found.positions[:, -1], table[:, 18:21], atol=1e-4)
    assert "Sword:tip" in read_with_skeleton(tmp_path / "take.bvh").skeleton.markers


@pytest.mark.parametrize(
    ("frame_time", "rate_hz", "reported"),
    [("0.0333333", 30, False), ("0.008333", 120, False), ("0.01", 100, False), ("0,04", 25, False),
     ("30", 30, True), ("120", 120, True), ("33.3333", 30, True), ("8.333", 120, True)],
)  # fmt: skip
def test_the_frame_time_gives_a_rate_that_captures_have(read, frame_time, rate_hz, reported):
    found = read(bvh([tree()], motion(), frame_time))
    assert found.rate_hz == pytest.approx(rate_hz, rel=1e-4)
    assert any("Frame Time" in note for note in found.notes) == reported


@pytest.mark.parametrize("frame_time", ["0", "-0.01", "nan", "", "7", "1e-9", "fast"])
def test_a_frame_time_that_gives_no_rate_needs_the_users_word(read, tmp_path, frame_time):
    assert read(bvh([tree()], motion(), frame_time)).rate_hz is None
    with pytest.raises(UserError, match=r"Frame Time is .*rate_hz") as caught:
        read_with_skeleton(tmp_path / "take.bvh")
    assert "\n" not in str(caught.value)
    assert read_recording(tmp_path / "take.bvh", rate_hz=60, unit="cm").rate_hz == 60


def test_numbers_with_commas_and_other_line_ends_are_read(read):
    table = motion()
    text = bvh([tree()], table)
    expected = read(text)
    head, _, rows = text.partition("Frame Time: 0.01\n")
    for other in (
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        text.replace(".", ","),
        head + "Frame Time: 0.01\n" + rows.replace(" ", ", "),
        head + "Frame Time: 0.01\n" + rows.replace(" ", "\n"),  # a number a line
        head.replace("\n{", " {") + "Frame Time:\t0.01\n\n" + rows,
        text.replace("Frames: 6", "FRAMES:6").replace("JOINT", "joint"),
    ):
        np.testing.assert_allclose(read(other).positions, expected.positions, atol=1e-9)
    for encoding in ("utf-8-sig", "utf-16"):
        np.testing.assert_array_equal(read(text.encode(encoding)).positions, expected.positions)


def test_position_channels_of_joints_are_places_or_displacements(read):
    table = motion()
    expected = read(bvh([tree()], table)).positions
    six = tree().replace(
        f"CHANNELS 3 {ROTATIONS}", f"CHANNELS 6 Xposition Yposition Zposition {ROTATIONS}"
    )
    for displacement in (False, True):
        wide = [table[:, :6]]
        for joint, offset in enumerate(OFFSETS[1:], start=1):
            moved = np.tile(0.0 if displacement else offset, (len(table), 1)) * np.ones(3)
            wide += [moved, table[:, 3 + 3 * joint : 6 + 3 * joint]]
        found = read(bvh([six], np.concatenate(wide, axis=1)))
        np.testing.assert_allclose(found.positions, expected, atol=1e-9)
        assert found.notes == ()


def test_bones_that_change_in_length_are_told(read):
    six = tree().replace(
        f"CHANNELS 3 {ROTATIONS}", f"CHANNELS 6 Xposition Yposition Zposition {ROTATIONS}"
    )
    table = np.random.default_rng(0).uniform(20, 60, (5, 30))
    found = read(bvh([six], table))
    assert found.notes == (
        "bones change in length, their joints have moving positions: Spine, Head, LeftLeg, RightLeg",
    )
    turned = found.positions[:, 1] - found.positions[:, 0]
    np.testing.assert_allclose(
        np.linalg.norm(turned, axis=1), np.linalg.norm(table[:, 6:9], axis=1), atol=1e-3
    )


def test_other_channels_are_told(read):
    scaled = tree().replace(f"CHANNELS 3 {ROTATIONS}", f"CHANNELS 4 {ROTATIONS} Xscale", 1)
    found = read(bvh([scaled], np.random.default_rng(0).uniform(0, 50, (3, 19))))
    assert found.notes == ("channels that are no position or rotation are left out: Xscale",)


def test_more_frames_than_stated_are_read_and_told_and_fewer_are_truncated(read):
    found = read(bvh([tree()], motion(), frames=4))
    assert len(found.positions) == 6
    assert found.notes == ("the file states 4 frames and has 6: all are read",)
    with pytest.raises(UserError, match="is truncated: it states 9 frames, the file has 6"):
        read(bvh([tree()], motion(), frames=9))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("HIERARCHY", "TREE", "is not a .bvh file"),
        ("MOTION", "", "has no frames"),
        (
            "OFFSET 0 30 0",
            "OFFSET 0 thirty 0",
            "OFFSET in line 8 needs three numbers, not '0 thirty 0'",
        ),
        (
            f"CHANNELS 3 {ROTATIONS}",
            "CHANNELS 3 Zrotation",
            "CHANNELS in line 9 states 3 and lists 1",
        ),
        ("End Site", "Ende", "line 10 is not understood"),
        ("}\nMOTION", "MOTION", "a joint has no end"),
    ],
)
def test_a_damaged_file_is_an_error_with_the_line(read, old, new, words):
    with pytest.raises(UserError, match=words) as caught:
        read(bvh([tree()], motion()).replace(old, new, 1))
    assert "\n" not in str(caught.value)


def test_a_damaged_row_is_an_error_with_the_line(read):
    lines = bvh([tree()], motion()).splitlines()
    for row, words in (
        (lines[-2].rpartition(" ")[0], f"line {len(lines) - 1} has 17 numbers instead of 18"),
        (lines[-2].replace(" ", " x", 1), f"line {len(lines) - 1} has 'x.*' instead of a number"),
    ):
        with pytest.raises(UserError, match=words):
            read("\n".join([*lines[:-2], row, lines[-1]]) + "\n")
    with pytest.raises(UserError, match="truncated in its last frame"):
        read("\n".join(lines)[:-40])
    with pytest.raises(UserError, match="truncated in its last number"):
        read("\n".join(lines)[:-2])
