"""The command: each task from files to files; mistakes end in one line."""

import io
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import mariel_gnn
from experiments import generate as command
from experiments.generate_options import TASKS
from mariel_gnn.generation.motion_range import MOTION_RANGE, save_motion_range
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.loading import read_clip
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.models.weights import Identity, save_weights
from tests.generation.conftest import FRAMES, small_model, windows  # noqa: F401
from tests.viz.test_audio import samples_of, write_tone


@pytest.fixture(scope="module")
def run(tmp_path_factory, dance, windows):  # noqa: F811
    """A run folder with two takes, `.npy` of 60 frames each."""
    return made_run(tmp_path_factory.mktemp("run"), "flow_motion", dance, windows)


@pytest.fixture(scope="module")
def decoding_run(tmp_path_factory, dance, windows):  # noqa: F811
    """A run of a model that neither continues nor joins."""
    return made_run(tmp_path_factory.mktemp("decoding"), "notebook_lstm_vae", dance, windows)


def made_run(folder, name, dance, windows):  # noqa: F811
    model = small_model(f"{name}.yaml", windows)
    identity = Identity(name, model.network.options, model.shape, model.skeleton)
    save_weights(folder / "best.safetensors", model.network, identity)
    save_motion_range(folder / "range", model.motion_range)
    for number, start in enumerate((0, 500)):
        np.save(folder / f"take{number}.npy", dance[start : start + 60])
    return folder


def generated(run, task, *options):
    """The generated positions by file name, and the content of `generation.json`."""
    clips = [str(run / f"take{number}.npy") for number in range(TASKS[task][1])]
    out = run / "_".join([task, *options]).replace("--", "")
    command.main([str(run), task, *clips, f"--out={out}", "--format=npy", *options])
    about = json.loads((out / "generation.json").read_text())
    assert {path.name for path in out.iterdir()} == {
        *about["recordings"],
        "generation.json",
        "page.html",
    }
    return {name: np.load(out / name) for name in about["recordings"]}, about


@pytest.mark.parametrize(
    ("task", "options", "frames"),
    [
        ("sample", ["--count=3", "--temperature=0.5"], [FRAMES] * 3),
        ("sample", ["--count=2", "--seconds=2"], [70] * 2),
        ("sample", ["--count=1", "--seconds=0.5"], [18]),
        ("vary", ["--count=2", "--sigmas=0.3"], [FRAMES] * 2),
        ("interpolate", ["--steps=4"], [FRAMES] * 4),
        ("continue", ["--seconds=0.6", "--seed=5"], [60 + 21]),
        ("join", ["--transition_s=0.4"], [120]),
    ],
)
def test_each_task_writes_recordings_and_their_description(run, task, options, frames):
    found, about = generated(run, task, *options)
    assert [len(positions) for positions in found.values()] == frames
    assert all(positions.shape[1:] == (53, 3) for positions in found.values())
    assert all(positions.dtype == np.float32 for positions in found.values())
    assert about["command"].startswith(f"python -m experiments.generate {run} {task}")
    assert options[0] in about["command"]
    assert about["run"] == str(run)
    assert len(about["inputs"]) == TASKS[task][1]
    assert about["seed"] == (5 if task == "continue" else 0)
    assert bool(about["transitions"]) == (task in ("continue", "join"))


def test_the_same_seed_writes_the_same_bytes(run):
    first, again, other = (
        generated(run, "sample", "--count=1", f"--seed={seed}", f"--rate_hz={hz}")[0][
            "sample_1.npy"
        ]
        for seed, hz in ((1, 35), (1, 36), (2, 35))
    )
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_the_command_equals_the_method(run):
    found, _ = generated(run, "continue", "--seconds=0.5", "--seed=2")
    given = np.load(run / "take0.npy")
    whole = mariel_gnn.load(run).continue_phrase(given, 0.5, seed=2)
    assert np.array_equal(found["continued.npy"], whole.numpy())
    assert np.array_equal(found["continued.npy"][:60], given)


