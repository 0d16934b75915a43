"""The command on a run on two dancers: partners of a dancer, and tasks of pairs, from files to files."""

import json

import numpy as np
import pytest

import mariel_gnn
from experiments import generate as command
from mariel_gnn.generation.motion_range import save_motion_range
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.models.weights import Identity, save_weights
from tests.generation.conftest import small_model, windows  # noqa: F401
from tests.generation.duet_models import FRAMES, MODEL, couple, small_duet_model

CLIP = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory, dance, mariel53):
    """A run folder with the files of two takes, and one file that holds both dancers of the first."""
    folder = tmp_path_factory.mktemp("duet_run")
    model = small_duet_model(dance, mariel53)
    identity = Identity(MODEL, model.network.options, model.shape, model.skeleton)
    save_weights(folder / "best.safetensors", model.network, identity)
    save_motion_range(folder, model.motion_range)
    for take, start in (("a", 500), ("b", 800)):
        both = couple(dance)[:, start : start + CLIP]
        for role, one in zip(("first", "second"), both, strict=True):
            np.save(folder / f"{take}_{role}.npy", one)
        np.save(folder / f"{take}_both.npy", both.swapaxes(0, 1))
    return folder


def words_of(run, words):
    """Words with the names of files in place of A1, A2, A12, B1, B2, B12, and whatever follows them."""
    names = {"12": "both", "1": "first", "2": "second"}
    found = []
    for word in words:
        for end, name in names.items():
            if word[:1] in ("A", "B") and word[1:].partition("@")[0] == end:
                word = f"{run}/{word[0].lower()}_{name}.npy{word[1 + len(end) :]}"
                break
        found.append(word)
    return found


def generated(run, out, task, *words):
    """The generated positions by file name, and the content of `generation.json`."""
    command.main([str(run), task, *words_of(run, words), f"--out={out}", "--format=npy"])
    about = json.loads((out / "generation.json").read_text())
    assert {path.name for path in out.iterdir()} == {
        *about["recordings"],
        "generation.json",
        "page.html",
    }
    return {name: np.load(out / name) for name in about["recordings"]}, about


def of_pairs(*names):
    return [f"{name}_{role}.npy" for name in names for role in ("first", "second")]


@pytest.mark.parametrize(
    ("task", "words", "names", "frames"),
    [
        ("sample", ["--count=2"], of_pairs("sample_1", "sample_2"), FRAMES),
        ("vary", ["A1", "A2", "--count=1", "--mirror"], of_pairs("variation_1"), FRAMES),
        ("vary", ["A12", "--count=1"], of_pairs("variation_1"), FRAMES),
        ("interpolate", ["A1", "A2", "B12", "--steps=2"], of_pairs("step_1", "step_2"), FRAMES),
        ("continue", ["A1", "A2", "--seconds=0.4"], of_pairs("continued"), CLIP + 14),
        ("partner", ["A1", "--count=2"], ["partner_1.npy", "partner_2.npy"], CLIP),
        ("partner", ["A1@0s-1s", "A2@0s-1s", "--count=1"], ["partner_1.npy"], 35),
        ("partner", ["A12@0s-1s", "--count=1"], ["partner_1.npy"], 35),
    ],
)
def test_each_dancer_has_a_recording(run, tmp_path, task, words, names, frames):
    found, about = generated(run, tmp_path / "out", task, *words)
    assert [*found] == names
    assert all(positions.shape == (frames, 53, 3) for positions in found.values())
    assert (about["skeleton"], len(about["markers"])) == ("mariel53", 53)


def test_a_partner_by_the_command_is_that_of_the_method(run, tmp_path):
    words = ["A2", "A1", "--given=second", "--count=2", "--seed=3", "--temperature=0.5"]
    found, about = generated(run, tmp_path / "out", "partner", *words)
    model = mariel_gnn.load(run)
    given = np.load(run / "a_second.npy")
    wanted = model.partners(given, 2, 0.5, 3, is_first=False).numpy()
    assert np.array_equal(np.stack([*found.values()]), wanted)
    assert (about["given_role"], about["seed"], about["temperature"]) == ("second", 3, 0.5)
    assert [one["file"] for one in about["inputs"]] == words_of(run, words[:2])


def test_a_file_of_two_dancers_is_the_same_as_two_files(run, tmp_path):
    """Also for partners of either of them, and with clips of both."""
    for number, (one, two) in enumerate(
        [
            (["A12@0.2s-1.5s", "--given=second"], ["A2@0.2s-1.5s", "A1@0.2s-1.5s", "--given=second"]),
            (["A12", "--given=first"], ["A1"]),
        ]
    ):  # fmt: skip
        found, again = (
            generated(run, tmp_path / f"{number}{name}", "partner", *words, "--count=1")[0]
            for name, words in (("one", one), ("two", two))
        )
        assert np.array_equal(found["partner_1.npy"], again["partner_1.npy"])


def test_the_continuation_begins_with_both_clips(run, tmp_path):
    found, about = generated(run, tmp_path / "out", "continue", "A1", "A2", "--seconds=0.4")
    for role in ("first", "second"):
        given = np.load(run / f"a_{role}.npy")
        assert np.array_equal(found[f"continued_{role}.npy"][:CLIP], given)
    (transition,) = about["transitions"]
    assert transition["peak_speed_ratio"] > 0
    assert len(about["inputs"]) == 2


