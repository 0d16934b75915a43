"""The command `view`: recordings to one page, mistakes."""

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