def test_transitions_are_reported_and_the_film_is_drawn(run, tmp_path, capsys):
    shutil.copy(run / "best.safetensors", tmp_path)
    shutil.copy(run / "range" / MOTION_RANGE, tmp_path)
    out, take = tmp_path / "filmed", run / "take0.npy"
    command.main(
        [
            str(tmp_path),
            "continue",
            f"{take}@0s-1.2s",
            "--seconds=0.3",
            f"--out={out}",
            "--film=true",
        ]
    )
    printed = capsys.readouterr().out
    assert "transition at 1.2 to" in printed
    assert "of the training data's 99th percentile" in " ".join(printed.split())
    assert {path.name for path in out.iterdir()} == {
        "continued.npz", "generation.json", "page.html", "film.gif", "film.mp4"}  # fmt: skip
    (transition,) = json.loads((out / "generation.json").read_text())["transitions"]
    assert transition["start_s"] == 1.2
    assert max(map(len, printed.splitlines())) <= 100 or str(out) in printed


def test_a_run_without_a_motion_range_is_reported(run, tmp_path, capsys):
    shutil.copy(run / "best.safetensors", tmp_path)
    take = run / "take0.npy"
    command.main([str(tmp_path), "join", f"{take}", f"{take}", "--transition_s=0.4"])
    assert "unknown" in capsys.readouterr().out
    assert list(tmp_path.glob("generated/*_join/joined.npz"))


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "give a run folder and a task"),
        (["RUN", "smaple"], "no task 'smaple'. Did you mean 'sample'? Tasks: sample, vary"),
        (["nowhere", "sample"], "nowhere"),
        (["RUN", "sample", "--temprature=1"], "--temperature"),
        (["RUN", "sample", "--temperature=-1"], "temperature is -1; it must be 0 or more"),
        (["RUN", "sample", "--count=many"], "expected a whole number, found 'many'"),
        (["RUN", "sample", "--prior=flow"], "no prior 'flow'"),
        (["RUN", "sample", "TAKE"], "sample takes no clip; given: 1"),
        (["RUN", "vary"], "vary takes 1 clip; given: 0"),
        (["RUN", "join", "TAKE"], "join takes 2 clips or more; given: 1"),
        (["RUN", "vary", "TAKE@0s-0.5s"], "the clip has 18 frames; 32 are needed (0.9 s)"),
        (["RUN", "vary", "OTHER"], "skeleton mariel53 allows"),
        (["RUN", "vary", "TAKE", "--rate_hz=60"], "has 60 frames per second; the model has 35"),
        (["RUN", "continue", "TAKE", "--seconds=-2"], "seconds is -2; it must be 0.1 to 3600"),
        (["RUN", "continue", "TAKE", "--seconds=0"], "seconds is 0; it must be 0.1 to 3600"),
        (["RUN", "sample", "--count=0"], "count is 0; it must be 1 to 1000"),
        (["RUN", "vary", "TAKE", "--rate_hz=0"], "rate_hz is 0; it must be 5 to 2000"),
        (["RUN", "vary", "TAKE", "--unit=mile"], "'mile' is none of auto, m, cm"),
        (["RUN", "vary", "TAKE", "--subject=Anna"], "has no markers of 'Anna'"),
        (["RUN", "continue", "TAKE@7s"], "lasts 1.7 s: give seconds inside it"),
        (["RUN", "sample", "--format=mov"], "choose one of .npy"),
        (["RUN", "vary", "TAKE", "--tempo=9"], "tempo is 9; it must be 0.5 to 2"),
        (["OLD", "vary", "TAKE", "--motion_scale=1.2"], "NotebookLSTMVAE has no latents of the motion scale"),
        (["OLD", "continue", "TAKE"], "NotebookLSTMVAE does not continue motion: use a run of flow_motion"),
        (["OLD", "join", "TAKE", "TAKE"], "NotebookLSTMVAE does not join clips: use a run of flow_motion"),
        (["OLD", "sample", "--seconds=60"], "does not continue motion: use a run of flow_motion"),
        (["RUN", "sample", "--seconds=0"], "seconds is 0; it must be 0.1 to 3600"),
        (["RUN", "sample", "--seconds=nan"], "expected a number or null, found 'nan'"),
        (["RUN", "join", "TAKE", "TAKE", "--transition_s=20"], "transition_s is 20; it must be 0.06 to 10"),
        (["RUN", "join", "TAKE", "TAKE", "--transition_s=1"], "this model fills at most 0.49 s"),
        (["RUN", "join", "TAKE", "TAKE@0s-0.3s", "--transition_s=0.4"], "has 10 frames; 16 are needed"),
        (["RUN", "sample", "--foot_locking=true"], "unknown option --foot_locking"),
        (["RUN", "sample", "--tempo=1.1"], "unknown option --tempo"),
        (["RUN", "sample", "--film_size=641x480"], "the width is 641; video needs even numbers"),
        (["RUN", "sample", "--film_view=frnt"], "Did you mean 'front'?"),
        (["RUN", "sample", "--film_background=blak"], "film_background is 'blak'"),
        (["RUN", "sample", "--audio=none.wav"], "audio none.wav: no such file"),
        (["RUN", "sample", "--audio=TAKE"], "has no audio that can be read"),
        (["RUN", "sample", "--audio_offset_s=2"], "add --audio FILE"),
        (["RUN", "sample", "--repl"], "--repl takes a run folder only"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(run, decoding_run, run_command, arguments, part):
    np.save(run / "other.npy", np.zeros((60, 29, 3), np.float32))
    out, names = (
        run / "nothing",
        {"RUN": run, "OLD": decoding_run, "TAKE": run / "take0.npy", "OTHER": run / "other.npy"},
    )
    words = [str(names.get(word, word)) for word in arguments]
    words = [word.replace("TAKE", str(run / "take0.npy")) for word in words]
    if len(words) > 1:
        words += [f"--out={out}"]
    error, code = run_command(command, *words)
    assert code == 2
    assert part in error
    assert len(error.splitlines()) == 1
    assert not list(out.glob("*"))


def test_the_given_file_is_named_with_the_seconds_that_were_used(run, tmp_path):
    """Also for a prepared part, which remembers the recording that it was cut from."""
    skeleton, dance = load_skeleton("mariel53"), np.load(run / "take0.npy")
    part = Recording("whole[30:90]", dance, 35.0, "/takes/whole.c3d", 30)
    write_recording(tmp_path / "part.npz", part, skeleton)
    command.main(
        [str(run), "vary", f"{tmp_path}/part.npz@0.4s", "--count=1", f"--out={tmp_path}/out"]
    )
    about = json.loads((tmp_path / "out" / "generation.json").read_text())
    (given,) = about["inputs"]
    assert about["given"] == [f"{tmp_path}/part.npz@0.4s"]
    assert given["file"] == str(tmp_path / "part.npz")
    assert (given["start_s"], given["stop_s"]) == (0.4, pytest.approx(0.4 + FRAMES / 35))
    assert given["recorded_in"] == "/takes/whole.c3d"
    again, _ = read_clip(given["clip"], skeleton)
    assert np.array_equal(again.positions, dance[14 : 14 + FRAMES])
    assert (
        f"input part.npz, 0.4 to {0.4 + FRAMES / 35:.1f} s"
        in (tmp_path / "out" / "page.html").read_text()
    )


def test_warnings_are_printed_and_recorded_with_what_to_try(run, tmp_path, capsys):
    shutil.copy(run / "best.safetensors", tmp_path)
    write_split = {"train": [{"source": "/takes/a.npy", "start": 0, "end": 5 * FRAMES}]}
    (tmp_path / "split.json").write_text(json.dumps(write_split))
    out = tmp_path / "out"
    command.main([str(tmp_path), "sample", "--temperature=2", "--count=1", f"--out={out}"])
    warnings = json.loads((out / "generation.json").read_text())["warnings"]
    printed = " ".join(capsys.readouterr().out.split())
    page = (out / "page.html").read_text()
    parts = ("temperature 2", "from 5 phrases")
    for warning, words in zip(warnings, parts, strict=True):
        assert words in warning["warning"]
        assert warning["warning"] in printed
        assert warning["warning"] in page
        assert warning["try"] in printed
        assert warning["try"] in page


def test_a_switch_needs_no_value(run, tmp_path):
    outs = [tmp_path / name for name in ("bare", "true", "off")]
    for out, words in zip(
        outs, (["--mirror"], ["--mirror=true"], ["--mirror", "false"]), strict=True
    ):
        command.main(
            [
                str(run),
                "vary",
                str(run / "take0.npy"),
                "--count=1",
                f"--out={out}",
                "--format=npy",
                *words,
            ]
        )
    bare, true, off = (np.load(out / "variation_1.npy") for out in outs)
    assert np.array_equal(bare, true)
    assert not np.array_equal(bare, off)


def typed(monkeypatch, run, *lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    command.main([str(run), "--repl"])


def test_tasks_are_typed_one_after_the_other_with_one_model(run, tmp_path, monkeypatch, capsys):
    loads = []
    load = mariel_gnn.load
    monkeypatch.setattr(mariel_gnn, "load", lambda path: loads.append(path) or load(path))
    lines = [
        f"sample --count 1 --out {tmp_path}/a",
        "smaple",
        "",
        "# a comment",
        "vary nowhere.npy",
        'vary "open',
        "help",
        "help sample",
        "help nothing",
        f"vary {run}/take0.npy --count 1 --mirror --out {tmp_path}/b --film_background #203040",
        "quit",
        f"sample --out {tmp_path}/c",
    ]
    typed(monkeypatch, run, *lines)
    printed = capsys.readouterr()
    assert loads == [run]
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}
    errors = printed.err.splitlines()
    assert len(errors) == 4
    assert all(line.startswith("error: ") for line in errors)
    assert "Did you mean 'sample'?" in errors[0]
    assert "--temperature" in printed.out
    typed_command = json.loads((tmp_path / "b" / "generation.json").read_text())["command"]
    assert typed_command.startswith(f"python -m experiments.generate {run} vary")


def test_a_typed_task_equals_the_command(run, tmp_path, monkeypatch):
    typed(monkeypatch, run, f"sample --count 1 --seed 4 --format npy --out {tmp_path}/typed")
    command.main(
        [str(run), "sample", "--count=1", "--seed=4", "--format=npy", f"--out={tmp_path}/command"]
    )
    files = [tmp_path / name / "sample_1.npy" for name in ("typed", "command")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_two_tasks_within_a_second_have_folders_of_their_own(run, tmp_path, monkeypatch):
    shutil.copy(run / "best.safetensors", tmp_path)
    typed(monkeypatch, tmp_path, *["sample --count 1"] * 3)
    assert len(list((tmp_path / "generated").iterdir())) == 3


def test_audio_is_on_the_page_and_in_the_film(run, tmp_path):
    tone = write_tone(tmp_path / "tone.wav")
    out = tmp_path / "out"
    command.main(
        [
            str(run),
            "sample",
            "--count=1",
            f"--out={out}",
            f"--audio={tone}",
            "--audio_offset_s=1.2",
            "--film_size=400x400",
        ]
    )
    about = json.loads((out / "generation.json").read_text())
    assert about["audio"] == {"file": tone, "offset_s": 1.2, "duration_s": 4.0}
    assert "data:audio/mpeg;base64," in (out / "page.html").read_text()
    assert len(samples_of(out / "film.mp4")) > 0


def test_help_loads_no_torch(run):
    heavy = {"torch", "matplotlib", "scipy"}
    code = (
        "import sys\nfrom experiments.generate import main\ntry: main(sys.argv[1:])\n"
        f"except SystemExit: assert not {heavy} & set(sys.modules)"
    )
    for arguments in (["--help"], ["run", "vary", "--help"]):
        subprocess.run(
            [sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL
        )


def test_help_names_the_tasks(run_command):
    printed, _ = run_command(command, "--help")
    assert all(task in printed for task in TASKS)


def test_the_help_of_a_task_names_its_options(run, run_command):
    printed, _ = run_command(command, run, "vary", "--help")
    assert "--sigmas" in printed
    assert "--seconds" not in printed


def test_the_title_names_switches_that_differ_from_the_default(run, tmp_path):
    titles = []
    for number, words in enumerate(([], ["--mirror"])):
        out = tmp_path / str(number)
        command.main(
            [str(run), "vary", str(run / "take0.npy"), "--count=1", f"--out={out}", *words]
        )
        titles.append(re.findall("<title>(.*)</title>", (out / "page.html").read_text())[0])
    assert "mirror" not in titles[0]
    assert titles[1].endswith("mirror, tempo 1, motion scale 1")