@pytest.mark.parametrize("suffix", ["npz", "bvh", "trc", "c3d"])
def test_recordings_of_a_pair_are_read_back_in_one_room(run, tmp_path, mariel53, suffix):
    out = tmp_path / "out"
    command.main([str(run), "sample", "--count=1", f"--out={out}", f"--format={suffix}"])
    command.main([str(run), "sample", "--count=1", f"--out={out}", "--format=npy"])
    for role in ("first", "second"):
        wanted = np.load(out / f"sample_1_{role}.npy")
        found = read_recording(out / f"sample_1_{role}.{suffix}")
        middle, place = (each.mean(axis=(0, 1))[:2] for each in (found.positions, wanted))
        assert len(found) == FRAMES
        np.testing.assert_allclose(middle, place, atol=0.15)  # joints are not markers


def test_the_written_pair_is_a_clip_for_the_next_task(run, tmp_path):
    out, part = tmp_path / "first", "@0s-1.2s"
    command.main([str(run), "continue", *words_of(run, ["A1", "A2"]), f"--out={out}"])
    clips = [f"{out}/continued_{role}.npz{part}" for role in ("first", "second")]
    of_written, _ = generated(run, tmp_path / "a", "vary", *clips, "--count=1")
    of_given, _ = generated(run, tmp_path / "b", "vary", f"A1{part}", f"A2{part}", "--count=1")
    for name, positions in of_given.items():
        assert np.array_equal(of_written[name], positions)


def test_the_page_shows_each_partner_with_the_dancer_and_with_lines_between(run, tmp_path):
    out = tmp_path / "out"
    generated(run, out, "partner", "A1", "A2", "--count=2")
    page = (out / "page.html").read_text()
    for words in ("partner 1", "partner 2", "all partners", "recorded partner: a_second.npy"):
        assert words in page
    assert str(run) not in page.replace(str(out), "")
    assert "near_alike" in page


@pytest.mark.parametrize(
    "words", [["partner", "A1"], ["continue", "A1", "A2", "--seconds=0.3"], ["sample"]]
)
def test_films_show_both_dancers(run, tmp_path, words):
    out = tmp_path / "out"
    count = [] if words[0] == "continue" else ["--count=1"]
    command.main([str(run), *words_of(run, words), *count, f"--out={out}", "--film_size=480x480"])
    assert (out / "film.mp4").stat().st_size > 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["partner"], "partner takes 1 or 2 clips; given: 0"),
        (["partner", "A1", "A2", "B1"], "partner takes 1 or 2 clips; given: 3"),
        (["partner", "A12", "B12"], "holds two dancers: give it alone"),
        (["partner", "A1", "--given=third"], "'third' is none of first, second"),
        (["partner", "A1", "--count=0"], "count is 0; it must be 1 to 1000"),
        (["partner", "A1", "--temperature=-1"], "temperature is -1; it must be 0 or more"),
        (["partner", "A1@0s-1s", "A2@0s-1.2s"], "35 and 42 frames: a duet has one clock"),
        (["partner", "A1@0s-1s", "A2@0.5s-1.5s"], "start at 0 s and 0.5"),
        (["partner", "A1", "A1"], "both hold the same movement"),
        (["partner", "OTHER"], "skeleton mariel53 allows"),
        (["vary", "A1"], "has no partner: give the partner's clip after it (FIRST SECOND)"),
        (["vary", "A12", "B12"], "vary takes 1 pair; given: 2"),
        (["vary", "A1", "A12"], "give a pair as two files of one dancer each"),
        (["vary", "A1", "A2", "B1"], "vary takes 1 clip; given: 3"),
        (["vary", "A12", "--motion_scale=1.2"], "has no latents of the motion scale"),
        (["vary", "A12@0s-0.5s"], "the clip has 18 frames; 32 are needed"),
        (["interpolate", "A1", "A2"], "interpolate takes 2 pairs; given: 1"),
        (["join", "A12", "B12"], "is a model of two dancers, which does not join"),
        (["sample", "A12"], "sample takes no clip; given: 1"),
        (["continue", "A12", "--rate_hz=60"], "has 60 frames per second; the model has 35"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(run, run_command, tmp_path, words, part):
    np.save(run / "other.npy", np.zeros((60, 29, 3), np.float32))
    out = tmp_path / "nothing"
    words = [str(run / "other.npy") if word == "OTHER" else word for word in words_of(run, words)]
    error, code = run_command(command, str(run), *words, f"--out={out}")
    assert (code, len(error.splitlines())) == (2, 1)
    assert part in error
    assert not out.exists()


def test_a_run_on_one_dancer_has_no_partners_and_takes_one_clip(
    run,
    run_command,
    tmp_path,
    windows,  # noqa: F811
):
    model = small_model("notebook_lstm_vae.yaml", windows)
    identity = Identity("notebook_lstm_vae", model.network.options, model.shape, model.skeleton)
    save_weights(tmp_path / "best.safetensors", model.network, identity)
    for words, part in (
        (["partner", "A1"], "is a model of one dancer: use a run of duet_gnn_vae"),
        (["vary", "A1", "A2"], "vary takes 1 clip; given: 2"),
        (["vary", "A12"], "holds the dancers 1 and 2: choose one (--subject)"),
    ):
        error, code = run_command(command, str(tmp_path), *words_of(run, words))
        assert (code, len(error.splitlines())) == (2, 1)
        assert part in error
