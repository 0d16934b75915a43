"""Text is read of plain files only: a device or a pipe may never end."""

import os

import pytest

from experiments import convert, view
from experiments.command_line import parse_run
from mariel_gnn import files
from mariel_gnn.comparison.runs import CONFIG, load_run
from mariel_gnn.errors import UserError
from mariel_gnn.files import read_text
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.models.prior import load_prior
from mariel_gnn.models.weights import load_weights
from mariel_gnn.tracking.tracker import SUMMARY
from mariel_gnn.training.state import STATE, load_state


@pytest.fixture(params=["pipe", "device", "link to a device"])
def endless(tmp_path, request):
    """What never ends; a test that opens it does not end either."""
    path = tmp_path / "endless.yaml"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "link to a device":
        path.symlink_to("/dev/zero")
    return path if path.exists() else type(path)("/dev/zero")


def test_a_pipe_and_a_device_are_refused(endless):
    with pytest.raises(OSError, match="no plain file"):
        read_text(endless)


def test_a_very_large_file_is_refused_unread(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text("{}  ")
    assert read_text(tmp_path / "a.json") == "{}  "
    monkeypatch.setattr(files, "MAX_TEXT_BYTES", 3)
    with pytest.raises(OSError, match="it has over"):
        read_text(tmp_path / "a.json")


def test_a_configuration_and_a_skeleton_that_never_end_are_refused_in_one_line(endless):
    with pytest.raises(UserError, match="no plain file"):
        parse_run([f"--config={endless}"])
    if endless.suffix == ".yaml":
        with pytest.raises(UserError, match="no plain file"):
            load_skeleton(endless)


def test_a_run_whose_configuration_never_ends_is_refused(tmp_path, endless):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / CONFIG).symlink_to(endless)
    (folder / SUMMARY).write_text("{}")
    with pytest.raises(UserError):
        load_run(folder)


@pytest.mark.parametrize("load", [load_weights, load_prior])
def test_weights_that_never_end_are_refused(endless, load):
    with pytest.raises(UserError, match="no plain file"):
        load(endless)


def test_a_training_state_that_never_ends_is_refused(tmp_path, endless):
    (tmp_path / STATE).symlink_to(endless)
    with pytest.raises(UserError, match="no plain file"):
        load_state(tmp_path)


@pytest.mark.parametrize("kind", ["pipe", "link to itself", "link to nothing"])
def test_what_is_no_file_is_said_so_and_not_proposed(tmp_path, run_command, kind):
    path = tmp_path / "take.npy"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path if kind == "link to itself" else tmp_path / "nothing.npy")
    for command, arguments in ((convert, ["out.npz"]), (view, ["--out", "out.html"])):
        said, code = run_command(command, path, *arguments)
        assert code == 2
        assert "not a file" in said
        assert "Did you mean" not in said
        assert "\n" not in said
