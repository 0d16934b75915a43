"""The command: each task from files to files; mistakes end in one line."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

import mariel_gnn
from experiments import generate as command
from experiments.generate_options import TASKS
from mariel_gnn.generation.motion_range import MOTION_RANGE, save_motion_range
from mariel_gnn.models.weights import Identity, save_weights
from tests.generation.conftest import FRAMES, small_model, windows  # noqa: F401


@pytest.fixture(scope="module")
def run(tmp_path_factory, dance, windows):  # noqa: F811
    """A run folder with two takes, `.npy` of 60 frames each."""
    folder = tmp_path_factory.mktemp("run")
    model = small_model("lstm_vae.yaml", windows)
    identity = Identity("lstm_vae", model.network.options, model.shape, model.skeleton)
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
    assert ("seed" in about) == (task in ("sample", "vary", "continue"))
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
        (["RUN", "vary", "TAKE", "--rate_hz=0"], "rate_hz is 0; it must be 1 to 2000"),
        (["RUN", "vary", "TAKE", "--unit=mile"], "'mile' is none of auto, m, cm"),
        (["RUN", "vary", "TAKE", "--subject=Anna"], "has no markers of 'Anna'"),
        (["RUN", "continue", "TAKE@7s"], "lasts 1.7 s: give seconds inside it"),
        (["RUN", "sample", "--format=mov"], "choose one of .npy"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(run, run_command, arguments, part):
    np.save(run / "other.npy", np.zeros((60, 29, 3), np.float32))
    out, names = (
        run / "nothing",
        {"RUN": run, "TAKE": run / "take0.npy", "OTHER": run / "other.npy"},
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
