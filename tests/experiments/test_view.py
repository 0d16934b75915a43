"""The command `view`: recordings to one page, mistakes."""

import json
import subprocess
import sys

import numpy as np
import pytest

from experiments import view as command
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording, on_one_clock
from mariel_gnn.mocap.skeletons.loading import skeleton_from_dict


@pytest.fixture
def takes(tmp_path, dance, write_field, monkeypatch):
    """Three takes in the working folder."""
    monkeypatch.chdir(tmp_path)
    for number in (1, 2, 3):
        write_field(f"take{number}.npy", dance[100 * number : 100 * number + 60])
    return tmp_path


def test_a_page_is_named_after_the_first_file(takes, capsys):
    command.main(["take*.npy"])
    content = (takes / "take1.html").read_text(encoding="utf-8")
    assert "<h1>take1, take2, take3</h1>" in content
    assert content.count('"group":""') == 3
    printed = capsys.readouterr().out
    assert "take1.html (0.1 MB)" in printed
    assert [line for line in printed.splitlines() if len(line) > 100 and " " in line.strip()] == []


def test_a_page_has_the_notes_of_its_files(takes):
    (takes / "folder").mkdir()
    (takes / "take1.npy").rename(takes / "folder" / "take1.npy")
    command.main([str(takes / "folder" / "take1.npy"), "--out", "one.html"])
    content = (takes / "one.html").read_text(encoding="utf-8")
    assert "take1.npy: 53 markers (mariel53), 60 frames" in content
    assert "not stated, default used: unit m, rate 35 Hz" in content
    assert str(takes) not in content


def test_an_impossible_position_is_told_and_shown_as_it_is(takes, dance, write_field, capsys):
    faulty = dance[100:160].copy()
    faulty[30, 7] += 50
    path = write_field("faulty.npy", faulty)
    command.main([str(path), "--out", "faulty.html"])
    assert "has 1 impossible position " in " ".join(capsys.readouterr().out.split())
    assert "faulty.npy: has 1 impossible position " in (takes / "faulty.html").read_text("utf-8")
    command.main(["take1.npy", "--out", "sound.html"])
    assert "impossible position" not in capsys.readouterr().out


def test_together_shows_takes_in_one_scene(takes):
    command.main(["take1.npy", "take2.npy", "--together", "--out", "out/duet.html"])
    content = (takes / "out" / "duet.html").read_text(encoding="utf-8")
    assert content.count('"group":""') == 1
    for name in ("take1, take2", "take1", "take2"):  # the scene, and its two bodies
        assert content.count(f'"name":"{name}"') == 1


def test_together_says_if_there_is_no_common_clock(takes, capsys):
    command.main(["take1.npy", "take2.npy", "--together", "--out", "two.html"])
    assert "have no common clock" in " ".join(capsys.readouterr().out.split())
    command.main(["take1.npy", "take2.npy", "--out", "two.html"])
    assert "clock" not in capsys.readouterr().out


def test_together_shows_parts_of_one_take_at_their_moments(takes, dance, mariel53, capsys):
    for name, start, stop in (("Anna", 0, 60), ("Ben", 20, 80)):
        part = Recording(name, dance[start:stop], 35.0, "/takes/duet.c3d", start)
        write_recording(f"{name}.npz", part, mariel53)
    both, note = on_one_clock([read_recording(f"{name}.npz") for name in ("Anna", "Ben")])
    assert note == ""
    for one, (start, stop) in zip(both, ((0, 60), (20, 80)), strict=True):
        assert (one.start_frame, len(one)) == (0, 80)
        np.testing.assert_array_equal(one.positions[start:stop], dance[start:stop])
        assert np.isnan(np.delete(one.positions, slice(start, stop), axis=0)).all()
    command.main(["Anna.npz", "Ben.npz", "--together", "--out", "duet.html"])
    assert "clock" not in capsys.readouterr().out
    assert '"name":"Anna, Ben"' in (takes / "duet.html").read_text(encoding="utf-8")


