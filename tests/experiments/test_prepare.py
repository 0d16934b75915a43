"""The command, and the three commands that lead from files of any marker set to a model."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import mariel_gnn
from experiments import pipeline, run
from experiments import prepare as command
from mariel_gnn.data.splits import Split, prove_clean, split_recordings
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import METRES
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.loading import load_recordings
from mariel_gnn.mocap.preparation import folder
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton, skeleton_from_dict

PAGE = Path(__file__).parents[2] / "docs" / "your_own_recording.md"
SHORT = ["--trainer.max_epochs=1", "--evaluation.samples=4", "--tracking.wandb=disabled",
         "--trainer.accelerator=cpu"]  # fmt: skip


@pytest.fixture(scope="module")
def takes(tmp_path_factory, dance, mariel53):
    """Two takes of an unknown marker set, one with a long gap, as `.c3d` files in millimetres."""
    folder = tmp_path_factory.mktemp("takes")
    kept = [n for n, name in enumerate(mariel53.markers) if name not in ("LIEL", "RIEL", "MBWT")]
    names = [mariel53.markers[n] for n in kept]
    fifty = skeleton_from_dict({"name": "fifty", "markers": names})
    positions = dance[:700, kept].copy()
    positions[300:340, 5] = np.nan
    for number, part in enumerate((positions[:600], positions[600:])):
        write_recording(folder / f"take{number}.c3d", Recording("t", part, 35.0, ""), fifty)
    return folder


@pytest.fixture(scope="module")
def prepared(takes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared") / "mine"
    command.main([str(takes / "*.c3d"), "--out", str(folder)])
    return folder


def test_the_folder_has_recordings_marker_set_report_and_pictures(prepared):
    names = sorted(
        str(path.relative_to(prepared)) for path in prepared.rglob("*") if path.is_file()
    )
    assert names == ["pictures/take0.png", "pictures/take1.png", "report.txt", "skeleton.yaml",
                     "take0_1.npz", "take0_2.npz", "take1.npz"]  # fmt: skip
    skeleton = load_skeleton(prepared / "skeleton.yaml")
    assert (skeleton.name, len(skeleton), len(skeleton.pairs)) == ("mine", 50, 22)
    assert len(load_recordings(str(prepared / "*.npz"), skeleton).recordings) == 3


def test_the_report_is_for_a_dancer(prepared):
    report = (prepared / "report.txt").read_text()
    assert "take0.c3d: 16.0 s of 17.1 s kept in 2 parts" in report
    for topic in ("markers", "up", "size", "left and right", "floor", "gaps", "jumps", "rate"):
        assert re.search(rf"^  {topic}: ", report, re.MULTILINE)
    assert "tensor" not in report


def test_parts_of_one_take_are_in_one_split(prepared):
    skeleton = load_skeleton(prepared / "skeleton.yaml")
    first, second = (read_recording(prepared / f"take0_{n}.npz", skeleton) for n in (1, 2))
    assert first.source == second.source
    assert (first.start_frame, first.end_frame, second.start_frame) == (0, 300, 340)
    others = [read_recording(prepared / "take1.npz", skeleton)]
    others += [Recording(f"t{n}", first.positions + n, 35.0, f"t{n}") for n in range(1, 6)]
    roles = split_recordings([first, second, *others], 32)
    used = {role for role, parts in roles.items() for part in parts if part.source == first.source}
    assert len(used) == 1
    prove_clean(Split(roles["train"], roles["validation"], roles["test"], ""), 32)


def test_the_output_fits_and_ends_with_the_next_command(takes, tmp_path, capsys):
    command.main([str(takes / "take0.c3d"), "--out", str(tmp_path / "my takes")])
    words = printed_command(capsys.readouterr().out)
    assert words[:3] == ["python", "-m", "experiments.run"]
    assert f"{tmp_path}/my takes/*.npz" in words


def test_an_unusable_file_does_not_stop_the_others(takes, tmp_path, capsys):
    (tmp_path / "broken.c3d").write_bytes(b"no")
    files = [str(tmp_path / "broken.c3d"), str(takes / "take1.c3d")]
    command.main([*files, "--out", str(tmp_path / "out")])
    output = capsys.readouterr().out
    assert "broken.c3d: LEFT OUT" in output
    assert "from 1 of 2 files" in output


def test_files_are_opened_once_even_for_the_dancers_height(takes, tmp_path, monkeypatch):
    opened, read = [], folder.open_scene
    monkeypatch.setattr(
        folder, "open_scene", lambda path, *rest: opened.append(path.name) or read(path, *rest)
    )
    command.main([str(takes / "*.c3d"), "--out", str(tmp_path / "out"), "--height_m", "1.8"])
    assert opened == ["take0.c3d", "take1.c3d"]


def test_one_error_asks_for_a_fact_that_all_files_lack(dance, tmp_path, capsys):
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", dance[:200] / METRES["ft"])
    with pytest.raises(UserError, match=r"^none of the 2 files can be used; the first: .*unit"):
        command.main([str(tmp_path / "*.npy"), "--out", str(tmp_path / "out")])
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "out").exists()


def test_no_output_overwrites_that_of_another_file(takes, tmp_path, capsys):
    for day in ("monday", "tuesday"):
        (tmp_path / day).mkdir()
        shutil.copy(takes / "take0.c3d", tmp_path / day / "take.c3d")
    command.main([str(tmp_path / "*day" / "take.c3d"), "--out", str(tmp_path / "out")])
    output = " ".join(capsys.readouterr().out.split())
    assert "2 recordings, 16.0 s, from 1 of 2 files" in output
    assert f"{tmp_path}/tuesday/take.c3d: take_1.npz is the output of another file" in output
    assert "earlier recordings" not in output


def test_earlier_recordings_are_reported(takes, tmp_path, capsys):
    for take in ("take0", "take1"):
        command.main([str(takes / f"{take}.c3d"), "--out", str(tmp_path / "out")])
    output = " ".join(capsys.readouterr().out.split())
    assert "if they are outdated: take0_1.npz, take0_2.npz" in output


def test_published_files_get_a_command_with_their_configuration(
    takes, tmp_path, monkeypatch, capsys
):
    parts = [Recording("salsa_60_01", np.zeros((40, 2, 3), np.float32), 35.0, "")]
    result = folder.PreparedFolder("cmu21", parts=parts)
    monkeypatch.setattr(folder, "prepare_folder", lambda *_: result)
    command.main([str(takes / "take0.c3d"), "--out", str(tmp_path / "out")])
    words = printed_command(capsys.readouterr().out)
    assert words[-2:] == ["--config", "cmu"]
    assert "--data.recordings" not in words


@pytest.fixture(scope="module")
def duet(tmp_path_factory, dance, mariel53):
    """A file of two dancers; Ben has a long gap."""
    path = tmp_path_factory.mktemp("duet") / "duet.trc"
    names = [f"{dancer}:{name}" for dancer in ("Anna", "Ben") for name in mariel53.markers]
    together = np.concatenate([dance[:700], dance[700:1400] + np.float32([1.5, 0, 0])], axis=1)
    together[300:340, 60] = np.nan
    both = skeleton_from_dict({"name": "duet", "markers": names})
    write_recording(path, Recording("duet", together, 35.0, ""), both)
    return path


def test_a_duet_is_one_scene_with_a_clock(duet, tmp_path, capsys):
    command.main([str(duet), "--out", str(tmp_path / "out")])
    output = " ".join(capsys.readouterr().out.split())
    assert "duet.trc Anna: 18.9 s of 20.0 s kept in 2 parts" in output
    assert "two dancers in one scene: Anna, Ben; frames t are simultaneous" in output
    names = sorted(path.name for path in (tmp_path / "out").glob("*.npz"))
    assert names == ["duet_1_Anna.npz", "duet_1_Ben.npz", "duet_2_Anna.npz", "duet_2_Ben.npz"]
    read = [read_recording(tmp_path / "out" / name) for name in names]
    assert [(one.start_frame, one.end_frame) for one in read] == [(0, 300)] * 2 + [(340, 700)] * 2
    assert {one.source for one in read} == {str(duet)}
    pictures = sorted(path.name for path in (tmp_path / "out" / "pictures").iterdir())
    assert pictures == ["duet_Anna.png", "duet_Ben.png"]


def test_a_subject_of_a_duet_is_prepared_alone(duet, tmp_path):
    command.main([str(duet), "--out", str(tmp_path / "out"), "--subject", "Anna"])
    assert [path.name for path in (tmp_path / "out").glob("*.npz")] == ["duet.npz"]
    assert len(read_recording(tmp_path / "out" / "duet.npz")) == 700


def test_dancers_without_names_have_numbers(dance, mariel53, tmp_path, capsys):
    names = [f"{dancer}:{name}" for dancer in "12" for name in mariel53.markers]
    both = skeleton_from_dict({"name": "duet", "markers": names})
    together = np.concatenate([dance[:100], dance[100:200]], axis=1)
    write_recording(tmp_path / "duet.trc", Recording("duet", together, 35.0, ""), both)
    command.main([str(tmp_path / "duet.trc"), "--out", str(tmp_path / "out")])
    written = sorted(path.name for path in (tmp_path / "out").glob("*.npz"))
    assert written == ["duet_dancer-1.npz", "duet_dancer-2.npz"]  # duet_1.npz would be a part
    assert "two dancers in one scene: dancer 1, dancer 2" in capsys.readouterr().out


def test_dancers_with_odd_names_become_files(dance, mariel53, tmp_path, capsys):
    names = [f"{dancer}:{name}" for dancer in ("A/B [x]", "Zoë? *") for name in mariel53.markers]
    both = skeleton_from_dict({"name": "duet", "markers": names})
    together = np.concatenate([dance[:100], dance[100:200]], axis=1)
    write_recording(tmp_path / "duet.trc", Recording("duet", together, 35.0, ""), both)
    command.main([str(tmp_path / "duet.trc"), "--out", str(tmp_path / "out")])
    written = sorted(path.name for path in (tmp_path / "out").glob("*.npz"))
    assert written == ["duet_A-B-x-.npz", "duet_Zoë-.npz"]


def test_too_few_takes_are_reported_instead_of_a_command(takes, dance, tmp_path, capsys):
    np.save(tmp_path / "short.npy", dance[:50])
    command.main([str(tmp_path / "short.npy"), "--out", str(tmp_path / "out")])
    assert capsys.readouterr().out.splitlines()[-1].startswith("record more takes")


HEAVY = ("torch", "scipy.signal", "matplotlib", "rich")
CODE = """
import sys
from experiments import {command}
try:
    {command}.main(sys.argv[1:])
