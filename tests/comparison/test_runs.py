"""Run folders: reading, grouping, and which runs can be compared."""

import shutil

import pytest
import yaml

from mariel_gnn.comparison.comparison import compare, load_runs
from mariel_gnn.comparison.groups import group_runs
from mariel_gnn.comparison.runs import load_run
from mariel_gnn.errors import UserError
from tests.comparison.synthetic_runs import TAKES, write_run


def message_of(*folders):
    """The message for runs that cannot be compared."""
    with pytest.raises(UserError) as raised:
        compare(load_runs(folders))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_run_is_read(tmp_path):
    run = load_run(write_run(tmp_path / "a", "lstm_vae", 3, 70.0))
    assert (run.model, run.seed, run.latent_size, run.commit) == ("lstm_vae", 3, 8, "abc")
    assert run.summary["test/mpjpe_mm"] == pytest.approx(70, abs=1e-3)
    assert [row["epoch"] for row in run.epochs] == [1, 2, 3, 4]
    assert len(run.errors.window_mm("lstm_vae")) == sum(TAKES.values())


def test_runs_that_differ_in_their_seed_only_are_one_group(folders):
    groups = group_runs(load_runs(folders[::-1]))
    assert [group.name for group in groups] == ["gnn_vae", "lstm_vae"], "in the order given"
    assert [[run.seed for run in group.runs] for group in groups] == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"trainer.learning_rate": 0.01}, "lstm_vae, learning_rate 0.01"),
        ({"network.latent_size": 4}, "lstm_vae z4"),
        ({"data.normalization": "notebook"}, "lstm_vae, normalization notebook"),
        ({"network.layers": 2}, "lstm_vae, layers 2"),
        ({f"network.option_{n}": n for n in range(9)}, "lstm_vae (b)"),
    ],
)
def test_groups_of_one_model_are_named_by_their_differences(tmp_path, changed, name):
    folders = [write_run(tmp_path / "a"), write_run(tmp_path / "b", options=changed)]
    assert name in [group.name for group in group_runs(load_runs(folders))]


@pytest.mark.parametrize("option", ["out", "name", "tracking.wandb", "evaluation.samples", "prior"])
def test_options_outside_the_model_make_no_group(tmp_path, option):
    other = write_run(tmp_path / "b", seed=1, options={option: "another"})
    assert len(group_runs(load_runs([write_run(tmp_path / "a"), other]))) == 1


def test_the_same_run_twice_is_refused(tmp_path):
    folder = write_run(tmp_path / "a")
    shutil.copytree(folder, tmp_path / "copy")
    assert "is given twice" in message_of(folder, folder)
    assert "same model, options and seed" in message_of(folder, tmp_path / "copy")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"options": {"data.seq_len": 12}}, ["data.seq_len is 16 and 12"]),
        ({"options": {"data.rate_hz": 30.0}}, ["data.rate_hz is 35.0 and 30.0"]),
        ({"options": {"data.skeleton": "mariel18"}}, ["data.skeleton is mariel53 and mariel18"]),
        ({"options": {"data.reduced_joints": True}}, ["data.reduced_joints"]),
        ({"options": {"data.trim": 500}}, ["data.trim is 0 and 500"]),
        ({"options": {"data.cleaning.max_gap_s": 0.5}}, ["data.cleaning.max_gap_s"]),
        ({"takes": TAKES | {"take_9": 4}}, ["test: take_9.npy[0:400] is only in", "b"]),
        ({"takes": TAKES | {"take_5": 20}}, ["39 and 50 test windows"]),
        ({"pose_mm": 220.0}, ["the mean pose's error is 200.0 and 220.0 mm", "different content"]),
    ],
)
def test_other_data_or_splits_are_refused_with_the_difference(tmp_path, other, words):
    message = message_of(write_run(tmp_path / "a"), write_run(tmp_path / "b", "gnn_vae", **other))
    assert [word for word in words if word not in message] == []
    assert "cannot be compared" in message


def test_folders_and_normalisation_can_differ(tmp_path):
    """A folder of another machine, and a recording shorter than a window."""
    folders = [write_run(tmp_path / "a"),
               write_run(tmp_path / "b", "gnn_vae", options={"data.normalization": "notebook"})]  # fmt: skip
    split = (folders[1] / "split.json").read_text().replace("/dance/", "/elsewhere/")
    short = '"train": [{"source": "short.npy", "start": 0, "end": 9}, '
    (folders[1] / "split.json").write_text(split.replace('"train": [', short))
    assert len(compare(load_runs(folders)).groups) == 2


def test_limits_are_noted(tmp_path):
    longer = {"training_minutes": 9.0}
    folders = [write_run(tmp_path / "a"),
               write_run(tmp_path / "b", "gnn_vae", summary=longer,
                         options={"evaluation.samples": 99})]  # fmt: skip
    (folders[1] / "versions.json").write_text('{"git_commit": "def"}')
    notes = " ".join(compare(load_runs(folders)).notes)
    for words in ("One seed only", "training times in minutes: lstm_vae 4.0 | gnn_vae 9.0",
                  "different commits: abc, def", "different numbers of samples: 6, 99"):  # fmt: skip
        assert words in notes


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda a: (a / "summary.json").unlink(), ["not finished", "--trainer.resume"]),
        (lambda a: (a / "errors.safetensors").unlink(), ["errors.safetensors", "--trainer.resume"]),
        (lambda a: (a / "config.yaml").unlink(), ["not a run folder (it has no config.yaml)"]),
        (lambda a: (a / "config.yaml").write_text("model: [1"), ["config.yaml: cannot be read"]),
        (lambda a: (a / "config.yaml").write_text("seed: 1"), ["model is None"]),
        (lambda a: (a / "summary.json").write_text('{"test'), ["summary.json: cannot be read"]),
        (lambda a: (a / "summary.json").write_text('{"a": "b"}'), ["summary.json: cannot be read"]),
        (lambda a: (a / "split.json").write_text('{"test": [1]}'), ["split.json: cannot be read"]),
        (lambda a: (a / "split.json").unlink(), ["split.json: cannot be read"]),
        (lambda a: (a / "metrics.csv").write_text("epoch\nmany\n"), ["metrics.csv: cannot be read"]),
        (lambda a: (a / "errors.safetensors").write_bytes(b"no"), ["errors.safetensors"]),
    ],
)  # fmt: skip
def test_an_unusable_folder_is_named(tmp_path, spoil, words):
    folder = write_run(tmp_path / "a")
    spoil(folder)
    message = message_of(folder)
    assert [word for word in [str(folder), *words] if word not in message] == []


def test_a_misspelt_folder_gets_the_nearest_match(tmp_path):
    write_run(tmp_path / "lstm_seed0")
    assert "Did you mean 'lstm_seed0'" in message_of(tmp_path / "lstm_sed0")


def test_no_runs_are_refused():
    assert "no runs to compare" in message_of()


def test_an_unreadable_seed_is_named(tmp_path):
    folder = write_run(tmp_path / "a")
    content = yaml.safe_load((folder / "config.yaml").read_text()) | {"seed": "many"}
    (folder / "config.yaml").write_text(yaml.safe_dump(content))
    assert "config.yaml" in message_of(folder)