def test_a_duet_is_two_bodies_in_one_scene(takes, dance, mariel53):
    names = [f"{dancer}:{name}" for dancer in ("Anna", "Bea") for name in mariel53.markers]
    beside = np.concatenate([dance[:60], dance[100:160] + np.float32([1, 0, 0])], axis=1)
    both = skeleton_from_dict({"name": "duet", "markers": names})
    write_recording("duet.npz", Recording("duet", beside, 35.0, ""), both)
    command.main(["duet.npz", "take1.npy"])
    content = (takes / "duet.html").read_text(encoding="utf-8")
    assert content.count('"group":""') == 2  # one scene for the duet, one for the solo
    assert content.count('"name":"duet Anna"') == content.count('"name":"duet Bea"') == 1
    assert content.count('"edges":') == 1  # both dancers and the solo have the same edges
    command.main(["duet.npz", "--subject", "Bea"])
    assert "Anna" not in (takes / "duet.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["files"]),
        (["nowhere.npy"], ["no file matches 'nowhere.npy'"]),
        (["take1.npy", "--out", "page.txt"], ["page.txt", ".html"]),
        (["take1.npy", "--togehter"], ["Did you mean '--together'"]),
        (["take1.npy", "--skeleton", "mariel35"], ["Did you mean 'mariel53'"]),
        (["take1.npy", "--rate_hz", "0"], ["rate_hz is 0"]),
        (["take1.npy", "--layout", "feild"], ["Did you mean 'field'"]),
        (["broken.npy"], ["broken.npy", "cannot be read as .npy"]),
        (["take.fbx"], ["take.fbx", "Blender", ".bvh"]),
    ],
)
def test_a_mistake_is_a_one_line_error(arguments, words, takes, run_command):
    (takes / "broken.npy").write_bytes(b"\x93NUMPY")
    (takes / "take.fbx").write_bytes(b"Kaydara")
    error, code = run_command(command, *arguments)
    assert code == 2
    assert "\n" not in error
    assert [word for word in words if word not in error] == []
    assert not list(takes.glob("*.html"))


@pytest.fixture
def couple(takes, dance, write_field):
    """Two files of two dancers with one clock, 0.7 m apart; a third, and one of other length."""
    write_field("one.npy", dance[:60])
    write_field("two.npy", dance[300:360] + np.float32([0.7, 0, 0]))
    write_field("third.npy", dance[500:560] + np.float32([0, 0.7, 0]))
    write_field("short.npy", dance[300:350])
    return takes


def scenes_of(path):
    text = path.read_text(encoding="utf-8").split('id="data">')[1].split("</script>")[0]
    return json.loads(text)["scenes"]


def test_edges_between_two_dancers(couple):
    command.main(["one.npy", "two.npy", "--between", "--out", "duet.html"])
    (scene,) = scenes_of(couple / "duet.html")
    (edges,) = scene["between"]
    assert edges["bodies"] == [0, 1]
    names = [kind["name"] for kind in edges["kinds"]]
    assert names == ["near_alike", "near_opposite", "mirrored"]
    command.main(["one.npy", "two.npy", "--together", "--between", "point_symmetric"])
    (scene,) = scenes_of(couple / "one.html")
    assert [kind["name"] for kind in scene["between"][0]["kinds"]] == ["point_symmetric"]


def test_edges_between_every_two_of_three(couple):
    command.main(["one.npy", "two.npy", "third.npy", "--between", "--out", "trio.html"])
    (scene,) = scenes_of(couple / "trio.html")
    assert [edges["bodies"] for edges in scene["between"]] == [[0, 1], [0, 2], [1, 2]]


def test_thresholds_change_the_edges(couple):
    def size(*options):
        command.main(["one.npy", "two.npy", "--between", "mirrored", *options, "--out", "x.html"])
        return len(scenes_of(couple / "x.html")[0]["between"][0]["runs"])

    assert size("--tolerance_m", "0.01") < size() < size("--tolerance_m", "0.5")


