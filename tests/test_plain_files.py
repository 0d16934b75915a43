"""Text is read of plain files only: a device or a pipe may never end."""

import os

import pytest

from experiments.command_line import parse_run
from mariel_gnn import files
from mariel_gnn.comparison.runs import CONFIG, load_run
from mariel_gnn.errors import UserError
from mariel_gnn.files import read_text
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.tracking.tracker import SUMMARY


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