finally:
    print([name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""


def loaded(command, *arguments):
    """Which of the slow modules a command imports, in a fresh process."""
    code = CODE.format(command=command, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", ["prepare", "download"])
def test_help_imports_no_slow_module(command):
    assert loaded(command, "--help") == "[]"


def test_preparation_imports_no_torch(takes, tmp_path):
    modules = loaded("prepare", str(takes / "take1.c3d"), "--out", str(tmp_path / "out"))
    assert "torch" not in modules
    assert "scipy.signal" not in modules  # 35 Hz already
    assert "matplotlib" in modules


MISTAKES = {
    "no file": (["none*.c3d", "--out=out"], "no file matches"),
    "no folder": (["take1.c3d"], "out"),
    "only broken files": (["broken.c3d", "--out=out"], "broken.c3d"),
    "FBX": (["take.fbx", "--out=out"], "Motion Capture (.bvh)"),
    "unknown unit": (["take1.c3d", "--out=out", "--unit=mile"], "mile"),
    "misspelt option": (["take1.c3d", "--out=out", "--heigth_m=1.7"], "Did you mean '--height_m'"),
    "no such rate": (["take1.c3d", "--out=out", "--rate_hz=0"], "rate_hz"),
    "no such height": (["take1.c3d", "--out=out", "--height_m=170"], "height_m"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_gives_one_line(takes, tmp_path, monkeypatch, run_command, kind):
    arguments, word = MISTAKES[kind]
    (tmp_path / "take1.c3d").symlink_to(takes / "take1.c3d")
    (tmp_path / "broken.c3d").write_bytes(b"no")
    (tmp_path / "take.fbx").write_bytes(b"Kaydara")
    monkeypatch.chdir(tmp_path)
    output, code = run_command(command, *arguments)
    assert code == 2
    assert output.startswith("error: ")
    assert "\n" not in output
    assert word in output
    assert not (tmp_path / "out").exists()


def test_the_page_has_three_commands():
    assert [words[2] for words in commands()][:3] == [
        "experiments.prepare", "experiments.run", "experiments.generate"]  # fmt: skip


def commands():
    """The commands in the first code block of the page, as words."""
    block = re.search(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    return [shlex.split(line) for line in block.splitlines()]


def printed_command(output):
    """The command in the last line of the output, as words; all other lines fit the width."""
    *lines, last = output.splitlines()
    assert [line for line in lines if len(line) > 100] == []
    return shlex.split(last)


@pytest.mark.slow
def test_three_commands_lead_from_files_to_a_trained_model(
    real_recordings, tmp_path, monkeypatch, capsys
):
    """Each printed command is the next one of the page. Only training is shorter here."""
    from experiments import generate

    monkeypatch.chdir(tmp_path)
    (tmp_path / "takes").symlink_to(real_recordings[0].parents[1] / "bvh")
    monkeypatch.setattr(pipeline, "draw_run", lambda *_, **__: [])  # drawing has tests of its own
    prepare, train, take_home = commands()
    command.main(prepare[3:])
    assert printed_command(capsys.readouterr().out) == train
    run.main([*train[3:], *SHORT])
    assert printed_command(capsys.readouterr().out) == take_home
    generate.main(take_home[3:])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100
    model = mariel_gnn.load("runs/mine")
    assert model.skeleton.name == "mine"
    assert Path("runs/mine/report.html").stat().st_size > 10_000
    (phrase,) = Path("runs/mine/generated").glob("*_sample/sample_1.glb")
    assert phrase.stat().st_size > 10_000
    content = yaml.safe_load(Path("data/mine/skeleton.yaml").read_text())
    assert ["LeftUpLeg", "RightUpLeg"] in content["pairs"]