def test_files_of_two_dancers_have_a_scene_each(couple, dance):
    both = np.stack([dance[:60], dance[300:360] + np.float32([0.7, 0, 0])], axis=1)
    np.save("both.npy", both)
    np.save("turns.npy", both.reshape(120, 53, 3))
    command.main(["both.npy", "turns.npy", "--between", "--out", "two.html"])
    scenes = scenes_of(couple / "two.html")
    assert [len(scene["bodies"]) for scene in scenes] == [2, 2]
    assert scenes[0]["between"][0]["runs"] == scenes[1]["between"][0]["runs"]


def test_no_edges_where_the_place_is_not_measured(couple, dance, write_field):
    gappy = dance[:60].copy()
    gappy[10:20, 20:] = np.nan
    write_field("gappy.npy", gappy)
    command.main(
        [
            "gappy.npy",
            "two.npy",
            "--between",
            "--interpolated",
            "two.npy@1s-1.2s",
            "--out",
            "x.html",
        ]
    )
    (edges,) = scenes_of(couple / "x.html")[0]["between"]
    assert edges["unmeasured"] == [[10, 20], [35, 42]]


def test_pose_estimation_without_depth_is_told(couple, dance, capsys):
    both = np.stack([dance[:60], dance[300:360]], axis=1)
    both[:, :, 0, 1] = 0
    np.save("flat.npy", both)
    command.main(["flat.npy", "--between"])
    assert "never moves along one horizontal axis" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["one.npy", "--between"], ["one", "one dancer"]),
        (["one.npy", "one.npy", "--between"], ["one", "one dancer"]),
        (["one.npy", "short.npy", "--between"], ["one with short", "60 and 50 frames"]),
        (["one.npy", "two.npy", "--between", "near"], ["no edges 'near'", "near_alike"]),
        (["one.npy", "two.npy", "--between", "--radius_m", "0"], ["radius_m"]),
        (["one.npy", "two.npy", "--radius_m", "1"], ["--radius_m", "--between"]),
        (["one.npy", "--interpolated", "one.npy@0s-1s"], ["--interpolated", "--between"]),
        (["one.npy", "two.npy", "--between", "--interpolated", "on.npy@0s-1s"], ["on.npy", "none"]),
    ],
)
def test_a_mistake_with_edges_is_a_one_line_error(arguments, words, couple, run_command):
    error, code = run_command(command, *arguments)
    assert code == 2
    assert "\n" not in error
    assert [word for word in words if word not in error] == []
    assert not list(couple.glob("*.html"))


def test_a_page_without_edges_loads_no_torch(couple):
    code = (
        "import sys; from experiments import view; view.main(['one.npy', 'two.npy', '--together']); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_gaps_and_long_takes_are_shown(takes, dance, write_field):
    gappy = dance.copy()
    gappy[20:40] = np.nan
    write_field("long.npy", gappy)
    command.main(["long.npy"])
    assert (takes / "long.html").stat().st_size < 1_000_000


def test_a_file_without_a_unit_needs_the_option(takes, run_command):
    head = ",".join(f"{name}_{axis}" for name in ("Head", "Foot") for axis in "xyz")
    (takes / "giant.csv").write_text(f"{head}\n1,2,170,1,2,3\n1,2,171,1,2,3\n", encoding="utf-8")
    error, code = run_command(command, "giant.csv")
    assert code == 2
    assert "states no unit" in error
    assert "(--unit cm" in error
    assert run_command(command, "giant.csv", "--unit", "cm")[1] == 0


def test_a_file_of_another_marker_set_is_shown(takes, dance):
    points = np.arange(24.0).reshape(2, 4, 3) / 10 + [0, 0, 0.3]
    head = [f"{name}_{axis}_m" for name in ("Head", "Hip", "LFoot", "RFoot") for axis in "xyz"]
    rows = [",".join(map(str, frame.ravel())) for frame in points]
    (takes / "four.csv").write_text("\n".join([",".join(head), *rows]), encoding="utf-8")
    command.main(["four.csv", "--rate_hz", "10"])
    assert "Head" in (takes / "four.html").read_text(encoding="utf-8")
