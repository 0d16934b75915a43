"""Files appear complete under their final name, or not at all."""

import os
import subprocess
import sys

import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.files import (
    folder_written_aside,
    remove_partial_files,
    write_text,
    written_aside,
)

KILLED = """
import os, sys
from mariel_gnn.files import written_aside
with written_aside(sys.argv[1]) as aside:
    aside.write_text("half")
    os._exit(1)
"""


def test_the_path_to_write_has_the_final_name_and_a_suffix_in_lower_case(tmp_path):
    with written_aside(tmp_path / "deep" / "Take.NPY") as aside:
        assert aside.name == "Take.npy"
        aside.write_text("whole")
        assert [path.name for path in (tmp_path / "deep").iterdir()] == [aside.parent.name]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["Take.NPY"]


def write_half(path):
    with written_aside(path) as aside:
        aside.write_text("half")
        raise UserError("no")


def test_nothing_remains_of_a_failure_and_an_earlier_file_stays(tmp_path):
    path = tmp_path / "take.csv"
    path.write_text("before")
    with pytest.raises(UserError, match="no"):
        write_half(path)
    assert [each.name for each in tmp_path.iterdir()] == ["take.csv"]
    assert path.read_text() == "before"


def test_what_a_killed_process_left_in_a_run_folder_is_removed(tmp_path):
    """`generate` writes below the run folder, and `--trainer.resume` cleans it."""
    path = tmp_path / "generated" / "sample" / "sample_1.npz"
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False).returncode == 1
    assert [each.name for each in path.parent.glob(".*.partial/*")] == [path.name]
    remove_partial_files(tmp_path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_files_and_folders_have_the_rights_of_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "deep" / "a.txt", "text")
        with folder_written_aside(tmp_path / "run") as aside:
            (aside / "b.txt").write_text("text")
    finally:
        os.umask(before)
    for path in (tmp_path / "deep" / "a.txt", tmp_path / "run" / "b.txt"):
        assert path.stat().st_mode & 0o777 == 0o666 & ~mask
        assert path.parent.stat().st_mode & 0o777 == 0o777 & ~mask
